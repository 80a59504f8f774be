//! Opens the catalog file so that it can always be used afterwards.
//!
//! Owns the decision between a file that is kept and one that is moved aside. Only damage moves a file:
//! a lock, a full disk or a missing permission is reported, because waiting or tidying up helps.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{Catalog, failure, schema};
use crate::error::{Error, Result};
use crate::files;

/// How long to wait for another process that writes or opens the catalog.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open catalog and what was found at its place.
#[derive(Debug)]
pub struct Opened {
    /// The catalog, ready to be used.
    pub catalog: Catalog,
    /// What was found.
    pub start: Start,
}

/// What was found when the catalog was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A sound catalog.
    Kept,
    /// Nothing: this one is empty.
    New,
    /// A file that could not be used. This one is empty, and the history of runs is lost.
    Replaced {
        /// Where the unusable file is now.
        damaged: PathBuf,
        /// Why it could not be used.
        detail: String,
    },
}

/// Why a file did not become a catalog.
enum Refusal {
    /// It is damaged, foreign or too new, and always will be.
    Damaged(String),
    /// Something else is in the way.
    Failed(Error),
}

/// See [`Catalog::open`].
pub fn open(path: &Path) -> Result<Opened> {
    if let Some(folder) = path.parent() {
        files::create_private_dir(folder).map_err(|e| Error::file("create", folder, e))?;
    }
    // Two processes that find the same damage must not move each other's new file aside.
    let _lock = lock(&path.with_added_extension("lock"));
    match connect(path) {
        Ok((connection, start)) => {
            Ok(Opened { catalog: Catalog::new(connection, path.to_owned()), start })
        }
        Err(Refusal::Failed(error)) => Err(error),
        Err(Refusal::Damaged(detail)) => {
            tracing::warn!(path = %path.display(), detail, "the catalog is replaced");
            let damaged = move_aside(path)?;
            let (connection, _) = connect(path).map_err(|refusal| match refusal {
                Refusal::Failed(error) => error,
                Refusal::Damaged(detail) => {
                    Error::Catalog { path: path.display().to_string(), detail }
                }
            })?;
            let start = Start::Replaced { damaged, detail };
            Ok(Opened { catalog: Catalog::new(connection, path.to_owned()), start })
        }
    }
}

/// See [`Catalog::in_memory`].
pub fn in_memory() -> Result<Catalog> {
    let path = PathBuf::from(":memory:");
    let connection = Connection::open_in_memory().and_then(|mut connection| {
        schema::migrate(&mut connection)?;
        Ok(connection)
    });
    let connection = connection.map_err(|error| failure(&path, &error))?;
    Ok(Catalog::new(connection, path))
}

/// Opens, checks and migrates the file.
fn connect(path: &Path) -> std::result::Result<(Connection, Start), Refusal> {
    match files::create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // SQLite would fall back to reading, and every later write would fail.
            let writable = fs::OpenOptions::new().write(true).open(path);
            writable.map_err(|error| Refusal::Failed(Error::file("write", path, error)))?;
        }
        created => {
            created.map_err(|error| Refusal::Failed(Error::file("create", path, error)))?;
        }
    }
    let refuse = |error: rusqlite::Error| {
        if is_damage(&error) {
            Refusal::Damaged(error.to_string())
        } else {
            Refusal::Failed(failure(path, &error))
        }
    };
    let mut connection = connect_bare(path).map_err(refuse)?;
    let known = check(&connection).map_err(refuse)?;
    if let Verdict::Unusable(detail) = known {
        return Err(Refusal::Damaged(detail));
    }
    // Only a file that is ours may be written to, and this is the first write.
    prepare(&mut connection).map_err(refuse)?;
    if !schema::is_as_migrated(&connection).map_err(refuse)? {
        return Err(Refusal::Damaged("its tables are not the catalog's".to_owned()));
    }
    Ok((connection, if matches!(known, Verdict::Blank) { Start::New } else { Start::Kept }))
}

/// What a file is, as far as reading tells.
enum Verdict {
    /// A catalog.
    Sound,
    /// A new file.
    Blank,
    /// Anything else, and why.
    Unusable(String),
}

fn check(connection: &Connection) -> rusqlite::Result<Verdict> {
    let (version, has_tables) = schema::version(connection)?;
    if version > schema::newest() {
        let newest = schema::newest();
        let detail = format!("it has version {version}, this Kronos knows {newest}");
        return Ok(Verdict::Unusable(detail));
    }
    if connection.is_readonly("main")? {
        // `connect` has made sure that the file itself may be written.
        return Ok(Verdict::Unusable("its header forbids writing".to_owned()));
    }
    if version == 0 {
        let foreign = || Verdict::Unusable("it belongs to another program".to_owned());
        return Ok(if has_tables { foreign() } else { Verdict::Blank });
    }
    let sql = "PRAGMA integrity_check(1)";
    let verdict: String = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(if verdict == "ok" { Verdict::Sound } else { Verdict::Unusable(verdict) })
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    // A file system without shared memory keeps another mode, which is slower but works.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    schema::migrate(connection)
}

fn connect_bare(path: &Path) -> rusqlite::Result<Connection> {
    // Without CREATE, because a file that SQLite creates is readable by everybody; its `-wal` and
    // `-shm` take the mode of the file.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Whether the file itself is at fault, as opposed to the disk, a lock or a permission.
fn is_damage(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::PermissionDenied
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly
                | ErrorCode::OperationInterrupted
                | ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport
        )
    )
}

/// Moves the file to `<name>.damaged-<time>` and removes what was moved there before.
fn move_aside(path: &Path) -> Result<PathBuf> {
    let damaged = path.with_added_extension("damaged-");
    for older in look_alikes(&damaged) {
        let _ = fs::remove_file(older);
    }
    let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut damaged = damaged.into_os_string();
    damaged.push(stamp);
    let damaged = PathBuf::from(damaged);
    fs::rename(path, &damaged).map_err(|error| Error::file("move aside", path, error))?;
    // They belong to the file that is gone: SQLite would play them into the new one.
    for extension in ["wal", "shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!("-{extension}"));
        let _ = fs::remove_file(PathBuf::from(beside));
    }
    Ok(damaged)
}

/// The files that an earlier call moved aside: the prefix and a time, nothing else.
fn look_alikes(prefix: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(prefix)) = (prefix.parent(), prefix.file_name()) else {
        return Vec::new();
    };
    let prefix = prefix.to_string_lossy();
    let is_time = |rest: &str| {
        rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_digit() || b"TZ".contains(&byte))
    };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.flatten().filter(|entry| {
        entry.file_name().to_str().and_then(|name| name.strip_prefix(&*prefix)).is_some_and(is_time)
    });
    names.map(|entry| entry.path()).collect()
}

/// Waits a while for the lock. Whoever holds it longer is stopped or hangs; going on without it risks
/// less than not starting.
fn lock(path: &Path) -> Option<File> {
    let file = match files::create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::OpenOptions::new().read(true).write(true).open(path).ok()?
        }
        created => created.ok()?,
    };
    let begun = Instant::now();
    while let Err(TryLockError::WouldBlock) = file.try_lock() {
        if begun.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(file)
}
