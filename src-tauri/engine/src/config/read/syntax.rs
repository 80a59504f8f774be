//! Errors of the TOML parser, in words that help somebody who does not know TOML by heart.
//!
//! Owns the texts. The parser's own message is the fallback; a value is never quoted.

use toml_edit::TomlError;

use super::findings::Findings;
use crate::error::ConfigProblem;

/// Beginnings of the parser's messages with our sentence for them.
const SENTENCES: &[(&str, &str)] = &[
    ("duplicate key", "This stands in the file a second time"),
    ("cannot extend value", "This name has a value already and cannot be a table as well"),
    (
        "string values must be quoted",
        "This value is not in quotation marks and is neither a number nor `true` or `false`",
    ),
    ("invalid boolean", "This value is neither in quotation marks nor `true` or `false`"),
    ("key with no value", "A key without a value stands here; write `key = value`"),
    ("unquoted keys cannot be empty", "A key is missing here"),
    ("missing value", NO_VALUE),
    ("unclosed array table", "The name of this table has no closing `]]`"),
    ("unclosed table", "The name of this table has no closing `]`"),
    ("unclosed array", "This list has no closing `]`"),
    ("unclosed inline table", "This table has no closing `}`"),
    ("missing comma between array", "A comma is missing in this list"),
    ("missing comma between key", "A comma is missing in this table"),
    ("unexpected key or value", "Something stands here after the end of the value"),
    ("cannot recurse further", "This is nested too deeply"),
    ("recursion limit", "This is nested too deeply"),
    ("missing escaped value", BACKSLASH),
    ("too few unicode value digits", BACKSLASH),
];

const NO_VALUE: &str = "The value after `=` is missing";
const NO_QUOTE: &str = "This text has no closing quotation mark";
const BACKSLASH: &str =
    "A backslash begins an escape here; put a path with backslashes between single quotes";

/// The problem that kept the parser from reading the file.
pub(super) fn problem(error: &TomlError, text: &str, found: &Findings) -> ConfigProblem {
    // What a power cut leaves of a file that was not yet on the disk.
    let zero = text.find('\0').map(|at| at..at);
    let message = match &zero {
        Some(_) => "The file contains zero bytes, as a crash can leave them".to_owned(),
        None => sentence(error),
    };
    let is_duplicate = zero.is_none() && error.message() == "duplicate key";
    ConfigProblem {
        line: found.line(zero.or(error.span())),
        key: if is_duplicate { key_at(error, text) } else { String::new() },
        message,
        suggestion: None,
    }
}

fn sentence(error: &TomlError) -> String {
    let message = error.message();
    let at_the_end = error.span().is_none_or(|span| span.is_empty());
    if at_the_end && message.starts_with("string values must be quoted") {
        return NO_VALUE.to_owned();
    }
    if at_the_end && message.starts_with("invalid") && message.contains(" string") {
        return NO_QUOTE.to_owned();
    }
    SENTENCES.iter().find(|(start, _)| message.starts_with(start)).map_or_else(
        || format!("This is not valid TOML: {}", message.replace(['\n', '\r'], " ")),
        |(_, sentence)| (*sentence).to_owned(),
    )
}

/// The key on which the parser stumbled. Only asked for when the place is known to be a key.
fn key_at(error: &TomlError, text: &str) -> String {
    let key = error.span().and_then(|span| text.get(span)).unwrap_or_default().trim();
    if key.len() > 60 || key.contains(['\n', '\r', '=']) { String::new() } else { key.to_owned() }
}
