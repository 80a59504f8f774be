//! A dump script, read in pieces of any size.
//!
//! Owns the states between two bytes: in code, in a text, in a comment, in a block that another
//! delimiter ends. Rows are counted by their parentheses; everything else of a statement is judged by
//! its beginning.

use memchr::{memchr, memchr2};

use super::head;
use super::{Contents, Item, ItemKind, Part, Watcher};

/// Enough for the column list of the widest table.
const MAX_HEAD: usize = 1024 * 1024;
/// More of a line than any command of a client has.
const MAX_LINE: usize = 64;
const COMPLETED: &[u8] = b" Dump completed";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    Quoted(u8),
    Escaped(u8),
    Dash,
    DashDash,
    LineComment,
    Slash,
    SlashStar,
    SlashStarM,
    BlockComment,
    BlockCommentStar,
    VersionStar,
    /// In the lines between `DELIMITER ;;` and `DELIMITER ;`.
    Block,
}

/// Where in a statement the last step was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Before,
    Within,
    End,
}

/// A statement of a block that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finished {
    /// What it makes.
    pub(super) made: Option<Item>,
}

/// Reads a script that goes by.
#[derive(Clone)]
pub(in super::super) struct Scanner {
    state: State,
    delimiter: Vec<u8>,
    in_version: bool,
    head: Vec<u8>,
    /// How deep in parentheses of an `INSERT`'s rows; `None` outside of rows.
    depth: Option<u32>,
    inserting: Option<Item>,
    rows: u64,
    line: Vec<u8>,
    line_length: usize,
    comment: Vec<u8>,
    statement: u64,
    mark: Mark,
    completed: bool,
    finished: Option<Finished>,
    made: Option<(Item, Vec<u8>)>,
    contents: Contents,
}

impl Scanner {
    /// A scanner at the beginning of a script.
    pub(in super::super) fn new() -> Self {
        Self {
            state: State::Code,
            delimiter: b";".to_vec(),
            in_version: false,
            head: Vec::new(),
            depth: None,
            inserting: None,
            rows: 0,
            line: Vec::new(),
            line_length: 0,
            comment: Vec::new(),
            statement: 0,
            mark: Mark::Within,
            completed: false,
            finished: None,
            made: None,
            contents: Contents::default(),
        }
    }

    /// Reads the next piece.
    pub(in super::super) fn feed(&mut self, bytes: &[u8]) {
        self.feed_watched(bytes, &mut ());
    }

    /// Reads the next piece and tells `watcher` what it holds.
    pub(in super::super) fn feed_watched(&mut self, bytes: &[u8], watcher: &mut impl Watcher) {
        let mut at = 0;
        while at < bytes.len() {
            let part = self.part();
            let next = self.step(bytes, at);
            self.measure((next - at) as u64);
            if let Some(part) = part {
                watcher.rows(&bytes[at..next], part);
            } else if let (Some(_), Some(item)) = (self.depth, &self.inserting) {
                watcher.rows_begin(&item.name, &self.head);
            } else if let Some((item, statement)) = self.made.take() {
                watcher.made(&item, &statement);
            }
            at = next;
        }
    }

    /// What the next byte is part of, when it is one of rows.
    fn part(&self) -> Option<Part> {
        Some(match (self.depth?, self.state) {
            (0, _) => Part::Between,
            (_, State::Quoted(_) | State::Escaped(_)) => Part::Text,
            _ => Part::Values,
        })
    }

    /// Counts the bytes of one step; the statement may have ended, or not begun, with it.
    fn measure(&mut self, bytes: u64) {
        self.statement += bytes;
        match std::mem::replace(&mut self.mark, Mark::Within) {
            Mark::Within => return,
            Mark::Before => {}
            Mark::End => {
                let longest = self.contents.longest_statement.max(self.statement);
                self.contents.longest_statement = longest;
            }
        }
        self.statement = 0;
    }

