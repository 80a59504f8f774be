//! Rows as they are shown: values of every engine as text, bytes or nothing, never longer than a screen needs.
//!
//! Owns how much of a value and of a table is kept. Reading a dump belongs to the engines.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Bytes of a value that are kept.
pub(super) const KEPT: usize = 1024;
/// Bytes that all kept values together may have, whatever a dump says.
const BUDGET: usize = 32 << 20;

/// Which rows are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedRows {
    /// The table or collection, by its name in the manifest.
    pub table: String,
    /// How many at most.
    pub limit: usize,
}

/// The first rows of a table as a dump holds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundRows {
    /// The names of the columns; of documents there is one.
    pub columns: Vec<String>,
    /// The rows, each with a value per column.
    pub rows: Vec<Vec<Cell>>,
    /// Whether these are all rows of the table.
    pub is_complete: bool,
}

/// A value in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum Cell {
    /// No value, which is something else than an empty one.
    Null,
    /// A value as its server writes it, or a document as relaxed extended JSON.
    Text {
        /// The text, or its beginning.
        text: String,
        /// The length of the whole in bytes, when only its beginning is here.
        #[ts(type = "number | null")]
        cut_from: Option<u64>,
    },
    /// Bytes that are no text.
    Binary {
        /// The first bytes, two lower-case digits each.
        hex: String,
        /// The length of the whole in bytes.
        #[ts(type = "number")]
        length: u64,
    },
}

/// A value that goes by in pieces, of which only the beginning is kept.
#[derive(Debug, Clone)]
pub(super) struct Value {
    kept: Vec<u8>,
    length: u64,
    most: usize,
}

impl Value {
    /// An empty value of which at most so many bytes are kept.
    pub fn keeping(most: usize) -> Self {
        Self { kept: Vec::new(), length: 0, most }
    }

