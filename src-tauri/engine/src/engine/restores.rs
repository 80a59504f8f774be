//! Starting restores: of a stored backup, of any archive file, to a new place or in place of what is there.
//!
//! Owns the way from a request to its target and its server. What a target must be like belongs to
//! `database`, the restore itself to `restore`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::Engine;
use super::edits::{rejected, typed};
use crate::archive::{self, Manifest, Sidecar};
use crate::config::ConnectionSettings;
use crate::database::{self, Previous, RestoreTarget};
use crate::error::{Error, RestoreError, Result};
use crate::event::{Replaced, RunKind, RunResult, ScratchPlace};
use crate::ids::{BackupId, EngineKind, RunId};
use crate::look;
use crate::restore::{
    self, ArchiveFile, ArchiveSource, ClaimedPlace, PlacePlan, RestoreReport, RestoreRequest,
    Secured, StoredArchive,
};
use crate::run::RunSpec;
use crate::view::{ReplaceConsent, RestoreDraft, TargetCard};

/// What to restore from an archive, and where to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestoreOrder {
    /// The database in the archive; may be `None` when it holds only one.
    pub database: Option<String>,
    /// The path of the file, or the name of the database.
    pub target: OsString,
    /// The profile whose server takes the database; `None` means the one of the backup.
    pub profile: Option<String>,
    /// Set when the target exists and is to be replaced; without it nothing is ever replaced.
    pub replace: Option<ReplaceConsent>,
    /// Only the tables or collections with these names, or that these patterns match; `None` means all.
    pub only: Option<Vec<String>>,
    /// Whether it goes to a scratch place; then `target` says nothing.
    pub scratch: bool,
}

impl Engine {
    /// Starts a restore as the window asks for it.
    pub fn start_restore(&self, draft: &RestoreDraft) -> Result<RunId> {
        let request = self.stored(&draft.backup, |engine| Self::order(engine, draft))?;
        self.restore(request, draft.backup.to_string())
    }

    /// Starts a restore of a stored backup.
    pub fn start_restore_to(&self, backup: &BackupId, order: RestoreOrder) -> Result<RunId> {
        let request = self.stored(backup, |_| Ok(order))?;
        self.restore(request, backup.to_string())
    }

    /// Starts a restore of any archive on this computer.
    pub async fn start_restore_file(&self, path: PathBuf, order: RestoreOrder) -> Result<RunId> {
        let shown = path.display().to_string();
        let request = self.of_file(path, order).await?;
        self.restore(request, shown)
    }

    /// What stands at the target of a restore that replaces, beside what would come. Changes nothing.
    pub async fn target_card(&self, draft: &RestoreDraft) -> Result<TargetCard> {
        let request = self.stored(&draft.backup, |engine| Self::order(engine, draft))?;
        restore::target_card(&request, recorded(&request)?).await
    }

    /// The same for a backup that is named by its id.
    pub async fn target_card_of(
        &self,
        backup: &BackupId,
        order: RestoreOrder,
    ) -> Result<TargetCard> {
        let request = self.stored(backup, |_| Ok(order))?;
        restore::target_card(&request, recorded(&request)?).await
    }

    /// The same for any archive on this computer.
    pub async fn target_card_of_file(
        &self,
        path: PathBuf,
        order: RestoreOrder,
    ) -> Result<TargetCard> {
        let request = self.of_file(path.clone(), order).await?;
        restore::target_card(&request, &manifest_of(&request, path).await?).await
    }

    async fn of_file(&self, path: PathBuf, order: RestoreOrder) -> Result<RestoreRequest> {
        let sidecar = super::archives::sidecar_beside(&path).await?;
        let source: Arc<dyn ArchiveSource> = Arc::new(ArchiveFile(path));
        let header = match &sidecar {
            Some(sidecar) => sidecar.manifest.header.clone(),
            None => peek(source.clone()).await?,
        };
        self.request(source, sidecar, header.engine, &header.profile, order)
    }

    /// Says why a restore would be refused, before anything is read or written.
    pub async fn check_restore_target(&self, draft: &RestoreDraft) -> Result<()> {
        let request = self.stored(&draft.backup, |engine| Self::order(engine, draft))?;
        restore::check(&request, recorded(&request)?).await
    }

