//! Making a backup: one straight line from the source to a verified, committed archive.
//!
//! Owns the order of the steps and what is undone when one of them fails. The steps themselves belong
//! to `database`, `archive` and `storage`.

mod bridge;
mod lock;
mod pending;
mod performer;
mod publish;
mod recovery;
mod verifier;

pub use bridge::ObjectSource;
pub use lock::ProfileLock;
pub use performer::{BackupReport, BackupRequest, perform, perform_locked};
pub(crate) use publish::put_record;
pub use recovery::{Recovered, recover};
pub use verifier::{Verified, verify_object, verify_reader};

use crate::archive::{Sidecar, TestRecord};
use crate::error::Error;
use crate::ids::BackupId;
use crate::storage::ObjectKey;

/// The key of an archive.
pub fn archive_key(id: &BackupId, extension: &str) -> Result<ObjectKey, Error> {
    key(&format!("{id}.{extension}"))
}

/// The key of the commit record of the archive named `archive`.
pub fn sidecar_key(archive: &str) -> Result<ObjectKey, Error> {
    key(&format!("{archive}.json"))
}

/// The key of the archive that a commit record speaks of.
pub fn archive_key_of(sidecar: &Sidecar) -> Result<ObjectKey, Error> {
    key(&sidecar.archive)
}

/// The key of the record of a restore test.
pub fn test_record_key(record: &TestRecord) -> Result<ObjectKey, Error> {
    key(&record.object_name())
}

fn key(name: &str) -> Result<ObjectKey, Error> {
    ObjectKey::new(name).ok_or_else(|| Error::Internal(format!("`{name}` is no legal object name")))
}

#[cfg(test)]
mod tests;
