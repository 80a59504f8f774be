//! Replacing what stands at the target: the look before, the checks, the safety backup.
//!
//! Owns their order. The swap itself belongs to the engine of the database, below `RestoreSink`.

use jiff::{SignedDuration, Timestamp};

use super::consent::{self, Origin};
use super::guard::{Guard, Occupied};
use super::performer::RestoreRequest;
use crate::archive::{Manifest, SafetyMark, Unit};
use crate::backup::{self, BackupRequest, ProfileLock};
use crate::context::RunContext;
use crate::database::{DatabaseConnection, RestoreTarget, Standing};
use crate::error::{Error, ErrorReport, RestoreError, Result};
use crate::ids::BackupId;
use crate::progress::Phase;
use crate::view::{ReplaceConsent, TargetCard, TargetContents};

/// How long an undo is offered.
const UNDO: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many names of tables that will be gone are listed.
const LISTED: usize = 20;

/// What a restore that replaces something needs besides.
#[derive(Clone)]
pub struct Replacement {
    /// Who agrees to it.
    pub consent: Consent,
    /// What may keep it from being replaced.
    pub guard: Guard,
    /// The profile whose lock is held meanwhile.
    pub profile: String,
    /// The name of the storage that takes the safety backup.
    pub storage_name: String,
    /// The safety backup; `None` when the user goes on without one.
    pub safety: Option<BackupRequest>,
}

/// Who agrees to replacing something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// The user, with what was typed.
    Typed(ReplaceConsent),
    /// The user who undoes what was replaced before: the target is already known.
    Undo,
}

/// The safety backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secured {
    /// The backup.
    pub id: BackupId,
    /// Until when an undo is offered.
    pub undo_until: Timestamp,
}

impl Replacement {
    /// Keeps other runs of the profile out.
    pub(super) fn lock(&self, request: &RestoreRequest) -> Result<ProfileLock> {
        ProfileLock::acquire(&request.state.locks(), &self.profile, request.owner)
    }

    /// Says why what stands at the target may not be replaced by this backup. Returns what the guard is to be
    /// asked about once more.
    pub(super) async fn check(
        &self,
        connection: &dyn DatabaseConnection,
        target: &RestoreTarget,
        (manifest, unit): (&Manifest, &Unit),
    ) -> Result<Occupied> {
        let standing = connection.look_at(target).await?;
        let occupied = Occupied::of(connection, target, &standing);
        self.guard.check(&occupied)?;
        let origin = Origin::of(manifest, unit);
        consent::check_server(origin, &standing)?;
        match &self.consent {
            Consent::Typed(consent) => {
                let is_unproven = consent::is_unproven(origin, &standing);
                consent::check_typed(consent, &standing, is_unproven)?;
            }
            Consent::Undo => consent::check_same(origin, &standing)?,
        }
        self.check_room(&standing).await?;
        Ok(occupied)
    }

    /// Bytes that the safety backup may need: as many as the last archive had, but never more than there
    /// are now.
    fn safety_bytes(&self, standing: &Standing) -> u64 {
        match self.safety.as_ref().map_or(0, |safety| safety.expected_size) {
            0 => standing.size,
            last => last.min(standing.size),
        }
    }

