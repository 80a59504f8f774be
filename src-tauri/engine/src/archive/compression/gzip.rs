//! The gzip form of a block: one member (RFC 1952) made by libdeflate.
//!
//! Owns the bytes of a member. The member announces its own length in a FEXTRA field, so that a
//! reader can skip from member to member and restore several at once; stock tools ignore the field.

use super::codec::Layout;
use std::io;

/// Magic, deflate, FEXTRA, no time, no hint, unknown system: nothing in the header depends on the
/// machine or the moment.
macro_rules! member_prefix {
    ($field_name:expr, $field_len:expr) => {
        [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, $field_len + 4, 0, b'K', $field_name, $field_len, 0]
    };
}

pub(super) const LAYOUT: Layout = Layout {
    block_prefix: &member_prefix!(b'B', 4),
    seal_prefix: &member_prefix!(b'S', 48),
    // An empty deflate stream, its CRC-32 and its length.
    seal_suffix: &[3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    length_is_total: true,
};

/// CRC-32 and length of the raw bytes.
const TRAILER: usize = 8;

/// Makes members at one level.
pub(super) struct Compressor(libdeflater::Compressor);

impl Compressor {
    pub fn new(level: u8) -> io::Result<Self> {
        let level = libdeflater::CompressionLvl::new(i32::from(level))
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(Self(libdeflater::Compressor::new(level)))
    }

    pub fn compress(&mut self, raw: &[u8], frame: &mut [u8]) -> io::Result<usize> {
        let header = LAYOUT.block_header();
        let room = frame.len() - TRAILER;
        let deflated = self
            .0
            .deflate_compress(raw, &mut frame[header..room])
            .map_err(|_| io::Error::other("a block grew beyond its bound when compressed"))?;
        let end = header + deflated;
        let raw_len = u32::try_from(raw.len()).expect("a block is at most BLOCK_SIZE bytes");
        frame[end..end + 4].copy_from_slice(&libdeflater::crc32(raw).to_le_bytes());
        frame[end + 4..end + TRAILER].copy_from_slice(&raw_len.to_le_bytes());
        LAYOUT.write_block_header(&mut frame[..end + TRAILER]);
        Ok(end + TRAILER)
    }
}

/// Restores members.
#[derive(Default)]
pub(super) struct Decompressor(libdeflater::Decompressor);

impl Decompressor {
    pub fn decompress(&mut self, frame: &[u8], raw: &mut [u8]) -> Result<(), &'static str> {
        match self.0.gzip_decompress(frame, raw) {
            Ok(len) if len == raw.len() => Ok(()),
            _ => Err("its content does not match its checksum"),
        }
    }
}

/// The raw length in a member's trailer.
pub(super) fn declared_len(frame: &[u8]) -> Result<u64, &'static str> {
    match frame.last_chunk() {
        Some(length) if frame.len() > LAYOUT.block_header() + TRAILER => {
            Ok(u64::from(u32::from_le_bytes(*length)))
        }
        _ => Err("it is too short to be a block"),
    }
}
