//! Says what is in a SQLite database, table by table: `cargo run --example table_digests -- FILE`.
//!
//! One line per table: its name, its number of rows, and a SHA-256 over all of them; and one for the
//! schema. Two files with the same lines hold the same data. It shares no code with the engine, so
//! it is an independent witness for a restore. The file is only read.

use std::error::Error;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let file = std::env::args_os().nth(1).ok_or("usage: table_digests FILE")?;
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // One transaction: all lines speak of the same moment.
    database.execute_batch("BEGIN")?;

    let schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema";
    print_digest(&database, "(schema)", schema)?;
    for table in tables(&database)? {
        let quoted = table.replace('"', "\"\"");
        print_digest(&database, &table, &format!("SELECT * FROM \"{quoted}\""))?;
    }
    Ok(())
}

fn tables(database: &Connection) -> Result<Vec<String>> {
    let mut query = database.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name COLLATE BINARY",
    )?;
    let names = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(names)
}

/// The rows are sorted by their bytes, so that the order in the file plays no part.
fn print_digest(database: &Connection, name: &str, select: &str) -> Result<()> {
    let mut query = database.prepare(select)?;
    let columns = query.column_count();
    let mut rows = query.query([])?;
    let mut encoded: Vec<Vec<u8>> = Vec::new();
    while let Some(row) = rows.next()? {
        let mut bytes = Vec::new();
        for column in 0..columns {
            encode(row.get_ref(column)?, &mut bytes);
        }
        encoded.push(bytes);
    }
    encoded.sort_unstable();

    let mut digest = Sha256::new();
    for row in &encoded {
        digest.update(row.len().to_le_bytes());
        digest.update(row);
    }
    print!("{name:<24} {:>7} ", encoded.len());
    for byte in digest.finalize() {
        print!("{byte:02x}");
    }
    println!();
    Ok(())
}

/// Type and length go in too: the number 1 and the text '1' differ.
fn encode(value: ValueRef<'_>, out: &mut Vec<u8>) {
    let (kind, bytes) = match value {
        ValueRef::Null => (b'n', Vec::new()),
        ValueRef::Integer(number) => (b'i', number.to_le_bytes().to_vec()),
        ValueRef::Real(number) => (b'r', number.to_bits().to_le_bytes().to_vec()),
        ValueRef::Text(text) => (b't', text.to_vec()),
        ValueRef::Blob(blob) => (b'b', blob.to_vec()),
    };
    out.push(kind);
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
}
