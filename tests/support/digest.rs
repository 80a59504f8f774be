//! What is in a SQLite file, as values that can be compared: the schema, and for every table the number
//! of rows and a hash over them in which their order plays no part.
//!
//! Shares no code with the engine, so it is an independent witness.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use sha2::{Digest, Sha256};

/// Properties of the file itself that a restore has to keep.
const PRAGMAS: [&str; 5] =
    ["page_size", "encoding", "user_version", "application_id", "auto_vacuum"];

/// Everything that two equal databases have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct Contents {
    /// `type|name|table|sql` of `sqlite_schema`, sorted.
    pub schema: Vec<String>,
    /// For each table, virtual and internal ones too: rows and digest.
    pub tables: BTreeMap<String, (u64, String)>,
    pub pragmas: BTreeMap<String, String>,
}

impl Contents {
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|(rows, _)| rows).sum()
    }
}

/// Reads a whole database in one transaction.
pub fn contents(path: &Path) -> Contents {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags).unwrap();
    database.execute_batch("BEGIN").unwrap();
    let check: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok", "{}", path.display());
    let names = texts(&database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1");
    let tables = names.into_iter().map(|name| {
        let digest = digest(&database, &name);
        (name, digest)
    });
    Contents {
        tables: tables.collect(),
        schema: texts(
            &database,
            "SELECT type || '|' || name || '|' || tbl_name || '|' || coalesce(sql, '')
             FROM sqlite_schema ORDER BY 1",
        ),
        pragmas: PRAGMAS.iter().map(|name| (name.to_string(), pragma(&database, name))).collect(),
    }
}

/// The SHA-256 of a file.
pub fn sha256(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    hex(&Sha256::digest(bytes))
}

fn pragma(database: &Connection, name: &str) -> String {
    let read = |row: &Row<'_>| row.get_ref(0).map(|value| format!("{value:?}"));
    database.query_row(&format!("PRAGMA {name}"), [], read).unwrap()
}

fn texts(database: &Connection, sql: &str) -> Vec<String> {
    let mut query = database.prepare(sql).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The sum of the hashes of all rows: a row twice is not a row missing, and order does not matter.
fn digest(database: &Connection, table: &str) -> (u64, String) {
    let quoted = table.replace('"', "\"\"");
    let mut query = database.prepare(&format!("SELECT * FROM \"{quoted}\"")).unwrap();
    let columns = query.column_count();
    let mut rows = query.query([]).unwrap();
    let (mut count, mut sum) = (0, [0_u64; 4]);
    while let Some(row) = rows.next().unwrap() {
        count += 1;
        let hash = row_hash(row, columns);
        for (total, part) in sum.iter_mut().zip(hash.chunks_exact(8)) {
            *total = total.wrapping_add(u64::from_le_bytes(part.try_into().unwrap()));
        }
    }
    (count, sum.map(|part| format!("{part:016x}")).concat())
}

/// Type and length go in too: the number 1, the text '1' and the blob x'31' differ.
fn row_hash(row: &Row<'_>, columns: usize) -> Vec<u8> {
    let mut hash = Sha256::new();
    for column in 0..columns {
        match row.get_ref(column).unwrap() {
            ValueRef::Null => hash.update(b"n"),
            ValueRef::Integer(number) => hash.update([b"i", &number.to_le_bytes()[..]].concat()),
            // Bits, not value: -0.0 is not 0.0.
            ValueRef::Real(number) => {
                hash.update([b"r", &number.to_bits().to_le_bytes()[..]].concat());
            }
            ValueRef::Text(bytes) => update_sized(&mut hash, b't', bytes),
            ValueRef::Blob(bytes) => update_sized(&mut hash, b'b', bytes),
        }
    }
    hash.finalize().to_vec()
}

fn update_sized(hash: &mut Sha256, kind: u8, bytes: &[u8]) {
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit).collect()
}

fn hex_digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap()
}
