//! What the form of a profile may contain and how it is written.
//!
//! Owns the refusals with their form field, and the choice between `path`, `paths` and the published
//! shape.

use std::path::{Component, Path, PathBuf};

use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::document::{self, at, remove_key, set};
use super::{ProfileEdit, list, rejected, server};
use crate::config::model::{Config, ConnectionSettings, Profile};
use crate::config::read::check_name;
use crate::config::{Environment, paths};
use crate::error::Result;
use crate::ids::{EngineKind, safe_name};

/// A database file: as text for the file, and where it is.
#[derive(Clone)]
struct DatabaseFile {
    text: String,
    path: PathBuf,
}

/// Adds or changes a profile.
pub(super) fn save(
    document: &mut DocumentMut,
    config: &Config,
    base: &Path,
    original: Option<&str>,
    edit: &ProfileEdit,
) -> Result<()> {
    let name = edit.name.trim();
    let before = original.map(|original| config.profile(original)).transpose()?;
    check_profile_name(config, original, name, edit.engine)?;
    check_engine(before, edit)?;
    check_storage(config, edit)?;
    let files = files(base, edit)?;
    let connection = connection(before, edit)?;
    let environment = Environment::of_form(edit.protected, &edit.tag)
        .map_err(|message| rejected("tag", message))?;
    match original {
        Some(original) if original != name => {
            document::rename(document, &["databases"], original, name)?;
        }
        Some(_) => {}
        None => {
            document::entry(document, "databases", name)?;
        }
    }
    let here = ["databases", name];
    if EngineKind::from_key(name).is_none() && !at(document, &here)?.contains_key("engine") {
        document::set_first(document, &here, "engine", Value::from(edit.engine.key()))?;
    }
    if edit.engine == EngineKind::Sqlite {
        write_files(document, &here, before, base, &files)?;
    }
    if let Some(after) = connection {
        let fresh = ConnectionSettings::default();
        let before = before.map_or(&fresh, |before| &before.connection);
        server::write(document, &here, before, &after)?;
    }
    write_rest(at(document, &here)?, before, edit.storage.as_deref(), &environment);
    Ok(())
}

/// Writes what every engine has, where it is not as it was.
fn write_rest(
    table: &mut dyn TableLike,
    before: Option<&Profile>,
    storage: Option<&str>,
    environment: &Environment,
) {
    let fresh = Environment::default();
    let (old_storage, old) =
        before.map_or((None, &fresh), |before| (before.storage.as_deref(), &before.environment));
    let mut write = |key: &str, is_changed: bool, value: Option<Value>| match value {
        _ if !is_changed => {}
        Some(value) => set(table, key, value),
        None => remove_key(table, key),
    };
    write("storage", old_storage != storage, storage.map(Value::from));
    let protected = environment.protected;
    write("protected", old.protected != protected, protected.map(Value::from));
    write("tag", old.tag != environment.tag, environment.tag.as_deref().map(Value::from));
}

fn check_profile_name(
    config: &Config,
    original: Option<&str>,
    name: &str,
    engine: EngineKind,
) -> Result<()> {
    check_name(name).map_err(|message| rejected("name", message))?;
    if EngineKind::from_key(name).is_some_and(|own| own != engine) {
        return Err(rejected("name", format!("`{name}` is the name of another engine")));
    }
    let others = || config.profiles.iter().filter(|other| Some(other.name.as_str()) != original);
    if others().any(|other| other.name == name) {
        return Err(rejected("name", format!("There is a profile `{name}` already")));
    }
    if let Some(twin) = others().find(|other| safe_name(&other.name) == safe_name(name)) {
        let message = format!(
            "The name is too close to `{}`: their backups would have the same file names",
            twin.name
        );
        return Err(rejected("name", message));
    }
    Ok(())
}

fn check_engine(before: Option<&Profile>, edit: &ProfileEdit) -> Result<()> {
    match before {
        Some(before) if before.engine != edit.engine => {
            Err(rejected("engine", "The engine of a profile cannot be changed; add a new profile"))
        }
        _ => Ok(()),
    }
}

/// What a server's form says; `None` for files, and for a server that only gets another name or storage.
fn connection(before: Option<&Profile>, edit: &ProfileEdit) -> Result<Option<ConnectionSettings>> {
    match &edit.server {
        Some(_) if edit.engine == EngineKind::Sqlite => {
            Err(rejected("engine", "SQLite has files and no server"))
        }
        Some(form) => {
            form.connection(edit.engine, before.map(|before| &before.connection)).map(Some)
        }
        None if before.is_none() && edit.engine != EngineKind::Sqlite => {
            Err(rejected("host", "Enter the host, or the name of a container"))
        }
        None => Ok(None),
    }
}

fn check_storage(config: &Config, edit: &ProfileEdit) -> Result<()> {
    if config.storages.is_empty() {
        return Err(rejected("storage", "There is no folder for backups yet; add one first"));
    }
    match &edit.storage {
        Some(name) if config.storage(name).is_err() => {
            Err(rejected("storage", format!("There is no storage `{name}`")))
        }
        _ => Ok(()),
    }
}

