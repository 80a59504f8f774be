//! MariaDB, MySQL and sessions on them.

use std::path::PathBuf;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, Value};
use tokio::runtime::Runtime;

use super::{Servers, TextRow, fresh_name, kept_beginning, login, runtime};

/// One of the running servers.
#[derive(Debug, Clone)]
pub struct MysqlServer {
    key: &'static str,
    pub port: u16,
    pub user: String,
    pub password: String,
    socket: String,
}

impl MysqlServer {
    /// MariaDB; `None` when a person chose to go without.
    pub fn mariadb() -> Option<Self> {
        Self::named("mariadb", "MARIADB")
    }

    /// Oracle's MySQL.
    pub fn mysql() -> Option<Self> {
        Self::named("mysql", "MYSQL")
    }

    fn named(server: &str, key: &'static str) -> Option<Self> {
        let (port, user, password) = login(server, key)?;
        let socket = Servers::get().text(&format!("{key}_SOCKET")).to_owned();
        Some(Self { key, port, user, password, socket })
    }

    /// The same make, but a server of one test with another socket and port.
    #[must_use]
    pub fn elsewhere(&self, socket: &std::path::Path, port: u16) -> Self {
        Self { socket: socket.to_str().unwrap().to_owned(), port, ..self.clone() }
    }

    /// Whether this is MariaDB and not MySQL.
    pub fn is_mariadb(&self) -> bool {
        self.key == "MARIADB"
    }

    /// Another key of this server: `SOCKET`, `BIN`, `VERSION`, `OPTION_FILE`.
    pub fn setting(&self, name: &str) -> &'static str {
        Servers::get().text(&format!("{}_{name}", self.key))
    }

    /// Where the tools of this server's own make are.
    pub fn tools(&self) -> PathBuf {
        PathBuf::from(self.setting("BIN"))
    }

    /// The client of this server's own make.
    pub fn client(&self) -> PathBuf {
        self.tools().join(if self.is_mariadb() { "mariadb" } else { "mysql" })
    }

    pub fn session(&self, database: Option<&str>) -> MysqlSession {
        self.try_session(database).unwrap()
    }

    pub fn try_session(&self, database: Option<&str>) -> Result<MysqlSession, mysql_async::Error> {
        let runtime = runtime();
        let options = OptsBuilder::default()
            .socket(Some(&self.socket))
            .user(Some(&self.user))
            .pass(Some(&self.password))
            .db_name(database)
            .max_allowed_packet(Some(1 << 30))
            .init(vec!["SET NAMES utf8mb4", "SET time_zone = '+00:00'"]);
        let connection = runtime.block_on(Conn::new(options))?;
        Ok(MysqlSession { runtime, connection: Some(connection) })
    }

    /// An empty database of its own for one test, gone at its end.
    pub fn fresh(&self, label: &str) -> FreshMysql {
        let name = fresh_name(label);
        self.session(None).run(&format!("CREATE DATABASE `{name}`"));
        self.adopt(&name)
    }

    /// The databases whose names begin so.
    pub fn databases(&self, beginning: &str) -> Vec<String> {
        super::beginning_with(&self.session(None).rows("SHOW DATABASES"), beginning)
    }

    /// Drops the database `name` at the end of the test; it need not exist yet.
    pub fn adopt(&self, name: &str) -> FreshMysql {
        FreshMysql { server: self.clone(), name: name.to_owned() }
    }
}

/// One connection.
pub struct MysqlSession {
    runtime: Runtime,
    connection: Option<Conn>,
}

impl MysqlSession {
    /// Runs one statement whose rows are of no interest.
    pub fn run(&mut self, sql: &str) {
        self.try_run(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql:.2000}"));
    }

    pub fn try_run(&mut self, sql: &str) -> Result<(), mysql_async::Error> {
        let connection = self.connection.as_mut().unwrap();
        self.runtime.block_on(connection.query_drop(sql))
    }

    /// The rows of a query as the server writes them.
    pub fn rows(&mut self, sql: &str) -> Vec<TextRow> {
        let connection = self.connection.as_mut().unwrap();
        let answer = self.runtime.block_on(connection.query::<mysql_async::Row, _>(sql));
        let rows = answer.unwrap_or_else(|error| panic!("{error:?}\n{sql:.2000}"));
        rows.into_iter().map(|row| row.unwrap().into_iter().map(bytes).collect()).collect()
    }

    /// The only cell of a query as text.
    pub fn one(&mut self, sql: &str) -> String {
        super::cell(&self.rows(sql)[0], 0)
    }
}

impl Drop for MysqlSession {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(connection.disconnect());
        }
    }
}

/// The text protocol sends bytes or NULL, and nothing else.
fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(bytes),
        other => Some(other.as_sql(true).into_bytes()),
    }
}

/// A database that is dropped with this value, and what Kronos has kept of it.
pub struct FreshMysql {
    pub server: MysqlServer,
    pub name: String,
}

impl FreshMysql {
    pub fn session(&self) -> MysqlSession {
        self.server.session(Some(&self.name))
    }
}

impl Drop for FreshMysql {
    fn drop(&mut self) {
        let mut session = self.server.session(None);
        for name in self.server.databases(&kept_beginning(&self.name)).iter().chain([&self.name]) {
            let quoted = name.replace('`', "``");
            let _ = session.try_run(&format!("DROP DATABASE IF EXISTS `{quoted}`"));
        }
    }
}
