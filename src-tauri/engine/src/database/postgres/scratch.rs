//! A scratch database on the server: marked by its comment, and dropped.
//!
//! Owns both statements and what has to be true before the second one.

use super::access::Access;
use super::new_database::drop_database;
use super::quote::{identifier, literal};
use super::server::open_any;
use crate::database::names;
use crate::error::Result;

/// Gives the scratch database `name` the comment `mark`.
pub(super) async fn mark(access: &Access, name: &str, mark: &str) -> Result<()> {
    let admin = open_any(access).await?;
    admin.run(&format!("COMMENT ON DATABASE {} IS {}", identifier(name), literal(mark))).await
}

/// Drops the scratch database `name`, where there is a `mark` only if it is its comment; and the
/// unfinished one that a killed restore to it has left.
pub(super) async fn remove(access: &Access, name: &str, mark: Option<&str>) -> Result<()> {
    let admin = open_any(access).await?;
    if let Some(mark) = mark {
        let sql =
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1";
        for row in admin.all(sql, &[&name]).await? {
            let comment: Option<String> = row.get(0);
            if comment.as_deref() != Some(mark) {
                tracing::info!(name, "this scratch database has lost its mark, so it stays");
                return Ok(());
            }
        }
    }
    drop_database(access, name).await?;
    drop_database(access, &names::unfinished_for(name)).await
}
