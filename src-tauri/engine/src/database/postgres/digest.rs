//! What the tables of a dump in the custom format hold, as one number each; with them the values of the
//! sequences and the large objects.
//!
//! Owns what a row is in the text of `COPY`: a line, up to the end mark. Its values are not read; two dumps of one
//! server write the same value in the same letters.

use std::collections::{BTreeSet, HashMap};
use std::mem::take;
use std::ops::ControlFlow;

use memchr::memchr;
use sha2::{Digest, Sha256};

use super::super::digest::{Digests, NamedValues, RowsDigest};
use super::super::reading::{DumpPlace, DumpReader};
use super::custom_format::{Entry, Letters, Malformed, Scanner, Watcher};
use super::{quote, rows};
use crate::error::Result;

/// The line behind the last row.
const END_MARK: &[u8] = b"\\.";
/// What all large objects together are called in a manifest.
const LARGE_OBJECTS: &str = "large objects";

/// Reads a dump to its end.
pub struct DigestReader {
    place: DumpPlace,
    scanner: Scanner,
    tables: Tables,
}

impl DigestReader {
    /// A reader at the beginning of a dump.
    pub fn new(place: DumpPlace) -> Self {
        Self { place, scanner: Scanner::new(), tables: Tables::default() }
    }
}

impl DumpReader for DigestReader {
    type Found = Digests;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        let scanned = self.scanner.feed_watched(bytes, &mut self.tables);
        scanned.map_err(|Malformed(text)| self.place.damaged(text))?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self: Box<Self>) -> Result<Digests> {
        let Self { place, scanner, mut tables } = *self;
        scanner.finish().map_err(|Malformed(text)| place.damaged(text))?;
        tables.end();
        Ok(tables.found)
    }
}

/// What is going by.
enum Current {
    Table { id: i64, name: String, rows: CopyRows },
    LargeObject { number: i64, hash: Sha256 },
}

#[derive(Default)]
struct Tables {
    found: Digests,
    /// Tables that inherit: they are made again with their columns in another order, when a column came
    /// later to what they inherit from.
    heirs: BTreeSet<String>,
    /// The columns of their data, by its number in the dump.
    columns: HashMap<i64, Vec<String>>,
    current: Option<Current>,
}

impl Tables {
    fn end(&mut self) {
        match self.current.take() {
            Some(Current::Table { name, rows, .. }) => self.found.add(&name, rows.found),
            Some(Current::LargeObject { hash, .. }) => self.found.add_value(LARGE_OBJECTS, hash),
            None => {}
        }
    }

    fn begin(&mut self, entry: &Entry) {
        self.end();
        let rows = CopyRows::new(self.columns.remove(&entry.id));
        let name = quote::shown(&entry.schema, &entry.name);
        self.current = Some(Current::Table { id: entry.id, name, rows });
    }
}

impl Watcher for Tables {
    fn entry(&mut self, entry: &Entry, definition: &[u8], copy: &[u8]) {
        let name = || quote::shown(&entry.schema, &entry.name);
        match entry.kind.as_str() {
            "ENCODING" if Letters::said_by(definition) == Letters::Other => {
                self.found.write_names_in_other_letters();
            }
            "TABLE" if String::from_utf8_lossy(definition).contains("\nINHERITS (") => {
                self.heirs.insert(name());
            }
            "TABLE DATA" if entry.has_data && self.heirs.contains(&name()) => {
                let columns = rows::columns(&String::from_utf8_lossy(copy));
                self.columns.extend(columns.map(|columns| (entry.id, columns)));
            }
            "SEQUENCE SET" => {
                self.found.add_value(&name(), Sha256::new_with_prefix(definition));
            }
            _ => {}
        }
    }

    fn contents_end(&mut self) {}

    fn rows(&mut self, entry: &Entry, text: &[u8]) {
        if !matches!(&self.current, Some(Current::Table { id, .. }) if *id == entry.id) {
            self.begin(entry);
        }
        if let Some(Current::Table { rows, .. }) = &mut self.current {
            rows.feed(text);
        }
    }

    fn large_object(&mut self, wanted: i64, bytes: &[u8]) {
        match &mut self.current {
            Some(Current::LargeObject { number, hash }) if *number == wanted => hash.update(bytes),
            _ => {
                self.end();
                let hash = Sha256::new().chain_update(wanted.to_le_bytes()).chain_update(bytes);
                self.current = Some(Current::LargeObject { number: wanted, hash });
            }
        }
    }
}

/// The text of one table, however it is cut.
struct CopyRows {
    found: RowsDigest,
    row: Row,
    /// The first bytes of the row, enough to know the end mark.
    begun: Vec<u8>,
    has_ended: bool,
}

/// The row that is going by.
enum Row {
    Whole(Sha256),
    Named { columns: Vec<String>, place: usize, value: Sha256, values: NamedValues },
}

impl CopyRows {
    /// Rows with values in this order, if that may be another one in the other dump.
    fn new(columns: Option<Vec<String>>) -> Self {
        let row = match columns {
            None => Row::Whole(Sha256::new()),
            Some(columns) => Row::Named {
                value: column_begins(&columns, 0),
                columns,
                place: 0,
                values: NamedValues::default(),
            },
        };
        Self { found: RowsDigest::default(), row, begun: Vec::new(), has_ended: false }
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.has_ended {
            let end = memchr(b'\n', bytes);
            let (piece, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            let missing = (END_MARK.len() + 1).saturating_sub(self.begun.len());
            self.begun.extend_from_slice(&piece[..missing.min(piece.len())]);
            self.row.add(piece);
            if end.is_some() {
                self.end_row();
            }
            bytes = rest.get(1..).unwrap_or_default();
        }
    }

    fn end_row(&mut self) {
        // In a value the backslash would be doubled.
        self.has_ended = self.begun == END_MARK;
        self.begun.clear();
        let row = self.row.end();
        if !self.has_ended {
            self.found.add(row);
        }
    }
}

impl Row {
    fn add(&mut self, piece: &[u8]) {
        match self {
            Self::Whole(hash) => hash.update(piece),
            Self::Named { columns, place, value, values } => {
                for (number, part) in piece.split(|byte| *byte == b'\t').enumerate() {
                    if number > 0 {
                        *place += 1;
                        values.add(std::mem::replace(value, column_begins(columns, *place)));
                    }
                    value.update(part);
                }
            }
        }
    }

    fn end(&mut self) -> Sha256 {
        match self {
            Self::Whole(hash) => take(hash),
            Self::Named { columns, place, value, values } => {
                *place = 0;
                values.add(std::mem::replace(value, column_begins(columns, 0)));
                take(values).into_row()
            }
        }
    }
}

fn column_begins(columns: &[String], place: usize) -> Sha256 {
    NamedValues::begin(columns.get(place).map_or("", String::as_str))
}

#[cfg(test)]
mod tests;
