//! What the form of a server may contain and how it is written.
//!
//! Owns the refusals with their form field. A key whose value stays the same is not touched, and a default
//! that does not stand in the file is not written.

use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value};

use super::document::{at, remove_key, remove_part, set};
use super::{list, rejected};
use crate::config::model::{ConnectionSettings, Selection, ServerSettings, TlsMode};
use crate::config::{NamePattern, SecretSource, paths, server_values};
use crate::error::{Error, Result};
use crate::ids::EngineKind;
use crate::secret::Secret;

/// What the form of a server says; see [`ConnectionSettings`] for what the fields mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerEdit {
    /// Host name, address, or a path for a Unix socket; empty for a container.
    pub host: String,
    /// The port; `None` means the engine's default one.
    pub port: Option<u16>,
    /// The user's name.
    pub user: String,
    /// What happens to the password.
    pub password: PasswordEdit,
    /// The container in which the server runs; empty when it does not.
    pub container: String,
    /// How the connection is protected; `None` leaves it to the kind of host.
    pub tls: Option<TlsMode>,
    /// A PEM file of certificates to trust; empty for the system's.
    pub ca_file: String,
    /// The folder of the dump tools; empty when Kronos shall look for them.
    pub tools: String,
    /// The database that holds the user (MongoDB); empty for `admin`.
    pub auth_database: String,
    /// Databases or patterns; empty means all.
    pub databases: Vec<String>,
    /// What is taken and what is left out.
    pub selection: Selection,
    /// Whether roles and users are backed up, too.
    pub globals: bool,
    /// Whether writers may be held up (MySQL and MariaDB).
    pub lock_tables: bool,
    /// Parallel jobs of a restore; `None` means one.
    pub jobs: Option<u8>,
}

/// What happens to the password of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PasswordEdit {
    /// It stays as it is.
    Keep,
    /// There is none, or none any more.
    #[default]
    Remove,
    /// It comes from here.
    Set(SecretSource),
}

impl ServerEdit {
    /// The connection that the form describes; `before` is the saved one.
    ///
    /// # Errors
    /// The first value that cannot be used, with its form field.
    pub fn connection(
        &self,
        engine: EngineKind,
        before: Option<&ConnectionSettings>,
    ) -> Result<ConnectionSettings> {
        let container = self.container.trim();
        self.check(engine, container)?;
        if self.password == PasswordEdit::Keep && before.is_none() {
            return Err(rejected("password", "There is no saved password; enter it again"));
        }
        Ok(ConnectionSettings {
            host: self.host.trim().to_owned(),
            port: self.port.unwrap_or(0),
            user: self.user.clone(),
            password: match &self.password {
                PasswordEdit::Keep => before.and_then(|before| before.password.clone()),
                PasswordEdit::Remove => None,
                PasswordEdit::Set(source) => Some(source.clone()),
            },
            databases: self.databases.clone(),
            paths: Vec::new(),
            server: ServerSettings {
                container: filled(container),
                tls: self.tls,
                ca_file: path("ca_file", &self.ca_file)?,
                tools: path("tools", &self.tools)?,
                auth_database: filled(&self.auth_database),
                selection: self.selection.clone(),
                globals: self.globals,
                lock_tables: self.lock_tables,
                jobs: self.jobs,
            },
        })
    }

