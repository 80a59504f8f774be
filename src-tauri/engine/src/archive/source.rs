//! A database on its way into an archive: read in pieces, counted, its failures named.
//!
//! Owns how a source is read and how a stream of unknown length is cut. Writing belongs to `writer`.

use std::io::{ErrorKind, Read};

use super::OnBytes;
use super::subject::{one_line, unread_source};
use crate::error::{DatabaseError, Result};

/// How much of a database is read at once.
const CHUNK: usize = 128 << 10;

/// A database being read.
pub(super) struct Source<'a, 'b> {
    path: &'a str,
    reader: &'a mut dyn Read,
    on_bytes: &'a mut OnBytes<'b>,
    chunk: Vec<u8>,
    /// The first byte of the next piece, which was read to learn whether there is one.
    carry: Option<u8>,
}

impl<'a, 'b> Source<'a, 'b> {
    pub fn new(path: &'a str, reader: &'a mut dyn Read, on_bytes: &'a mut OnBytes<'b>) -> Self {
        Self { path, reader, on_bytes, chunk: vec![0; CHUNK], carry: None }
    }

    /// Hands on all of a database of `size` bytes; that it is shorter or longer is an error.
    pub fn copy(&mut self, size: u64, to: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut left = size;
        while left > 0 {
            let read = self.read(usize::try_from(left).unwrap_or(CHUNK))?;
            if read == 0 {
                let detail = format!("it ended after {} of {size} bytes", size - left);
                return Err(self.failed(detail));
            }
            to(&self.chunk[..read])?;
            left -= read as u64;
            (self.on_bytes)(read as u64)?;
        }
        // One read more than is due tells a longer source, and hears the last error of any.
        if self.read(1)? > 0 {
            let detail = format!("it is longer than the {size} bytes it had when the backup began");
            return Err(self.failed(detail));
        }
        Ok(())
    }

    /// Fills `piece` with the next `len` bytes, or with what is left, and tells whether there are
    /// more. Only the first piece of an empty database is empty.
    pub fn piece(&mut self, piece: &mut Vec<u8>, len: usize) -> Result<bool> {
        piece.clear();
        piece.extend(self.carry.take());
        while piece.len() < len {
            let read = self.read(len - piece.len())?;
            if read == 0 {
                return Ok(false);
            }
            piece.extend_from_slice(&self.chunk[..read]);
            (self.on_bytes)(read as u64)?;
        }
        let more = self.read(1)? > 0;
        if more {
            self.carry = Some(self.chunk[0]);
            (self.on_bytes)(1)?;
        }
        Ok(more)
    }

    /// At most `wanted` bytes into `chunk`; 0 at the end.
    fn read(&mut self, wanted: usize) -> Result<usize> {
        let space = &mut self.chunk[..wanted.min(CHUNK)];
        loop {
            match self.reader.read(space) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => return read.map_err(|error| unread_source(self.path, error)),
            }
        }
    }

    fn failed(&self, detail: String) -> crate::error::Error {
        DatabaseError::Failed { path: one_line(self.path), detail }.into()
    }
}
