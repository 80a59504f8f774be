//! The beginning of a statement: does it make something, and what is that called.
//!
//! Owns the tokens. Comments are skipped; what stands in a versioned comment (`/*!50003 … */`) counts as
//! if it stood there plainly, because the server reads it so.

use std::ops::Range;

use super::{Item, ItemKind};

/// One token of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A keyword, a number or a name without quotes.
    Word(String),
    /// A name or a text in quotes.
    Quoted(String),
    /// Anything else, one byte.
    Symbol(u8),
}

impl Token {
    /// Whether it is this keyword.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text.eq_ignore_ascii_case(word))
    }

    /// The text of a name, with or without quotes.
    pub(crate) fn into_name(self) -> Option<String> {
        match self {
            Self::Word(text) | Self::Quoted(text) => Some(text),
            Self::Symbol(_) => None,
        }
    }
}

/// The tokens of a statement with their places.
pub(crate) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    /// The tokens of `text`.
    pub(crate) fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Passes over what stands at `at` when it is blank or a comment.
    fn skipped(&self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let until = |end: &[u8], from: usize| {
            let found = rest.get(from..)?.windows(end.len()).position(|window| window == end);
            Some(found.map_or(self.text.len(), |found| at + from + found + end.len()))
        };
        match rest {
            [b' ' | b'\t' | b'\r' | b'\n', ..] => Some(at + 1),
            [b'/', b'*', b'!', ..] => Some(self.behind_version(at + 3)),
            [b'/', b'*', b'M', b'!', ..] => Some(self.behind_version(at + 4)),
            [b'/', b'*', ..] => until(b"*/", 2),
            [b'*', b'/', ..] => Some(at + 2),
            [b'-', b'-', b' ' | b'\t' | b'\n', ..] | [b'#', ..] => until(b"\n", 0),
            _ => None,
        }
    }

    fn behind_version(&self, at: usize) -> usize {
        let digits = self.text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        at + digits
    }

    fn quoted(&self, start: usize, quote: u8) -> (Token, usize) {
        let (mut name, mut at) = (Vec::new(), start + 1);
        while let Some(byte) = self.text.get(at) {
            let next = self.text.get(at + 1);
            match (*byte, next) {
                (b'\\', Some(escaped)) if quote != b'`' => {
                    name.push(*escaped);
                    at += 2;
                }
                (byte, Some(next)) if byte == quote && *next == quote => {
                    name.push(quote);
                    at += 2;
                }
                (byte, _) if byte == quote => break,
                (byte, _) => {
                    name.push(byte);
                    at += 1;
                }
            }
        }
        (Token::Quoted(String::from_utf8_lossy(&name).into_owned()), at + 1)
    }
}

