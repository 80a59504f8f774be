//! The one place that turns an engine's name into a connection.

use super::mongodb::MongoServer;
use super::mysql::MysqlServer;
use super::postgres::PostgresServer;
use super::sqlite::SqliteFiles;
use super::{DatabaseConnection, RestoreTarget};
use crate::config::ConnectionSettings;
use crate::error::{RestoreError, Result};
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
