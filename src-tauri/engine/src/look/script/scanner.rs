//! Where one statement of a script ends and the next begins.
//!
//! Owns quotes, comments, dollar quotes, rows of `COPY`, and lines that are for the client and not for the
//! server. What a statement does is judged in `statement`.

use memchr::memchr;
use memchr::memmem::find;

use super::super::SqlDialect;

/// A part of a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A statement for the server, perhaps the last one without an end.
    Statement { text: &'a [u8], has_end: bool },
    /// A line for the client.
    Command(&'a [u8]),
}

/// Where a script ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Between two statements, or behind one that has no end.
    Outside,
    /// In a text, a comment or the rows of a table.
    Inside,
}

/// Hands the parts of `text` to `on_piece`.
pub(super) fn scan(text: &[u8], dialect: SqlDialect, on_piece: &mut dyn FnMut(Piece<'_>)) -> End {
    let mut scanner = Scanner { text, dialect, at: 0, start: None, delimiter: b";" };
    while scanner.at < text.len() {
        if !scanner.step(on_piece) {
            scanner.at = text.len();
            scanner.end_statement(false, 0, on_piece);
            return End::Inside;
        }
    }
    scanner.end_statement(false, 0, on_piece);
    End::Outside
}

struct Scanner<'a> {
    text: &'a [u8],
    dialect: SqlDialect,
    at: usize,
    /// Where the statement begins that is being read.
    start: Option<usize>,
    delimiter: &'a [u8],
}

