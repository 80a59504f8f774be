//! The table of contents of a dump that somebody else made, in any form that has one.
//!
//! Owns reading it from the beginning of a file, and nothing behind it.

use std::io::Read;

use super::contents::{Contents, ContentsReader, Progressed};

/// Longer than the table of contents of a database that a person would drop.
const MAX_CONTENTS: u64 = 32 << 20;
const PIECE: usize = 64 << 10;

/// Reads the table of contents that `from` begins with; `Err` is the end of a sentence about the dump.
pub(crate) fn read_contents(from: &mut dyn Read) -> Result<Contents, String> {
    let mut reader = ContentsReader::of_foreign();
    let mut from = from.take(MAX_CONTENTS);
    let mut piece = vec![0; PIECE];
    loop {
        let count = match from.read(&mut piece) {
            Ok(0) if from.limit() == 0 => {
                return Err("its table of contents is longer than Kronos reads".to_owned());
            }
            Ok(0) => return Err("it ends within its table of contents".to_owned()),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(format!("it cannot be read: {error}")),
        };
        match reader.feed(&piece[..count], &mut |_| ()).map_err(|malformed| malformed.0)? {
            Progressed::NeedsMore => {}
            Progressed::Done { contents, .. } => return Ok(contents),
        }
    }
}
