//! One restore, from the refusal checks to the finished file; read [`perform`] from top to bottom.
//!
//! Owns the two passes over the archive: the first proves all of it and yields the manifest, the second
//! takes sizes and names from that manifest and hashes again what it hands to the database.

use std::io::{self, Write};
use std::sync::Arc;

use super::choice;
use super::guard::Occupied;
use super::open_swap::OpenSwap;
use super::replacement::{Replacement, Secured, card};
use super::scratch::Scratch;
use super::scratch_place::PlacePlan;
use super::source::ArchiveSource;
use crate::archive::{self, Manifest, Sidecar, Unit};
use crate::backup::{ObjectSource, ProfileLock, verify_reader};
use crate::cancel::CancelCheck;
use crate::config::ConnectionSettings;
use crate::contents::{DatabaseFacts, LeftOutPart, UnitKind};
use crate::context::RunContext;
use crate::database::{
    self, Digests, DumpReader, DumpedDatabase, RestoreSink, RestoreTarget, Restored, WorkScope,
};
use crate::error::{Error, RestoreError, Result};
use crate::ids::BackupId;
use crate::progress::Phase;
use crate::state_dir::StateDir;
use crate::storage::ObjectReader;
use crate::view::TargetCard;

/// What to restore, and where to.
#[derive(Clone)]
pub struct RestoreRequest {
    /// The archive.
    pub source: Arc<dyn ArchiveSource>,
    /// Its commit record, if there is one.
    pub sidecar: Option<Sidecar>,
    /// The database in it; `None` when it holds only one.
    pub database: Option<String>,
    /// Where to.
    pub target: RestoreTarget,
    /// The server that takes it; means nothing for a file.
    pub connection: ConnectionSettings,
    /// Where working files may be.
    pub state: StateDir,
    /// Who asks, for the note in a lock: "the desktop app".
    pub owner: &'static str,
    /// Set when the target exists and is to be replaced.
    pub replacement: Option<Replacement>,
    /// The tables or collections to restore, as names or patterns; `None` means all.
    pub only: Option<Vec<String>>,
    /// The only database that is restored of a dump that holds a whole server.
    pub part: Option<String>,
    /// Set when the target is a scratch place, which has to be claimed before.
    pub scratch: Option<PlacePlan>,
}

/// A database that was restored and compared with its backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// The backup it came from.
    pub backup: BackupId,
    /// Where it is and what is in it.
    pub restored: Restored,
    /// The safety backup of what it replaced.
    pub secured: Option<Secured>,
}

/// Restores one database.
pub async fn perform(request: &RestoreRequest, context: &RunContext) -> Result<RestoreReport> {
    context.progress.enter(Phase::Preparing, 0);
    let lock = request.replacement.as_ref().map(|it| it.lock(request)).transpose()?;
    let name = request.source.name();
    let (reader, size) = request.source.open().await?;
    if let Some(sidecar) = &request.sidecar {
        // Refuses what cannot work before a long verification.
        check_target(&sidecar.manifest, request).await?;
    }
    context.progress.enter(Phase::Verifying, size);
    let manifest = verify_reader(reader, &name, request.sidecar.as_ref(), context).await?.manifest;
    let (report, _) = perform_verified(request, manifest, lock.as_ref(), None, context).await?;
    Ok(report)
}

/// Somebody who reads along what is loaded.
pub(super) type Listener = Box<dyn DumpReader<Found = Digests>>;

