//! A folder as a storage: one file for each object.
//!
//! # How an object is committed
//!
//! 1. Its bytes go to `.{key}.partial` in the same folder: created exclusively, mode 0600, and held
//!    under the system's file lock for as long as its writer lives.
//! 2. `seal` is flush and fsync. An fsync error is final: the kernel may have dropped the very pages
//!    that it could not write, so a second fsync that succeeds would prove nothing.
//! 3. `read_back` opens the file anew and, on Linux, first drops it from the page cache, so that the
//!    bytes come from the disk and not from the memory that they were just written to.
//! 4. `commit` renames without replacing, then makes the folder durable.
//!
//! # The folder
//!
//! A missing folder is created (0700) by the first `create`, but only when its parent is there: when
//! a disk is not mounted, its mount point or the folders below are usually gone, and creating them
//! would put the backups onto the system disk. `capacity` succeeds exactly when `create` could, so for
//! a folder that is still to be created it tells the parent's room. Everything else reports a missing
//! folder as unavailable.
//!
//! Owns the glue between the async contract and the file calls. The file calls belong to [`folder`],
//! the life of an unfinished file to [`partial`] and [`writer`], platform differences to [`system`].

mod folder;
mod partial;
mod system;
mod writer;

use std::path::PathBuf;

use async_trait::async_trait;

use self::folder::Folder;
use self::partial::Partial;
use self::writer::LocalWriter;
use super::{Capacity, ObjectKey, ObjectMeta, ObjectReader, ObjectWriter, Storage};
use crate::error::{Error, Result};

/// A folder on this computer, or on whatever is mounted there.
#[derive(Debug, Clone)]
pub struct LocalStorage {
    folder: Folder,
}

impl LocalStorage {
    /// A storage in `folder`. Touches nothing yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Folder::new(folder.into()) }
    }

    /// Runs file calls where they may block.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let folder = self.folder.clone();
        blocking(move || work(&folder)).await
    }
}

/// Runs file calls on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        // The runtime is shutting down: the work was never started.
        Err(error) if error.is_cancelled() => Err(Error::Cancelled),
        Err(error) => Err(Error::Internal(format!("a storage operation panicked: {error}"))),
    }
}

#[async_trait]
impl Storage for LocalStorage {
    fn location(&self) -> String {
        self.folder.location()
    }

    async fn create(&self, key: &ObjectKey, expected: u64) -> Result<Box<dyn ObjectWriter>> {
        let key = key.clone();
        let (partial, file) = self
            .on_disk(move |folder| {
                folder.prepare()?;
                folder.require_room(expected)?;
                Partial::create(folder, &key)
            })
            .await?;
        Ok(Box::new(LocalWriter::new(partial, file)))
    }

    async fn open(&self, key: &ObjectKey) -> Result<ObjectReader> {
        let key = key.clone();
        let file = self.on_disk(move |folder| folder.open(&key)).await?;
        Ok(Box::new(tokio::fs::File::from_std(file)))
    }

    async fn stat(&self, key: &ObjectKey) -> Result<ObjectMeta> {
        let key = key.clone();
        self.on_disk(move |folder| folder.stat(&key)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>> {
        let prefix = prefix.to_owned();
        self.on_disk(move |folder| folder.list(&prefix)).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<()> {
        let key = key.clone();
        self.on_disk(move |folder| folder.delete(&key)).await
    }

    async fn discard_unfinished(&self, key: &ObjectKey) -> Result<bool> {
        let key = key.clone();
        self.on_disk(move |folder| partial::discard(folder, &key)).await
    }

    async fn capacity(&self) -> Result<Capacity> {
        self.on_disk(Folder::capacity).await
    }
}

#[cfg(test)]
mod tests;
