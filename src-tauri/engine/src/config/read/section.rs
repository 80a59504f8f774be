//! One table of the file, with typed access to its keys.
//!
//! Owns wrong types, missing and empty values and unknown keys. A message about a value says which
//! type it has and never what it is: the value may be a password that stands in the wrong place.

use std::ops::RangeInclusive;

use toml_edit::{Item, TableLike, Value};

use super::findings::Findings;
use super::suggest::{nearest, quoted};

/// A table with its dotted name.
pub(super) struct Section<'a> {
    table: &'a dyn TableLike,
    key: String,
    line: Option<usize>,
}

/// A text value with its line.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) value: &'a str,
    pub(super) line: Option<usize>,
}

impl<'a> Section<'a> {
    pub(super) fn root(table: &'a dyn TableLike) -> Self {
        Self { table, key: String::new(), line: None }
    }

    /// The dotted name, as messages show it.
    pub(super) fn key(&self) -> String {
        self.key.clone()
    }

    /// The line of the table's header.
    pub(super) fn line(&self) -> Option<usize> {
        self.line
    }

    /// The dotted name of `key` in this table.
    pub(super) fn key_of(&self, key: &str) -> String {
        let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let key = if !key.is_empty() && key.chars().all(bare) {
            key.to_owned()
        } else {
            format!("\"{}\"", quoted(key).trim_matches('`'))
        };
        if self.key.is_empty() { key } else { format!("{}.{key}", self.key) }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether `key` says something: the published shape has unused keys with an empty value.
    pub(super) fn is_filled(&self, key: &str) -> bool {
        match self.table.get(key) {
            None | Some(Item::None) => false,
            Some(Item::Value(Value::String(text))) => !text.value().is_empty(),
            Some(Item::Value(Value::Integer(number))) => *number.value() != 0,
            Some(Item::Value(Value::Boolean(flag))) => *flag.value(),
            Some(Item::Value(Value::Array(list))) => !list.is_empty(),
            Some(_) => true,
        }
    }

    /// The line of `key`, or of the table when it has no such key.
    pub(super) fn line_of(&self, key: &str, found: &Findings) -> Option<usize> {
        let entry = self.table.get_key_value(key);
        let span = entry.and_then(|(key, item)| key.span().or_else(|| item.span()));
        found.line(span).or(self.line)
    }

    /// Reports something about `key`.
    pub(super) fn report(&self, key: &str, message: impl Into<String>, found: &mut Findings) {
        found.report(self.line_of(key, found), self.key_of(key), message);
    }

    /// Reports every key that is not in `known`.
    pub(super) fn refuse_unknown(&self, known: &[&str], found: &mut Findings) {
        for (key, _) in self.table.iter().filter(|(key, _)| !known.contains(key)) {
            let message = match self.key.as_str() {
                "" => "Kronos knows no such table",
                _ => "Kronos knows no such key",
            };
            let line = self.line_of(key, found);
            found.report_near(line, self.key_of(key), message, nearest(key, known));
        }
    }

    /// The text under `key`; a wrong type is reported.
    pub(super) fn text(&self, key: &str, found: &mut Findings) -> Option<Text<'a>> {
        let item = self.table.get(key)?;
        let Some(value) = item.as_str() else {
            self.wrong_type(key, "text", item, found);
            return None;
        };
        Some(Text { value, line: self.line_of(key, found) })
    }

