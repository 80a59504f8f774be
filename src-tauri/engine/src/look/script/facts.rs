//! What the comments at the top of a dump say, and which client it was written for.
//!
//! Owns the lines that the dump tools write. A comment is what somebody wrote there, no more.

use memchr::memmem::find;

use super::super::SqlDialect;
use super::super::subject::told;

/// Lines that are looked at.
const MAX_LINES: usize = 80;

/// What a script says of itself.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub dialect: SqlDialect,
    /// Whether a dump tool says that it has written it.
    pub is_told: bool,
    pub source: Option<String>,
    pub host: Option<String>,
    pub made_at: Option<String>,
    pub server: Option<String>,
    pub tool: Option<String>,
    /// What the tool writes last.
    pub last_line: Option<&'static str>,
}

/// Reads the beginning of a script.
pub(super) fn read(start: &[u8]) -> Facts {
    let mut facts = Facts::default();
    for line in start.split(|byte| *byte == b'\n').take(MAX_LINES) {
        let line = String::from_utf8_lossy(line);
        facts.line(line.trim_end());
    }
    if facts.dialect == SqlDialect::Unknown {
        facts.dialect = by_content(start);
    }
    let product = if facts.dialect == SqlDialect::Mariadb { "MariaDB" } else { "MySQL" };
    if let (Some(version), SqlDialect::Mysql | SqlDialect::Mariadb) = (&facts.server, facts.dialect)
    {
        facts.server = Some(format!("{product} {version}"));
    }
    facts
}

impl Facts {
    fn line(&mut self, line: &str) {
        if line.starts_with("/*M!999999\\- enable the sandbox mode */") {
            (self.dialect, self.is_told) = (SqlDialect::Mariadb, true);
        }
        let Some(comment) = line.strip_prefix("-- ") else { return };
        if comment == "PostgreSQL database dump" {
            self.found(SqlDialect::Postgres, "-- PostgreSQL database dump complete");
        } else if comment == "PostgreSQL database cluster dump" {
            self.found(SqlDialect::Postgres, "-- PostgreSQL database cluster dump complete");
        } else if let Some(version) = comment.strip_prefix("Dumped from database version ") {
            self.server = told(version).map(|version| format!("PostgreSQL {version}"));
        } else if let Some(version) = comment.strip_prefix("Dumped by pg_dump version ") {
            self.tool = told(version).map(|version| format!("pg_dump {version}"));
        } else if let Some(at) = comment.strip_prefix("Started on ") {
            self.made_at = told(at);
        } else if let Some(rest) = comment.strip_prefix("MariaDB dump ") {
            self.found(SqlDialect::Mariadb, "-- Dump completed");
            self.tool = distribution(rest).map(|version| format!("mariadb-dump {version}"));
        } else if let Some(rest) = comment.strip_prefix("MySQL dump ") {
            let version = distribution(rest);
            let is_mariadb = version.as_ref().is_some_and(|version| version.contains("MariaDB"));
            let dialect = if is_mariadb { SqlDialect::Mariadb } else { SqlDialect::Mysql };
            self.found(dialect, "-- Dump completed");
            self.tool = version.map(|version| format!("mysqldump {version}"));
        } else {
            self.place(comment);
        }
    }

    /// The lines that name the server and the database.
    fn place(&mut self, comment: &str) {
        if let Some((host, database)) =
            comment.strip_prefix("Host: ").and_then(|rest| rest.split_once("    Database:"))
        {
            (self.host, self.source) = (told(host), told(database));
        } else if let Some(version) = comment.strip_prefix("Server version\t") {
            self.server = told(version);
            if version.contains("MariaDB") {
                self.dialect = SqlDialect::Mariadb;
            }
        }
    }

    fn found(&mut self, dialect: SqlDialect, last_line: &'static str) {
        if self.last_line.is_none() {
            (self.dialect, self.is_told, self.last_line) = (dialect, true, Some(last_line));
        }
    }
}

/// `10.19  Distrib 10.11.19-MariaDB, for Linux (x86_64)`: the version of the tool's release.
fn distribution(rest: &str) -> Option<String> {
    let version = rest.split_once("Distrib ").map_or(rest, |(_, version)| version);
    told(version.split(',').next().unwrap_or_default())
}

/// The client that understands what stands in a script without comments.
fn by_content(start: &[u8]) -> SqlDialect {
    const SIGNS: [(&[u8], SqlDialect); 16] = [
        (b"/*M!", SqlDialect::Mariadb),
        (b"/*!4", SqlDialect::Mysql),
        (b"/*!5", SqlDialect::Mysql),
        (b"/*!8", SqlDialect::Mysql),
        (b"ENGINE=", SqlDialect::Mysql),
        (b"AUTO_INCREMENT", SqlDialect::Mysql),
        (b"pg_catalog.", SqlDialect::Postgres),
        (b"FROM stdin;", SqlDialect::Postgres),
        (b"SET client_encoding", SqlDialect::Postgres),
        (b"SET statement_timeout", SqlDialect::Postgres),
        (b"OWNER TO ", SqlDialect::Postgres),
        (b"LANGUAGE plpgsql", SqlDialect::Postgres),
        (b"PRAGMA ", SqlDialect::Sqlite),
        (b"AUTOINCREMENT", SqlDialect::Sqlite),
        (b"sqlite_sequence", SqlDialect::Sqlite),
        (b"BEGIN TRANSACTION;\nCREATE TABLE", SqlDialect::Sqlite),
    ];
    let found = SIGNS.iter().find(|(sign, _)| find(start, sign).is_some());
    found.map_or(SqlDialect::Unknown, |(_, dialect)| *dialect)
}

/// The instant in the last line of `mysqldump` and `mariadb-dump`.
pub(super) fn completed_at(tail: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(tail);
    let (_, rest) = text.rsplit_once("-- Dump completed on ")?;
    told(rest.lines().next()?)
}
