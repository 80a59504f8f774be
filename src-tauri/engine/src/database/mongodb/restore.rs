//! Loading: the archive's bytes go to mongorestore, the result is compared, a failure is dropped again.
//!
//! Owns the new databases from the moment they are claimed. Only what was claimed here is ever dropped.

use std::collections::BTreeSet;
use std::io::{self, Write};

use mongodb::bson::doc;
use tokio::runtime::Handle;

use super::super::child::{ChildInput, Invocation};
use super::super::tool::Tool;
use super::super::{DumpedDatabase, RestoreSink, Restored, WorkScope};
use super::compare::{self, Found, Loaded};
use super::connect::Session;
use super::replace::{self, Hidden, Swap};
use super::stream::{ArchiveWriter, Choice};
use super::target::Target;
use super::tools;
use crate::cancel::{CancelCheck, CancellationToken};
use crate::contents::{DatabaseFacts, ObjectKind};
use crate::error::{Error, RestoreError, Result, ServerError};

/// The collection that stands in a database for as long as it is being restored.
pub(super) const CLAIM: &str = "kronos_restoring";
const NAMESPACE_EXISTS: i32 = 48;

/// The way into mongorestore.
enum Input {
    /// Everything goes in.
    Whole(ChildInput),
    /// Only what the restore makes goes in: no users, no operations on other databases.
    Chosen(Box<ArchiveWriter<ChildInput>>),
}

impl Input {
    /// The tool, and the number of operations of the log that it was given.
    fn into_parts(self) -> (ChildInput, u64) {
        match self {
            Self::Whole(child) => (child, 0),
            Self::Chosen(writer) => writer.into_parts(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Whole(child) => child.write(bytes),
            Self::Chosen(writer) => writer.write(bytes),
        }
    }
}

/// A restore under way; dropping it unfinished drops what it made.
pub(super) struct Loading {
    session: Session,
    target: Target,
    input: Option<Input>,
    claimed: Vec<String>,
    /// What is loaded into the database that it replaces.
    hidden: Option<Hidden>,
    warnings: Vec<String>,
    only: Option<BTreeSet<String>>,
    bytes: u64,
    runtime: Handle,
}

impl Loading {
    /// Claims the new databases and starts mongorestore.
    pub(super) async fn start(
        session: Session,
        tool: &Tool,
        target: Target,
        dumped: &DumpedDatabase,
        jobs: Option<u8>,
        scope: &WorkScope,
    ) -> Result<Self> {
        let mut loading = Self::claim(session, target.clone()).await?;
        loading.only.clone_from(&dumped.only);
        let call = tools::call(tool, &loading.session).args(arguments(&target, dumped, jobs));
        let child = call.spawn_input(scope)?;
        loading.input = Some(match target {
            Target::Database(_) | Target::Inside { .. }
                if dumped.only.is_none() && !dumped.is_part =>
            {
                Input::Whole(child)
            }
            target => {
                let choice = choice(target, dumped);
                Input::Chosen(Box::new(ArchiveWriter::new(child, choice)))
            }
        });
        Ok(loading)
    }

    /// Claims the new databases.
    pub(super) async fn claim(session: Session, target: Target) -> Result<Self> {
        let mut loading = Self {
            session,
            target: target.clone(),
            input: None,
            claimed: Vec::new(),
            hidden: None,
            warnings: Vec::new(),
            only: None,
            bytes: 0,
            runtime: Handle::current(),
        };
        if let Target::Inside { database, prefix, .. } = &target {
            if let Err(error) = replace::clear_up(&loading.session, database).await {
                tracing::warn!(%error, "what earlier restores have left could not be removed");
            }
            loading.hidden = Some(Hidden::claim(&loading.session, database, prefix).await?);
        } else {
            for name in target.databases() {
                claim(&loading.session, name).await?;
                loading.claimed.push(name.clone());
            }
        }
        Ok(loading)
    }

    /// Lets `child` read what is written from here on.
    pub(super) fn read_with(&mut self, child: ChildInput) {
        self.input = Some(Input::Whole(child));
    }

    /// Runs a call that reads by itself, to its end.
    pub(super) fn run(&mut self, call: Invocation, scope: &WorkScope) -> Result<()> {
        let ran = self.runtime.block_on(call.run(scope));
        ran.map(drop).map_err(|error| self.explained(error))
    }