    /// What the form says, with its path written out.
    pub(super) fn order(engine: EngineKind, draft: &RestoreDraft) -> Result<RestoreOrder> {
        let on_server = database::lives_on_server(engine);
        if draft.target.trim().is_empty() && !draft.scratch {
            let what = match (on_server, &draft.replace) {
                (true, None) => "Name the database to make",
                (false, None) => "Name the file to make",
                (true, Some(_)) => "Name the database to replace",
                (false, Some(_)) => "Name the file to replace",
            };
            return Err(rejected("target", what));
        }
        let target = if on_server || draft.scratch {
            draft.target.clone().into()
        } else {
            typed("target", &draft.target)?.into_os_string()
        };
        Ok(RestoreOrder {
            database: draft.database.clone(),
            target,
            profile: draft.profile.clone(),
            replace: draft.replace.clone(),
            only: draft.only.clone(),
            scratch: draft.scratch,
        })
    }

    pub(super) fn stored(
        &self,
        backup: &BackupId,
        order: impl FnOnce(EngineKind) -> Result<RestoreOrder>,
    ) -> Result<RestoreRequest> {
        let (record, sidecar) = self.find_backup(backup)?;
        let source = Arc::new(StoredArchive {
            storage: self.storage_at(&record.storage)?,
            key: crate::backup::archive_key_of(&sidecar)?,
        });
        let engine = sidecar.manifest.header.engine;
        self.request(source, Some(sidecar), engine, &record.profile, order(engine)?)
    }

    pub(super) fn request(
        &self,
        source: Arc<dyn ArchiveSource>,
        sidecar: Option<Sidecar>,
        engine: EngineKind,
        own_profile: &str,
        order: RestoreOrder,
    ) -> Result<RestoreRequest> {
        let wanted = order.profile.as_deref();
        let connection = self.target_connection(engine, own_profile, wanted)?;
        let owner = wanted.unwrap_or(own_profile);
        let scratch =
            order.scratch.then(|| PlacePlan::new(&self.0.state, engine, owner, &connection));
        let mut target = match &scratch {
            Some(place) => place.target()?,
            None => new_target(engine, &order.target)?,
        };
        let mut replacement = None;
        if let Some(consent) = order.replace {
            if order.only.is_some() || order.scratch {
                return Err(RestoreError::ReplacesWhole.into());
            }
            target = resolved(target).replacing(consent.disconnect);
            replacement = Some(self.replacement(engine, owner, &connection, &target, consent)?);
        }
        Ok(RestoreRequest {
            source,
            sidecar,
            database: order.database,
            target,
            connection,
            state: self.0.state.clone(),
            owner: self.0.options.owner,
            replacement,
            only: order.only,
            part: None,
            scratch,
        })
    }

    /// The server that takes the restored database.
    pub(super) fn target_connection(
        &self,
        engine: EngineKind,
        own_profile: &str,
        wanted: Option<&str>,
    ) -> Result<ConnectionSettings> {
        if !database::lives_on_server(engine) {
            return Ok(ConnectionSettings::default());
        }
        let config = self.config()?;
        let profile = match (wanted, config.profile(own_profile)) {
            (Some(name), _) => config.profile(name)?,
            (None, Ok(profile)) => profile,
            (None, Err(_)) => {
                let message = format!(
                    "There is no profile `{own_profile}` here; name the profile whose server takes the \
                     database"
                );
                return Err(rejected("profile", &message));
            }
        };
        if profile.engine != engine {
            let message = format!("The backup is from {engine}, and `{}` is not", profile.name);
            return Err(rejected("profile", &message));
        }
        Ok(profile.connection.clone())
    }

    pub(super) fn restore(&self, request: RestoreRequest, subject: String) -> Result<RunId> {
        let spec = spec(&request, subject);
        let engine = self.clone();
        self.0.runs.start(spec, move |context| async move {
            if let Some(replacement) = &request.replacement {
                engine.note_replacement(&context.run, &replacement.profile);
            }
            let now = engine.0.options.clock.now();
            let place = request.scratch.clone().map(|plan| plan.claim(now)).transpose()?;
            let outcome = restore::perform(&request, &context).await;
            if request.replacement.is_some() {
                // A safety backup is worth knowing whatever came of the rest.
                if let Err(error) = engine.rescan().await {
                    tracing::warn!(%error, "a safety backup is missing in the catalog");
                }
            }
            let (report, scratch) = settled(outcome, place).await?;
            Ok(RunResult::Restore {
                backup: report.backup,
                target: report.restored.target,
                bytes: report.restored.bytes,
                tables: report.restored.tables,
                rows: report.restored.rows,
                warnings: report.restored.warnings,
                replaced: replaced(report.restored.previous, report.secured),
                scratch,
            })
        })
    }
}