    async fn check_room(&self, standing: &Standing) -> Result<()> {
        let Some(safety) = &self.safety else { return Ok(()) };
        let needed = self.safety_bytes(standing);
        match safety.storage.capacity().await?.free {
            Some(free) if free < needed => Err(RestoreError::NoRoomForSafety {
                target: standing.shown.clone(),
                storage: self.storage_name.clone(),
                needed,
                free,
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// Makes the safety backup: an ordinary one, read back and compared, of nothing but the target.
    pub(super) async fn secure(
        &self,
        target: &RestoreTarget,
        restored: &BackupId,
        lock: &ProfileLock,
        context: &RunContext,
    ) -> Result<Option<Secured>> {
        let Some(safety) = &self.safety else { return Ok(None) };
        let shown = shown(target);
        let now = context.clock.now();
        let kept_until = now.saturating_add(UNDO).unwrap_or(now);
        let mark = SafetyMark {
            run: context.run.clone(),
            target: shown.clone(),
            restored: restored.clone(),
            kept_until,
        };
        let request = BackupRequest { safety: Some(mark), ..safety.clone() };
        context.progress.enter(Phase::Securing, 0);
        let inner =
            RunContext { progress: context.progress.within(Phase::Securing), ..context.clone() };
        match backup::perform_locked(&request, lock, &inner).await {
            Ok(report) if is_of(&report.sidecar.manifest, target) => {
                Ok(Some(Secured { id: report.id, undo_until: kept_until }))
            }
            Ok(report) => Err(Error::Internal(format!(
                "the safety backup `{}` holds something else than `{shown}`",
                report.id
            ))),
            Err(Error::Cancelled) => Err(Error::Cancelled),
            Err(cause) => {
                Err(RestoreError::NoSafety { target: shown, cause: Box::new(cause) }.into())
            }
        }
    }
}

/// Whether the backup holds the target, and nothing else that could be restored.
fn is_of(manifest: &Manifest, target: &RestoreTarget) -> bool {
    let shown = shown(target);
    let is_target = |unit: &Unit| match target {
        RestoreTarget::NewFile(_) | RestoreTarget::ReplaceFile(_) => unit.source == shown,
        // The server stands before it.
        _ => unit.source.strip_suffix(&shown).is_some_and(|server| server.ends_with('/')),
    };
    let mut databases = manifest.databases();
    databases.next().is_some_and(is_target) && databases.next().is_none()
}

/// What the target is called in a safety backup's record.
fn shown(target: &RestoreTarget) -> String {
    match target {
        RestoreTarget::NewFile(path) | RestoreTarget::ReplaceFile(path) => {
            path.display().to_string()
        }
        RestoreTarget::NewDatabase(name) | RestoreTarget::ReplaceDatabase { name, .. } => {
            name.clone()
        }
    }
}

/// What the user is shown before anything is typed. `sidecar` is that of the backup.
pub(super) async fn card(
    replacement: &Replacement,
    connection: &dyn DatabaseConnection,
    target: &RestoreTarget,
    sidecar: (&Manifest, &Unit),
    refusal: Option<Error>,
) -> Result<TargetCard> {
    let (manifest, unit) = sidecar;
    let standing = connection.look_at(target).await?;
    let occupied = Occupied::of(connection, target, &standing);
    let locked = replacement.guard.check(&occupied).err();
    let origin = Origin::of(manifest, unit);
    let wrong_server = consent::check_server(origin, &standing).err();
    let no_room = replacement.check_room(&standing).await.err();
    let refusal = locked.or(wrong_server).or(no_room).or(refusal);
    let is_unproven = consent::is_unproven(origin, &standing);
    let what = format!("`{}` cannot be replaced now", standing.shown);
    let gone: Vec<String> = standing
        .tables
        .iter()
        .filter(|table| !unit.objects.iter().any(|object| object.name == table.name))
        .map(|table| table.name.clone())
        .collect();
    let safety_free = match &replacement.safety {
        Some(safety) => safety.storage.capacity().await.ok().and_then(|capacity| capacity.free),
        None => None,
    };
    Ok(TargetCard {
        confirm: consent::confirm(&standing, is_unproven),
        confirm_without_safety: consent::confirm_without_safety(&standing, is_unproven),
        engine: connection.kind(),
        now: contents_now(&standing),
        after: TargetContents {
            bytes: unit.size,
            tables: unit.table_count(),
            rows: Some(unit.row_count()),
            is_estimated: false,
        },
        after_made_at: manifest.header.created_at,
        gone_count: gone.len() as u64,
        gone: gone.into_iter().take(LISTED).collect(),
        safety_storage: replacement.storage_name.clone(),
        safety_bytes: replacement.safety_bytes(&standing),
        safety_free,
        refusal: refusal.map(|error| ErrorReport::new(what, &error)),
        target: standing.shown,
        server: standing.server.version,
        host: standing.host,
        is_remote: standing.is_remote,
        is_unproven,
        tag: replacement.guard.tag(&occupied)?,
        newest_change: standing.newest_change,
        programs: standing.programs,
        can_disconnect: standing.can_disconnect,
    })
}

fn contents_now(standing: &Standing) -> TargetContents {
    let rows = standing.tables.iter().map(|table| table.rows);
    TargetContents {
        bytes: standing.size,
        tables: standing.tables.len() as u64,
        rows: rows.sum(),
        is_estimated: standing.is_estimated,
    }
}
