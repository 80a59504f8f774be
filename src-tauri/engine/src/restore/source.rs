//! Where an archive is read from: a storage, or any file on this computer.
//!
//! Owns the refusal of things that are no regular file, before they are opened: a pipe would block, a
//! device would never end.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::{ArchiveError, Result};
use crate::storage::{ObjectKey, ObjectReader, Storage};

/// An archive that can be read from its beginning more than once.
#[async_trait]
pub trait ArchiveSource: Send + Sync {
    /// The archive's name, for messages.
    fn name(&self) -> String;

    /// Opens it at its beginning and tells its size in bytes.
    async fn open(&self) -> Result<(ObjectReader, u64)>;
}

/// A committed archive in a storage.
#[derive(Clone)]
pub struct StoredArchive {
    /// The storage.
    pub storage: Arc<dyn Storage>,
    /// The archive's key.
    pub key: ObjectKey,
}

#[async_trait]
impl ArchiveSource for StoredArchive {
    fn name(&self) -> String {
        self.key.to_string()
    }

    async fn open(&self) -> Result<(ObjectReader, u64)> {
        let size = self.storage.stat(&self.key).await?.size;
        Ok((self.storage.open(&self.key).await?, size))
    }
}

/// Any file that the user named.
#[derive(Debug, Clone)]
pub struct ArchiveFile(pub PathBuf);

#[async_trait]
impl ArchiveSource for ArchiveFile {
    fn name(&self) -> String {
        self.0.display().to_string()
    }

    async fn open(&self) -> Result<(ObjectReader, u64)> {
        let unreadable = |source| ArchiveError::Io { archive: self.name(), source };
        let metadata = tokio::fs::metadata(&self.0).await.map_err(unreadable)?;
        if !metadata.is_file() {
            let detail = if metadata.is_dir() { "it is a folder" } else { "it is no regular file" };
            let detail = detail.to_owned();
            return Err(ArchiveError::NotAnArchive { archive: self.name(), detail }.into());
        }
        let file = tokio::fs::File::open(&self.0).await.map_err(unreadable)?;
        Ok((Box::new(file), metadata.len()))
    }
}
