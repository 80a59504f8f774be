//! The one place that turns an engine's name into a connection, or into a reader of its dumps.

use super::digest::Digests;
use super::mongodb::{self, MongoServer};
use super::mysql::{self, MysqlServer};
use super::postgres::{self, PostgresServer};
use super::reading::{DumpPlace, DumpReader};
use super::rows::{FoundRows, WantedRows};
use super::sqlite::{self, SqliteFiles};
use super::structure::Structure;
use super::{DatabaseConnection, RestoreTarget};
use crate::config::ConnectionSettings;
use crate::contents::DatabaseFacts;
use crate::error::{Error, RestoreError, Result};
use crate::ids::EngineKind;

/// Makes the connection for `kind`. Opens nothing yet.
pub fn connect(
    kind: EngineKind,
    settings: &ConnectionSettings,
) -> Result<Box<dyn DatabaseConnection>> {
    match kind {
        EngineKind::Sqlite => Ok(Box::new(SqliteFiles::new(settings))),
        EngineKind::Postgres => Ok(Box::new(PostgresServer::new(settings))),
        EngineKind::Mysql => Ok(Box::new(MysqlServer::new(settings))),
        EngineKind::Mongodb => Ok(Box::new(MongoServer::new(settings))),
    }
}

/// Whether the databases of `kind` live on a server; else they are files.
pub fn lives_on_server(kind: EngineKind) -> bool {
    !matches!(kind, EngineKind::Sqlite)
}

/// The server that these settings lead to, as a person would write it; empty for files.
pub fn server_name(kind: EngineKind, settings: &ConnectionSettings) -> Result<String> {
    if !lives_on_server(kind) {
        return Ok(String::new());
    }
    let whole = ConnectionSettings { databases: Vec::new(), ..settings.clone() };
    Ok(connect(kind, &whole)?.sources().concat())
}

/// Whether a unit of this name holds all databases of a server, so that its objects are called
/// `database.object`.
pub fn holds_whole_server(kind: EngineKind, unit: &str) -> bool {
    matches!(kind, EngineKind::Mongodb) && unit == mongodb::WHOLE_SERVER
}

/// The databases in a unit of this name that holds a whole server; empty when it is one database.
pub fn databases_within(kind: EngineKind, unit: &str, facts: &DatabaseFacts) -> Vec<String> {
    if holds_whole_server(kind, unit) { mongodb::databases_in(facts) } else { Vec::new() }
}

/// The facts of one `database` of a unit that holds a whole server, as if it had been dumped alone.
pub fn facts_within(facts: &DatabaseFacts, database: &str) -> DatabaseFacts {
    mongodb::facts_within(facts, database)
}

/// Whether two servers or tools of `kind`, as a person would write them, have the same major version. MySQL and
/// MariaDB count theirs with two numbers.
pub fn is_same_series(kind: EngineKind, one: &str, other: &str) -> bool {
    let numbers = if matches!(kind, EngineKind::Mysql) { 2 } else { 1 };
    let series = |text: &str| -> Vec<String> {
        let words = text.split_whitespace().take(2);
        words.map(|word| word.split('.').take(numbers).collect::<Vec<_>>().join(".")).collect()
    };
    series(one) == series(other)
}

/// Whether the log of operations, which a part of a dump of a whole server is loaded without, may be what is
/// missing when loading it fails like this.
pub fn may_want_log(error: &Error) -> bool {
    mongodb::may_want_log(error)
}

/// Whether the names of tables are `schema.table`, and `table` alone means it in every schema.
pub fn names_have_schemas(kind: EngineKind) -> bool {
    matches!(kind, EngineKind::Postgres)
}

/// The target of a restore, as `text` names it: the path of a new file, or the name of a new database.
pub fn restore_target(kind: EngineKind, text: &std::ffi::OsStr) -> Result<RestoreTarget> {
    if !lives_on_server(kind) {
        return Ok(RestoreTarget::NewFile(text.into()));
    }
    let name = text.to_str().filter(|name| !name.trim().is_empty() && !name.contains('\0'));
    let name = name.ok_or_else(|| RestoreError::TargetUnusable {
        target: text.to_string_lossy().into_owned(),
        detail: "it is not a name that a database can have".to_owned(),
    })?;
    Ok(RestoreTarget::NewDatabase(name.to_owned()))
}

/// Makes the reader that takes the first rows of a table out of a dump of `kind`.
pub fn row_reader(
    kind: EngineKind,
    place: DumpPlace,
    wanted: WantedRows,
) -> Result<Box<dyn DumpReader<Found = FoundRows>>> {
    Ok(match kind {
        EngineKind::Sqlite => Box::new(sqlite::RowReader::create(place, wanted)?),
        EngineKind::Postgres => Box::new(postgres::RowReader::new(place, wanted)),
        EngineKind::Mysql => Box::new(mysql::RowReader::new(place, wanted)),
        EngineKind::Mongodb => Box::new(mongodb::RowReader::new(place, wanted)),
    })
}

/// Makes the reader that takes the structure out of a dump of `kind`.
pub fn structure_reader(
    kind: EngineKind,
    place: DumpPlace,
) -> Result<Box<dyn DumpReader<Found = Structure>>> {
    Ok(match kind {
        EngineKind::Sqlite => Box::new(sqlite::StructureReader::create(place)?),
        EngineKind::Postgres => Box::new(postgres::StructureReader::new(place)),
        EngineKind::Mysql => Box::new(mysql::StructureReader::new()),
        EngineKind::Mongodb => Box::new(mongodb::StructureReader::new(place)),
    })
}

/// Makes the reader that says what the rows of a dump of `kind` hold. There is none where a restored database is
/// compared byte by byte.
pub fn digest_reader(
    kind: EngineKind,
    place: DumpPlace,
) -> Option<Box<dyn DumpReader<Found = Digests>>> {
    match kind {
        EngineKind::Sqlite => None,
        EngineKind::Postgres => Some(Box::new(postgres::DigestReader::new(place))),
        EngineKind::Mysql => Some(Box::new(mysql::DigestReader::new(place))),
        EngineKind::Mongodb => Some(Box::new(mongodb::DigestReader::new(place))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_version_is_none_that_writes_in_another_way() {
        let is_same = |kind, one, other| is_same_series(kind, one, other);
        assert!(is_same(EngineKind::Postgres, "PostgreSQL 15.18", "PostgreSQL 15.3"));
        assert!(is_same(EngineKind::Postgres, "pg_dump 18", "pg_dump 18.1"));
        assert!(!is_same(EngineKind::Postgres, "PostgreSQL 15.18", "PostgreSQL 16.18"));
        assert!(is_same(EngineKind::Mysql, "MariaDB 10.11.6", "MariaDB 10.11.14"));
        assert!(!is_same(EngineKind::Mysql, "MariaDB 10.11.6", "MariaDB 10.6.6"));
        assert!(!is_same(EngineKind::Mysql, "MySQL 8.0.35", "MySQL 8.4.0"));
        assert!(!is_same(EngineKind::Mysql, "mysqldump 10.11.6", "mariadb-dump 10.11.6"));
        assert!(is_same(EngineKind::Mongodb, "mongodump 100.7.0", "mongodump 100.9.1"));
        assert!(!is_same(EngineKind::Mongodb, "MongoDB 6.0.1", "MongoDB 7.0.1"));
    }
}
