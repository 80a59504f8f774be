//! The first rows of a table out of a database file.
//!
//! Owns the query: of long values only the beginning is read, of very long ones only the length.

use std::ops::ControlFlow;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::super::reading::{DumpPlace, DumpReader};
use super::super::rows::{Cell, FoundRows, KEPT, Rows, Value, WantedRows};
use super::scratch_copy::ScratchCopy;
use crate::error::Result;

/// Bytes of a value that are read as a whole, so that a row of 2 000 columns stays small.
const READ_WHOLE: u64 = 64 * 1024;
/// Bytes of a value of which the beginning is read: SQLite has to load all of it.
const READ_BEGINNING: u64 = 16 * 1024 * 1024;

/// Reads the first rows of one table.
pub struct RowReader {
    copy: ScratchCopy,
    wanted: WantedRows,
}

impl RowReader {
    /// Makes the file into which the database goes: only a whole one can be asked.
    pub fn create(place: DumpPlace, wanted: WantedRows) -> Result<Self> {
        Ok(Self { copy: ScratchCopy::create(place)?, wanted })
    }
}

impl DumpReader for RowReader {
    type Found = FoundRows;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        self.copy.write(bytes)?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self: Box<Self>) -> Result<FoundRows> {
        self.copy.ask(|file| first_rows(file, &self.wanted))
    }
}

fn first_rows(file: &Connection, wanted: &WantedRows) -> rusqlite::Result<FoundRows> {
    let columns = columns(file, &wanted.table)?;
    let table = quoted(&wanted.table);
    let select = |expression: &dyn Fn(&str) -> String| {
        let list: Vec<String> = columns.iter().map(|column| expression(&quoted(column))).collect();
        // One row more tells whether there is more.
        format!(
            "SELECT {} FROM {table} NOT INDEXED LIMIT {}",
            list.join(", "),
            wanted.limit.saturating_add(1)
        )
    };
    // Both read the table in the same order: the file cannot change, and no index covers one of them alone.
    let mut lengths = file.prepare(&select(&|column| {
        format!("octet_length({column}) * CASE typeof({column}) WHEN 'blob' THEN -1 ELSE 1 END")
    }))?;
    let mut values = file.prepare(&select(&|column| {
        format!(
            "CASE WHEN octet_length({column}) <= {READ_WHOLE} THEN {column}
             WHEN octet_length({column}) <= {READ_BEGINNING} THEN substr({column}, 1, {KEPT}) END"
        )
    }))?;
    let (mut lengths, mut values) = (lengths.query([])?, values.query([])?);
    let mut rows = Rows::up_to(wanted.limit);
    while let (Some(length), Some(value)) = (lengths.next()?, values.next()?) {
        if !rows.begin() {
            break;
        }
        for column in 0..columns.len() {
            rows.cell(cell(length, value, column)?);
        }
        rows.end();
    }
    Ok(rows.found(columns))
}

/// One value, of which `value` may hold only the beginning. The length of bytes is negative.
fn cell(length: &Row, value: &Row, column: usize) -> rusqlite::Result<Cell> {
    let Some(length) = length.get::<_, Option<i64>>(column)? else { return Ok(Cell::Null) };
    let mut kept = Value::keeping(KEPT);
    let mut is_bytes = length < 0;
    match value.get_ref(column)? {
        ValueRef::Integer(number) => kept.push(number.to_string().as_bytes()),
        ValueRef::Real(number) => kept.push(real(number).as_bytes()),
        ValueRef::Text(text) => kept.push(text),
        ValueRef::Blob(bytes) => {
            is_bytes = true;
            kept.push(bytes);
        }
        ValueRef::Null => {}
    }
    let is_long =
        matches!(value.get_ref(column)?, ValueRef::Null) || length.unsigned_abs() > READ_WHOLE;
    if is_long {
        kept.pass(length.unsigned_abs().saturating_sub(kept.length()));
    }
    Ok(if is_bytes { kept.into_binary() } else { kept.into_text() })
}

/// A number as SQLite's own shell would show it: with a point, and in as many digits as it takes.
fn real(number: f64) -> String {
    match number {
        number if number.is_infinite() && number > 0.0 => "Inf".to_owned(),
        number if number.is_infinite() => "-Inf".to_owned(),
        number => format!("{number:?}"),
    }
}

