//! The way to a server: where it is, who asks, how it is protected; for the driver and for the tools.
//!
//! Owns the resolved settings. What is asked over the connection belongs to `session` and its users.

use std::sync::Arc;

use super::super::Location;
use super::super::child::{Invocation, SecretUse};
use super::super::tls;
use super::super::tool::{Container, Place, Tool};
use super::quote;
use crate::config::{ConnectionSettings, TlsMode};
use crate::error::{Result, ServerError};
use crate::secret::Secret;

const DEFAULT_PORT: u16 = 5432;
const DEFAULT_USER: &str = "postgres";
const DEFAULT_HOST: &str = "localhost";

/// How a server is reached.
#[derive(Debug, Clone)]
pub(super) struct Access {
    /// The host that the driver connects to, or the folder of its socket.
    pub host: String,
    /// The port that the driver connects to.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The password.
    pub password: Option<Secret>,
    /// How the connection is protected.
    pub tls: TlsMode,
    /// Where the tools run.
    pub place: Place,
    settings: ConnectionSettings,
}

/// The server for a person: `localhost:5432`, `/run/postgresql:5432`, `the container shop-db`.
pub(super) fn shown(settings: &ConnectionSettings) -> String {
    match &settings.server.container {
        Some(container) => format!("container {container}"),
        None => format!("{}:{}", host_of(settings), port_of(settings)),
    }
}

/// Where the server is. Several may have their sockets in one folder, each by its port.
pub(super) fn location(settings: &ConnectionSettings) -> Location {
    let mut exact = settings.clone();
    if settings.host.starts_with('/') {
        exact.host = format!("{}/.s.PGSQL.{}", settings.host, port_of(settings));
    }
    Location::on_server(&exact, DEFAULT_PORT)
}

fn host_of(settings: &ConnectionSettings) -> &str {
    if settings.host.is_empty() { DEFAULT_HOST } else { &settings.host }
}

fn port_of(settings: &ConnectionSettings) -> u16 {
    if settings.port == 0 { DEFAULT_PORT } else { settings.port }
}

impl Access {
    /// Fetches the password and finds the container, if the server is in one.
    pub async fn resolve(settings: &ConnectionSettings) -> Result<Self> {
        let password = match &settings.password {
            Some(source) => Some(source.resolve().await?).filter(|secret| !secret.is_empty()),
            None => None,
        };
        let (place, host, port) = match &settings.server.container {
            None => (Place::Here, host_of(settings).to_owned(), port_of(settings)),
            Some(name) => {
                let container = Arc::new(Container::find(name).await?);
                let (host, port) = container.address(port_of(settings))?;
                (Place::Container(container), host, port)
            }
        };
        let user = if settings.user.is_empty() { DEFAULT_USER } else { settings.user.as_str() };
        let (user, tls) = (user.to_owned(), settings.tls());
        Ok(Self { host, port, user, password, tls, place, settings: settings.clone() })
    }

    /// The server for a person.
    pub fn shown(&self) -> String {
        shown(&self.settings)
    }

    /// Whether the server is reached through a Unix socket.
    pub fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// The settings that this came from.
    pub fn settings(&self) -> &ConnectionSettings {
        &self.settings
    }

    /// A call of `tool` that knows the password and is not led astray by the user's own files.
    ///
    /// # Errors
    /// When the password cannot be written into a password file.
    pub fn call(&self, tool: &Tool) -> Result<Invocation> {
        let mut call = Invocation::new(tool)
            .env("PGAPPNAME", "kronos")
            .env("PGCONNECT_TIMEOUT", "10")
            .env("PGGSSENCMODE", "disable")
            .env("LC_MESSAGES", "C");
        if let Some(password) = &self.password {
            call = call
                .secret_file(SecretUse::Variable("PGPASSFILE"), self.passfile(password)?)
                .hide(password);
        }
        Ok(call)
    }

    /// The one line of a password file. It is private and holds nothing else, so it fits any server.
    fn passfile(&self, password: &Secret) -> Result<String> {
        let text = password.expose();
        if text.contains(['\n', '\r', '\0']) {
            let detail = "the password holds a line break, which PostgreSQL's own tools cannot be \
                          given; choose a password without one";
            return Err(
                ServerError::Failed { object: self.shown(), detail: detail.to_owned() }.into()
            );
        }
        Ok(format!("*:*:*:*:{}\n", quote::passfile(text)))
    }

