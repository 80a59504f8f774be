//! The places for backups: the published `[storage]` table and `[storages.NAME]`.
//!
//! Owns their keys. Whether a place can be reached is asked by `storage`.

use super::findings::Findings;
use super::names::check_name;
use super::section::Section;
use super::suggest::quoted;
use crate::config::{StorageKind, StorageTarget, paths};
use crate::secret::Secret;

/// The name of the published `[storage]` table.
pub(in crate::config) const PUBLISHED: &str = "default";

const LOCAL_KEYS: &[&str] = &["path"];
const S3_KEYS: &[&str] = &["bucket", "region", "access_key", "secret_key"];
const KEYS: &[&str] = &["type", "type_", "path", "bucket", "region", "access_key", "secret_key"];

/// The names of all storages, also of those that turn out to be broken: a profile that names one of
/// them is not wrong.
pub(super) fn names(root: &Section) -> Vec<String> {
    // Types are reported by `read`; here they do not matter.
    let mut ignored = Findings::new("", std::path::Path::new(""));
    let published = root.has("storage").then(|| PUBLISHED.to_owned());
    let named = root.child("storages", &mut ignored);
    published.into_iter().chain(named.iter().flat_map(Section::keys).map(str::to_owned)).collect()
}

/// Reads all storages; the published one comes first.
pub(super) fn read(root: &Section, found: &mut Findings) -> Vec<StorageTarget> {
    let mut storages = Vec::new();
    if let Some(table) = root.child("storage", found) {
        add(&mut storages, PUBLISHED, &table, found);
    }
    let Some(named) = root.child("storages", found) else { return storages };
    for name in named.keys() {
        let Some(table) = named.child(name, found) else { continue };
        if let Err(message) = check_name(name) {
            found.report(table.line(), table.key(), message);
        }
        if name == PUBLISHED && root.has("storage") {
            let message = "The `[storage]` table already has the name `default`";
            found.report(table.line(), table.key(), message);
        }
        add(&mut storages, name, &table, found);
    }
    storages
}

fn add(storages: &mut Vec<StorageTarget>, name: &str, table: &Section, found: &mut Findings) {
    table.refuse_unknown(KEYS, found);
    let Some(kind) = kind(name, table, found) else { return };
    if let Some(twin) = storages.iter().find(|other| is_same_place(&other.kind, &kind)) {
        // Two names for one folder would list and count every backup in it twice.
        let message =
            format!("This is the same folder as that of the storage {}", quoted(&twin.name));
        table.report("path", message, found);
        return;
    }
    storages.push(StorageTarget { name: name.to_owned(), kind });
}

fn is_same_place(one: &StorageKind, other: &StorageKind) -> bool {
    matches!((one, other), (StorageKind::Local { path: a }, StorageKind::Local { path: b }) if a == b)
}

fn kind(name: &str, table: &Section, found: &mut Findings) -> Option<StorageKind> {
    let key = match (table.has("type"), table.has("type_")) {
        (true, true) => {
            table.report("type_", "Either `type` or `type_` must be left out", found);
            return None;
        }
        (true, false) => "type",
        (false, _) => "type_",
    };
    match table.word(key, &["local", "s3"], found) {
        Some("local") => {
            check_unused(S3_KEYS, "a local storage", name, table, found);
            local(table, found)
        }
        Some(_) => {
            check_unused(LOCAL_KEYS, "an S3 storage", name, table, found);
            s3(name, table, found)
        }
        None => None,
    }
}

fn local(table: &Section, found: &mut Findings) -> Option<StorageKind> {
    let text = table.required_text("path", found)?;
    match paths::resolve(text.value, found.base()) {
        Ok(path) => Some(StorageKind::Local { path }),
        Err(message) => {
            table.report("path", message, found);
            None
        }
    }
}

fn s3(name: &str, table: &Section, found: &mut Findings) -> Option<StorageKind> {
    let bucket = table.required_text("bucket", found);
    let region = table.required_text("region", found);
    // They may be empty, but a file that was cut off has to be noticed.
    for key in ["access_key", "secret_key"].into_iter().filter(|key| !table.has(key)) {
        table.missing(key, found);
    }
    let access_key = table.filled_text("access_key", found).map_or("", |text| text.value);
    let secret_key = table.filled_text("secret_key", found);
    if let Some(text) = secret_key {
        let message =
            format!("The secret key of {} stands in plain text in this file", quoted(name));
        found.warn(text.line, message);
    }
    Some(StorageKind::S3 {
        bucket: bucket?.value.to_owned(),
        region: region?.value.to_owned(),
        access_key: access_key.to_owned(),
        secret_key: secret_key.map(|text| Secret::new(text.value)),
    })
}

/// Keys of the other kind have to be text all the same, and one with a value is worth a word.
fn check_unused(keys: &[&str], of: &str, name: &str, table: &Section, found: &mut Findings) {
    for key in keys {
        if let Some(text) = table.filled_text(key, found) {
            let message = format!("`{key}` has no meaning for {of} such as {}", quoted(name));
            found.warn(text.line, message);
        }
    }
}