/// The columns that a star gives, in their order. Those that a virtual table hides are left out.
fn columns(file: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        file.prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    names.collect()
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(sql: &str, table: &str, limit: usize) -> Result<FoundRows> {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.db");
        Connection::open(&source).unwrap().execute_batch(sql).unwrap();
        let bytes = fs::read(&source).unwrap();
        read_bytes(&bytes, folder.path(), table, limit)
    }

    fn read_bytes(
        bytes: &[u8],
        scratch: &std::path::Path,
        table: &str,
        limit: usize,
    ) -> Result<FoundRows> {
        let place =
            DumpPlace { archive: "a".into(), database: "shop".into(), scratch: scratch.to_owned() };
        let wanted = WantedRows { table: table.to_owned(), limit };
        let mut reader = Box::new(RowReader::create(place, wanted)?);
        for piece in bytes.chunks(1000) {
            assert!(reader.feed(piece)?.is_continue());
        }
        let found = reader.finish();
        assert!(!scratch.join("looked-into.sqlite").exists());
        found
    }

    fn text(text: &str) -> Cell {
        Cell::Text { text: text.to_owned(), cut_from: None }
    }

    #[test]
    fn every_kind_of_value_is_told_from_the_others() {
        let found = read(
            "CREATE TABLE \"a \"\"b\" (\"x y\", n, g AS (n + 1));
             INSERT INTO \"a \"\"b\" VALUES (NULL, 1), ('', 2), ('nul' || char(0) || 'x', 3), (x'00ff', 4), (1.0, 5), (1e300, 6),
                 (-9223372036854775808, 7), (x'', 8), (9e999, 9)",
            "a \"b",
            100,
        )
        .unwrap();
        assert_eq!(found.columns, ["x y", "n", "g"]);
        let values: Vec<Cell> = found.rows.iter().map(|row| row[0].clone()).collect();
        let bytes = |hex: &str, length| Cell::Binary { hex: hex.to_owned(), length };
        assert_eq!(
            values,
            [
                Cell::Null,
                text(""),
                text("nul\0x"),
                bytes("00ff", 2),
                text("1.0"),
                text("1e300"),
                text("-9223372036854775808"),
                bytes("", 0),
                text("Inf")
            ]
        );
        assert_eq!(found.rows[8][2], text("10"));
        assert!(found.is_complete);
    }

    #[test]
    fn long_values_are_cut_and_very_long_ones_are_only_measured() {
        let found = read(
            "CREATE TABLE t (v);
             INSERT INTO t VALUES (printf('%.5000c', 'a')), (printf('%.100000c', 'b')), (zeroblob(100000)), (zeroblob(17000000)),
                 (printf('%.17000000c', 'c')), (replace(hex(zeroblob(50000)), '00', 'ü'))",
            "t",
            100,
        )
        .unwrap();
        let cell = |index: usize| found.rows[index][0].clone();
        let cut = |letter: &str, count, all| Cell::Text {
            text: letter.repeat(count),
            cut_from: Some(all),
        };
        assert_eq!(cell(0), cut("a", 1024, 5000));
        assert_eq!(cell(1), cut("b", 1024, 100_000));
        assert_eq!(cell(2), Cell::Binary { hex: "00".repeat(1024), length: 100_000 });
        assert_eq!(cell(3), Cell::Binary { hex: String::new(), length: 17_000_000 });
        assert_eq!(cell(4), cut("", 0, 17_000_000));
        assert_eq!(cell(5), cut("ü", 512, 100_000));
    }

    #[test]
    fn the_last_row_is_known_to_be_the_last() {
        let sql = "CREATE TABLE t (v); INSERT INTO t VALUES (1), (2), (3)";
        let found = |limit| read(sql, "t", limit).unwrap();
        assert_eq!((found(2).rows.len(), found(2).is_complete), (2, false));
        assert_eq!((found(3).rows.len(), found(3).is_complete), (3, true));
        let wide: Vec<String> = (0..1900).map(|n| format!("c{n}")).collect();
        let sql = format!("CREATE TABLE t ({}); INSERT INTO t (c0) VALUES (1)", wide.join(", "));
        assert_eq!(read(&sql, "t", 9).unwrap().rows[0].len(), 1900);
    }

    #[test]
    fn a_schema_cannot_call_what_has_side_effects() {
        let sql = "CREATE TABLE t (v, g AS (v + 1)); INSERT INTO t (v) VALUES (1);
             PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = 'CREATE TABLE t (v, g AS (load_extension(v)))'";
        let error = read(sql, "t", 9).unwrap_err().to_string();
        assert!(error.contains("unsafe use of") || error.contains("load_extension"), "{error}");
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.db");
        let sql = "CREATE TABLE t (v, w); CREATE INDEX i ON t (v);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
             INSERT INTO t SELECT i, printf('%.200c', 'x') FROM n";
        Connection::open(&source).unwrap().execute_batch(sql).unwrap();
        let bytes = fs::read(&source).unwrap();
        let mut refused = 0;
        for at in (0..bytes.len()).step_by(61) {
            let mut changed = bytes.clone();
            changed[at] ^= 0xff;
            refused += usize::from(read_bytes(&changed, folder.path(), "t", 500).is_err());
        }
        assert!(refused > 5, "{refused}");
        assert!(read_bytes(&bytes[..100], folder.path(), "t", 9).is_err());
        assert!(read_bytes(b"", folder.path(), "t", 9).is_err());
    }
}
