//! MongoDB: looked at by its driver, dumped and loaded by its own tools.
//!
//! Owns the connection for the `mongodb` engine. The rules it keeps: names and secrets never are options;
//! a dump counts only when the tool succeeded *and* its stream is complete; a restore makes a new
//! database, or hidden collections, and drops them again when it fails.

mod catalogue;
mod compare;
mod connect;
mod digest;
mod dump;
mod facts;
mod failure;
mod foreign;
mod json;
mod login;
mod probe;
mod replace;
mod restore;
mod rights;
mod rows;
mod scratch;
mod server;
mod stream;
mod structure;
mod target;
mod tools;
mod units;

pub(crate) use stream::{Prelude, read_prelude};

use async_trait::async_trait;

use self::connect::Session;
pub(super) use self::digest::DigestReader;
pub(super) use self::facts::{databases_in, within as facts_within};
pub(super) use self::failure::may_want_log;
use self::login::{Address, DEFAULT_PORT};
pub(super) use self::rows::RowReader;
use self::server::Server;
pub(super) use self::structure::StructureReader;
use self::target::Target;
pub(super) use self::units::WHOLE_SERVER;
use super::tool::Tool;
use super::{
    DatabaseConnection, DumpPlan, DumpStream, DumpedDatabase, ForeignDump, LoadRisk, LoadSink,
    Location, Probe, RestoreSink, RestoreTarget, Standing, WorkScope, connection::sources_on,
    names::scratch_at,
};
use crate::cancel::{CancelCheck, CancellationToken};
use crate::config::ConnectionSettings;
use crate::contents::ServerInfo;
use crate::error::{Error, Result};
use crate::ids::EngineKind;

/// The databases of one profile on a MongoDB server.
#[derive(Debug, Clone)]
pub struct MongoServer {
    settings: ConnectionSettings,
}

impl MongoServer {
    /// Keeps the settings; nothing is opened yet.
    pub fn new(settings: &ConnectionSettings) -> Self {
        Self { settings: settings.clone() }
    }

    async fn open(&self) -> Result<(Session, Server)> {
        let session = Session::open(&self.settings).await?;
        let server = Server::ask(&session).await?;
        Ok((session, server))
    }

    fn chosen_tools(&self) -> Option<&std::path::Path> {
        self.settings.server.tools.as_deref()
    }

    /// What a restore will make, and with what; nothing is changed.
    async fn checked(
        &self,
        session: &Session,
        server: &Server,
        target: &RestoreTarget,
        dumped: &DumpedDatabase,
    ) -> Result<(Target, Tool, Vec<String>)> {
        let tool = tools::loader(session, server, self.chosen_tools()).await?;
        let names = dumped.facts.objects.iter().map(|object| object.name.as_str());
        tools::check_names(&tool, server, names)?;
        let mut settled = Vec::new();
        if let RestoreTarget::ReplaceDatabase { name, disconnect } = target {
            settled = replace::check(session, server, (name, *disconnect), dumped).await?;
        }
        Ok((target::check(session, server, target, dumped).await?, tool, settled))
    }

    async fn survey(&self) -> Result<DumpPlan> {
        let (session, server) = self.open().await?;
        let tool = tools::dumper(&session, &server, self.chosen_tools()).await?;
        let mut warnings = Vec::from_iter(tools::warning(&server));
        for name in catalogue::databases(&session, &self.settings).await? {
            warnings.extend(replace::settle(&session, &name).await?);
        }
        let units = units::units(&session, &server, &self.settings).await?;
        warnings.extend(units::names_to_know(&units, &tool));
        Ok(DumpPlan {
            server: info(&server, Some(&tool)),
            units: units.iter().map(|unit| unit.planned(&session)).collect(),
            scratch_bytes: 0,
            warnings,
        })
    }
}

/// The server and the tool, as the manifest keeps them.
fn info(server: &Server, tool: Option<&Tool>) -> ServerInfo {
    ServerInfo {
        version: server.title.clone(),
        tool: tool.map(Tool::title).unwrap_or_default(),
        tool_place: tool.map(Tool::shown_place).unwrap_or_default(),
        identity: server.identity.clone(),
    }
}

/// Does `work` until the user cancels.
async fn cancellable<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    cancel.run_until_cancelled(work).await.unwrap_or(Err(Error::Cancelled))
}

