//! A scratch database on the server: marked by a collection, and dropped.
//!
//! Owns both commands and what has to be true before the second one.

use mongodb::bson::{Document, doc};

use super::connect::Session;
use crate::database::connection::SCRATCH_MARK;
use crate::error::Result;

/// Makes the collection that says what the scratch database `name` is: `mark`.
pub(super) async fn mark(session: &Session, name: &str, mark: &str) -> Result<()> {
    let marks = session.client.database(name).collection::<Document>(SCRATCH_MARK);
    let marked = marks.insert_one(doc! { "_id": mark }).await;
    marked.map_err(|error| session.failures.of(&error, &session.source(name)))?;
    Ok(())
}

/// Drops the scratch database `name`, where there is a `mark` only if its collection says so.
pub(super) async fn remove(session: &Session, name: &str, mark: Option<&str>) -> Result<()> {
    let database = session.client.database(name);
    let failed = |error| session.failures.of(&error, &session.source(name));
    if let Some(mark) = mark {
        let marks = database.collection::<Document>(SCRATCH_MARK);
        if marks.find_one(doc! { "_id": mark }).await.map_err(failed)?.is_none() {
            tracing::info!(name, "this scratch database is gone or has lost its mark");
            return Ok(());
        }
    }
    database.drop().await.map_err(failed)
}
