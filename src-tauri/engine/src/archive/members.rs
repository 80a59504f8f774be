//! The tar, read block by block from its first header to its true end.
//!
//! Owns blocks, padding and the end mark. Which members there must be is decided in `reader`.
//!
//! This is a loop of its own and not `tar::Archive`, because reading a tar and proving one differ:
//! a tar reader skips what it does not need, joins extension headers to members, and stops at the
//! end mark without asking what follows.

use std::io::Read;

use super::compression::read_up_to;
use super::member::{BLOCK, Member};
use super::subject::Subject;
use crate::error::Result;

/// How much content is handed on at once.
const CHUNK: usize = 128 << 10;

/// The members of a tar, one after the other.
pub(super) struct Members<R> {
    source: R,
    chunk: Vec<u8>,
    /// How many headers have been read, for messages.
    count: usize,
}

impl<R: Read> Members<R> {
    pub fn new(source: R) -> Self {
        Self { source, chunk: vec![0; CHUNK], count: 0 }
    }

    /// The next member, or `None` at the first block of the end mark.
    pub fn next(&mut self, subject: &Subject) -> Result<Option<Member>> {
        self.count += 1;
        let mut block = [0; BLOCK];
        let place = format!("in the header of member {}", self.count);
        fill(&mut self.source, &mut block, subject, &place)?;
        if block == [0; BLOCK] {
            return Ok(None);
        }
        let member = Member::decode(&block).ok_or_else(|| {
            subject.damaged(format!(
                "the header of member {} is not one that Kronos writes",
                self.count
            ))
        })?;
        Ok(Some(member))
    }

    /// Hands the content of `member` on in pieces and checks the padding after it. Has to be called
    /// once for every member, before the next is asked for.
    pub fn content(
        &mut self,
        member: &Member,
        subject: &Subject,
        on_chunk: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        // Only names that the reader has accepted get here, so they may stand in a message.
        let place = format!("inside `{}`", member.name);
        let mut left = member.size;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let chunk = &mut self.chunk[..wanted];
            fill(&mut self.source, chunk, subject, &place)?;
            on_chunk(chunk)?;
            left -= wanted as u64;
        }
        let padding = &mut self.chunk[..member.padding()];
        fill(&mut self.source, padding, subject, &place)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(subject.damaged(format!("`{}` is not followed by zeros", member.name)));
        }
        Ok(())
    }

    /// The second block of the end mark, and that the stream ends there.
    pub fn finish(mut self, subject: &Subject) -> Result<R> {
        let mut block = [0; BLOCK];
        fill(&mut self.source, &mut block, subject, "in its end mark")?;
        let is_end_mark = block == [0; BLOCK];
        if !is_end_mark
            || read_up_to(&mut self.source, &mut block[..1])
                .map_err(|error| subject.unread(error))?
                > 0
        {
            return Err(subject.damaged("something follows its last member"));
        }
        Ok(self.source)
    }
}

fn fill(source: &mut impl Read, space: &mut [u8], subject: &Subject, place: &str) -> Result<()> {
    if read_up_to(source, space).map_err(|error| subject.unread(error))? < space.len() {
        return Err(subject.damaged(format!("it ends {place}")));
    }
    Ok(())
}
