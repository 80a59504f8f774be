//! The structure of a database out of its dump's table of contents.
//!
//! Owns which entries are structure: every statement that makes, comments or allows something, not the
//! rows, the values of counters and the settings of the dump itself. Who owns a thing is not compared,
//! because a copy may belong to somebody else.

use std::ops::ControlFlow;

use super::super::reading::{DumpPlace, DumpReader};
use super::super::structure::Structure;
use super::custom_format::{Entry, Malformed, Scanner, Watcher};
use super::quote;
use crate::error::Result;

/// Entries that say how the dump was made, or hold what is in it.
const NO_STRUCTURE: [&str; 9] = [
    "ENCODING",
    "STDSTRINGS",
    "SEARCHPATH",
    "DATABASE",
    "DATABASE PROPERTIES",
    "TABLE DATA",
    "SEQUENCE SET",
    "MATERIALIZED VIEW DATA",
    "STATISTICS DATA",
];

/// Reads the table of contents and no further.
pub struct StructureReader {
    place: DumpPlace,
    scanner: Scanner,
    found: Definitions,
}

impl StructureReader {
    /// A reader at the beginning of a dump.
    pub fn new(place: DumpPlace) -> Self {
        Self { place, scanner: Scanner::new(), found: Definitions::default() }
    }
}

impl DumpReader for StructureReader {
    type Found = Structure;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        let scanned = self.scanner.feed_watched(bytes, &mut self.found);
        if self.found.is_complete {
            return Ok(ControlFlow::Break(()));
        }
        scanned.map_err(|Malformed(text)| self.place.damaged(text))?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self: Box<Self>) -> Result<Structure> {
        if !self.found.is_complete {
            return Err(self.place.damaged("it ends within its table of contents"));
        }
        Ok(self.found.structure)
    }
}

#[derive(Default)]
struct Definitions {
    structure: Structure,
    is_complete: bool,
}

impl Watcher for Definitions {
    fn entry(&mut self, entry: &Entry, definition: &[u8], _: &[u8]) {
        // Large objects have their number as a name; how many there are stands in the manifest.
        if NO_STRUCTURE.contains(&entry.kind.as_str()) || entry.kind.starts_with("BLOB") {
            return;
        }
        let name = match kind(&entry.kind).as_str() {
            "extension" | "schema" => entry.name.clone(),
            // Its name is a phrase: COLUMN "product"."price".
            "comment" | "rights" | "security label" if !entry.schema.is_empty() => {
                format!("{} in {}", entry.name, entry.schema)
            }
            _ => quote::shown(&entry.schema, &entry.name),
        };
        self.structure.define(&kind(&entry.kind), name, definition);
    }

    fn contents_end(&mut self) {
        self.is_complete = true;
    }

    fn rows(&mut self, _: &Entry, _: &[u8]) {}
}

/// The word for a kind of entry, the manifest's own where it lists such things.
fn kind(entry: &str) -> String {
    match entry {
        "FUNCTION" | "PROCEDURE" | "AGGREGATE" => "routine".to_owned(),
        "EVENT TRIGGER" => "trigger".to_owned(),
        "FOREIGN TABLE" => "virtual table".to_owned(),
        "ACL" => "rights".to_owned(),
        "DEFAULT ACL" => "default rights".to_owned(),
        other => other.to_lowercase(),
    }
}
