//! A writer that lets only the chosen parts of a stream through.
//!
//! Owns the way from an archive to the tool that loads it.

use std::io::{self, Write};

use super::choice::Choice;
use super::contents::Contents;
use super::frames::Frames;

/// Writes a stream of mongodump to `W`.
pub(in super::super) struct ArchiveWriter<W> {
    to: W,
    frames: Frames,
    contents: Contents,
    output: Vec<u8>,
}

impl<W: Write> ArchiveWriter<W> {
    /// Writes what `choice` wants to `to`.
    pub(in super::super) fn new(to: W, choice: Choice) -> Self {
        Self { to, frames: Frames::new(), contents: Contents::new(choice), output: Vec::new() }
    }

    /// Gives back where it wrote to, and the number of operations of the log that went through.
    pub(in super::super) fn into_parts(self) -> (W, u64) {
        (self.to, self.contents.operations())
    }
}

impl<W: Write> Write for ArchiveWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.clear();
        let fed = self.frames.feed(bytes, &mut self.output, &mut self.contents);
        fed.map_err(|detail| io::Error::new(io::ErrorKind::InvalidData, detail))?;
        self.to.write_all(&self.output)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
