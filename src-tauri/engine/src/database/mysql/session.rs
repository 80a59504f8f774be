//! The way to a server: its address, who logs in, how the connection is protected.
//!
//! Owns the driver. What is asked over a connection belongs to `catalog` and `rights`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, DriverError, Error as Report, OptsBuilder, Params, SslOpts};

use super::super::tool::{Container, Place};
use super::fault::{Moment, Who};
use super::flavour::{Flavour, ServerVersion};
use crate::config::{ConnectionSettings, TlsMode};
use crate::error::{Error, Result, ServerError};
use crate::secret::Secret;

pub(super) const DEFAULT_PORT: u16 = 3306;
/// For the connection itself, the login included.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// For a question about names and sizes.
const ANSWER_PATIENCE: Duration = Duration::from_mins(5);

/// How long a statement waits for a lock of another session, in seconds.
pub(super) const USUAL_PATIENCE: u32 = 30;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A Unix socket.
    Socket(String),
    /// A host and a port.
    Tcp {
        /// Its name or address.
        host: String,
        /// Its port.
        port: u16,
    },
}

/// Everything that is needed to reach a server.
#[derive(Debug, Clone)]
pub(super) struct Access {
    /// The server and the user, for messages.
    pub(super) who: Who,
    /// Where the tools run.
    pub(super) place: Place,
    /// The password; `None` when the server asks for none.
    pub(super) password: Option<Secret>,
    /// How the connection is protected.
    pub(super) tls: TlsMode,
    address: Address,
    inside: Option<Address>,
    ca_file: Option<PathBuf>,
}

impl Access {
    /// Fetches the password and looks for the container.
    pub(super) async fn of(settings: &ConnectionSettings) -> Result<Self> {
        let password = match &settings.password {
            Some(source) => Some(source.resolve().await?).filter(|password| !password.is_empty()),
            None => None,
        };
        let port = if settings.port == 0 { DEFAULT_PORT } else { settings.port };
        let (mut place, mut inside) = (Place::Here, None);
        let address = if let Some(name) = &settings.server.container {
            let container = Container::find(name).await?;
            let (host, outside) = container.address(port)?;
            place = Place::Container(container.into());
            inside = Some(Address::Tcp { host: "127.0.0.1".to_owned(), port });
            Address::Tcp { host, port: outside }
        } else if settings.host.starts_with('/') {
            Address::Socket(settings.host.clone())
        } else {
            let host = if settings.host.is_empty() { "localhost" } else { &settings.host };
            Address::Tcp { host: host.to_owned(), port }
        };
        Ok(Self {
            who: Who { server: shown_server(settings), user: settings.user.clone() },
            place,
            password,
            tls: settings.tls(),
            address,
            inside,
            ca_file: settings.server.ca_file.clone(),
        })
    }

    /// Where the tools find the server.
    pub(super) fn seen_by_tools(&self) -> &Address {
        self.inside.as_ref().unwrap_or(&self.address)
    }

    /// The file of certificates that a tool has to trust: the chosen one, else the system's.
    pub(super) fn trusted_file(&self) -> Option<PathBuf> {
        super::super::tls::bundle(self.ca_file.as_deref())
    }

    fn options(&self, tls: bool) -> Result<OptsBuilder> {
        let mut options = OptsBuilder::default()
            .prefer_socket(false)
            .tcp_keepalive(Some(Duration::from_secs(30)))
            .stmt_cache_size(0)
            .user(Some(self.who.user.clone()))
            .pass(self.password.as_ref().map(|password| password.expose().to_owned()));
        options = match &self.address {
            Address::Socket(path) => options.socket(Some(path.clone())),
            Address::Tcp { host, port } => options.ip_or_hostname(host.clone()).tcp_port(*port),
        };
        let is_socket = matches!(self.address, Address::Socket(_));
        if !tls || is_socket { Ok(options) } else { Ok(options.ssl_opts(self.tls_options()?)) }
    }

    fn tls_options(&self) -> Result<SslOpts> {
        let options = SslOpts::default();
        if self.tls != TlsMode::Verify {
            return Ok(options
                .with_danger_accept_invalid_certs(true)
                .with_danger_skip_domain_validation(true));
        }
        let roots: Vec<Vec<u8>> = if let Some(file) = &self.ca_file {
            vec![readable(file, &self.who)?]
        } else {
            let system = rustls_native_certs::load_native_certs().certs;
            system.into_iter().map(|certificate| certificate.to_vec()).collect()
        };
        let roots = roots.into_iter().map(Into::into).collect();
        Ok(options.with_root_certs(roots).with_disable_built_in_roots(true))
    }
}

/// The server as a person would write it.
pub(super) fn shown_server(settings: &ConnectionSettings) -> String {
    let port = if settings.port == 0 { DEFAULT_PORT } else { settings.port };
    match (&settings.server.container, settings.host.as_str()) {
        (Some(container), _) => format!("container {container}"),
        (None, host) if host.starts_with('/') => host.to_owned(),
        (None, "") => format!("localhost:{port}"),
        (None, host) if host.contains(':') => format!("[{host}]:{port}"),
        (None, host) => format!("{host}:{port}"),
    }
}

fn readable(file: &Path, who: &Who) -> Result<Vec<u8>> {
    let unreadable = |error| ServerError::Tls {
        server: who.server.clone(),
        detail: format!("`{}` cannot be read: {error}", file.display()),
    };
    Ok(std::fs::read(file).map_err(unreadable)?)
}

