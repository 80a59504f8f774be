//! One backup, from the first check to the commit record; read [`attempt`] from top to bottom.
//!
//! Owns the order. Everything that can be refused is refused before the first byte is read; whatever
//! fails later drops its writer, its dump and its scratch folder on the way out, and nothing that
//! existed before has been touched.

use std::sync::Arc;
use std::time::Duration;

use super::archive_key;
use super::bridge::ObjectSink;
use super::lock::ProfileLock;
use super::pending::{Note, Pending};
use super::publish::{self, Written};
use super::recovery::discard_partials;
use crate::archive::{
    ArchiveWriter, Closing, FORMAT_VERSION, Header, PlannedMember, SafetyMark, Sidecar, UnitSource,
};
use crate::cancel::CancelCheck;
use crate::config::{Profile, StorageTarget};
use crate::context::RunContext;
use crate::database::{self, DumpPlan, DumpStream, WorkScope};
use crate::error::{DatabaseError, Error, Result};
use crate::files;
use crate::ids::BackupId;
use crate::progress::Phase;
use crate::state_dir::StateDir;
use crate::storage::{ObjectWriter, Storage};

/// What to back up, and where to.
#[derive(Clone)]
pub struct BackupRequest {
    /// The profile.
    pub profile: Profile,
    /// The storage as configured.
    pub target: StorageTarget,
    /// The storage, open.
    pub storage: Arc<dyn Storage>,
    /// Where locks, notes and working copies are.
    pub state: StateDir,
    /// Who asks, for the note in the lock: "the desktop app".
    pub owner: &'static str,
    /// The size of the last archive of this profile, the best guess for the next one; 0 if unknown.
    pub expected_size: u64,
    /// The size of the databases in that archive; 0 if unknown. What a server holds is no measure of its
    /// dump, the last dump is.
    pub expected_raw: u64,
    /// Set when it is the safety backup of a restore.
    pub safety: Option<SafetyMark>,
}

/// A committed, verified backup.
#[derive(Debug, Clone, PartialEq)]
pub struct BackupReport {
    /// The backup.
    pub id: BackupId,
    /// Its commit record.
    pub sidecar: Sidecar,
}

/// Before a run is tried once more.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Makes one backup. What failed for a reason that may be gone a moment later, a lost connection or a
/// table changed while it was read, is tried once more, from zero.
pub async fn perform(request: &BackupRequest, context: &RunContext) -> Result<BackupReport> {
    let profile = &request.profile;
    let lock = ProfileLock::acquire(&request.state.locks(), &profile.name, request.owner)?;
    perform_locked(request, &lock, context).await
}

/// Makes one backup for somebody who holds the profile's lock already.
pub async fn perform_locked(
    request: &BackupRequest,
    _lock: &ProfileLock,
    context: &RunContext,
) -> Result<BackupReport> {
    match attempt(request, context).await {
        Err(error) if error.is_transient() => {
            tracing::warn!(%error, "the backup is tried once more");
            let pause = context.cancel.run_until_cancelled(tokio::time::sleep(RETRY_AFTER));
            pause.await.ok_or(Error::Cancelled)?;
            context.progress.restart();
            attempt(request, context).await
        }
        outcome => outcome,
    }
}

/// One try, from the plan to the commit record.
async fn attempt(request: &BackupRequest, context: &RunContext) -> Result<BackupReport> {
    context.progress.enter(Phase::Preparing, 0);
    let profile = &request.profile;
    let connection = database::connect(profile.engine, &profile.connection)?;
    let plan = connection.plan(&context.cancel).await?;
    check_scratch_space(&plan, &request.state)?;
    request.storage.capacity().await?;
    context.cancel.check()?;

    let id = id(request, context);
    let key = archive_key(&id, profile.compression.codec.extension())?;
    let note = note(request, context, key.as_str());
    let mut pending = Pending::record(&request.state, &note)?;
    let scope = WorkScope {
        scratch: pending.scratch().to_owned(),
        progress: context.progress.clone(),
        cancel: context.cancel.clone(),
    };
    let dump = connection.dump(&plan, &scope).await?;
    context.cancel.check()?;

    // The last archive is a guess for this one; a database that shrank must not be refused for it.
    let expected_size = request.expected_size.min(plan.raw_bytes());
    let object = request.storage.create(&key, expected_size).await?;
    let header = header(request, &plan, &id, context);
    match store(request, dump, object, header, plan, &mut pending, context).await {
        Ok(sidecar) => Ok(BackupReport { id, sidecar }),
        Err(error) => {
            // What failed has cleared up after itself, unless the storage does not answer any more.
            if discard_partials(&note, request.storage.as_ref()).await.is_err() {
                pending.leave_to_next_start();
            }
            Err(error)
        }
    }
}

