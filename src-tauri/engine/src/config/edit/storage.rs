//! What the form of a storage may contain and how it is written.
//!
//! Owns the refusals with their form field. Only folders on this computer have a form.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Value};

use super::document::{self, at, set};
use super::{StorageEdit, rejected};
use crate::config::model::{Config, StorageKind};
use crate::config::paths;
use crate::config::read::{PUBLISHED, check_name};
use crate::error::Result;

/// Adds or changes a storage.
pub(super) fn save(
    document: &mut DocumentMut,
    config: &Config,
    base: &Path,
    original: Option<&str>,
    edit: &StorageEdit,
) -> Result<()> {
    let (name, text) = (edit.name.trim(), edit.path.trim());
    let published = original == Some(PUBLISHED) && document.contains_key("storage");
    check_storage_name(config, original, name, published)?;
    let folder = resolve(text, base)?;
    check_folder(config, original, &folder)?;
    let Some(original) = original else {
        let table = document::entry(document, "storages", name)?;
        set(table, "type", Value::from("local"));
        set(table, "path", Value::from(text));
        return Ok(());
    };
    let before = config.storage(original)?;
    if original != name {
        document::rename(document, &["storages"], original, name)?;
        follow(document, original, name);
    }
    match &before.kind {
        StorageKind::S3 { .. } => Err(rejected("path", "An S3 bucket cannot be changed here")),
        // As it was, however the user has written it.
        StorageKind::Local { path } if *path == folder => Ok(()),
        StorageKind::Local { .. } => {
            let here: &[&str] = if published { &["storage"] } else { &["storages", name] };
            set(at(document, here)?, "path", Value::from(text));
            Ok(())
        }
    }
}

/// Removes a storage that no profile uses, by name or as the default one.
pub(super) fn remove(document: &mut DocumentMut, config: &Config, name: &str) -> Result<()> {
    config.storage(name)?;
    let uses = |profile| config.storage_of(profile).is_ok_and(|storage| storage.name == name);
    if let Some(profile) = config.profiles.iter().find(|profile| uses(profile)) {
        let message = format!("The profile `{}` keeps its backups in `{name}`", profile.name);
        return Err(rejected("storage", message));
    }
    if name == PUBLISHED && document.contains_key("storage") {
        document::remove_table(document, "storage");
        return Ok(());
    }
    document::remove_part(document, &["storages"], name)
}

fn resolve(text: &str, base: &Path) -> Result<PathBuf> {
    if text.is_empty() {
        return Err(rejected("path", "Choose a folder for the backups"));
    }
    if !paths::is_anchored(text) {
        let message = format!("The folder `{text}` must begin with `~` or be absolute");
        return Err(rejected("path", message));
    }
    paths::resolve(text, base).map_err(|message| rejected("path", message))
}

fn check_storage_name(
    config: &Config,
    original: Option<&str>,
    name: &str,
    published: bool,
) -> Result<()> {
    if let Some(original) = original {
        config.storage(original)?;
    }
    check_name(name).map_err(|message| rejected("name", message))?;
    if published && name != PUBLISHED {
        let message = "The storage in the table `[storage]` always has the name `default`";
        return Err(rejected("name", message));
    }
    if original != Some(name) && config.storage(name).is_ok() {
        return Err(rejected("name", format!("There is a storage `{name}` already")));
    }
    Ok(())
}

fn check_folder(config: &Config, original: Option<&str>, folder: &Path) -> Result<()> {
    let others = config.storages.iter().filter(|other| Some(other.name.as_str()) != original);
    for other in others {
        if matches!(&other.kind, StorageKind::Local { path } if path == folder) {
            let message = format!("This is the folder of the storage `{}` already", other.name);
            return Err(rejected("path", message));
        }
    }
    Ok(())
}

/// Lets the profiles that name a storage follow its new name.
fn follow(document: &mut DocumentMut, old: &str, new: &str) {
    let databases = document.get_mut("databases").and_then(Item::as_table_like_mut);
    let Some(databases) = databases else { return };
    for (_, item) in databases.iter_mut() {
        let Some(table) = item.as_table_like_mut() else { continue };
        if table.get("storage").and_then(Item::as_str) == Some(old) {
            set(table, "storage", Value::from(new));
        }
    }
}