    /// Fails as [`Access::call`] would, before anything is done.
    pub fn check_password(&self) -> Result<()> {
        self.password.as_ref().map_or(Ok(()), |password| self.passfile(password).map(drop))
    }

    /// The connection string for a tool. Every value is quoted, so a database may be called
    /// `host=elsewhere`.
    pub fn conninfo(&self, database: &str) -> String {
        let contained = matches!(self.place, Place::Container(_));
        let (host, port) = if contained {
            ("127.0.0.1", port_of(&self.settings))
        } else {
            (self.host.as_str(), self.port)
        };
        let mut parts = vec![
            format!("host={}", quote::conninfo(host)),
            format!("port={port}"),
            format!("user={}", quote::conninfo(&self.user)),
            format!("dbname={}", quote::conninfo(database)),
            format!("sslmode={}", self.sslmode(contained)),
        ];
        // A file that is not there keeps the certificates of the user's home folder out.
        let (mut root, nothing) = ("/nonexistent/root.crt".to_owned(), "/nonexistent/client.crt");
        if self.tls == TlsMode::Verify && !contained {
            let bundle = tls::bundle(self.settings.server.ca_file.as_deref());
            root = bundle.map_or(root, |path| path.display().to_string());
        }
        parts.push(format!("sslrootcert={}", quote::conninfo(&root)));
        parts.push(format!("sslcert={}", quote::conninfo(nothing)));
        parts.join(" ")
    }

    /// Inside the container there is nobody between the tool and the server.
    fn sslmode(&self, contained: bool) -> &'static str {
        match self.tls {
            _ if contained => "prefer",
            TlsMode::Off => "disable",
            TlsMode::Prefer => "prefer",
            TlsMode::Require => "require",
            TlsMode::Verify => "verify-full",
        }
    }

    /// How the connection is protected, for a person.
    pub fn protection(&self, encrypted: bool) -> String {
        match (self.is_socket(), encrypted, self.tls) {
            (true, ..) => "Unix socket".to_owned(),
            (_, true, TlsMode::Verify) => "TLS, certificate verified".to_owned(),
            (_, true, _) => "TLS, certificate not verified".to_owned(),
            (_, false, _) => "Plain text".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SecretSource;

    async fn access(host: &str, password: &str) -> Access {
        let settings = ConnectionSettings {
            host: host.to_owned(),
            user: "o'neil".to_owned(),
            password: Some(SecretSource::Plain(Secret::new(password))),
            ..ConnectionSettings::default()
        };
        Access::resolve(&settings).await.unwrap()
    }

    #[tokio::test]
    async fn a_hostile_name_stays_a_name() {
        let access = access("localhost", "x").await;
        let text = access.conninfo("a' host='evil");
        assert!(text.contains(r"user='o\'neil' dbname='a\' host=\'evil' sslmode=prefer"), "{text}");
        assert!(text.starts_with("host='localhost' port=5432 "), "{text}");
    }

    #[tokio::test]
    async fn a_password_is_escaped_or_refused() {
        let hard = access("db.example.org", "p$a\"b'c\\d:e #ü🔑").await;
        let line = hard.passfile(hard.password.as_ref().unwrap()).unwrap();
        assert_eq!(line, "*:*:*:*:p$a\"b'c\\\\d\\:e #ü🔑\n");
        let impossible = access("localhost", "two\nlines").await;
        let error = impossible.check_password().unwrap_err().to_string();
        assert!(error.contains("line break") && !error.contains("two"), "{error}");
    }

    #[tokio::test]
    async fn what_leaves_the_computer_is_verified() {
        let remote = access("db.example.org", "").await;
        assert!(remote.password.is_none());
        assert!(remote.conninfo("x").contains("sslmode=verify-full sslrootcert="));
        let socket = access("/run/postgresql", "").await;
        assert_eq!(socket.protection(false), "Unix socket");
    }
}
