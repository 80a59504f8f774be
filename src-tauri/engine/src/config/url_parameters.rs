//! The parameters of connection URLs: what drivers call the things that Kronos knows.
//!
//! Owns the names and values of the common drivers and tools. What is not known becomes a warning, never a
//! guess. Taking the URL apart belongs to `connection_url`.

use super::connection_url::password;
use super::model::{ConnectionSettings, TlsMode};
use super::name_pattern::NamePattern;
use crate::ids::EngineKind;

/// A URL while it is read.
pub(super) struct Reading {
    engine: EngineKind,
    pub(super) connection: ConnectionSettings,
    /// The database, as it is called; empty when the URL names none.
    pub(super) database: String,
    pub(super) warnings: Vec<String>,
    /// MongoDB says in a second parameter that it does not ask who the server is.
    trusts_anybody: bool,
}

impl Reading {
    pub(super) fn new(engine: EngineKind) -> Self {
        Self {
            engine,
            connection: ConnectionSettings::default(),
            database: String::new(),
            warnings: Vec::new(),
            trusts_anybody: false,
        }
    }

    pub(super) fn password(&mut self, text: String) {
        self.connection.password = password(text);
    }

    /// Uses one parameter, or warns that it is not used.
    pub(super) fn apply(&mut self, key: &str, value: &str) {
        let name = key.to_ascii_lowercase().replace('_', "-");
        let is_used = match self.engine {
            EngineKind::Mongodb => self.apply_mongodb(&name, value),
            EngineKind::Mysql => self.apply_mysql(&name, value),
            EngineKind::Postgres | EngineKind::Sqlite => self.apply_postgres(&name, value),
        };
        if !is_used && !self.apply_common(&name, value) {
            // A name that looks like none may be the rest of a password.
            let looks_like_one =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let shown = if key.len() <= 40 && key.chars().all(looks_like_one) {
                format!("`{key}` in the URL is not used")
            } else {
                "A parameter of the URL is not used".to_owned()
            };
            self.warnings.push(shown);
        }
    }

    fn apply_common(&mut self, name: &str, value: &str) -> bool {
        match name {
            "user" | "username" => value.clone_into(&mut self.connection.user),
            "password" => self.password(value.to_owned()),
            "host" if !value.is_empty() => value.clone_into(&mut self.connection.host),
            "port" => match value.parse() {
                Ok(port) => self.connection.port = port,
                Err(_) => return false,
            },
            _ => return false,
        }
        true
    }

    fn apply_postgres(&mut self, name: &str, value: &str) -> bool {
        match name {
            "dbname" => value.clone_into(&mut self.database),
            "sslmode" | "ssl" => return self.tls(value),
            "sslrootcert" if value == "system" => {}
            "sslrootcert" => return self.ca_file(value),
            _ => return false,
        }
        true
    }

    fn apply_mysql(&mut self, name: &str, value: &str) -> bool {
        match name {
            "socket" | "unix-socket" | "unixsocket" if value.starts_with('/') => {
                value.clone_into(&mut self.connection.host);
                self.connection.port = 0;
                true
            }
            "usessl" if value.eq_ignore_ascii_case("true") => self.tls("require"),
            "usessl" | "ssl-mode" | "sslmode" | "tls" | "ssl" | "require-ssl" => self.tls(value),
            "sslaccept" if value == "strict" => self.tls("verify-identity"),
            "sslaccept" => self.tls("require"),
            "ssl-ca" | "sslca" => self.ca_file(value),
            _ => false,
        }
    }

    fn apply_mongodb(&mut self, name: &str, value: &str) -> bool {
        match name {
            "tls" | "ssl" => self.tls(value),
            "tlsinsecure" | "tlsallowinvalidcertificates" | "tlsallowinvalidhostnames" => {
                self.trusts_anybody |= value.eq_ignore_ascii_case("true");
                true
            }
            "tlscafile" => self.ca_file(value),
            "authsource" if !value.starts_with('$') => {
                self.connection.server.auth_database = Some(value.to_owned());
                true
            }
            "authmechanism" => value.starts_with("SCRAM-") || value == "DEFAULT",
            _ => false,
        }
    }

    fn tls(&mut self, value: &str) -> bool {
        let mode = match value.to_ascii_lowercase().replace('_', "-").as_str() {
            "disable" | "disabled" | "false" | "off" | "0" => TlsMode::Off,
            "allow" | "prefer" | "preferred" => TlsMode::Prefer,
            "require" | "required" | "skip-verify" | "no-verify" => TlsMode::Require,
            "verify-ca" | "verify-full" | "verify-identity" | "true" | "on" | "1" => {
                TlsMode::Verify
            }
            _ => return false,
        };
        self.connection.server.tls = Some(mode);
        true
    }

    fn ca_file(&mut self, value: &str) -> bool {
        // A relative path starts in a folder that only the URL's program knows.
        let Ok(path) = super::typed_path(value) else { return false };
        self.connection.server.ca_file = Some(path);
        true
    }

    /// What the URL says as a whole.
    pub(super) fn finish(mut self) -> (ConnectionSettings, Vec<String>) {
        let server = &mut self.connection.server;
        if self.trusts_anybody && server.tls == Some(TlsMode::Verify) {
            server.tls = Some(TlsMode::Require);
        }
        if self.engine == EngineKind::Mongodb && !self.connection.user.is_empty() {
            // Drivers look for the user in the database of the URL when nothing else is said.
            let named = server.auth_database.take().unwrap_or_else(|| self.database.clone());
            server.auth_database =
                Some(named).filter(|name| !name.is_empty() && name.as_str() != "admin");
        }
        if !self.database.is_empty() {
            self.connection.databases = vec![NamePattern::exactly(&self.database)];
        }
        (self.connection, self.warnings)
    }
}
