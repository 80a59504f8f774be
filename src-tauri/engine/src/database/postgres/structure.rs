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

#[cfg(test)]
mod tests {
    use super::*;

    const DUMPS: [&[u8]; 3] = [
        include_bytes!("custom_format/tests/pg15-by-pg_dump15.dump"),
        include_bytes!("custom_format/tests/pg15-by-pg_dump16.dump"),
        include_bytes!("custom_format/tests/pg18-by-pg_dump18.dump"),
    ];

    fn read(dump: &[u8], piece: usize) -> Result<Structure> {
        let place =
            DumpPlace { archive: "a".into(), database: "b".into(), scratch: "/nowhere".into() };
        let mut reader = Box::new(StructureReader::new(place));
        for piece in dump.chunks(piece) {
            if reader.feed(piece)?.is_break() {
                break;
            }
        }
        reader.finish()
    }

    fn names(structure: &Structure) -> Vec<String> {
        structure.iter().map(|(key, _)| format!("{} {}", key.kind, key.name)).collect()
    }

    #[test]
    fn everything_that_is_defined_has_a_name_and_data_has_none() {
        for dump in DUMPS {
            let found = read(dump, 4096).unwrap();
            let all = names(&found);
            for wanted in [
                "table public.orders",
                "view public.v",
                "materialized view public.m",
                "sequence public.s",
                "routine public.f(integer)",
                "table public.\"we\"\"ird .n\"",
            ] {
                assert!(all.iter().any(|name| name == wanted), "{wanted} in {all:?}");
            }
            assert!(!all.iter().any(|name| name.contains("data") || name.contains("encoding")));
            assert_eq!(read(dump, 1).unwrap(), found);
        }
    }

    #[test]
    fn one_definition_that_changes_is_one_difference() {
        let at = DUMPS[0].windows(13).position(|text| text == b"\"note\" \"text\"").unwrap();
        let mut other = DUMPS[0].to_vec();
        other[at + 8..at + 12].copy_from_slice(b"xtxt");
        let (before, after) = (read(DUMPS[0], 100).unwrap(), read(&other, 100).unwrap());
        let differing = before.iter().filter(|(key, digest)| after.get(key) != Some(*digest));
        let differing: Vec<&str> = differing.map(|(key, _)| key.name.as_str()).collect();
        assert_eq!(differing, ["public.orders"]);
        for length in 0..2000 {
            assert!(read(&DUMPS[0][..length], 512).is_err());
        }
    }
}
