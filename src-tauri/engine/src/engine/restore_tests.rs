//! Restore tests: which backup is tested, and what is written down about it.
//!
//! Owns the choice, and which failures are a verdict about the backup: a server that is off today says
//! nothing about it. The test itself belongs to `restore`.

use std::sync::Arc;

use super::Engine;
use crate::archive::{Sidecar, TestRecord};
use crate::backup::{self, archive_key_of, put_record};
use crate::catalog::BackupRecord;
use crate::contents::{RestoreTest, TestOutcome};
use crate::database;
use crate::error::{Error, ErrorCode, RestoreError, Result};
use crate::event::{Event, RunKind, RunResult};
use crate::ids::{BackupId, RunId};
use crate::restore::{self, StoredArchive, TestRequest};
use crate::run::RunSpec;
use crate::storage::Storage;
use crate::view::{BackupView, TestedBackup};

impl Engine {
    /// Starts to restore the newest good backup of `profile` to a scratch place, as a test.
    pub fn start_restore_test(&self, profile: &str) -> Result<RunId> {
        self.config()?.profile(profile)?;
        let newest = self.0.catalog.newest_good(profile)?;
        let none = || RestoreError::NothingToTest { profile: profile.to_owned() };
        self.start_restore_test_of(&newest.ok_or_else(none)?.id)
    }

    /// Starts to restore this backup to a scratch place, as a test.
    pub fn start_restore_test_of(&self, backup: &BackupId) -> Result<RunId> {
        let (record, sidecar) = self.find_backup(backup)?;
        let storage = self.storage_at(&record.storage)?;
        let engine = sidecar.manifest.header.engine;
        let request = TestRequest {
            source: Arc::new(StoredArchive {
                storage: storage.clone(),
                key: archive_key_of(&sidecar)?,
            }),
            profile: record.profile.clone(),
            connection: self.target_connection(engine, &record.profile, None)?,
            state: self.0.state.clone(),
            owner: self.0.options.owner,
            sidecar,
        };
        let spec = RunSpec {
            kind: RunKind::RestoreTest,
            profile: record.profile.clone(),
            on_server: database::lives_on_server(engine),
            replaces: false,
            backup: Some(backup.clone()),
            failure: format!("`{}` did not pass its restore test", record.profile),
            not_affected: "Your databases and your backups are as they were".into(),
        };
        let this = self.clone();
        self.0.runs.start(spec, move |context| async move {
            let outcome = restore::test(&request, &context).await;
            let note = this.note_test(&record, &request.sidecar, storage.as_ref(), &outcome).await;
            let tested = outcome?;
            let warnings = tested.warnings.into_iter().chain(note).collect();
            Ok(RunResult::RestoreTest { backup: record.id, test: tested.test, warnings })
        })
    }

    /// Writes down what a test says about its backup, beside the archive and in the catalog. Returns what to
    /// know when the storage does not take it.
    async fn note_test(
        &self,
        backup: &BackupRecord,
        sidecar: &Sidecar,
        storage: &dyn Storage,
        outcome: &Result<restore::Tested>,
    ) -> Option<String> {
        let test = match outcome {
            Ok(tested) => tested.test.clone(),
            Err(error) if is_verdict(error) => {
                let now = self.0.options.clock.now();
                RestoreTest::new(now, TestOutcome::Failed, error.to_string())
            }
            Err(_) => return None,
        };
        let record = TestRecord { backup: backup.id.clone(), sha256: sidecar.sha256.clone(), test };
        if let Err(error) = self.0.catalog.put_restore_test(&backup.storage, &record) {
            tracing::warn!(%error, "a restore test is missing in the catalog");
        }
        let written = write_down(&record, storage).await;
        self.0.options.sink.emit(Event::BackupsChanged);
        let error = written.err()?;
        tracing::warn!(%error, "a restore test is not written down beside its archive");
        Some(format!(
            "The result could not be written down beside the archive, so only this computer knows it: {error}"
        ))
    }

    /// The last restore test of any of these backups.
    pub(super) fn last_test<'a>(
        backups: impl Iterator<Item = &'a BackupView>,
    ) -> Option<TestedBackup> {
        let tested = backups.filter_map(|backup| {
            let test = backup.restore_test.clone()?;
            Some(TestedBackup { backup: backup.id.clone(), test })
        });
        tested.max_by_key(|tested| tested.test.at)
    }
}

/// Whether a failure says something about the backup, and not only about today.
fn is_verdict(error: &Error) -> bool {
    matches!(
        error.code(),
        ErrorCode::ArchiveDamaged
            | ErrorCode::NotAnArchive
            | ErrorCode::ObjectMissing
            | ErrorCode::SourceFailed
            | ErrorCode::NotADatabase
    )
}

/// Puts the record beside the archive, and removes the earlier ones.
async fn write_down(record: &TestRecord, storage: &dyn Storage) -> Result<()> {
    let key = backup::test_record_key(record)?;
    put_record(&key, &record.to_json()?, storage).await?;
    remove_records(&record.backup, storage, key.as_str()).await
}

/// Removes the records of the tests of `backup`, but for the object `kept`.
pub(super) async fn remove_records(
    backup: &BackupId,
    storage: &dyn Storage,
    kept: &str,
) -> Result<()> {
    for object in storage.list(&format!("{backup}.")).await? {
        let name = object.key.as_str();
        let is_its =
            TestRecord::is_named(name) && TestRecord::backup_named(name) == backup.as_str();
        if is_its && name != kept {
            storage.delete(&object.key).await?;
        }
    }
    Ok(())
}
