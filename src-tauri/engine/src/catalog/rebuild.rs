//! Makes the rows of one storage agree with what is in it.
//!
//! The rule: a backup exists when its sidecar exists.
//!
//! - A sidecar whose archive is there with the right size is a good row, unless a check found its bytes
//!   to be wrong. No archive is a row that is missing; another size is a row that is damaged.
//! - A row whose sidecar is gone is removed: somebody deleted the backup.
//! - A file that ends in `.json` and is no sidecar of ours is counted and left alone. If it has a row
//!   from better days the row stays, since it may be the last copy of the sidecar.
//! - Nothing in the storage is ever changed.
//!
//! A backup that is made or deleted meanwhile is safe: only rows that were there before the listing are
//! removed, and a sidecar that vanished after it is skipped.
//!
//! Owns the comparison; what of a sidecar is believed belongs to [`sidecar`](super::sidecar).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use tokio::io::AsyncReadExt;

use super::Catalog;
use super::sidecar;
use crate::archive::{MAX_SIDECAR, MAX_TEST_RECORD, Sidecar, TestRecord};
use crate::error::{Error, Result, StorageError};
use crate::ids::BackupId;
use crate::storage::{ObjectKey, ObjectMeta, Storage};
use crate::view::BackupStatus;

/// What a comparison of the catalog with a storage found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RescanReport {
    /// Backups that are there, as far as their size tells.
    pub present: u64,
    /// Backups that had no row before, whatever their state.
    pub added: u64,
    /// Backups whose archive is gone.
    pub missing: u64,
    /// Backups whose archive has another size, or that a check found damaged.
    pub damaged: u64,
    /// Files that end in `.json` and are no sidecar of ours, or cannot be read.
    pub unreadable: u64,
    /// Rows whose sidecar is gone.
    pub removed: u64,
}

impl RescanReport {
    /// Counts another storage's report in.
    pub fn add(&mut self, other: &Self) {
        self.present += other.present;
        self.added += other.added;
        self.missing += other.missing;
        self.damaged += other.damaged;
        self.unreadable += other.unreadable;
        self.removed += other.removed;
    }
}

/// Compares the rows of `storage_name` with the objects in `storage` and corrects the rows. When the
/// storage cannot be reached nothing is removed, and the error says so.
pub async fn reconcile(
    catalog: &Arc<Catalog>,
    storage_name: &str,
    storage: &dyn Storage,
) -> Result<RescanReport> {
    let before = with(catalog, storage_name, Catalog::ids).await?;
    let objects = storage.list("").await?;
    let sizes: BTreeMap<&ObjectKey, u64> = objects.iter().map(|o| (&o.key, o.size)).collect();
    let mut report = RescanReport::default();
    let mut claimed = HashSet::new();
    for object in objects.iter().filter(|object| is_json(&object.key)) {
        let Some(archive) = sidecar::archive_of(&object.key) else {
            report.unreadable += 1;
            continue;
        };
        match read(storage, object, &archive).await? {
            Found::Sidecar(sidecar) => {
                let stored = sizes.get(&archive).copied();
                let seen = look(storage, &archive, stored, sidecar.size).await?;
                let put =
                    move |catalog: &Catalog, name: &str| catalog.put_found(name, &sidecar, seen);
                report.count(with(catalog, storage_name, put).await?);
            }
            Found::Unreadable => report.unreadable += 1,
            Found::Gone => {}
        }
        claimed.insert(archive.to_string());
    }
    for object in newest_tests(&objects) {
        read_test(catalog, storage_name, storage, object).await?;
    }
    let vanished = before.into_iter().filter(|id| !is_claimed(id, &claimed)).collect();
    let remove = |catalog: &Catalog, name: &str| remove(catalog, name, vanished);
    report.removed = with(catalog, storage_name, remove).await?;
    Ok(report)
}

fn is_json(key: &ObjectKey) -> bool {
    key.as_str().strip_suffix(".json").is_some()
}

/// What the size of an archive tells about it.
async fn look(
    storage: &dyn Storage,
    archive: &ObjectKey,
    listed: Option<u64>,
    expected: u64,
) -> Result<BackupStatus> {
    let stored = match listed {
        Some(size) => size,
        // A listing is not one moment: of an archive and its sidecar that were committed meanwhile it
        // may have the second only.
        None => match storage.stat(archive).await {
            Ok(found) => found.size,
            Err(Error::Storage(StorageError::NotFound { .. })) => return Ok(BackupStatus::Missing),
            Err(error) => return Err(error),
        },
    };
    let whole = stored == expected;
    Ok(if whole { BackupStatus::Verified } else { BackupStatus::Damaged })
}

impl RescanReport {
    fn count(&mut self, (status, added): (BackupStatus, bool)) {
        self.added += u64::from(added);
        match status {
            BackupStatus::Verified => self.present += 1,
            BackupStatus::Damaged => self.damaged += 1,
            BackupStatus::Missing => self.missing += 1,
            BackupStatus::Unreachable => {}
        }
    }
}