    /// Adds the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let free = self.most - self.kept.len();
        self.kept.extend_from_slice(&bytes[..bytes.len().min(free)]);
        self.length += bytes.len() as u64;
    }

    /// Adds bytes of which only the number is known.
    pub fn pass(&mut self, count: u64) {
        self.length += count;
        self.most = self.kept.len();
    }

    /// Bytes so far, kept or not.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// What is kept.
    pub fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// Takes the value out, so that the next can begin.
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::keeping(self.most))
    }

    /// The value with at most so many bytes kept.
    pub fn cut_to(mut self, most: usize) -> Self {
        self.kept.truncate(most);
        self
    }

    /// The value as text, or as bytes where it is none.
    pub fn into_text(self) -> Cell {
        let is_cut = self.length > self.kept.len() as u64;
        let text = match std::str::from_utf8(&self.kept) {
            Ok(text) => text,
            // The cut may be inside of a character.
            Err(error) if is_cut && error.error_len().is_none() => {
                std::str::from_utf8(&self.kept[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return self.into_binary(),
        };
        Cell::Text { text: text.to_owned(), cut_from: is_cut.then_some(self.length) }
    }

    /// The value as bytes.
    pub fn into_binary(mut self) -> Cell {
        self.kept.truncate(KEPT);
        Cell::Binary { hex: hex(&self.kept), length: self.length }
    }

    /// The value as the bytes that it spells in hex digits behind a prefix of so many bytes; text where it
    /// does not.
    pub fn into_bytes_of_hex(self, prefix: usize) -> Cell {
        let digits = self.kept.get(prefix..).unwrap_or_default();
        let count = self.length.saturating_sub(prefix as u64);
        if !count.is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
            return self.into_text();
        }
        let whole = digits.len().min(2 * KEPT) & !1;
        let hex = String::from_utf8_lossy(&digits[..whole]).to_ascii_lowercase();
        Cell::Binary { hex, length: count / 2 }
    }
}

/// Two lower-case digits for each byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 0xf)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// Takes rows until there are enough.
#[derive(Debug)]
pub(super) struct Rows {
    limit: usize,
    taken: Vec<Vec<Cell>>,
    row: Vec<Cell>,
    bytes: usize,
    has_more: bool,
}

impl Rows {
    /// Takes at most so many.
    pub fn up_to(limit: usize) -> Self {
        Self { limit, taken: Vec::new(), row: Vec::new(), bytes: 0, has_more: false }
    }

    /// A row begins. Returns whether it is wanted; if not, there are enough.
    pub fn begin(&mut self) -> bool {
        self.has_more |= self.taken.len() >= self.limit || self.bytes >= BUDGET;
        !self.has_more
    }

    /// The next value of the row.
    pub fn cell(&mut self, cell: Cell) {
        self.bytes += size_of::<Cell>();
        self.bytes += match &cell {
            Cell::Null => 0,
            Cell::Text { text, .. } => text.len(),
            Cell::Binary { hex, .. } => hex.len(),
        };
        self.row.push(cell);
    }

    /// Values of the row so far.
    pub fn width(&self) -> usize {
        self.row.len()
    }

    /// The row ends.
    pub fn end(&mut self) {
        self.taken.push(std::mem::take(&mut self.row));
    }

    /// Whether a row came that was too many.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// All that was taken. Without a row too many the end of the table has been seen.
    pub fn found(self, columns: Vec<String>) -> FoundRows {
        FoundRows { columns, is_complete: !self.has_more, rows: self.taken }
    }
}

#[cfg(test)]
pub mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    fn value(bytes: &[u8], most: usize) -> Value {
        let mut value = Value::keeping(most);
        bytes.chunks(3).for_each(|piece| value.push(piece));
        value
    }

    fn text(text: &str, cut_from: Option<u64>) -> Cell {
        Cell::Text { text: text.to_owned(), cut_from }
    }

    #[test]
    fn a_value_is_cut_between_characters_and_says_its_length() {
        assert_eq!(value("aü🔑".as_bytes(), 7).into_text(), text("aü🔑", None));
        assert_eq!(value("aü🔑".as_bytes(), 6).into_text(), text("aü", Some(7)));
        assert_eq!(value("aü🔑".as_bytes(), 2).into_text(), text("a", Some(7)));
        assert_eq!(value(b"", 2).into_text(), text("", None));
        let mut passed = value(b"ab", 9);
        passed.pass(100);
        passed.push(b"c");
        assert_eq!(passed.into_text(), text("ab", Some(103)));
    }

    #[test]
    fn what_is_no_text_is_shown_as_bytes() {
        let bytes = Cell::Binary { hex: "61ff00".to_owned(), length: 3 };
        assert_eq!(value(b"a\xff\0", 9).into_text(), bytes);
        // The last character is not cut but broken.
        let broken = Cell::Binary { hex: "61c3".to_owned(), length: 2 };
        assert_eq!(value(b"a\xc3", 9).into_text(), broken);
    }

    #[test]
    fn hex_digits_become_the_bytes_that_they_spell() {
        let bytes = |hex: &str, length| Cell::Binary { hex: hex.to_owned(), length };
        assert_eq!(value(b"0xDEadBE", 99).into_bytes_of_hex(2), bytes("deadbe", 3));
        assert_eq!(value(b"0x", 99).into_bytes_of_hex(2), bytes("", 0));
        assert_eq!(value(b"0xDEADBEEF", 7).into_bytes_of_hex(2), bytes("dead", 4));
        assert_eq!(value(b"0xDEA", 99).into_bytes_of_hex(2), text("0xDEA", None));
        assert_eq!(value(b"0xZZ", 99).into_bytes_of_hex(2), text("0xZZ", None));
    }

    #[test]
    fn rows_end_at_the_limit_or_when_they_are_too_large_for_memory() {
        let mut rows = Rows::up_to(2);
        while rows.begin() {
            rows.cell(Cell::Null);
            rows.end();
        }
        let found = rows.found(vec!["a".to_owned()]);
        assert_eq!((found.rows.len(), found.is_complete), (2, false));
        let mut rows = Rows::up_to(usize::MAX);
        while rows.begin() {
            rows.cell(text(&"x".repeat(1 << 20), None));
            rows.end();
        }
        assert_eq!(rows.found(Vec::new()).rows.len(), 32);
    }
}
