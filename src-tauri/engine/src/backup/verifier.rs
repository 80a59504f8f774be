//! Reading a stored archive to its true end and comparing every hash.
//!
//! Owns the step from a storage to `archive::verify`. What counts as damage belongs to `archive`.

use super::bridge::ObjectSource;
use super::key;
use crate::archive::{self, Sidecar};
use crate::context::RunContext;
use crate::error::{Error, Result};
use crate::progress::Phase;
use crate::storage::{ObjectReader, Storage};

pub use crate::archive::Verified;

/// Verifies a committed archive against its commit record.
pub async fn verify_object(
    storage: &dyn Storage,
    sidecar: &Sidecar,
    context: &RunContext,
) -> Result<Verified> {
    context.progress.enter(Phase::Preparing, 0);
    let reader = storage.open(&key(&sidecar.archive)?).await?;
    context.progress.enter(Phase::Verifying, sidecar.size);
    verify_reader(reader, &sidecar.archive, Some(sidecar), context).await
}

/// Verifies whatever `reader` gives, under the name `archive`; with a commit record, against it too.
pub async fn verify_reader(
    reader: ObjectReader,
    archive: &str,
    expected: Option<&Sidecar>,
    context: &RunContext,
) -> Result<Verified> {
    let (name, expected) = (archive.to_owned(), expected.cloned());
    let runtime = tokio::runtime::Handle::current();
    let (progress, cancel) = (context.progress.clone(), context.cancel.clone());
    let read = move || {
        let source = ObjectSource::new(runtime, reader, progress, cancel);
        archive::verify(source, &name, expected.as_ref(), &mut |_| Ok(()))
    };
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|panic| Err(Error::Internal(format!("the verification ended: {panic}"))))
}
