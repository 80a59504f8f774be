//! The first documents of a collection out of a stream of mongodump.
//!
//! Owns which collection of the stream is meant. A document is one value: its keys may differ from those of
//! the next one, and come twice.

use std::ops::ControlFlow;

use mongodb::bson::RawDocument;

use super::super::reading::{DumpPlace, DumpReader};
use super::super::rows::{FoundRows, Rows, Value, WantedRows};
use super::json;
use super::stream::{Documents, Listener};
use super::units::WHOLE_SERVER;
use crate::error::Result;

/// Bytes of a document that are kept: it is a whole row.
const KEPT: usize = 8 * 1024;
/// The name of the only column.
const COLUMN: &str = "document";

/// Reads the first documents of one collection.
pub struct RowReader {
    place: DumpPlace,
    stream: Documents,
    collection: Collection,
}

impl RowReader {
    /// A reader at the beginning of a stream.
    pub fn new(place: DumpPlace, wanted: WantedRows) -> Self {
        let collection = Collection {
            is_of_server: place.database == WHOLE_SERVER,
            rows: Rows::up_to(wanted.limit),
            wanted,
            has_ended: false,
        };
        Self { place, stream: Documents::new(), collection }
    }
}

impl DumpReader for RowReader {
    type Found = FoundRows;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        let fed = self.stream.feed(bytes, &mut self.collection);
        // What stands behind the last document that is wanted is not of interest any more.
        if self.collection.is_done() {
            return Ok(ControlFlow::Break(()));
        }
        fed.map_err(|fault| self.place.damaged(fault))?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self: Box<Self>) -> Result<FoundRows> {
        if !self.collection.is_done() {
            let name = &self.collection.wanted.table;
            return Err(self.place.damaged(format!("the end of `{name}` is missing")));
        }
        Ok(self.collection.rows.found(vec![COLUMN.to_owned()]))
    }
}

/// The collection that is wanted.
struct Collection {
    wanted: WantedRows,
    /// Whether names are those of a whole server: `database.collection`.
    is_of_server: bool,
    rows: Rows,
    has_ended: bool,
}

impl Collection {
    fn is_done(&self) -> bool {
        self.has_ended || self.rows.has_more()
    }
}

impl Listener for Collection {
    fn description(&mut self, _: &[u8]) -> Result<(), String> {
        Ok(())
    }

    fn descriptions_end(&mut self) {}

    fn wants(&mut self, database: &str, collection: &str) -> bool {
        if self.is_of_server {
            return self
                .wanted
                .table
                .strip_prefix(database)
                .and_then(|rest| rest.strip_prefix('.'))
                == Some(collection);
        }
        self.wanted.table == collection
    }

    fn document(&mut self, document: &[u8]) -> Result<(), String> {
        if self.is_done() || !self.rows.begin() {
            return Ok(());
        }
        let document = RawDocument::from_bytes(document).map_err(|error| error.to_string())?;
        let mut value = Value::keeping(KEPT);
        json::write(document, &mut value)?;
        self.rows.cell(value.into_text());
        self.rows.end();
        Ok(())
    }

    fn end(&mut self) {
        self.has_ended = true;
    }
}

#[cfg(test)]
mod tests;
