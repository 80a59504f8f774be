//! SQLite: files copied by SQLite's own online backup, checked as copies, restored beside.
//!
//! Owns the connection for the `sqlite` engine. The rules it keeps: the source is only ever opened
//! through SQLite (closing a plain file handle on it would drop SQLite's locks in this process); the
//! copy is taken inside one read transaction, so a busy writer can neither starve nor tear it; what
//! is archived is the copy, after `quick_check` has passed on that copy.

mod check;
mod choose;
mod copy;
mod dump;
mod foreign;
mod foreign_script;
mod holders;
mod peek;
mod previous;
mod restore;
mod rows;
mod scratch;
mod scratch_copy;
mod source;
mod standing;
mod structure;
mod survey;
mod swap;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

pub(crate) use self::peek::{Peeked, peek, peek_bytes};
pub(super) use self::rows::RowReader;
use self::source::Look;
pub(super) use self::structure::StructureReader;
use super::{
    DatabaseConnection, DumpPlan, DumpStream, DumpedDatabase, ForeignDump, LoadRisk, LoadSink,
    Location, PlannedUnit, Probe, RestoreSink, RestoreTarget, Standing, Surveyed, WorkScope,
};
use crate::cancel::CancellationToken;
use crate::config::ConnectionSettings;
use crate::contents::{ServerInfo, UnitKind};
use crate::error::{Error, Result};
use crate::ids::EngineKind;

/// The SQLite files of one profile.
#[derive(Debug, Clone)]
pub struct SqliteFiles {
    paths: Vec<PathBuf>,
}

impl SqliteFiles {
    /// Reads the settings: `paths`, or the published `host` (a folder) with `databases` (file names).
    pub fn new(settings: &ConnectionSettings) -> Self {
        let folder = Path::new(&settings.host);
        let published = settings.databases.iter().map(|name| folder.join(name));
        Self { paths: settings.paths.iter().cloned().chain(published).collect() }
    }
}

#[async_trait]
impl DatabaseConnection for SqliteFiles {
    fn kind(&self) -> EngineKind {
        EngineKind::Sqlite
    }

    fn sources(&self) -> Vec<String> {
        self.paths.iter().map(|path| path.display().to_string()).collect()
    }

    fn location(&self) -> Location {
        Location::Files(self.paths.clone())
    }

    async fn probe(&self) -> Result<Probe> {
        let paths = self.paths.clone();
        blocking(move || {
            let cancel = CancellationToken::new();
            let looked = look_at_all(&paths, source::LOOK_PATIENCE, &cancel)?;
            let warnings = looked.iter().filter_map(Look::warning).collect();
            let databases = looked.into_iter().map(|look| look.database).collect();
            Ok(Probe {
                server: library(),
                databases,
                protection: String::new(),
                missing_rights: Vec::new(),
                warnings,
            })
        })
        .await
    }

    async fn plan(&self, cancel: &CancellationToken) -> Result<DumpPlan> {
        let (paths, cancel) = (self.paths.clone(), cancel.clone());
        blocking(move || {
            let looked = look_at_all(&paths, source::COPY_PATIENCE, &cancel)?;
            let warnings = looked.iter().filter_map(Look::warning).collect();
            let units: Vec<_> = looked.into_iter().zip(&paths).map(plan_unit).collect();
            let scratch_bytes = units.iter().map(|unit| unit.size).sum();
            Ok(DumpPlan { server: library(), units, scratch_bytes, warnings })
        })
        .await
    }

    async fn dump(&self, plan: &DumpPlan, scope: &WorkScope) -> Result<Box<dyn DumpStream>> {
        let (paths, scope, warnings) = (self.paths.clone(), scope.clone(), plan.warnings.clone());
        blocking(move || {
            let copies = copy::copy_all(&paths, &scope)?;
            Ok(Box::new(dump::SqliteDump::new(copies, warnings, scope)) as Box<dyn DumpStream>)
        })
        .await
    }

    async fn survey(&self, scope: &WorkScope) -> Result<Option<Vec<Surveyed>>> {
        let (paths, scope) = (self.paths.clone(), scope.clone());
        blocking(move || survey::survey(&paths, &scope).map(Some)).await
    }

    async fn look_at(&self, target: &RestoreTarget) -> Result<Standing> {
        let path = target.file_path()?.to_owned();
        blocking(move || standing::look(&path)).await
    }

