//! Changing a list of texts entry by entry, so that its layout and its comments stay.
//!
//! Owns line breaks and comments inside a list. Knows nothing of what the entries mean.

use toml_edit::{Array, Decor, Item, TableLike, Value};

use super::document::set;

/// Writes `texts` as the list `key`; one that is there keeps its layout.
pub(super) fn write(table: &mut dyn TableLike, key: &str, texts: &[String]) {
    match table.get_mut(key).and_then(Item::as_array_mut) {
        Some(list) => sync(list, texts),
        None => set(table, key, Value::Array(texts.iter().map(String::as_str).collect::<Array>())),
    }
}

/// Makes `list` contain exactly `wanted`. Entries that stay keep their place and their comments as
/// long as the order stays.
fn sync(list: &mut Array, wanted: &[String]) {
    // Adding comes first: the new entries take their layout from the old ones.
    for text in wanted {
        if !texts(list).contains(&text.as_str()) {
            push(list, text);
        }
    }
    let is_wanted = |entry: &Value| {
        entry.as_str().is_some_and(|text| wanted.iter().any(|wanted| wanted == text))
    };
    for index in (0..list.len()).rev() {
        if !list.get(index).is_some_and(is_wanted) {
            remove(list, index);
        }
    }
    reorder(list, wanted);
}

fn texts(list: &Array) -> Vec<&str> {
    list.iter().filter_map(Value::as_str).collect()
}

/// Swaps the texts and leaves the layout, so that no comment can get lost.
fn reorder(list: &mut Array, wanted: &[String]) {
    for (entry, text) in list.iter_mut().zip(wanted) {
        if entry.as_str() != Some(text) {
            let decor = entry.decor().clone();
            *entry = Value::from(text.as_str());
            *entry.decor_mut() = decor;
        }
    }
}

/// Removes an entry. In a list of lines, the comment behind an entry belongs, for the parser, to what
/// follows; so the comments around the removed entry move on to the next one.
fn remove(list: &mut Array, index: usize) {
    let removed = list.remove(index);
    let before = prefix(removed.decor());
    let behind = removed.decor().suffix().and_then(|suffix| suffix.as_str()).unwrap_or_default();
    let comments = format!("{before}{}", behind.trim());
    let next = list.get_mut(index);
    if !comments.contains('#') {
        if let Some(next) = next.filter(|_| index == 0) {
            next.decor_mut().set_prefix(before);
        }
        return;
    }
    if let Some(next) = next {
        let own = prefix(next.decor());
        next.decor_mut().set_prefix(comments.trim_end().to_owned() + &on_new_line(&own));
        return;
    }
    let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
    list.set_trailing(comments.trim_end().to_owned() + &on_new_line(&trailing));
}

/// A comment ends at the end of its line, so what follows one has to begin a new line.
fn on_new_line(text: &str) -> String {
    if text.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']) {
        text.to_owned()
    } else {
        format!("\n{text}")
    }
}

/// Adds an entry in the layout of the ones before it.
fn push(list: &mut Array, text: &str) {
    let mut value = Value::from(text);
    let end = list.len();
    let Some(before) = end.checked_sub(1).and_then(|index| list.get_mut(index)) else {
        list.push_formatted(value);
        return;
    };
    let own = prefix(before.decor());
    let indent = own.rfind('\n').map(|at| own[at..].to_owned());
    value.decor_mut().set_prefix(indent.unwrap_or_else(|| " ".to_owned()));
    // Without a trailing comma the line break before `]` belongs to the last entry.
    if let Some(suffix) = before.decor().suffix().and_then(|suffix| suffix.as_str()) {
        value.decor_mut().set_suffix(suffix);
        before.decor_mut().set_suffix("");
    }
    // With one, a comment behind the last entry stands before `]` and stays behind that entry.
    let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
    if let Some(at) = trailing.rfind('#') {
        let end = trailing[at..].find('\n').map_or(trailing.len(), |end| at + end);
        let own = prefix(value.decor());
        value.decor_mut().set_prefix(trailing[..end].to_owned() + &on_new_line(&own));
        list.set_trailing(on_new_line(&trailing[end..]));
    }
    list.push_formatted(value);
}

fn prefix(decor: &Decor) -> String {
    decor.prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned()
}
