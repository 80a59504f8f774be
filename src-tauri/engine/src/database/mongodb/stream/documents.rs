//! A stream of which single things are wanted: descriptions, or the documents of one collection.
//!
//! Owns the way through its parts. Nothing is counted here; whether a stream is complete is said by
//! `contents`.

use super::frames::{Frame, Frames, Treatment, Visitor};
use super::metadata::BlockHeader;

/// Who wants them.
pub(in super::super) trait Listener {
    /// A collection is described.
    fn description(&mut self, document: &[u8]) -> Result<(), String>;

    /// All collections have been described.
    fn descriptions_end(&mut self);

    /// Whether the documents of this collection are wanted.
    fn wants(&mut self, database: &str, collection: &str) -> bool;

    /// A document of a collection that is wanted.
    fn document(&mut self, document: &[u8]) -> Result<(), String>;

    /// All documents of a collection that is wanted have come.
    fn end(&mut self);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    Descriptions,
    BlockHeader,
    Documents { wanted: bool },
    AfterEnd,
}

/// Goes through a stream, however it is cut.
pub(in super::super) struct Documents {
    frames: Frames,
    part: Part,
    nothing: Vec<u8>,
}

impl Documents {
    /// At the beginning of a stream.
    pub(in super::super) fn new() -> Self {
        Self { frames: Frames::new(), part: Part::Header, nothing: Vec::new() }
    }

    /// Reads the next bytes. The error says what is wrong with them.
    pub(in super::super) fn feed(
        &mut self,
        bytes: &[u8],
        listener: &mut impl Listener,
    ) -> Result<(), String> {
        let mut walk = Walk { part: &mut self.part, listener };
        self.frames.feed(bytes, &mut self.nothing, &mut walk)?;
        // Only the first bytes of a stream are passed on by themselves.
        self.nothing.clear();
        Ok(())
    }
}

struct Walk<'a, L> {
    part: &'a mut Part,
    listener: &'a mut L,
}

impl<L: Listener> Visitor for Walk<'_, L> {
    fn frame(&mut self, frame: Frame<'_>, _: &mut Vec<u8>) -> Result<(), String> {
        *self.part = match (frame, *self.part) {
            (Frame::Terminator, Part::Descriptions) => {
                self.listener.descriptions_end();
                Part::BlockHeader
            }
            (Frame::Terminator, Part::Documents { .. } | Part::AfterEnd) => Part::BlockHeader,
            (Frame::Kept(_), Part::Header) => Part::Descriptions,
            (Frame::Kept(document), Part::Descriptions) => {
                self.listener.description(document)?;
                Part::Descriptions
            }
            (Frame::Kept(document), Part::BlockHeader) => self.block(document)?,
            (Frame::Kept(document), part @ Part::Documents { .. }) => {
                self.listener.document(document)?;
                part
            }
            (Frame::Passed, part @ Part::Documents { .. }) => part,
            _ => return Err("its parts are not in order".to_owned()),
        };
        Ok(())
    }

    fn treatment(&self) -> Treatment {
        match self.part {
            Part::Documents { wanted: false } | Part::AfterEnd => Treatment::Drop,
            _ => Treatment::Keep,
        }
    }
}

impl<L: Listener> Walk<'_, L> {
    fn block(&mut self, document: &[u8]) -> Result<Part, String> {
        let header = BlockHeader::read(document)?;
        let wanted = self.listener.wants(&header.database, &header.collection);
        if !header.is_end {
            return Ok(Part::Documents { wanted });
        }
        if wanted {
            self.listener.end();
        }
        Ok(Part::AfterEnd)
    }
}
