//! SQLite: files copied by SQLite's own online backup, checked as copies, restored beside.
//!
//! Owns the connection for the `sqlite` engine. The rules it keeps: the source is only ever opened
//! through SQLite (closing a plain file handle on it would drop SQLite's locks in this process); the
//! copy is taken inside one read transaction, so a busy writer can neither starve nor tear it; what
//! is archived is the copy, after `quick_check` has passed on that copy.

mod check;
mod copy;
mod dump;
mod restore;
mod source;

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{
    DatabaseConnection, DumpPlan, DumpScope, DumpStream, PlannedUnit, Probe, RestoreSink,
    RestoreTarget,
};
use crate::config::ConnectionSettings;
use crate::contents::ServerInfo;
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

    async fn probe(&self) -> Result<Probe> {
        let paths = self.paths.clone();
        blocking(move || {
            let databases = paths.iter().map(|path| source::look(path)).collect::<Result<_>>()?;
            Ok(Probe { server: library(), databases, warnings: Vec::new() })
        })
        .await
    }

    async fn plan(&self) -> Result<DumpPlan> {
        let paths = self.paths.clone();
        blocking(move || {
            let units = paths.iter().map(|path| plan_unit(path)).collect::<Result<Vec<_>>>()?;
            let scratch_bytes = units.iter().map(|unit| unit.size).sum();
            Ok(DumpPlan { server: library(), units, scratch_bytes })
        })
        .await
    }

    async fn dump(&self, _plan: &DumpPlan, scope: &DumpScope) -> Result<Box<dyn DumpStream>> {
        let (paths, scope) = (self.paths.clone(), scope.clone());
        blocking(move || {
            let copies = copy::copy_all(&paths, &scope)?;
            Ok(Box::new(dump::SqliteDump::new(copies, scope)) as Box<dyn DumpStream>)
        })
        .await
    }

    async fn check_target(&self, target: &RestoreTarget, size: u64) -> Result<()> {
        let RestoreTarget::NewFile(path) = target.clone();
        blocking(move || restore::check_target(&path, size)).await
    }

    async fn restore(&self, target: &RestoreTarget, size: u64) -> Result<Box<dyn RestoreSink>> {
        let RestoreTarget::NewFile(path) = target.clone();
        blocking(move || {
            restore::check_target(&path, size)?;
            Ok(Box::new(restore::NewFileSink::create(path)?) as Box<dyn RestoreSink>)
        })
        .await
    }
}

fn plan_unit(path: &Path) -> Result<PlannedUnit> {
    let found = source::look(path)?;
    Ok(PlannedUnit {
        name: found.name,
        source: path.display().to_string(),
        extension: "sqlite",
        size: found.size,
        streamed: false,
    })
}

fn library() -> ServerInfo {
    ServerInfo { version: format!("SQLite {}", rusqlite::version()), tool: String::new() }
}

/// The name under which a user knows a file: its file name.
fn display_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
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
