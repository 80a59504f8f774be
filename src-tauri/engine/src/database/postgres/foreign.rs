//! Loading what another program has dumped into a new database: scripts with `psql`, archives and folders with
//! `pg_restore`.
//!
//! Owns the options of these calls, and what the user of the profile may do beyond the database. `psql` obeys no
//! command but SQL: it is told so with `\restrict`, and the gate lets none through.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use tokio::runtime::Handle;

use super::super::child::{ChildInput, Invocation};
use super::super::foreign::{ForeignDump, ForeignForm, Gate, LoadRisk, LoadSink, Speech};
use super::super::tool::{Tool, ToolVersion};
use super::access::Access;
use super::catalogue::{self, ENCODING};
use super::compare::Counted;
use super::faults::{Against, explained};
use super::foreign_rules::PostgresRules;
use super::new_database::{NewDatabase, remove_abandoned};
use super::restore::MAX_IN_ONE_TRANSACTION;
use super::session::Session;
use super::target::{self, Target, Wanted};
use super::tools;
use crate::cancel::{CancelCheck, CancellationToken};
use crate::contents::{DatabaseFacts, ServerInfo};
use crate::database::{DumpedDatabase, Restored, WorkScope};
use crate::error::{Error, LoadError, Result};

/// The first release of each major version whose `psql` knows `\restrict`.
const RESTRICTS: [(u32, u32); 5] = [(13, 22), (14, 19), (15, 14), (16, 10), (17, 6)];

/// What reads the dump.
enum Loading {
    Script { gate: Box<Gate<PostgresRules>>, client: ChildInput },
    Archive(ChildInput),
    Folder { call: Invocation, path: PathBuf },
}

/// A dump being loaded. The tool is declared before the database, so it ends first.
struct Load {
    loading: Option<Loading>,
    database: Option<NewDatabase>,
    access: Access,
    target: String,
    runtime: Handle,
    scope: WorkScope,
    warnings: Vec<String>,
}

/// Says why `dump` cannot be loaded, and what it could do.
pub(super) async fn check(
    access: &Access,
    wanted: Wanted<'_>,
    dump: &ForeignDump,
) -> Result<LoadRisk> {
    let session = target::check(access, wanted, &as_dumped(dump)).await?.session;
    if matches!(dump.form, ForeignForm::Script) {
        client(access, &session, dump).await?;
    }
    let sql = "SELECT rolsuper OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname IN \
         ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files') AND \
         pg_has_role(current_user, r.oid, 'MEMBER')), rolcreaterole FROM pg_roles WHERE rolname = current_user";
    let row = session.one(sql, &[]).await?;
    let (is_unlimited, makes_roles): (bool, bool) = (row.get(0), row.get(1));
    let user = access.user.clone();
    let mut sentences = Vec::new();
    if is_unlimited {
        sentences.push(format!(
            "`{user}` may run programs and read and write files on the server's computer, and functions and `DO` \
             blocks in the dump can do the same; nothing that Kronos does prevents that"
        ));
    } else if makes_roles {
        sentences.push(format!(
            "`{user}` may make and change roles of the whole server, and functions and `DO` blocks in the dump \
             can do the same"
        ));
    }
    Ok(LoadRisk { user, sentences, is_unlimited })
}

