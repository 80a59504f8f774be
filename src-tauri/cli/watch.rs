//! Following runs to their ends, and what Ctrl-C means on the way.
//!
//! Owns the loop between the engine's events and the audience. The first signal cancels every run and
//! waits until it has cleaned up; the second one ends the process at once, and what is left then is
//! cleared up by the next start.

use std::future::pending;

use kronos_engine::event::{Event, RunState, RunView};
use kronos_engine::ids::RunId;
use kronos_engine::{Engine, Error, Result};

use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Screen;
use crate::session::Events;

/// The wish of the user, or of the system, that the work stops.
pub struct Stop {
    #[cfg(unix)]
    signals: Option<[tokio::signal::unix::Signal; 2]>,
}

impl Stop {
    /// Listens from now on. Has to be called before the first run is started.
    #[cfg(unix)]
    pub fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let open = || Ok([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]);
        let signals = open().inspect_err(|error: &std::io::Error| {
            tracing::warn!("Ctrl-C cannot be caught, so it ends Kronos at once: {error}");
        });
        Self { signals: signals.ok() }
    }

    /// Listens from now on. Has to be called before the first run is started.
    #[cfg(not(unix))]
    pub fn listen() -> Self {
        Self {}
    }

    #[cfg(unix)]
    async fn requested(&mut self) {
        match &mut self.signals {
            Some([interrupt, terminate]) => tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            },
            None => pending().await,
        }
    }

    #[cfg(not(unix))]
    async fn requested(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            pending().await
        }
    }
}

/// Waits for work that is no run. When the user wants to stop, it is dropped, which ends it.
pub async fn or_stop<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut stop = Stop::listen();
    tokio::select! {
        outcome = work => outcome,
        () = stop.requested() => Err(Error::Cancelled),
    }
}

/// Shows `runs` until all of them have ended, and hands each one that ends to `on_end`.
pub async fn follow(
    engine: &Engine,
    runs: &[RunId],
    events: &mut Events,
    stop: &mut Stop,
    output: &Output,
    mut on_end: impl FnMut(&RunView),
) -> Vec<RunView> {
    let mut screen = Screen::new(output);
    let mut ended: Vec<RunView> = Vec::new();
    let mut stopping = false;
    while ended.len() < runs.len() {
        tokio::select! {
            event = events.recv() => {
                let Some(event) = event else { break };
                output.json(&event);
                screen.show(&event);
                if let Event::RunFinished(view) = event && runs.contains(&view.id) {
                    note(&view);
                    on_end(&view);
                    ended.push(view);
                }
            }
            () = stop.requested() => {
                if stopping {
                    leave_at_once(output);
                }
                stopping = true;
                output.message("Cancelling, and removing what is half done; Ctrl-C again ends at once");
                engine.cancel_all();
            }
        }
    }
    ended
}

/// Says how a command ended that was cancelled: the promise of Ctrl-C.
pub fn say_cancelled(runs: &[RunView], output: &Output) {
    if runs.iter().any(|run| run.state == RunState::Cancelled) {
        output.message("Cancelled; nothing half done was left");
    }
}

fn leave_at_once(output: &Output) -> ! {
    output.message("Ended at once; the next start of Kronos removes what is half done");
    std::process::exit(Exit::Cancelled.code().into())
}

/// The log file has one line for every run, so that last night can be explained.
fn note(view: &RunView) {
    let (kind, state, subject) = (view.kind, view.state, view.profile.as_str());
    let why = view.error.as_ref().map(|error| error.why.as_str());
    tracing::info!(?kind, ?state, subject, why, "a run ended");
}
