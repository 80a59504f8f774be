//! Comments, and those that some servers carry out.
//!
//! Owns where they end. A comment that is code for one server and none for another has to end at the same place for
//! both.

use memchr::memchr;

use super::super::speech::{Comment, Speech};
use super::{Around, Lexer, OnToken, State};

impl Lexer {
    pub(super) fn open_comment(&mut self, state: State, continues: Option<bool>) {
        self.continues = continues;
        self.state = state;
    }

    /// What ends a comment for one server must not stand in a text for another.
    pub(super) fn check_either(&self, text: &[u8]) -> Result<(), String> {
        let ends = memchr::memmem::find(text, b"*/").is_some()
            || self.last == b'*' && text.first() == Some(&b'/');
        if self.around == Around::Either && ends {
            return Err(
                "has a conditional comment that not every server ends at the same place".into()
            );
        }
        Ok(())
    }

    pub(super) fn in_line(&mut self, bytes: &[u8], at: usize) -> Result<usize, String> {
        let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
        self.check_either(&bytes[at..end])?;
        if end < bytes.len() {
            self.state = State::Code;
            self.continues = self.continues.map(|_| true);
            return Ok(end + 1);
        }
        Ok(end)
    }

    pub(super) fn in_block_comment(
        &mut self,
        byte: u8,
        at: usize,
        depth: u32,
        before: u8,
    ) -> Result<usize, String> {
        let nests = self.speech == Speech::Postgres;
        let (depth, before) = match (before, byte) {
            (b'*', b'/') if depth == 1 => {
                if self.around == Around::Either {
                    return Err("has a comment in a conditional comment".into());
                }
                self.state = State::Code;
                return Ok(at + 1);
            }
            (b'*', b'/') => (depth - 1, 0),
            (b'/', b'*') if nests => (depth + 1, 0),
            (_, byte) => (depth, byte),
        };
        self.state = State::Block { depth, before };
        Ok(at + 1)
    }

    /// Two bytes that only together mean something.
    pub(super) fn decide(&mut self, byte: u8, at: usize, on: OnToken<'_>) -> Result<usize, String> {
        let state = match (&self.state, byte) {
            (State::Dash, b'-') => match self.speech.line_comment() {
                Comment::Always => State::Line,
                Comment::BeforeBlank => State::DashDash,
            },
            (State::DashDash, b' ' | b'\t' | b'\n' | b'\r') => {
                self.state = State::Line;
                return Ok(at);
            }
            (State::DashDash, 0..=0x1f | 0x7f) => {
                return Err("has a comment that not every client reads alike".into());
            }
            (State::Slash, b'*') => match self.speech {
                Speech::Mysql => State::SlashStar,
                _ => State::Block { depth: 1, before: 0 },
            },
            (State::SlashStar, b'!') => State::Version { is_mariadb: false },
            (State::SlashStar, b'M') => State::Version { is_mariadb: true },
            (State::Slash, b'/') if self.delimiter == b"//" => {
                self.state = State::Code;
                self.ending = 0;
                return self.end_statement(at + 1, on);
            }
            (State::SlashStar, b'+') => return Err("has hints for the server in a comment".into()),
            (State::SlashStar, _) => {
                self.state = State::Block { depth: 1, before: 0 };
                return Ok(at);
            }
            (State::Star, b'/') => {
                self.around = Around::Nothing;
                State::Code
            }
            (state, _) => {
                let symbols: &[u8] = match state {
                    State::Dash => b"-",
                    State::DashDash => b"--",
                    State::Slash => b"/",
                    _ => b"*",
                };
                (self.state, self.continues) = (State::Code, None);
                for symbol in symbols {
                    self.symbol(*symbol, at.saturating_sub(1), on)?;
                }
                return Ok(at);
            }
        };
        (self.kept, self.ending) = (Vec::new(), 0);
        self.state = state;
        Ok(at + 1)
    }

    pub(super) fn in_version(
        &mut self,
        byte: u8,
        at: usize,
        is_mariadb: bool,
    ) -> Result<usize, String> {
        if byte.is_ascii_digit() || is_mariadb && byte == b'!' && self.kept.is_empty() {
            self.keep(byte);
            return Ok(at + 1);
        }
        let digits = self.kept.strip_prefix(b"!").unwrap_or(&self.kept);
        if is_mariadb && !self.kept.starts_with(b"!") {
            self.state = State::Block { depth: 1, before: 0 };
            return Ok(at);
        }
        if self.around != Around::Nothing {
            return Err("has a conditional comment in another".into());
        }
        let number = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<u32>().ok());
        self.around = match (number, digits.len()) {
            _ if is_mariadb => Around::Either,
            // No server that is still run is older, or takes it for a version of the other maker.
            (None, 0) | (Some(..50_700), 5) => Around::Code,
            (Some(_), 5) => Around::Either,
            _ => return Err("has a conditional comment that not every server reads alike".into()),
        };
        self.kept.clear();
        self.state = State::Code;
        Ok(at)
    }
}
