//! The two ends of a stored stream, read without what is between them.
//!
//! Owns finding the seal, the first block and the last ones. Nothing that comes out of here is proven: only
//! the [decoder](super::StreamDecoder), which reads everything, can compare the seal with the data. A stream
//! whose end is not in order is walked through from its beginning, header by header, to say what the decoder
//! would say of it.

use super::block::{Decompressor, declared_len};
use super::codec::Layout;
use super::error::StreamError;
use super::frames::{damaged, read_up_to};
use super::seal::PROOF_LEN;
use super::{BLOCK_SIZE, MAX_FRAME};
use crate::config::Codec;
use memchr::memmem;
use std::io::{self, Read, Seek, SeekFrom};

/// As many bytes as the longest prefix of a record has.
const FIRST_LOOK: usize = 16;
/// The longest beginning of a block: its prefix and its length.
const MAX_HEADER: usize = 20;

/// A stored stream that ends with a seal.
pub struct StreamEnds<R> {
    reader: R,
    codec: Codec,
    stored_bytes: u64,
    raw_bytes: u64,
    blocks: u64,
    /// Where the next block from the front starts.
    front: u64,
    /// Where the last block that has not been read from the end ends.
    back: u64,
    /// Blocks that were read from the end.
    read_back: u64,
    decompressor: Decompressor,
}

/// The codec of the stream whose first bytes these are; `None` when Kronos cannot have written it.
pub fn stream_codec(first_bytes: &[u8]) -> Option<Codec> {
    Codec::ALL.into_iter().find(|codec| {
        let longest = codec.layout().block_prefix.len();
        let start = &first_bytes[..first_bytes.len().min(longest)];
        !start.is_empty() && codec.layout().can_start_with(start)
    })
}

impl<R: Read + Seek> StreamEnds<R> {
    /// Looks at the first and the last record of `reader`.
    ///
    /// # Errors
    ///
    /// As the decoder: a [`StreamError`] inside of an [`io::Error`] where the stream is not as Kronos writes
    /// it, any other error where the source failed.
    pub fn open(mut reader: R) -> io::Result<Self> {
        let stored_bytes = reader.seek(SeekFrom::End(0))?;
        let mut first = [0; FIRST_LOOK];
        let got = read_at(&mut reader, 0, &mut first)?;
        if got == 0 {
            return Err(StreamError::Truncated { at: 0 }.into());
        }
        let codec = stream_codec(&first[..got]).ok_or(StreamError::NotKronosStream)?;
        let Some(proof) = seal_at_end(&mut reader, codec.layout(), stored_bytes)? else {
            return Err(find_break(&mut reader, codec.layout(), stored_bytes)?);
        };
        let at = stored_bytes - seal_len(codec.layout()) as u64;
        let (raw_bytes, blocks) = figures(&proof);
        if blocks != raw_bytes.div_ceil(BLOCK_SIZE as u64) {
            return Err(damaged(at, "the seal does not match the data before it"));
        }
        let decompressor = Decompressor::new(codec)?;
        let (front, back, read_back) = (0, at, 0);
        let ends = Self {
            reader,
            codec,
            stored_bytes,
            raw_bytes,
            blocks,
            front,
            back,
            read_back,
            decompressor,
        };
        Ok(ends)
    }

    /// How the stream is compressed.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The length of the stream as stored, seal included.
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// The next block from the front; `None` at the seal.
    pub fn next_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        let layout = self.codec.layout();
        let at = self.front;
        if at == self.stored_bytes - seal_len(layout) as u64 {
            return Ok(None);
        }
        let len = match record_at(&mut self.reader, layout, at)? {
            Found::Block(len) => len,
            Found::Seal => return Err(damaged(at, "the seal itself is not as it was written")),
            Found::Nothing if at == 0 => return Err(StreamError::NotKronosStream.into()),
            Found::Nothing => return Err(damaged(at, "neither a block nor the seal starts here")),
            Found::Cut(at) => return Err(StreamError::Truncated { at }.into()),
            Found::Impossible => return Err(damaged(at, "it declares an impossible length")),
        };
        let mut frame = vec![0; len];
        let got = read_at(&mut self.reader, at, &mut frame)?;
        if got < len {
            return Err(StreamError::Truncated { at: at + got as u64 }.into());
        }
        let raw_len = declared_len(self.codec, &frame).map_err(|what| damaged(at, what))?;
        let mut raw = vec![0; raw_len];
        self.decompressor.decompress(&frame, &mut raw).map_err(|what| damaged(at, what))?;
        self.front += len as u64;
        Ok(Some(raw))
    }

    /// The next block from the end; `None` when the first one has been read.
    ///
    /// A block announces its length at its beginning only, so its beginning is searched for: the bytes of
    /// one, with a length that leads exactly to the end, around content of the right length and checksum.
    pub fn previous_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.read_back == self.blocks {
            return Ok(None);
        }
        let layout = self.codec.layout();
        let start = self.back.saturating_sub(MAX_FRAME as u64);
        let mut window = vec![0; usize::try_from(self.back - start).unwrap_or(MAX_FRAME)];
        let got = read_at(&mut self.reader, start, &mut window)?;
        if got < window.len() {
            return Err(StreamError::Truncated { at: start + got as u64 }.into());
        }
        for at in memmem::rfind_iter(&window, layout.block_prefix) {
            let Some(raw) = self.restored(&window[at..]) else { continue };
            self.back = start + at as u64;
            self.read_back += 1;
            if self.read_back == self.blocks && self.back > 0 {
                // More is stored than the seal knows of.
                return Err(find_break(&mut self.reader, layout, self.stored_bytes)?);
            }
            return Ok(Some(raw));
        }
        Err(damaged(self.back, "no block ends here"))
    }

    /// The content of `frame`, if it is the stored block that has to be there.
    fn restored(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let layout = self.codec.layout();
        let announced = frame.get(layout.block_prefix.len()..)?.first_chunk()?;
        let is_whole = layout.frame_len(u32::from_le_bytes(*announced)) == frame.len() as u64;
        let raw_len = declared_len(self.codec, is_whole.then_some(frame)?).ok()?;
        if raw_len != self.expected_len() {
            return None;
        }
        let mut raw = vec![0; raw_len];
        self.decompressor.decompress(frame, &mut raw).ok()?;
        Some(raw)
    }

    /// The raw length of the block that is read next from the end: only the last one may be short.
    fn expected_len(&self) -> usize {
        let rest = usize::try_from(self.raw_bytes % BLOCK_SIZE as u64).unwrap_or_default();
        if self.read_back == 0 && rest > 0 { rest } else { BLOCK_SIZE }
    }
}

