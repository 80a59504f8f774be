//! Reading stored records: blocks, the seal, and the end.
//!
//! Owns every check that needs only the stored bytes and their order: canonical headers, lengths,
//! the seal's proof, nothing after the seal. Restoring a block's content is not done here.

use super::block;
use super::buffers::{Buffers, Chunk};
use super::error::StreamError;
use super::seal::{PROOF_LEN, Tally};
use super::{BLOCK_SIZE, MAX_FRAME, StreamStats};
use crate::config::Codec;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;

/// One record of a stream.
pub(super) enum Record {
    Block(StoredBlock),
    /// The seal was right and nothing follows it.
    End(StreamStats),
}

/// A block as stored, not yet restored.
pub(super) struct StoredBlock {
    pub codec: Codec,
    /// Where the block starts in the stream.
    pub at: u64,
    /// The whole record.
    pub frame: Chunk,
    /// The raw length it declares, within a block's.
    pub raw_len: usize,
}

/// The longest prefix of any record.
const MAX_PREFIX: usize = 16;
/// As many bytes as the shortest prefix has: enough to tell the codecs apart.
const FIRST_LOOK: usize = 8;

/// Splits a stream into records.
pub(super) struct Frames<R> {
    reader: R,
    codec: Option<Codec>,
    tally: Tally,
    buffers: Arc<Buffers>,
    /// A block shorter than the others has been seen: only the seal may follow.
    last_block_seen: bool,
}

impl<R: Read> Frames<R> {
    /// `buffers` must hand out chunks of `MAX_FRAME` bytes.
    pub fn new(reader: R, buffers: Arc<Buffers>) -> Self {
        Self { reader, codec: None, tally: Tally::default(), buffers, last_block_seen: false }
    }

    /// The next record. After `Record::End` or an error there is none to ask for.
    pub fn next(&mut self) -> io::Result<Record> {
        let at = self.tally.stored_bytes;
        let mut prefix = [0; MAX_PREFIX];
        let (codec, read) = match self.codec {
            Some(codec) => (codec, 0),
            None => (self.first_look(&mut prefix)?, FIRST_LOOK),
        };
        let layout = codec.layout();
        let prefix = &mut prefix[..layout.block_prefix.len()];
        self.fill(&mut prefix[read..], at + read as u64)?;
        if prefix == layout.block_prefix {
            self.block(codec, at).map(Record::Block)
        } else if prefix == layout.seal_prefix {
            self.end(codec, at).map(Record::End)
        } else if at == 0 {
            Err(StreamError::NotKronosStream.into())
        } else {
            Err(damaged(at, "neither a block nor the seal starts here"))
        }
    }

    /// Reads the stream's first bytes and learns the codec from them.
    fn first_look(&mut self, prefix: &mut [u8; MAX_PREFIX]) -> io::Result<Codec> {
        let got = read_up_to(&mut self.reader, &mut prefix[..FIRST_LOOK])?;
        let codec = Codec::ALL
            .into_iter()
            .find(|codec| codec.layout().can_start_with(&prefix[..got]))
            .ok_or(StreamError::NotKronosStream)?;
        if got < FIRST_LOOK {
            return Err(StreamError::Truncated { at: got as u64 }.into());
        }
        self.codec = Some(codec);
        Ok(codec)
    }

    /// The rest of the block at `at`, whose prefix has been read.
    fn block(&mut self, codec: Codec, at: u64) -> io::Result<StoredBlock> {
        let layout = codec.layout();
        let header = layout.block_header();
        if self.last_block_seen {
            return Err(damaged(at, "a block follows the last one"));
        }
        let mut length = [0; 4];
        self.fill(&mut length, at + layout.block_prefix.len() as u64)?;
        let len = usize::try_from(layout.frame_len(u32::from_le_bytes(length)))
            .ok()
            .filter(|len| (header..=MAX_FRAME).contains(len))
            .ok_or_else(|| damaged(at, "it declares an impossible length"))?;
        let mut frame = self.buffers.take();
        frame.set_len(len);
        let bytes = &mut frame.space()[..len];
        layout.write_block_header(bytes);
        self.fill(&mut bytes[header..], at + header as u64)?;
        let raw_len = block::declared_len(codec, bytes).map_err(|what| damaged(at, what))?;
        self.last_block_seen = raw_len < BLOCK_SIZE;
        self.tally.store(bytes);
        self.tally.count_block(raw_len);
        Ok(StoredBlock { codec, at, frame, raw_len })
    }

    /// The rest of the seal at `at`, whose prefix has been read, and the end of the stream.
    fn end(&mut self, codec: Codec, at: u64) -> io::Result<StreamStats> {
        let layout = codec.layout();
        let mut rest = vec![0; PROOF_LEN + layout.seal_suffix.len()];
        self.fill(&mut rest, at + layout.seal_prefix.len() as u64)?;
        let (proof, suffix) = rest.split_at(PROOF_LEN);
        if proof != self.tally.proof() {
            return Err(damaged(at, "the seal does not match the data before it"));
        }
        if suffix != layout.seal_suffix {
            return Err(damaged(at, "the seal itself is not as it was written"));
        }
        let mut tally = std::mem::take(&mut self.tally);
        tally.store(layout.seal_prefix);
        tally.store(&rest);
        if read_up_to(&mut self.reader, &mut [0])? > 0 {
            return Err(StreamError::TrailingBytes { at: tally.stored_bytes }.into());
        }
        Ok(tally.into_stats())
    }

    /// Fills `space` with the bytes at `at`, or reports where the stream ends instead.
    fn fill(&mut self, space: &mut [u8], at: u64) -> io::Result<()> {
        let got = read_up_to(&mut self.reader, space)?;
        if got < space.len() {
            return Err(StreamError::Truncated { at: at + got as u64 }.into());
        }
        Ok(())
    }
}

/// What is wrong with the stream at `at`, a place in its stored bytes.
pub fn damaged(at: u64, what: &'static str) -> io::Error {
    StreamError::Damaged { at, what }.into()
}

/// Reads until `space` is full or the source ends. `read_exact` would not do: it tells the end of
/// the source by an error that the source itself may also give.
pub fn read_up_to(reader: &mut impl Read, space: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < space.len() {
        match reader.read(&mut space[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
