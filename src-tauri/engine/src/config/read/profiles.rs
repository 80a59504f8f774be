//! The tables under `[databases]`: one profile each, in the published shape or the named one.
//!
//! Owns their keys and which of them go together. Whether a database can be reached is asked by
//! `database`.

use super::findings::Findings;
use super::names::check_name;
use super::options;
use super::section::{Section, Text};
use super::suggest::{nearest, quoted};
use super::{password, servers};
use crate::config::environment::check_tag;
use crate::config::{
    CompressionSettings, ConnectionSettings, Environment, Profile, paths, server_values,
};
use crate::ids::{EngineKind, safe_name};

/// The keys that every profile may have; [`servers::KEYS`] come on top.
const KEYS: [&str; 12] = [
    "engine",
    "path",
    "paths",
    "host",
    "port",
    "user",
    "password",
    "databases",
    "storage",
    "compression",
    "protected",
    "tag",
];
const ENGINES: [&str; 4] = ["sqlite", "postgres", "mysql", "mongodb"];

/// What a profile may refer to.
pub(super) struct Context {
    /// The compression of profiles without a choice of their own.
    pub(super) compression: CompressionSettings,
    /// The names of all storages, the default one first.
    pub(super) names: Vec<String>,
}

/// Reads all profiles.
pub(super) fn read(root: &Section, context: &Context, found: &mut Findings) -> Vec<Profile> {
    let Some(databases) = root.child("databases", found) else { return Vec::new() };
    let mut names: Vec<&str> = Vec::new();
    let mut profiles = Vec::new();
    for name in databases.keys() {
        let Some(table) = databases.child(name, found) else { continue };
        check_profile_name(name, &names, &table, found);
        names.push(name);
        profiles.extend(profile(name, &table, context, found));
    }
    if !names.is_empty() && context.names.is_empty() {
        let message =
            "There is no place for backups; add a `[storage]` table with `type_` and `path`";
        found.report(None, "storage".to_owned(), message);
    }
    profiles
}

fn check_profile_name(name: &str, earlier: &[&str], table: &Section, found: &mut Findings) {
    if let Err(message) = check_name(name) {
        found.report(table.line(), table.key(), message);
        return;
    }
    let safe = safe_name(name);
    if let Some(twin) = earlier.iter().find(|other| safe_name(other) == safe) {
        let message = format!(
            "Its backups would have the same file names as those of {}; rename one of the two",
            quoted(twin)
        );
        found.report(table.line(), table.key(), message);
    }
}

fn profile(
    name: &str,
    table: &Section,
    context: &Context,
    found: &mut Findings,
) -> Option<Profile> {
    table.refuse_unknown(&[&KEYS[..], &servers::KEYS].concat(), found);
    let storage = storage(table, &context.names, found);
    let compression = options::compression(table, context.compression, found);
    let environment = environment(table, found);
    let engine = engine(name, table, found);
    let access = access(name, table, found);
    let connection = match engine? {
        EngineKind::Sqlite => files(name, table, access, found),
        server => servers::read(server, table, access, found),
    }?;
    Some(Profile {
        name: name.to_owned(),
        engine: engine?,
        connection,
        storage,
        compression,
        environment,
    })
}

/// The engine: named by the table itself in the published shape, else by `engine`.
fn engine(name: &str, table: &Section, found: &mut Findings) -> Option<EngineKind> {
    let own = EngineKind::from_key(name);
    if !table.has("engine") {
        if own.is_none() {
            let message = "The key `engine` is missing, and the name is not that of an engine";
            found.report_near(table.line(), table.key(), message, nearest(name, &ENGINES));
        }
        return own;
    }
    let written = table.word("engine", &ENGINES, found).and_then(EngineKind::from_key)?;
    if own.is_some_and(|own| own != written) {
        let message = format!("A table named {} cannot have another engine", quoted(name));
        table.report("engine", message, found);
        return None;
    }
    Some(written)
}

fn storage(table: &Section, names: &[String], found: &mut Findings) -> Option<String> {
    if !table.has("storage") {
        return None;
    }
    let text = table.required_text("storage", found)?;
    if !names.iter().any(|name| name == text.value) {
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let message = format!("There is no storage {}", quoted(text.value));
        let near = nearest(text.value, &known);
        found.report_near(text.line, table.key_of("storage"), message, near);
        return None;
    }
    Some(text.value.to_owned())
}

/// What the databases are to their owner.
fn environment(table: &Section, found: &mut Findings) -> Environment {
    let tag = table.filled_text("tag", found);
    if let Some(Err(message)) = tag.as_ref().map(|tag| check_tag(tag.value)) {
        table.report("tag", message, found);
    }
    Environment {
        protected: table.flag("protected", found),
        tag: tag.map(|tag| tag.value.to_owned()),
    }
}