    fn check(&self, engine: EngineKind, container: &str) -> Result<()> {
        let host = self.host.trim();
        if host.is_empty() && container.is_empty() {
            return Err(rejected("host", "Enter the host, or the name of a container"));
        }
        server_values::check_host(host).map_err(|message| rejected("host", message))?;
        if !container.is_empty() {
            server_values::check_container(container)
                .map_err(|message| rejected("container", message))?;
        }
        for (field, text) in [("user", &self.user), ("auth_database", &self.auth_database)] {
            server_values::check_text(text).map_err(|message| rejected(field, message))?;
        }
        if engine != EngineKind::Mongodb && !self.auth_database.is_empty() {
            return Err(rejected("auth_database", "Only MongoDB has this"));
        }
        if engine != EngineKind::Mysql && self.lock_tables {
            return Err(rejected("lock_tables", "Only MySQL and MariaDB have this"));
        }
        if self.jobs.is_some_and(|jobs| !(1..=64).contains(&jobs)) {
            return Err(rejected("jobs", "This must be a number from 1 to 64"));
        }
        self.check_password()?;
        check_patterns("databases", &self.databases)?;
        let Selection { exclude_databases, tables, exclude_tables, structure_only } =
            &self.selection;
        check_patterns("exclude_databases", exclude_databases)?;
        check_patterns("tables", tables)?;
        check_patterns("exclude_tables", exclude_tables)?;
        check_patterns("structure_only", structure_only)
    }

    fn check_password(&self) -> Result<()> {
        let PasswordEdit::Set(source) = &self.password else { return Ok(()) };
        let problem = match source {
            SecretSource::Env(name) => server_values::check_variable(name),
            SecretSource::Command(words) => {
                words.iter().try_for_each(|word| server_values::check_text(word))
            }
            SecretSource::Plain(_) | SecretSource::File(_) | SecretSource::Keychain(_) => Ok(()),
        };
        problem.map_err(|message| rejected("password", message))
    }
}

impl PasswordEdit {
    /// The password that a person typed. It has to be put into the keychain before the form is saved.
    pub fn typed(text: &str) -> Result<Secret> {
        if text.is_empty() {
            return Err(rejected("password", "Enter the password, or choose that there is none"));
        }
        server_values::check_text(text).map_err(|message| rejected("password", message))?;
        Ok(Secret::new(text))
    }

