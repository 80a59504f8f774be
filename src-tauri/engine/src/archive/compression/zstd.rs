//! The zstd form of a block: a frame (RFC 8878) behind a skippable frame that holds its length, as
//! `pzstd` lays it out.
//!
//! Owns the bytes of such a pair. Every frame is a single segment with its content size and its
//! checksum, so its header follows from the content size alone and can be compared bit by bit.

use super::codec::Layout;
use std::io;
use zstd::zstd_safe::{self, CParameter};

pub(super) const LAYOUT: Layout = Layout {
    block_prefix: &[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0],
    seal_prefix: &[0x51, 0x2a, 0x4d, 0x18, 48, 0, 0, 0],
    seal_suffix: &[],
    length_is_total: false,
};

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const SINGLE_SEGMENT: u8 = 1 << 5;
const CHECKSUM: u8 = 1 << 2;

/// A window as large as a block makes every frame a single segment at every level.
const WINDOW_LOG: u32 = super::BLOCK_SIZE.ilog2();

/// Makes frames at one level.
pub(super) struct Compressor(zstd::bulk::Compressor<'static>);

impl Compressor {
    pub fn new(level: u8) -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(i32::from(level))?;
        compressor.set_parameter(CParameter::ChecksumFlag(true))?;
        compressor.set_parameter(CParameter::ContentSizeFlag(true))?;
        compressor.set_parameter(CParameter::WindowLog(WINDOW_LOG))?;
        Ok(Self(compressor))
    }

    pub fn compress(&mut self, raw: &[u8], frame: &mut [u8]) -> io::Result<usize> {
        let header = LAYOUT.block_header();
        let len = header + self.0.compress_to_buffer(raw, &mut frame[header..])?;
        LAYOUT.write_block_header(&mut frame[..len]);
        Ok(len)
    }
}

/// Restores frames.
pub(super) struct Decompressor(zstd::bulk::Decompressor<'static>);

impl Decompressor {
    pub fn new() -> io::Result<Self> {
        zstd::bulk::Decompressor::new().map(Self)
    }

    pub fn decompress(&mut self, frame: &[u8], raw: &mut [u8]) -> Result<(), &'static str> {
        let frame = &frame[LAYOUT.block_header()..];
        // The decompressor would go on with a second frame, which we never write.
        if zstd_safe::find_frame_compressed_size(frame) != Ok(frame.len()) {
            return Err("its length does not match its content");
        }
        match self.0.decompress_to_buffer(frame, raw) {
            Ok(len) if len == raw.len() => Ok(()),
            _ => Err("its content does not match its checksum"),
        }
    }
}

/// The raw length in a frame's header, which must be exactly the header written for that length.
pub(super) fn declared_len(frame: &[u8]) -> Result<u64, &'static str> {
    let frame = &frame[LAYOUT.block_header()..];
    let (Some(MAGIC), Some(descriptor)) = (frame.first_chunk().copied(), frame.get(4).copied())
    else {
        return Err("it is not a zstd frame");
    };
    let size = &frame[5..];
    let len = match (descriptor, size) {
        (SMALL, [a, ..]) => u64::from(*a),
        (MEDIUM, [a, b, ..]) => u64::from(u16::from_le_bytes([*a, *b])) + 256,
        (LARGE, [a, b, c, d, ..]) => u64::from(u32::from_le_bytes([*a, *b, *c, *d])),
        _ => return Err("its header is not one that Kronos writes"),
    };
    // A length is always written in the fewest bytes.
    if descriptor == LARGE && len < 65_536 + 256 {
        return Err("its header is not one that Kronos writes");
    }
    Ok(len)
}

/// Frame descriptors: content size in one, two or four bytes.
const SMALL: u8 = SINGLE_SEGMENT | CHECKSUM;
const MEDIUM: u8 = 1 << 6 | SINGLE_SEGMENT | CHECKSUM;
const LARGE: u8 = 2 << 6 | SINGLE_SEGMENT | CHECKSUM;