/// Makes the new database and starts the tool.
pub(super) async fn start(
    access: Access,
    wanted: Wanted<'_>,
    dump: &ForeignDump,
    scope: &WorkScope,
) -> Result<Box<dyn LoadSink>> {
    let Target { session, tool, .. } = target::check(&access, wanted, &as_dumped(dump)).await?;
    remove_abandoned(&access, &session).await?;
    let in_one = dump.objects.is_some_and(|objects| objects <= MAX_IN_ONE_TRANSACTION);
    let (database, warning) =
        NewDatabase::create(&access, &session, wanted.name, &BTreeMap::new(), None).await?;
    let mut warnings: Vec<String> = tools::warning(&tool).into_iter().chain(warning).collect();
    let call = Call { access: &access, into: &database.name, in_one };
    let loading = match &dump.form {
        ForeignForm::Script => {
            let client = client(&access, &session, dump).await?;
            call.script(&client, scope)?
        }
        ForeignForm::Archive(format) => {
            Loading::Archive(call.archive(&tool, format)?.spawn_input(scope)?)
        }
        ForeignForm::Folder(path) => {
            check_folder(&tool, path)?;
            let call = call.archive(&tool, "directory")?.arg("--").arg(path).patient();
            Loading::Folder { call, path: path.clone() }
        }
        ForeignForm::File(_) | ForeignForm::FileBytes => {
            return Err(Error::Internal("a server loads no database file".to_owned()));
        }
    };
    if !matches!(dump.form, ForeignForm::Script) {
        warnings.push(
            "Owners and grants were not restored: the objects belong to the user of the profile"
                .into(),
        );
    }
    Ok(Box::new(Load {
        loading: Some(loading),
        database: Some(database),
        target: wanted.name.to_owned(),
        access: access.clone(),
        runtime: Handle::current(),
        scope: scope.clone(),
        warnings,
    }))
}

/// What a restore would know of it.
fn as_dumped(dump: &ForeignDump) -> DumpedDatabase {
    let tool = dump.tool.filter(|_| dump.form != ForeignForm::Script);
    let server = ServerInfo {
        tool: tool.map(|major| format!("pg_dump {major}")).unwrap_or_default(),
        ..ServerInfo::default()
    };
    let mut facts = DatabaseFacts::default();
    facts.properties.insert(ENCODING.to_owned(), String::new());
    let name = dump.source.clone().unwrap_or_default();
    DumpedDatabase { name, size: dump.size, server, facts, only: None, is_part: false }
}

/// The client that reads a script: one that can be told to take no commands for itself. Code in a script can
/// change how texts are read, in ways that nobody sees before it runs, and then another client would find its
/// commands where the gate has read a text.
async fn client(access: &Access, session: &Session, dump: &ForeignDump) -> Result<Tool> {
    let client = tools::client(access, session.version / 10_000).await?;
    if restricts(client.version) {
        return Ok(client);
    }
    Err(LoadError::Unfit {
        dump: dump.source.clone().unwrap_or_else(|| "This script".to_owned()),
        detail: format!("psql {} does not know `\\restrict`, so a script could run commands on this computer", client.version),
        next_step: "Install the latest minor release of the PostgreSQL client (13.22, 14.19, 15.14, 16.10, 17.6 or newer)".to_owned(),
    }
    .into())
}

/// A tool inside a container sees no folder of this computer.
fn check_folder(tool: &Tool, path: &std::path::Path) -> Result<()> {
    if !tool.is_contained() {
        return Ok(());
    }
    Err(LoadError::Unfit {
        dump: path.display().to_string(),
        detail: "it is a folder, and the tools of this profile are in a container".to_owned(),
        next_step: "Dump with `pg_dump -Fc` instead, or make a profile without `container`"
            .to_owned(),
    }
    .into())
}

/// What the calls have in common.
struct Call<'a> {
    access: &'a Access,
    into: &'a str,
    in_one: bool,
}

impl Call<'_> {
    fn of(&self, tool: &Tool) -> Result<Invocation> {
        let call = self.access.call(tool)?.arg("--no-password");
        let call = if self.in_one { call.arg("--single-transaction") } else { call };
        Ok(call.arg(format!("--dbname={}", self.access.conninfo(self.into))))
    }

    fn archive(&self, tool: &Tool, format: &str) -> Result<Invocation> {
        let call = self.of(tool)?.arg(format!("--format={format}"));
        Ok(call.args([
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--no-tablespaces",
            "--no-subscriptions",
        ]))
    }

    fn script(&self, client: &Tool, scope: &WorkScope) -> Result<Loading> {
        let call =
            self.of(client)?.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]);
        let mut client_input = call.spawn_input(scope)?;
        let line = format!("\\restrict {:032x}\n", rand::random::<u128>());
        let written = client_input.write_all(line.as_bytes());
        written.map_err(|error| engine_error(error, self.against()))?;
        let gate = Box::new(Gate::new(Speech::Postgres, PostgresRules::default()));
        Ok(Loading::Script { gate, client: client_input })
    }

    fn against(&self) -> Against<'_> {
        Against { access: self.access, database: self.into }
    }
}

