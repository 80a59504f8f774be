//! Desktop notifications of runs that have ended.
//!
//! Owns what stands in one and that foreign text cannot do harm there: a body may carry markup by
//! the freedesktop.org specification, so names are escaped, stripped and cut. Shows no path, no host
//! and no text of an error. Whether one is shown at all is decided in `afterwards`.

use std::collections::HashMap;

use kronos_engine::event::{RunKind, RunResult, RunState, RunView};
use kronos_engine::units;
use notify_rust::{Notification, NotificationHandle};

use crate::words;

/// Longer names are cut; they come from files and folders and have no limit of their own.
const LONGEST_NAME: usize = 60;

/// What a notification says.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    /// Fixed text.
    pub title: &'static str,
    /// Escaped text.
    pub body: String,
}

impl Note {
    /// What to say about a run; `None` for a run that the user stopped.
    pub fn about(run: &RunView) -> Option<Self> {
        let name = harmless(&run.profile);
        let body = match (run.state, &run.result) {
            (RunState::Failed, _) => {
                let step = run.error.as_ref().map(|error| words::next_step(error.code));
                format!("“{name}”: {}", step.unwrap_or_default())
            }
            (RunState::Warned, _) => {
                format!("“{name}” is backed up, with something to look at. Open Kronos to see it.")
            }
            (RunState::Succeeded, Some(result)) => outcome(&name, result),
            _ => return None,
        };
        Some(Self { title: words::title(run.kind, run.state != RunState::Failed), body })
    }
}

fn outcome(name: &str, result: &RunResult) -> String {
    match result {
        RunResult::Backup { stored_bytes, .. } => {
            let size = units::bytes(*stored_bytes);
            format!("“{name}” is backed up and checked, {size}. Open Kronos to see what is in it.")
        }
        RunResult::Verify { .. } => "The backup is undamaged and can be restored.".to_owned(),
        RunResult::RestoreTest { test, .. } => {
            let tables = units::count(test.tables);
            format!("A backup of “{name}” was restored as a test, {tables} tables compared.")
        }
        RunResult::Restore { tables, .. } => {
            let tables = units::count(*tables);
            format!("“{name}” is restored, {tables} tables checked. Open Kronos to find the file.")
        }
        RunResult::Load { tables, .. } => {
            let tables = units::count(*tables);
            format!("“{name}” is loaded into a new database, {tables} tables counted.")
        }
    }
}

/// Makes foreign text safe to show where markup is understood.
fn harmless(text: &str) -> String {
    let mut safe = String::new();
    let mut shown = text.chars().filter(|letter| !is_control(*letter));
    for letter in shown.by_ref().take(LONGEST_NAME) {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            other => safe.push(other),
        }
    }
    if shown.next().is_some() {
        safe.push('…');
    }
    safe
}

/// Control characters, and the invisible ones that turn the direction of writing around.
fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What is on the desktop now: one notification for each kind of run and profile.
#[derive(Default)]
pub struct Notifications {
    /// Held because some desktops remove a notification whose sender has left the bus.
    shown: HashMap<(&'static str, String), NotificationHandle>,
}

impl Notifications {
    /// Shows a notification about `run` in place of the last one about the same thing.
    pub fn tell(&mut self, run: &RunView) {
        let Some(note) = Note::about(run) else { return };
        let mut notification = Notification::new();
        notification.appname("Kronos").summary(note.title).body(&note.body).icon("kronos");
        let key = (key(run.kind), run.profile.clone());
        #[cfg(all(unix, not(target_os = "macos")))]
        if let Some(last) = self.shown.get(&key) {
            notification.id(last.id());
        }
        match notification.show() {
            Ok(handle) => drop(self.shown.insert(key, handle)),
            // No daemon, no bus: the window tells the same.
            Err(error) => tracing::debug!(%error, "a notification was not shown"),
        }
    }
}

fn key(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Backup => "backup",
        RunKind::Verify => "verify",
        RunKind::Restore => "restore",
        RunKind::RestoreTest => "restore_test",
    }
}

#[cfg(test)]
mod tests;
