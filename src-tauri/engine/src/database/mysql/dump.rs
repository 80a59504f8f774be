//! The dump of one server: one call of the tool per database, each checked against the catalogue.
//!
//! Owns what makes a dump complete: the tool's status, the script's own end, every object of the
//! catalogue in it, and no table that was altered or replaced between the looks before and after.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsString;
use std::io::{self, Cursor, Read};

use tokio::runtime::Handle;

use super::super::child::{ChildOutput, Invocation, SecretUse};
use super::super::tool::Tool;
use super::super::{DumpPlan, DumpReport, DumpStream, DumpUnit, PlannedUnit, WorkScope};
use super::arguments;
use super::catalog::Catalog;
use super::flavour::ServerVersion;
use super::globals;
use super::lock_watch::LockWatch;
use super::option_file;
use super::scope::{self, Expected};
use super::script::{Contents, Scanner};
use super::selection::Selected;
use super::session::{Access, Session};
use super::tools::{self, Purpose};
use crate::config::ConnectionSettings;
use crate::contents::{Consistency, DatabaseFacts, UnitKind};
use crate::error::{Error, Result, ServerError};

/// A dump under way.
pub(super) struct ServerDump {
    access: Access,
    tool: Tool,
    server: ServerVersion,
    encrypted: bool,
    lock_tables: bool,
    selected: Selected,
    scope: WorkScope,
    runtime: Handle,
    waiting: VecDeque<PlannedUnit>,
    units: usize,
    done: Vec<DatabaseFacts>,
    mixed: BTreeSet<String>,
    warnings: Vec<String>,
}

impl ServerDump {
    /// Finds the tool again and looks whether the server still answers.
    pub(super) async fn start(
        settings: &ConnectionSettings,
        plan: &DumpPlan,
        scope: &WorkScope,
    ) -> Result<Self> {
        let access = Access::of(settings).await?;
        let session = Session::open(&access).await?;
        let (server, encrypted) = (session.version, session.encrypted);
        session.close().await;
        let chosen = settings.server.tools.as_deref();
        let tool = tools::choose(server, Purpose::Dump, &access.place, chosen).await?;
        Ok(Self {
            access,
            tool,
            server,
            encrypted,
            lock_tables: settings.server.lock_tables,
            selected: Selected::of(settings),
            scope: scope.clone(),
            runtime: Handle::current(),
            waiting: plan.units.iter().cloned().collect(),
            units: plan.units.len(),
            done: Vec::new(),
            mixed: BTreeSet::new(),
            warnings: plan.warnings.clone(),
        })
    }

    fn spawn(&self, arguments: Vec<OsString>, scope: &WorkScope) -> Result<ChildOutput> {
        let maker = self.server.flavour;
        let mut call = Invocation::new(&self.tool).args(arguments).secret_file(
            SecretUse::FirstArgument("--defaults-file="),
            option_file::text(&self.access, maker, self.encrypted),
        );
        if let Some(password) = &self.access.password {
            call = call.hide(password);
        }
        call.spawn_output(scope)
    }

    /// A look at the server from the blocking thread on which the dump runs, until the user cancels.
    fn ask<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        let cancel = &self.scope.cancel;
        let answer = self.runtime.block_on(cancel.run_until_cancelled(question));
        answer.unwrap_or(Err(Error::Cancelled))
    }

    fn database(&mut self, name: &str) -> Result<DatabaseReader<'_>> {
        let expected = self.ask(async {
            let mut session = Session::open(&self.access).await?;
            let expected = Expected::read(&mut session, name, &self.selected).await?;
            session.close().await;
            Ok(expected)
        })?;
        let calls =
            arguments::dump_calls(&self.tool, self.server, name, &expected, self.lock_tables);
        if !self.lock_tables {
            let mixed = expected.without_transactions();
            self.mixed.extend(mixed.into_iter().map(|table| format!("`{name}`: {table}")));
        }
        Ok(DatabaseReader {
            tables: expected.tables().count(),
            calls: calls.into(),
            child: None,
            scanner: Scanner::new(),
            contents: Contents::default(),
            shown: (0, 0),
            is_done: false,
            name: name.to_owned(),
            expected,
            dump: self,
        })
    }

    fn users(&mut self) -> Result<Cursor<Vec<u8>>> {
        let script = self.ask(async {
            let mut session = Session::open(&self.access).await?;
            let script = globals::script(&mut session, &self.access.who).await?;
            session.close().await;
            Ok(script)
        })?;
        self.done.push(DatabaseFacts::default());
        Ok(Cursor::new(script.into_bytes()))
    }

    fn consistency(&self) -> Consistency {
        let of = if self.units > 1 { "each database" } else { "one database" };
        let label = if self.lock_tables {
            format!("One moment of {of}; writers were held up")
        } else if self.mixed.is_empty() {
            format!("One moment of {of}")
        } else {
            let tables: Vec<&str> = self.mixed.iter().map(String::as_str).collect();
            format!("Not one moment across these tables: {}", tables.join(", "))
        };
        Consistency { label, snapshot: self.lock_tables || self.mixed.is_empty() }
    }
}

