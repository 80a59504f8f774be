//! The rows of an `INSERT` as a dump tool writes them: `1,'text',NULL),(0x00ff,…);`.
//!
//! Owns the literals. Which table they are of belongs to `rows`.

use memchr::memchr2;

use super::super::rows::{Cell, KEPT, Rows, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between two rows.
    Between,
    /// In a value, outside of quotes.
    Word,
    Quoted,
    Escape,
    /// Behind a quote that ends the text, unless another follows.
    QuoteSeen,
    /// Behind a text that has ended.
    Closed,
}

/// What stands before the digits of a number in base 16.
const HEX: &[u8] = b"0x";

/// Reads rows out of the text, however it is cut.
#[derive(Debug)]
pub(super) struct Literals {
    state: State,
    /// What stands outside of quotes: the whole value, or what says how to read the text.
    word: Value,
    text: Value,
    has_text: bool,
    /// Values of each row.
    columns: usize,
}

impl Literals {
    /// Reads rows of so many values. It begins behind the parenthesis of the first row.
    pub fn new(columns: usize) -> Self {
        let (word, text) = (Value::keeping(HEX.len() + 2 * KEPT), Value::keeping(KEPT));
        Self { state: State::Between, word, text, has_text: false, columns }
    }

    /// The first row of a statement begins.
    pub fn begin(&mut self, rows: &mut Rows) {
        self.state = if rows.begin() { State::Word } else { State::Between };
    }

    /// Reads the next bytes. The error says what is wrong with them.
    pub fn feed(&mut self, mut bytes: &[u8], rows: &mut Rows) -> Result<(), String> {
        while !bytes.is_empty() && !rows.has_more() {
            bytes = match self.state {
                State::Quoted => self.quoted(bytes),
                State::Word if !self.has_text && !ends_word(bytes[0]) => self.word(bytes),
                _ => {
                    self.step(bytes[0], rows)?;
                    &bytes[1..]
                }
            };
        }
        Ok(())
    }

    fn step(&mut self, byte: u8, rows: &mut Rows) -> Result<(), String> {
        self.state = match (self.state, byte) {
            (State::Between, b'(') => {
                self.begin(rows);
                self.state
            }
            (State::Between, b',' | b';' | b' ' | b'\n' | b'\r') => State::Between,
            (State::Between, _) => return Err("something stands between its rows".to_owned()),
            (State::Escape, letter) => {
                self.text.push(&[unescaped(letter)]);
                State::Quoted
            }
            (State::QuoteSeen, b'\'') => {
                self.text.push(b"'");
                State::Quoted
            }
            (State::Word | State::QuoteSeen | State::Closed, b',') => {
                self.end_value(rows)?;
                State::Word
            }
            (State::Word | State::QuoteSeen | State::Closed, b')') => {
                self.end_value(rows)?;
                if rows.width() < self.columns {
                    return Err(format!("a row has fewer than {} values", self.columns));
                }
                rows.end();
                State::Between
            }
            (State::Word, b'\'') if !self.has_text => {
                self.has_text = true;
                State::Quoted
            }
            (State::Word, b' ') => State::Word,
            (State::QuoteSeen | State::Closed, b' ') => State::Closed,
            _ => return Err("a value in it is none that a dump has".to_owned()),
        };
        Ok(())
    }

    fn word<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = bytes.iter().position(|byte| ends_word(*byte)).unwrap_or(bytes.len());
        self.word.push(&bytes[..end]);
        &bytes[end..]
    }

    fn quoted<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(at) = memchr2(b'\'', b'\\', bytes) else {
            self.text.push(bytes);
            return &[];
        };
        self.text.push(&bytes[..at]);
        self.state = if bytes[at] == b'\\' { State::Escape } else { State::QuoteSeen };
        &bytes[at + 1..]
    }

    fn end_value(&mut self, rows: &mut Rows) -> Result<(), String> {
        if rows.width() == self.columns {
            return Err(format!("a row has more than {} values", self.columns));
        }
        let (word, text) = (self.word.take(), self.text.take());
        let has_text = std::mem::take(&mut self.has_text);
        rows.cell(match (has_text, word.kept()) {
            (true, b"_binary") => text.into_binary(),
            (true, b"x" | b"X") => text.into_bytes_of_hex(0),
            (true, _) => text.into_text(),
            (false, b"NULL") => Cell::Null,
            (false, b"") => return Err("a value in it is missing".to_owned()),
            (false, number) if number.starts_with(HEX) => word.into_bytes_of_hex(HEX.len()),
            (false, _) => word.into_text(),
        });
        Ok(())
    }
}

fn ends_word(byte: u8) -> bool {
    matches!(byte, b',' | b'(' | b')' | b'\'' | b' ')
}

/// What the letter behind a backslash means.
fn unescaped(letter: u8) -> u8 {
    match letter {
        b'0' => 0,
        b'b' => 8,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'Z' => 0x1a,
        other => other,
    }
}
