//! What is in an SQLite file, without a trace on it.
//!
//! Owns a way of opening that takes no lock, makes no `-shm` and rolls nothing back: the file is taken as it
//! lies there. That is right for naming what is in it and for nothing else: what stands in a log or a
//! journal beside it is not seen, and a program may write at the same time.

use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode as SqliteCode, MAIN_DB, OpenFlags};

use crate::contents::{ObjectCount, ObjectKind};

/// More objects than a person looks at.
const MAX_OBJECTS: usize = 100_000;
/// A schema that takes longer was made to.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Peeked {
    /// Its tables, views, indexes and triggers, without rows.
    pub objects: Vec<ObjectCount>,
    /// Whether that is all of them.
    pub is_complete: bool,
}

/// Lists what is in the file at `path`. `Err` is the end of a sentence about a file that is damaged.
pub(crate) fn peek(path: &Path) -> Result<Peeked, String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(immutable(path), flags);
    list(opened.map_err(|error| said(&error))?)
}

/// As [`peek`], for a file that has been read.
pub(crate) fn peek_bytes(bytes: &[u8]) -> Result<Peeked, String> {
    let Some((head, rest)) = bytes.split_at_checked(20) else {
        return Err("it ends within its first page".to_owned());
    };
    // Memory has no write-ahead log, so SQLite refuses an image that may have one; these say that it has none.
    let image = head[..18].chain(&[1, 1][..]).chain(rest);
    let opened = Connection::open_in_memory().and_then(|mut connection| {
        connection.deserialize_read_exact(MAIN_DB, image, bytes.len(), true)?;
        Ok(connection)
    });
    list(opened.map_err(|error| said(&error))?)
}

fn list(mut file: Connection) -> Result<Peeked, String> {
    let begun = Instant::now();
    let mut listed = || -> rusqlite::Result<Peeked> {
        file.progress_handler(10_000, Some(move || begun.elapsed() > PATIENCE))?;
        file.execute_batch(
            "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;
             PRAGMA cell_size_check = ON",
        )?;
        objects(&file)
    };
    match listed() {
        Err(error) if error.sqlite_error_code() == Some(SqliteCode::OperationInterrupted) => {
            Ok(Peeked::default())
        }
        outcome => outcome.map_err(|error| said(&error)),
    }
}

fn objects(file: &Connection) -> rusqlite::Result<Peeked> {
    let mut statement = file.prepare(
        "SELECT type, name, coalesce(upper(substr(ltrim(sql), 1, 15)) = 'CREATE VIRTUAL ', 0)
         FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )?;
    let mut rows = statement.query([])?;
    let mut peeked = Peeked { objects: Vec::new(), is_complete: true };
    while let Some(row) = rows.next()? {
        if peeked.objects.len() == MAX_OBJECTS {
            peeked.is_complete = false;
            break;
        }
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        let kind = match kind.as_str() {
            "table" if row.get(2)? => ObjectKind::VirtualTable,
            "table" => ObjectKind::Table,
            "view" => ObjectKind::View,
            "index" => ObjectKind::Index,
            _ => ObjectKind::Trigger,
        };
        peeked.objects.push(ObjectCount { kind, name, rows: None });
    }
    peeked.objects.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
    Ok(peeked)
}

fn said(error: &rusqlite::Error) -> String {
    format!("SQLite cannot read it: {error}")
}

/// The address of the file for SQLite. Every byte of a path can be written in it.
fn immutable(path: &Path) -> String {
    let mut address = String::from("file:");
    for byte in plain(path) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                address.push(char::from(byte));
            }
            // Writing to a String cannot fail.
            _ => drop(write!(address, "%{byte:02x}")),
        }
    }
    address + "?immutable=1"
}

#[cfg(unix)]
fn plain(path: &Path) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()
}

#[cfg(not(unix))]
fn plain(path: &Path) -> Vec<u8> {
    format!("/{}", path.to_string_lossy().replace('\\', "/")).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_leaves_no_trace_and_sees_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b%?#ü.db");
        let database = Connection::open(&path).unwrap();
        database
            .execute_batch(
                "PRAGMA journal_mode = WAL; CREATE TABLE b (x); CREATE INDEX i ON b (x);
                 CREATE VIEW v AS SELECT 1; CREATE VIRTUAL TABLE f USING fts5(t);",
            )
            .unwrap();
        database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        drop(database);
        let before = std::fs::read(&path).unwrap();
        let peeked = peek(&path).unwrap();
        let found = |kind, name: &str| {
            peeked.objects.iter().any(|object| object.kind == kind && object.name == name)
        };
        assert!(found(ObjectKind::Table, "b") && found(ObjectKind::VirtualTable, "f"));
        assert!(found(ObjectKind::View, "v") && found(ObjectKind::Index, "i"));
        assert!(peeked.is_complete);
        assert_eq!(peek_bytes(&before).unwrap().objects, peeked.objects);
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_schema_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE b (x)").unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[100..140].fill(0xff);
        std::fs::write(&path, &bytes).unwrap();
        assert!(peek(&path).is_err());
        assert!(peek_bytes(&bytes).is_err());
    }
}
