//! The first rows of a table out of a dump script.
//!
//! Owns which columns the table has and where its rows begin and end among the statements.

use std::ops::ControlFlow;

use super::super::reading::{DumpPlace, DumpReader};
use super::super::rows::{FoundRows, Rows, WantedRows};
use super::literals::Literals;
use super::script::{Item, ItemKind, Part, Scanner, Watcher, columns_of_insert, columns_of_table};
use crate::error::Result;

/// Reads the first rows of one table.
pub struct RowReader {
    place: DumpPlace,
    scanner: Scanner,
    table: Table,
}

impl RowReader {
    /// A reader at the beginning of a script.
    pub fn new(place: DumpPlace, wanted: WantedRows) -> Self {
        Self { place, scanner: Scanner::new(), table: Table::new(wanted) }
    }
}

impl DumpReader for RowReader {
    type Found = FoundRows;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        self.scanner.feed_watched(bytes, &mut self.table);
        if let Some(fault) = self.table.fault.take() {
            return Err(self.place.damaged(fault));
        }
        let is_done = self.table.is_over || self.table.rows.has_more();
        Ok(if is_done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn finish(self: Box<Self>) -> Result<FoundRows> {
        let table = self.table;
        if !table.is_over && !table.rows.has_more() {
            // The table was the last one in the script, so only a whole script shows its end.
            self.scanner.finish().map_err(|fault| self.place.damaged(fault))?;
        }
        if !table.is_made && table.literals.is_none() {
            return Err(self.place.damaged(format!("it does not make `{}`", table.wanted.table)));
        }
        Ok(table.rows.found(table.columns))
    }
}

/// The table that is wanted, as far as the script has told of it.
struct Table {
    wanted: WantedRows,
    columns: Vec<String>,
    is_made: bool,
    literals: Option<Literals>,
    /// Whether the rows that come now are its.
    is_inserting: bool,
    /// Whether another table has begun behind its rows.
    is_over: bool,
    rows: Rows,
    fault: Option<String>,
}

impl Table {
    fn new(wanted: WantedRows) -> Self {
        Self {
            rows: Rows::up_to(wanted.limit),
            wanted,
            columns: Vec::new(),
            is_made: false,
            literals: None,
            is_inserting: false,
            is_over: false,
            fault: None,
        }
    }
}

impl Watcher for Table {
    fn made(&mut self, item: &Item, statement: &[u8]) {
        if item.kind == ItemKind::Table && item.name == self.wanted.table {
            // A table without rows may be made first, in a part of the script with structure alone.
            self.columns = columns_of_table(statement);
            self.is_made = true;
        } else {
            self.is_over |= self.is_made;
        }
    }

    fn rows_begin(&mut self, table: &str, head: &[u8]) {
        self.is_inserting = table == self.wanted.table && !self.is_over;
        if !self.is_inserting {
            self.is_over |= self.literals.is_some();
            return;
        }
        if let Some(columns) = columns_of_insert(head) {
            self.columns = columns;
        }
        let count = self.columns.len();
        self.literals.get_or_insert_with(|| Literals::new(count)).begin(&mut self.rows);
    }

    fn rows(&mut self, text: &[u8], _: Part) {
        if !self.is_inserting || self.fault.is_some() {
            return;
        }
        if let Some(literals) = &mut self.literals {
            self.fault = literals.feed(text, &mut self.rows).err();
        }
    }
}

#[cfg(test)]
mod tests;
