//! Where a restore goes, and everything that can be refused before a byte is written.
//!
//! Owns the rules: the name is free and possible, the server is not older than the backup, it takes writes,
//! and the user may make a database, fill it and drop it again.

use super::super::{DumpedDatabase, RestoreTarget, names};
use super::catalogue;
use super::connect::Session;
use super::facts::databases_in;
use super::restore::CLAIM;
use super::rights::Rights;
use super::server::{Server, version_in};
use super::units::WHOLE_SERVER;
use crate::error::{Error, RestoreError, Result, ServerError};

/// What a restore makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// One database, under a name of its own.
    Database(String),
    /// What takes the place of all that is in a database: loaded into that one, under hidden names.
    Inside {
        /// The database.
        database: String,
        /// What the names begin with, before a dot.
        prefix: String,
        /// Whether the operations of others may be ended.
        disconnect: bool,
    },
    /// These databases, under the names that they had.
    Server(Vec<String>),
}

impl Target {
    /// The databases that a restore makes.
    pub(super) fn databases(&self) -> &[String] {
        match self {
            Self::Database(name) | Self::Inside { database: name, .. } => {
                std::slice::from_ref(name)
            }
            Self::Server(names) => names,
        }
    }
}

/// A database name in bytes, as the server limits it.
const LONGEST: usize = 63;
const FORBIDDEN: [char; 7] = ['/', '\\', '.', ' ', '"', '$', '\0'];
/// What it takes to make a database, fill it, compare it and drop it again.
const ACTIONS: [&str; 5] = ["createCollection", "insert", "createIndex", "find", "dropDatabase"];
/// What it takes to replace what is in one.
const REPLACING: [&str; 8] = [
    "createCollection",
    "insert",
    "createIndex",
    "find",
    "update",
    "remove",
    "dropCollection",
    "renameCollectionSameDB",
];

/// Says why `dumped` cannot be restored to `target`, or what will be made.
pub(super) async fn check(
    session: &Session,
    server: &Server,
    target: &RestoreTarget,
    dumped: &DumpedDatabase,
) -> Result<Target> {
    let target = named(target, dumped)?;
    for name in target.databases() {
        check_name(name)?;
    }
    check_server(session, server, dumped)?;
    if let Target::Inside { .. } = target {
        check_rights(session, &target).await?;
        return Ok(target);
    }
    let there = catalogue::database_names(session).await?;
    for name in target.databases() {
        // The server refuses names that differ only in their case.
        if let Some(taken) = there.iter().find(|other| other.to_lowercase() == name.to_lowercase())
        {
            return Err(occupied(session, taken).await);
        }
    }
    check_rights(session, &target).await?;
    Ok(target)
}

/// Why a name is not free: a database has it, perhaps one that an earlier restore left half made.
async fn occupied(session: &Session, taken: &str) -> Error {
    let target = session.source(taken);
    let names = session.client.database(taken).list_collection_names().await;
    if names.is_ok_and(|names| names.iter().any(|name| name == CLAIM)) {
        let detail =
            "a restore to it is under way or was killed; then drop it, or choose another name";
        return unusable(&target, detail);
    }
    RestoreError::TargetExists { target }.into()
}

fn named(target: &RestoreTarget, dumped: &DumpedDatabase) -> Result<Target> {
    let name = target.database_name()?;
    if dumped.name != WHOLE_SERVER {
        return Ok(match target {
            RestoreTarget::ReplaceDatabase { name, disconnect } => Target::Inside {
                database: name.clone(),
                prefix: names::unfinished(),
                disconnect: *disconnect,
            },
            _ => Target::Database(name.to_owned()),
        });
    }
    if name == WHOLE_SERVER && !target.replaces() {
        return Ok(Target::Server(databases_in(&dumped.facts)));
    }
    let detail = format!(
        "this backup holds all databases of one moment, which keep their names; restore it to \
         `{WHOLE_SERVER}`, on a server that has none of them"
    );
    Err(unusable(name, &detail))
}

fn unusable(target: &str, detail: &str) -> Error {
    RestoreError::TargetUnusable { target: target.to_owned(), detail: detail.to_owned() }.into()
}

fn check_name(name: &str) -> Result<()> {
    if name.len() > LONGEST {
        return Err(unusable(name, "a name has at most 63 bytes"));
    }
    if name.is_empty() || name.contains(FORBIDDEN) {
        return Err(unusable(name, "a name has none of `/ \\ . \" $` and no blank"));
    }
    if catalogue::belongs_to_server(name) {
        return Err(unusable(name, "that database belongs to the server itself"));
    }
    Ok(())
}

fn check_server(session: &Session, server: &Server, dumped: &DumpedDatabase) -> Result<()> {
    let title = session.login.title.clone();
    if !server.is_writable {
        let elsewhere = match server.primary.as_str() {
            "" => String::new(),
            primary => format!("; the one that does is `{primary}`"),
        };
        let detail = format!("it takes no writes{elsewhere}");
        return Err(ServerError::TargetUnfit { server: title, detail }.into());
    }
    let source = version_in(&dumped.server.version);
    if source.is_some_and(|source| source.major > server.version.major) {
        let detail =
            format!("it is {}, and the backup is from {}", server.title, dumped.server.version);
        return Err(ServerError::TargetUnfit { server: title, detail }.into());
    }
    Ok(())
}

async fn check_rights(session: &Session, target: &Target) -> Result<()> {
    let rights = Rights::ask(session).await?;
    for database in target.databases() {
        let (actions, what): (&[&str], _) = match target {
            Target::Inside { .. } => (&REPLACING, "the database"),
            _ => (&ACTIONS, "the new database"),
        };
        if let Some(action) = actions.iter().find(|action| !rights.allow(action, database)) {
            return Err(ServerError::RightMissing {
                user: session.login.user.clone(),
                object: session.source(database),
                detail: format!("it lacks `{action}` on {what}"),
                grant: session.failures.grant("dbOwner", database),
            }
            .into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_database_can_have_are_refused() {
        for name in
            ["a b", "a.b", "a/b", "a\\b", "a\"b", "a$b", "", "admin", "Local", &"x".repeat(64)]
        {
            assert!(check_name(name).is_err(), "{name}");
        }
        for name in ["shop", "-x", "ü🔑", "a*b", "new\nline", "--oplog", &"x".repeat(63)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
    }
}
