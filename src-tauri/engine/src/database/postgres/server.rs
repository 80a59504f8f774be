//! A look at the whole server: who it is, which of its databases the profile takes.
//!
//! Owns the choice of databases. What is inside one belongs to `catalogue`.

use super::access::Access;
use super::catalogue::{self, Catalogue, Database};
use super::selection::takes_database;
use super::session::Session;
use crate::config::NamePatterns;
use crate::contents::ServerInfo;
use crate::error::{Error, Result, ServerError};

/// The server with the databases of a profile.
pub(super) struct Server {
    /// A session to one of its databases.
    pub session: Session,
    /// Its databases that the profile takes.
    pub databases: Vec<Database>,
    /// Things to know, each one sentence.
    pub warnings: Vec<String>,
}

/// Databases that nearly every server has, to ask for the others.
const FIRST: [&str; 2] = ["postgres", "template1"];

impl Server {
    /// Connects and chooses the databases.
    pub async fn look(access: &Access) -> Result<Self> {
        let settings = access.settings();
        let session = open_any(access).await?;
        let all = catalogue::databases(&session).await?;
        let wanted = NamePatterns::of(&settings.databases);
        let unknown = |name: &str| ServerError::UnknownDatabase {
            server: access.shown(),
            database: name.to_owned(),
        };
        for name in wanted.names() {
            if !all.iter().any(|database| database.name == name) {
                return Err(unknown(name).into());
            }
        }
        let mut server = Self { session, databases: Vec::new(), warnings: Vec::new() };
        for database in all {
            let is_named = settings.databases.contains(&database.name);
            let is_taken = takes_database(&database.name, &wanted, &settings.server.selection);
            if is_taken && server.is_dumpable(access, &database, is_named).await? {
                server.databases.push(database);
            }
        }
        if server.databases.is_empty() {
            return Err(unknown(&wanted.shown()).into());
        }
        Ok(server)
    }

    /// Passes over what is no database of anybody: one whose removal broke off, and the empty
    /// `postgres` that every server has.
    async fn is_dumpable(
        &mut self,
        access: &Access,
        database: &Database,
        is_named: bool,
    ) -> Result<bool> {
        if is_named {
            return Ok(true);
        }
        if database.is_invalid {
            let name = &database.name;
            self.warnings.push(format!("`{name}` is left out: its removal was never finished"));
            return Ok(false);
        }
        if database.name == FIRST[0] {
            let session = Session::open(access, &database.name).await?;
            return Ok(!catalogue::read(&session).await?.relations.is_empty());
        }
        Ok(true)
    }

    /// Who the server is; `tool` is the title and the place of the tool that dumps it.
    pub async fn info(&self, tool: (String, String)) -> ServerInfo {
        let (tool, tool_place) = tool;
        ServerInfo {
            version: format!("PostgreSQL {}", version_text(self.session.version)),
            tool,
            tool_place,
            identity: catalogue::identity(&self.session).await,
        }
    }

    /// The server's major version.
    pub fn major(&self) -> u32 {
        self.session.version / 10_000
    }
}

/// `150018` as `15.18`.
pub(super) fn version_text(number: u32) -> String {
    format!("{}.{}", number / 10_000, number % 10_000)
}

/// The major version in `PostgreSQL 15.18` or `pg_dump 15.18`.
pub(super) fn major_in(text: &str) -> Option<u32> {
    let number = text.split(' ').nth(1)?.split('.').next()?;
    number.parse().ok()
}

/// A session to any database: the usual ones, else those that the profile names.
pub(super) async fn open_any(access: &Access) -> Result<Session> {
    let named = NamePatterns::of(&access.settings().databases);
    let candidates = FIRST.into_iter().chain(named.names());
    let mut refusal = None;
    for candidate in candidates {
        match Session::open(access, candidate).await {
            // It may be another one that this user may enter.
            Err(
                error @ Error::Server(
                    ServerError::UnknownDatabase { .. }
                    | ServerError::RightMissing { .. }
                    | ServerError::LoginRefused { .. },
                ),
            ) => refusal = refusal.or(Some(error)),
            outcome => return outcome,
        }
    }
    Err(refusal.unwrap_or_else(|| Error::Internal("no database was tried".to_owned())))
}

/// A session to `database` with its catalogue.
pub(super) async fn enter(access: &Access, database: &str) -> Result<(Session, Catalogue)> {
    let session = Session::open(access, database).await?;
    let catalogue = catalogue::read_with_sizes(&session).await?;
    Ok((session, catalogue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_written() {
        assert_eq!(version_text(150_018), "15.18");
        assert_eq!(major_in("PostgreSQL 13.23"), Some(13));
        assert_eq!(major_in("pg_dump 18.4"), Some(18));
        assert_eq!(major_in(""), None);
    }
}
