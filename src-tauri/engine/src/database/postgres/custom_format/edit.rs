//! A dump on its way to `pg_restore`, with chosen entries made to do nothing.
//!
//! Owns the change: the statement of such an entry becomes an empty one, and its data is said not to be
//! there, so that it is passed over. Everything else passes unchanged, so the tool needs neither a list file
//! nor the dump as a file.

use std::collections::HashSet;
use std::io::{self, Write};
use std::ops::Range;

use super::contents::{ContentsReader, Piece, Progressed};
use super::{Entry, Malformed};

/// Finds the entries to silence in a whole table of contents.
pub(in super::super) type Choose = Box<dyn FnOnce(&[Entry]) -> io::Result<HashSet<i64>> + Send>;

/// Which entries do nothing.
pub(in super::super) enum Silence {
    /// These.
    Entries(HashSet<i64>),
    /// Those that only the whole table of contents tells. It is held back until it is complete.
    Chosen(Choose),
}

/// Passes a dump on.
pub(in super::super) struct Editor<W> {
    to: W,
    silence: Option<Silence>,
    reader: Option<ContentsReader>,
    held: Held,
}

/// What of the table of contents has gone by and is not passed on yet.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    /// Where the entries stand in it: of each its number, its flag and its two statements, the one that makes
    /// its object and the one that drops it. Without the second one nobody is made its owner either.
    entries: Vec<(i64, Range<usize>, Range<usize>)>,
    /// Bytes of a number with its sign.
    width: usize,
}

impl Held {
    fn take(&mut self, piece: Piece<'_>) {
        let at = self.bytes.len();
        match piece {
            Piece::Header(bytes) => {
                // Magic, three bytes of version, then the width of a number.
                self.width = 1 + usize::from(bytes[8]);
                self.bytes.extend_from_slice(bytes);
            }
            Piece::Entry { entry, bytes, statements } => {
                let flag = at + self.width..at + 2 * self.width;
                let both = at + statements.definition.start..at + statements.copy.start;
                self.entries.push((entry.id, flag, both));
                self.bytes.extend_from_slice(bytes);
            }
        }
    }

    /// What is held, with the entries in `silenced` made to do nothing.
    fn edited(&mut self, silenced: &HashSet<i64>) -> Vec<u8> {
        let bytes = std::mem::take(&mut self.bytes);
        let (mut edited, mut at) = (Vec::with_capacity(bytes.len()), 0);
        for (id, flag, statements) in self.entries.drain(..) {
            if !silenced.contains(&id) {
                continue;
            }
            // Zero is written like an empty text: a number of nothing but zeros.
            for (field, numbers) in [(flag, 1), (statements, 2)] {
                edited.extend_from_slice(&bytes[at..field.start]);
                edited.extend(std::iter::repeat_n(0, numbers * self.width));
                at = field.end;
            }
        }
        edited.extend_from_slice(&bytes[at..]);
        edited
    }
}

impl<W: Write> Editor<W> {
    /// Passes a dump on to `to`, but for what `silence` says.
    pub fn new(to: W, silence: Silence) -> Self {
        let is_needed = !matches!(&silence, Silence::Entries(entries) if entries.is_empty());
        let reader = is_needed.then(ContentsReader::default);
        Self { to, silence: Some(silence), reader, held: Held::default() }
    }

    /// What it writes to.
    pub fn into_inner(self) -> W {
        self.to
    }
}

impl<W: Write> Write for Editor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(mut reader) = self.reader.take() else { return self.to.write(bytes) };
        let held = &mut self.held;
        let outcome = reader.feed(bytes, &mut |piece| held.take(piece));
        match outcome.map_err(|Malformed(text)| io::Error::other(text))? {
            Progressed::NeedsMore => {
                if let Some(Silence::Entries(silenced)) = &self.silence {
                    self.to.write_all(&self.held.edited(silenced))?;
                }
                self.reader = Some(reader);
            }
            Progressed::Done { contents, rest } => {
                let silenced = match self.silence.take() {
                    Some(Silence::Entries(silenced)) => silenced,
                    Some(Silence::Chosen(choose)) => choose(&contents.entries)?,
                    None => HashSet::new(),
                };
                self.to.write_all(&self.held.edited(&silenced))?;
                self.to.write_all(&rest)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
