//! PostgreSQL servers and sessions on them.

use std::path::PathBuf;

use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::{Servers, TextRow, fresh_name, kept_beginning, login, runtime};

/// One of the running servers.
#[derive(Debug, Clone)]
pub struct PostgresServer {
    /// Its place among the keys of the environment file: `POSTGRES`, `POSTGRES_OLD` …
    key: &'static str,
    pub port: u16,
    pub user: String,
    pub password: String,
}

impl PostgresServer {
    /// Debian's version, with TLS; `None` when a person chose to go without.
    pub fn wanted() -> Option<Self> {
        Self::named("postgres", "POSTGRES")
    }

    /// The older one.
    pub fn old() -> Option<Self> {
        Self::named("postgres-old", "POSTGRES_OLD")
    }

    /// The newer one.
    pub fn new() -> Option<Self> {
        Self::named("postgres-new", "POSTGRES_NEW")
    }

    /// The one in a container.
    pub fn in_container() -> Option<Self> {
        Self::named("docker", "DOCKER_POSTGRES")
    }

    fn named(server: &str, key: &'static str) -> Option<Self> {
        let (port, user, password) = login(server, key)?;
        Some(Self { key, port, user, password })
    }

    /// Another key of this server: `SOCKET_DIR`, `BIN`, `VERSION`, `PASSFILE`.
    pub fn setting(&self, name: &str) -> &'static str {
        Servers::get().text(&format!("{}_{name}", self.key))
    }

    /// Where the tools of this major version are.
    pub fn tools(&self) -> PathBuf {
        match self.key {
            "POSTGRES_NEW" => Servers::get().path("POSTGRES_TOOLS_18"),
            "POSTGRES_OLD" => Servers::get().path("POSTGRES_TOOLS_16"),
            _ => Servers::get().path("POSTGRES_BIN"),
        }
    }

    pub fn session(&self, database: &str) -> PostgresSession {
        let runtime = runtime();
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.port).user(&self.user).password(&self.password);
        config.dbname(database).application_name("kronos tests");
        let client = runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        });
        PostgresSession { runtime, client }
    }

    /// An empty database of its own for one test, gone at its end.
    pub fn fresh(&self, label: &str) -> FreshPostgres {
        let name = fresh_name(label);
        self.session("postgres").run(&format!("CREATE DATABASE \"{name}\" TEMPLATE template0"));
        self.adopt(&name)
    }

    /// Drops the database `name` at the end of the test; it need not exist yet.
    pub fn adopt(&self, name: &str) -> FreshPostgres {
        FreshPostgres { server: self.clone(), name: name.to_owned() }
    }

    /// The databases whose names begin so.
    pub fn databases(&self, beginning: &str) -> Vec<String> {
        let rows = self.session("postgres").rows("SELECT datname FROM pg_database ORDER BY 1");
        super::beginning_with(&rows, beginning)
    }
}

/// One connection.
pub struct PostgresSession {
    runtime: Runtime,
    client: Client,
}

impl PostgresSession {
    /// Runs statements whose rows are of no interest.
    pub fn run(&self, sql: &str) {
        self.try_run(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql:.2000}"));
    }

    pub fn try_run(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.runtime.block_on(self.client.batch_execute(sql))
    }

    /// The rows of a query as text.
    pub fn rows(&self, sql: &str) -> Vec<TextRow> {
        let answer = self.runtime.block_on(self.client.simple_query(sql));
        let messages = answer.unwrap_or_else(|error| panic!("{error:?}\n{sql:.2000}"));
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let cells = |row: &tokio_postgres::SimpleQueryRow| {
            (0..row.len()).map(|i| row.get(i).map(|text| text.as_bytes().to_vec())).collect()
        };
        rows.map(cells).collect()
    }

    /// The only cell of a query as text.
    pub fn one(&self, sql: &str) -> String {
        super::cell(&self.rows(sql)[0], 0)
    }
}

/// A database that is dropped with this value, and what Kronos has kept of it.
pub struct FreshPostgres {
    pub server: PostgresServer,
    pub name: String,
}

impl FreshPostgres {
    pub fn session(&self) -> PostgresSession {
        self.server.session(&self.name)
    }
}

impl Drop for FreshPostgres {
    fn drop(&mut self) {
        let session = self.server.session("postgres");
        for name in self.server.databases(&kept_beginning(&self.name)).iter().chain([&self.name]) {
            let quoted = name.replace('"', "\"\"");
            let _ = session.try_run(&format!("DROP DATABASE IF EXISTS \"{quoted}\" WITH (FORCE)"));
        }
    }
}
