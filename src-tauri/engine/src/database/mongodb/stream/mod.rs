//! The stream that `mongodump --archive` writes, read as it goes by.
//!
//! Owns its format: a magic number, a header, one description per collection, then blocks of documents
//! that several collections take turns in, each ended by a block that says so. It counts what goes by
//! and notices a stream that ends too early. How the stream is made belongs to `dump`, what is
//! expected in it to `catalogue`.
//!
//! Nothing here holds more than one description, block header or wanted document in memory, wherever the stream is cut.

mod checksum;
mod choice;
mod contents;
mod documents;
mod frames;
mod metadata;
mod prelude;
mod reader;
mod writer;

pub(super) use choice::{BUCKETS, Choice};
pub(super) use contents::Namespace;
pub(super) use documents::{Documents, Listener};
pub(super) use metadata::{Described, Description, NamespaceKind};
pub(crate) use prelude::{Prelude, read_prelude};
pub(super) use reader::ArchiveReader;
pub(super) use writer::ArchiveWriter;

#[cfg(test)]
mod tests;
