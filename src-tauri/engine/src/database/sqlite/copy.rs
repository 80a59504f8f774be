//! Taking the copy: SQLite's online backup inside one read transaction.
//!
//! Owns the moment that a backup shows. With the transaction held, the steps of the backup never
//! start over, however often another program commits; without a pause between the steps the lock is
//! held no longer than copying takes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode as SqliteCode, OpenFlags, ffi};

use super::super::WorkScope;
use super::source::{self, COPY_PATIENCE, Source, byte_size, patiently};
use crate::cancel::CancelCheck;
use crate::error::{DatabaseError, Error, Result};
use crate::files;
use crate::progress::Phase;

/// Pages copied between two looks at the cancel token: 16 MiB at SQLite's default page size.
const PAGES_PER_STEP: i32 = 4096;

/// What SQLite says when it cannot write.
const WRITE_FAILURES: [i32; 3] =
    [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_TRUNCATE, ffi::SQLITE_IOERR_FSYNC];

/// A finished copy in the scratch folder.
#[derive(Debug)]
pub(super) struct Copy {
    /// The name of the database, the same as in the plan.
    pub name: String,
    /// The file that was copied.
    pub source: PathBuf,
    /// The copy.
    pub path: PathBuf,
    /// How the source keeps its transactions: `wal`, `delete`, …
    pub journal_mode: String,
    /// The moment that it shows.
    pub at: Timestamp,
    /// Whether SQLite had to roll back what a crashed program left half done.
    pub rolled_back: bool,
}

/// Copies all files, one right after the other so that their moments lie close together.
pub(super) fn copy_all(paths: &[PathBuf], scope: &WorkScope) -> Result<Vec<Copy>> {
    let mut sources = paths.iter().map(|path| source::open(path)).collect::<Result<Vec<_>>>()?;
    let mut total = 0;
    for (path, source) in paths.iter().zip(&mut sources) {
        patiently(path, COPY_PATIENCE, &scope.cancel, || source.first_read())?;
        total += patiently(path, COPY_PATIENCE, &scope.cancel, || byte_size(&source.connection))?;
    }
    scope.progress.enter(Phase::Copying, total);
    let mut copies = Vec::with_capacity(paths.len());
    for ((path, source), name) in paths.iter().zip(sources).zip(super::unit_names(paths)) {
        copies.push(copy_one(copies.len(), path, name, &source, scope)?);
    }
    Ok(copies)
}

fn copy_one(
    number: usize,
    path: &Path,
    name: String,
    source: &Source,
    scope: &WorkScope,
) -> Result<Copy> {
    scope.progress.object(&name);
    let (rolled_back, source) = (source.rolled_back, &source.connection);
    let journal_mode = patiently(path, COPY_PATIENCE, &scope.cancel, || begin_reading(source))?;
    let at = Timestamp::now();
    let copy = scope.scratch.join(format!("{number}.sqlite"));
    files::create_private(&copy).map_err(|error| scratch_error(&copy, error))?;
    let mut target = open_target(&copy)?;
    run_backup(path, source, &mut target, scope)?;
    target.close().map_err(|(_, error)| target_error(&copy, &error))?;
    Ok(Copy { name, source: path.to_owned(), path: copy, journal_mode, at, rolled_back })
}

/// Opens the read transaction that pins the moment: `BEGIN` alone reads nothing and pins nothing.
fn begin_reading(source: &Connection) -> rusqlite::Result<String> {
    if source.is_autocommit() {
        source.execute_batch("BEGIN")?;
    }
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    source.query_row("PRAGMA journal_mode", [], |row| row.get(0))
}

/// The copy is thrown away when anything fails, so it needs neither a journal nor fsync.
fn open_target(copy: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connect = || -> rusqlite::Result<Connection> {
        let target = Connection::open_with_flags(copy, flags)?;
        target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
        Ok(target)
    };
    connect().map_err(|error| target_error(copy, &error))
}

fn run_backup(
    path: &Path,
    source: &Connection,
    target: &mut Connection,
    scope: &WorkScope,
) -> Result<()> {
    let page_size =
        source::page_size(source).map_err(|error| source::explain(path, &error, Duration::ZERO))?;
    let backup = Backup::new(source, target).map_err(|error| step_error(path, scope, &error))?;
    let mut copied = 0;
    loop {
        scope.cancel.check()?;
        let step =
            patiently(path, COPY_PATIENCE, &scope.cancel, || match backup.step(PAGES_PER_STEP) {
                Err(error) if is_of_target(&error) => Ok(Err(error)),
                step => step.map(Ok),
            })?;
        let step = step.map_err(|error| target_error(&scope.scratch, &error))?;
        let progress = backup.progress();
        let done = u64::try_from(progress.pagecount - progress.remaining).unwrap_or(0);
        scope.progress.add((done - copied) * page_size);
        copied = done;
        if step == StepResult::Done {
            return Ok(());
        }
    }
}

fn step_error(path: &Path, scope: &WorkScope, error: &rusqlite::Error) -> Error {
    if is_of_target(error) {
        return target_error(&scope.scratch, error);
    }
    source::explain(path, error, Duration::ZERO)
}

/// Whether the copy failed and not the source, which is never written to.
fn is_of_target(error: &rusqlite::Error) -> bool {
    let failed = |code: &ffi::Error| {
        code.code == SqliteCode::DiskFull || WRITE_FAILURES.contains(&code.extended_code)
    };
    error.sqlite_error().is_some_and(failed)
}

fn scratch_error(path: &Path, source: std::io::Error) -> Error {
    DatabaseError::Scratch { path: path.display().to_string(), source }.into()
}

fn target_error(copy: &Path, error: &rusqlite::Error) -> Error {
    let kind = match error.sqlite_error_code() {
        Some(SqliteCode::DiskFull) => std::io::ErrorKind::StorageFull,
        _ => std::io::ErrorKind::Other,
    };
    scratch_error(copy, std::io::Error::new(kind, error.to_string()))
}
