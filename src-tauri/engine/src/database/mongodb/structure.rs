//! The structure of a database out of the descriptions at the beginning of a stream.
//!
//! Owns what is left out because it is different in every copy, and where the order of keys says something.

use std::ops::ControlFlow;

use mongodb::bson::{Bson, Document};

use super::super::reading::{DumpPlace, DumpReader};
use super::super::structure::Structure;
use super::stream::{Described, Documents, Listener, NamespaceKind};
use super::units::WHOLE_SERVER;
use crate::error::Result;

/// The field of an index that says where it is and not what.
const PLACE: &str = "ns";
/// The index that every collection has.
const OWN: &str = "_id_";

/// Reads the descriptions and no further.
pub struct StructureReader {
    place: DumpPlace,
    stream: Documents,
    found: Definitions,
}

impl StructureReader {
    /// A reader at the beginning of a stream.
    pub fn new(place: DumpPlace) -> Self {
        let found = Definitions {
            is_of_server: place.database == WHOLE_SERVER,
            structure: Structure::default(),
            is_complete: false,
        };
        Self { place, stream: Documents::new(), found }
    }
}

impl DumpReader for StructureReader {
    type Found = Structure;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        let fed = self.stream.feed(bytes, &mut self.found);
        if self.found.is_complete {
            return Ok(ControlFlow::Break(()));
        }
        fed.map_err(|fault| self.place.damaged(fault))?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self: Box<Self>) -> Result<Structure> {
        if !self.found.is_complete {
            return Err(self.place.damaged("it ends within the list of collections"));
        }
        Ok(self.found.structure)
    }
}

struct Definitions {
    is_of_server: bool,
    structure: Structure,
    is_complete: bool,
}

impl Listener for Definitions {
    fn description(&mut self, document: &[u8]) -> Result<(), String> {
        let described = Described::read(document)?;
        let Described { database, collection, kind, options, indexes } = described;
        let name = if self.is_of_server { format!("{database}.{collection}") } else { collection };
        let word = match kind {
            NamespaceKind::Collection => "collection",
            NamespaceKind::View | NamespaceKind::TimeSeries => "view",
        };
        self.structure.define(word, name.clone(), &canonical(options));
        for mut index in indexes {
            let Ok(own) = index.get_str("name").map(str::to_owned) else { continue };
            if own != OWN {
                index.remove(PLACE);
                self.structure.define("index", format!("{name}.{own}"), &canonical(index));
            }
        }
        Ok(())
    }

    fn descriptions_end(&mut self) {
        self.is_complete = true;
    }

    fn wants(&mut self, _: &str, _: &str) -> bool {
        false
    }

    fn document(&mut self, _: &[u8]) -> Result<(), String> {
        Ok(())
    }

    fn end(&mut self) {}
}

/// The text of a document with its keys in order: mongorestore mixes those of options, where their order
/// says nothing. It does in the key of an index and in a pipeline.
fn canonical(document: Document) -> Vec<u8> {
    sorted(document).to_string().into_bytes()
}

fn sorted(document: Document) -> Document {
    let mut entries: Vec<_> = document.into_iter().collect();
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    let inner = |(name, value): (String, Bson)| match value {
        Bson::Document(inner) if name != "key" => (name, Bson::Document(sorted(inner))),
        other => (name, other),
    };
    entries.into_iter().map(inner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::doc;

    #[test]
    fn order_counts_in_keys_and_nowhere_else() {
        let same = |one, other| canonical(one) == canonical(other);
        assert!(same(
            doc! { "a": 1, "b": { "c": 1, "d": 2 } },
            doc! { "b": { "d": 2, "c": 1 }, "a": 1 }
        ));
        assert!(!same(doc! { "key": { "a": 1, "b": 1 } }, doc! { "key": { "b": 1, "a": 1 } }));
        assert!(!same(
            doc! { "pipeline": [{ "a": 1, "b": 1 }] },
            doc! { "pipeline": [{ "b": 1, "a": 1 }] }
        ));
        assert!(!same(doc! { "a": 1 }, doc! { "a": 2 }));
    }
}