impl DumpStream for ServerDump {
    fn next_unit(&mut self) -> Result<Option<DumpUnit<'_>>> {
        let Some(unit) = self.waiting.pop_front() else { return Ok(None) };
        self.scope.progress.object(&unit.name);
        let (name, source) = (unit.name, unit.source);
        let (size, reader): (_, Box<dyn Read + Send + '_>) = match unit.kind {
            UnitKind::Database => (None, Box::new(self.database(&name)?)),
            UnitKind::Globals => {
                let script = self.users()?;
                (Some(script.get_ref().len() as u64), Box::new(script))
            }
        };
        Ok(Some(DumpUnit { name, source, size, reader }))
    }

    fn finish(self: Box<Self>) -> Result<DumpReport> {
        if self.done.len() != self.units {
            return Err(Error::Internal("a database was not read to its end".to_owned()));
        }
        let consistency = self.consistency();
        Ok(DumpReport { databases: self.done, consistency, warnings: self.warnings })
    }
}

/// The script of one database, as it comes from the tool.
struct DatabaseReader<'a> {
    dump: &'a mut ServerDump,
    name: String,
    expected: Expected,
    calls: VecDeque<Vec<OsString>>,
    child: Option<(ChildOutput, LockWatch)>,
    scanner: Scanner,
    contents: Contents,
    tables: usize,
    /// The table and the rows that the progress shows.
    shown: (usize, u64),
    is_done: bool,
}

impl DatabaseReader<'_> {
    fn next_bytes(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            if let Some((child, watch)) = &mut self.child {
                let count = child.read(buffer).map_err(Error::of_stream);
                let count = count
                    .map_err(|error| watch.explain(self.dump.access.who.tool(error, &self.name)))?;
                if count > 0 {
                    self.scanner.feed(&buffer[..count]);
                    self.show();
                    return Ok(count);
                }
                self.end_call()?;
            } else if let Some(arguments) = self.calls.pop_front() {
                self.scanner = Scanner::new();
                self.shown = (0, 0);
                let cancel = self.dump.scope.cancel.child_token();
                let scope = WorkScope { cancel: cancel.clone(), ..self.dump.scope.clone() };
                let child = self.dump.spawn(arguments, &scope)?;
                let watch = LockWatch::start(&self.dump.access, &self.name, cancel);
                self.child = Some((child, watch));
            } else {
                if !std::mem::replace(&mut self.is_done, true) {
                    self.conclude()?;
                }
                return Ok(0);
            }
        }
    }

    /// The tool has succeeded; whether its script has an end is another question.
    fn end_call(&mut self) -> Result<()> {
        let complaints = self.child.take().map(|(child, _)| child.complaints()).unwrap_or_default();
        let tool = self.dump.tool.name;
        self.dump.warnings.extend(complaints.into_iter().map(|line| format!("{tool}: {line}")));
        let scanner = std::mem::replace(&mut self.scanner, Scanner::new());
        let contents = scanner.finish().map_err(|detail| self.incomplete(detail.to_owned()))?;
        self.contents.merge(contents);
        Ok(())
    }

    /// Compares what went by with what the server has.
    fn conclude(&mut self) -> Result<()> {
        let after = self.dump.ask(async {
            let mut session = Session::open(&self.dump.access).await?;
            let after = Catalog::read(&mut session, &self.name).await?;
            session.close().await;
            Ok(after)
        })?;
        let made = scope::made_before_the_dump(&self.expected, &after, &self.contents);
        let made = made.map(|item| format!("the {} `{}` was made", item.kind.noun(), item.name));
        if let Some(detail) = scope::change_between(&self.expected, &after).or(made) {
            let database = self.name.clone();
            return Err(ServerError::ChangedWhileReading { database, detail }.into());
        }
        if let Some(item) = self.expected.missing_in(&self.contents) {
            let detail = format!("the {} `{}` is missing in it", item.kind.noun(), item.name);
            return Err(self.incomplete(detail));
        }
        let selected = &self.dump.selected;
        if let Some(table) = self.expected.made_outside(selected, &self.contents) {
            let detail = format!("the table `{table}`, which the selection leaves out, was made");
            let database = self.name.clone();
            return Err(ServerError::ChangedWhileReading { database, detail }.into());
        }
        for table in scope::made_meanwhile(&self.expected, &after, &self.contents) {
            self.dump.warnings.push(format!(
                "`{}`: the table `{table}` was made while the backup ran and is not in it",
                self.name
            ));
        }
        self.dump.done.push(self.expected.facts(&self.contents));
        Ok(())
    }

    fn incomplete(&self, detail: String) -> Error {
        ServerError::Incomplete { tool: self.dump.tool.title(), detail }.into()
    }

    fn show(&mut self) {
        let progress = &self.dump.scope.progress;
        let rows = self.scanner.rows();
        progress.add_rows(rows - self.shown.1);
        self.shown.1 = rows;
        if let Some((table, number)) =
            self.scanner.current().filter(|(_, number)| *number != self.shown.0)
        {
            progress.object(&format!("{}.{table} ({number} of {})", self.name, self.tables));
            self.shown.0 = number;
        }
    }
}

impl Read for DatabaseReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.next_bytes(buffer).map_err(io::Error::other)
    }
}