#[async_trait]
impl DatabaseConnection for MongoServer {
    fn kind(&self) -> EngineKind {
        EngineKind::Mongodb
    }

    fn sources(&self) -> Vec<String> {
        let server = match &self.settings.server.container {
            Some(container) => format!("docker: {container}"),
            None => Address::of(&self.settings.host, self.settings.port).shown(),
        };
        sources_on(server, &self.settings.databases)
    }

    fn location(&self) -> Location {
        Location::on_server(&self.settings, DEFAULT_PORT)
    }

    async fn probe(&self) -> Result<Probe> {
        let (session, server) = self.open().await?;
        probe::probe(&session, &server, &self.settings).await
    }

    async fn plan(&self, cancel: &CancellationToken) -> Result<DumpPlan> {
        cancellable(cancel, self.survey()).await
    }

    async fn dump(&self, plan: &DumpPlan, scope: &WorkScope) -> Result<Box<dyn DumpStream>> {
        let work = async {
            let (session, server) = self.open().await?;
            let tool = tools::dumper(&session, &server, self.chosen_tools()).await?;
            let mut units = units::units(&session, &server, &self.settings).await?;
            // What has come since the plan was made waits for the next backup.
            units.retain(|unit| plan.units.iter().any(|planned| planned.name == unit.name));
            if let Some(gone) =
                plan.units.iter().find(|planned| units.iter().all(|unit| unit.name != planned.name))
            {
                return Err(crate::error::ServerError::UnknownDatabase {
                    server: session.login.title.clone(),
                    database: gone.name.clone(),
                }
                .into());
            }
            let warnings = plan.warnings.clone();
            Ok(dump::MongoDump::new(session, tool, units, warnings, scope.clone()))
        };
        Ok(Box::new(cancellable(&scope.cancel, work).await?))
    }

    async fn look_at(&self, target: &RestoreTarget) -> Result<Standing> {
        let (session, server) = self.open().await?;
        replace::look(&session, &server, &self.settings, target.database_name()?).await
    }

    async fn settle(&self, target: &RestoreTarget) -> Result<Vec<String>> {
        replace::settle(&Session::open(&self.settings).await?, target.database_name()?).await
    }

    async fn check_target(&self, target: &RestoreTarget, dumped: &DumpedDatabase) -> Result<()> {
        if super::holds_whole_server(self.kind(), &dumped.name) {
            dumped.whole(self.kind())?;
        }
        let (session, server) = self.open().await?;
        self.checked(&session, &server, target, dumped).await.map(drop)
    }

    async fn restore(
        &self,
        target: &RestoreTarget,
        dumped: &DumpedDatabase,
        scope: &WorkScope,
    ) -> Result<Box<dyn RestoreSink>> {
        let (session, server) = self.open().await?;
        let (target, tool, settled) = self.checked(&session, &server, target, dumped).await?;
        scope.cancel.check()?;
        let jobs = self.settings.server.jobs;
        let sink = restore::Loading::start(session, &tool, target, dumped, jobs, scope).await?;
        Ok(Box::new(sink.warned(settled)))
    }

    async fn mark_scratch(&self, target: &RestoreTarget, mark: &str) -> Result<()> {
        let name = scratch_at(target)?;
        scratch::mark(&Session::open(&self.settings).await?, name, mark).await
    }

    async fn remove_scratch(&self, target: &RestoreTarget, mark: Option<&str>) -> Result<()> {
        let name = scratch_at(target)?;
        scratch::remove(&Session::open(&self.settings).await?, name, mark).await
    }

    async fn check_load(&self, target: &RestoreTarget, dump: &ForeignDump) -> Result<LoadRisk> {
        let (session, server) = self.open().await?;
        let dumped = foreign::as_dumped(dump)?;
        self.checked(&session, &server, target, &dumped).await?;
        Ok(LoadRisk { user: session.login.user.clone(), ..LoadRisk::default() })
    }

    async fn load(
        &self,
        target: &RestoreTarget,
        dump: &ForeignDump,
        scope: &WorkScope,
    ) -> Result<Box<dyn LoadSink>> {
        let (session, server) = self.open().await?;
        let dumped = foreign::as_dumped(dump)?;
        let (target, tool, _) = self.checked(&session, &server, target, &dumped).await?;
        scope.cancel.check()?;
        foreign::start(session, &tool, target, dump, scope).await
    }
}
