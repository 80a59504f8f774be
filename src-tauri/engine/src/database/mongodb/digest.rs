//! What the collections of one database in a stream of mongodump hold, as one number each.
//!
//! Owns which collections are compared: not those whose documents the server deletes by itself. A document is
//! its bytes, the order of its keys included.

use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::super::digest::{Digests, RowsDigest};
use super::super::reading::{DumpPlace, DumpReader};
use super::stream::{BUCKETS, Description, Documents, Listener};
use crate::error::Result;

/// Reads a stream to its end.
pub struct DigestReader {
    place: DumpPlace,
    stream: Documents,
    collections: Collections,
}

impl DigestReader {
    /// A reader at the beginning of a stream, which may hold other databases, too.
    pub fn new(place: DumpPlace) -> Self {
        let database = place.database.clone();
        let collections = Collections { database, ..Collections::default() };
        Self { place, stream: Documents::new(), collections }
    }
}

impl DumpReader for DigestReader {
    type Found = Digests;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        let fed = self.stream.feed(bytes, &mut self.collections);
        fed.map_err(|fault| self.place.damaged(fault))?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self: Box<Self>) -> Result<Digests> {
        let mut collections = self.collections;
        collections.end_block();
        Ok(collections.found)
    }
}

#[derive(Default)]
struct Collections {
    database: String,
    found: Digests,
    /// The collection whose documents go by.
    current: Option<(String, RowsDigest)>,
}

impl Collections {
    fn end_block(&mut self) {
        if let Some((name, rows)) = self.current.take() {
            self.found.add(&name, rows);
        }
    }
}

impl Listener for Collections {
    fn description(&mut self, document: &[u8]) -> Result<(), String> {
        let described = Description::read(document)?;
        if described.expires && described.database == self.database {
            let buckets = format!("{BUCKETS}{}", described.collection);
            for name in [described.collection, buckets] {
                self.found.leave_out(name);
            }
        }
        Ok(())
    }

    fn descriptions_end(&mut self) {}

    fn wants(&mut self, database: &str, collection: &str) -> bool {
        self.end_block();
        let is_wanted = database == self.database && self.found.compares(collection);
        if is_wanted {
            self.current = Some((collection.to_owned(), RowsDigest::default()));
        }
        is_wanted
    }

    fn document(&mut self, document: &[u8]) -> Result<(), String> {
        if let Some((_, rows)) = &mut self.current {
            rows.add(Sha256::new_with_prefix(document));
        }
        Ok(())
    }

    fn end(&mut self) {}
}

#[cfg(test)]
mod tests;
