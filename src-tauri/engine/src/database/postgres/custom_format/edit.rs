//! A dump on its way to `pg_restore`, with chosen entries made to do nothing.
//!
//! Owns the change: the statement of such an entry becomes an empty one. Everything else passes
//! unchanged, so the tool needs neither a list file nor the dump as a file.

use std::collections::HashSet;
use std::io::{self, Write};

use super::Malformed;
use super::contents::{ContentsReader, Piece, Progressed};

/// Passes a dump on.
pub(in super::super) struct Editor<W> {
    to: W,
    silenced: HashSet<i64>,
    reader: Option<ContentsReader>,
}

impl<W: Write> Editor<W> {
    /// Passes a dump on to `to`, without the statements of the entries in `silenced`.
    pub fn new(to: W, silenced: HashSet<i64>) -> Self {
        let reader = (!silenced.is_empty()).then(ContentsReader::default);
        Self { to, silenced, reader }
    }

    /// What it writes to.
    pub fn into_inner(self) -> W {
        self.to
    }
}

impl<W: Write> Write for Editor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(mut reader) = self.reader.take() else { return self.to.write(bytes) };
        let (mut edited, mut width) = (Vec::new(), reader.width());
        let silenced = &self.silenced;
        let outcome = reader.feed(bytes, &mut |piece| match piece {
            Piece::Header(bytes) => {
                // Magic, three bytes of version, then the width of a number.
                width = usize::from(bytes[8]);
                edited.extend_from_slice(bytes);
            }
            Piece::Entry { entry, bytes, statements } if silenced.contains(&entry.id) => {
                let definition = statements.definition;
                edited.extend_from_slice(&bytes[..definition.start]);
                edited.extend(std::iter::repeat_n(0, 1 + width));
                edited.extend_from_slice(&bytes[definition.end..]);
            }
            Piece::Entry { bytes, .. } => edited.extend_from_slice(bytes),
        });
        match outcome.map_err(|Malformed(text)| io::Error::other(text))? {
            Progressed::NeedsMore => self.reader = Some(reader),
            Progressed::Done { rest, .. } => edited.extend_from_slice(&rest),
        }
        self.to.write_all(&edited)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