/// Writes the archive and makes it a backup.
async fn store(
    request: &BackupRequest,
    dump: Box<dyn DumpStream>,
    object: Box<dyn ObjectWriter>,
    header: Header,
    plan: DumpPlan,
    pending: &mut Pending,
    context: &RunContext,
) -> Result<Sidecar> {
    let key = archive_key(&header.id, request.profile.compression.codec.extension())?;
    context.progress.enter(Phase::Storing, expected_raw(request, &plan));
    let written =
        write_archive(dump, object, header, plan, request.profile.clone(), context).await?;
    let safety = request.safety.clone();
    publish::publish(written, safety, &key, request.storage.as_ref(), pending, context).await
}

/// A safety backup is told from its profile's own backups by its name, too.
fn id(request: &BackupRequest, context: &RunContext) -> BackupId {
    let kind = if request.safety.is_some() { "-safety" } else { "" };
    BackupId::generate(&format!("{}{kind}", request.profile.name), context.clock.now())
}

/// How many bytes the dump will have, for the bar. The last dump tells that of a streamed one, unless
/// far less is asked for now.
fn expected_raw(request: &BackupRequest, plan: &DumpPlan) -> u64 {
    let estimate = plan.raw_bytes();
    let is_streamed = plan.units.iter().any(|unit| unit.streamed);
    match request.expected_raw {
        last if last > 0 && is_streamed => last.min(estimate.saturating_mul(2)),
        _ => estimate,
    }
}

fn check_scratch_space(plan: &DumpPlan, state: &StateDir) -> Result<()> {
    let scratch = state.scratch();
    match files::free_bytes(&scratch) {
        Some(free) if free < plan.scratch_bytes => Err(DatabaseError::Scratch {
            path: scratch.display().to_string(),
            source: std::io::ErrorKind::StorageFull.into(),
        }
        .into()),
        _ => Ok(()),
    }
}

fn note(request: &BackupRequest, context: &RunContext, archive: &str) -> Note {
    Note {
        run: context.run.clone(),
        profile: request.profile.name.clone(),
        started_at: context.clock.now(),
        storage: request.target.name.clone(),
        location: request.storage.location(),
        archive: archive.to_owned(),
    }
}

fn header(request: &BackupRequest, plan: &DumpPlan, id: &BackupId, context: &RunContext) -> Header {
    Header {
        format: FORMAT_VERSION,
        id: id.clone(),
        profile: request.profile.name.clone(),
        engine: request.profile.engine,
        created_at: context.clock.now(),
        kronos_version: env!("CARGO_PKG_VERSION").to_owned(),
        server: plan.server.clone(),
    }
}

/// Runs the chain dump → tar → compression → object on a blocking thread.
async fn write_archive(
    dump: Box<dyn DumpStream>,
    object: Box<dyn ObjectWriter>,
    header: Header,
    plan: DumpPlan,
    profile: Profile,
    context: &RunContext,
) -> Result<Written> {
    let context = context.clone();
    let runtime = tokio::runtime::Handle::current();
    let chain = move || {
        let sink =
            ObjectSink::new(runtime, object, context.progress.clone(), context.cancel.clone());
        let mut writer = ArchiveWriter::new(sink, profile.compression, header, members(plan))?;
        let closing = write_units(dump, &mut writer, &context)?;
        let written = writer.finish(closing)?;
        Ok(Written {
            object: written.sink.into_writer(),
            manifest: written.manifest,
            stats: written.stats,
            codec: profile.compression.codec,
        })
    };
    tokio::task::spawn_blocking(chain)
        .await
        .unwrap_or_else(|panic| Err(Error::Internal(format!("the archive writer ended: {panic}"))))
}

fn members(plan: DumpPlan) -> Vec<PlannedMember> {
    let units = plan.units.into_iter();
    units
        .map(|unit| PlannedMember {
            name: unit.name,
            extension: unit.extension.to_owned(),
            streamed: unit.streamed,
            kind: unit.kind,
            steps: unit.steps,
        })
        .collect()
}

fn write_units(
    mut dump: Box<dyn DumpStream>,
    writer: &mut ArchiveWriter<ObjectSink>,
    context: &RunContext,
) -> Result<Closing> {
    while let Some(mut unit) = dump.next_unit()? {
        let mut on_bytes = |count: u64| {
            context.progress.add(count);
            context.cancel.check()
        };
        let source = UnitSource {
            name: &unit.name,
            source: &unit.source,
            size: unit.size,
            reader: unit.reader.as_mut(),
        };
        writer.add_unit(source, &mut on_bytes)?;
    }
    let report = dump.finish()?;
    Ok(Closing {
        facts: report.databases,
        consistency: report.consistency,
        warnings: report.warnings,
        finished_at: context.clock.now(),
    })
}
