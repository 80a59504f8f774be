//! What tells the streams of the compressed formats apart.
//!
//! Owns the fixed bytes of each format; the choice of one belongs to `config`, compressing itself is
//! in `gzip` and `zstd`.

use super::{gzip, zstd};
use crate::config::Codec;

impl Codec {
    /// The codec that the first bytes of a file announce, or `None`. Four bytes are enough. Other
    /// programs' gzip and zstd files are recognised too: only the decoder can tell who wrote them.
    pub fn detect(first_bytes: &[u8]) -> Option<Self> {
        match first_bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // A zstd frame, or one of the sixteen skippable frames.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The fixed bytes of this codec's blocks and seals.
    pub(super) const fn layout(self) -> &'static Layout {
        match self {
            Self::Gzip => &gzip::LAYOUT,
            Self::Zstd => &zstd::LAYOUT,
        }
    }
}

/// The bytes that never vary in one codec's stream, and how a block announces its length.
///
/// A block is `block_prefix`, a `u32` length, the rest; a seal is `seal_prefix`, the proof,
/// `seal_suffix`. Both prefixes are equally long, so one read tells which of the two follows.
pub(super) struct Layout {
    pub block_prefix: &'static [u8],
    pub seal_prefix: &'static [u8],
    pub seal_suffix: &'static [u8],
    /// Whether the announced length counts the prefix and the length field too.
    pub length_is_total: bool,
}

impl Layout {
    /// Bytes before a block's compressed content: its prefix and its length.
    pub const fn block_header(&self) -> usize {
        self.block_prefix.len() + size_of::<u32>()
    }

    /// Whether a stream in this layout can begin with `first_bytes`.
    pub fn can_start_with(&self, first_bytes: &[u8]) -> bool {
        self.block_prefix.starts_with(first_bytes) || self.seal_prefix.starts_with(first_bytes)
    }

    /// Writes a block's prefix and announced length into the start of `frame`, which is the whole
    /// stored block.
    pub fn write_block_header(&self, frame: &mut [u8]) {
        let header = self.block_header();
        let announced = if self.length_is_total { frame.len() } else { frame.len() - header };
        let announced = u32::try_from(announced).expect("a block is at most MAX_FRAME bytes");
        let (prefix, length) = frame[..header].split_at_mut(self.block_prefix.len());
        prefix.copy_from_slice(self.block_prefix);
        length.copy_from_slice(&announced.to_le_bytes());
    }

    /// The length of the whole stored block that announces `announced` in its header.
    pub fn frame_len(&self, announced: u32) -> u64 {
        let counted = if self.length_is_total { 0 } else { self.block_header() as u64 };
        u64::from(announced) + counted
    }
}