impl Iterator for Tokens<'_> {
    type Item = (Token, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(next) = (self.at < self.text.len()).then(|| self.skipped(self.at)).flatten()
        {
            self.at = next;
        }
        let start = self.at;
        let first = *self.text.get(start)?;
        let (token, end) = match first {
            b'`' | b'\'' | b'"' => self.quoted(start, first),
            _ if is_word(first) => {
                let length = self.text[start..].iter().take_while(|byte| is_word(**byte)).count();
                let word = String::from_utf8_lossy(&self.text[start..start + length]).into_owned();
                (Token::Word(word), start + length)
            }
            _ => (Token::Symbol(first), start + 1),
        };
        self.at = end.min(self.text.len());
        Some((token, start..self.at))
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// What the statement with this beginning makes. Of a view only the final definition counts, not the
/// stand-in that comes before it.
pub(super) fn made_by(head: &[u8]) -> Option<Item> {
    let mut tokens = Tokens::of(head).map(|(token, _)| token);
    if !tokens.next()?.is("CREATE") {
        return None;
    }
    let mut is_final = false;
    let mut kind = loop {
        let token = tokens.next()?;
        is_final |= token.is("ALGORITHM");
        if let Some(kind) = kind_of(&token) {
            break kind;
        }
    };
    if kind == ItemKind::View && !is_final {
        return None;
    }
    let mut token = tokens.next()?;
    if kind == ItemKind::Package && token.is("BODY") {
        kind = ItemKind::PackageBody;
        token = tokens.next()?;
    }
    if token.is("IF") {
        token = tokens.nth(2)?;
    }
    let name = token.into_name()?;
    let name = match tokens.next() {
        Some(Token::Symbol(b'.')) => tokens.next()?.into_name()?,
        _ => name,
    };
    Some(Item { kind, name })
}

/// The kind that this word names.
pub(super) fn kind_of(token: &Token) -> Option<ItemKind> {
    const KINDS: [(&str, ItemKind); 8] = [
        ("TABLE", ItemKind::Table),
        ("SEQUENCE", ItemKind::Sequence),
        ("VIEW", ItemKind::View),
        ("TRIGGER", ItemKind::Trigger),
        ("FUNCTION", ItemKind::Function),
        ("PROCEDURE", ItemKind::Procedure),
        ("PACKAGE", ItemKind::Package),
        ("EVENT", ItemKind::Event),
    ];
    KINDS.iter().find(|(word, _)| token.is(word)).map(|(_, kind)| *kind)
}

/// The table of an `INSERT` whose rows begin behind `head`, which then ends with `VALUES`.
pub(super) fn insert_target(head: &[u8]) -> Option<String> {
    let values = head.trim_ascii_end().last_chunk::<6>()?;
    if !values.eq_ignore_ascii_case(b"VALUES") {
        return None;
    }
    let mut tokens = Tokens::of(head).map(|(token, _)| token);
    let is_insert = tokens.next()?.is("INSERT") && tokens.next()?.is("INTO");
    if is_insert { tokens.next()?.into_name() } else { None }
}

/// The columns that an `INSERT` names before its rows.
pub(in super::super) fn columns_of_insert(head: &[u8]) -> Option<Vec<String>> {
    let mut tokens = Tokens::of(head).map(|(token, _)| token);
    // INSERT INTO `table` (
    if tokens.nth(3)? != Token::Symbol(b'(') {
        return None;
    }
    let names = tokens.take_while(|token| *token != Token::Symbol(b')'));
    Some(names.filter_map(Token::into_name).collect())
}

/// The columns of a `CREATE TABLE` as a server prints it: what begins with a name in quotes is a column, what
/// begins with a word is a key or a constraint.
pub(in super::super) fn columns_of_table(statement: &[u8]) -> Vec<String> {
    columns(statement).into_iter().map(|(name, _)| name).collect()
}

/// Those of them that the server computes from the others.
pub(in super::super) fn computed_columns_of(statement: &[u8]) -> Vec<String> {
    let computed = columns(statement).into_iter().filter(|(_, is_computed)| *is_computed);
    computed.map(|(name, _)| name).collect()
}

fn columns(statement: &[u8]) -> Vec<(String, bool)> {
    let (mut depth, mut is_first, mut columns) = (0_u32, false, Vec::new());
    let mut is_column = false;
    for (token, _) in Tokens::of(statement) {
        match token {
            Token::Symbol(b'(') => {
                depth += 1;
                is_first = depth == 1;
                continue;
            }
            // What follows the list are options and partitions.
            Token::Symbol(b')') if depth <= 1 => break,
            Token::Symbol(b')') => depth -= 1,
            Token::Symbol(b',') if depth == 1 => {
                is_first = true;
                continue;
            }
            Token::Quoted(name) if is_first => {
                columns.push((name, false));
                is_column = true;
            }
            _ if is_first => is_column = false,
            token if is_column && depth == 1 && token.is("GENERATED") => {
                if let Some((_, is_computed)) = columns.last_mut() {
                    *is_computed = true;
                }
            }
            _ => {}
        }
        is_first = false;
    }
    columns
}

/// Where a `CREATE EVENT` says whether the event is on: the place of this `state`, `ENABLE` or `DISABLE`.
pub(in super::super) fn state_at(statement: &[u8], state: &str) -> Option<Range<usize>> {
    let mut before = None;
    for (token, place) in Tokens::of(statement) {
        if token.is("DO") {
            return None;
        }
        if token.is(state) && before.is_some_and(|before: Token| before.is("PRESERVE")) {
            return Some(place);
        }
        before = Some(token);
    }
    None
}

/// The statement without the name of the database that it would act on, so that it acts on the one that is
/// in use: `ALTER DATABASE`, and a trigger as somebody typed it.
pub(in super::super) fn without_database(statement: &[u8]) -> Vec<u8> {
    // Enough for everything before a trigger's body.
    const LOOKED_AT: usize = 64;
    let tokens: Vec<_> = Tokens::of(statement).take(LOOKED_AT).collect();
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|(token, _)| token.is(word));
    let mut named = Vec::new();
    if is(0, "ALTER") && is(1, "DATABASE") && !is(2, "CHARACTER") {
        named.extend(tokens.get(2).map(|(_, place)| place.clone()));
    } else if is(0, "CREATE") {
        let trigger = tokens.iter().position(|(token, _)| token.is("TRIGGER"));
        let words = |from: usize, word| (from..tokens.len()).find(|at| is(*at, word));
        if let Some(trigger) = trigger {
            let name = trigger + if is(trigger + 1, "IF") { 4 } else { 1 };
            let table = words(name, "ON").map(|on| on + 1);
            named.extend([Some(name), table].into_iter().flatten().filter_map(|at| {
                let (dot, end) = tokens.get(at + 1)?;
                (*dot == Token::Symbol(b'.')).then(|| tokens[at].1.start..end.end)
            }));
        }
    }
    let (mut kept, mut at) = (Vec::with_capacity(statement.len()), 0);
    for place in named {
        kept.extend_from_slice(&statement[at..place.start]);
        at = place.end;
    }
    kept.extend_from_slice(&statement[at..]);
    kept
}
