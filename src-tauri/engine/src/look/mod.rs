//! What is in this file? Answered from its bytes, never from its name, and without changing anything.
//!
//! Owns the answer ([`Look`]) and the order of the questions. A look is quick on a file of any size: it reads
//! the beginning and the end, never the middle, and a bounded amount of both. So an answer is what the file
//! says of itself; whether an archive is whole and true is the business of `archive::verify`, and whether a
//! foreign dump is complete only loading it can tell.

mod content;
mod encrypted;
mod folder;
mod handle;
mod mongodb;
mod other;
mod own;
mod place;
mod postgres;
mod script;
mod sqlite;
mod subject;
mod tar;
mod whole;

#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::archive::{Manifest, Unit};
use crate::config::Codec;
use crate::contents::{Consistency, ObjectCount, ServerInfo};
use crate::error::{ArchiveError, ErrorCode, Result};
use crate::ids::{BackupId, EngineKind};

use self::content::{Content, HEAD, read_up_to};
use self::handle::Handle;
use self::place::{Place, unreadable};
use self::subject::Subject;
pub(crate) use self::whole::unpacked;

/// What a file or folder turned out to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum Look {
    /// A Kronos archive.
    Archive(Box<ArchiveLook>),
    /// A dump or a database that another program made.
    Foreign(Box<ForeignLook>),
    /// An encrypted file, which this version cannot open.
    Encrypted(EncryptedLook),
    /// An archive or a dump that is not whole. There is no way on from here.
    Damaged(RefusedLook),
    /// Anything else. There is no way on from here.
    Unknown(RefusedLook),
}

/// What a Kronos archive says of itself. Nothing of it is proven: see [`is_checked`](Self::is_checked).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ArchiveLook {
    /// The archive's path, for a person.
    pub location: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub stored_bytes: u64,
    /// How it is compressed.
    pub codec: Codec,
    /// The backup's identifier.
    pub id: BackupId,
    /// The profile that was backed up.
    pub profile: String,
    /// The engine of its databases.
    pub engine: EngineKind,
    /// The engine's name as its makers write it.
    pub engine_label: String,
    /// When the backup began.
    #[ts(type = "string")]
    pub created_at: Timestamp,
    /// When the last byte of data had been read.
    #[ts(type = "string")]
    pub finished_at: Timestamp,
    /// The version of Kronos that wrote it.
    pub kronos_version: String,
    /// The server or library that held the data.
    pub server: ServerInfo,
    /// Which moment the data shows.
    pub consistency: Consistency,
    /// Size of the databases in bytes.
    #[ts(type = "number")]
    pub raw_bytes: u64,
    /// The databases with their objects, their rows and what was left out.
    pub units: Vec<Unit>,
    /// Things to look at, each one sentence, as they were found when the backup was made.
    pub warnings: Vec<String>,
    /// Whether its commit record stands beside it.
    pub has_record: bool,
    /// Whether every byte has been read and every hash compared. A look never does that: a host starts
    /// [`Engine::start_verify_file`](crate::Engine::start_verify_file) and shows "checking" meanwhile.
    pub is_checked: bool,
}

/// What the head of a foreign dump tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ForeignLook {
    /// The path of the file or folder, for a person.
    pub location: String,
    /// Its size in bytes; of a folder, that of all files in it.
    #[ts(type = "number")]
    pub stored_bytes: u64,
    /// What it is.
    pub form: DumpForm,
    /// "PostgreSQL custom dump", "SQL script for MariaDB".
    pub form_label: String,
    /// The language of a script; `None` for what is no script.
    pub dialect: Option<SqlDialect>,
    /// What is wrapped around it.
    pub compression: Wrapping,
    /// The engine that it was made for; `None` when nothing in it tells.
    pub engine: Option<EngineKind>,
    /// The engine's name as its makers write it.
    pub engine_label: Option<String>,
    /// The database that was dumped, where it says so.
    pub source: Option<String>,
    /// The host that was dumped, where it says so.
    pub host: Option<String>,
    /// When it was made, as it spells that.
    pub made_at: Option<String>,
    /// The server that held the data: `MariaDB 10.11.19`.
    pub server: Option<String>,
    /// The tool that wrote it: `pg_dump 15.18`.
    pub tool: Option<String>,
    /// What is in it, as far as that was looked at; names are qualified where there is more than one
    /// schema or database.
    pub objects: Vec<ObjectCount>,
    /// Whether `objects` is all that is in it; else only a part of it was looked at.
    pub is_complete: bool,
    /// The databases that a script makes or enters by itself, as far as that was seen.
    pub own_databases: Vec<String>,
    /// Whether it sets the place in the log of the server it came from (`GTID_PURGED`).
    pub sets_log_place: bool,
    /// Whether restoring it means to run it: everything that stands in a script is carried out.
    pub runs_code: bool,
    /// What to know before restoring it.
    pub findings: Vec<Finding>,
}

