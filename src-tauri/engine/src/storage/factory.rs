//! The one place that turns a configured storage into one that can be used.
//!
//! Owns the choice of the implementation. Whether the place can be reached is found out by its first
//! operation, not here: a disk that is not connected must not keep the window from opening.

use std::sync::Arc;

use super::{LocalStorage, Storage};
use crate::config::{StorageKind, StorageTarget};
use crate::error::{Result, StorageError};

/// Makes the storage that `target` describes. Touches nothing yet.
pub fn open(target: &StorageTarget) -> Result<Arc<dyn Storage>> {
    match &target.kind {
        StorageKind::Local { path } => Ok(Arc::new(LocalStorage::new(path))),
        StorageKind::S3 { .. } => Err(StorageError::NotSupported { kind: "S3" }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    #[test]
    fn a_folder_opens_and_a_bucket_is_refused() {
        let kind = StorageKind::Local { path: "/srv/backups".into() };
        let local = open(&StorageTarget { name: "disk".to_owned(), kind }).unwrap();
        assert_eq!(local.location(), "/srv/backups");
        let kind = StorageKind::S3 {
            bucket: "b".to_owned(),
            region: "eu-central-1".to_owned(),
            access_key: String::new(),
            secret_key: None,
        };
        let refused = open(&StorageTarget { name: "cloud".to_owned(), kind }).err().unwrap();
        assert_eq!(refused.code(), ErrorCode::NotSupported);
    }
}
