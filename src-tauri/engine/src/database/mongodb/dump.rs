//! The dump: one call of mongodump after the other, each a stream that is checked as it goes by.
//!
//! Owns the arguments and what is compared at the end of each stream.

use std::collections::BTreeSet;
use std::io::{self, Read};

use super::super::child::ChildOutput;
use super::super::tool::Tool;
use super::super::{DumpReport, DumpStream, DumpUnit, WorkScope};
use super::catalogue::{Catalogue, documents_of};
use super::connect::Session;
use super::facts;
use super::failure::Failures;
use super::stream::{ArchiveReader, Choice};
use super::tools;
use super::units::{Content, Unit};
use crate::contents::{Consistency, DatabaseFacts, LeftOutPart, UnitKind};
use crate::error::{Error, Result};

/// A dump under way.
pub(super) struct MongoDump {
    session: Session,
    tool: Tool,
    waiting: std::vec::IntoIter<Unit>,
    current: Option<(Unit, ArchiveReader<DumpOutput>)>,
    finished: Vec<DatabaseFacts>,
    consistency: Consistency,
    warnings: Vec<String>,
    scope: WorkScope,
}

impl MongoDump {
    /// Dumps `units` with `tool`; `warnings` are those of the plan.
    pub(super) fn new(
        session: Session,
        tool: Tool,
        units: Vec<Unit>,
        warnings: Vec<String>,
        scope: WorkScope,
    ) -> Self {
        let consistency = consistency(&units);
        Self {
            session,
            tool,
            waiting: units.into_iter(),
            current: None,
            finished: Vec::new(),
            consistency,
            warnings,
            scope,
        }
    }

    /// Compares what has just been dumped with what was expected.
    fn close(&mut self) -> Result<()> {
        let Some((unit, reader)) = self.current.take() else { return Ok(()) };
        let contents = reader
            .contents()
            .ok_or_else(|| Error::Internal(format!("`{}` was not read to its end", unit.name)))?;
        let namespaces = contents.namespaces();
        let facts = match &unit.content {
            Content::Database(catalogue) => {
                facts::compare(catalogue, &namespaces)?;
                facts::of_database(&namespaces, catalogue.left_out.clone())
            }
            Content::Server(catalogues) => {
                for catalogue in catalogues {
                    facts::compare(catalogue, &namespaces)?;
                }
                facts::of_server(&namespaces)
            }
            Content::Users { .. } => facts::of_database(&namespaces, Vec::new()),
        };
        if facts.objects.is_empty() {
            self.warnings.push(format!("`{}` holds no collections", unit.name));
        }
        self.finished.push(facts);
        Ok(())
    }

    fn start(&self, unit: &Unit) -> Result<ArchiveReader<DumpOutput>> {
        let call = tools::call(&self.tool, &self.session).args(arguments(&unit.content));
        let output = DumpOutput {
            child: call.spawn_output(&self.scope)?,
            failures: self.session.failures.clone(),
            object: unit.name.clone(),
        };
        let (tool, progress) = (self.tool.title(), self.scope.progress.clone());
        Ok(ArchiveReader::new(output, tool, choice(&unit.content), progress))
    }
}

/// Collections of which only the description is taken, by the names of those that hold the documents.
fn choice(content: &Content) -> Choice {
    let Content::Database(catalogue) = content else { return Choice::default() };
    let kinds = catalogue.taken.iter().map(|entry| (entry.name.as_str(), entry.kind));
    let without: BTreeSet<&str> = catalogue.names_without(LeftOutPart::Rows).collect();
    let without_documents = kinds
        .filter(|(name, _)| without.contains(name))
        .map(|(name, kind)| documents_of(name, kind))
        .collect();
    Choice { without_documents, ..Choice::default() }
}

fn arguments(content: &Content) -> Vec<String> {
    let mut arguments = vec!["--archive".to_owned()];
    match content {
        Content::Database(Catalogue { database, left_out, hidden, .. }) => {
            arguments.push(tools::option("db", database));
            let excluded = left_out.iter().filter(|left| left.what == LeftOutPart::Everything);
            let excluded = excluded.map(|left| &left.name).chain(hidden);
            arguments.extend(excluded.map(|name| tools::option("excludeCollection", name)));
        }
        Content::Server(_) => arguments.push("--oplog".to_owned()),
        Content::Users { others } => {
            arguments.push("--db=admin".to_owned());
            arguments.extend(others.iter().map(|name| tools::option("excludeCollection", name)));
        }
    }
    arguments
}

fn consistency(units: &[Unit]) -> Consistency {
    let is_snapshot = units.iter().any(|unit| matches!(unit.content, Content::Server(_)));
    let label = if is_snapshot {
        "One moment of the whole server: the end of the dump, once its log of operations is replayed"
    } else {
        "Collections were read one after another, not at one moment"
    };
    Consistency { label: label.to_owned(), snapshot: is_snapshot }
}

impl DumpStream for MongoDump {
    fn next_unit(&mut self) -> Result<Option<DumpUnit<'_>>> {
        self.close()?;
        let Some(unit) = self.waiting.next() else { return Ok(None) };
        self.scope.progress.object(&unit.name);
        let reader = self.start(&unit)?;
        let (name, source) = (unit.name.clone(), unit.source.clone());
        let (_, reader) = self.current.insert((unit, reader));
        Ok(Some(DumpUnit { name, source, size: None, reader: Box::new(reader) }))
    }

    fn finish(mut self: Box<Self>) -> Result<DumpReport> {
        self.close()?;
        Ok(DumpReport {
            databases: self.finished,
            consistency: self.consistency,
            warnings: self.warnings,
        })
    }
}

/// What mongodump writes; its failure has the sentence of its cause.
struct DumpOutput {
    child: ChildOutput,
    failures: Failures,
    object: String,
}

impl Read for DumpOutput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.child.read(buffer).map_err(|error| match error.downcast::<Error>() {
            Ok(error) => io::Error::other(self.failures.of_tool(
                error,
                &self.child.complaints(),
                &self.object,
            )),
            Err(error) => error,
        })
    }
}

/// The kind of a unit as the archive knows it.
pub(super) fn kind(content: &Content) -> UnitKind {
    match content {
        Content::Database(_) | Content::Server(_) => UnitKind::Database,
        Content::Users { .. } => UnitKind::Globals,
    }
}