/// The form of a foreign dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DumpForm {
    /// An SQLite database.
    SqliteFile,
    /// Statements as text.
    SqlScript,
    /// What `pg_dump -Fc` writes.
    PgCustom,
    /// What `pg_dump -Ft` writes.
    PgTar,
    /// The folder that `pg_dump -Fd` makes.
    PgDirectory,
    /// What `mongodump --archive` writes.
    MongoArchive,
    /// The folder that `mongodump` makes.
    MongoFolder,
}

/// The language of a script.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SqlDialect {
    /// For `psql`.
    Postgres,
    /// For `mysql`.
    Mysql,
    /// For `mariadb`.
    Mariadb,
    /// For `sqlite3`.
    Sqlite,
    /// Nothing in it tells.
    #[default]
    Unknown,
}

/// The compression around a foreign dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Wrapping {
    /// Nothing.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// xz.
    Xz,
    /// bzip2.
    Bzip2,
}

/// One thing to know before a foreign dump is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Finding {
    /// How much it matters.
    pub level: FindingLevel,
    /// The sentence, without a final stop.
    pub sentence: String,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum FindingLevel {
    /// Good to know.
    Note,
    /// It may do more, or something else, than is wanted.
    Warning,
}

/// An encrypted file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EncryptedLook {
    /// The file's path, for a person.
    pub location: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub stored_bytes: u64,
    /// The program that encrypted it: `age`, `OpenPGP`.
    pub how: String,
    /// What it is, as one sentence without a final stop.
    pub sentence: String,
    /// The next step, as one sentence without a final stop.
    pub next_step: String,
}

/// A file with which nothing can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RefusedLook {
    /// The file's path, for a person.
    pub location: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub stored_bytes: u64,
    /// The code on which the command line and the window branch.
    pub code: ErrorCode,
    /// What is wrong or what it is instead, as one sentence without a final stop.
    pub sentence: String,
    /// The next step, as one sentence without a final stop.
    pub next_step: String,
}

/// Looks at the file or folder at `path`. Blocks; reads a bounded amount and changes nothing.
///
/// # Errors
///
/// A path that does not exist, cannot be read or fails to be read is
/// [`ArchiveError::Io`](crate::error::ArchiveError::Io). Everything that can be read has an answer.
pub fn look(path: &Path) -> Result<Look> {
    let (handle, size) = match Place::open(path)? {
        Place::File { handle, size } => (handle, size),
        Place::Folder => return folder::look(path),
        Place::Empty => return Ok(Subject { path, size: 0 }.no_backup("it is empty")),
        Place::Nothing(what) => return Ok(Subject { path, size: 0 }.no_backup(what)),
    };
    let mut head = Vec::with_capacity(HEAD);
    read_up_to(&mut handle.again(), HEAD, &mut head).map_err(|error| unreadable(path, error))?;
    let subject = Subject { path, size };
    if head.starts_with(sqlite::MAGIC) {
        return Ok(sqlite::look(&subject, &handle, &head));
    }
    if let Some(look) = own::look(&subject, &handle, &head)? {
        return Ok(look);
    }
    if let Some(how) = encrypted::by(&head) {
        return Ok(subject.encrypted(how));
    }
    foreign(&subject, &handle, &head)
}

/// What the archive at `path` says of itself at its end. Nothing of it is proven: a restore reads all of it.
pub fn manifest(path: &Path) -> Result<Manifest> {
    let Place::File { handle, .. } = Place::open(path)? else {
        let archive = path.display().to_string();
        return Err(
            ArchiveError::NotAnArchive { archive, detail: "it is no file".to_owned() }.into()
        );
    };
    own::manifest(path, &handle)
}

/// Looks at a file that is no archive of Kronos, by what is in its compression.
fn foreign(subject: &Subject<'_>, handle: &Handle, head: &[u8]) -> Result<Look> {
    let mut content = Content::open(handle, head);
    if let Some(look) = content.fault.take().map_or(Ok(None), |fault| subject.of_fault(fault))? {
        return Ok(look);
    }
    let start = &content.head;
    if start.is_empty() {
        return Ok(subject.no_backup("it is a compressed file with nothing in it"));
    }
    if start.starts_with(sqlite::MAGIC) {
        return sqlite::look_packed(subject, content);
    }
    if start.starts_with(postgres::MAGIC) {
        return Ok(postgres::look_custom(subject, handle, content));
    }
    if start.starts_with(&mongodb::MAGIC) {
        return Ok(mongodb::look_archive(subject, handle, content));
    }
    if tar::is_tar(start) {
        return tar::look(subject, handle, content);
    }
    if let Some(how) = encrypted::by(start) {
        return Ok(subject.encrypted(how));
    }
    if script::is_script(&content) {
        return script::look(subject, handle, content);
    }
    Ok(other::look(subject, handle, &content))
}
