//! The form of a server: what was typed as an edit, and a saved connection as a form.
//!
//! Owns the way of a password: what is typed goes in, and only the place of a saved one comes out. What a
//! form may contain belongs to `config`.

use crate::config::{
    self, ConnectionSettings, ConnectionUrl, PasswordEdit, Profile, SecretSource, ServerEdit,
};
use crate::error::Result;
use crate::secret::Secret;
use crate::view::{ParsedUrl, PasswordDraft, ServerDraft};

/// The edit that a form asks for; `place` says where a typed password goes.
pub(super) fn edit(
    draft: &ServerDraft,
    place: impl FnOnce(Secret) -> SecretSource,
) -> Result<ServerEdit> {
    let password = match &draft.password {
        PasswordDraft::None => PasswordEdit::Remove,
        PasswordDraft::Saved { .. } => PasswordEdit::Keep,
        PasswordDraft::Typed { text } => PasswordEdit::Set(place(PasswordEdit::typed(text)?)),
        PasswordDraft::Env { name } => PasswordEdit::Set(SecretSource::Env(name.trim().to_owned())),
        PasswordDraft::File { path } => PasswordEdit::file(path)?,
        PasswordDraft::Command { line } => PasswordEdit::command(line)?,
    };
    Ok(ServerEdit {
        host: draft.host.clone(),
        port: draft.port,
        user: draft.user.clone(),
        password,
        container: draft.container.clone(),
        tls: draft.tls,
        ca_file: draft.ca_file.clone(),
        tools: draft.tools.clone(),
        auth_database: draft.auth_database.clone(),
        databases: draft.databases.clone(),
        selection: draft.selection.clone(),
        globals: draft.globals,
        lock_tables: draft.lock_tables,
        jobs: draft.jobs,
    })
}

/// The form of a saved connection.
pub(super) fn draft(connection: &ConnectionSettings) -> ServerDraft {
    let server = &connection.server;
    let path = |path: &Option<std::path::PathBuf>| {
        path.as_deref().map_or_else(String::new, config::shown_path)
    };
    ServerDraft {
        host: connection.host.clone(),
        port: Some(connection.port).filter(|port| *port > 0),
        user: connection.user.clone(),
        password: match &connection.password {
            None => PasswordDraft::None,
            Some(source) => PasswordDraft::Saved { place: source.place() },
        },
        container: server.container.clone().unwrap_or_default(),
        tls: server.tls,
        ca_file: path(&server.ca_file),
        tools: path(&server.tools),
        auth_database: server.auth_database.clone().unwrap_or_default(),
        databases: connection.databases.clone(),
        selection: server.selection.clone(),
        globals: server.globals,
        lock_tables: server.lock_tables,
        jobs: server.jobs,
    }
}

/// The form that a connection URL fills in. Its password was pasted by whoever gets it back.
pub(super) fn filled_in(url: ConnectionUrl) -> ParsedUrl {
    let ConnectionUrl { engine, connection, warnings } = url;
    let password = match &connection.password {
        Some(SecretSource::Plain(secret)) => {
            PasswordDraft::Typed { text: secret.expose().to_owned() }
        }
        _ => PasswordDraft::None,
    };
    ParsedUrl { engine, server: ServerDraft { password, ..draft(&connection) }, warnings }
}

/// Where a profile's databases are, short enough for a table: `shop, crm on localhost:5432`.
pub(super) fn location(profile: &Profile) -> String {
    let connection = &profile.connection;
    let (preposition, place) = match (&connection.server.container, connection.port) {
        (Some(container), _) => ("in", format!("docker: {container}")),
        (None, 0) => ("on", connection.host.clone()),
        (None, _) if connection.host.starts_with('/') => ("on", connection.host.clone()),
        (None, port) if connection.host.contains(':') => {
            ("on", format!("[{}]:{port}", connection.host))
        }
        (None, port) => ("on", format!("{}:{port}", connection.host)),
    };
    let names = &connection.databases;
    match names.len() {
        0 => place,
        1..=4 => format!("{} {preposition} {place}", names.join(", ")),
        many => format!("{} and {} more {preposition} {place}", names[..3].join(", "), many - 3),
    }
}
