//! Turning one block of raw bytes into its stored form and back, whichever the codec.
//!
//! Owns the choice between the codecs and what every stored block must satisfy; the formats
//! themselves are in `gzip` and `zstd`, the threads that run this in `pool`.

use super::{BLOCK_SIZE, MAX_FRAME, gzip, zstd};
use crate::config::Codec;
use std::io;

/// Compresses blocks of one codec at one level.
pub(super) enum Compressor {
    Gzip(gzip::Compressor),
    Zstd(zstd::Compressor),
}

impl Compressor {
    /// Fails when `level` is beyond the codec's range or memory is short.
    pub fn new(codec: Codec, level: u8) -> io::Result<Self> {
        Ok(match codec {
            Codec::Gzip => Self::Gzip(gzip::Compressor::new(level)?),
            Codec::Zstd => Self::Zstd(zstd::Compressor::new(level)?),
        })
    }

    /// Fills the start of `frame` with the stored form of `raw` and returns its length. `frame`
    /// has room for `MAX_FRAME` bytes, `raw` is not empty and at most `BLOCK_SIZE` long.
    pub fn compress(&mut self, raw: &[u8], frame: &mut [u8]) -> io::Result<usize> {
        debug_assert!((1..=BLOCK_SIZE).contains(&raw.len()) && frame.len() >= MAX_FRAME);
        match self {
            Self::Gzip(compressor) => compressor.compress(raw, frame),
            Self::Zstd(compressor) => compressor.compress(raw, frame),
        }
    }
}

/// Restores blocks of one codec.
pub(super) enum Decompressor {
    Gzip(gzip::Decompressor),
    Zstd(zstd::Decompressor),
}

impl Decompressor {
    pub fn new(codec: Codec) -> io::Result<Self> {
        Ok(match codec {
            Codec::Gzip => Self::Gzip(gzip::Decompressor::default()),
            Codec::Zstd => Self::Zstd(zstd::Decompressor::new()?),
        })
    }

    /// Restores a stored block into `raw`, whose length is the one the block declares, and says
    /// what is wrong when the block's checksum, length or form does not fit.
    pub fn decompress(&mut self, frame: &[u8], raw: &mut [u8]) -> Result<(), &'static str> {
        match self {
            Self::Gzip(decompressor) => decompressor.decompress(frame, raw),
            Self::Zstd(decompressor) => decompressor.decompress(frame, raw),
        }
    }
}

/// The raw length that a stored block declares, or what is wrong with its form. Nothing has been
/// allocated for the content yet, so a lie about the length costs nothing.
pub(super) fn declared_len(codec: Codec, frame: &[u8]) -> Result<usize, &'static str> {
    let declared = match codec {
        Codec::Gzip => gzip::declared_len(frame),
        Codec::Zstd => zstd::declared_len(frame),
    };
    match declared? {
        0 => Err("it declares no content"),
        len => usize::try_from(len)
            .ok()
            .filter(|len| *len <= BLOCK_SIZE)
            .ok_or("it declares more content than a block can hold"),
    }
}
