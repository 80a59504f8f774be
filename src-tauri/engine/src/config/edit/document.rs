//! Work on the TOML tree that keeps comments where they belong.
//!
//! Owns renaming in place, removal without taking other people's comments along, and rendering. Knows
//! no key of the configuration.
//!
//! A comment directly above a table or a key belongs to it and goes with the table; one with an empty
//! line below it belongs to the file and stays, as does a comment line above a key that goes alone.

use toml_edit::{Decor, DocumentMut, InlineTable, Item, Key, RawString, Table, TableLike, Value};

use crate::error::{Error, Result};

/// The text of the document, with the line breaks and the beginning of the `old` text.
pub(super) fn render(document: &DocumentMut, old: &str) -> String {
    let mut text = document.to_string();
    if !old.starts_with(['\n', '\r']) {
        text.drain(..text.len() - text.trim_start_matches('\n').len());
    }
    if old.contains("\r\n") { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
}

/// The table `name` at the top of the file, created at the end if it is missing.
pub(super) fn table<'a>(
    document: &'a mut DocumentMut,
    name: &str,
) -> Result<&'a mut dyn TableLike> {
    if !document.contains_key(name) {
        let table = new_table(document);
        document.insert(name, Item::Table(table));
    }
    at(document, &[name])
}

/// The entry `name` of the top-level table `parent`, both created if they are missing.
pub(super) fn entry<'a>(
    document: &'a mut DocumentMut,
    parent: &str,
    name: &str,
) -> Result<&'a mut dyn TableLike> {
    let mut table = new_table(document);
    if !document.contains_key(parent) {
        let mut group = Table::new();
        group.set_implicit(true);
        document.insert(parent, Item::Table(group));
    }
    let group = at(document, &[parent])?;
    // Inside `databases.shop.path = …` a header would be an error.
    table.set_dotted(group.is_dotted());
    group.insert(name, Item::Table(table));
    at(document, &[parent, name])
}

/// The table at `path`, which is known to exist.
pub(super) fn at<'a>(
    document: &'a mut DocumentMut,
    path: &[&str],
) -> Result<&'a mut dyn TableLike> {
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for key in path {
        table = table
            .get_mut(key)
            .and_then(Item::as_table_like_mut)
            .ok_or_else(|| Error::Internal(format!("the table `{}` is gone", path.join("."))))?;
    }
    Ok(table)
}

/// A table for a new header. In a file that has only comments so far, they stay above it.
fn new_table(document: &mut DocumentMut) -> Table {
    let mut table = Table::new();
    if document.is_empty() {
        let comments = raw(document.trailing());
        document.set_trailing("");
        table
            .decor_mut()
            .set_prefix(format!("{}\n", comments.trim_end_matches('\n').to_owned() + "\n"));
    }
    table
}

/// Sets a value; an existing one keeps its place and the comment behind it.
pub(super) fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// Gives the entry `old` of the table at `path` another name; its place and its comments stay.
pub(super) fn rename(
    document: &mut DocumentMut,
    path: &[&str],
    old: &str,
    new: &str,
) -> Result<()> {
    let renamed = |key: Key| {
        if key.get() != old {
            return key;
        }
        Key::new(new)
            .with_leaf_decor(key.leaf_decor().clone())
            .with_dotted_decor(key.dotted_decor().clone())
    };
    rebuild(document, path, |entries| {
        entries.into_iter().map(|(key, item)| (renamed(key), item)).collect()
    })
}

/// Adds a value as the first of the table at `path`.
pub(super) fn set_first(
    document: &mut DocumentMut,
    path: &[&str],
    key: &str,
    value: Value,
) -> Result<()> {
    rebuild(document, path, |mut entries| {
        entries.insert(0, (Key::new(key), Item::Value(value)));
        entries
    })
}

type Entries = Vec<(Key, Item)>;

/// Takes all entries of a table out and puts what `change` makes of them back, in that order.
fn rebuild(
    document: &mut DocumentMut,
    path: &[&str],
    change: impl FnOnce(Entries) -> Entries,
) -> Result<()> {
    let mut item = document.as_item_mut();
    for key in path {
        item = item
            .get_mut(key)
            .ok_or_else(|| Error::Internal(format!("the table `{}` is gone", path.join("."))))?;
    }
    match item {
        Item::Table(table) => rebuild_table(table, change),
        Item::Value(Value::InlineTable(table)) => rebuild_inline(table, change),
        _ => return Err(Error::Internal(format!("`{}` is no table", path.join(".")))),
    }
    Ok(())
}

