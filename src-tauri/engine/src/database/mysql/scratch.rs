//! A scratch database on the server: marked by a table, and dropped.
//!
//! Owns both statements and what has to be true before the second one.

use super::session::{Access, Session, identifier, literal};
use crate::config::ConnectionSettings;
use crate::database::connection::SCRATCH_MARK;
use crate::error::Result;

/// Makes the table that says what the scratch database `name` is: `mark`.
pub(super) async fn mark(settings: &ConnectionSettings, name: &str, mark: &str) -> Result<()> {
    let mut session = Session::open(&Access::of(settings).await?).await?;
    let statement = format!(
        "CREATE TABLE {}.{} (made_by_kronos INT) COMMENT {}",
        identifier(name),
        identifier(SCRATCH_MARK),
        literal(mark)
    );
    session.execute(&statement).await?;
    session.close().await;
    Ok(())
}

/// Drops the scratch database `name`, where there is a `mark` only if its table says so.
pub(super) async fn remove(
    settings: &ConnectionSettings,
    name: &str,
    mark: Option<&str>,
) -> Result<()> {
    let mut session = Session::open(&Access::of(settings).await?).await?;
    if let Some(mark) = mark {
        let question = "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? \
                        AND TABLE_NAME = ?";
        let found: Vec<String> = session.rows(question, (name, SCRATCH_MARK)).await?;
        if found != [mark] {
            tracing::info!(name, "this scratch database is gone or has lost its mark");
            return Ok(());
        }
    }
    session.execute(&format!("DROP DATABASE IF EXISTS {}", identifier(name))).await?;
    session.close().await;
    Ok(())
}
