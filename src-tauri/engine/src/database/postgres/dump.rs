//! The dump: one `pg_dump` after the other, each read as it writes.
//!
//! Owns the options of `pg_dump` and the comparison of what it wrote with what was there.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Cursor, Read};

use tokio::runtime::Handle;

use super::super::child::ChildOutput;
use super::super::tool::Tool;
use super::access::Access;
use super::capture::Capture;
use super::catalogue::{self, Catalogue, Database};
use super::custom_format::{Contents, Found, Malformed, Scanner};
use super::facts::Moment;
use super::faults::{Against, explained};
use super::selection::Chosen;
use super::{quote, server, tools};
use crate::contents::{Consistency, DatabaseFacts, UnitKind};
use crate::database::{DumpPlan, DumpReport, DumpStream, DumpUnit, PlannedUnit, WorkScope};
use crate::error::{Error, Result, ServerError};

/// A dump of all databases of a plan.
pub(super) struct PostgresDump {
    runtime: Handle,
    access: Access,
    tool: Tool,
    globals_tool: Option<Tool>,
    databases: Vec<Database>,
    waiting: VecDeque<PlannedUnit>,
    several: bool,
    scope: WorkScope,
    facts: Vec<DatabaseFacts>,
    warnings: Vec<String>,
}

impl PostgresDump {
    /// Makes everything ready; each snapshot is taken when its database has its turn.
    pub async fn start(access: Access, plan: &DumpPlan, scope: &WorkScope) -> Result<Self> {
        let session = server::open_any(&access).await?;
        let major = session.version / 10_000;
        let tool = tools::dump_tool(&access, major).await?;
        let has_globals = plan.units.iter().any(|unit| unit.kind == UnitKind::Globals);
        let globals_tool =
            if has_globals { Some(tools::globals_tool(&access, major).await?) } else { None };
        Ok(Self {
            runtime: Handle::current(),
            databases: catalogue::databases(&session).await?,
            access,
            tool,
            globals_tool,
            waiting: plan.units.iter().cloned().collect(),
            several: plan.units.iter().filter(|unit| unit.kind == UnitKind::Database).count() > 1,
            scope: scope.clone(),
            facts: Vec::new(),
            warnings: plan.warnings.clone(),
        })
    }

    fn database(&mut self, unit: &PlannedUnit) -> Result<Box<dyn Read + Send + '_>> {
        self.scope.progress.object(&unit.name);
        let (access, tool, scope) = (&self.access, &self.tool, &self.scope);
        let capture = Capture::begin(&self.runtime, access, tool, &unit.name, scope)?;
        let properties = self.databases.iter().find(|database| database.name == unit.name);
        let properties = properties.map(|database| database.properties.clone());
        Ok(Box::new(DatabaseReader {
            first: Cursor::new(capture.first),
            child: capture.child,
            scanner: Some(Scanner::new()),
            catalogue: capture.catalogue,
            chosen: capture.chosen,
            properties: properties.unwrap_or_default(),
            name: unit.name.clone(),
            access: &self.access,
            tool: &self.tool,
            scope: &self.scope,
            shown: 0,
            rows: 0,
            facts: &mut self.facts,
            warnings: &mut self.warnings,
        }))
    }

    fn globals(&mut self, unit: &PlannedUnit) -> Result<Box<dyn Read + Send + '_>> {
        self.scope.progress.object(&unit.name);
        let Some(tool) = &self.globals_tool else {
            return Err(Error::Internal("no tool was chosen for the roles".to_owned()));
        };
        let database = self.databases.first().map_or("postgres", |database| &database.name);
        let call = self
            .access
            .call(tool)?
            .args(["--globals-only", "--no-role-passwords", "--no-password"])
            .args([
                "--quote-all-identifiers".to_owned(),
                format!("--database={}", self.access.conninfo(database)),
            ]);
        let against = Against { access: &self.access, database };
        let printed = explained(self.runtime.block_on(call.run(&self.scope)), against)?;
        if !printed.text.contains("-- PostgreSQL database cluster dump complete") {
            let detail = "the mark at its end is missing".to_owned();
            return Err(ServerError::Incomplete { tool: tool.title(), detail }.into());
        }
        let properties = BTreeMap::from([("role_passwords".to_owned(), "left out".to_owned())]);
        self.facts.push(DatabaseFacts { properties, ..DatabaseFacts::default() });
        Ok(Box::new(Cursor::new(printed.text.into_bytes())))
    }
}

