//! Loading a dump into a new database.
//!
//! Owns the options of `pg_restore` and the order: load, count, measure, name.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::super::child::{ChildInput, Invocation};
use super::super::tool::Tool;
use super::access::Access;
use super::choose::{Chosen, choose};
use super::compare;
use super::custom_format::{Editor, Silence};
use super::facts::{self, SKIPPED_ENTRIES};
use super::faults::{Against, explained};
use super::new_database::{NewDatabase, remove_abandoned};
use super::shell::Shell;
use super::swap;
use super::target::{self, Target, Wanted};
use crate::cancel::{CancelCheck, CancellationToken};
use crate::contents::DatabaseFacts;
use crate::database::{DumpedDatabase, Previous, RestoreSink, Restored, WorkScope};
use crate::error::{Error, RestoreError, Result};
use crate::files;

/// Every object of one transaction needs a lock, and a server has room for some thousands.
pub(super) const MAX_IN_ONE_TRANSACTION: u64 = 2_000;

/// Puts together the call of `pg_restore`.
type ToolCall = Box<dyn Fn(&Access) -> Result<Invocation> + Send>;

/// Where the bytes of the dump go.
enum Loading {
    /// Straight into `pg_restore`.
    Stream(Editor<ChildInput>),
    /// Into a file, which several jobs can read at once.
    Spool { file: Editor<File>, path: PathBuf, jobs: u8 },
}

/// What a choice of tables means, once the table of contents has gone by.
type ToldChoice = Arc<Mutex<Option<Chosen>>>;

/// A database that is being loaded. The tool is declared before the database, so it ends first.
struct PostgresRestore {
    loading: Option<Loading>,
    database: Option<NewDatabase>,
    runtime: Handle,
    access: Access,
    tool_call: ToolCall,
    target: String,
    /// Set when the target is replaced: whether others may be disconnected.
    replaces: Option<bool>,
    chosen: ToldChoice,
    is_choice: bool,
    scope: WorkScope,
    warnings: Vec<String>,
}

/// Creates the new database and makes ready to load it.
pub(super) async fn start(
    access: Access,
    wanted: Wanted<'_>,
    dumped: &DumpedDatabase,
    scope: &WorkScope,
) -> Result<Box<dyn RestoreSink>> {
    let target = target::check(&access, wanted, dumped).await?;
    remove_abandoned(&access, &target.session).await?;
    swap::remove_old(&target.session).await?;
    let tablespace = match wanted.replaces {
        Some(_) => Shell::read(&target.session, wanted.name).await?.tablespace,
        None => None,
    };
    let jobs = access.settings().server.jobs.filter(|jobs| *jobs > 1);
    let jobs = jobs.filter(|_| !target.tool.is_contained());
    if jobs.is_some() {
        check_space(dumped, scope)?;
    }
    let properties = &dumped.facts.properties;
    let (database, warning) = NewDatabase::create(
        &access,
        &target.session,
        wanted.name,
        properties,
        tablespace.as_deref(),
    )
    .await?;
    let Target { tool, keeps_owners, mut warnings, .. } = target;
    warnings.extend(warning);
    warnings.extend(facts::advice(&dumped.facts, wanted.replaces.is_some()));
    let in_one = jobs.is_none() && objects(&dumped.facts) <= MAX_IN_ONE_TRANSACTION;
    let tool_call = call_of(tool, database.name.clone(), in_one, keeps_owners);
    let chosen = Arc::new(Mutex::new(None));
    let silence = silence(dumped, &chosen);
    let loading = match jobs {
        Some(jobs) => {
            let path = scope.scratch.join("restore.dump");
            let file = files::create_private(&path)
                .map_err(|error| Error::file("create", &path, error))?;
            Loading::Spool { file: Editor::new(file, silence), path, jobs }
        }
        None => Loading::Stream(Editor::new(tool_call(&access)?.spawn_input(scope)?, silence)),
    };
    Ok(Box::new(PostgresRestore {
        loading: Some(loading),
        database: Some(database),
        runtime: Handle::current(),
        access,
        tool_call,
        target: wanted.name.to_owned(),
        replaces: wanted.replaces,
        chosen,
        is_choice: dumped.only.is_some(),
        scope: scope.clone(),
        warnings,
    }))
}

/// The call that loads a dump into the database `into`.
fn call_of(tool: Tool, into: String, in_one: bool, keeps_owners: bool) -> ToolCall {
    Box::new(move |access: &Access| {
        let mut call = access.call(&tool)?.args(["--exit-on-error", "--no-password"]);
        if in_one {
            call = call.arg("--single-transaction");
        }
        if !keeps_owners {
            call = call.args(["--no-owner", "--no-privileges"]);
        }
        Ok(call.arg(format!("--dbname={}", access.conninfo(&into))))
    })
}

fn check_space(dumped: &DumpedDatabase, scope: &WorkScope) -> Result<()> {
    match files::free_bytes(&scope.scratch) {
        Some(free) if free < dumped.size => Err(RestoreError::NoSpace {
            target: scope.scratch.display().to_string(),
            needed: dumped.size,
            free,
        }
        .into()),
        _ => Ok(()),
    }
}

/// Objects that a restore creates, as far as the manifest counts them.
fn objects(facts: &DatabaseFacts) -> u64 {
    let large = facts.objects.iter().filter(|object| !object.is_table());
    facts.objects.len() as u64 + large.filter_map(|object| object.rows).sum::<u64>()
}

