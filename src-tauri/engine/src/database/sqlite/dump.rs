//! The dump stream over finished copies: bytes go to the archive while the check reads the same copy
//! on another thread.
//!
//! Owns which copies pass. A copy that does not pass makes the dump fail at its end, before anything
//! is committed.

use std::fs::File;
use std::io::{self, Read};

use super::super::{DumpReport, DumpStream, DumpUnit, WorkScope};
use super::check::{CheckError, Findings, RunningCheck};
use super::copy::Copy;
use super::source;
use crate::contents::{Consistency, DatabaseFacts};
use crate::error::{DatabaseError, Error, Result};

/// A dump of SQLite files that have been copied.
pub(super) struct SqliteDump {
    waiting: std::vec::IntoIter<Copy>,
    checks: Vec<(Copy, RunningCheck)>,
    warnings: Vec<String>,
    scope: WorkScope,
}

impl SqliteDump {
    /// `warnings` are those of the plan.
    pub(super) fn new(copies: Vec<Copy>, warnings: Vec<String>, scope: WorkScope) -> Self {
        Self { waiting: copies.into_iter(), checks: Vec::new(), warnings, scope }
    }
}

impl DumpStream for SqliteDump {
    fn next_unit(&mut self) -> Result<Option<DumpUnit<'_>>> {
        let Some(copy) = self.waiting.next() else { return Ok(None) };
        let name = copy.name.clone();
        self.scope.progress.object(&name);
        let unreadable =
            |source| DatabaseError::Scratch { path: copy.path.display().to_string(), source };
        let file = File::open(&copy.path).map_err(unreadable)?;
        let size = Some(file.metadata().map_err(unreadable)?.len());
        let source = copy.source.display().to_string();
        let check = start_check(&copy)?;
        self.checks.push((copy, check));
        let reader = Box::new(CancellableFile { file, scope: self.scope.clone() });
        Ok(Some(DumpUnit { name, source, size, reader }))
    }

    fn finish(mut self: Box<Self>) -> Result<DumpReport> {
        let several = self.checks.len() > 1;
        let mut databases = Vec::new();
        let mut warnings = std::mem::take(&mut self.warnings);
        for (copy, check) in std::mem::take(&mut self.checks) {
            let findings = passed(check.join(&self.scope.cancel)?, &copy)?;
            let name = &copy.name;
            if copy.rolled_back {
                warnings.push(source::rolled_back_warning(name));
            }
            warnings.extend(findings.warnings.iter().map(|warning| format!("`{name}`: {warning}")));
            if findings.facts.objects.is_empty() {
                warnings.push(format!("`{name}` holds no tables"));
            }
            databases.push(with_journal_mode(findings.facts, &copy));
        }
        Ok(DumpReport { databases, consistency: consistency(several), warnings })
    }
}

pub(super) fn passed(checked: Result<Findings, CheckError>, copy: &Copy) -> Result<Findings> {
    let path = || copy.source.display().to_string();
    checked.map_err(|error| match error {
        CheckError::Corrupt(finding) => DatabaseError::Corrupt { path: path(), finding }.into(),
        CheckError::Failed(error) => {
            DatabaseError::Failed { path: path(), detail: error.to_string() }.into()
        }
    })
}

pub(super) fn start_check(copy: &Copy) -> Result<RunningCheck> {
    RunningCheck::start(&copy.path).map_err(|error| {
        Error::from(DatabaseError::Failed {
            path: copy.source.display().to_string(),
            detail: error.to_string(),
        })
    })
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
    scope: WorkScope,
}

impl Read for CancellableFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.scope.cancel.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        self.file.read(buffer)
    }
}