fn files(base: &Path, edit: &ProfileEdit) -> Result<Vec<DatabaseFile>> {
    if edit.engine != EngineKind::Sqlite {
        if edit.paths.is_empty() {
            return Ok(Vec::new());
        }
        return Err(rejected("paths", "Only SQLite databases have paths"));
    }
    let mut files: Vec<DatabaseFile> = Vec::with_capacity(edit.paths.len());
    for text in edit.paths.iter().map(|text| text.trim()) {
        if text.is_empty() {
            return Err(rejected("paths", "A path must not be empty"));
        }
        if !paths::is_anchored(text) {
            let message = format!("The path `{text}` must begin with `~` or be absolute");
            return Err(rejected("paths", message));
        }
        let path = paths::resolve(text, base).map_err(|message| rejected("paths", message))?;
        if files.iter().any(|other| other.path == path) {
            return Err(rejected("paths", format!("The path `{text}` stands there twice")));
        }
        files.push(DatabaseFile { text: text.to_owned(), path });
    }
    if files.is_empty() {
        return Err(rejected("paths", "Choose at least one database file"));
    }
    Ok(files)
}

/// Writes the files of a SQLite profile in the shape that the table has, if they fit into it.
fn write_files(
    document: &mut DocumentMut,
    here: &[&str],
    before: Option<&Profile>,
    base: &Path,
    files: &[DatabaseFile],
) -> Result<()> {
    if before.is_some_and(|before| files_of(before).iter().eq(files.iter().map(|file| &file.path)))
    {
        // As it was, however the user has written it.
        return Ok(());
    }
    let host = before.map(|before| before.connection.host.as_str()).filter(|host| !host.is_empty());
    if let Some(host) = host {
        if let Some((folder, names)) = in_one_folder(Path::new(host), files) {
            let table = at(document, here)?;
            if let Some(folder) = folder {
                set(table, "host", Value::from(folder));
            }
            list::write(table, "databases", &names);
            return Ok(());
        }
        leave_published_shape(document, here)?;
    }
    write_paths(document, here, base, files)
}

/// Where the files of a profile are now.
fn files_of(profile: &Profile) -> Vec<PathBuf> {
    let connection = &profile.connection;
    let folder = Path::new(&connection.host);
    let named = connection.databases.iter().map(|name| folder.join(name));
    connection.paths.iter().cloned().chain(named).collect()
}

/// The files as names in one folder: the one they are in now (then `None`), or a new one.
fn in_one_folder(host: &Path, files: &[DatabaseFile]) -> Option<(Option<String>, Vec<String>)> {
    let name_in = |path: &Path, folder: &Path| {
        let name = path.strip_prefix(folder).ok()?;
        let plain = name.components().all(|part| matches!(part, Component::Normal(_)));
        name.to_str().filter(|name| plain && !name.is_empty()).map(str::to_owned)
    };
    let names: Option<Vec<_>> = files.iter().map(|file| name_in(&file.path, host)).collect();
    if let Some(names) = names {
        return Some((None, names));
    }
    let first = files.first()?;
    let folder = first.path.parent()?;
    if files.iter().any(|file| file.path.parent() != Some(folder)) {
        return None;
    }
    let names: Option<Vec<_>> = files.iter().map(|file| name_in(&file.path, folder)).collect();
    let text = Path::new(&first.text).parent()?.to_str()?;
    Some((Some(text.to_owned()), names?))
}

/// Removes `databases` and whatever of the published keys says nothing; `host` becomes `path`, so
/// that the comment above it stays where it was.
fn leave_published_shape(document: &mut DocumentMut, here: &[&str]) -> Result<()> {
    let table = at(document, here)?;
    for key in ["path", "paths", "databases"] {
        remove_key(table, key);
    }
    for key in ["port", "user", "password"] {
        if table.get(key).is_some_and(says_nothing) {
            remove_key(table, key);
        }
    }
    document::rename(document, here, "host", "path")
}

fn says_nothing(item: &Item) -> bool {
    item.as_str() == Some("") || item.as_integer() == Some(0)
}

/// Writes `path` for one file and `paths` for several; a list stays a list.
fn write_paths(
    document: &mut DocumentMut,
    here: &[&str],
    base: &Path,
    files: &[DatabaseFile],
) -> Result<()> {
    let table = at(document, here)?;
    let filled = |item: &Item| item.as_array().is_some_and(|list| !list.is_empty());
    if files.len() == 1 && !table.get("paths").is_some_and(filled) {
        set(table, "path", Value::from(files[0].text.as_str()));
        return Ok(());
    }
    let texts = keep_spelling(table, base, files);
    if table.contains_key("path") {
        remove_key(table, "paths");
        document::rename(document, here, "path", "paths")?;
    }
    list::write(at(document, here)?, "paths", &texts);
    Ok(())
}

/// The texts of the files; one that is in the table already stays as the user has written it.
fn keep_spelling(table: &dyn TableLike, base: &Path, files: &[DatabaseFile]) -> Vec<String> {
    let list = table.get("paths").and_then(Item::as_array);
    let path = table.get("path").and_then(Item::as_str);
    let old: Vec<&str> = list.into_iter().flatten().filter_map(Value::as_str).chain(path).collect();
    let same = |text: &&&str, file: &DatabaseFile| {
        paths::resolve(text, base).is_ok_and(|path| path == file.path)
    };
    files
        .iter()
        .map(|file| old.iter().find(|text| same(text, file)).map_or(&*file.text, |text| text))
        .map(str::to_owned)
        .collect()
}
