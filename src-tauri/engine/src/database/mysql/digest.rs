//! What the tables of a dump script hold, as one number each.
//!
//! Owns which bytes of the script are a row: those of its values, but for columns that the server computes. MySQL
//! writes none of these; MariaDB does, also of those that are computed when they are read.

use std::collections::HashMap;
use std::mem::take;
use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::super::digest::{Digests, RowsDigest};
use super::super::reading::{DumpPlace, DumpReader};
use super::script::{
    Item, ItemKind, Part, Scanner, Watcher, columns_of_insert, columns_of_table,
    computed_columns_of,
};
use crate::error::Result;

/// A float that no script brings back: whoever reads these letters takes them for the whole number 0.
const NEGATIVE_ZERO: &[u8] = b"-0";

/// Reads a script to its end.
pub struct DigestReader {
    place: DumpPlace,
    scanner: Scanner,
    tables: Tables,
}

impl DigestReader {
    /// A reader at the beginning of a script.
    pub fn new(place: DumpPlace) -> Self {
        Self { place, scanner: Scanner::new(), tables: Tables::default() }
    }
}

impl DumpReader for DigestReader {
    type Found = Digests;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        self.scanner.feed_watched(bytes, &mut self.tables);
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self: Box<Self>) -> Result<Digests> {
        let Self { place, scanner, mut tables } = *self;
        scanner.finish().map_err(|fault| place.damaged(fault))?;
        tables.end();
        Ok(tables.found)
    }
}

#[derive(Default)]
struct Tables {
    found: Digests,
    /// Which values of a row are computed, of tables that have any.
    computed: HashMap<String, Computed>,
    /// The table whose rows go by.
    current: Option<(String, RowsDigest)>,
    /// Of its columns which are computed; empty when none is.
    masked: Vec<bool>,
    row: Option<Sha256>,
    /// The number of the value in its row.
    value: usize,
    /// What the value begins with, as long as it may be [`NEGATIVE_ZERO`].
    begun: Vec<u8>,
}

/// The columns of a table, of which some are computed.
struct Computed {
    columns: Vec<String>,
    computed: Vec<String>,
}

impl Computed {
    /// For each value of a row whether it is computed. A statement may name the columns of its values.
    fn mask(&self, named: Option<&[String]>) -> Vec<bool> {
        let columns = named.unwrap_or(&self.columns);
        columns.iter().map(|column| self.computed.contains(column)).collect()
    }
}

impl Tables {
    fn end(&mut self) {
        self.end_row();
        if let Some((table, rows)) = self.current.take() {
            self.found.add(&table, rows);
        }
    }

    fn end_row(&mut self) {
        if let (Some(row), Some((_, rows))) = (self.row.take(), &mut self.current) {
            rows.add(row);
        }
        self.value = 0;
        self.begun.clear();
    }

    fn is_masked(&self) -> bool {
        self.masked.get(self.value).copied().unwrap_or(false)
    }

    fn add(&mut self, bytes: &[u8]) {
        let is_masked = self.is_masked();
        if let Some(row) = self.row.as_mut().filter(|_| !is_masked) {
            row.update(bytes);
        }
    }

    /// Values with commas between them.
    fn add_values(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b',') {
            self.add_value(piece);
            if piece.ends_with(b",") {
                self.value += 1;
                self.begun.clear();
            }
        }
    }

    fn add_value(&mut self, mut piece: &[u8]) {
        // What ends the value is the byte behind.
        let undecided = (NEGATIVE_ZERO.len() + 1).saturating_sub(self.begun.len());
        if undecided > 0 {
            let taken = undecided.min(piece.len());
            self.begun.extend_from_slice(&piece[..taken]);
            piece = &piece[taken..];
            if NEGATIVE_ZERO.starts_with(&self.begun) {
                return;
            }
            let begun = take(&mut self.begun);
            let is_zero =
                begun.starts_with(NEGATIVE_ZERO) && matches!(begun.last(), Some(b',' | b')'));
            self.add(&begun[usize::from(is_zero)..]);
            // It is no zero any more, whatever follows.
            self.begun = vec![0; NEGATIVE_ZERO.len() + 1];
        }
        self.add(piece);
    }
}

impl Watcher for Tables {
    fn made(&mut self, item: &Item, statement: &[u8]) {
        let computed = computed_columns_of(statement);
        if item.kind == ItemKind::Table && !computed.is_empty() {
            let columns = columns_of_table(statement);
            self.computed.insert(item.name.clone(), Computed { columns, computed });
        }
    }

    fn rows_begin(&mut self, table: &str, head: &[u8]) {
        if self.current.as_ref().is_none_or(|(current, _)| current != table) {
            self.end();
            self.current = Some((table.to_owned(), RowsDigest::default()));
        }
        let computed = self.computed.get(table);
        self.masked = computed
            .map(|computed| computed.mask(columns_of_insert(head).as_deref()))
            .unwrap_or_default();
        self.row = Some(Sha256::new());
    }

    fn rows(&mut self, text: &[u8], part: Part) {
        match part {
            Part::Between => {
                self.end_row();
                // From its parenthesis on it is a row: it may have no value that counts.
                self.row = text.ends_with(b"(").then(Sha256::new);
            }
            Part::Values => self.add_values(text),
            Part::Text => self.add(text),
        }
    }
}

#[cfg(test)]
mod tests;
