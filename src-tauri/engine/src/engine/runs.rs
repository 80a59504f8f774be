//! Starting, watching and stopping runs.

use std::path::PathBuf;

use super::Engine;
use crate::backup::{self, BackupRequest};
use crate::context::RunContext;
use crate::database;
use crate::error::{Error, Result};
use crate::event::{RunKind, RunResult, RunView};
use crate::ids::{BackupId, RunId};
use crate::progress::Phase;
use crate::restore::{ArchiveFile, ArchiveSource};
use crate::run::RunSpec;
use crate::view::BackupStatus;

impl Engine {
    /// Starts a backup of each profile and returns at once. With no name it means every profile that
    /// is not just being backed up.
    pub fn start_backups(&self, profiles: &[String]) -> Result<Vec<RunId>> {
        let chosen = !profiles.is_empty();
        let names = if chosen { profiles.to_vec() } else { self.profile_names()? };
        let (mut started, mut refused) = (Vec::new(), None);
        for name in &names {
            match self.start_backup(name) {
                Ok(run) => started.push(run),
                Err(Error::Busy { .. }) if !chosen => {}
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        match refused {
            Some(error) if started.is_empty() => Err(error),
            // One that was refused never stops the others.
            _ => Ok(started),
        }
    }

    fn profile_names(&self) -> Result<Vec<String>> {
        Ok(self.config()?.profiles.into_iter().map(|profile| profile.name).collect())
    }

    /// Starts a backup of `profile` and returns at once.
    pub fn start_backup(&self, profile: &str) -> Result<RunId> {
        let config = self.config()?;
        let profile = config.profile(profile)?.clone();
        let target = config.storage_of(&profile)?.clone();
        let spec = RunSpec {
            kind: RunKind::Backup,
            profile: profile.name.clone(),
            on_server: database::lives_on_server(profile.engine),
            replaces: false,
            backup: None,
            failure: format!("`{}` was not backed up", profile.name),
            not_affected: "Your database and your older backups are as they were".into(),
        };
        let engine = self.clone();
        self.0.runs.start(spec, move |context| async move {
            let storage = Self::open_storage(&target)?;
            let last = engine.0.catalog.newest_good(&profile.name)?;
            let request = BackupRequest {
                profile,
                target,
                storage,
                state: engine.0.state.clone(),
                owner: engine.0.options.owner,
                expected_size: last.as_ref().map_or(0, |backup| backup.stored_bytes),
                expected_raw: last.as_ref().map_or(0, |backup| backup.raw_bytes),
                safety: None,
            };
            engine.back_up(&request, &context).await
        })
    }

    async fn back_up(&self, request: &BackupRequest, context: &RunContext) -> Result<RunResult> {
        let report = backup::perform(request, context).await?;
        let location = request.storage.location();
        // The commit record in the storage is the truth; the next rescan repairs a missing row.
        if let Err(error) =
            self.0.catalog.put_backup(&location, &report.sidecar, BackupStatus::Verified)
        {
            tracing::warn!(%error, "the new backup is missing in the catalog");
        }
        let manifest = &report.sidecar.manifest;
        Ok(RunResult::Backup {
            backup: report.id,
            location: request.storage.object_location(&report.sidecar.archive),
            stored_bytes: report.sidecar.size,
            raw_bytes: manifest.raw_bytes(),
            tables: manifest.table_count(),
            rows: manifest.row_count(),
            warnings: manifest.warnings.clone(),
        })
    }

    /// Starts reading a stored backup and comparing every hash.
    pub fn start_verify(&self, id: &BackupId) -> Result<RunId> {
        let (record, sidecar) = self.find_backup(id)?;
        let storage = self.storage_at(&record.storage)?;
        let (engine, id) = (self.clone(), id.clone());
        let mut spec = verify_spec(id.as_str(), Some(id.clone()));
        spec.profile.clone_from(&record.profile);
        self.0.runs.start(spec, move |context| async move {
            let outcome = backup::verify_object(storage.as_ref(), &sidecar, &context).await;
            engine.note_check(&record.storage, &id, outcome.as_ref().err())?;
            let verified = outcome?;
            Ok(RunResult::Verify {
                backup: id,
                stored_bytes: verified.stats.stored_bytes,
                raw_bytes: verified.manifest.raw_bytes(),
            })
        })
    }

    /// Starts reading any archive on this computer and comparing every hash; with a commit record
    /// beside it, that too.
    pub fn start_verify_file(&self, path: PathBuf) -> Result<RunId> {
        let spec = verify_spec(&path.display().to_string(), None);
        self.0.runs.start(spec, move |context| async move {
            context.progress.enter(Phase::Preparing, 0);
            let sidecar = super::archives::sidecar_beside(&path).await?;
            let source = ArchiveFile(path);
            let (reader, size) = source.open().await?;
            context.progress.enter(Phase::Verifying, size);
            let verified =
                backup::verify_reader(reader, &source.name(), sidecar.as_ref(), &context).await?;
            Ok(RunResult::Verify {
                backup: verified.manifest.header.id.clone(),
                stored_bytes: verified.stats.stored_bytes,
                raw_bytes: verified.manifest.raw_bytes(),
            })
        })
    }

    /// Waits until a run is final.
    pub async fn wait(&self, run: &RunId) -> Result<RunView> {
        self.0.runs.wait(run).await
    }

    /// Asks a run to stop.
    pub fn cancel(&self, run: &RunId) -> Result<()> {
        self.0.runs.cancel(run)
    }

    /// Asks every run to stop.
    pub fn cancel_all(&self) {
        self.0.runs.cancel_all();
    }

    /// Runs that wait or work, oldest first.
    pub fn active_runs(&self) -> Vec<RunView> {
        self.0.runs.active()
    }

    /// Runs that have ended since the start of the program, newest first.
    pub fn ended_runs(&self) -> Vec<RunView> {
        self.0.runs.ended()
    }
}

fn verify_spec(subject: &str, backup: Option<BackupId>) -> RunSpec {
    RunSpec {
        kind: RunKind::Verify,
        backup,
        profile: subject.to_owned(),
        on_server: false,
        replaces: false,
        failure: format!("`{subject}` did not pass"),
        not_affected: "Nothing was changed".into(),
    }
}
