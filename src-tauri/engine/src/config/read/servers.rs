//! The keys that only a server has: where it is, how it is reached, what is taken from it.
//!
//! Owns their types and which engine they are for. Port, user and password belong to `profiles`, the
//! rules for the values to `server_values`.

use std::path::PathBuf;

use super::findings::Findings;
use super::section::Section;
use super::suggest::quoted;
use crate::config::{
    ConnectionSettings, NamePattern, Selection, ServerSettings, TlsMode, paths, server_values,
};
use crate::ids::EngineKind;

/// The keys that no file has.
pub(super) const KEYS: [&str; 12] = [
    "docker",
    "tls",
    "ca_file",
    "tools",
    "auth_database",
    "exclude_databases",
    "tables",
    "exclude_tables",
    "structure_only",
    "globals",
    "lock_tables",
    "jobs",
];

/// Reads what makes `access` a connection to a server of `engine`.
pub(super) fn read(
    engine: EngineKind,
    table: &Section,
    access: ConnectionSettings,
    found: &mut Findings,
) -> Option<ConnectionSettings> {
    for key in ["path", "paths"].into_iter().filter(|key| table.is_filled(key)) {
        table.report(key, "This is only for SQLite; a server has `host` and `databases`", found);
    }
    for (key, owner) in [("auth_database", EngineKind::Mongodb), ("lock_tables", EngineKind::Mysql)]
    {
        if table.is_filled(key) && owner != engine {
            table.report(key, format!("This is only for {owner}"), found);
        }
    }
    let container = container(table, found);
    let host = host(table, found);
    let databases = patterns(table, "databases", found);
    let server = ServerSettings {
        container,
        tls: tls(table, found),
        ca_file: path(table, "ca_file", found),
        tools: path(table, "tools", found),
        auth_database: text(table, "auth_database", found),
        selection: selection(table, found),
        globals: table.flag("globals", found).unwrap_or_default(),
        lock_tables: table.flag("lock_tables", found).unwrap_or_default(),
        jobs: table.number("jobs", 1..=64, found).and_then(|jobs| u8::try_from(jobs).ok()),
    };
    if server.tls == Some(TlsMode::Off) && server.ca_file.is_some() {
        let message = "`ca_file` has no meaning while `tls` is `off`";
        found.warn(table.line_of("ca_file", found), message);
    }
    Some(ConnectionSettings { host: host?, databases, server, ..access })
}

/// Refuses the keys of a server in the profile of files.
pub(super) fn refuse(table: &Section, found: &mut Findings) {
    for key in KEYS.into_iter().filter(|key| table.has(key)) {
        table.report(key, "This is only for a server; SQLite has files", found);
    }
}

/// The host; a container needs none.
fn host(table: &Section, found: &mut Findings) -> Option<String> {
    if table.has("docker") && !table.is_filled("host") {
        return Some(String::new());
    }
    let text = table.required_text("host", found)?;
    match server_values::check_host(text.value) {
        Ok(()) => Some(text.value.to_owned()),
        Err(message) => {
            table.report("host", message, found);
            None
        }
    }
}

fn container(table: &Section, found: &mut Findings) -> Option<String> {
    if !table.has("docker") {
        return None;
    }
    let text = table.required_text("docker", found)?;
    if let Err(message) = server_values::check_container(text.value) {
        table.report("docker", message, found);
    }
    Some(text.value.to_owned())
}

fn tls(table: &Section, found: &mut Findings) -> Option<TlsMode> {
    if !table.has("tls") {
        return None;
    }
    let word = table.word("tls", &TlsMode::WORDS, found)?;
    TlsMode::from_word(word)
}

fn path(table: &Section, key: &str, found: &mut Findings) -> Option<PathBuf> {
    let text = table.filled_text(key, found)?;
    match paths::resolve(text.value, found.base()) {
        Ok(path) => Some(path),
        Err(message) => {
            table.report(key, message, found);
            None
        }
    }
}

fn text(table: &Section, key: &str, found: &mut Findings) -> Option<String> {
    let text = table.filled_text(key, found)?;
    if let Err(message) = server_values::check_text(text.value) {
        table.report(key, message, found);
    }
    Some(text.value.to_owned())
}

fn selection(table: &Section, found: &mut Findings) -> Selection {
    Selection {
        exclude_databases: patterns(table, "exclude_databases", found),
        tables: patterns(table, "tables", found),
        exclude_tables: patterns(table, "exclude_tables", found),
        structure_only: patterns(table, "structure_only", found),
    }
}

/// A list of patterns. One that says what is taken cannot be empty: it could mean all or nothing.
fn patterns(table: &Section, key: &str, found: &mut Findings) -> Vec<String> {
    let Some(texts) = table.texts(key, found) else { return Vec::new() };
    if texts.is_empty() && matches!(key, "databases" | "tables") {
        let message = "This list must not be empty; leave the key out to take all of them";
        table.report(key, message, found);
    }
    for text in &texts {
        if let Err(message) = NamePattern::parse(text.value) {
            let message = format!("{}: {message}", quoted(text.value));
            found.report(text.line, table.key_of(key), message);
        }
    }
    texts.iter().map(|text| text.value.to_owned()).collect()
}