fn restricts(version: ToolVersion) -> bool {
    match RESTRICTS.iter().find(|(major, _)| *major == version.major) {
        Some((_, minor)) => version.minor >= *minor,
        None => version.major > 17,
    }
}

fn engine_error(error: io::Error, against: Against<'_>) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => against.tool(error),
        Err(error) => Error::Internal(format!("writing to a tool: {error}")),
    }
}

impl Load {
    fn against(&self) -> Against<'_> {
        let database = self.database.as_ref().map_or("", |database| &database.name);
        Against { access: &self.access, database }
    }

    /// Waits until the tool has loaded everything.
    fn load(&mut self) -> Result<()> {
        let complaints = match self.loading.take() {
            None => return Err(Error::Internal("a dump was loaded twice".to_owned())),
            Some(Loading::Archive(tool)) => tool.finish(),
            Some(Loading::Script { gate, mut client }) => match gate.finish(&mut client) {
                Ok(passed) => {
                    self.warnings.extend(passed.warnings());
                    client.finish()
                }
                Err(error) => {
                    // It would run what it has read of a statement.
                    client.stop();
                    Err(engine_error(error, self.against()))
                }
            },
            Some(Loading::Folder { call, path }) => {
                self.scope.progress.object(&path.display().to_string());
                let printed = self.runtime.block_on(call.run(&self.scope));
                printed.map(|printed| printed.complaints)
            }
        };
        let complaints = explained(complaints, self.against())?;
        self.warnings
            .extend(complaints.into_iter().filter(|line| line.contains("WARNING")).take(20));
        Ok(())
    }

    async fn settle(&self, database: NewDatabase, cancel: &CancellationToken) -> Result<Counted> {
        let counted = self.count(database.session()?, cancel).await?;
        cancel.check()?;
        database.publish(&self.target, None).await?;
        Ok(counted)
    }

    async fn count(&self, session: &Session, cancel: &CancellationToken) -> Result<Counted> {
        let catalogue = catalogue::read(session).await?;
        let mut counted = Counted::default();
        for relation in catalogue.relations.iter().filter(|relation| relation.has_rows()) {
            counted.tables += 1;
            self.scope.progress.object(&relation.shown());
            let sql = format!("SELECT count(*) FROM ONLY {}", relation.quoted());
            counted.rows +=
                session.one_patiently(&sql, cancel).await?.get::<_, i64>(0).unsigned_abs();
        }
        self.scope.progress.object("statistics for the planner");
        session.run_patiently("ANALYZE", cancel).await?;
        let size = session.one("SELECT pg_database_size(current_database())", &[]).await?;
        counted.bytes = size.get::<_, i64>(0).unsigned_abs();
        Ok(counted)
    }
}

impl Write for Load {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = match &mut self.loading {
            Some(Loading::Script { gate, client }) => {
                gate.pass(bytes, client).map(|()| bytes.len())
            }
            Some(Loading::Archive(tool)) => tool.write(bytes),
            Some(Loading::Folder { .. }) | None => return Err(io::ErrorKind::BrokenPipe.into()),
        };
        outcome.map_err(|error| match error.downcast::<Error>() {
            Ok(error) => io::Error::other(self.against().tool(error)),
            Err(error) => error,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LoadSink for Load {
    fn finish(mut self: Box<Self>, cancel: &CancellationToken) -> Result<Restored> {
        self.load()?;
        let Some(database) = self.database.take() else {
            return Err(Error::Internal("a dump was loaded twice".to_owned()));
        };
        let counted = self.runtime.block_on(self.settle(database, cancel))?;
        Ok(Restored {
            target: format!("{}/{}", self.access.shown(), self.target),
            bytes: counted.bytes,
            tables: counted.tables,
            rows: counted.rows,
            warnings: std::mem::take(&mut self.warnings),
            previous: None,
        })
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // Its sessions have to be gone before the database can be dropped, and it must not run the half of a
        // statement.
        match self.loading.take() {
            Some(Loading::Script { client, .. } | Loading::Archive(client)) => client.stop(),
            Some(Loading::Folder { .. }) | None => {}
        }
    }
}
