//! A reader that passes the stream on and keeps count.
//!
//! Owns the two ends: the tool's bytes come in, the archive's bytes go out, and the end is only an end
//! when everything that was announced has come.

use std::io::{self, Read};

use super::choice::Choice;
use super::contents::Contents;
use super::frames::Frames;
use crate::error::{Error, ServerError};
use crate::progress::Progress;

const CHUNK: usize = 256 * 1024;

/// Reads a stream of mongodump from `R`.
pub(in super::super) struct ArchiveReader<R> {
    from: R,
    /// Who wrote it, for an error: "mongodump 100.7.0".
    tool: String,
    frames: Frames,
    contents: Contents,
    input: Vec<u8>,
    output: Vec<u8>,
    given: usize,
    ended: bool,
    progress: Progress,
    shown: Option<String>,
    counted: u64,
}

impl<R: Read> ArchiveReader<R> {
    /// Reads what `choice` wants from `from`, which `tool` writes.
    pub(in super::super) fn new(from: R, tool: String, choice: Choice, progress: Progress) -> Self {
        Self {
            from,
            tool,
            frames: Frames::new(),
            contents: Contents::new(choice),
            input: vec![0; CHUNK],
            output: Vec::with_capacity(CHUNK),
            given: 0,
            ended: false,
            progress,
            shown: None,
            counted: 0,
        }
    }

    /// What went by; `None` before the end.
    pub(in super::super) fn contents(&self) -> Option<&Contents> {
        self.ended.then_some(&self.contents)
    }

    fn fill(&mut self) -> io::Result<()> {
        self.output.clear();
        self.given = 0;
        let count = self.from.read(&mut self.input)?;
        if count == 0 {
            return self.end();
        }
        let (input, output) = (&self.input[..count], &mut self.output);
        self.frames
            .feed(input, output, &mut self.contents)
            .map_err(|detail| self.incomplete(detail))?;
        self.report();
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let missing = match self.contents.missing() {
            Some(missing) => Some(missing),
            None if self.frames.is_between() => None,
            None => Some("its last bytes are missing".to_owned()),
        };
        if let Some(missing) = missing {
            return Err(self.incomplete(missing));
        }
        self.ended = true;
        Ok(())
    }

    fn report(&mut self) {
        let passed = self.contents.passed();
        self.progress.add_rows(passed - self.counted);
        self.counted = passed;
        let Some((collection, ended, all)) = self.contents.place() else { return };
        let shown = format!("{collection} ({} of {all})", (ended + 1).min(all));
        if self.shown.as_ref() != Some(&shown) {
            self.progress.object(&shown);
            self.shown = Some(shown);
        }
    }

    fn incomplete(&self, detail: String) -> io::Error {
        let error = ServerError::Incomplete { tool: self.tool.clone(), detail };
        io::Error::other(Error::from(error))
    }
}

impl<R: Read> Read for ArchiveReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.given == self.output.len() && !self.ended {
            self.fill()?;
        }
        let rest = &self.output[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}
