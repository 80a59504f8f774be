//! Opening a source file and saying, in one sentence each, why it cannot be read.
//!
//! Owns the flags of a source connection and the classification of SQLite's errors. Copying belongs
//! to `copy`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode as SqliteCode, OpenFlags};

use super::super::ProbedDatabase;
use crate::cancel::{CancelCheck, CancellationToken};
use crate::error::{DatabaseError, Error, Result};
use crate::files;

/// How long a look waits for a lock.
pub(super) const LOOK_PATIENCE: Duration = Duration::from_secs(2);
/// How long a backup waits for a lock.
pub(super) const COPY_PATIENCE: Duration = Duration::from_secs(30);
/// A writer that commits all the time leaves gaps of a few milliseconds; SQLite's own back-off of up
/// to 100 ms would miss most of them.
const RETRY_PAUSE: Duration = Duration::from_millis(1);

/// How long a journal lies untouched before it counts as left by a crash.
const SETTLED: Duration = Duration::from_secs(2);

/// A source file that is open for reading.
pub(super) struct Source {
    /// The connection.
    pub connection: Connection,
    /// Where SQLite keeps the rollback journal: beside the file itself, not beside a link to it.
    journal: PathBuf,
    /// Whether this connection found what a crashed program left half done, and rolled it back.
    pub rolled_back: bool,
}

impl Source {
    /// The first read of a connection, in which SQLite rolls back a hot journal.
    ///
    /// A living program writes to its journal until right before it removes it, and may remove it while
    /// we look. So only a journal that nobody has touched for a while says that its program is gone.
    pub fn first_read(&mut self) -> rusqlite::Result<()> {
        let journal = || fs::metadata(&self.journal).ok().filter(|found| found.len() > 0);
        let touched = journal().and_then(|found| found.modified().ok());
        let settled = touched.and_then(|at| at.elapsed().ok()).is_some_and(|age| age >= SETTLED);
        self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        self.rolled_back |= settled && journal().is_none();
        Ok(())
    }
}

/// What a look at a source file found.
pub(super) struct Look {
    /// The database.
    pub database: ProbedDatabase,
    rolled_back: bool,
}

impl Look {
    /// What the user should know about it.
    pub fn warning(&self) -> Option<String> {
        self.rolled_back.then(|| rolled_back_warning(&self.database.name))
    }
}

/// The sentence about a database whose last change was never finished.
pub(super) fn rolled_back_warning(name: &str) -> String {
    format!(
        "`{name}`: a program crashed in the middle of a change; SQLite rolled it back, as the next \
         program to open it would have"
    )
}

/// Looks at a source file as [`open`] allows it.
pub(super) fn look(
    path: &Path,
    name: &str,
    patience: Duration,
    cancel: &CancellationToken,
) -> Result<Look> {
    let mut source = open(path)?;
    patiently(path, patience, cancel, || source.first_read())?;
    let database = patiently(path, patience, cancel, || facts(&source.connection, name))?;
    Ok(Look { database, rolled_back: source.rolled_back })
}

fn facts(source: &Connection, name: &str) -> rusqlite::Result<ProbedDatabase> {
    let page_size = page_size(source)?;
    let tables = source.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        [],
        |row| row.get(0),
    )?;
    let journal_mode: String = source.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let properties = BTreeMap::from([
        ("journal_mode".to_owned(), journal_mode),
        ("page_size".to_owned(), page_size.to_string()),
    ]);
    Ok(ProbedDatabase {
        name: name.to_owned(),
        size: byte_size(source)?,
        tables,
        properties,
        objects: Vec::new(),
    })
}

/// Bytes of one page.
pub(super) fn page_size(source: &Connection) -> rusqlite::Result<u64> {
    source.query_row("PRAGMA page_size", [], |row| row.get(0))
}

/// Bytes of the whole database in the connection's current moment.
pub(super) fn byte_size(source: &Connection) -> rusqlite::Result<u64> {
    let pages: u64 = source.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    Ok(pages * page_size(source)?)
}

/// Opens a source file for reading.
///
/// The connection is read-write where the file allows it, so that SQLite can do its own housekeeping
/// (roll back what a crashed program left, remove its own `-wal` and `-shm` at the end), but
/// `query_only` forbids every write by a statement. A write-ahead log that was there before stays
/// exactly as it was: moving it into the database is the owner's business. SQLite follows links, so
/// logs and journals are looked for beside the file that a link leads to.
pub(super) fn open(path: &Path) -> Result<Source> {
    refuse_what_is_no_file(path)?;
    let file = canonical(path)?;
    let log_was_there = sibling(&file, "-wal").exists();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connect = || -> rusqlite::Result<Connection> {
        let source = Connection::open_with_flags(&file, flags)?;
        source.busy_timeout(Duration::ZERO)?;
        if log_was_there {
            source.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        source.execute_batch(
            "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0",
        )?;
        Ok(source)
    };
    let connection = connect().map_err(|error| explain(path, &error, Duration::ZERO))?;
    Ok(Source { connection, journal: sibling(&file, "-journal"), rolled_back: false })
}

/// The file that `path` leads to.
fn canonical(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).map_err(|error| {
        DatabaseError::Failed { path: path.display().to_string(), detail: error.to_string() }.into()
    })
}