    async fn check_target(&self, target: &RestoreTarget, dumped: &DumpedDatabase) -> Result<()> {
        let path = target.file_path()?.to_owned();
        let (size, replaces) = (dumped.size, target.replaces());
        blocking(move || check(&path, size, replaces)).await
    }

    async fn restore(
        &self,
        target: &RestoreTarget,
        dumped: &DumpedDatabase,
        _scope: &WorkScope,
    ) -> Result<Box<dyn RestoreSink>> {
        let path = target.file_path()?.to_owned();
        let (size, replaces) = (dumped.size, target.replaces());
        let only = dumped.only.clone();
        blocking(move || {
            check(&path, size, replaces)?;
            // A link stays, and what it leads to is replaced.
            let path = if replaces { standing::resolve(&path)? } else { path };
            Ok(Box::new(restore::NewFileSink::create(path, replaces, only)?)
                as Box<dyn RestoreSink>)
        })
        .await
    }

    async fn check_load(&self, target: &RestoreTarget, dump: &ForeignDump) -> Result<LoadRisk> {
        let (path, size) = (target.file_path()?.to_owned(), dump.size);
        blocking(move || restore::check_target(&path, size)).await?;
        Ok(LoadRisk::default())
    }

    async fn load(
        &self,
        target: &RestoreTarget,
        dump: &ForeignDump,
        scope: &WorkScope,
    ) -> Result<Box<dyn LoadSink>> {
        let path = target.file_path()?.to_owned();
        let (dump, scope) = (dump.clone(), scope.clone());
        blocking(move || foreign::start(path, &dump, scope)).await
    }

    async fn examine(
        &self,
        target: &RestoreTarget,
        sha256: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<&'static str>> {
        let (path, sha256) = (target.file_path()?.to_owned(), sha256.to_owned());
        let cancel = cancel.clone();
        blocking(move || scratch::examine(&path, &sha256, &cancel)).await
    }

    async fn remove_scratch(&self, target: &RestoreTarget, _mark: Option<&str>) -> Result<()> {
        let path = target.file_path()?.to_owned();
        blocking(move || scratch::remove(&path)).await
    }
}

fn check(target: &Path, size: u64, replaces: bool) -> Result<()> {
    if replaces {
        standing::check_target(target, size)
    } else {
        restore::check_target(target, size)
    }
}

fn look_at_all(
    paths: &[PathBuf],
    patience: Duration,
    cancel: &CancellationToken,
) -> Result<Vec<Look>> {
    let named = paths.iter().zip(unit_names(paths));
    named.map(|(path, name)| source::look(path, &name, patience, cancel)).collect()
}

fn plan_unit((look, path): (Look, &PathBuf)) -> PlannedUnit {
    PlannedUnit {
        name: look.database.name,
        source: path.display().to_string(),
        extension: "sqlite",
        size: look.database.size,
        streamed: false,
        kind: UnitKind::Database,
        steps: None,
    }
}

fn library() -> ServerInfo {
    ServerInfo { version: format!("SQLite {}", rusqlite::version()), ..ServerInfo::default() }
}

/// The names under which a user knows the files, in their order: of each the file name, and as many
/// folders before it as it takes to tell it from the others.
fn unit_names(paths: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(paths.len());
    for (index, path) in paths.iter().enumerate() {
        let others = || paths.iter().enumerate().filter(|(other, _)| *other != index);
        let is_unique = |count: &usize| {
            let name = last_components(path, *count);
            others().all(|(_, other)| last_components(other, *count) != name)
        };
        let longest = path.components().count();
        let count = (1..=longest).find(is_unique).unwrap_or(longest);
        let base = last_components(path, count);
        let mut name = base.clone();
        // The same path twice, or two that differ in bytes that are no text.
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{base} ({number})");
            number += 1;
        }
        names.push(name);
    }
    names
}

/// The last `count` components of a path, or all that it has.
fn last_components(path: &Path, count: usize) -> String {
    let skipped = path.components().count().saturating_sub(count);
    path.components().skip(skipped).collect::<PathBuf>().to_string_lossy().into_owned()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| Err(Error::Internal(format!("a SQLite task ended: {panic}"))))
}

#[cfg(test)]
mod tests;
