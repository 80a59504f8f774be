//! What is looked at, and the answers that go no further.
//!
//! Owns how a path is shown in a sentence, and the way from an error of an archive to an answer.

use std::path::Path;

use super::content::Fault;
use super::place::unreadable;
use super::{
    DumpForm, EncryptedLook, Finding, FindingLevel, ForeignLook, Look, RefusedLook, Wrapping,
};
use crate::archive::one_line;
use crate::error::{ArchiveError, Error, ErrorCode, Result};
use crate::ids::EngineKind;

/// The file or folder that is looked at.
pub(super) struct Subject<'a> {
    pub path: &'a Path,
    pub size: u64,
}

/// A path as it may stand in a sentence.
pub(super) fn shown(path: &Path) -> String {
    one_line(&path.display().to_string())
}

impl Subject<'_> {
    fn refused(
        &self,
        code: ErrorCode,
        sentence: String,
        next_step: impl Into<String>,
    ) -> RefusedLook {
        let (location, stored_bytes) = (self.path.display().to_string(), self.size);
        RefusedLook { location, stored_bytes, code, sentence, next_step: next_step.into() }
    }

    /// Something else: `what` ends the sentence that begins with its name.
    pub fn unknown(&self, what: &str, next_step: &str) -> Look {
        let sentence = format!("`{}` {what}", shown(self.path));
        Look::Unknown(self.refused(ErrorCode::NotAnArchive, sentence, next_step))
    }

    /// Something else: `what` is a whole clause, "it is a ZIP file".
    pub fn no_backup(&self, what: &str) -> Look {
        self.unknown(
            &format!("is no backup that Kronos can read: {what}"),
            "Choose a Kronos archive, or a dump of PostgreSQL, MySQL, MariaDB, MongoDB or SQLite",
        )
    }

    /// A dump that is not as its maker wrote it.
    pub fn damaged(&self, detail: &str) -> Look {
        let detail = one_line(detail);
        self.broken(ArchiveError::Damaged { archive: shown(self.path), detail })
    }

    /// A dump that ends too early.
    pub fn cut(&self, expected: Option<u64>) -> Look {
        let archive = shown(self.path);
        self.broken(ArchiveError::Truncated { archive, found: self.size, expected })
    }

    fn broken(&self, error: ArchiveError) -> Look {
        let error = Error::from(error);
        let next_step = "Use another backup of this database; nothing was changed";
        Look::Damaged(self.refused(error.code(), error.to_string(), next_step))
    }

    /// The answer to content that could not be unpacked to its end; `None` where enough was read.
    pub fn of_fault(&self, fault: Fault) -> Result<Option<Look>> {
        match fault {
            Fault::Enough => Ok(None),
            Fault::Cut => Ok(Some(self.cut(None))),
            Fault::Broken(what) => {
                Ok(Some(self.damaged(&format!("it cannot be unpacked: {what}"))))
            }
            Fault::Disk(error) => Err(unreadable(self.path, error)),
        }
    }

    /// The answer to an archive that could not be read; an error where that is the fault of the disk.
    pub fn of_error(&self, error: Error) -> Result<Look> {
        let Error::Archive(reason) = &error else { return Err(error) };
        let refused =
            self.refused(error.code(), error.to_string(), error.hint().unwrap_or_default());
        match reason {
            ArchiveError::Io { .. } => Err(error),
            ArchiveError::Truncated { .. } | ArchiveError::Damaged { .. } => {
                Ok(Look::Damaged(refused))
            }
            ArchiveError::NotAnArchive { .. } | ArchiveError::TooNew { .. } => {
                Ok(Look::Unknown(refused))
            }
        }
    }

    /// A file that a program has encrypted.
    pub fn encrypted(&self, how: &str) -> Look {
        Look::Encrypted(EncryptedLook {
            location: self.path.display().to_string(),
            stored_bytes: self.size,
            how: how.to_owned(),
            sentence: format!("`{}` is encrypted with {how}", shown(self.path)),
            next_step: format!(
                "Decrypt it with {how} first; this version of Kronos cannot do that"
            ),
        })
    }

    /// A foreign dump of which nothing but its form is known yet.
    pub fn foreign(&self, form: DumpForm, compression: Wrapping) -> ForeignLook {
        let engine = engine_of(form);
        ForeignLook {
            location: self.path.display().to_string(),
            stored_bytes: self.size,
            form,
            form_label: label_of(form).to_owned(),
            dialect: None,
            compression,
            engine,
            engine_label: engine.map(|engine| engine.label().to_owned()),
            source: None,
            host: None,
            made_at: None,
            server: None,
            tool: None,
            objects: Vec::new(),
            is_complete: false,
            own_databases: Vec::new(),
            sets_log_place: false,
            runs_code: false,
            findings: Vec::new(),
        }
    }
}

impl ForeignLook {
    pub(super) fn note(&mut self, sentence: impl Into<String>) {
        self.findings.push(Finding { level: FindingLevel::Note, sentence: sentence.into() });
    }

    pub(super) fn warn(&mut self, sentence: impl Into<String>) {
        self.findings.push(Finding { level: FindingLevel::Warning, sentence: sentence.into() });
    }
}

/// A few names as they may stand in a sentence: "`a`, `b` and 3 more".
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let quoted: Vec<_> =
        names.iter().take(SHOWN).map(|name| format!("`{}`", one_line(name))).collect();
    let rest = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    quoted.join(", ") + &rest
}

/// A text of a dump's maker, unless there is none.
pub(super) fn told(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| one_line(text))
}

fn engine_of(form: DumpForm) -> Option<EngineKind> {
    match form {
        DumpForm::SqliteFile => Some(EngineKind::Sqlite),
        DumpForm::PgCustom | DumpForm::PgTar | DumpForm::PgDirectory => Some(EngineKind::Postgres),
        DumpForm::MongoArchive | DumpForm::MongoFolder => Some(EngineKind::Mongodb),
        DumpForm::SqlScript => None,
    }
}

fn label_of(form: DumpForm) -> &'static str {
    match form {
        DumpForm::SqliteFile => "SQLite database",
        DumpForm::SqlScript => "SQL script",
        DumpForm::PgCustom => "PostgreSQL custom dump",
        DumpForm::PgTar => "PostgreSQL tar dump",
        DumpForm::PgDirectory => "PostgreSQL directory dump",
        DumpForm::MongoArchive => "mongodump archive",
        DumpForm::MongoFolder => "mongodump folder",
    }
}
