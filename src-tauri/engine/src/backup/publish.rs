//! Making an archive count: seal it, read back what is stored, compare every hash, give it its name,
//! and last write the commit record the same way.
//!
//! Owns the rule that a backup exists when, and only when, its commit record exists.

use super::pending::Pending;
use super::sidecar_key;
use super::verifier::verify_reader;
use crate::archive::{Manifest, SafetyMark, Sidecar, StreamStats};
use crate::cancel::CancelCheck;
use crate::config::Codec;
use crate::context::RunContext;
use crate::error::{ArchiveError, Error, Result, StorageError};
use crate::progress::Phase;
use crate::storage::{ObjectKey, ObjectWriter, Storage};

/// An archive that is written but not visible.
pub(super) struct Written {
    pub object: Box<dyn ObjectWriter>,
    pub manifest: Manifest,
    pub stats: StreamStats,
    pub codec: Codec,
}

/// Verifies and commits; returns the commit record.
pub(super) async fn publish(
    mut written: Written,
    safety: Option<SafetyMark>,
    key: &ObjectKey,
    storage: &dyn Storage,
    pending: &mut Pending,
    context: &RunContext,
) -> Result<Sidecar> {
    written.object.seal().await?;
    let mut sidecar = Sidecar {
        archive: key.to_string(),
        size: written.stats.stored_bytes,
        sha256: written.stats.sha256_hex.clone(),
        codec: written.codec,
        verified_at: context.clock.now(),
        manifest: written.manifest,
        safety,
    };
    context.progress.enter(Phase::Verifying, sidecar.size);
    let stored = written.object.read_back().await?;
    verify_reader(stored, key.as_str(), Some(&sidecar), context).await?;
    sidecar.verified_at = context.clock.now();
    context.progress.enter(Phase::Finishing, 0);
    context.cancel.check()?;
    if let Err(error) = written.object.commit().await {
        withdraw(&error, &[key], storage, pending).await;
        return Err(error);
    }
    if let Err(error) = commit_record(&sidecar, storage).await {
        withdraw(&error, &[&sidecar_key(key.as_str())?, key], storage, pending).await;
        return Err(error);
    }
    Ok(sidecar)
}

/// Takes back what a failed commit may have made visible all the same: an answer can be lost after
/// the work was done, and an archive without its record must not look like a backup. The record
/// goes first. What cannot be removed now is left to the next start.
async fn withdraw(
    error: &Error,
    keys: &[&ObjectKey],
    storage: &dyn Storage,
    pending: &mut Pending,
) {
    for key in keys {
        if matches!(error, Error::Storage(StorageError::Exists { key: taken, .. }) if *taken == key.as_str())
        {
            // What stands under that name is not ours.
            continue;
        }
        if let Err(error) = storage.delete(key).await {
            tracing::warn!(%error, "an unfinished backup is left to the next start");
            pending.leave_to_next_start();
            return;
        }
    }
}

/// Writes the commit record, reads it back and gives it its name.
async fn commit_record(sidecar: &Sidecar, storage: &dyn Storage) -> Result<()> {
    put_record(&sidecar_key(&sidecar.archive)?, &sidecar.to_json()?, storage).await
}

/// Writes a small object, reads it back and gives it its name.
pub(crate) async fn put_record(key: &ObjectKey, text: &[u8], storage: &dyn Storage) -> Result<()> {
    use tokio::io::AsyncReadExt;
    let mut object = storage.create(key, text.len() as u64).await?;
    object.write(text).await?;
    object.seal().await?;
    let mut stored = Vec::with_capacity(text.len());
    let reader = object.read_back().await?;
    let unreadable = |source| ArchiveError::Io { archive: key.to_string(), source };
    reader.take(text.len() as u64 + 1).read_to_end(&mut stored).await.map_err(unreadable)?;
    if stored != text {
        let detail = "the storage returned other bytes than were written".to_owned();
        return Err(ArchiveError::Damaged { archive: key.to_string(), detail }.into());
    }
    object.commit().await?;
    Ok(())
}
