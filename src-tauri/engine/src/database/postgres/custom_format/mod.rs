//! PostgreSQL's custom archive format (1.12 to 1.16), read while it flows by.
//!
//! Owns what can be said about a dump from its own bytes: its table of contents, the rows of each
//! table, and whether it is complete. Keeps no data and changes none; memory grows with the table of
//! contents only.
//!
//! The format has no end mark: it is complete when every entry of the table of contents that has data
//! was followed by that data. Rows are counted in the text that COPY writes, where a line feed is
//! always the end of a row, because one inside a value is written as `\n`.

mod blocks;
mod contents;
mod edit;
mod fields;
mod foreign;

use self::blocks::Blocks;
pub(super) use self::contents::Letters;
pub(crate) use self::contents::{Contents, Entry, Form};
use self::contents::{ContentsReader, Piece, Progressed};
pub(super) use self::edit::{Editor, Silence};
pub(crate) use self::foreign::read_contents;

/// Why bytes are not a complete dump, as the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed(pub String);

impl Malformed {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// What a complete dump holds.
#[derive(Debug)]
pub(super) struct Found {
    /// Its table of contents.
    pub contents: Contents,
    /// The number of its large objects.
    pub large_objects: u64,
}

/// Who wants more of a dump than its counts.
pub(super) trait Watcher {
    /// An entry of the table of contents, with the statement that creates its object and the `COPY` that its
    /// rows are for; either may be empty.
    fn entry(&mut self, entry: &Entry, definition: &[u8], copy: &[u8]);

    /// The table of contents has ended.
    fn contents_end(&mut self);

    /// The next piece of the rows of an entry.
    fn rows(&mut self, entry: &Entry, text: &[u8]);

    /// The next piece of the large object with this number, or that it begins. Nothing unless it is wanted.
    fn large_object(&mut self, _number: i64, _bytes: &[u8]) {}
}

/// Nobody does.
impl Watcher for () {
    fn entry(&mut self, _: &Entry, _: &[u8], _: &[u8]) {}

    fn contents_end(&mut self) {}

    fn rows(&mut self, _: &Entry, _: &[u8]) {}
}

/// Reads a dump piece by piece, however it is cut.
pub(super) struct Scanner {
    stage: Stage,
}

enum Stage {
    Contents(Box<ContentsReader>),
    Blocks(Box<Blocks>),
    Failed,
}

impl Scanner {
    /// A scanner at the first byte.
    pub fn new() -> Self {
        Self { stage: Stage::Contents(Box::default()) }
    }

    /// Takes the next bytes of the dump.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.feed_watched(bytes, &mut ())
    }

    /// Takes the next bytes of the dump and tells `watcher` what they hold.
    pub fn feed_watched(
        &mut self,
        bytes: &[u8],
        watcher: &mut impl Watcher,
    ) -> Result<(), Malformed> {
        let outcome = self.advance(bytes, watcher);
        if outcome.is_err() {
            self.stage = Stage::Failed;
        }
        outcome
    }

    fn advance(&mut self, bytes: &[u8], watcher: &mut impl Watcher) -> Result<(), Malformed> {
        match &mut self.stage {
            Stage::Failed => Err(Malformed::new("it could not be read before")),
            Stage::Blocks(blocks) => blocks.feed(bytes, watcher),
            Stage::Contents(reader) => {
                let mut tell = |piece: Piece<'_>| {
                    if let Piece::Entry { entry, bytes, statements } = piece {
                        let definition = statements.definition_in(bytes);
                        watcher.entry(entry, definition, statements.copy_in(bytes));
                    }
                };
                let Progressed::Done { contents, rest } = reader.feed(bytes, &mut tell)? else {
                    return Ok(());
                };
                watcher.contents_end();
                let mut blocks = Box::new(Blocks::new(contents));
                let outcome = blocks.feed(&rest, watcher);
                self.stage = Stage::Blocks(blocks);
                outcome
            }
        }
    }

    /// The table of contents, once it has gone by.
    pub fn contents(&self) -> Option<&Contents> {
        match &self.stage {
            Stage::Blocks(blocks) => Some(blocks.contents()),
            _ => None,
        }
    }

    /// The entry whose data is going by.
    pub fn current(&self) -> Option<&Entry> {
        match &self.stage {
            Stage::Blocks(blocks) => blocks.current(),
            _ => None,
        }
    }

    /// Entries whose data has begun.
    pub fn begun(&self) -> usize {
        match &self.stage {
            Stage::Blocks(blocks) => blocks.begun(),
            _ => 0,
        }
    }

    /// Rows that have gone by.
    pub fn rows(&self) -> u64 {
        match &self.stage {
            Stage::Blocks(blocks) => blocks.rows(),
            _ => 0,
        }
    }

    /// Says what went by, or why it is not a whole dump.
    pub fn finish(self) -> Result<Found, Malformed> {
        match self.stage {
            Stage::Blocks(blocks) => blocks.finish(),
            Stage::Contents(reader) if reader.is_untouched() => {
                Err(Malformed::new("it wrote nothing"))
            }
            Stage::Contents(_) => Err(Malformed::new("it ends within its table of contents")),
            Stage::Failed => Err(Malformed::new("it could not be read")),
        }
    }
}

#[cfg(test)]
mod tests;