/// Keeps the scratch place of a restore that succeeded, and removes that of one that failed.
async fn settled(
    outcome: Result<RestoreReport>,
    place: Option<ClaimedPlace>,
) -> Result<(RestoreReport, Option<ScratchPlace>)> {
    let Some(place) = place else { return Ok((outcome?, None)) };
    match outcome {
        Ok(report) => Ok((report, Some(ScratchPlace { removed_after: place.keep().await? }))),
        Err(error) => {
            if let Err(error) = place.remove().await {
                tracing::warn!(%error, "a scratch place is left to the next start");
            }
            Err(error)
        }
    }
}

fn replaced(previous: Option<Previous>, secured: Option<Secured>) -> Option<Replaced> {
    previous.map(|previous| Replaced {
        undo_until: secured.as_ref().map(|secured| secured.undo_until),
        safety_backup: secured.map(|secured| secured.id),
        kept_as: previous.kept_as,
        kept_until: previous.kept_until,
        disconnected: previous.disconnected,
    })
}

fn spec(request: &RestoreRequest, subject: String) -> RunSpec {
    let header = request.sidecar.as_ref().map(|sidecar| &sidecar.manifest.header);
    let profile = header.map_or(subject, |header| header.profile.clone());
    // What a failed restore has made on a server is removed again, unless the server is gone.
    let (failure, not_affected) = match &request.target {
        RestoreTarget::NewFile(_) => (
            format!("`{profile}` was not restored"),
            "Nothing was made or changed at the target".into(),
        ),
        RestoreTarget::NewDatabase(_) => {
            (format!("`{profile}` was not restored"), "Your databases are as they were".into())
        }
        RestoreTarget::ReplaceFile(path) => unchanged(&path.display().to_string()),
        RestoreTarget::ReplaceDatabase { name, .. } => unchanged(name),
    };
    RunSpec {
        kind: RunKind::Restore,
        backup: header.map(|header| header.id.clone()),
        failure,
        not_affected,
        on_server: matches!(
            request.target,
            RestoreTarget::NewDatabase(_) | RestoreTarget::ReplaceDatabase { .. }
        ),
        replaces: request.target.replaces(),
        profile,
    }
}

fn unchanged(target: &str) -> (String, String) {
    (format!("`{target}` was not replaced"), format!("`{target}` was not changed"))
}

/// What `text` names, with its path written out.
pub(super) fn new_target(engine: EngineKind, text: &std::ffi::OsStr) -> Result<RestoreTarget> {
    Ok(match database::restore_target(engine, text)? {
        // An empty path has no absolute form; the engine says what is wrong with it.
        RestoreTarget::NewFile(path) => {
            RestoreTarget::NewFile(std::path::absolute(&path).unwrap_or(path))
        }
        target => target,
    })
}

/// What a link leads to now: it may lead elsewhere before the run has ended.
fn resolved(target: RestoreTarget) -> RestoreTarget {
    match target {
        // What does not exist is refused later, by its name.
        RestoreTarget::NewFile(path) => {
            RestoreTarget::NewFile(std::fs::canonicalize(&path).unwrap_or(path))
        }
        target => target,
    }
}

/// What a stored backup's commit record says is in it.
pub(super) fn recorded(request: &RestoreRequest) -> Result<&Manifest> {
    let sidecar = request.sidecar.as_ref().map(|sidecar| &sidecar.manifest);
    sidecar.ok_or_else(|| Error::Internal("a stored backup has no commit record".to_owned()))
}

/// What is in the archive at `path` that `request` restores, as far as its record or its end tells.
pub(super) async fn manifest_of(request: &RestoreRequest, path: PathBuf) -> Result<Manifest> {
    if let Some(sidecar) = &request.sidecar {
        return Ok(sidecar.manifest.clone());
    }
    let look = move || look::manifest(&path);
    tokio::task::spawn_blocking(look).await.unwrap_or_else(|panic| {
        Err(Error::Internal(format!("looking at an archive ended: {panic}")))
    })
}

pub(super) async fn peek(source: Arc<dyn ArchiveSource>) -> Result<archive::Header> {
    let name = source.name();
    let (reader, _) = source.open().await?;
    let runtime = tokio::runtime::Handle::current();
    let look = move || {
        let reader = tokio_util::io::SyncIoBridge::new_with_handle(reader, runtime);
        archive::peek_header(reader, &name)
    };
    tokio::task::spawn_blocking(look).await.unwrap_or_else(|panic| {
        Err(Error::Internal(format!("looking at an archive ended: {panic}")))
    })
}