/// Restores one database of an archive that was read to its end just now and is as `manifest` says. What a
/// `listener` found in the dump comes back with the report.
pub(super) async fn perform_verified(
    request: &RestoreRequest,
    manifest: Manifest,
    lock: Option<&ProfileLock>,
    listener: Option<Listener>,
    context: &RunContext,
) -> Result<(RestoreReport, Option<Digests>)> {
    let (index, unit, occupied) = check_target(&manifest, request).await?;
    let backup = manifest.header.id.clone();
    let secured = match (&request.replacement, lock) {
        (Some(it), Some(lock)) => it.secure(&request.target, &backup, lock, context).await?,
        _ => None,
    };

    let (name, (reader, size)) = (request.source.name(), request.source.open().await?);
    context.progress.enter(Phase::Loading, size);
    context.progress.object(&unit.name);
    let connection = database::connect(manifest.header.engine, &request.connection)?;
    let dumped = dumped(&manifest, &unit, request)?;
    let scratch = Scratch::create(&request.state, &context.run)?;
    let scope = WorkScope {
        scratch: scratch.path().to_owned(),
        progress: context.progress.clone(),
        cancel: context.cancel.clone(),
    };
    let swap = OpenSwap::write(request, manifest.header.engine, &context.run)?;
    let guarded = request.replacement.as_ref().map(|it| it.guard.clone()).zip(occupied);
    // Loading may take hours, and who protects the target meanwhile wants to be heard.
    let check = || guarded.map_or(Ok(()), |(guard, occupied)| guard.check(&occupied));
    let facts = dumped.facts.clone();
    let what = Load { reader, name, manifest, index, facts, listener, check };
    let loading = async {
        let sink = connection.restore(&request.target, &dumped, &scope).await?;
        load(what, sink, context).await
    };
    let loaded = loading.await;
    if let Some(swap) = swap {
        swap.over(loaded.as_ref().err());
    }
    let (mut restored, found) = loaded?;
    restored.warnings.extend(left_out_warning(&unit));
    Ok((RestoreReport { backup, restored, secured }, found))
}

/// Says why a restore of what `manifest` describes would be refused, before anything is read.
pub async fn check(request: &RestoreRequest, manifest: &Manifest) -> Result<()> {
    check_target(manifest, request).await.map(drop)
}

/// Finds the database to restore and asks its engine whether the target is acceptable. Returns also what is
/// to be replaced.
async fn check_target(
    manifest: &Manifest,
    request: &RestoreRequest,
) -> Result<(usize, Unit, Option<Occupied>)> {
    let (index, unit) = choose_unit(manifest, request.database.as_deref())?;
    let connection = database::connect(manifest.header.engine, &request.connection)?;
    let mut occupied = None;
    if let Some(replacement) = &request.replacement {
        let found = (manifest, unit);
        occupied = Some(replacement.check(connection.as_ref(), &request.target, found).await?);
    }
    connection.check_target(&request.target, &dumped(manifest, unit, request)?).await?;
    Ok((index, unit.clone(), occupied))
}

/// What the user is shown before the target is replaced by what `manifest` describes.
pub async fn target_card(request: &RestoreRequest, manifest: &Manifest) -> Result<TargetCard> {
    let Some(replacement) = &request.replacement else {
        return Err(Error::Internal("nothing is to be replaced".to_owned()));
    };
    let (_, unit) = choose_unit(manifest, request.database.as_deref())?;
    let connection = database::connect(manifest.header.engine, &request.connection)?;
    // Whom Kronos may be told to disconnect is in the way of nothing yet.
    let target = match &request.target {
        RestoreTarget::ReplaceDatabase { name, .. } => {
            RestoreTarget::ReplaceDatabase { name: name.clone(), disconnect: true }
        }
        target => target.clone(),
    };
    let refusal = connection.check_target(&target, &dumped(manifest, unit, request)?).await.err();
    card(replacement, connection.as_ref(), &target, (manifest, unit), refusal).await
}

/// What the user chose to leave out when the backup was made is missing in what was restored, too.
fn left_out_warning(unit: &Unit) -> Option<String> {
    const SHOWN: usize = 5;
    let names = |part: LeftOutPart| {
        let left_out = unit.left_out.iter().filter(move |left_out| left_out.what == part);
        left_out.map(|left_out| format!("`{}`", left_out.name)).collect::<Vec<_>>()
    };
    let list = |names: Vec<String>, how: &str| {
        let rest = names.len().saturating_sub(SHOWN);
        let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        (!names.is_empty()).then(|| format!("{shown}{more} {how}"))
    };
    let parts = [
        list(names(LeftOutPart::Everything), "wholly"),
        list(names(LeftOutPart::Rows), "without rows"),
    ];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    (!text.is_empty()).then(|| format!("Left out of the backup by its selection: {text}"))
}

