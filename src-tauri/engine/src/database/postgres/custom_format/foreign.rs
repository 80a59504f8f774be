//! The table of contents of a dump that somebody else made, in any form that has one.
//!
//! Owns reading it from the beginning of a file, and nothing behind it.

use std::io::Read;

use super::contents::{Contents, ContentsReader, Progressed};

/// How much of a table of contents is read: that of some 50 000 tables.
const MAX_CONTENTS: u64 = 24 << 20;
/// Entries that are kept at most: a hostile one is only a few bytes long, and in memory much longer.
const MAX_ENTRIES: usize = 200_000;
const PIECE: usize = 64 << 10;

/// Reads the table of contents that `from` begins with, and tells whether that was all of it. `Err` is the end
/// of a sentence about the dump.
pub(crate) fn read_contents(from: &mut dyn Read) -> Result<(Contents, bool), String> {
    let mut reader = ContentsReader::of_foreign();
    let mut from = from.take(MAX_CONTENTS);
    let mut piece = vec![0; PIECE];
    let ended = || "it ends within its table of contents".to_owned();
    loop {
        let count = match from.read(&mut piece) {
            Ok(_) if from.limit() == 0 || reader.count() > MAX_ENTRIES => {
                return reader.into_partial().map(|contents| (contents, false)).ok_or_else(ended);
            }
            Ok(0) => return Err(ended()),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(format!("it cannot be read: {error}")),
        };
        match reader.feed(&piece[..count], &mut |_| ()).map_err(|malformed| malformed.0)? {
            Progressed::NeedsMore => {}
            Progressed::Done { contents, .. } => return Ok((contents, true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::contents::Piece;
    use super::*;

    const DUMP: &[u8] = include_bytes!("tests/pg15-by-pg_dump15.dump");

    #[test]
    fn a_table_of_contents_is_read_and_a_cut_one_refused() {
        let (contents, is_all) = read_contents(&mut &DUMP[..]).unwrap();
        assert!(is_all && contents.entries.iter().any(|entry| entry.name == "orders"));
        assert!(read_contents(&mut &DUMP[..200]).is_err());
    }

    #[test]
    fn a_table_of_contents_without_an_end_is_read_in_part() {
        let (whole, _) = read_contents(&mut &DUMP[..]).unwrap();
        let mut reader = ContentsReader::of_foreign();
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        let on_piece = &mut |piece: Piece<'_>| match piece {
            Piece::Header(bytes) | Piece::Entry { bytes, .. } => pieces.push(bytes.to_vec()),
        };
        reader.feed(DUMP, on_piece).unwrap();
        // The number of entries is the last number of the header.
        let width = whole.number_len() - 1;
        let at = pieces[0].len() - width;
        pieces[0][at..].fill(0x7f);
        let mut endless = pieces[0].as_slice().chain(repeated(pieces[1].clone()));
        let (contents, is_all) = read_contents(&mut endless).unwrap();
        assert!(!is_all && contents.entries.len() > 1000 && contents.server == whole.server);
    }

    fn repeated(bytes: Vec<u8>) -> impl Read {
        struct Again(Vec<u8>, usize);
        impl Read for Again {
            fn read(&mut self, space: &mut [u8]) -> std::io::Result<usize> {
                let count = (&self.0[self.1..]).read(space)?;
                self.1 = (self.1 + count) % self.0.len();
                Ok(count)
            }
        }
        Again(bytes, 0)
    }
}