/// Port, user and password, which every engine may have.
fn access(name: &str, table: &Section, found: &mut Findings) -> ConnectionSettings {
    let port = table.number("port", 0..=i64::from(u16::MAX), found).unwrap_or(0);
    let user = table.filled_text("user", found).map_or("", |text| text.value);
    if let Err(message) = server_values::check_text(user) {
        table.report("user", message, found);
    }
    ConnectionSettings {
        port: u16::try_from(port).unwrap_or(0),
        user: user.to_owned(),
        password: password::read(name, table, found),
        ..ConnectionSettings::default()
    }
}

/// The profile of database files. What only a server has stands there for nothing, or by mistake.
fn files(
    name: &str,
    table: &Section,
    access: ConnectionSettings,
    found: &mut Findings,
) -> Option<ConnectionSettings> {
    servers::refuse(table, found);
    for key in ["port", "user"].into_iter().filter(|key| table.is_filled(key)) {
        let message = format!("`{key}` has no meaning for SQLite, as in {}", quoted(name));
        found.warn(table.line_of(key, found), message);
    }
    let (host, databases, paths) = sqlite(table, found)?;
    Some(ConnectionSettings { host, databases, paths, ..access })
}

/// Host, database names and paths, of which one half is empty.
type Sources = (String, Vec<String>, Vec<std::path::PathBuf>);

fn sqlite(table: &Section, found: &mut Findings) -> Option<Sources> {
    let files: Vec<&str> =
        ["path", "paths"].into_iter().filter(|key| table.is_filled(key)).collect();
    let folder: Vec<&str> =
        ["host", "databases"].into_iter().filter(|key| table.is_filled(key)).collect();
    match (files.as_slice(), folder.as_slice()) {
        ([], []) => {
            no_database(table, found);
            None
        }
        ([], _) => folder_shape(table, found),
        ([key], []) => file_shape(table, key, found),
        ([_, second, ..], _) => {
            table.report(second, "Either `path` or `paths` must be left out", found);
            None
        }
        ([key], [other, ..]) => {
            let message = format!("This cannot stand beside `{key}`, which names whole files");
            table.report(other, message, found);
            None
        }
    }
}

/// Nothing names a database. An empty value is reported where it stands.
fn no_database(table: &Section, found: &mut Findings) {
    let keys = ["path", "paths", "databases", "host"];
    if let Some(key) = keys.into_iter().find(|key| table.has(key)) {
        table.report(key, "This must not be empty", found);
        return;
    }
    let message = "This profile has no database; add `path`, or `host` with `databases`";
    found.report(table.line(), table.key(), message);
}

fn file_shape(table: &Section, key: &str, found: &mut Findings) -> Option<Sources> {
    let texts = match key {
        "path" => vec![table.required_text(key, found)?],
        _ => table.required_texts(key, found)?,
    };
    let mut files = Vec::with_capacity(texts.len());
    for text in &texts {
        let problem = match paths::resolve(text.value, found.base()) {
            Ok(path) if files.contains(&path) => {
                format!("{} is a file that stands here already", quoted(text.value))
            }
            Ok(path) => {
                files.push(path);
                continue;
            }
            Err(message) => message,
        };
        found.report(text.line, table.key_of(key), problem);
    }
    (files.len() == texts.len()).then(|| (String::new(), Vec::new(), files))
}

/// The published shape: `host` is a folder, `databases` are files in it.
fn folder_shape(table: &Section, found: &mut Findings) -> Option<Sources> {
    let host = table.required_text("host", found);
    let databases = table.required_texts("databases", found);
    let folder = host.and_then(|text| match paths::resolve_text(text.value, found.base()) {
        Ok(folder) => Some(folder),
        Err(message) => {
            found.report(text.line, table.key_of("host"), message);
            None
        }
    });
    let databases = databases?;
    for text in databases.iter().filter(|text| !is_inside(text.value)) {
        let message =
            format!("{} is not a file in the folder `host`; use `path`", quoted(text.value));
        found.report(text.line, table.key_of("databases"), message);
    }
    Some((folder?, owned(&databases), Vec::new()))
}

/// Whether a file name stays in the folder that it is relative to.
fn is_inside(name: &str) -> bool {
    use std::path::{Component, Path};
    !name.contains('\0')
        && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

fn owned(texts: &[Text]) -> Vec<String> {
    texts.iter().map(|text| text.value.to_owned()).collect()
}