    /// A reference to a file, as a person typed it.
    pub fn file(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Err(rejected("password", "Choose the file that holds the password"));
        }
        let path = paths::typed_path(text).map_err(|message| rejected("password", message))?;
        Ok(Self::Set(SecretSource::File(path)))
    }

    /// A reference to a program, as a person typed it with its arguments. No shell will see it.
    pub fn command(line: &str) -> Result<Self> {
        let words = shell_words::split(line)
            .map_err(|_| rejected("password", "A quotation mark is not closed in this command"))?;
        let [program, arguments @ ..] = words.as_slice() else {
            return Err(rejected("password", "Enter the command that prints the password"));
        };
        if program.contains(std::path::is_separator) && !paths::is_anchored(program) {
            let message = "Write the program's name, or its whole path from `/` or `~` on";
            return Err(rejected("password", message));
        }
        let program = server_values::program(program, Path::new(""))
            .map_err(|message| rejected("password", message))?;
        let words = std::iter::once(program).chain(arguments.iter().cloned()).collect();
        Ok(Self::Set(SecretSource::Command(words)))
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn path(field: &'static str, text: &str) -> Result<Option<PathBuf>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    paths::typed_path(text).map(Some).map_err(|message| rejected(field, message))
}

fn check_patterns(field: &'static str, patterns: &[String]) -> Result<()> {
    for (index, text) in patterns.iter().enumerate() {
        if text.trim().is_empty() {
            return Err(rejected(field, "An entry must not be empty"));
        }
        if patterns[..index].contains(text) {
            return Err(rejected(field, format!("`{text}` stands there twice")));
        }
        NamePattern::parse(text)
            .map_err(|message| rejected(field, format!("`{text}`: {message}")))?;
    }
    Ok(())
}

/// Writes what `after` says and `before` did not.
pub(super) fn write(
    document: &mut DocumentMut,
    here: &[&str],
    before: &ConnectionSettings,
    after: &ConnectionSettings,
) -> Result<()> {
    let (old, new) = (&before.server, &after.server);
    let table = at(document, here)?;
    if old.container != new.container {
        put(table, "docker", new.container.as_deref().map(Value::from));
    }
    if before.host != after.host {
        put(table, "host", Some(&after.host).filter(|host| !host.is_empty()).map(Value::from));
    }
    if before.port != after.port {
        put(
            table,
            "port",
            Some(after.port).filter(|port| *port > 0).map(|port| i64::from(port).into()),
        );
    }
    if before.user != after.user {
        put(table, "user", Some(&after.user).filter(|user| !user.is_empty()).map(Value::from));
    }
    if before.password != after.password {
        write_password(document, here, after.password.as_ref())?;
    }
    let table = at(document, here)?;
    if old.auth_database != new.auth_database {
        put(table, "auth_database", new.auth_database.as_deref().map(Value::from));
    }
    if old.tls != new.tls {
        put(table, "tls", new.tls.map(|mode| mode.word().into()));
    }
    write_path(table, "ca_file", old.ca_file.as_deref(), new.ca_file.as_deref());
    write_path(table, "tools", old.tools.as_deref(), new.tools.as_deref());
    write_patterns(table, before, after);
    write_flag(table, "globals", old.globals, new.globals);
    write_flag(table, "lock_tables", old.lock_tables, new.lock_tables);
    if old.jobs != new.jobs {
        put(table, "jobs", new.jobs.map(|jobs| i64::from(jobs).into()));
    }
    Ok(())
}

fn put(table: &mut dyn TableLike, key: &str, value: Option<Value>) {
    match value {
        Some(value) => set(table, key, value),
        None => remove_key(table, key),
    }
}

/// Writes the reference to the password. One that has a table of its own is replaced as a whole.
fn write_password(
    document: &mut DocumentMut,
    here: &[&str],
    source: Option<&SecretSource>,
) -> Result<()> {
    if at(document, here)?.get("password").is_some_and(Item::is_table) {
        remove_part(document, here, "password")?;
    }
    let value = match source {
        None => None,
        Some(SecretSource::Plain(_)) => {
            return Err(Error::Internal("Kronos writes no password into the file".to_owned()));
        }
        Some(SecretSource::Env(name)) => Some(reference("env", name.as_str().into())),
        Some(SecretSource::File(path)) => Some(reference("file", paths::shown_path(path).into())),
        Some(SecretSource::Command(words)) => {
            let words = words.iter().map(String::as_str).collect::<Array>();
            Some(reference("command", words.into()))
        }
        Some(SecretSource::Keychain(entry)) => Some(reference("keychain", entry.as_str().into())),
    };
    put(at(document, here)?, "password", value);
    Ok(())
}

fn reference(kind: &str, value: Value) -> Value {
    let mut table = InlineTable::new();
    table.insert(kind, value);
    Value::InlineTable(table)
}

fn write_path(table: &mut dyn TableLike, key: &str, old: Option<&Path>, new: Option<&Path>) {
    if old != new {
        // A path with a home folder in it is worth its `~`.
        put(table, key, new.map(|path| paths::shown_path(path).into()));
    }
}

fn write_patterns(
    table: &mut dyn TableLike,
    before: &ConnectionSettings,
    after: &ConnectionSettings,
) {
    let (old, new) = (&before.server.selection, &after.server.selection);
    for (key, old, new) in [
        ("databases", &before.databases, &after.databases),
        ("exclude_databases", &old.exclude_databases, &new.exclude_databases),
        ("tables", &old.tables, &new.tables),
        ("exclude_tables", &old.exclude_tables, &new.exclude_tables),
        ("structure_only", &old.structure_only, &new.structure_only),
    ] {
        match (old == new, new.as_slice()) {
            (true, _) => {}
            (false, []) => remove_key(table, key),
            (false, texts) => list::write(table, key, texts),
        }
    }
}

/// A switch that stands in the file stays there, with the comment behind it.
fn write_flag(table: &mut dyn TableLike, key: &str, old: bool, new: bool) {
    if old != new {
        set(table, key, Value::from(new));
    }
}