/// What the engine has to know about a unit that it is going to load.
fn dumped(manifest: &Manifest, unit: &Unit, request: &RestoreRequest) -> Result<DumpedDatabase> {
    let schemas = database::names_have_schemas(manifest.header.engine);
    let patterns = request.only.as_deref();
    let only = patterns.map(|patterns| choice::chosen(unit, patterns, schemas)).transpose()?;
    let facts = facts_of(unit);
    let (name, facts) = match &request.part {
        None => (unit.name.clone(), facts),
        Some(part) => (part.clone(), database::facts_within(&facts, part)),
    };
    let (size, server) = (unit.size, manifest.header.server.clone());
    Ok(DumpedDatabase { name, size, server, facts, only, is_part: request.part.is_some() })
}

/// What the manifest says of a unit.
pub(super) fn facts_of(unit: &Unit) -> DatabaseFacts {
    DatabaseFacts {
        objects: unit.objects.clone(),
        properties: unit.properties.clone(),
        left_out: unit.left_out.clone(),
    }
}

/// The database of that name (its own, or that of its member in the archive), or the only one. A name
/// that several have, as archives of older versions may, chooses none of them.
pub(crate) fn choose_unit<'a>(
    manifest: &'a Manifest,
    name: Option<&str>,
) -> Result<(usize, &'a Unit)> {
    let units = || manifest.units.iter().enumerate();
    let mut found: Vec<_> = match name {
        Some(name) => units().filter(|(_, unit)| unit.name == name).collect(),
        // Roles and users are restored by hand only.
        None => units().filter(|(_, unit)| unit.kind == UnitKind::Database).collect(),
    };
    if let (Some(name), true) = (name, found.is_empty()) {
        found = units().filter(|(_, unit)| is_member(unit, name)).collect();
    }
    match (found.as_slice(), name) {
        ([only], _) => Ok(*only),
        ([], Some(name)) => Err(Error::Unknown { kind: "database", name: name.to_owned() }),
        _ => Err(RestoreError::ChooseDatabase { names: distinguishable_names(manifest) }.into()),
    }
}

fn is_member(unit: &Unit, name: &str) -> bool {
    unit.parts.iter().any(|part| part.member == name)
}

/// The names by which [`choose_unit`] finds each database: its own, or its member's when another
/// database has the same.
fn distinguishable_names(manifest: &Manifest) -> Vec<String> {
    let units = &manifest.units;
    let name = |unit: &Unit| {
        let is_unique = units.iter().filter(|other| other.name == unit.name).count() == 1;
        let member = unit.parts.first().filter(|_| !is_unique).map(|part| &part.member);
        member.unwrap_or(&unit.name).clone()
    };
    units.iter().map(name).collect()
}

/// What of which archive is loaded, who listens to it, and what has to be true once more before it may count.
struct Load<F> {
    reader: ObjectReader,
    name: String,
    manifest: Manifest,
    index: usize,
    facts: DatabaseFacts,
    listener: Option<Listener>,
    check: F,
}

async fn load(
    what: Load<impl FnOnce() -> Result<()> + Send + 'static>,
    mut sink: Box<dyn RestoreSink>,
    context: &RunContext,
) -> Result<(Restored, Option<Digests>)> {
    let Load { reader, name, manifest, index, facts, listener, check } = what;
    let context = context.clone();
    let runtime = tokio::runtime::Handle::current();
    let chain = move || {
        let (progress, cancel) = (context.progress.clone(), context.cancel.clone());
        let source = ObjectSource::new(runtime, reader, progress, cancel);
        let mut loading = Loading { sink: sink.as_mut(), listener, context: &context };
        archive::extract(source, &name, &manifest, index, &mut loading, &mut |_| Ok(()))?;
        let found = loading.listener.map(DumpReader::finish).transpose()?;
        context.progress.enter(Phase::Finishing, 0);
        context.cancel.check()?;
        check()?;
        Ok((sink.finish(&facts, &context.cancel)?, found))
    };
    tokio::task::spawn_blocking(chain)
        .await
        .unwrap_or_else(|panic| Err(Error::Internal(format!("the restore ended: {panic}"))))
}

/// Hands bytes to the database until the run is cancelled.
struct Loading<'a> {
    sink: &'a mut dyn RestoreSink,
    listener: Option<Listener>,
    context: &'a RunContext,
}

impl Write for Loading<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.context.cancel.check().map_err(io::Error::other)?;
        let count = self.sink.write(bytes)?;
        if let Some(listener) = &mut self.listener {
            // Whoever reads along wants all of it.
            let _ = listener.feed(&bytes[..count]).map_err(io::Error::other)?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
