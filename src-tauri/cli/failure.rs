//! Why a command ended before it could do its work.
//!
//! Owns the step from an engine error, or a mistake in the arguments, to an error report with an exit
//! code. Failures of runs are not here: a run carries its own report.

use kronos_engine::{Error, ErrorCode, ErrorReport};

use crate::exit::Exit;

/// What a command returns.
pub type Outcome = Result<Exit, Failure>;

/// A command that was not carried out.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub report: Box<ErrorReport>,
}

impl Failure {
    /// A name or an option that cannot be right.
    pub fn usage(why: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self::new(ErrorCode::Unknown, why, next_step)
    }

    /// A failure that the engine does not know of.
    pub fn new(code: ErrorCode, why: impl Into<String>, next_step: impl Into<String>) -> Self {
        let report = ErrorReport {
            code,
            what: String::new(),
            why: why.into(),
            next_step: Some(next_step.into()),
            not_affected: None,
            details: String::new(),
            field: None,
        };
        Self { exit: Exit::of_error(code), report: Box::new(report) }
    }

    /// Says what was not done, unless that was said already.
    #[must_use]
    pub fn while_trying(mut self, what: &str) -> Self {
        if self.report.what.is_empty() {
            what.clone_into(&mut self.report.what);
        }
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let report = ErrorReport::new(String::new(), &error);
        Self { exit: Exit::of_error(report.code), report: Box::new(report) }
    }
}