/// An open connection.
pub(super) struct Session {
    connection: Conn,
    who: Who,
    /// Whether it is encrypted.
    pub(super) encrypted: bool,
    /// Who answers.
    pub(super) version: ServerVersion,
}

impl Session {
    /// Connects and logs in.
    pub(super) async fn open(access: &Access) -> Result<Self> {
        let connection = match (connect(access, access.tls != TlsMode::Off).await?, access.tls) {
            (Err(Report::Driver(DriverError::NoClientSslFlagFromServer)), TlsMode::Prefer) => {
                connect(access, false).await?
            }
            (outcome, _) => outcome,
        };
        let mut connection =
            connection.map_err(|report| access.who.report(Moment::Connecting, report))?;
        let failed = |report| access.who.report(Moment::Working, report);
        let asked = connection.query_first("SELECT VERSION(), @@version_comment").await;
        let (version, comment): (String, String) = asked.map_err(failed)?.unwrap_or_default();
        let version =
            ServerVersion::of_server(&version, &comment).ok_or_else(|| ServerError::Failed {
                object: access.who.server.clone(),
                detail: format!("it says that its version is `{version}`"),
            })?;
        let mut session = Self { connection, who: access.who.clone(), encrypted: false, version };
        session.prepare().await?;
        Ok(session)
    }

    /// Settings of this connection only: no wait without end, no stale sizes, the same words everywhere.
    async fn prepare(&mut self) -> Result<()> {
        self.execute("SET SESSION sql_mode = ''").await?;
        self.wait_for_locks(USUAL_PATIENCE).await?;
        if self.version.flavour == Flavour::MySql && self.version.series() >= (8, 0) {
            self.execute("SET SESSION information_schema_stats_expiry = 0").await?;
        }
        let cipher: Vec<(String, String)> = self.rows("SHOW STATUS LIKE 'Ssl_cipher'", ()).await?;
        self.encrypted = cipher.iter().any(|(_, cipher)| !cipher.is_empty());
        Ok(())
    }

    /// Waits so long for another session's lock on a table, in seconds, from here on.
    pub(super) async fn wait_for_locks(&mut self, seconds: u32) -> Result<()> {
        self.execute(&format!("SET SESSION lock_wait_timeout = {seconds}")).await
    }

    /// All rows of an answer.
    pub(super) async fn rows<R: FromRow + Send + 'static>(
        &mut self,
        query: &str,
        parameters: impl Into<Params> + Send,
    ) -> Result<Vec<R>> {
        let parameters: Params = parameters.into();
        let answer = async {
            if matches!(parameters, Params::Empty) {
                self.connection.query(query).await
            } else {
                self.connection.exec(query, parameters).await
            }
        };
        tokio::time::timeout(ANSWER_PATIENCE, answer)
            .await
            .map_err(|_| no_answer(&self.who, ANSWER_PATIENCE))?
            .map_err(|report| self.who.report(Moment::Working, report))
    }

    /// One number, however long it takes.
    pub(super) async fn number(&mut self, query: &str) -> Result<u64> {
        let answer = self.connection.query_first(query).await;
        let number = answer.map_err(|report| self.who.report(Moment::Working, report))?;
        Ok(number.unwrap_or_default())
    }

    /// The text of a server variable; `None` when the server does not know it.
    pub(super) async fn variable(&mut self, name: &str) -> Option<String> {
        let query = format!("SELECT CAST(@@{name} AS CHAR)");
        let answer: Result<Vec<Option<String>>> = self.rows(&query, ()).await;
        answer.ok()?.into_iter().next().flatten()
    }

    /// Runs a statement.
    pub(super) async fn execute(&mut self, statement: &str) -> Result<()> {
        self.execute_bytes(statement.as_bytes()).await
    }

    /// Runs a statement in the character set that the session says it is in.
    pub(super) async fn execute_bytes(&mut self, statement: &[u8]) -> Result<()> {
        let answer = self.connection.query_drop(statement).await;
        answer.map_err(|report| self.who.report(Moment::Working, report))
    }

    /// How the connection is protected, for a person.
    pub(super) fn protection(&self, access: &Access) -> String {
        match (self.encrypted, access.tls, &access.address) {
            (false, _, Address::Socket(_)) => "a socket on this computer".to_owned(),
            (true, TlsMode::Verify, _) => "TLS, certificate verified".to_owned(),
            (true, ..) => "TLS, certificate not verified".to_owned(),
            (false, ..) => "not encrypted".to_owned(),
        }
    }

    /// Says goodbye. A connection that breaks while it is closed is closed.
    pub(super) async fn close(self) {
        let _ = tokio::time::timeout(CONNECT_PATIENCE, self.connection.disconnect()).await;
    }
}

async fn connect(access: &Access, tls: bool) -> Result<Result<Conn, Report>> {
    let options = access.options(tls)?;
    tokio::time::timeout(CONNECT_PATIENCE, Conn::new(options)).await.map_err(|_| {
        let detail = format!("no answer within {} s", CONNECT_PATIENCE.as_secs());
        access.who.broken(Moment::Connecting, &detail)
    })
}

fn no_answer(who: &Who, waited: Duration) -> Error {
    ServerError::NoAnswer { tool: who.server.clone(), seconds: waited.as_secs() }.into()
}

/// `name` as an identifier in a statement.
pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// `text` as a value in a statement.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