fn rebuild_table(table: &mut Table, change: impl FnOnce(Entries) -> Entries) {
    let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    let entries = keys.iter().filter_map(|key| table.remove_entry(key)).collect();
    for (key, item) in change(entries) {
        table.insert_formatted(&key, item);
    }
}

fn rebuild_inline(table: &mut InlineTable, change: impl FnOnce(Entries) -> Entries) {
    let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    let entries = keys.iter().filter_map(|key| table.remove_entry(key));
    let entries = entries.map(|(key, value)| (key, Item::Value(value))).collect();
    for (key, item) in change(entries) {
        if let Ok(value) = item.into_value() {
            table.insert_formatted(&key, value);
        }
    }
}

/// Removes a key. Comment lines above it stay: they go to the next key, or behind the one before.
pub(super) fn remove_key(table: &mut dyn TableLike, key: &str) {
    let comments = table.key(key).map(|key| comments_of(key.leaf_decor())).unwrap_or_default();
    let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    let Some(index) = keys.iter().position(|other| other == key) else { return };
    table.remove(key);
    if comments.is_empty() {
        return;
    }
    let values = |name: &&String| table.get(name).is_some_and(Item::is_value);
    if let Some(next) = keys[index + 1..].iter().find(values).cloned() {
        if let Some(mut next) = table.key_mut(&next) {
            let prefix = next.leaf_decor().prefix().map(raw).unwrap_or_default();
            next.leaf_decor_mut().set_prefix(comments + &prefix);
        }
        return;
    }
    let last = keys[..index].iter().rfind(values).cloned();
    if let Some(Item::Value(value)) = last.and_then(|last| table.get_mut(&last)) {
        let suffix = value.decor().suffix().map(raw).unwrap_or_default();
        value.decor_mut().set_suffix(format!("{suffix}\n{}", comments.trim_end()));
    }
}

/// Removes `name` from the table at `path`, with everything in it.
pub(super) fn remove_part(document: &mut DocumentMut, path: &[&str], name: &str) -> Result<()> {
    let removed = at(document, path)?.remove(name);
    keep_comments(document, removed);
    Ok(())
}

/// Removes the top-level table `name`.
pub(super) fn remove_table(document: &mut DocumentMut, name: &str) {
    let removed = document.remove(name);
    keep_comments(document, removed);
}

/// Moves the comments above a removed table that belong to the file to whatever follows it.
fn keep_comments(document: &mut DocumentMut, removed: Option<Item>) {
    let Some(Item::Table(table)) = removed else { return };
    let kept = detached(&comments_of(table.decor()));
    let Some(position) = table.position().filter(|_| !kept.is_empty()) else { return };
    if let Some(next) = following(document.as_table_mut(), position) {
        let prefix = next.decor().prefix().map(raw).unwrap_or_default();
        next.decor_mut().set_prefix(kept + prefix.trim_start_matches('\n'));
    } else {
        let trailing = raw(document.trailing());
        document.set_trailing(kept + &trailing);
    }
}

/// The first table after `position` in the text.
fn following(table: &mut Table, position: isize) -> Option<&mut Table> {
    let mut best: Option<&mut Table> = None;
    for (_, item) in table.iter_mut() {
        let Item::Table(child) = item else { continue };
        let own = child.position().filter(|own| *own > position && !child.is_implicit());
        let candidate = match own {
            Some(_) => Some(child),
            None => following(child, position),
        };
        let Some(candidate) = candidate else { continue };
        if best.as_ref().is_none_or(|best| candidate.position() < best.position()) {
            best = Some(candidate);
        }
    }
    best
}

/// The text before a table or key, if there is a comment in it.
fn comments_of(decor: &Decor) -> String {
    decor.prefix().map(raw).filter(|prefix| prefix.contains('#')).unwrap_or_default()
}

/// The part of a comment that has an empty line below it.
fn detached(comments: &str) -> String {
    let mut kept = 0;
    let mut end = 0;
    for line in comments.split_inclusive('\n') {
        end += line.len();
        if line.trim().is_empty() {
            kept = end;
        }
    }
    let kept = &comments[..kept];
    if kept.contains('#') { kept.to_owned() } else { String::new() }
}

fn raw(text: &RawString) -> String {
    text.as_str().unwrap_or_default().to_owned()
}
