//! The dump stream over finished copies: bytes go to the archive while the check reads the same copy
//! on another thread.
//!
//! Owns the check threads. A copy that does not pass makes the dump fail at its end, before anything
//! is committed.

use std::fs::File;
use std::io::{self, Read};
use std::thread::JoinHandle;

use rusqlite::{Connection, InterruptHandle};

use super::super::{DumpReport, DumpScope, DumpStream, DumpUnit};
use super::check::{self, CheckError, Findings};
use super::copy::Copy;
use crate::contents::{Consistency, DatabaseFacts};
use crate::error::{DatabaseError, Error, Result};

type Checked = Result<Findings, CheckError>;

struct RunningCheck {
    copy: Copy,
    interrupt: InterruptHandle,
    thread: Option<JoinHandle<Checked>>,
}

/// A dump of SQLite files that have been copied.
pub(super) struct SqliteDump {
    waiting: std::vec::IntoIter<Copy>,
    checks: Vec<RunningCheck>,
    scope: DumpScope,
}

impl SqliteDump {
    pub(super) fn new(copies: Vec<Copy>, scope: DumpScope) -> Self {
        Self { waiting: copies.into_iter(), checks: Vec::new(), scope }
    }
}

impl DumpStream for SqliteDump {
    fn next_unit(&mut self) -> Result<Option<DumpUnit<'_>>> {
        let Some(copy) = self.waiting.next() else { return Ok(None) };
        let name = super::display_name(&copy.source);
        self.scope.progress.object(&name);
        let unreadable =
            |source| DatabaseError::Scratch { path: copy.path.display().to_string(), source };
        let file = File::open(&copy.path).map_err(unreadable)?;
        let size = Some(file.metadata().map_err(unreadable)?.len());
        let source = copy.source.display().to_string();
        self.checks.push(start_check(copy)?);
        let reader = Box::new(CancellableFile { file, scope: self.scope.clone() });
        Ok(Some(DumpUnit { name, source, size, reader }))
    }

    fn finish(mut self: Box<Self>) -> Result<DumpReport> {
        let several = self.checks.len() > 1;
        let mut databases = Vec::new();
        let mut warnings = Vec::new();
        for check in &mut self.checks {
            let findings = check.join()?;
            let name = super::display_name(&check.copy.source);
            warnings.extend(findings.warnings.iter().map(|warning| format!("`{name}`: {warning}")));
            if findings.facts.objects.is_empty() {
                warnings.push(format!("`{name}` holds no tables"));
            }
            databases.push(with_journal_mode(findings.facts, &check.copy));
        }
        Ok(DumpReport { databases, consistency: consistency(several), warnings })
    }
}

impl Drop for SqliteDump {
    fn drop(&mut self) {
        for check in &mut self.checks {
            check.interrupt.interrupt();
            if let Some(thread) = check.thread.take() {
                // The run has its reason already; what an interrupted check says adds nothing.
                let _ = thread.join();
            }
        }
    }
}

impl RunningCheck {
    fn join(&mut self) -> Result<Findings> {
        let path = || self.copy.source.display().to_string();
        let thread =
            self.thread.take().ok_or_else(|| Error::Internal("a check was joined twice".into()))?;
        let checked = thread.join().map_err(|_| Error::Internal("a check panicked".into()))?;
        checked.map_err(|error| match error {
            CheckError::Corrupt(finding) => DatabaseError::Corrupt { path: path(), finding }.into(),
            CheckError::Failed(error) => {
                DatabaseError::Failed { path: path(), detail: error.to_string() }.into()
            }
        })
    }
}

fn start_check(copy: Copy) -> Result<RunningCheck> {
    let failed = |error: rusqlite::Error| {
        Error::from(DatabaseError::Failed {
            path: copy.source.display().to_string(),
            detail: error.to_string(),
        })
    };
    let connection: Connection = check::open_immutable(&copy.path).map_err(failed)?;
    let interrupt = connection.get_interrupt_handle();
    let thread = std::thread::spawn(move || check::check(&connection));
    Ok(RunningCheck { copy, interrupt, thread: Some(thread) })
}

fn with_journal_mode(mut facts: DatabaseFacts, copy: &Copy) -> DatabaseFacts {
    facts.properties.insert("journal_mode".to_owned(), copy.journal_mode.clone());
    facts
}

fn consistency(several: bool) -> Consistency {
    let label = if several {
        "Each file is one committed moment of its own"
    } else {
        "One committed moment of one file"
    };
    Consistency { label: label.to_owned(), snapshot: true }
}

/// Reads a copy until the user cancels.
struct CancellableFile {
    file: File,
    scope: DumpScope,
}

impl Read for CancellableFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.scope.cancel.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        self.file.read(buffer)
    }
}
