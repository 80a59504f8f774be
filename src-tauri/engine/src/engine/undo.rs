//! Replacing with a way back: who makes the safety backup and where to, the undo, and the end of both.
//!
//! Owns the choice of the profile and the storage, and of the restore that is undone. What a safety backup
//! is stands in its commit record, so an undo is found without the catalog, too.

use std::collections::BTreeMap;
use std::path::Path;

use super::Engine;
use super::restore_tests::remove_records;
use super::restores::{RestoreOrder, recorded};
use crate::backup::{BackupRequest, archive_key_of, sidecar_key};
use crate::config::{
    CompressionSettings, Config, ConnectionSettings, Environment, NamePattern, Profile, Selection,
};
use crate::database::{self, RestoreTarget};
use crate::error::{RestoreError, Result};
use crate::event::{Event, RunKind, RunState, RunView};
use crate::ids::{BackupId, EngineKind, RunId};
use crate::restore::{self, Consent, Guard, Replacement, RestoreRequest};
use crate::view::{BackupStatus, BackupView, ReplaceConsent, TargetCard};

impl Engine {
    /// Undoes a restore that replaced something, by replacing it with its safety backup. That is a restore
    /// like any other: what is there now is backed up before, so that an undo can be undone. Without a
    /// `run` it is the last one that replaced anything.
    pub async fn start_undo(&self, run: Option<&RunId>, disconnect: bool) -> Result<RunId> {
        let (request, backup) = self.undo_request(run, disconnect).await?;
        self.restore(request, backup.profile)
    }

    /// What an undo would replace, beside what would come. Changes nothing.
    pub async fn undo_card(&self, run: Option<&RunId>) -> Result<TargetCard> {
        let (request, _) = self.undo_request(run, false).await?;
        restore::target_card(&request, recorded(&request)?).await
    }

    async fn undo_request(
        &self,
        run: Option<&RunId>,
        disconnect: bool,
    ) -> Result<(RestoreRequest, BackupView)> {
        let (backup, target) = self.undoable(run).await?;
        let on_server = database::lives_on_server(backup.engine);
        let order = RestoreOrder {
            database: None,
            target: target.into(),
            profile: on_server.then(|| backup.profile.clone()),
            replace: Some(ReplaceConsent { disconnect, ..ReplaceConsent::default() }),
            ..RestoreOrder::default()
        };
        let mut request = self.stored(&backup.id, |_| Ok(order))?;
        if let Some(replacement) = &mut request.replacement {
            replacement.consent = Consent::Undo;
        }
        Ok((request, backup))
    }

    /// The safety backup of `run`, or of the last restore that replaced something, with its target.
    async fn undoable(&self, run: Option<&RunId>) -> Result<(BackupView, String)> {
        let backups = self.backups().await?;
        let wanted = match run {
            Some(run) => Some(run.clone()),
            None => self.last_replacement(&backups)?,
        };
        let nothing = || RestoreError::NothingToUndo { run: run.map(ToString::to_string) };
        let Some(wanted) = wanted else { return Err(nothing().into()) };
        let found = backups.into_iter().find_map(|backup| {
            let mark = backup.safety.clone().filter(|mark| mark.run == wanted)?;
            Some((backup, mark))
        });
        let unusable = |reason: String| {
            let run = wanted.to_string();
            Err(RestoreError::SafetyUnusable { run, reason }.into())
        };
        let Some((backup, mark)) = found else {
            if run.is_some() {
                return Err(nothing().into());
            }
            return unusable("no safety backup of what it replaced is known".to_owned());
        };
        if mark.kept_until <= self.0.options.clock.now() {
            return unusable("that is possible for 7 days, and they are over".to_owned());
        }
        let why = match backup.status {
            BackupStatus::Verified => return Ok((backup, mark.target)),
            BackupStatus::Damaged => "is damaged",
            BackupStatus::Missing => "is not where it was stored any more",
            BackupStatus::Unreachable => "cannot be reached now",
        };
        unusable(format!("its safety backup `{}` in `{}` {why}", backup.id, backup.storage))
    }

    /// The restore that replaced something last, whose end has to be known.
    ///
    /// A record in a storage says which restore it belongs to, and somebody else may have put it there. So
    /// as long as the history knows of any restore that replaced something, it decides which was the last.
    fn last_replacement(&self, backups: &[BackupView]) -> Result<Option<RunId>> {
        let Some(last) = self.0.catalog.last_replacement()? else {
            let mut marks = backups.iter().filter_map(|backup| backup.safety.as_ref());
            return Ok(marks.next().map(|mark| mark.run.clone()));
        };
        if last.state == RunState::Succeeded || last.state == RunState::Warned {
            return Ok(Some(last.id));
        }
        let mut marks = backups.iter().filter_map(|backup| backup.safety.as_ref());
        let target = marks.find(|mark| mark.run == last.id).map(|mark| mark.target.clone());
        let target = target.unwrap_or(last.profile);
        Err(RestoreError::NeverEnded { run: last.id.to_string(), target }.into())
    }