    /// What the script held, or why it is not complete.
    pub(in super::super) fn finish(mut self) -> Result<Contents, &'static str> {
        if self.state == State::LineComment {
            self.end_comment();
        }
        match (self.is_between(), self.completed) {
            (false, _) => Err("it ends in the middle of a statement"),
            (true, false) => Err("its last line, `-- Dump completed`, is missing"),
            (true, true) => Ok(self.contents),
        }
    }

    /// Rows inserted so far.
    pub(in super::super) fn rows(&self) -> u64 {
        self.contents.rows + self.rows
    }

    /// The table or view that was made last, and how many there were so far.
    pub(in super::super) fn current(&self) -> Option<(&str, usize)> {
        let item = self.inserting.as_ref()?;
        let is_table = |item: &&Item| item.kind == ItemKind::Table;
        Some((&item.name, self.contents.items.keys().filter(is_table).count()))
    }

    /// Whether the next byte begins a statement, outside of blocks.
    pub(super) fn is_between(&self) -> bool {
        self.state == State::Code && self.depth.is_none() && self.head.trim_ascii().is_empty()
    }

    /// Whether the next byte stands between `DELIMITER ;;` and `DELIMITER ;`.
    pub(super) fn in_block(&self) -> bool {
        self.state == State::Block
    }

    /// The statement of a block that has ended since the last call.
    pub(super) fn take_finished(&mut self) -> Option<Finished> {
        self.finished.take()
    }

    /// Reads at least one byte, or changes the state, and returns the place of the next.
    fn step(&mut self, bytes: &[u8], at: usize) -> usize {
        let byte = bytes[at];
        match self.state {
            State::Code if self.depth.is_some() => return self.in_rows(bytes, at),
            State::Code => self.in_code(byte),
            State::Quoted(quote) => return self.in_quotes(bytes, at, quote),
            State::Escaped(quote) => {
                self.keep(byte);
                self.state = State::Quoted(quote);
            }
            State::LineComment => return self.in_line_comment(bytes, at),
            State::Block => return self.in_lines(bytes, at),
            State::BlockComment => {
                let star = memchr(b'*', &bytes[at..]);
                self.state = star.map_or(State::BlockComment, |_| State::BlockCommentStar);
                return star.map_or(bytes.len(), |star| at + star + 1);
            }
            State::BlockCommentStar if byte == b'/' => self.state = State::Code,
            State::BlockCommentStar if byte == b'*' => {}
            State::BlockCommentStar => self.state = State::BlockComment,
            _ => return self.decide(byte, at),
        }
        at + 1
    }

    /// Two bytes that only together mean something.
    fn decide(&mut self, byte: u8, at: usize) -> usize {
        let (kept, state): (&[u8], _) = match (self.state, byte) {
            (State::Dash, b'-') => (b"", State::DashDash),
            (State::Dash, _) => return self.take_back(b"-", at),
            (State::DashDash, b' ' | b'\t' | b'\r' | b'\n') => {
                self.comment.clear();
                self.state = State::LineComment;
                return at;
            }
            (State::DashDash, _) => return self.take_back(b"--", at),
            (State::Slash, b'*') => (b"", State::SlashStar),
            (State::Slash, _) => return self.take_back(b"/", at),
            (State::SlashStar, b'!') => (b"/*!", State::Code),
            (State::SlashStar, b'M') => (b"", State::SlashStarM),
            (State::SlashStarM, b'!') => (b"/*M!", State::Code),
            (State::SlashStar | State::SlashStarM, _) => {
                self.state = State::BlockComment;
                return at;
            }
            (State::VersionStar, b'/') => {
                self.in_version = false;
                (b"*/", State::Code)
            }
            (State::VersionStar, _) => return self.take_back(b"*", at),
            (state, _) => (b"", state),
        };
        self.in_version |= kept.ends_with(b"!");
        self.extend(kept);
        self.state = state;
        at + 1
    }

    /// It was code after all.
    fn take_back(&mut self, kept: &[u8], at: usize) -> usize {
        self.extend(kept);
        self.state = State::Code;
        at
    }

    fn in_code(&mut self, byte: u8) {
        match byte {
            b'\'' | b'"' | b'`' => {
                self.state = State::Quoted(byte);
                self.keep(byte);
            }
            b'-' => self.state = State::Dash,
            b'/' => self.state = State::Slash,
            b'*' if self.in_version => self.state = State::VersionStar,
            b';' if !self.in_version && !self.head.starts_with(b"DELIMITER ") => {
                self.end_statement();
            }
            b'\n' if self.is_delimiter_line() => self.change_delimiter(),
            b'(' => self.open_parenthesis(),
            b' ' | b'\t' | b'\r' | b'\n' if self.head.is_empty() => self.mark = Mark::Before,
            _ => self.keep(byte),
        }
    }

    fn open_parenthesis(&mut self) {
        if let Some(name) = head::insert_target(&self.head) {
            self.inserting = Some(Item { kind: ItemKind::Table, name });
            self.depth = Some(1);
            self.rows = 1;
        } else {
            self.keep(b'(');
        }
    }

    /// The rows of an `INSERT`: nothing but values, parentheses and texts. Ends where a row does.
    fn in_rows(&mut self, bytes: &[u8], mut at: usize) -> usize {
        let mut depth = self.depth.unwrap_or_default();
        while let Some(byte) = bytes.get(at) {
            at += 1;
            match byte {
                b'(' if depth == 0 => {
                    self.rows += 1;
                    depth = 1;
                    break;
                }
                b'(' => depth += 1,
                b')' if depth == 1 => {
                    depth = 0;
                    break;
                }
                b')' => depth = depth.saturating_sub(1),
                b'\'' | b'"' => {
                    self.state = State::Quoted(*byte);
                    break;
                }
                b';' if depth == 0 => {
                    self.end_rows();
                    return at;
                }
                _ => {}
            }
        }
        self.depth = Some(depth);
        at
    }

    fn in_quotes(&mut self, bytes: &[u8], at: usize, quote: u8) -> usize {
        let rest = &bytes[at..];
        let found = if quote == b'`' { memchr(quote, rest) } else { memchr2(quote, b'\\', rest) };
        let end = found.map_or(rest.len(), |found| found + 1);
        if self.depth.is_none() {
            self.extend(&rest[..end]);
        }
        if let Some(found) = found {
            let is_end = rest[found] == quote;
            self.state = if is_end { State::Code } else { State::Escaped(quote) };
        }
        at + end
    }

    fn in_line_comment(&mut self, bytes: &[u8], at: usize) -> usize {
        let rest = &bytes[at..];
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let free = MAX_LINE - self.comment.len();
        self.comment.extend_from_slice(&rest[..end.min(free)]);
        if end < rest.len() {
            self.end_comment();
            return at + end + 1;
        }
        bytes.len()
    }

    fn end_comment(&mut self) {
        self.completed |= self.head.trim_ascii().is_empty() && self.comment.starts_with(COMPLETED);
        self.state = State::Code;
    }

    /// The lines of a block. A statement ends where a line ends with the delimiter.
    fn in_lines(&mut self, bytes: &[u8], at: usize) -> usize {
        let rest = &bytes[at..];
        let found = memchr(b'\n', rest);
        let piece = &rest[..found.map_or(rest.len(), |found| found + 1)];
        self.extend(piece);
        self.line_length += piece.len();
        self.line.extend_from_slice(piece);
        if self.line.len() > 2 * MAX_LINE {
            // Only a line's end matters when it is longer than any command.
            self.line.drain(..self.line.len() - MAX_LINE);
        }
        if found.is_some() {
            self.end_line();
        }
        at + piece.len()
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let is_short = std::mem::take(&mut self.line_length) == line.len();
        let text = line.trim_ascii();
        if let Some(delimiter) = delimiter_in(text).filter(|_| is_short) {
            self.head.clear();
            self.set_delimiter(delimiter.to_vec());
        } else if text.ends_with(&self.delimiter) {
            self.finished = Some(Finished { made: head::made_by(&self.head) });
            self.end_statement();
        }
    }

    fn is_delimiter_line(&self) -> bool {
        self.head.len() < MAX_LINE && delimiter_in(self.head.trim_ascii()).is_some()
    }

    fn change_delimiter(&mut self) {
        let delimiter = delimiter_in(self.head.trim_ascii()).unwrap_or(b";").to_vec();
        self.head.clear();
        self.set_delimiter(delimiter);
    }

    fn set_delimiter(&mut self, delimiter: Vec<u8>) {
        self.state = if delimiter == b";" { State::Code } else { State::Block };
        self.delimiter = delimiter;
        self.mark = Mark::Before;
    }

    fn end_rows(&mut self) {
        if let Some(item) = self.inserting.clone() {
            *self.contents.items.entry(item).or_default() += self.rows;
        }
        self.contents.rows += self.rows;
        self.rows = 0;
        self.depth = None;
        self.end_statement();
    }

    fn end_statement(&mut self) {
        if let Some(item) = head::made_by(&self.head) {
            if item.kind == ItemKind::Table {
                self.inserting = Some(item.clone());
            }
            self.contents.items.entry(item.clone()).or_default();
            self.made = Some((item, std::mem::take(&mut self.head)));
        }
        self.completed = false;
        self.head.clear();
        self.mark = Mark::End;
    }

    fn keep(&mut self, byte: u8) {
        if self.depth.is_none() && self.head.len() < MAX_HEAD {
            self.head.push(byte);
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        let free = MAX_HEAD - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(free)]);
    }
}

/// The delimiter that a line of this text sets.
fn delimiter_in(line: &[u8]) -> Option<&[u8]> {
    let (word, rest) = line.split_at_checked(9)?;
    let delimiter = rest.trim_ascii();
    let is_command = word.eq_ignore_ascii_case(b"DELIMITER") && rest.first() == Some(&b' ');
    (is_command && !delimiter.is_empty()).then_some(delimiter)
}
