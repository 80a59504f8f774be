//! What one statement does.
//!
//! Owns the keywords. Only the beginning of a statement is read: nothing that matters comes later.

use crate::contents::{ObjectCount, ObjectKind};
use crate::database::forms::{Token, Tokens, shown_pg_name};

/// How much of a statement is read.
const MAX_TEXT: usize = 4096;
/// How far behind `CREATE` the kind of the object may stand.
const MAX_BEFORE_KIND: usize = 40;

/// What can be made, changed or dropped.
const THINGS: [&str; 17] = [
    "TABLE",
    "VIEW",
    "INDEX",
    "DATABASE",
    "SCHEMA",
    "SEQUENCE",
    "FUNCTION",
    "PROCEDURE",
    "TRIGGER",
    "EXTENSION",
    "ROLE",
    "USER",
    "TYPE",
    "DOMAIN",
    "EVENT",
    "SERVER",
    "TABLESPACE",
];

/// The tokens at the beginning of a statement.
pub(super) fn tokens(text: &[u8]) -> Vec<Token> {
    Tokens::of(&text[..text.len().min(MAX_TEXT)]).map(|(token, _)| token).collect()
}

/// Whether the beginning of `text` is that of a statement and not of a sentence.
pub(super) fn is_sql(text: &[u8]) -> bool {
    let tokens = tokens(text);
    let word = |at: usize, words: &[&str]| {
        tokens.get(at).is_some_and(|token| words.iter().any(|word| token.is(word)))
    };
    let symbol = |at: usize, symbols: &[u8]| matches!(tokens.get(at), Some(Token::Symbol(symbol)) if symbols.contains(symbol));
    let name = |at: usize| matches!(tokens.get(at), Some(Token::Word(_) | Token::Quoted(_)));
    match tokens.first() {
        Some(Token::Word(first)) => match first.to_ascii_uppercase().as_str() {
            "CREATE" => created(&tokens).is_some() || (1..6).any(|at| word(at, &THINGS)),
            "DROP" | "ALTER" => word(1, &THINGS) || word(1, &["MATERIALIZED", "DEFAULT"]),
            "INSERT" | "REPLACE" => word(1, &["INTO", "IGNORE"]),
            "DELETE" => word(1, &["FROM"]),
            "UPDATE" => word(2, &["SET"]) || word(4, &["SET"]),
            "SET" => {
                let scopes =
                    ["NAMES", "SESSION", "GLOBAL", "LOCAL", "ROLE", "CHARACTER", "PASSWORD"];
                symbol(1, b"@") || symbol(2, b"=") || word(2, &["TO"]) || word(1, &scopes)
            }
            "COPY" => name(1) && (word(2, &["FROM", "TO"]) || symbol(2, b"(.")),
            "PRAGMA" => name(1) && (tokens.len() == 2 || symbol(2, b"=(.")),
            "USE" => name(1) && tokens.len() == 2,
            "START" => word(1, &["TRANSACTION"]),
            "LOCK" | "UNLOCK" => word(1, &["TABLES", "TABLE"]),
            "COMMENT" => word(1, &["ON"]),
            "TRUNCATE" => name(1),
            "BEGIN" => {
                tokens.len() == 1 || word(1, &["TRANSACTION", "WORK", "IMMEDIATE", "EXCLUSIVE"])
            }
            "COMMIT" | "END" => tokens.len() <= 2,
            "ATTACH" => word(1, &["DATABASE"]) || word(2, &["AS"]),
            "GRANT" | "REVOKE" => tokens.iter().any(|token| token.is("TO") || token.is("FROM")),
            "SELECT" | "WITH" => tokens.len() == 1 || tokens.iter().any(is_code),
            "DO" | "CALL" => tokens.len() > 1,
            "LOAD" => word(1, &["DATA", "XML"]),
            "ANALYZE" | "VACUUM" | "REINDEX" | "ROLLBACK" => tokens.len() <= 3,
            "FLUSH" => word(1, &["TABLES", "PRIVILEGES", "LOGS"]),
            _ => false,
        },
        _ => false,
    }
}

/// Something that no sentence has: a quoted name, a parenthesis, an asterisk, a number.
fn is_code(token: &Token) -> bool {
    match token {
        Token::Quoted(_) => true,
        Token::Symbol(symbol) => matches!(symbol, b'(' | b'*' | b'='),
        Token::Word(word) => {
            word.bytes().all(|byte| byte.is_ascii_digit()) || word.eq_ignore_ascii_case("FROM")
        }
    }
}

/// The object that a statement makes.
pub(super) fn created(tokens: &[Token]) -> Option<ObjectCount> {
    let mut rest = tokens.iter();
    if !rest.next()?.is("CREATE") {
        return None;
    }
    let (mut kind, mut is_special, mut found) = (None, false, 0);
    for token in rest.by_ref() {
        found += 1;
        if token.is("TEMPORARY") || token.is("TEMP") || found > MAX_BEFORE_KIND {
            return None;
        }
        is_special |= token.is("MATERIALIZED") || token.is("VIRTUAL");
        kind = kind_of(token, is_special);
        if kind.is_some() {
            break;
        }
    }
    let (mut kind, mut rest) = (kind?, rest.peekable());
    if kind == ObjectKind::Event && rest.next_if(|token| token.is("TRIGGER")).is_some() {
        kind = ObjectKind::Trigger;
    }
    while rest.next_if(|token| is_between(token)).is_some() {}
    let name = name(&mut rest.cloned())?;
    Some(ObjectCount { kind, name, rows: None })
}

fn is_between(token: &Token) -> bool {
    ["IF", "NOT", "EXISTS", "CONCURRENTLY", "ONLY"].iter().any(|word| token.is(word))
}

fn kind_of(token: &Token, is_special: bool) -> Option<ObjectKind> {
    const KINDS: [(&str, ObjectKind); 11] = [
        ("TABLE", ObjectKind::Table),
        ("VIEW", ObjectKind::View),
        ("INDEX", ObjectKind::Index),
        ("TRIGGER", ObjectKind::Trigger),
        ("SEQUENCE", ObjectKind::Sequence),
        ("FUNCTION", ObjectKind::Routine),
        ("PROCEDURE", ObjectKind::Routine),
        ("PACKAGE", ObjectKind::Routine),
        ("EVENT", ObjectKind::Event),
        ("SCHEMA", ObjectKind::Schema),
        ("EXTENSION", ObjectKind::Extension),
    ];
    let (_, kind) = KINDS.iter().find(|(word, _)| token.is(word))?;
    Some(match kind {
        ObjectKind::View if is_special => ObjectKind::MaterializedView,
        ObjectKind::Table if is_special => ObjectKind::VirtualTable,
        kind => *kind,
    })
}

/// A name, perhaps with the one of its schema before it.
pub(super) fn name(tokens: &mut dyn Iterator<Item = Token>) -> Option<String> {
    let mut tokens = tokens.peekable();
    let first = part(&mut tokens)?;
    if tokens.next_if(|token| *token == Token::Symbol(b'.')).is_none() {
        return Some(first);
    }
    let second = part(&mut tokens)?;
    Some(shown_pg_name(&first, &second))
}

fn part(tokens: &mut dyn Iterator<Item = Token>) -> Option<String> {
    match tokens.next()? {
        Token::Symbol(b'[') => {
            let words = tokens.take_while(|token| *token != Token::Symbol(b']'));
            let words: Vec<_> = words.filter_map(Token::into_name).collect();
            Some(words.join(" "))
        }
        token => token.into_name(),
    }
}
