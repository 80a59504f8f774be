//! One connection of the driver to one database.
//!
//! Owns its settings, its limits and its end: dropping a session closes its connection at once, and
//! with it every lock and every snapshot that it holds.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::tls;
use super::access::Access;
use super::faults::Against;
use crate::cancel::CancellationToken;
use crate::config::TlsMode;
use crate::error::{Error, Result, ServerError};

/// How long a server may take until a session is there.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// How long a question about the catalogue may take.
const QUESTION_PATIENCE: Duration = Duration::from_mins(1);
/// The oldest server that is supported, as `server_version_num`.
const OLDEST: u32 = 100_000;

/// Nothing that the user or an administrator has set may end or change our work.
const SETTINGS: &str = "SET search_path = ''; SET statement_timeout = 0; SET lock_timeout = 2000; \
     SET idle_in_transaction_session_timeout = 0; SET DateStyle = ISO; SET row_security = off";

/// A connection to one database.
pub(super) struct Session {
    client: Client,
    connection: JoinHandle<()>,
    access: Access,
    database: String,
    /// `server_version_num`: 150018.
    pub version: u32,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Session {
    /// Connects to `database`.
    pub async fn open(access: &Access, database: &str) -> Result<Self> {
        let connecting = tokio::time::timeout(CONNECT_PATIENCE, Self::connect(access, database));
        connecting.await.unwrap_or_else(|_| {
            let detail = format!("no answer within {} s", CONNECT_PATIENCE.as_secs());
            Err(ServerError::Unreachable { server: access.shown(), detail }.into())
        })
    }

    async fn connect(access: &Access, database: &str) -> Result<Self> {
        let against = Against { access, database };
        let (client, connection) = start(access, database).await?;
        let mut session = Self {
            client,
            connection,
            access: access.clone(),
            database: database.to_owned(),
            version: 0,
            encrypted: false,
        };
        session.client.batch_execute(SETTINGS).await.map_err(|error| against.asking(&error))?;
        let question = "SELECT pg_catalog.current_setting('server_version_num')::int4, COALESCE((SELECT \
             ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()), false)";
        let row = session.one(question, &[]).await?;
        session.version = row.get::<_, i32>(0).unsigned_abs();
        session.encrypted = row.get(1);
        if session.version < OLDEST {
            let major = session.version / 10_000;
            let detail = format!("it is PostgreSQL {major}; Kronos supports 10 and later");
            return Err(against.failed(detail));
        }
        // A server that never looks whether we are still there goes on counting for nobody.
        if session.version >= 140_000 {
            session.run("SET client_connection_check_interval = 2000").await?;
            // The session of a new database waits for as long as its dump is loaded.
            session.run("SET idle_session_timeout = 0").await?;
        }
        Ok(session)
    }

    /// The database that it is connected to.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// For what fails here.
    pub fn against(&self) -> Against<'_> {
        Against { access: &self.access, database: &self.database }
    }

    /// Asks for rows.
    pub async fn all(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.in_time(self.client.query(sql, values)).await
    }

    /// Asks for one row.
    pub async fn one(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Row> {
        self.in_time(self.client.query_one(sql, values)).await
    }

    /// Runs a statement that answers nothing.
    pub async fn run(&self, sql: &str) -> Result<()> {
        self.in_time(self.client.batch_execute(sql)).await
    }

    /// Runs a statement and hands on the driver's own error, for callers that branch on it.
    pub async fn attempt(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(sql).await
    }

    /// Asks for one row for as long as it takes, until `cancel`.
    pub async fn one_patiently(&self, sql: &str, cancel: &CancellationToken) -> Result<Row> {
        let asked = cancel.run_until_cancelled(self.client.query_one(sql, &[])).await;
        asked.ok_or(Error::Cancelled)?.map_err(|error| self.against().asking(&error))
    }

    /// Runs a statement for as long as it takes, until `cancel`.
    pub async fn run_patiently(&self, sql: &str, cancel: &CancellationToken) -> Result<()> {
        let run = cancel.run_until_cancelled(self.client.batch_execute(sql)).await;
        run.ok_or(Error::Cancelled)?.map_err(|error| self.against().asking(&error))
    }

    async fn in_time<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        match tokio::time::timeout(QUESTION_PATIENCE, asked).await {
            Ok(answer) => answer.map_err(|error| self.against().asking(&error)),
            Err(_) => Err(ServerError::NoAnswer {
                tool: self.access.shown(),
                seconds: QUESTION_PATIENCE.as_secs(),
            }
            .into()),
        }
    }
}

async fn start(access: &Access, database: &str) -> Result<(Client, JoinHandle<()>)> {
    let against = Against { access, database };
    let mut config = tokio_postgres::Config::new();
    config
        .port(access.port)
        .user(&access.user)
        .dbname(database)
        .application_name("kronos")
        .connect_timeout(CONNECT_PATIENCE)
        .keepalives_idle(Duration::from_secs(30))
        .tcp_user_timeout(Duration::from_mins(1));
    if access.is_socket() {
        #[cfg(unix)]
        config.host_path(&access.host);
    } else {
        config.host(&access.host);
    }
    if let Some(password) = &access.password {
        config.password(password.expose());
    }
    config.ssl_mode(match access.tls {
        TlsMode::Off => SslMode::Disable,
        _ if access.is_socket() => SslMode::Disable,
        TlsMode::Prefer => SslMode::Prefer,
        TlsMode::Require | TlsMode::Verify => SslMode::Require,
    });
    let failed = |error: tokio_postgres::Error| against.connecting(&error);
    if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        return Ok((client, watched(connection)));
    }
    let ca_file = access.settings().server.ca_file.as_deref();
    let tls = match access.tls {
        TlsMode::Verify => tls::verifying(ca_file),
        _ => tls::trusting(),
    };
    let tls = tls.map_err(|detail| ServerError::Tls { server: access.shown(), detail })?;
    let (client, connection) = config.connect(MakeRustlsConnect::new(tls)).await.map_err(failed)?;
    Ok((client, watched(connection)))
}

/// The driver wants its connection to be driven by somebody. Its error comes back to whoever asks next.
fn watched(
    connection: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to PostgreSQL ended");
        }
    })
}