    /// Removes the safety backups whose undo is not offered any more, and returns them. Nothing else
    /// ever removes one.
    pub async fn remove_expired_safety_backups(&self) -> Result<Vec<BackupId>> {
        let now = self.0.options.clock.now();
        let mut removed = Vec::new();
        for backup in self.backups().await? {
            if backup.safety.as_ref().is_none_or(|mark| mark.kept_until > now) {
                continue;
            }
            let (record, sidecar) = self.find_backup(&backup.id)?;
            let storage = self.storage_at(&record.storage)?;
            let archive = archive_key_of(&sidecar)?;
            // Without its record the archive is no backup any more, whatever happens then.
            storage.delete(&sidecar_key(archive.as_str())?).await?;
            storage.delete(&archive).await?;
            remove_records(&backup.id, storage.as_ref(), "").await?;
            self.0.catalog.remove_backup(&record.storage, &backup.id)?;
            removed.push(backup.id);
        }
        if !removed.is_empty() {
            self.0.options.sink.emit(Event::BackupsChanged);
        }
        Ok(removed)
    }

    /// Writes down that a restore begins to replace something, so that one that is killed is known to have
    /// begun.
    pub(super) fn note_replacement(&self, run: &RunId, profile: &str) {
        let now = self.0.options.clock.now();
        let (run, profile) = (run.clone(), profile.to_owned());
        let mut view = RunView::queued(run, RunKind::Restore, profile, 0, now);
        (view.state, view.replaces) = (RunState::Running, true);
        if let Err(error) = self.0.catalog.put_run(&view) {
            tracing::warn!(%error, "the begin of a restore is missing in the history");
        }
    }

    /// What a restore to `target` needs to replace it.
    pub(super) fn replacement(
        &self,
        engine: EngineKind,
        owner: &str,
        connection: &ConnectionSettings,
        target: &RestoreTarget,
        consent: ReplaceConsent,
    ) -> Result<Replacement> {
        let config = self.config_or_empty()?;
        let mut profile = owning_profile(&config, engine, owner, target);
        profile.connection = only(connection, target);
        let (mut storage_name, mut safety) = (String::new(), None);
        if consent.without_safety.is_none() {
            let storage = config.storage_of(&profile)?.clone();
            let last = self.0.catalog.newest_good(&profile.name)?;
            storage_name.clone_from(&storage.name);
            safety = Some(BackupRequest {
                profile: profile.clone(),
                storage: Self::open_storage(&storage)?,
                target: storage,
                state: self.0.state.clone(),
                owner: self.0.options.owner,
                expected_size: last.as_ref().map_or(0, |backup| backup.stored_bytes),
                expected_raw: last.as_ref().map_or(0, |backup| backup.raw_bytes),
                safety: None,
            });
        }
        let consent = Consent::Typed(consent);
        let guard = self.guard(&config, engine, owner)?;
        Ok(Replacement { consent, guard, profile: profile.name, storage_name, safety })
    }

    /// What may keep a target of `engine` from being replaced, that is reached through the profile `owner`.
    fn guard(&self, config: &Config, engine: EngineKind, owner: &str) -> Result<Guard> {
        let route = database::lives_on_server(engine).then(|| owner.to_owned());
        let mut identities = BTreeMap::new();
        for profile in config.profiles.iter().filter(|profile| profile.engine == engine) {
            let Some(newest) = self.0.catalog.newest_good(&profile.name)? else { continue };
            // Of a storage that is not configured any more nothing is known.
            let Ok((_, sidecar)) = self.find_backup(&newest.id) else { continue };
            let server = sidecar.manifest.header.server;
            identities.insert(profile.name.clone(), server.identity);
        }
        Ok(Guard { config: self.config_path().to_owned(), route, identities })
    }
}

/// The profile that the target belongs to: of a file the one that has it; else the one that the server or
/// the backup belongs to, and if there is no such profile any more, one of its name.
fn owning_profile(
    config: &Config,
    engine: EngineKind,
    owner: &str,
    target: &RestoreTarget,
) -> Profile {
    let of_file = match target {
        RestoreTarget::ReplaceFile(path) => {
            config.profiles.iter().find(|profile| profile.engine == engine && has(profile, path))
        }
        _ => None,
    };
    let of_name = || config.profile(owner).ok().filter(|profile| profile.engine == engine);
    let found = of_file.or_else(of_name);
    found.cloned().unwrap_or_else(|| Profile {
        name: owner.to_owned(),
        engine,
        connection: ConnectionSettings::default(),
        storage: None,
        compression: CompressionSettings::default(),
        environment: Environment::default(),
    })
}

fn has(profile: &Profile, file: &Path) -> bool {
    database::connect(profile.engine, &profile.connection)
        .is_ok_and(|connection| connection.location().has_file(file))
}

/// The settings that take all of the target, and nothing else.
fn only(connection: &ConnectionSettings, target: &RestoreTarget) -> ConnectionSettings {
    let mut only = connection.clone();
    match target {
        RestoreTarget::NewFile(path) | RestoreTarget::ReplaceFile(path) => {
            only.paths = vec![path.clone()];
        }
        RestoreTarget::NewDatabase(name) | RestoreTarget::ReplaceDatabase { name, .. } => {
            only.databases = vec![NamePattern::exactly(name)];
            only.server.selection = Selection::default();
            only.server.globals = false;
        }
    }
    only
}