/// The entries that do nothing: what the selection of the backup has cut off, and what is not chosen now.
fn silence(dumped: &DumpedDatabase, told: &ToldChoice) -> Silence {
    let silenced = silenced(&dumped.facts);
    let Some(only) = dumped.only.clone() else { return Silence::Entries(silenced) };
    let told = told.clone();
    Silence::Chosen(Box::new(move |entries| {
        let mut chosen = choose(entries, &only).map_err(io::Error::other)?;
        let all = chosen.silenced.union(&silenced).copied().collect();
        chosen.silenced.clear();
        *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(chosen);
        Ok(all)
    }))
}

fn silenced(facts: &DatabaseFacts) -> HashSet<i64> {
    let numbers = facts.properties.get(SKIPPED_ENTRIES).map_or("", String::as_str);
    numbers.split(',').filter_map(|number| number.parse().ok()).collect()
}

impl PostgresRestore {
    fn name(&self) -> &str {
        self.database.as_ref().map_or("", |database| &database.name)
    }

    /// Waits until the tool has loaded everything.
    fn load(&mut self) -> Result<()> {
        let complaints = match self.loading.take() {
            None => return Err(Error::Internal("a dump was loaded twice".to_owned())),
            Some(Loading::Stream(editor)) => editor.into_inner().finish(),
            Some(Loading::Spool { file, path, jobs }) => {
                drop(file.into_inner());
                let call = (self.tool_call)(&self.access)?
                    .arg(format!("--jobs={jobs}"))
                    .arg("--")
                    .arg(&path)
                    .patient();
                let printed = self.runtime.block_on(call.run(&self.scope));
                let _ = std::fs::remove_file(&path);
                printed.map(|printed| printed.complaints)
            }
        };
        let against = Against { access: &self.access, database: self.name() };
        let complaints = explained(complaints, against)?;
        self.warnings
            .extend(complaints.into_iter().filter(|line| line.contains("warning")).take(20));
        Ok(())
    }

    /// What is expected of chosen tables.
    fn narrowed(&mut self, expected: &DatabaseFacts) -> Option<DatabaseFacts> {
        let chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        self.warnings.extend(expected.others_than(&chosen.kept));
        self.warnings.extend(chosen.warnings);
        Some(expected.narrowed(|it| it.is_choosable() && chosen.kept.contains(&it.name)))
    }

    /// Compares, and makes it visible. Returns what was counted and what it replaced.
    async fn settle(
        &self,
        database: NewDatabase,
        expected: &DatabaseFacts,
        cancel: &CancellationToken,
    ) -> Result<Settled> {
        let session = database.session()?;
        let counted = compare::compare(session, expected, &self.scope.progress, cancel).await?;
        self.scope.progress.object("statistics for the planner");
        session.run_patiently("ANALYZE", cancel).await?;
        let failed = database.apply_settings(&expected.properties).await?;
        cancel.check()?;
        let warning =
            |name: &String| format!("The setting `{name}` of the database was not restored");
        let mut warnings: Vec<String> = failed.iter().map(warning).collect();
        let comment = expected.properties.get("comment");
        let previous = match self.replaces {
            None => {
                database.publish(&self.target, comment).await?;
                None
            }
            Some(disconnect) => {
                let replaced = database.replace(&self.target, comment, disconnect).await?;
                warnings.extend(replaced.1);
                Some(replaced.0)
            }
        };
        Ok(Settled { counted, previous, warnings })
    }
}

/// A database that is there.
struct Settled {
    counted: compare::Counted,
    previous: Option<Previous>,
    warnings: Vec<String>,
}

impl Write for PostgresRestore {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = match &mut self.loading {
            None => return Err(io::ErrorKind::BrokenPipe.into()),
            Some(Loading::Stream(to)) => to.write(bytes),
            Some(Loading::Spool { file, .. }) => file.write(bytes),
        };
        if self.is_choice
            && outcome.as_ref().is_err_and(|it| it.kind() == io::ErrorKind::BrokenPipe)
        {
            // The tool has ended well: it does not read on when it has all that it wants.
            return Ok(bytes.len());
        }
        outcome.map_err(|error| match error.downcast::<Error>() {
            Ok(error) => {
                let against = Against { access: &self.access, database: self.name() };
                io::Error::other(against.tool(error))
            }
            Err(error) => error,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl RestoreSink for PostgresRestore {
    fn finish(
        mut self: Box<Self>,
        expected: &DatabaseFacts,
        cancel: &CancellationToken,
    ) -> Result<Restored> {
        self.load()?;
        let narrowed = self.narrowed(expected);
        let expected = narrowed.as_ref().unwrap_or(expected);
        let Some(database) = self.database.take() else {
            return Err(Error::Internal("a dump was loaded twice".to_owned()));
        };
        let Settled { counted, previous, warnings } =
            self.runtime.block_on(self.settle(database, expected, cancel))?;
        let mut all = std::mem::take(&mut self.warnings);
        all.extend(warnings);
        Ok(Restored {
            target: format!("{}/{}", self.access.shown(), self.target),
            bytes: counted.bytes,
            tables: counted.tables,
            rows: counted.rows,
            warnings: all,
            previous,
        })
    }
}

impl Drop for PostgresRestore {
    fn drop(&mut self) {
        if let Some(Loading::Stream(editor)) = self.loading.take() {
            // Its sessions have to be gone before the database can be dropped.
            editor.into_inner().stop();
        }
    }
}
