//! The gate through which a foreign script goes to its client: a statement passes when its end has been seen
//! and its engine's rules have nothing against it.
//!
//! Owns holding a statement back. Nothing of a statement that is refused has reached the client, but for the
//! first rows of one that is longer than memory should be; the client is ended before it could run that.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::lexer::{Lexer, Next, Token};
use super::speech::{Quotes, Speech};
use crate::error::{Error, LoadError};

/// A longer statement goes on while it is read, if it is one that only inserts rows.
const MAX_HELD: usize = 1 << 20;
/// No other statement is longer.
const MAX_STATEMENT: usize = 32 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What becomes of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Verdict {
    /// It goes on.
    Pass,
    /// It goes on, and rows follow it.
    PassWithRows,
    /// It is for the client and not needed.
    Drop,
    /// It is left out, because of what it would do: "owners and grants".
    LeaveOut(&'static str),
}

/// What the statements of one engine may do. An error is the end of a sentence: "it …".
pub(in super::super) trait Rules: Send {
    /// Takes note of a part of a statement. A command for the client that is not refused is left out.
    fn token(&mut self, token: &Token<'_>, in_block: bool) -> Result<(), String>;

    /// Judges the statement that ends here, and forgets it.
    fn end(&mut self) -> Result<Verdict, String>;

    /// Whether it is clear before its end that a statement does nothing but insert rows.
    fn only_inserts(&self) -> bool;

    /// How texts are read from here on, where the script can say so.
    fn quotes(&self) -> Option<Quotes> {
        None
    }
}

/// A gate for one script.
pub(in super::super) struct Gate<R> {
    lexer: Lexer,
    rules: R,
    held: Vec<u8>,
    /// Whether the beginning of the statement, or of its rows, has gone on.
    is_open: bool,
    has_begun: bool,
    lines: u64,
    left_out: BTreeMap<&'static str, u64>,
}

/// How a gate is left.
#[derive(Debug, Default)]
pub(in super::super) struct Passed {
    /// What was left out, and how many statements that were.
    pub(in super::super) left_out: BTreeMap<&'static str, u64>,
}

impl Passed {
    /// What was left out, each one sentence.
    pub(in super::super) fn warnings(&self) -> Vec<String> {
        let left_out = self.left_out.iter();
        left_out
            .map(|(what, count)| match count {
                1 => format!("One statement was left out: {what}"),
                count => format!("{count} statements were left out: {what}"),
            })
            .collect()
    }
}

impl<R: Rules> Gate<R> {
    pub(in super::super) fn new(speech: Speech, rules: R) -> Self {
        let mut lexer = Lexer::new(speech);
        if let Some(quotes) = rules.quotes() {
            lexer.set_quotes(quotes);
        }
        Self {
            lexer,
            rules,
            held: Vec::new(),
            is_open: false,
            has_begun: false,
            lines: 0,
            left_out: BTreeMap::new(),
        }
    }

    /// Passes the next piece on to `sink`, as far as whole statements reach.
    pub(in super::super) fn pass(&mut self, bytes: &[u8], sink: &mut dyn Write) -> io::Result<()> {
        let bytes = self.without_mark(bytes);
        let mut from = 0;
        while from < bytes.len() {
            let Some((token, end)) = self.read(&bytes[from..])? else { break };
            self.held.extend_from_slice(&bytes[from..from + end]);
            from += end;
            self.settle(token, sink)?;
        }
        self.held.extend_from_slice(&bytes[from..]);
        self.ease(sink)
    }

    /// Passes on what is still held, when it is whole.
    pub(in super::super) fn finish(mut self, sink: &mut dyn Write) -> io::Result<Passed> {
        let Self { lexer, rules, .. } = &mut self;
        let in_block = lexer.in_block();
        let mut is_command = false;
        let mut on_token = |token: Token<'_>, _| {
            is_command |= matches!(token, Token::Command(_));
            rules.token(&token, in_block).map(|()| Next::Script)
        };
        let ended = lexer.finish(&mut on_token);
        ended.map_err(|what| self.refusal(what))?;
        if is_command {
            self.held.clear();
        }
        if !self.lexer.is_outside() {
            return Err(self.refusal("ends in the middle of a statement".to_owned()));
        }
        if !self.lexer.is_empty() {
            let verdict = self.rules.end().map_err(|what| self.refusal(what))?;
            if verdict == Verdict::PassWithRows {
                return Err(self.refusal("ends before the rows of a table".to_owned()));
            }
            self.carry_out(verdict, sink)?;
        }
        sink.write_all(&self.held)?;
        Ok(Passed { left_out: self.left_out })
    }

    /// Reads up to the next end of a statement, and tells how many bytes that were.
    fn read(&mut self, bytes: &[u8]) -> io::Result<Option<(Verdict, usize)>> {
        // The lexer stops at a statement's end, because the verdict decides how it goes on.
        let Self { lexer, rules, .. } = self;
        let in_block = lexer.in_block();
        let mut found = None;
        let mut on_token = |token: Token<'_>, end: usize| {
            let verdict = match token {
                Token::End => rules.end()?,
                Token::RowsEnd | Token::Delimiter => Verdict::Pass,
                token @ Token::Command(_) => {
                    rules.token(&token, in_block).map(|()| Verdict::Drop)?
                }
                token => return rules.token(&token, in_block).map(|()| Next::Script),
            };
            found = Some((verdict, end));
            Ok(if verdict == Verdict::PassWithRows { Next::Rows } else { Next::Script })
        };
        let read = lexer.feed(bytes, &mut on_token);
        if let Some(quotes) = self.rules.quotes() {
            self.lexer.set_quotes(quotes);
        }
        match read {
            Ok(()) => Ok(found),
            Err(what) => {
                self.held.extend_from_slice(bytes);
                Err(self.refusal(what))
            }
        }
    }

    /// Passes on, or leaves out, what is held: a whole statement or its last piece.
    fn settle(&mut self, verdict: Verdict, sink: &mut dyn Write) -> io::Result<()> {
        self.carry_out(verdict, sink)?;
        self.is_open = verdict == Verdict::PassWithRows;
        Ok(())
    }

    fn carry_out(&mut self, verdict: Verdict, sink: &mut dyn Write) -> io::Result<()> {
        self.lines += lines_in(&self.held);
        match verdict {
            Verdict::Pass | Verdict::PassWithRows => sink.write_all(&self.held)?,
            Verdict::LeaveOut(what) => *self.left_out.entry(what).or_default() += 1,
            Verdict::Drop => {}
        }
        self.held.clear();
        Ok(())
    }

    /// Lets the beginning of a long statement go, where that is safe.
    fn ease(&mut self, sink: &mut dyn Write) -> io::Result<()> {
        self.is_open |= self.held.len() >= MAX_HELD && self.rules.only_inserts();
        if self.is_open {
            self.lines += lines_in(&self.held);
            sink.write_all(&self.held)?;
            self.held.clear();
        } else if self.held.len() > MAX_STATEMENT {
            return Err(self.refusal("has a statement that is too long to be looked at".to_owned()));
        }
        Ok(())
    }

    fn without_mark<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if std::mem::replace(&mut self.has_begun, true) {
            return bytes;
        }
        bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
    }

    fn refusal(&self, what: String) -> io::Error {
        // Where it begins; blanks before it belong to nothing.
        let blank = self.held.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let line = 1 + self.lines + lines_in(&self.held[..blank]);
        io::Error::other(Error::from(LoadError::NotLoaded { what, line }))
    }
}

fn lines_in(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