    /// The text under `key`, which may be left out or empty.
    pub(super) fn filled_text(&self, key: &str, found: &mut Findings) -> Option<Text<'a>> {
        self.text(key, found).filter(|text| !text.value.is_empty())
    }

    /// The text under `key`, which must be there and not empty.
    pub(super) fn required_text(&self, key: &str, found: &mut Findings) -> Option<Text<'a>> {
        if !self.has(key) {
            self.missing(key, found);
            return None;
        }
        let text = self.text(key, found)?;
        if text.value.trim().is_empty() {
            self.report(key, "This must not be empty", found);
            return None;
        }
        Some(text)
    }

    /// The list of texts under `key`, which must be there and contain no empty text and nothing twice.
    pub(super) fn required_texts(&self, key: &str, found: &mut Findings) -> Option<Vec<Text<'a>>> {
        if !self.has(key) {
            self.missing(key, found);
            return None;
        }
        let texts = self.texts(key, found)?;
        if texts.is_empty() {
            self.report(key, "This list must not be empty", found);
            return None;
        }
        Some(texts)
    }

    /// The list of texts under `key`, in which nothing is empty and nothing stands twice.
    pub(super) fn texts(&self, key: &str, found: &mut Findings) -> Option<Vec<Text<'a>>> {
        self.list(key, found, |text, earlier| {
            if text.trim().is_empty() {
                return Some("An entry must not be empty".to_owned());
            }
            let is_twice = earlier.iter().any(|other| other.value == text);
            is_twice.then(|| format!("{} stands here twice", quoted(text)))
        })
    }

    /// The list of texts under `key`, in which anything may stand.
    pub(super) fn words(&self, key: &str, found: &mut Findings) -> Option<Vec<Text<'a>>> {
        self.list(key, found, |_, _| None)
    }

    /// The list under `key`, if it has only texts and `problem` says nothing about any of them.
    fn list(
        &self,
        key: &str,
        found: &mut Findings,
        problem: impl Fn(&str, &[Text]) -> Option<String>,
    ) -> Option<Vec<Text<'a>>> {
        let item = self.table.get(key)?;
        let Some(list) = item.as_array() else {
            self.wrong_type(key, "a list of texts", item, found);
            return None;
        };
        let mut texts: Vec<Text<'a>> = Vec::with_capacity(list.len());
        for value in list {
            let line = found.line(value.span()).or(self.line_of(key, found));
            let problem = match value.as_str().map(|text| (text, problem(text, &texts))) {
                None => format!("Every entry must be text, not {}", kind(value.type_name())),
                Some((_, Some(problem))) => problem,
                Some((value, None)) => {
                    texts.push(Text { value, line });
                    continue;
                }
            };
            found.report(line, self.key_of(key), problem);
        }
        (texts.len() == list.len()).then_some(texts)
    }

    /// The number under `key`; out of `range` is reported.
    pub(super) fn number(
        &self,
        key: &str,
        range: RangeInclusive<i64>,
        found: &mut Findings,
    ) -> Option<i64> {
        let item = self.table.get(key)?;
        let Some(number) = item.as_integer() else {
            self.wrong_type(key, "a whole number", item, found);
            return None;
        };
        if range.contains(&number) {
            return Some(number);
        }
        let (low, high) = (range.start(), range.end());
        self.report(key, format!("This must be a number from {low} to {high}"), found);
        None
    }

    /// The `true` or `false` under `key`.
    pub(super) fn flag(&self, key: &str, found: &mut Findings) -> Option<bool> {
        let item = self.table.get(key)?;
        if item.as_bool().is_none() {
            self.wrong_type(key, "`true` or `false`", item, found);
        }
        item.as_bool()
    }

    /// The word under `key`, which must be one of `known`.
    pub(super) fn word(
        &self,
        key: &str,
        known: &[&'static str],
        found: &mut Findings,
    ) -> Option<&'static str> {
        let text = self.required_text(key, found)?;
        let word = known.iter().find(|word| **word == text.value).copied();
        if word.is_none() {
            let all = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            let message = format!("{} is not one of {all}", quoted(text.value));
            found.report_near(text.line, self.key_of(key), message, nearest(text.value, known));
        }
        word
    }

    /// The table under `key`.
    pub(super) fn child(&self, key: &str, found: &mut Findings) -> Option<Section<'a>> {
        let item = self.table.get(key)?;
        let Some(table) = item.as_table_like() else {
            self.wrong_type(key, "a table", item, found);
            return None;
        };
        Some(Section { table, key: self.key_of(key), line: self.line_of(key, found) })
    }

    /// All keys, in file order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.table.iter().map(|(key, _)| key)
    }

    /// Whether the value under `key` is text or a number, whichever it is.
    pub(super) fn is_text(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(Item::is_str)
    }

    /// Whether a table stands under `key`.
    pub(super) fn is_table(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(Item::is_table_like)
    }

    /// Reports that `key` is not there.
    pub(super) fn missing(&self, key: &str, found: &mut Findings) {
        found.report(self.line, self.key_of(key), "This key is missing");
    }

    fn wrong_type(&self, key: &str, wanted: &str, item: &Item, found: &mut Findings) {
        let is = kind(item.type_name());
        self.report(key, format!("This must be {wanted}, not {is}"), found);
    }
}

/// A TOML type in words.
fn kind(name: &str) -> &'static str {
    match name {
        "string" => "text",
        "integer" => "a number",
        "float" => "a number with a point",
        "boolean" => "`true` or `false`",
        "datetime" => "a date",
        "array" => "a list",
        "array of tables" => "a list of tables",
        _ => "a table",
    }
}
