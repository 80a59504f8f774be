//! Fixed-size buffers that are used again and again, so that a stream of any length costs the
//! memory of the blocks under way and no more.
//!
//! Owns allocation only; how many buffers are in use at once is bounded by the stream's queue.

use std::sync::{Mutex, PoisonError};

/// A buffer of fixed size of which the first bytes are filled.
pub(super) struct Chunk {
    bytes: Box<[u8]>,
    len: usize,
}

impl Chunk {
    pub fn filled(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub fn is_full(&self) -> bool {
        self.len == self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Copies as much of `data` as fits and returns how much that was.
    pub fn append(&mut self, data: &[u8]) -> usize {
        let count = data.len().min(self.bytes.len() - self.len);
        self.bytes[self.len..self.len + count].copy_from_slice(&data[..count]);
        self.len += count;
        count
    }

    /// The whole buffer, to be filled from its start; `set_len` then tells how far.
    pub fn space(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    pub fn set_len(&mut self, len: usize) {
        debug_assert!(len <= self.bytes.len());
        self.len = len;
    }
}

/// Hands out empty chunks of one size and takes them back.
pub(super) struct Buffers {
    size: usize,
    spare: Mutex<Vec<Chunk>>,
}

impl Buffers {
    pub fn new(size: usize) -> Self {
        Self { size, spare: Mutex::default() }
    }

    pub fn take(&self) -> Chunk {
        // The lock only guards a list that is whole between its calls: a panic elsewhere leaves
        // nothing half done in it.
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut chunk =
            spare.unwrap_or_else(|| Chunk { bytes: vec![0; self.size].into_boxed_slice(), len: 0 });
        chunk.len = 0;
        chunk
    }

    pub fn give_back(&self, chunk: Chunk) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(chunk);
    }
}