impl Scanner<'_> {
    /// Passes over at least one byte; `false` when something has begun that does not end.
    fn step(&mut self, on_piece: &mut dyn FnMut(Piece<'_>)) -> bool {
        let rest = &self.text[self.at..];
        if self.start.is_none() && self.is_line_start() && self.line_for_client(on_piece) {
            return true;
        }
        if rest.starts_with(self.delimiter) {
            let is_copy = self.dialect == SqlDialect::Postgres && self.is_copy();
            self.end_statement(true, self.delimiter.len(), on_piece);
            return !is_copy || self.skip_rows();
        }
        match rest {
            [b' ' | b'\t' | b'\r' | b'\n', ..] => {
                self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            }
            // The first line of MariaDB's dumps is a comment for every other client.
            [b'/', b'*', b'M', b'!', b'9', ..] => return self.skip_comment(),
            [b'-', b'-', ..] | [b'#', ..] if self.is_comment() => self.at = self.line_end(),
            [b'/', b'*', b'!', ..] | [b'/', b'*', b'M', b'!', ..] if self.is_mysql() => {
                self.begin();
                self.at += 3;
            }
            [b'/', b'*', ..] => return self.skip_comment(),
            [quote @ (b'\'' | b'"' | b'`'), ..] => return self.skip_quoted(*quote),
            [b'[', ..] if self.dialect == SqlDialect::Sqlite => return self.skip_to(b"]", 1),
            [b'$', ..] if !self.is_mysql() => return self.skip_dollars(),
            [b'\\', ..] if self.dialect != SqlDialect::Sqlite => self.command(on_piece),
            _ => {
                self.begin();
                self.at += self.plain();
            }
        }
        true
    }

    fn is_mysql(&self) -> bool {
        matches!(self.dialect, SqlDialect::Mysql | SqlDialect::Mariadb)
    }

    fn begin(&mut self) {
        self.start.get_or_insert(self.at);
    }

    /// Bytes from here on that mean nothing by themselves.
    fn plain(&self) -> usize {
        let is_plain = |byte: &u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b',' | b'(' | b')' | b'.')
        };
        let delimiter = self.delimiter[0];
        let rest = &self.text[self.at..];
        let count = rest.iter().take_while(|byte| is_plain(byte) && **byte != delimiter).count();
        count.max(1)
    }

    fn line_end(&self) -> usize {
        memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |end| self.at + end)
    }

    fn is_line_start(&self) -> bool {
        self.at == 0 || self.text[self.at - 1] == b'\n'
    }

    fn is_comment(&self) -> bool {
        match self.text[self.at] {
            b'#' => self.is_mysql(),
            // For MySQL `--1` is a number.
            _ => !self.is_mysql() || self.text.get(self.at + 2).is_none_or(u8::is_ascii_whitespace),
        }
    }

    fn end_statement(
        &mut self,
        has_end: bool,
        skipped: usize,
        on_piece: &mut dyn FnMut(Piece<'_>),
    ) {
        if let Some(start) = self.start.take() {
            on_piece(Piece::Statement { text: &self.text[start..self.at], has_end });
        }
        self.at += skipped;
    }

    /// Commands of `sqlite3` and word commands of `mysql`, which stand at the beginning of a line.
    fn line_for_client(&mut self, on_piece: &mut dyn FnMut(Piece<'_>)) -> bool {
        const WORDS: [&[u8]; 6] = [b"system", b"source", b"tee", b"pager", b"edit", b"delimiter"];
        let line = self.text[self.at..self.line_end()].trim_ascii_end();
        let word_len = line.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, rest) = line.split_at(word_len);
        let is_word = WORDS.iter().any(|known| word.eq_ignore_ascii_case(known));
        let is_command = match self.dialect {
            SqlDialect::Sqlite => line.starts_with(b"."),
            SqlDialect::Mysql | SqlDialect::Mariadb => is_word && rest.starts_with(b" "),
            SqlDialect::Unknown => {
                line.starts_with(b".") && line.len() > 1 || word.eq_ignore_ascii_case(b"delimiter")
            }
            SqlDialect::Postgres => false,
        };
        if !is_command {
            return false;
        }
        if word.eq_ignore_ascii_case(b"delimiter") {
            let delimiter = rest.trim_ascii();
            self.delimiter = if delimiter.is_empty() { b";" } else { delimiter };
        } else {
            on_piece(Piece::Command(line));
        }
        self.at = self.line_end();
        true
    }

    /// A command that begins with a backslash, wherever it stands.
    fn command(&mut self, on_piece: &mut dyn FnMut(Piece<'_>)) {
        let end = self.line_end();
        on_piece(Piece::Command(self.text[self.at..end].trim_ascii_end()));
        self.at = end;
    }

    fn skip_to(&mut self, end: &[u8], from: usize) -> bool {
        self.begin();
        let found = self.text.get(self.at + from..).and_then(|rest| find(rest, end));
        if let Some(found) = found {
            self.at += from + found + end.len();
        }
        found.is_some()
    }

    /// A comment in which others may stand.
    fn skip_comment(&mut self) -> bool {
        let nests = self.dialect == SqlDialect::Postgres;
        let (mut at, mut depth) = (self.at + 2, 1_u32);
        while depth > 0 {
            let Some(rest) = self.text.get(at..) else { return false };
            let Some(found) = memchr::memchr2(b'*', b'/', rest) else { return false };
            at += found + 2;
            match &rest[found..] {
                [b'*', b'/', ..] => depth -= 1,
                [b'/', b'*', ..] if nests => depth += 1,
                _ => at -= 1,
            }
        }
        self.at = at;
        true
    }

    fn skip_quoted(&mut self, quote: u8) -> bool {
        self.begin();
        // `E'…'` is PostgreSQL's text with escapes.
        let before = self.at.checked_sub(1).map(|at| self.text[at]);
        let escapes = quote != b'`' && self.is_mysql()
            || quote == b'\''
                && self.dialect == SqlDialect::Postgres
                && matches!(before, Some(b'E' | b'e'));
        let mut at = self.at + 1;
        while let Some(rest) = self.text.get(at..) {
            let found =
                if escapes { memchr::memchr2(quote, b'\\', rest) } else { memchr(quote, rest) };
            let Some(found) = found else { return false };
            if rest[found] == quote {
                // A doubled quote opens the same text again at once.
                self.at = at + found + 1;
                return true;
            }
            at += found + 2;
        }
        false
    }

    /// A text between `$tag$` and `$tag$`, or a dollar that means nothing.
    fn skip_dollars(&mut self) -> bool {
        let rest = &self.text[self.at + 1..];
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        let length = rest.iter().take_while(|byte| is_name(byte)).count();
        let is_tag =
            rest.get(length) == Some(&b'$') && !rest.first().is_some_and(u8::is_ascii_digit);
        let before = self.at.checked_sub(1).map(|at| self.text[at]);
        if !is_tag || before.is_some_and(|byte| is_name(&byte)) {
            self.begin();
            self.at += 1;
            return true;
        }
        let tag = &self.text[self.at..self.at + length + 2];
        self.skip_to(tag, tag.len())
    }

    fn is_copy(&self) -> bool {
        let Some(start) = self.start else { return false };
        let text = self.text[start..self.at].to_ascii_lowercase();
        text.starts_with(b"copy ") && text.trim_ascii_end().ends_with(b" from stdin")
    }

    /// The rows behind `COPY … FROM stdin;`.
    fn skip_rows(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let end = find(rest, b"\n\\.\n").map(|end| end + 4);
        let end = end.or_else(|| find(rest, b"\n\\.\r\n").map(|end| end + 5));
        let end = end.or_else(|| rest.ends_with(b"\n\\.").then_some(rest.len()));
        if let Some(end) = end {
            self.at += end;
        }
        end.is_some()
    }
}
