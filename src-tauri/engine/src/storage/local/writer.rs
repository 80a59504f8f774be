//! Writes one object into its unfinished file.
//!
//! Owns the order of the operations and the byte count. `tokio::fs::File` writes behind: a full disk
//! is reported by the next `write` or by `seal` at the latest, and meanwhile the caller compresses.

use std::io;

use async_trait::async_trait;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::blocking;
use super::partial::Partial;
use crate::error::{Error, Result};
use crate::files;
use crate::storage::{ObjectMeta, ObjectReader, ObjectWriter};

/// What may be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Writing,
    Sealed,
    /// An operation failed, or its future was dropped before it was done.
    Broken,
}

/// A writer of one object.
#[derive(Debug)]
pub struct LocalWriter {
    // Dropped before `file`: the name has to go while the lock is still held.
    partial: Partial,
    file: File,
    written: u64,
    stage: Stage,
}

impl LocalWriter {
    /// A writer into `file`, which `partial` has created and locked.
    pub fn new(partial: Partial, file: std::fs::File) -> Self {
        Self { partial, file: File::from_std(file), written: 0, stage: Stage::Writing }
    }

    /// Begins an operation that is allowed at `stage`. Until it is done the writer counts as broken,
    /// so that a dropped future cannot leave a half-written chunk unnoticed.
    fn begin(&mut self, stage: Stage, action: &'static str) -> Result<()> {
        if self.stage != stage {
            let (found, key) = (self.stage, self.partial.place().key());
            return Err(Error::Internal(format!("cannot {action} `{key}`: it is {found:?}")));
        }
        self.stage = Stage::Broken;
        Ok(())
    }

    fn fail(&self, action: &'static str, error: io::Error) -> Error {
        self.partial.place().fail(action, error)
    }

    async fn make_durable(&mut self) -> io::Result<()> {
        self.file.flush().await?;
        let synced = self.file.sync_all().await;
        files::tolerate_unsupported(self.partial.place().path(), synced)?;
        let stored = self.file.metadata().await?.len();
        if stored != self.written {
            let text = format!("{} bytes were written, {stored} are there", self.written);
            return Err(io::Error::other(text));
        }
        Ok(())
    }
}

#[async_trait]
impl ObjectWriter for LocalWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.begin(Stage::Writing, "write")?;
        self.file.write_all(bytes).await.map_err(|error| self.fail("write", error))?;
        self.written += bytes.len() as u64;
        self.stage = Stage::Writing;
        Ok(())
    }

    async fn seal(&mut self) -> Result<()> {
        self.begin(Stage::Writing, "seal")?;
        if let Err(error) = self.make_durable().await {
            let error = self.fail("write", error);
            // Nothing may be tried again on this file: see the module documentation of `local`.
            let _ = self.partial.remove();
            return Err(error);
        }
        self.stage = Stage::Sealed;
        Ok(())
    }

    async fn read_back(&mut self) -> Result<ObjectReader> {
        self.begin(Stage::Sealed, "read back")?;
        let written = self.file.try_clone().await.map_err(|error| self.fail("read back", error))?;
        let written = written.into_std().await;
        let place = self.partial.place().clone();
        let file = blocking(move || place.reopen(&written)).await?;
        self.stage = Stage::Sealed;
        Ok(Box::new(File::from_std(file)))
    }

    async fn commit(mut self: Box<Self>) -> Result<ObjectMeta> {
        self.begin(Stage::Sealed, "commit")?;
        let Self { partial, file, .. } = *self;
        let file = file.into_std().await;
        blocking(move || {
            let published = partial.publish();
            // Only now, because it holds the lock.
            drop(file);
            published
        })
        .await
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        let Self { mut partial, file, .. } = *self;
        blocking(move || {
            let removed = partial.remove().map_err(|e| partial.place().fail("clean up", e));
            // Only now, because it holds the lock.
            drop(file);
            removed
        })
        .await
    }
}
