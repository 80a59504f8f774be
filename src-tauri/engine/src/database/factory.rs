//! The one place that turns an engine's name into a connection.

use super::DatabaseConnection;
use crate::config::ConnectionSettings;
use crate::error::{DatabaseError, Result};
use crate::ids::EngineKind;

/// Makes the connection for `kind`. Opens nothing yet.
pub fn connect(
    kind: EngineKind,
    settings: &ConnectionSettings,
) -> Result<Box<dyn DatabaseConnection>> {
    let _ = settings;
    match kind {
        EngineKind::Sqlite | EngineKind::Postgres | EngineKind::Mysql | EngineKind::Mongodb => {
            Err(DatabaseError::EngineNotSupported { engine: kind.label() }.into())
        }
    }
}
