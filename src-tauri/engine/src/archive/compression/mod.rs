//! The compressed stream every archive travels through.
//!
//! This module owns the bytes between an archive's tar layer and its destination: cutting the data
//! into blocks, compressing them on several threads, and the seal that lets a stored stream prove
//! by itself that it is complete and unchanged. It does not know what the bytes mean, where they
//! are stored or whether they are encrypted.
//!
//! # Layout
//!
//! ```text
//! stream = block* seal
//! gzip:  block = a gzip member whose FEXTRA field "KB" holds the member's length
//!        seal  = an empty gzip member whose FEXTRA field "KS" holds the proof
//! zstd:  block = a skippable frame 0x184D2A50 with the frame's length, then a zstd frame (pzstd)
//!        seal  = a skippable frame 0x184D2A51 that holds the proof
//! proof = SHA-256 of every stored byte before the seal, raw length (u64), block count (u64)
//! ```
//!
//! Integers are little-endian. Each block but the last holds exactly [`BLOCK_SIZE`] raw bytes, so
//! the same data at the same level always gives the same stream, whatever the number of threads.
//! Stock tools (`gzip`, `tar`, `zstd`) read both codecs and ignore the lengths and the seal.

mod block;
mod buffers;
mod codec;
mod decoder;
mod encoder;
mod ends;
mod error;
mod frames;
mod gzip;
mod pool;
mod seal;
mod zstd;

#[cfg(test)]
mod tests;

pub use crate::config::Codec;
pub use decoder::StreamDecoder;
pub use encoder::StreamEncoder;
pub use ends::{StreamEnds, stream_codec};
pub use error::StreamError;
pub use frames::read_up_to;

use std::num::NonZeroUsize;
use std::thread;

/// Raw bytes per block. One MiB keeps the cost of a fresh dictionary per block below 1 % of the
/// size, and is small enough for two blocks per thread to be no burden on memory.
pub const BLOCK_SIZE: usize = 1 << 20;

/// The longest stored block either codec can produce: a block that does not compress grows by
/// less than 0.5 %, plus a header. A longer one is refused before it is read.
const MAX_FRAME: usize = BLOCK_SIZE + 16 * 1024;

/// More threads would outrun the one thread that produces or consumes the data and would make the
/// rest of the desktop feel the backup.
const MAX_WORKERS: usize = 8;

/// What a whole stream amounted to. The encoder and the decoder of the same stream report equal
/// values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamStats {
    /// Bytes before compression.
    pub raw_bytes: u64,
    /// Bytes as stored, seal included.
    pub stored_bytes: u64,
    /// SHA-256 of all stored bytes, seal included, in lower-case hexadecimal: what `sha256sum`
    /// prints for the stored file.
    pub sha256_hex: String,
}

/// One thread per core, within [`MAX_WORKERS`].
fn default_workers() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MAX_WORKERS)
}

/// How many blocks may be under way between the two ends of a stream: enough to keep every worker
/// busy while one end stalls for as long as a block takes.
fn queue_depth(workers: usize) -> usize {
    workers * 2
}
