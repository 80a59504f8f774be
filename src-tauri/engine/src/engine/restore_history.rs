//! The restores that have ended, across starts of the program, and which of them can be undone.
//!
//! Owns how the history of runs and the safety backups are put together: either may be lost. The undo itself
//! belongs to `undo`.

use std::collections::HashSet;

use super::Engine;
use crate::error::Result;
use crate::event::{RunKind, RunResult, RunState, RunView};
use crate::view::{BackupStatus, BackupView, RestoreView};

/// How many runs of any kind are looked through.
const LOOKED_THROUGH: u32 = 500;
/// How many restores are returned.
const RETURNED: usize = 20;

impl Engine {
    /// The last restores, newest first, as far as the history and the safety backups tell.
    pub async fn restores(&self) -> Result<Vec<RestoreView>> {
        let backups = self.backups().await?;
        let going_on: HashSet<_> = self.active_runs().into_iter().map(|run| run.id).collect();
        let mut list: Vec<RestoreView> = Vec::new();
        for run in self.0.catalog.runs(LOOKED_THROUGH)? {
            if run.kind != RunKind::Restore || going_on.contains(&run.id) {
                continue;
            }
            let safety = safety_of(&backups, &run);
            // One that never ended and has kept nothing either had not begun to replace anything.
            if run.state.is_final() || safety.is_some() {
                list.push(of_run(run, &backups, safety));
            }
        }
        for backup in &backups {
            let known = |mark: &crate::archive::SafetyMark| {
                going_on.contains(&mark.run) || list.iter().any(|view| view.run == mark.run)
            };
            if let Some(view) =
                of_safety(backup).filter(|_| !backup.safety.as_ref().is_some_and(known))
            {
                list.push(view);
            }
        }
        list.sort_by_key(|view| std::cmp::Reverse(view.at));
        self.keep_newest_ways_back(&mut list);
        list.truncate(RETURNED);
        Ok(list)
    }

    /// Only the last restore of a target has an undo that does what its name says.
    fn keep_newest_ways_back(&self, list: &mut [RestoreView]) {
        let now = self.0.options.clock.now();
        let mut seen = HashSet::new();
        for view in list {
            let Some(target) = view.target.clone().filter(|_| view.undo_until.is_some()) else {
                continue;
            };
            let is_newest = seen.insert((view.profile.clone(), target));
            view.undo_until = view.undo_until.filter(|until| is_newest && *until > now);
        }
    }
}

fn safety_of<'a>(backups: &'a [BackupView], run: &RunView) -> Option<&'a BackupView> {
    let is_of =
        |backup: &&BackupView| backup.safety.as_ref().is_some_and(|mark| mark.run == run.id);
    backups.iter().find(is_of)
}

fn of_run(run: RunView, backups: &[BackupView], safety: Option<&BackupView>) -> RestoreView {
    let state = if run.state.is_final() { run.state } else { RunState::Interrupted };
    let restored = |id| backups.iter().find(|backup| Some(&backup.id) == id);
    let engine = safety.or_else(|| restored(run.backup.as_ref())).map(|backup| backup.engine);
    let mark = safety.and_then(|backup| backup.safety.as_ref());
    let target = match &run.result {
        Some(RunResult::Restore { target, .. } | RunResult::Load { target, .. }) => {
            Some(target.clone())
        }
        _ => None,
    };
    let has_changed =
        matches!(state, RunState::Succeeded | RunState::Warned | RunState::Interrupted);
    RestoreView {
        profile: safety.map_or(run.profile, |backup| backup.profile.clone()),
        engine,
        state: Some(state),
        at: run.finished_at.unwrap_or(run.started_at),
        target: mark.map(|mark| mark.target.clone()).or(target),
        undo_until: safety.filter(|_| has_changed).and_then(way_back),
        run: run.id,
        result: run.result,
        error: run.error,
    }
}

/// The history was lost; the safety backup still says what it was made for.
fn of_safety(backup: &BackupView) -> Option<RestoreView> {
    let mark = backup.safety.clone()?;
    Some(RestoreView {
        run: mark.run,
        profile: backup.profile.clone(),
        engine: Some(backup.engine),
        state: None,
        at: backup.created_at,
        target: Some(mark.target),
        result: None,
        error: None,
        undo_until: way_back(backup),
    })
}

fn way_back(backup: &BackupView) -> Option<jiff::Timestamp> {
    let mark = backup.safety.as_ref().filter(|_| backup.status == BackupStatus::Verified)?;
    Some(mark.kept_until)
}
