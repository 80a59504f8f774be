//! PostgreSQL: `pg_dump` in a snapshot that is younger than its locks, `pg_restore` into a new database.
//!
//! Owns the connection for the `postgres` engine. The rules it keeps: every table is locked before the
//! snapshot is taken; what `pg_dump` writes is read along and compared with the catalogue of the same
//! moment; a restore fills a database of its own under a name of its own, counts every table, and only then
//! gives it the name that was asked for.

mod access;
mod capture;
mod catalogue;
mod choose;
mod compare;
mod copy_text;
mod custom_format;
mod digest;
mod dump;
mod facts;
mod faults;
mod foreign;
mod foreign_rules;
mod new_database;
mod plan;
mod quote;
mod restore;
mod rows;
mod scratch;
mod selection;
mod server;
mod session;
mod shell;
mod snapshot;
mod standing;
mod steps;
mod structure;
mod swap;
mod target;
mod tools;

pub(crate) use custom_format::{Contents, Entry, Form, read_contents};
pub(crate) use quote::shown;

use async_trait::async_trait;

use self::access::Access;
pub(super) use self::digest::DigestReader;
use self::dump::PostgresDump;
pub(super) use self::rows::RowReader;
pub(super) use self::structure::StructureReader;
use self::target::Wanted;
use super::{
    DatabaseConnection, DumpPlan, DumpStream, DumpedDatabase, ForeignDump, LoadRisk, LoadSink,
    Location, Probe, RestoreSink, RestoreTarget, Standing, WorkScope, connection::sources_on,
    names::scratch_at,
};
use crate::cancel::CancellationToken;
use crate::config::ConnectionSettings;
use crate::error::Result;
use crate::ids::EngineKind;

/// The databases of one profile on one PostgreSQL server.
#[derive(Debug, Clone)]
pub struct PostgresServer {
    settings: ConnectionSettings,
}

impl PostgresServer {
    /// Keeps the settings; nothing is opened yet.
    pub fn new(settings: &ConnectionSettings) -> Self {
        Self { settings: settings.clone() }
    }
}

#[async_trait]
impl DatabaseConnection for PostgresServer {
    fn kind(&self) -> EngineKind {
        EngineKind::Postgres
    }

    fn sources(&self) -> Vec<String> {
        sources_on(access::shown(&self.settings), &self.settings.databases)
    }

    fn location(&self) -> Location {
        access::location(&self.settings)
    }

    async fn probe(&self) -> Result<Probe> {
        plan::probe(&Access::resolve(&self.settings).await?).await
    }

    async fn plan(&self, cancel: &CancellationToken) -> Result<DumpPlan> {
        plan::plan(&Access::resolve(&self.settings).await?, cancel).await
    }

    async fn dump(&self, plan: &DumpPlan, scope: &WorkScope) -> Result<Box<dyn DumpStream>> {
        let access = Access::resolve(&self.settings).await?;
        Ok(Box::new(PostgresDump::start(access, plan, scope).await?))
    }

    async fn check_target(&self, target: &RestoreTarget, dumped: &DumpedDatabase) -> Result<()> {
        let access = Access::resolve(&self.settings).await?;
        target::check(&access, wanted(target)?, dumped).await.map(drop)
    }

    async fn look_at(&self, target: &RestoreTarget) -> Result<Standing> {
        standing::look(&Access::resolve(&self.settings).await?, wanted(target)?.name).await
    }

    async fn restore(
        &self,
        target: &RestoreTarget,
        dumped: &DumpedDatabase,
        scope: &WorkScope,
    ) -> Result<Box<dyn RestoreSink>> {
        let access = Access::resolve(&self.settings).await?;
        restore::start(access, wanted(target)?, dumped, scope).await
    }

    async fn check_load(&self, target: &RestoreTarget, dump: &ForeignDump) -> Result<LoadRisk> {
        let access = Access::resolve(&self.settings).await?;
        foreign::check(&access, wanted(target)?, dump).await
    }

    async fn load(
        &self,
        target: &RestoreTarget,
        dump: &ForeignDump,
        scope: &WorkScope,
    ) -> Result<Box<dyn LoadSink>> {
        let access = Access::resolve(&self.settings).await?;
        foreign::start(access, wanted(target)?, dump, scope).await
    }

    async fn mark_scratch(&self, target: &RestoreTarget, mark: &str) -> Result<()> {
        let name = scratch_at(target)?;
        scratch::mark(&Access::resolve(&self.settings).await?, name, mark).await
    }

    async fn remove_scratch(&self, target: &RestoreTarget, mark: Option<&str>) -> Result<()> {
        let name = scratch_at(target)?;
        scratch::remove(&Access::resolve(&self.settings).await?, name, mark).await
    }
}

fn wanted(target: &RestoreTarget) -> Result<Wanted<'_>> {
    let replaces = match target {
        RestoreTarget::ReplaceDatabase { disconnect, .. } => Some(*disconnect),
        _ => None,
    };
    Ok(Wanted { name: target.database_name()?, replaces })
}
