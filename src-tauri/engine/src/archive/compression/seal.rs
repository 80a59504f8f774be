//! The seal: the last record of a stream, which proves everything before it.
//!
//! Owns the bytes of the seal and the running hash of stored bytes; who reads or writes those
//! bytes is the business of `frames` and `encoder`.

use super::StreamStats;
use super::codec::Layout;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Bytes of the proof inside a seal.
pub(super) const PROOF_LEN: usize = 32 + 8 + 8;

/// Counts and hashes a stream while it passes, on either side.
#[derive(Default)]
pub(super) struct Tally {
    hash: Sha256,
    /// Stored bytes so far.
    pub stored_bytes: u64,
    /// Raw bytes in the blocks so far.
    pub raw_bytes: u64,
    /// Blocks so far.
    pub blocks: u64,
}

impl Tally {
    /// Takes stored bytes into account.
    pub fn store(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.stored_bytes += bytes.len() as u64;
    }

    /// Takes a block of `raw_len` bytes into account; its stored bytes go through `store`.
    pub fn count_block(&mut self, raw_len: usize) {
        self.raw_bytes += raw_len as u64;
        self.blocks += 1;
    }

    /// The proof of everything so far.
    pub fn proof(&self) -> [u8; PROOF_LEN] {
        let mut proof = [0; PROOF_LEN];
        proof[..32].copy_from_slice(&self.hash.clone().finalize());
        proof[32..40].copy_from_slice(&self.raw_bytes.to_le_bytes());
        proof[40..].copy_from_slice(&self.blocks.to_le_bytes());
        proof
    }

    /// The whole stream's figures, once its seal has been stored.
    pub fn into_stats(self) -> StreamStats {
        let mut sha256_hex = String::with_capacity(64);
        for byte in self.hash.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(sha256_hex, "{byte:02x}");
        }
        StreamStats { raw_bytes: self.raw_bytes, stored_bytes: self.stored_bytes, sha256_hex }
    }
}

/// The whole seal record that carries `proof`.
pub(super) fn record(layout: &Layout, proof: &[u8; PROOF_LEN]) -> Vec<u8> {
    [layout.seal_prefix, proof.as_slice(), layout.seal_suffix].concat()
}
