//! Dollar quotes, and what goes by lines: rows of `COPY`, commands for the client, delimiters.
//!
//! Owns where these end.

use memchr::memchr;

use super::super::speech::Speech;
use super::{A_DOLLAR, Around, Lexer, MAX_KEPT, OnToken, SANDBOX, State, Token};

impl Lexer {
    pub(super) fn open_dollar(&mut self) -> Result<(), String> {
        match self.speech {
            Speech::Postgres => {
                self.begin(State::Tag);
                self.tag = vec![b'$'];
                Ok(())
            }
            Speech::Mysql => Err(A_DOLLAR.into()),
            Speech::Sqlite => {
                self.begin(State::Word);
                Ok(())
            }
        }
    }

    pub(super) fn in_tag(&mut self, byte: u8, at: usize, on: OnToken<'_>) -> Result<usize, String> {
        if byte == b'$' {
            self.tag.push(byte);
            self.state = State::Dollar { seen: 0 };
            return Ok(at + 1);
        }
        let is_first = self.tag.len() == 1;
        let is_part = byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80;
        if self.tag.len() < MAX_KEPT && (is_part || byte.is_ascii_digit() && !is_first) {
            self.tag.push(byte);
            return Ok(at + 1);
        }
        if self.tag.len() >= MAX_KEPT {
            return Err("has a quote with a name that is too long".into());
        }
        // `$1`, or a dollar that means nothing; what came behind it is a word of its own.
        let rest = std::mem::take(&mut self.tag).split_off(1);
        self.symbol(b'$', at.saturating_sub(1), on)?;
        self.kept = rest;
        self.state = if self.kept.is_empty() { State::Code } else { State::Word };
        Ok(at)
    }

    pub(super) fn in_dollars(
        &mut self,
        bytes: &[u8],
        at: usize,
        seen: usize,
        on: OnToken<'_>,
    ) -> Result<usize, String> {
        if seen == 0 {
            let rest = &bytes[at..];
            let Some(found) = memchr(b'$', rest) else { return Ok(bytes.len()) };
            self.state = State::Dollar { seen: 1 };
            return Ok(at + found + 1);
        }
        let byte = bytes[at];
        if self.tag.get(seen) != Some(&byte) {
            // A dollar may be the first one of the end.
            self.state = State::Dollar { seen: usize::from(byte == b'$') };
            return Ok(at + 1);
        }
        if seen + 1 < self.tag.len() {
            self.state = State::Dollar { seen: seen + 1 };
            return Ok(at + 1);
        }
        self.tag.clear();
        self.state = State::Code;
        on(Token::Text(""), at + 1)?;
        Ok(at + 1)
    }

    /// Lines up to the one that ends the rows.
    pub(super) fn in_rows(
        &mut self,
        bytes: &[u8],
        at: usize,
        on: OnToken<'_>,
    ) -> Result<usize, String> {
        const LONGEST: usize = 4;
        let rest = &bytes[at..];
        let end = memchr(b'\n', rest);
        let line = &rest[..end.unwrap_or(rest.len())];
        let room = LONGEST.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&line[..line.len().min(room)]);
        let Some(end) = end else { return Ok(bytes.len()) };
        let is_last = matches!(self.kept.as_slice(), b"\\." | b"\\.\r");
        self.kept.clear();
        if is_last {
            self.state = State::Code;
            self.has_ended = true;
            on(Token::RowsEnd, at + end + 1)?;
        }
        Ok(at + end + 1)
    }

    pub(super) fn end_command(&mut self, at: usize, on: OnToken<'_>) -> Result<(), String> {
        let kept = std::mem::take(&mut self.kept);
        let line = String::from_utf8_lossy(&kept);
        self.state = State::Code;
        if self.around == Around::Either && line.trim_end() == SANDBOX {
            self.around = Around::Nothing;
            self.is_empty = true;
            return Ok(());
        }
        (self.is_empty, self.has_ended) = (true, true);
        on(Token::Command(line.trim_end()), at).map(drop)
    }

    pub(super) fn end_delimiter(&mut self) -> Result<(), String> {
        let line = std::mem::take(&mut self.kept);
        let wanted = line.trim_ascii();
        let is_plain = |byte: &u8| b";$|%~^@&".contains(byte);
        let is_known = wanted == b"//" || wanted.len() <= 4 && wanted.iter().all(is_plain);
        if wanted.is_empty() || !is_known || line.first() != Some(&b' ') {
            return Err("sets a delimiter that not every client reads alike".into());
        }
        self.delimiter = wanted.to_vec();
        self.ending = 0;
        self.state = State::Code;
        Ok(())
    }
}
