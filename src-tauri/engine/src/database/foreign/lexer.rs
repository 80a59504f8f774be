//! A foreign script cut into tokens while it goes by, in pieces of any size.
//!
//! Owns the states between two bytes. It has to see every statement that a client or a server would see, so
//! where their readings may differ it refuses: a reader that guesses can be led astray. What a statement may
//! do is judged by the rules of each engine.

use memchr::{memchr, memchr2};

use super::speech::{Comment, Quotes, Speech};

/// As much of a name, a word or a text as is kept.
const MAX_KEPT: usize = 256;
const A_DOLLAR: &str = "has a dollar outside of quotes, which not every client reads alike";
/// What MariaDB's tools write into the conditional comment of their first line.
const SANDBOX: &str = r"\- enable the sandbox mode */";

/// A part of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Token<'a> {
    /// A keyword, a number or a name without quotes.
    Word(&'a str),
    /// A name in quotes.
    Name(&'a str),
    /// The beginning of a text.
    Text(&'a str),
    /// Anything else, one byte.
    Symbol(u8),
    /// A line for the client.
    Command(&'a str),
    /// A line that sets what ends a statement.
    Delimiter,
    /// The end of a statement.
    End,
    /// The end of the rows behind a statement.
    RowsEnd,
}

/// What follows a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Next {
    /// More of the script.
    Script,
    /// Rows, up to a line `\.`, from the next line on.
    Rows,
}

/// Receives each token with the number of bytes of the piece that have been read. An error is the end of a
/// sentence: "it …".
pub(in super::super) type OnToken<'a> = &'a mut dyn FnMut(Token<'_>, usize) -> Result<Next, String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    Word,
    Number,
    Quoted {
        quote: u8,
        escapes: bool,
    },
    Escaped {
        quote: u8,
    },
    Dash,
    DashDash,
    Line,
    Slash,
    SlashStar,
    /// Behind `/*!` or `/*M!`: the digits of its version.
    Version {
        is_mariadb: bool,
    },
    Block {
        depth: u32,
        before: u8,
    },
    /// Behind a star in a versioned comment.
    Star,
    /// Behind a dollar: the name of a quote, perhaps.
    Tag,
    Dollar {
        seen: usize,
    },
    Backslash,
    Delimiter,
    /// Behind `COPY … FROM stdin;`.
    RowsBegin,
    Rows,
}

/// How the comment around the code has to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    Nothing,
    /// Every server carries out what stands in it.
    Code,
    /// Some servers take it for a comment, so it must end at the same place for both.
    Either,
}

/// Reads a script that goes by.
#[derive(Debug)]
pub(in super::super) struct Lexer {
    speech: Speech,
    state: State,
    around: Around,
    kept: Vec<u8>,
    /// The name of a dollar quote with its dollars.
    tag: Vec<u8>,
    delimiter: Vec<u8>,
    /// Bytes of the delimiter that have just been read.
    ending: usize,
    /// Whether the statement has not begun yet.
    is_empty: bool,
    /// Whether there was nothing but blanks in the line.
    is_line_start: bool,
    /// Whether the word that is being read is the first of a statement and of a line.
    is_first: bool,
    /// Whether the word that has just been read makes the quotes behind it a text with escapes.
    is_escape: bool,
    last: u8,
    /// Behind a text with escapes: whether a line has ended since. The text goes on in the next quotes then.
    continues: Option<bool>,
    quotes: Quotes,
    /// Whether a statement or its rows have just ended.
    has_ended: bool,
}

impl Lexer {
    pub(in super::super) fn new(speech: Speech) -> Self {
        Self {
            speech,
            state: State::Code,
            around: Around::Nothing,
            kept: Vec::new(),
            tag: Vec::new(),
            delimiter: b";".to_vec(),
            ending: 0,
            is_empty: true,
            is_line_start: true,
            is_first: false,
            is_escape: false,
            last: b'\n',
            continues: None,
            quotes: speech.quotes(),
            has_ended: false,
        }
    }

    /// Reads texts like this from here on.
    pub(in super::super) fn set_quotes(&mut self, quotes: Quotes) {
        self.quotes = quotes;
    }

    /// Whether nothing has begun that has not ended. A last statement may lack its end.
    pub(in super::super) fn is_outside(&self) -> bool {
        matches!(self.state, State::Code | State::Word | State::Number | State::Line)
            && self.around == Around::Nothing
    }

    /// Whether there is nothing of a statement since the last one ended.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Whether another delimiter than a semicolon ends a statement.
    pub(in super::super) fn in_block(&self) -> bool {
        self.delimiter != b";"
    }

    /// Reads the next piece, as far as the first end of a statement, of its rows, of a command or of
    /// a line that sets the delimiter.
    pub(in super::super) fn feed(
        &mut self,
        bytes: &[u8],
        on_token: OnToken<'_>,
    ) -> Result<(), String> {
        let mut at = 0;
        self.has_ended = false;
        while at < bytes.len() && !self.has_ended {
            let next = self.step(bytes, at, on_token)?;
            if next > at {
                self.last = bytes[next - 1];
                let is_blank = next == at + 1 && matches!(self.last, b' ' | b'\t');
                self.is_line_start = self.last == b'\n' || self.is_line_start && is_blank;
            }
            at = next;
        }
        Ok(())
    }

    /// Hands out what stands at the very end.
    pub(in super::super) fn finish(&mut self, on_token: OnToken<'_>) -> Result<(), String> {
        match self.state {
            State::Word | State::Number => self.end_word(0, on_token),
            State::Backslash => self.end_command(0, on_token),
            State::Delimiter => self.end_delimiter(),
            _ => Ok(()),
        }
    }

    /// Reads at least one byte, or changes the state, and returns the place of the next.
    fn step(&mut self, bytes: &[u8], at: usize, on: OnToken<'_>) -> Result<usize, String> {
        let byte = bytes[at];
        match self.state {
            State::Code => return self.in_code(byte, at, on),
            State::Word if self.speech.is_word(byte) && !self.delimiter.contains(&byte) => {
                self.keep(byte);
            }
            State::Number if byte.is_ascii_digit() => self.keep(byte),
            State::Word | State::Number => {
                self.end_word(at, on)?;
                return Ok(self.behind_word(byte, at));
            }
            State::Quoted { quote, escapes } => {
                return self.in_quotes(bytes, at, (quote, escapes), on);
            }
            State::Escaped { quote } => {
                self.keep(byte);
                self.state = State::Quoted { quote, escapes: true };
            }
            State::Line => return self.in_line(bytes, at),
            State::Block { depth, before } => {
                return self.in_block_comment(byte, at, depth, before);
            }
            State::Version { is_mariadb } => return self.in_version(byte, at, is_mariadb),
            State::Tag => return self.in_tag(byte, at, on),
            State::Dollar { seen } => return self.in_dollars(bytes, at, seen, on),
            State::Backslash if byte == b'\n' => self.end_command(at + 1, on)?,
            State::Delimiter if byte == b'\n' => {
                self.end_delimiter()?;
                self.has_ended = true;
                on(Token::Delimiter, at + 1)?;
            }
            State::Backslash | State::Delimiter => self.keep(byte),
            State::RowsBegin => match byte {
                b'\n' => self.state = State::Rows,
                b' ' | b'\t' | b'\r' => {}
                _ => return Err("has something behind `COPY … FROM stdin;` on its line".into()),
            },
            State::Rows => return self.in_rows(bytes, at, on),
            State::Dash | State::DashDash | State::Slash | State::SlashStar | State::Star => {
                return self.decide(byte, at, on);
            }
        }
        Ok(at + 1)
    }

    fn in_code(&mut self, byte: u8, at: usize, on: OnToken<'_>) -> Result<usize, String> {
        if self.ending == 1 && self.delimiter == b"$$" && byte != b'$' {
            return Err(A_DOLLAR.into());
        }
        if self.is_delimited(byte) {
            return self.end_statement(at + 1, on);
        }
        if self.ending > 0 && byte != b'/' {
            return self.symbol(byte, at, on);
        }
        if self.speech.is_blank(byte) {
            self.continues = self.continues.map(|ended| ended || byte == b'\n');
            return Ok(at + 1);
        }
        if byte == b'.' && self.is_line_start && self.is_empty && self.speech == Speech::Sqlite {
            self.begin(State::Backslash);
            self.keep(byte);
            return Ok(at + 1);
        }
        let was_continuing = self.continues.take();
        match byte {
            b'\'' | b'"' | b'`' | b'[' if self.speech.opens(byte) => {
                let continued = byte == b'\'' && was_continuing == Some(true);
                let is_text = byte == b'\'' || byte == b'"' && !self.quotes.has_double_names;
                self.open(byte, continued || self.quotes.escapes && is_text);
            }
            b'-' => self.open_comment(State::Dash, was_continuing),
            b'/' => self.open_comment(State::Slash, was_continuing),
            b'#' if self.speech == Speech::Mysql => self.state = State::Line,
            b'*' if self.around != Around::Nothing => self.state = State::Star,
            b'$' => self.open_dollar()?,
            b'\\' if self.speech != Speech::Sqlite => {
                self.begin(State::Backslash);
                self.keep(byte);
            }
            b'0'..=b'9' if self.speech.has_numbers() => {
                self.begin(State::Number);
                self.keep(byte);
            }
            _ if self.speech.is_word(byte) => {
                self.begin(State::Word);
                self.keep(byte);
            }
            0x00..=0x1f | 0x7f => {
                return Err(format!("has the control character {byte} in a statement"));
            }
            _ => return self.symbol(byte, at, on),
        }
        Ok(at + 1)
    }

    fn symbol(&mut self, byte: u8, at: usize, on: OnToken<'_>) -> Result<usize, String> {
        self.is_empty = false;
        on(Token::Symbol(byte), at + 1)?;
        Ok(at + 1)
    }

    /// Whether the delimiter ends here.
    fn is_delimited(&mut self, byte: u8) -> bool {
        let is_next = self.delimiter[self.ending] == byte;
        self.ending =
            if is_next { self.ending + 1 } else { usize::from(self.delimiter[0] == byte) };
        let is_whole = self.ending == self.delimiter.len();
        if is_whole {
            self.ending = 0;
        }
        is_whole
    }

    fn end_statement(&mut self, at: usize, on: OnToken<'_>) -> Result<usize, String> {
        self.continues = None;
        self.is_empty = true;
        self.has_ended = true;
        if on(Token::End, at)? == Next::Rows {
            self.state = State::RowsBegin;
        }
        Ok(at)
    }

    fn begin(&mut self, state: State) {
        self.is_first = self.is_empty && self.is_line_start;
        self.is_empty = false;
        self.kept.clear();
        self.state = state;
    }

    fn open(&mut self, quote: u8, escapes: bool) {
        let end = if quote == b'[' { b']' } else { quote };
        self.begin(State::Quoted { quote: end, escapes });
    }

    fn open_comment(&mut self, state: State, continues: Option<bool>) {
        self.continues = continues;
        self.state = state;
    }

    fn open_dollar(&mut self) -> Result<(), String> {
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

    fn keep(&mut self, byte: u8) {
        if self.kept.len() < MAX_KEPT {
            self.kept.push(byte);
        }
    }

    fn end_word(&mut self, at: usize, on: OnToken<'_>) -> Result<(), String> {
        const SETS: &str = "delimiter";
        let kept = std::mem::take(&mut self.kept);
        let word = String::from_utf8_lossy(&kept);
        self.state = State::Code;
        let end = word.len().checked_sub(SETS.len()).and_then(|from| word.get(from..));
        if self.speech == Speech::Mysql && end.is_some_and(|end| end.eq_ignore_ascii_case(SETS)) {
            if !self.is_first || word.len() > SETS.len() {
                return Err("has the word `delimiter` where not every client reads it alike".into());
            }
            self.is_empty = true;
            self.state = State::Delimiter;
            return Ok(());
        }
        self.is_escape = self.speech == Speech::Postgres && word.eq_ignore_ascii_case("e");
        on(Token::Word(&word), at).map(drop)
    }

    /// The byte behind a word, which may belong to it.
    fn behind_word(&mut self, byte: u8, at: usize) -> usize {
        if std::mem::take(&mut self.is_escape) && byte == b'\'' {
            self.open(byte, true);
            return at + 1;
        }
        at
    }

    fn in_quotes(
        &mut self,
        bytes: &[u8],
        at: usize,
        (quote, escapes): (u8, bool),
        on: OnToken<'_>,
    ) -> Result<usize, String> {
        let rest = &bytes[at..];
        let found = if escapes { memchr2(quote, b'\\', rest) } else { memchr(quote, rest) };
        let end = found.unwrap_or(rest.len());
        self.check_either(&rest[..end])?;
        let is_name = match quote {
            b'\'' => false,
            b'"' => self.quotes.has_double_names,
            _ => true,
        };
        // The clients of MySQL do not know that this is a name.
        if quote == b'"' && is_name && self.speech == Speech::Mysql && rest[..end].contains(&b'\\')
        {
            return Err("has a backslash in a name that not every client reads alike".into());
        }
        let room = MAX_KEPT.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&rest[..end.min(room)]);
        if found.is_none() {
            return Ok(bytes.len());
        }
        if rest[end] != quote {
            self.keep(b'\\');
            self.state = State::Escaped { quote };
            return Ok(at + end + 1);
        }
        let kept = std::mem::take(&mut self.kept);
        let text = String::from_utf8_lossy(&kept);
        self.state = State::Code;
        if quote == b'\'' && escapes && self.speech == Speech::Postgres && !self.quotes.escapes {
            self.continues = Some(false);
        }
        let token = if is_name { Token::Name(&text) } else { Token::Text(&text) };
        on(token, at + end + 1)?;
        Ok(at + end + 1)
    }

    /// What ends a comment for one server must not stand in a text for another.
    fn check_either(&self, text: &[u8]) -> Result<(), String> {
        let ends = memchr::memmem::find(text, b"*/").is_some()
            || self.last == b'*' && text.first() == Some(&b'/');
        if self.around == Around::Either && ends {
            return Err(
                "has a conditional comment that not every server ends at the same place".into()
            );
        }
        Ok(())
    }

    fn in_line(&mut self, bytes: &[u8], at: usize) -> Result<usize, String> {
        let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
        self.check_either(&bytes[at..end])?;
        if end < bytes.len() {
            self.state = State::Code;
            self.continues = self.continues.map(|_| true);
            return Ok(end + 1);
        }
        Ok(end)
    }

    fn in_block_comment(
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
    fn decide(&mut self, byte: u8, at: usize, on: OnToken<'_>) -> Result<usize, String> {
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

    fn in_version(&mut self, byte: u8, at: usize, is_mariadb: bool) -> Result<usize, String> {
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
            (None, 0) => Around::Code,
            // No server that is still run is older, or takes it for a version of the other maker.
            (Some(..50_700), 5) => Around::Code,
            (Some(_), 5) => Around::Either,
            _ => return Err("has a conditional comment that not every server reads alike".into()),
        };
        self.kept.clear();
        self.state = State::Code;
        Ok(at)
    }

    fn in_tag(&mut self, byte: u8, at: usize, on: OnToken<'_>) -> Result<usize, String> {
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

    fn in_dollars(
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

    fn end_command(&mut self, at: usize, on: OnToken<'_>) -> Result<(), String> {
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

    /// Lines up to the one that ends the rows.
    fn in_rows(&mut self, bytes: &[u8], at: usize, on: OnToken<'_>) -> Result<usize, String> {
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

    fn end_delimiter(&mut self) -> Result<(), String> {
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
