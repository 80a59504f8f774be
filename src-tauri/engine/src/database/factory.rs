//! The one place that turns an engine's name into a connection.

use super::DatabaseConnection;
use super::sqlite::SqliteFiles;
use crate::config::ConnectionSettings;
use crate::error::{DatabaseError, Result};
use crate::ids::EngineKind;

/// Makes the connection for `kind`. Opens nothing yet.
pub fn connect(
    kind: EngineKind,
    settings: &ConnectionSettings,
) -> Result<Box<dyn DatabaseConnection>> {
    match kind {
        EngineKind::Sqlite => Ok(Box::new(SqliteFiles::new(settings))),
        EngineKind::Postgres | EngineKind::Mysql | EngineKind::Mongodb => {
            Err(DatabaseError::EngineNotSupported { engine: kind.label() }.into())
        }
    }
}

/// Whether this version can back up `kind`.
pub fn is_supported(kind: EngineKind) -> bool {
    matches!(kind, EngineKind::Sqlite)
}
