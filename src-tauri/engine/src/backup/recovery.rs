//! Clearing up after runs that were killed.
//!
//! Owns the decision what an unfinished run may have left: its partial objects, an archive without
//! its commit record, its working copies. A backup whose commit record exists is complete and stays.

use std::sync::Arc;

use jiff::Timestamp;

use super::pending::{self, Abandoned, Note};
use super::{key, sidecar_key};
use crate::error::{Error, Result, StorageError};
use crate::ids::RunId;
use crate::state_dir::StateDir;
use crate::storage::Storage;

/// A run that was found dead and cleared up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The run.
    pub run: RunId,
    /// Its profile.
    pub profile: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Whether its backup had been committed before it died.
    pub committed: bool,
}

/// Clears up after all dead runs. `open` finds the storage of a name if it is still at that location;
/// a run whose storage cannot be reached now is left for the next start.
pub async fn recover(
    state: &StateDir,
    open: impl Fn(&str, &str) -> Option<Arc<dyn Storage>>,
) -> Result<Vec<Recovered>> {
    let mut recovered = Vec::new();
    for dead in pending::abandoned(state)? {
        // A working copy is as large and as private as the database: it never waits for a storage.
        dead.remove_scratch();
        match clear(&dead, &open).await {
            Ok(Some(run)) => recovered.push(run),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "an unfinished backup is left for the next start");
                continue;
            }
        }
        dead.clear();
    }
    Ok(recovered)
}

async fn clear(
    dead: &Abandoned,
    open: &impl Fn(&str, &str) -> Option<Arc<dyn Storage>>,
) -> Result<Option<Recovered>> {
    let Some(note) = &dead.note else { return Ok(None) };
    let storage = open(&note.storage, &note.location)
        .ok_or_else(|| Error::Unknown { kind: "storage", name: note.storage.clone() })?;
    let committed = remove_unfinished(note, storage.as_ref()).await?;
    let (run, profile) = (note.run.clone(), note.profile.clone());
    Ok(Some(Recovered { run, profile, started_at: note.started_at, committed }))
}

/// Removes the partial objects of a run, which have no name yet.
pub(super) async fn discard_partials(note: &Note, storage: &dyn Storage) -> Result<()> {
    storage.discard_unfinished(&key(&note.archive)?).await?;
    storage.discard_unfinished(&sidecar_key(&note.archive)?).await?;
    Ok(())
}

/// Removes what is not committed; returns whether the backup was.
async fn remove_unfinished(note: &Note, storage: &dyn Storage) -> Result<bool> {
    discard_partials(note, storage).await?;
    let (archive, sidecar) = (key(&note.archive)?, sidecar_key(&note.archive)?);
    match storage.stat(&sidecar).await {
        Ok(_) => Ok(true),
        Err(Error::Storage(StorageError::NotFound { .. })) => {
            storage.delete(&archive).await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