enum Found {
    Sidecar(Box<Sidecar>),
    Unreadable,
    /// Deleted since it was listed.
    Gone,
}

/// Reads one sidecar. Only a storage that is gone altogether ends the comparison.
async fn read(storage: &dyn Storage, object: &ObjectMeta, archive: &ObjectKey) -> Result<Found> {
    let unreadable = |reason: String| {
        tracing::warn!(key = %object.key, storage = storage.location(), reason, "not a sidecar");
        Ok(Found::Unreadable)
    };
    let bytes = match read_small(storage, object, MAX_SIDECAR).await? {
        Small::Bytes(bytes) => bytes,
        Small::Gone => return Ok(Found::Gone),
        Small::Unreadable(reason) => return unreadable(reason),
    };
    match sidecar::accept(archive, &bytes) {
        Ok(sidecar) => Ok(Found::Sidecar(Box::new(sidecar))),
        Err(reason) => unreadable(reason),
    }
}

enum Small {
    Bytes(Vec<u8>),
    Unreadable(String),
    /// Deleted since it was listed.
    Gone,
}

/// Reads an object of at most `most` bytes. Only a storage that is gone altogether is an error.
async fn read_small(storage: &dyn Storage, object: &ObjectMeta, most: usize) -> Result<Small> {
    if object.size > most as u64 {
        return Ok(Small::Unreadable(format!("it has {} bytes", object.size)));
    }
    let reader = match storage.open(&object.key).await {
        Ok(reader) => reader,
        Err(Error::Storage(StorageError::NotFound { .. })) => return Ok(Small::Gone),
        Err(error @ Error::Storage(StorageError::Io { .. })) => {
            return Ok(Small::Unreadable(error.to_string()));
        }
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    // It may have grown since it was listed.
    Ok(match reader.take(most as u64).read_to_end(&mut bytes).await {
        Ok(_) => Small::Bytes(bytes),
        Err(error) => Small::Unreadable(error.to_string()),
    })
}

/// The newest record of a restore test of each backup. Their names sort by time.
fn newest_tests(objects: &[ObjectMeta]) -> impl Iterator<Item = &ObjectMeta> {
    let mut newest = BTreeMap::new();
    for object in objects.iter().filter(|object| TestRecord::is_named(object.key.as_str())) {
        newest.insert(TestRecord::backup_named(object.key.as_str()), object);
    }
    newest.into_values()
}

/// Takes the record of a restore test over, unless it is known. One that is none is passed over: it may
/// be anybody's file.
async fn read_test(
    catalog: &Arc<Catalog>,
    storage_name: &str,
    storage: &dyn Storage,
    object: &ObjectMeta,
) -> Result<()> {
    let name = object.key.as_str();
    let id = BackupId::from_text(TestRecord::backup_named(name));
    let about = id.clone();
    let known =
        with(catalog, storage_name, move |catalog, name| catalog.restore_test(name, &about))
            .await?;
    if known.is_some_and(|test| TestRecord::name_of(&id, &test) == name) {
        return Ok(());
    }
    let bytes = match read_small(storage, object, MAX_TEST_RECORD).await? {
        Small::Bytes(bytes) => bytes,
        Small::Gone => return Ok(()),
        Small::Unreadable(reason) => {
            tracing::warn!(key = name, reason, "not the record of a restore test");
            return Ok(());
        }
    };
    match TestRecord::from_json(name, &bytes) {
        Ok(record) => {
            with(catalog, storage_name, move |catalog, name| {
                catalog.put_restore_test(name, &record)
            })
            .await
        }
        Err(error) => {
            tracing::warn!(key = name, %error, "not the record of a restore test");
            Ok(())
        }
    }
}

fn is_claimed(id: &BackupId, claimed: &HashSet<String>) -> bool {
    use crate::config::Codec;
    let archive = |codec: Codec| format!("{id}.{}", codec.extension());
    [Codec::Gzip, Codec::Zstd].into_iter().any(|codec| claimed.contains(&archive(codec)))
}

fn remove(catalog: &Catalog, storage_name: &str, ids: Vec<BackupId>) -> Result<u64> {
    let mut removed = 0;
    for id in ids {
        catalog.remove_backup(storage_name, &id)?;
        removed += 1;
    }
    Ok(removed)
}

/// Runs a call of the catalog where it may block.
async fn with<T: Send + 'static>(
    catalog: &Arc<Catalog>,
    storage_name: &str,
    call: impl FnOnce(&Catalog, &str) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (catalog, name) = (Arc::clone(catalog), storage_name.to_owned());
    match tokio::task::spawn_blocking(move || call(&catalog, &name)).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_cancelled() => Err(Error::Cancelled),
        Err(error) => Err(Error::Internal(format!("a catalog operation panicked: {error}"))),
    }
}
