//! The text that `COPY … TO` writes: rows as lines, values between tabs.
//!
//! Owns its escapes. Which table the text is of belongs to `rows`.

use memchr::memchr3;

use super::super::rows::{Cell, KEPT, Rows, Value};

/// What stands before the digits of a `bytea`.
const HEX: &[u8] = b"\\x";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a row.
    Start,
    /// Behind a backslash at the beginning of a row.
    StartEscape,
    Value,
    /// Behind a backslash.
    Escape,
}

/// Reads rows out of the text, however it is cut.
#[derive(Debug)]
pub(super) struct CopyText {
    state: State,
    /// For each column whether it holds bytes.
    columns: Vec<bool>,
    value: Value,
    is_null: bool,
    has_ended: bool,
}

impl CopyText {
    /// Text whose rows have these columns; of each whether it is a `bytea`.
    pub fn new(columns: Vec<bool>) -> Self {
        let value = Value::keeping(HEX.len() + 2 * KEPT);
        Self { state: State::Start, columns, value, is_null: false, has_ended: false }
    }

    /// Whether nothing more is of interest: the end mark has come, or a row too many.
    pub fn is_done(&self, rows: &Rows) -> bool {
        self.has_ended || rows.has_more()
    }

    /// Reads the next bytes. The error says what is wrong with them.
    pub fn feed(&mut self, mut bytes: &[u8], rows: &mut Rows) -> Result<(), String> {
        while let Some(first) = bytes.first() {
            if self.is_done(rows) {
                return Ok(());
            }
            match self.state {
                State::Start if *first == b'\\' => {
                    self.state = State::StartEscape;
                    bytes = &bytes[1..];
                }
                // The end mark: in a value the backslash would be doubled.
                State::StartEscape if *first == b'.' => self.has_ended = true,
                State::Start | State::StartEscape if !rows.begin() => {}
                State::Start => self.state = State::Value,
                State::Escape | State::StartEscape => {
                    self.escaped(*first);
                    bytes = &bytes[1..];
                }
                State::Value => bytes = self.value(bytes, rows)?,
            }
        }
        Ok(())
    }

    fn value<'a>(&mut self, bytes: &'a [u8], rows: &mut Rows) -> Result<&'a [u8], String> {
        let Some(at) = memchr3(b'\t', b'\n', b'\\', bytes) else {
            self.value.push(bytes);
            return Ok(&[]);
        };
        self.value.push(&bytes[..at]);
        match bytes[at] {
            b'\\' => self.state = State::Escape,
            b'\t' => self.end_value(rows)?,
            _ => self.end_row(rows)?,
        }
        Ok(&bytes[at + 1..])
    }

    fn escaped(&mut self, letter: u8) {
        self.state = State::Value;
        let character = match letter {
            b'N' if self.value.length() == 0 => {
                self.is_null = true;
                return;
            }
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            other => other,
        };
        self.value.push(&[character]);
    }

    fn end_value(&mut self, rows: &mut Rows) -> Result<(), String> {
        let value = self.value.take();
        let is_null = std::mem::take(&mut self.is_null);
        let Some(is_bytes) = self.columns.get(rows.width()) else {
            return Err(format!("a row has more than {} values", self.columns.len()));
        };
        rows.cell(match is_null {
            true => Cell::Null,
            false if *is_bytes && value.kept().starts_with(HEX) => {
                value.into_bytes_of_hex(HEX.len())
            }
            false => value.cut_to(KEPT).into_text(),
        });
        Ok(())
    }

    fn end_row(&mut self, rows: &mut Rows) -> Result<(), String> {
        // A table without columns has rows that are empty lines.
        if !self.columns.is_empty() || self.value.length() > 0 {
            self.end_value(rows)?;
        }
        if rows.width() < self.columns.len() {
            return Err(format!("a row has fewer than {} values", self.columns.len()));
        }
        rows.end();
        self.state = State::Start;
        Ok(())
    }
}