    /// Finishes what there is nothing to compare with: counts it, and makes it visible.
    pub(super) fn finish_counted(mut self, cancel: &CancellationToken) -> Result<Restored> {
        if self.input.is_some() {
            self.load()?;
        }
        cancel.check()?;
        let (session, target) = (self.session.clone(), self.target.clone());
        let counting = compare::count_all(&session, &target);
        self.settle(counting, 0, cancel)
    }

    /// The same, with what is to be said besides when it has succeeded.
    pub(super) fn warned(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }

    fn load(&mut self) -> Result<Loaded> {
        let input = self.input.take().ok_or_else(|| Error::Internal("restored twice".into()))?;
        let (child, operations) = input.into_parts();
        let said = child.finish().map_err(|error| self.explained(error))?;
        Ok(Loaded::new(&said, operations))
    }

    /// The sentence of the cause, where mongorestore told it.
    fn explained(&self, error: Error) -> Error {
        let said = match &error {
            Error::Server(ServerError::ToolFailed { detail, .. }) => {
                detail.split(" · ").map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        self.session.failures.clone().while_writing().of_tool(
            error,
            &said,
            &self.session.login.title,
        )
    }

    fn publish(
        &mut self,
        expected: &DatabaseFacts,
        cancel: &CancellationToken,
    ) -> Result<Restored> {
        let loaded = self.load()?;
        let narrowed = self.only.as_ref().map(|only| narrowed(expected, only));
        let others = self.only.as_ref().and_then(|only| expected.others_than(only));
        self.warnings.extend(others);
        let expected = narrowed.as_ref().unwrap_or(expected);
        cancel.check()?;
        let (session, target) = (self.session.clone(), self.target.clone());
        let checking = compare::compare(&session, &target, expected, &loaded);
        let loaded = expected.objects.iter().filter(|it| it.kind != ObjectKind::Index).count();
        self.settle(checking, loaded, cancel)
    }

    /// Takes the claims away, once `checking` has found nothing against the collections that were loaded.
    fn settle(
        &mut self,
        checking: impl Future<Output = Result<Found>>,
        loaded: usize,
        cancel: &CancellationToken,
    ) -> Result<Restored> {
        let found = self
            .runtime
            .block_on(cancel.run_until_cancelled(checking))
            .unwrap_or(Err(Error::Cancelled))?;
        self.runtime.block_on(release(&self.session, &self.claimed))?;
        self.claimed.clear();
        cancel.check()?;
        let (mut warnings, mut previous) = (std::mem::take(&mut self.warnings), None);
        warnings.extend(found.warnings);
        if let Target::Inside { database, prefix, disconnect } = &self.target {
            let disconnect = *disconnect;
            let swap = Swap { session: &self.session, database, prefix, loaded, disconnect };
            let (replaced, more) = self.runtime.block_on(swap.carry_out())?;
            warnings.extend(more);
            previous = Some(replaced);
        }
        let names: Vec<String> =
            self.target.databases().iter().map(|name| self.session.source(name)).collect();
        Ok(Restored {
            target: names.join(", "),
            bytes: self.bytes,
            tables: found.collections,
            rows: found.documents,
            warnings,
            previous,
        })
    }
}

/// What goes into the tool.
fn choice(target: Target, dumped: &DumpedDatabase) -> Choice {
    let databases = match target {
        Target::Server(names) => Some(names.into_iter().collect()),
        _ if dumped.is_part => Some(BTreeSet::from([dumped.name.clone()])),
        _ => None,
    };
    let (collections, without_log) = (dumped.only.clone(), dumped.is_part);
    Choice { databases, collections, without_log, ..Choice::default() }
}

/// What is expected of the collections `only`: them with their documents and their indexes.
fn narrowed(expected: &DatabaseFacts, only: &BTreeSet<String>) -> DatabaseFacts {
    let choice = Choice { collections: Some(only.clone()), ..Choice::default() };
    expected.narrowed(|object| match object.kind {
        ObjectKind::Index => only.iter().any(|name| {
            object.name.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'))
        }),
        _ => choice.takes(&object.name),
    })
}

/// Makes a database ours: nobody else has anything in it.
async fn claim(session: &Session, name: &str) -> Result<()> {
    let database = session.client.database(name);
    let exists = || Error::from(RestoreError::TargetExists { target: session.source(name) });
    let created = database.run_command(doc! { "create": CLAIM }).await;
    created.map_err(|error| match error.kind.as_ref() {
        mongodb::error::ErrorKind::Command(error) if error.code == NAMESPACE_EXISTS => exists(),
        _ => session.failures.of(&error, &session.source(name)),
    })?;
    let names = database.list_collection_names().await;
    let is_ours = names.as_ref().is_ok_and(|names| names.as_slice() == [CLAIM]);
    if is_ours {
        return Ok(());
    }
    let removed = database.collection::<mongodb::bson::Document>(CLAIM).drop().await;
    names.map_err(|error| session.failures.of(&error, &session.source(name)))?;
    removed.map_err(|error| session.failures.of(&error, &session.source(name)))?;
    Err(exists())
}

/// Takes the claims away: the databases are complete.
async fn release(session: &Session, claimed: &[String]) -> Result<()> {
    for name in claimed {
        let claim = session.client.database(name).collection::<mongodb::bson::Document>(CLAIM);
        claim.drop().await.map_err(|error| session.failures.of(&error, &session.source(name)))?;
    }
    Ok(())
}

fn arguments(target: &Target, dumped: &DumpedDatabase, jobs: Option<u8>) -> Vec<String> {
    let mut arguments = vec!["--archive".to_owned(), "--objcheck".to_owned()];
    match target {
        Target::Database(name) => {
            arguments.extend(mapping(dumped, &tools::literal(name)));
        }
        Target::Inside { database, prefix, .. } => {
            arguments.extend(mapping(dumped, &format!("{}.{prefix}", tools::literal(database))));
        }
        Target::Server(_) => arguments.push("--oplogReplay".to_owned()),
    }
    match jobs.filter(|jobs| *jobs > 1) {
        // Documents keep their order, and the first error is the last.
        None => arguments.push("--maintainInsertionOrder".to_owned()),
        Some(jobs) => arguments.extend([
            "--stopOnError".to_owned(),
            format!("--numParallelCollections={jobs}"),
            format!("--numInsertionWorkersPerCollection={jobs}"),
        ]),
    }
    arguments
}

/// Every collection behind `to`.
fn mapping(dumped: &DumpedDatabase, to: &str) -> [String; 3] {
    let (from, to) = (format!("{}.*", tools::literal(&dumped.name)), format!("{to}.*"));
    [tools::option("nsInclude", &from), tools::option("nsFrom", &from), tools::option("nsTo", &to)]
}

impl Write for Loading {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        let written = input.write(bytes).map_err(|error| match error.downcast::<Error>() {
            Ok(error) => io::Error::other(self.explained(error)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let server = self.session.login.title.clone();
                let unfit = ServerError::TargetUnfit { server, detail: error.to_string() };
                io::Error::other(Error::from(unfit))
            }
            Err(error) => error,
        })?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl RestoreSink for Loading {
    fn finish(
        mut self: Box<Self>,
        expected: &DatabaseFacts,
        cancel: &CancellationToken,
    ) -> Result<Restored> {
        self.publish(expected, cancel)
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        // The tool must be gone before what it fills can be.
        if let Some(input) = self.input.take() {
            input.into_parts().0.stop();
        }
        if self.claimed.is_empty() && self.hidden.is_none() {
            return;
        }
        let (session, claimed) = (self.session.clone(), std::mem::take(&mut self.claimed));
        let (runtime, hidden) = (self.runtime.clone(), self.hidden.take());
        let drop_all = move || {
            if let Some(hidden) = hidden {
                // What has taken its place is not behind the prefix any more.
                let removed = runtime.block_on(hidden.remove());
                tracing::info!(prefix = hidden.prefix, ?removed, "a restore has ended");
            }
            for name in claimed {
                let dropped = runtime.block_on(session.client.database(&name).drop().into_future());
                tracing::info!(database = %name, dropped = dropped.is_ok(), "a restore was given up");
            }
        };
        // A thread of its own may wait, whatever thread drops this.
        let _ = std::thread::spawn(drop_all).join();
    }
}
