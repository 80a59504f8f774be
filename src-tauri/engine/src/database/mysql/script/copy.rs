//! What is changed in a script on its way into a copy: events are made switched off, statements that name the
//! database they came from lose that name, and the line that only the newest clients of MariaDB understand is
//! left out.
//!
//! Owns these changes. A copy whose events run acts on the original as soon as a body names it, and so would
//! the script itself: the tools write `ALTER DATABASE` with a name, and MariaDB keeps a trigger as it was typed.

use std::io::{self, Write};

use memchr::memchr;

use super::head;
use super::scanner::Scanner;

/// How the line begins that switches a client of MariaDB to its sandbox.
const SANDBOX: &[u8] = br"/*M!999999\-";
/// How the tools begin to change the collation that the next program is made under.
const SETTING: &[u8] = b"ALTER DATABASE ";
/// No event is longer; a statement that is longer passes unchanged.
const MAX_HELD: usize = 16 * 1024 * 1024;

/// Passes a script on, changed for a copy.
pub(in super::super) struct CopyFilter {
    scanner: Scanner,
    has_begun: bool,
    held: Vec<u8>,
    /// A line that sets something of the database, or may become one.
    setting: Vec<u8>,
    switched_off: Vec<String>,
}

impl CopyFilter {
    /// A filter at the beginning of a script.
    pub(in super::super) fn new() -> Self {
        let (held, setting, switched_off) = (Vec::new(), Vec::new(), Vec::new());
        Self { scanner: Scanner::new(), has_begun: false, held, setting, switched_off }
    }

    /// Passes the next piece on to `sink`.
    pub(in super::super) fn pass(&mut self, bytes: &[u8], sink: &mut dyn Write) -> io::Result<()> {
        if self.has_begun {
            return self.lines(bytes, sink);
        }
        self.held.extend_from_slice(bytes);
        let has_line = memchr(b'\n', &self.held).is_some();
        if has_line || self.held.len() > SANDBOX.len() && !self.held.starts_with(SANDBOX) {
            self.begin(sink)?;
        }
        Ok(())
    }

    /// Passes on what is still held and returns the names of the events that were switched off.
    pub(in super::super) fn finish(mut self, sink: &mut dyn Write) -> io::Result<Vec<String>> {
        if !self.has_begun {
            self.begin(sink)?;
        }
        sink.write_all(&self.setting)?;
        sink.write_all(&self.held)?;
        Ok(self.switched_off)
    }

    fn begin(&mut self, sink: &mut dyn Write) -> io::Result<()> {
        self.has_begun = true;
        let first = std::mem::take(&mut self.held);
        let line = memchr(b'\n', &first).map_or(first.len(), |end| end + 1);
        let start = if first.starts_with(SANDBOX) { line } else { 0 };
        self.lines(&first[start..], sink)
    }

    fn lines(&mut self, bytes: &[u8], sink: &mut dyn Write) -> io::Result<()> {
        let (mut written, mut at) = (0, 0);
        while at < bytes.len() {
            let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found + 1);
            if self.is_setting(&bytes[at..end]) {
                sink.write_all(&bytes[written..at])?;
                self.set(&bytes[at..end], sink)?;
                (written, at) = (end, end);
                continue;
            }
            let was_in_block = self.scanner.in_block();
            self.scanner.feed(&bytes[at..end]);
            if was_in_block {
                self.hold(&bytes[at..end], sink)?;
                written = end;
            } else if self.scanner.in_block() {
                sink.write_all(&bytes[written..end])?;
                written = end;
            }
            at = end;
        }
        sink.write_all(&bytes[written..])
    }

    fn is_setting(&self, piece: &[u8]) -> bool {
        !self.setting.is_empty() || self.scanner.is_between() && may_set(piece)
    }

    /// Keeps a piece of a line back until it is known what it is.
    fn set(&mut self, piece: &[u8], sink: &mut dyn Write) -> io::Result<()> {
        self.setting.extend_from_slice(piece);
        if may_set(&self.setting) && !self.setting.ends_with(b"\n") {
            return Ok(());
        }
        let line = std::mem::take(&mut self.setting);
        self.scanner.feed(&line);
        sink.write_all(&head::without_database(&line))
    }

    /// Keeps a piece of a block back until its statement is complete.
    fn hold(&mut self, piece: &[u8], sink: &mut dyn Write) -> io::Result<()> {
        self.held.extend_from_slice(piece);
        let finished = self.scanner.take_finished();
        if finished.is_none() && self.scanner.in_block() && self.held.len() < MAX_HELD {
            return Ok(());
        }
        let statement = std::mem::take(&mut self.held);
        let event = finished
            .and_then(|finished| finished.made)
            .filter(|item| item.kind == super::ItemKind::Event);
        match event.and_then(|event| Some((event, head::state_at(&statement, "ENABLE")?))) {
            Some((event, place)) => {
                self.switched_off.push(event.name);
                sink.write_all(&statement[..place.start])?;
                sink.write_all(b"DISABLE")?;
                sink.write_all(&statement[place.end..])
            }
            None => sink.write_all(&head::without_database(&statement)),
        }
    }
}

fn may_set(text: &[u8]) -> bool {
    text.starts_with(SETTING) || SETTING.starts_with(text)
}