/// The path of a file that SQLite keeps beside a database: `-wal`, `-shm`, `-journal`.
pub(super) fn sibling(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Repeats `work` while another program holds a lock, until `patience` has run out or the user
/// cancels.
pub(super) fn patiently<T>(
    path: &Path,
    patience: Duration,
    cancel: &CancellationToken,
    mut work: impl FnMut() -> rusqlite::Result<T>,
) -> Result<T> {
    let begun = Instant::now();
    loop {
        cancel.check()?;
        match work() {
            Err(error) if is_busy(&error) && begun.elapsed() < patience => {
                std::thread::sleep(RETRY_PAUSE);
            }
            result => return result.map_err(|error| explain(path, &error, patience)),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(SqliteCode::DatabaseBusy | SqliteCode::DatabaseLocked))
}

fn refuse_what_is_no_file(path: &Path) -> Result<()> {
    let shown = || path.display().to_string();
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => DatabaseError::Missing { path: shown() },
        ErrorKind::PermissionDenied => DatabaseError::PermissionDenied { path: shown() },
        _ => DatabaseError::Failed { path: shown(), detail: error.to_string() },
    })?;
    let kind = metadata.file_type();
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => Ok(()),
        (_, true) => Err(DatabaseError::NotAFile { path: shown(), found: "a folder" }.into()),
        _ => Err(DatabaseError::NotAFile { path: shown(), found: "a device or a pipe" }.into()),
    }
}

/// Turns an error of SQLite into the sentence that a user can act on.
pub(super) fn explain(path: &Path, error: &rusqlite::Error, waited: Duration) -> Error {
    let shown = path.display().to_string();
    let detail = error.to_string();
    match error.sqlite_error_code() {
        Some(SqliteCode::NotADatabase) => not_a_database(path).into(),
        Some(SqliteCode::DatabaseBusy | SqliteCode::DatabaseLocked) => {
            DatabaseError::Locked { path: shown, waited_seconds: waited.as_secs() }.into()
        }
        Some(SqliteCode::DatabaseCorrupt) => {
            DatabaseError::Corrupt { path: shown, finding: detail }.into()
        }
        Some(SqliteCode::CannotOpen | SqliteCode::PermissionDenied) if !readable(path) => {
            DatabaseError::PermissionDenied { path: shown }.into()
        }
        Some(SqliteCode::CannotOpen | SqliteCode::PermissionDenied | SqliteCode::ReadOnly)
            if is_left_in_work(path, |folder| files::check_writable(folder).is_ok()) =>
        {
            DatabaseError::LeftInWork { path: shown }.into()
        }
        _ => DatabaseError::Failed { path: shown, detail }.into(),
    }
}

/// Whether SQLite would have to write beside the file before it can read it, and may not: a log or a
/// journal lies there, and the folder is not `writable`.
pub(super) fn is_left_in_work(path: &Path, writable: impl FnOnce(&Path) -> bool) -> bool {
    let Ok(file) = fs::canonicalize(path) else { return false };
    let has_work = ["-wal", "-journal"].iter().any(|ending| sibling(&file, ending).exists());
    has_work && file.parent().is_some_and(|folder| !writable(folder))
}

#[cfg(unix)]
fn readable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::READ_OK).is_ok()
}

#[cfg(not(unix))]
fn readable(_path: &Path) -> bool {
    false
}

/// Tells an encrypted database from any other file. Reading the file plainly is harmless here: SQLite
/// has just said that it is no database, so no connection of this process can hold a lock on it.
fn not_a_database(path: &Path) -> DatabaseError {
    let mut sample = Vec::new();
    let looks_random = fs::File::open(path)
        .and_then(|file| file.take(64 * 1024).read_to_end(&mut sample))
        .is_ok_and(|_| is_encrypted_database(&sample));
    let path = path.display().to_string();
    if looks_random {
        DatabaseError::Encrypted { path }
    } else {
        DatabaseError::NotADatabase { path, engine: "SQLite" }
    }
}

/// Encrypted SQLite files are whole pages of noise from the first byte on. Compressed files are noise
/// too, but say so in their first bytes.
fn is_encrypted_database(sample: &[u8]) -> bool {
    const COMPRESSED: [&[u8]; 8] = [
        b"\x1f\x8b",
        b"PK",
        b"\x28\xb5\x2f\xfd",
        b"\xfd7zXZ",
        b"BZh",
        b"7z\xbc\xaf",
        b"\x89PNG",
        b"\xff\xd8",
    ];
    let whole_pages = sample.len() >= 512 && sample.len().is_multiple_of(512);
    whole_pages
        && !COMPRESSED.iter().any(|magic| sample.starts_with(magic))
        && entropy(sample) > 7.2
}

/// Shannon entropy in bits per byte; 512 random bytes have about 7.6.
#[expect(clippy::cast_precision_loss, reason = "counts of at most 65 536")]
fn entropy(sample: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in sample {
        counts[usize::from(*byte)] += 1;
    }
    let total = sample.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / total)
        .map(|share| -share * share.log2())
        .sum()
}
