//! MySQL and MariaDB: dumped by the server's own tool, loaded by its own client.
//!
//! Owns the connection for the `mysql` engine. The rules it keeps: a server is only read by a tool of
//! its own maker; the catalogue is read just before and just after the tool, and whatever is in it has to
//! be in the dump; a dump goes into a new database only, which takes the place of another when it is complete.

mod arguments;
mod catalog;
mod check;
mod choose;
mod digest;
mod dump;
mod fault;
mod flavour;
mod foreign;
mod foreign_modes;
mod foreign_rules;
mod globals;
mod literals;
mod lock_watch;
mod look;
mod option_file;
mod replace;
mod restore;
mod rights;
mod rows;
mod scope;
mod scratch;
mod script;
mod selection;
mod session;
mod steps;
mod structure;
mod target;
mod tools;

pub(crate) use script::{Token, Tokens};

use async_trait::async_trait;

pub(super) use self::digest::DigestReader;
pub(super) use self::rows::RowReader;
use self::session::{Access, Session};
pub(super) use self::structure::StructureReader;
use super::{
    DatabaseConnection, DumpPlan, DumpStream, DumpedDatabase, ForeignDump, LoadRisk, LoadSink,
    Location, Probe, RestoreSink, RestoreTarget, Standing, WorkScope, connection::sources_on,
    names::scratch_at,
};
use crate::cancel::{CancelCheck, CancellationToken};
use crate::config::ConnectionSettings;
use crate::error::{Error, Result};
use crate::ids::EngineKind;

/// A server of MySQL or MariaDB.
#[derive(Debug, Clone)]
pub struct MysqlServer {
    settings: ConnectionSettings,
}

impl MysqlServer {
    /// The server of these settings. Connects to nothing yet.
    pub fn new(settings: &ConnectionSettings) -> Self {
        Self { settings: settings.clone() }
    }
}

#[async_trait]
impl DatabaseConnection for MysqlServer {
    fn kind(&self) -> EngineKind {
        EngineKind::Mysql
    }

    fn sources(&self) -> Vec<String> {
        sources_on(session::shown_server(&self.settings), &self.settings.databases)
    }

    fn location(&self) -> Location {
        Location::on_server(&self.settings, session::DEFAULT_PORT)
    }

    async fn probe(&self) -> Result<Probe> {
        look::probe(&self.settings).await
    }

    async fn plan(&self, cancel: &CancellationToken) -> Result<DumpPlan> {
        until(cancel, look::plan(&self.settings)).await
    }

    async fn dump(&self, plan: &DumpPlan, scope: &WorkScope) -> Result<Box<dyn DumpStream>> {
        let started = until(&scope.cancel, dump::ServerDump::start(&self.settings, plan, scope));
        Ok(Box::new(started.await?))
    }

    async fn look_at(&self, target: &RestoreTarget) -> Result<Standing> {
        replace::look(&self.settings, target.database_name()?).await
    }

    async fn settle(&self, target: &RestoreTarget) -> Result<Vec<String>> {
        let name = target.database_name()?.to_owned();
        let mut session = Session::open(&Access::of(&self.settings).await?).await?;
        let said = replace::settle(&mut session, &[name]).await?;
        session.close().await;
        Ok(said)
    }

    async fn check_target(&self, target: &RestoreTarget, dumped: &DumpedDatabase) -> Result<()> {
        target::Target::check(&self.settings, target, dumped).await.map(drop)
    }

    async fn restore(
        &self,
        target: &RestoreTarget,
        dumped: &DumpedDatabase,
        scope: &WorkScope,
    ) -> Result<Box<dyn RestoreSink>> {
        let target = target::Target::check(&self.settings, target, dumped).await?;
        scope.cancel.check()?;
        Ok(Box::new(restore::NewDatabase::create(target, dumped, scope).await?))
    }

    async fn check_load(&self, target: &RestoreTarget, dump: &ForeignDump) -> Result<LoadRisk> {
        foreign::check(&self.settings, target, dump).await
    }

    async fn load(
        &self,
        target: &RestoreTarget,
        dump: &ForeignDump,
        scope: &WorkScope,
    ) -> Result<Box<dyn LoadSink>> {
        foreign::start(&self.settings, target, dump, scope).await
    }

    async fn mark_scratch(&self, target: &RestoreTarget, mark: &str) -> Result<()> {
        scratch::mark(&self.settings, scratch_at(target)?, mark).await
    }

    async fn remove_scratch(&self, target: &RestoreTarget, mark: Option<&str>) -> Result<()> {
        scratch::remove(&self.settings, scratch_at(target)?, mark).await
    }
}

/// Works until the user cancels.
async fn until<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    cancel.run_until_cancelled(work).await.unwrap_or(Err(Error::Cancelled))
}
