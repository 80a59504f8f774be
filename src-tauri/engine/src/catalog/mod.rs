//! The index of backups and the history of runs: one SQLite file.
//!
//! The index is a cache. A backup exists when its sidecar exists in a storage; a row here only saves
//! reading it, and [`reconcile`] makes the rows again from the sidecars alone. So nothing that happens
//! to this file can lose a backup, and a file that cannot be used is moved aside instead of keeping
//! Kronos from starting. Two things are known only here: the history of runs, and that a later check
//! found a backup damaged.
//!
//! All methods block; an async caller uses `spawn_blocking`.
//!
//! Owns the file, its schema and what may enter it from a sidecar. When to look into a storage again
//! belongs to `engine`.

mod backups;
mod open;
mod rebuild;
mod restore_tests;
mod runs;
mod schema;
mod sidecar;
mod values;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, ErrorCode};

pub use backups::BackupRecord;
pub use open::{Opened, Start};
pub use rebuild::{RescanReport, reconcile};

use crate::error::{Error, Result};
use crate::files;

/// The index of backups and runs. Shared between threads behind an `Arc`.
#[derive(Debug)]
pub struct Catalog {
    connection: Mutex<Connection>,
    path: PathBuf,
}

impl Catalog {
    /// Opens the catalog at `path`, or makes it. A file that is damaged, foreign or of a newer version
    /// is moved aside; the result says so, because the rows then have to come from [`reconcile`].
    pub fn open(path: &Path) -> Result<Opened> {
        open::open(path)
    }

    /// A catalog that is gone with the process: for tests, and for a computer on which no file can be
    /// made.
    pub fn in_memory() -> Result<Self> {
        open::in_memory()
    }

    /// Where the catalog is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn new(connection: Connection, path: PathBuf) -> Self {
        Self { connection: Mutex::new(connection), path }
    }

    /// Runs SQL and names the catalog in its failure.
    fn run<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T> {
        // A panic between two statements rolls its transaction back, so the connection stays usable.
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut connection).map_err(|error| failure(&self.path, &error))
    }
}

/// The index that all connections of a catalog share begins with a file of this size.
const SHARED_INDEX: u64 = 32 * 1024;

/// A failure of SQLite as one of the engine. A full disk keeps its own code: there is a remedy.
fn failure(path: &Path, error: &rusqlite::Error) -> Error {
    if is_full(path, error) {
        return Error::file("write", path, std::io::ErrorKind::StorageFull.into());
    }
    Error::Catalog { path: path.display().to_string(), detail: error.to_string() }
}

/// When the shared index of the write-ahead log cannot grow, SQLite speaks of an I/O error only.
fn is_full(path: &Path, error: &rusqlite::Error) -> bool {
    let crowded = || path.parent().and_then(files::free_bytes).is_some_and(|n| n < SHARED_INDEX);
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => true,
        Some(ErrorCode::SystemIoFailure) => crowded(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
