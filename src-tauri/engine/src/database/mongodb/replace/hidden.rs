//! Collections under names that only Kronos gives: `kronos_restoring_….orders` while they are loaded,
//! `__kronos_before_….orders` when they have given way.
//!
//! Owns the names, the claim on those that are being loaded, and the removal of both kinds.

use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use tokio::task::JoinHandle;

use super::super::connect::Session;
use super::journal;
use crate::database::names;
use crate::error::Result;

/// How often a restore that lives says so.
const HEARTBEAT: Duration = Duration::from_mins(1);
/// A restore that has not said so for as many milliseconds is dead.
const ABANDONED: i64 = 10 * 60 * 1000;

/// Whether the collection is one of ours.
pub(in super::super) fn is_hidden(collection: &str) -> bool {
    let prefix = collection.split('.').next().unwrap_or_default();
    names::is_unfinished(prefix) || names::is_previous(prefix) || collection == journal::NAME
}

/// The name of `collection` behind `prefix`.
pub(super) fn name(prefix: &str, collection: &str) -> String {
    format!("{prefix}.{collection}")
}

/// A new prefix for what gives way.
pub(super) fn previous() -> String {
    const LONGEST: usize = 63;
    names::previous("", Timestamp::now(), LONGEST)
}

/// The claim on a prefix, and everything behind it.
pub(in super::super) struct Hidden {
    session: Session,
    database: String,
    /// The prefix.
    pub(in super::super) prefix: String,
    heart: JoinHandle<()>,
}

impl Hidden {
    /// Claims `prefix` in `database`.
    pub(in super::super) async fn claim(
        session: &Session,
        database: &str,
        prefix: &str,
    ) -> Result<Self> {
        beat(session, database, prefix).await?;
        let (alive, there, claimed) = (session.clone(), database.to_owned(), prefix.to_owned());
        let heart = tokio::spawn(async move {
            loop {
                tokio::time::sleep(HEARTBEAT).await;
                if let Err(error) = beat(&alive, &there, &claimed).await {
                    tracing::warn!(%error, "a restore could not say that it lives");
                }
            }
        });
        let (session, database) = (session.clone(), database.to_owned());
        Ok(Self { session, database, prefix: prefix.to_owned(), heart })
    }

    /// Removes what is behind the prefix, and the claim last.
    pub(in super::super) async fn remove(&self) -> Result<()> {
        self.heart.abort();
        remove(&self.session, &self.database, &self.prefix).await
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        self.heart.abort();
    }
}

async fn beat(session: &Session, database: &str, prefix: &str) -> Result<()> {
    let claims = session.client.database(database).collection::<Document>(prefix);
    let now = doc! { "$currentDate": { "at": true } };
    let beaten = claims.update_one(doc! { "_id": "claim" }, now).upsert(true).await;
    beaten.map(drop).map_err(|error| session.failures.of(&error, &session.source(database)))
}

async fn remove(session: &Session, database: &str, prefix: &str) -> Result<()> {
    let there = session.client.database(database);
    let failed = |error| session.failures.of(&error, &session.source(database));
    let mut names = there.list_collection_names().await.map_err(failed)?;
    names.retain(|name| name.split('.').next() == Some(prefix));
    // The claim has no dot, so it is the last one.
    names.sort_unstable_by(|a, b| b.cmp(a));
    for name in names {
        there.collection::<Document>(&name).drop().await.map_err(failed)?;
    }
    Ok(())
}

/// Removes what earlier restores have left in `database`: what was loaded and belongs to nobody any more, and
/// what gave way more than a day ago.
pub(in super::super) async fn clear_up(session: &Session, database: &str) -> Result<()> {
    let there = session.client.database(database);
    let failed = |error| session.failures.of(&error, &session.source(database));
    let names = there.list_collection_names().await.map_err(failed)?;
    for prefix in names.iter().filter(|name| names::is_unfinished(name)) {
        let old = doc! { "$expr": { "$lt": ["$at", { "$subtract": ["$$NOW", ABANDONED] }] } };
        let found = there.collection::<Document>(prefix).find(old).await.map_err(failed)?;
        let found: Vec<Document> = found.try_collect().await.map_err(failed)?;
        if !found.is_empty() {
            remove(session, database, prefix).await?;
            tracing::info!(database, prefix, "an unfinished restore was removed");
        }
    }
    for prefix in journal::expired(session, database).await? {
        remove(session, database, &prefix).await?;
        journal::forget(session, database, &prefix).await?;
        tracing::info!(database, prefix, "replaced collections were kept long enough");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_kronos_gives_are_hidden() {
        let hidden = [name(&previous(), "orders"), names::unfinished(), journal::NAME.to_owned()];
        assert!(hidden.iter().all(|name| is_hidden(name)), "{hidden:?}");
        assert!(is_hidden(&name(&names::unfinished(), "a.b c")));
        for own in ["orders", "kronos_restoring", "kronos_journal.x", "a.kronos_journal", ""] {
            assert!(!is_hidden(own), "{own}");
        }
    }
}
