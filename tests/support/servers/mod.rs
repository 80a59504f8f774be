//! The real database servers of the tests: where they are, and sessions on them.
//!
//! Owns the file `servers/env` in the target folder, which `scripts/servers.sh start` writes, the skipping
//! of servers that a person chose to go without, and names for databases of one test. What is compared
//! belongs to `listing`.

mod mongodb;
mod mysql;
mod postgres;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Runtime;

pub use mongodb::{FreshMongo, MongoServer, MongoSession};
pub use mysql::{FreshMysql, MysqlServer, MysqlSession};
pub use postgres::{FreshPostgres, PostgresServer, PostgresSession};

/// What `scripts/servers.sh` wrote; its header explains the keys.
pub struct Servers {
    values: BTreeMap<String, String>,
}

impl Servers {
    /// Reads the file once. `KRONOS_TEST_SERVERS` names the file when the servers were started for another
    /// target folder.
    pub fn get() -> &'static Self {
        static SERVERS: OnceLock<Servers> = OnceLock::new();
        SERVERS.get_or_init(|| {
            let file = std::env::var_os("KRONOS_TEST_SERVERS").map_or_else(env_file, PathBuf::from);
            let text = std::fs::read_to_string(&file).unwrap_or_else(|error| {
                panic!(
                    "{}: {error}. These tests need real database servers: run `scripts/servers.sh start`, \
                     or `make test`, which does it",
                    file.display()
                )
            });
            let pairs = text.lines().filter_map(|line| line.split_once('='));
            Self { values: pairs.map(|(key, value)| (key.into(), value.into())).collect() }
        })
    }

    /// The value of a key.
    pub fn text(&self, key: &str) -> &str {
        self.values.get(key).unwrap_or_else(|| {
            panic!("the file of the servers has no {key}: run `scripts/servers.sh start` again")
        })
    }

    pub fn path(&self, key: &str) -> PathBuf {
        PathBuf::from(self.text(key))
    }

    pub fn port(&self, key: &str) -> u16 {
        self.text(key).parse().unwrap()
    }

    /// The administrator with the password that is hard to quote; known to every server.
    pub fn nasty_login(&self) -> (String, String) {
        let password = std::fs::read_to_string(self.path("NASTY_PASSWORD_FILE")).unwrap();
        (self.text("NASTY_USER").to_owned(), password)
    }

    /// False, and a line on stderr, when `KRONOS_TEST_SKIP` named this server at its start.
    pub fn wants(&self, server: &str) -> bool {
        let skipped = self.text("SKIPPED").split(',').any(|name| name.trim() == server);
        if skipped {
            crate::say(&format!("SKIPPED by KRONOS_TEST_SKIP: a test of {server}"));
        }
        !skipped
    }
}

/// Port, user and password of the server whose keys begin so; `None` when a person chose to go without it.
fn login(server: &str, key: &str) -> Option<(u16, String, String)> {
    let servers = Servers::get();
    let text = |end: &str| servers.text(&format!("{key}_{end}")).to_owned();
    servers
        .wants(server)
        .then(|| (servers.port(&format!("{key}_PORT")), text("USER"), text("PASSWORD")))
}

fn env_file() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("servers/env")
}

/// A name that no other test and no other run of the tests uses.
pub fn fresh_name(label: &str) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    format!("t{}_{}_{label}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// How the names begin under which Kronos keeps what it has replaced of the database `name`.
pub fn kept_beginning(name: &str) -> String {
    // Longer names are cut, so that the whole is short enough for every server.
    format!("{}__kronos_before_", &name[..name.floor_char_boundary(27)])
}

/// Statements here are few and short, so each session waits for its own on the thread of its test.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// One row as the server writes it; `None` is NULL.
pub type TextRow = Vec<Option<Vec<u8>>>;

/// The first column of each row as text.
pub fn firsts(rows: &[TextRow]) -> Vec<String> {
    rows.iter().map(|row| cell(row, 0)).collect()
}

/// Those of the first column that begin so.
fn beginning_with(rows: &[TextRow], beginning: &str) -> Vec<String> {
    firsts(rows).into_iter().filter(|name| name.starts_with(beginning)).collect()
}

/// A cell as text; NULL is empty.
pub fn cell(row: &TextRow, column: usize) -> String {
    row[column].as_deref().map_or_else(String::new, |bytes| String::from_utf8_lossy(bytes).into())
}
