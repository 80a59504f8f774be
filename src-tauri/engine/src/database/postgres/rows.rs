//! The first rows of a table out of a dump in the custom format.
//!
//! Owns what the table of contents says of the table: its columns and which of them hold bytes.

use std::ops::ControlFlow;

use super::super::reading::{DumpPlace, DumpReader};
use super::super::rows::{FoundRows, Rows, WantedRows};
use super::copy_text::CopyText;
use super::custom_format::{Entry, Malformed, Scanner, Watcher};
use super::quote;
use crate::error::{BrowseError, Result};

/// Why a table cannot be found, as the end of a sentence.
const FOREIGN_NAME: &str = "its name is not in UTF-8 in the dump, so it cannot be found there";

/// Reads the first rows of one table.
pub struct RowReader {
    place: DumpPlace,
    scanner: Scanner,
    table: Table,
}

impl RowReader {
    /// A reader at the beginning of a dump.
    pub fn new(place: DumpPlace, wanted: WantedRows) -> Self {
        Self { place, scanner: Scanner::new(), table: Table::new(wanted) }
    }
}

impl DumpReader for RowReader {
    type Found = FoundRows;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        let scanned = self.scanner.feed_watched(bytes, &mut self.table);
        let is_done = self.table.is_done();
        if self.table.is_foreign {
            let (table, reason) = (self.table.wanted.table.clone(), FOREIGN_NAME.to_owned());
            return Err(BrowseError::NoRows { table, reason }.into());
        }
        if let Some(fault) = self.table.fault.take() {
            return Err(self.place.damaged(fault));
        }
        // What stands behind the last row that is wanted is not of interest any more.
        if is_done {
            return Ok(ControlFlow::Break(()));
        }
        scanned.map_err(|Malformed(text)| self.place.damaged(text))?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self: Box<Self>) -> Result<FoundRows> {
        if !self.table.is_done() {
            let fault = format!("the rows of `{}` are not all in it", self.table.wanted.table);
            return Err(self.place.damaged(fault));
        }
        Ok(self.table.rows.found(self.table.columns))
    }
}

/// The table that is wanted, as far as the dump has told of it.
struct Table {
    wanted: WantedRows,
    /// The statement that makes it.
    definition: Vec<u8>,
    columns: Vec<String>,
    /// The number of its rows in the dump, and their text, once the table of contents has announced them.
    text: Option<(i64, CopyText)>,
    rows: Rows,
    /// Whether the dump is in another encoding than UTF-8.
    has_own_encoding: bool,
    /// Whether its name stands in that encoding, in which nothing is looked for.
    is_foreign: bool,
    fault: Option<String>,
}

impl Table {
    fn new(wanted: WantedRows) -> Self {
        let rows = Rows::up_to(wanted.limit);
        Self {
            wanted,
            definition: Vec::new(),
            columns: Vec::new(),
            text: None,
            rows,
            has_own_encoding: false,
            is_foreign: false,
            fault: None,
        }
    }

    fn is_wanted(&self, entry: &Entry) -> bool {
        quote::shown(&entry.schema, &entry.name) == self.wanted.table
    }

    fn is_done(&self) -> bool {
        self.text.as_ref().is_some_and(|(_, text)| text.is_done(&self.rows))
    }
}

impl Watcher for Table {
    fn entry(&mut self, entry: &Entry, definition: &[u8], copy: &[u8]) {
        if entry.kind == "ENCODING" {
            self.has_own_encoding = !String::from_utf8_lossy(definition).contains("'UTF8'");
        }
        if entry.kind == "TABLE" && self.is_wanted(entry) {
            self.definition = definition.to_vec();
        }
        if entry.kind != "TABLE DATA" || !entry.has_data || !self.is_wanted(entry) {
            return;
        }
        let copy = String::from_utf8_lossy(copy);
        match columns(&copy) {
            Some(columns) => {
                let definition = String::from_utf8_lossy(&self.definition);
                let bytes = columns.iter().map(|column| holds_bytes(&definition, column));
                self.text = Some((entry.id, CopyText::new(bytes.collect())));
                self.columns = columns;
            }
            None => self.fault = Some(format!("its `{copy:.40}` is no COPY that is known")),
        }
    }

    fn contents_end(&mut self) {
        self.definition = Vec::new();
        let is_missing = self.text.is_none() && self.fault.is_none();
        self.is_foreign = is_missing && self.has_own_encoding && !self.wanted.table.is_ascii();
        if is_missing {
            self.fault = Some(format!("it announces no rows of `{}`", self.wanted.table));
        }
    }

    fn rows(&mut self, entry: &Entry, text: &[u8]) {
        if let (Some((id, reader)), None) = (&mut self.text, &self.fault)
            && *id == entry.id
        {
            self.fault = reader.feed(text, &mut self.rows).err();
        }
    }
}

/// Whether the statement that makes a table gives this column the type of bytes.
fn holds_bytes(definition: &str, column: &str) -> bool {
    let column = quote::identifier(column);
    ["\"bytea\"", "bytea"].iter().any(|kind| {
        let line = format!("\n    {column} {kind}");
        let rest = definition.split_once(&line).map(|(_, rest)| rest);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
    })
}

/// The columns of a `COPY "schema"."table" ("a", "b") FROM stdin;`.
pub(super) fn columns(statement: &str) -> Option<Vec<String>> {
    let mut rest = statement.strip_prefix("COPY ")?;
    (_, rest) = identifier(rest)?;
    if let Some(behind) = rest.strip_prefix('.') {
        (_, rest) = identifier(behind)?;
    }
    let mut columns = Vec::new();
    let Some(mut list) = rest.trim_start().strip_prefix('(') else {
        return rest.trim_start().starts_with("FROM ").then_some(columns);
    };
    loop {
        let (column, rest) = identifier(list)?;
        columns.push(column);
        list = match rest.strip_prefix(", ") {
            Some(more) => more,
            None => return rest.starts_with(") FROM ").then_some(columns),
        };
    }
}

/// The name that `text` begins with, and what follows it.
fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find(['.', ',', ')', ' '])?;
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => rest = more,
            None => return Some((name, rest)),
        }
        name.push('"');
    }
}

#[cfg(test)]
mod tests;
