//! A file that is looked at.
//!
//! Owns reading it at any place. The handle on an SQLite database is [kept](crate::files::kept).

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use crate::files;

/// A place in an open file. Cheap to clone; each clone has a place of its own.
#[derive(Debug, Clone)]
pub(super) struct Handle {
    file: Arc<File>,
    at: u64,
}

impl Handle {
    pub fn new(file: File) -> Self {
        Self { file: Arc::new(file), at: 0 }
    }

    /// The handle that is kept on this file.
    pub fn kept(file: &Metadata) -> Option<Self> {
        Some(Self { file: files::kept::find(file)?, at: 0 })
    }

    /// Keeps this handle, because the file is an SQLite database.
    pub fn keep(&self) {
        files::kept::keep(&self.file);
    }

    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// The same file from its beginning.
    pub fn again(&self) -> Self {
        Self { file: Arc::clone(&self.file), at: 0 }
    }
}

impl Read for Handle {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let count = read_at(&self.file, space, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Handle {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.file.metadata()?.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(unix)]
fn read_at(file: &File, space: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, space, at)
}

#[cfg(windows)]
fn read_at(file: &File, space: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, space, at)
}

#[cfg(all(test, unix))]
mod tests {
    use rusqlite::{Connection, TransactionBehavior};

    #[test]
    fn a_look_never_drops_the_lock_of_a_reader_in_this_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE a (x)").unwrap();
        let mut reader = Connection::open(&path).unwrap();
        let read = reader.transaction_with_behavior(TransactionBehavior::Deferred).unwrap();
        let count = || read.query_row("SELECT count(*) FROM a", [], |row| row.get::<_, u32>(0));
        count().unwrap();
        for _ in 0..3 {
            let look = crate::look::look(&path).unwrap();
            assert!(matches!(look, crate::look::Look::Foreign(_)), "{look:?}");
        }
        // Only another process feels the locks of this one.
        let write = ["-cmd", ".timeout 0", path.to_str().unwrap(), "INSERT INTO a VALUES (1)"];
        let output = std::process::Command::new("sqlite3").args(write).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("database is locked"), "{said}");
        count().unwrap();
    }
}
