//! Exit codes.
//!
//! Owns the codes and how outcomes turn into them. The same table stands in `kronos --help`.

use std::process::ExitCode;

use kronos_engine::ErrorCode;
use kronos_engine::event::{RunState, RunView};

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Success,
    Failed,
    Usage,
    Warned,
    VerificationFailed,
    Busy,
    PartlyFailed,
    Different,
    Cancelled,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Warned => 3,
            Self::VerificationFailed => 4,
            Self::Busy => 5,
            Self::PartlyFailed => 6,
            Self::Different => 7,
            Self::Cancelled => 130,
        }
    }

    /// The code of a command that ended with one error.
    pub fn of_error(code: ErrorCode) -> Self {
        match code {
            ErrorCode::ConfigInvalid | ErrorCode::Unknown | ErrorCode::NotConfirmed => Self::Usage,
            ErrorCode::ArchiveDamaged | ErrorCode::ObjectMissing => Self::VerificationFailed,
            ErrorCode::Busy => Self::Busy,
            ErrorCode::Cancelled => Self::Cancelled,
            _ => Self::Failed,
        }
    }

    /// The code of a backup of several profiles.
    pub fn of_backups(runs: &[RunView]) -> Self {
        let count = |state: RunState| runs.iter().filter(|run| run.state == state).count();
        let busy = |run: &RunView| failed_with(run) == Some(ErrorCode::Busy);
        let failed = count(RunState::Failed);
        if count(RunState::Cancelled) > 0 {
            Self::Cancelled
        } else if failed == 0 {
            if count(RunState::Warned) > 0 { Self::Warned } else { Self::Success }
        } else if failed < runs.len() {
            Self::PartlyFailed
        } else if runs.iter().all(busy) {
            Self::Busy
        } else {
            Self::Failed
        }
    }

    /// The code of one or more verifications: a broken backup outweighs one that cannot be read.
    pub fn of_checks(runs: &[RunView]) -> Self {
        let codes = || runs.iter().filter_map(failed_with);
        // A stored backup whose first bytes were replaced is no archive any more.
        let broken = |code| match code {
            ErrorCode::NotAnArchive => true,
            code => Self::of_error(code) == Self::VerificationFailed,
        };
        if runs.iter().any(|run| run.state == RunState::Cancelled) {
            Self::Cancelled
        } else if codes().any(broken) {
            Self::VerificationFailed
        } else {
            codes().next().map_or(Self::Success, |_| Self::Failed)
        }
    }

    /// This code, unless something that was refused weighs more: cancelled, then broken, then the first
    /// that is no success.
    pub fn or_worse(self, refused: &[Self]) -> Self {
        let all = || std::iter::once(&self).chain(refused);
        let has = |wanted: Self| all().any(|exit| *exit == wanted);
        [Self::Cancelled, Self::VerificationFailed]
            .into_iter()
            .find(|exit| has(*exit))
            .or_else(|| all().find(|exit| **exit != Self::Success).copied())
            .unwrap_or(Self::Success)
    }

    /// The code of a single run that is no backup.
    pub fn of_run(run: &RunView) -> Self {
        match (run.state, failed_with(run)) {
            (RunState::Cancelled, _) => Self::Cancelled,
            (_, Some(code)) => Self::of_error(code),
            _ => Self::Success,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

fn failed_with(run: &RunView) -> Option<ErrorCode> {
    run.error.as_ref().map(|error| error.code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kronos_engine::event::RunKind;
    use kronos_engine::ids::RunId;
    use kronos_engine::{Error, ErrorReport};

    fn run(state: RunState) -> RunView {
        let id = RunId::from_text("r");
        let mut view = RunView::queued(
            id,
            RunKind::Backup,
            "shop".into(),
            1,
            "2026-11-22T13:54:01Z".parse().unwrap(),
        );
        view.state = state;
        view
    }

    fn failed(error: &Error) -> RunView {
        RunView { error: Some(ErrorReport::new("", error)), ..run(RunState::Failed) }
    }

    #[test]
    fn every_mix_of_backups_has_its_code() {
        use RunState::{Cancelled, Succeeded, Warned};
        let busy = || failed(&Error::Busy { profile: "shop".into(), holder: None });
        let broken = || failed(&Error::Internal("x".into()));
        let cases = [
            (vec![run(Succeeded)], 0),
            (vec![run(Succeeded), run(Warned)], 3),
            (vec![broken()], 1),
            (vec![broken(), busy()], 1),
            (vec![busy(), busy()], 5),
            (vec![run(Succeeded), busy()], 6),
            (vec![run(Warned), broken()], 6),
            (vec![run(Succeeded), broken(), run(Cancelled)], 130),
        ];
        for (runs, code) in cases {
            assert_eq!(Exit::of_backups(&runs).code(), code, "{runs:?}");
        }
    }
}
