//! What the tests of every engine's row reader do: hand a dump over in pieces, and write rows as lines.

use super::super::reading::DumpReader;
use super::{Cell, FoundRows};
use crate::error::Result;

/// What a reader finds in a dump that comes in pieces of this many bytes.
pub fn rows_of(
    reader: impl DumpReader<Found = FoundRows>,
    dump: &[u8],
    piece: usize,
) -> Result<FoundRows> {
    let mut reader = Box::new(reader);
    for piece in dump.chunks(piece) {
        if reader.feed(piece)?.is_break() {
            break;
        }
    }
    reader.finish()
}

/// A line for each row.
pub fn lines(found: &FoundRows) -> Vec<String> {
    let line = |row: &Vec<Cell>| row.iter().map(shown).collect::<Vec<_>>().join(" ");
    found.rows.iter().map(line).collect()
}

/// One value as the lines have it.
pub fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Text { text, cut_from: None } => format!("{text:?}"),
        Cell::Text { text, cut_from: Some(all) } => format!("{text:?} of {all}"),
        Cell::Binary { hex, length } => format!("x{hex} of {length}"),
    }
}
