//! What was to happen, written down in the database before it happens.
//!
//! Owns the journal, whose documents also say what is kept of a replaced database. Collections are known by their
//! identity, which a new name does not change, so where each of them is tells how far the swap is. Whoever carries
//! a swap out owns it, and says at every step that he lives; an owner who does not loses it.

use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use mongodb::Collection;
use mongodb::bson::{Binary, Document, doc};
use mongodb::options::{FindOneAndUpdateOptions, ReturnDocument, WriteConcern};
use serde::{Deserialize, Serialize};

use super::super::connect::Session;
use crate::database::connection::PREVIOUS_KEPT;
use crate::error::{RestoreError, Result, ServerError};

/// The collection.
pub(super) const NAME: &str = "kronos_journal";
/// An owner who has not said for so many milliseconds that he lives is dead. No step takes as long.
const DEAD: i64 = 8000;
const PAUSE: Duration = Duration::from_millis(250);
/// How long to wait for the owner of a swap.
const PATIENCE: Duration = Duration::from_mins(1);

/// A collection by name and identity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Its name when it is not hidden.
    pub name: String,
    /// What stays the same when it gets another.
    pub uuid: Binary,
}

/// A view with all that makes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct View {
    /// Its name.
    pub name: String,
    /// What it stands on, its pipeline, its collation.
    pub options: Document,
}

/// One of the two sides of a swap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Side {
    /// What hides its collections.
    pub prefix: String,
    /// Its collections.
    pub collections: Vec<Place>,
    /// Its views.
    pub views: Vec<View>,
}

/// A swap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Journal {
    /// Known by the prefix of what gives way.
    #[serde(rename = "_id")]
    pub id: String,
    /// Who carries it out; nobody when it has ended.
    pub owner: Option<String>,
    /// What gives way.
    pub old: Side,
    /// What comes.
    pub new: Side,
    /// Seconds since 1970.
    replaced_at: i64,
}

impl Journal {
    /// Of a swap that begins now.
    pub fn new(old: Side, new: Side) -> Self {
        let owner = Some(token());
        Self { id: old.prefix.clone(), owner, old, new, replaced_at: Timestamp::now().as_second() }
    }

    /// Writes it.
    pub async fn write(&self, session: &Session, database: &str) -> Result<()> {
        let written = collection::<Journal>(session, database).insert_one(self).await;
        written.map_err(|error| session.failures.of(&error, &session.source(database)))?;
        self.step(session, database).await
    }

    /// Says that the owner lives; fails when somebody else has taken the swap over.
    pub async fn step(&self, session: &Session, database: &str) -> Result<()> {
        let mine = doc! { "_id": &self.id, "owner": &self.owner };
        let now = doc! { "$currentDate": { "at": true } };
        let found = collection::<Document>(session, database).update_one(mine, now).await;
        let found =
            found.map_err(|error| session.failures.of(&error, &session.source(database)))?;
        if found.matched_count == 1 {
            return Ok(());
        }
        Err(RestoreError::SwapInterrupted { target: database.to_owned() }.into())
    }

    /// Says that the swap has ended and the new database is there.
    pub async fn end(&self, session: &Session, database: &str) -> Result<()> {
        // From now on what was replaced is kept for its day.
        let now = doc! { "replaced_at": Timestamp::now().as_second() };
        let nobody = doc! { "$unset": { "owner": "" }, "$set": now };
        let journals = collection::<Document>(session, database);
        let ended = journals.update_one(doc! { "_id": &self.id }, nobody).await;
        ended.map(drop).map_err(|error| session.failures.of(&error, &session.source(database)))
    }
}

fn token() -> String {
    format!("{:016x}", rand::random::<u64>())
}

/// The journal of `database`: nothing in it is ever lost that was once confirmed.
fn collection<T: Send + Sync>(session: &Session, database: &str) -> Collection<T> {
    let journaled =
        WriteConcern::builder().w(mongodb::options::Acknowledgment::Majority).journal(true);
    let options = mongodb::options::CollectionOptions::builder().write_concern(journaled.build());
    session.client.database(database).collection_with_options(NAME, options.build())
}

/// The swap in `database` that has not ended, if there is one, as its new owner. Waits for an owner who lives.
pub(super) async fn take_over(session: &Session, database: &str) -> Result<Option<Journal>> {
    let failed = |error| session.failures.of(&error, &session.source(database));
    let begun = std::time::Instant::now();
    loop {
        let open = doc! { "owner": { "$exists": true } };
        if collection::<Document>(session, database).find_one(open).await.map_err(failed)?.is_none()
        {
            return Ok(None);
        }
        let limit = doc! { "$subtract": ["$$NOW", DEAD] };
        let dead = doc! { "owner": { "$exists": true }, "$expr": { "$lt": ["$at", limit] } };
        let mine = doc! { "$set": { "owner": token() }, "$currentDate": { "at": true } };
        let after =
            FindOneAndUpdateOptions::builder().return_document(ReturnDocument::After).build();
        let journals = collection::<Journal>(session, database);
        let taken = journals.find_one_and_update(dead, mine);
        let taken = taken.with_options(after).await.map_err(failed)?;
        if taken.is_some() {
            return Ok(taken);
        }
        if begun.elapsed() >= PATIENCE {
            return Err(ServerError::Locked {
                object: database.to_owned(),
                blocker: "another run of Kronos, which replaces it".to_owned(),
                seconds: PATIENCE.as_secs(),
            }
            .into());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The prefixes of what has been kept long enough.
pub(super) async fn expired(session: &Session, database: &str) -> Result<Vec<String>> {
    let failed = |error| session.failures.of(&error, &session.source(database));
    let limit = Timestamp::now().as_second() - PREVIOUS_KEPT.as_secs();
    let old = doc! { "owner": { "$exists": false }, "replaced_at": { "$lte": limit } };
    let found = collection::<Document>(session, database).find(old).await.map_err(failed)?;
    let found: Vec<Document> = found.try_collect().await.map_err(failed)?;
    let prefixes = found.iter().filter_map(|journal| journal.get_str("_id").ok());
    Ok(prefixes
        .filter(|prefix| crate::database::names::is_previous(prefix))
        .map(str::to_owned)
        .collect())
}

/// Removes a journal, and with the last one the collection.
pub(super) async fn forget(session: &Session, database: &str, id: &str) -> Result<()> {
    let failed = |error| session.failures.of(&error, &session.source(database));
    let journals = collection::<Document>(session, database);
    journals.delete_one(doc! { "_id": id }).await.map_err(failed)?;
    if journals.find_one(doc! {}).await.map_err(failed)?.is_none() {
        journals.drop().await.map_err(failed)?;
    }
    Ok(())
}