impl DumpStream for PostgresDump {
    fn next_unit(&mut self) -> Result<Option<DumpUnit<'_>>> {
        let Some(unit) = self.waiting.pop_front() else { return Ok(None) };
        let (name, source) = (unit.name.clone(), unit.source.clone());
        let reader = match unit.kind {
            UnitKind::Database => self.database(&unit)?,
            UnitKind::Globals => self.globals(&unit)?,
        };
        Ok(Some(DumpUnit { name, source, size: None, reader }))
    }

    fn finish(self: Box<Self>) -> Result<DumpReport> {
        Ok(DumpReport {
            databases: self.facts,
            consistency: consistency(self.several),
            warnings: self.warnings,
        })
    }
}

fn consistency(several: bool) -> Consistency {
    let label = if several {
        "One moment of each database, not the same for all of them (sequences may be later)"
    } else {
        "One moment of one database (sequences may be later)"
    };
    Consistency { label: label.to_owned(), snapshot: true }
}

/// Reads what `pg_dump` writes and looks at it on the way.
struct DatabaseReader<'a> {
    first: Cursor<Vec<u8>>,
    child: ChildOutput,
    scanner: Option<Scanner>,
    catalogue: Catalogue,
    chosen: Chosen,
    properties: BTreeMap<String, String>,
    name: String,
    access: &'a Access,
    tool: &'a Tool,
    scope: &'a WorkScope,
    shown: usize,
    rows: u64,
    facts: &'a mut Vec<DatabaseFacts>,
    warnings: &'a mut Vec<String>,
}

impl DatabaseReader<'_> {
    fn look_at(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(scanner) = &mut self.scanner else { return Ok(()) };
        let outcome = scanner.feed(bytes);
        self.scope.progress.add_rows(scanner.rows().saturating_sub(self.rows));
        self.rows = scanner.rows().max(self.rows);
        if scanner.begun() != self.shown {
            self.shown = scanner.begun();
            let total = scanner.contents().map_or(0, Contents::with_data);
            if let Some(entry) = scanner.current() {
                let name = quote::shown(&entry.schema, &entry.name);
                self.scope.progress.object(&format!("{name} ({} of {total})", self.shown));
            }
        }
        outcome.map_err(|malformed| self.incomplete(malformed))
    }

    fn incomplete(&self, Malformed(detail): Malformed) -> Error {
        ServerError::Incomplete { tool: self.tool.title(), detail }.into()
    }

    /// The tool has succeeded; now its work has to be whole.
    fn end(&mut self) -> Result<()> {
        let Some(scanner) = self.scanner.take() else { return Ok(()) };
        let found: Found = scanner.finish().map_err(|malformed| self.incomplete(malformed))?;
        let moment = Moment { found: &found, catalogue: &self.catalogue, chosen: &self.chosen };
        moment.check_complete().map_err(|malformed| self.incomplete(malformed))?;
        let properties = std::mem::take(&mut self.properties);
        self.facts.push(moment.facts(properties));
        let complaints =
            self.child.complaints().into_iter().filter(|line| line.contains("warning"));
        let name = &self.name;
        self.warnings.extend(complaints.take(20).map(|line| format!("`{name}`: {line}")));
        if self.catalogue.relations.is_empty() {
            self.warnings.push(format!("`{name}` holds no tables"));
        }
        Ok(())
    }
}

impl Read for DatabaseReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let against = Against { access: self.access, database: &self.name };
        let count = match self.first.read(buffer)? {
            0 => self.child.read(buffer).map_err(|error| match error.downcast::<Error>() {
                Ok(error) => io::Error::other(against.tool(error)),
                Err(error) => error,
            })?,
            count => count,
        };
        let outcome = match count {
            0 if buffer.is_empty() => Ok(()),
            0 => self.end(),
            count => self.look_at(&buffer[..count]),
        };
        outcome.map_err(io::Error::other)?;
        Ok(count)
    }
}