/// What starts at a place.
enum Found {
    /// A block of this stored length.
    Block(usize),
    Seal,
    /// Anything else.
    Nothing,
    /// The end of the file, at this place.
    Cut(u64),
    /// A block with a length that none has.
    Impossible,
}

fn record_at<R: Read + Seek>(reader: &mut R, layout: &Layout, at: u64) -> io::Result<Found> {
    let mut space = [0; MAX_HEADER];
    let header = &mut space[..layout.block_header()];
    let got = read_at(reader, at, header)?;
    let prefix_len = layout.block_prefix.len();
    if got < prefix_len {
        return Ok(Found::Cut(at + got as u64));
    }
    let (prefix, length) = header.split_at(prefix_len);
    if prefix == layout.seal_prefix {
        return Ok(Found::Seal);
    }
    if prefix != layout.block_prefix {
        return Ok(Found::Nothing);
    }
    let Some(length) = length.first_chunk().filter(|_| got == layout.block_header()) else {
        return Ok(Found::Cut(at + got as u64));
    };
    let len = usize::try_from(layout.frame_len(u32::from_le_bytes(*length))).ok();
    let is_possible = |len: &usize| (layout.block_header()..=MAX_FRAME).contains(len);
    Ok(len.filter(is_possible).map_or(Found::Impossible, Found::Block))
}

/// Why a stream that does not end with a seal is no whole stream.
fn find_break<R: Read + Seek>(
    reader: &mut R,
    layout: &Layout,
    stored_bytes: u64,
) -> io::Result<io::Error> {
    let mut at = 0;
    loop {
        let len = match record_at(reader, layout, at)? {
            Found::Block(len) => len as u64,
            Found::Cut(at) => return Ok(StreamError::Truncated { at }.into()),
            Found::Impossible => return Ok(damaged(at, "it declares an impossible length")),
            Found::Nothing if at == 0 => return Ok(StreamError::NotKronosStream.into()),
            Found::Nothing => return Ok(damaged(at, "neither a block nor the seal starts here")),
            Found::Seal => {
                let end = at + seal_len(layout) as u64;
                return Ok(match end.cmp(&stored_bytes) {
                    std::cmp::Ordering::Greater => {
                        StreamError::Truncated { at: stored_bytes }.into()
                    }
                    std::cmp::Ordering::Equal => {
                        damaged(at, "the seal itself is not as it was written")
                    }
                    std::cmp::Ordering::Less => StreamError::TrailingBytes { at: end }.into(),
                });
            }
        };
        if at + len > stored_bytes {
            return Ok(StreamError::Truncated { at: stored_bytes }.into());
        }
        at += len;
    }
}

const fn seal_len(layout: &Layout) -> usize {
    layout.seal_prefix.len() + PROOF_LEN + layout.seal_suffix.len()
}

/// The proof in the last bytes, when they are a seal.
fn seal_at_end<R: Read + Seek>(
    reader: &mut R,
    layout: &Layout,
    stored_bytes: u64,
) -> io::Result<Option<[u8; PROOF_LEN]>> {
    let mut seal = vec![0; seal_len(layout)];
    let Some(at) = stored_bytes.checked_sub(seal.len() as u64) else { return Ok(None) };
    let got = read_at(reader, at, &mut seal)?;
    let rest = seal[..got].strip_prefix(layout.seal_prefix);
    Ok(rest.and_then(|rest| rest.strip_suffix(layout.seal_suffix)?.try_into().ok()))
}

/// The raw length and the number of blocks in a proof, behind its hash.
fn figures(proof: &[u8; PROOF_LEN]) -> (u64, u64) {
    let number = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&proof[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    (number(PROOF_LEN - 16), number(PROOF_LEN - 8))
}

/// Reads from `at` until `space` is full or the source ends.
fn read_at<R: Read + Seek>(reader: &mut R, at: u64, space: &mut [u8]) -> io::Result<usize> {
    reader.seek(SeekFrom::Start(at))?;
    read_up_to(reader, space)
}
