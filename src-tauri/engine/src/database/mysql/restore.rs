//! Loading a dump into a new database: made first, marked as unfinished, compared, then unmarked.
//!
//! Owns the new database until it is finished. What was made here is removed again on every other way
//! out; nothing else is ever touched.

use std::io::{self, Write};
use std::time::Duration;

use tokio::runtime::Handle;

use super::super::child::{ChildInput, Invocation, SecretUse};
use super::super::{DumpedDatabase, RestoreSink, Restored, WorkScope};
use super::arguments;
use super::check::Check;
use super::choose::{self, Chosen, Loaded};
use super::option_file;
use super::replace::{self, Claim, Swap};
use super::script::CopyFilter;
use super::session::{Access, Session, identifier};
use super::target::{self, Replaces, Target, UNFINISHED};
use crate::cancel::{CancelCheck, CancellationToken};
use crate::contents::DatabaseFacts;
use crate::error::{Error, RestoreError, Result, ServerError};

/// For removing a half-loaded database.
const REMOVAL_PATIENCE: Duration = Duration::from_mins(2);

/// A database being loaded.
pub(super) struct NewDatabase {
    target: Target,
    source: String,
    chosen: Option<Chosen>,
    loaded: Option<Loaded>,
    filter: Option<CopyFilter>,
    child: Option<ChildInput>,
    made: Made,
    bytes: u64,
}

impl NewDatabase {
    /// Makes the empty database and starts the client.
    pub(super) async fn create(
        mut target: Target,
        dumped: &DumpedDatabase,
        scope: &WorkScope,
    ) -> Result<Self> {
        let mut session = Session::open(&target.access).await?;
        if let Err(error) = replace::clear_up(&mut session).await {
            tracing::warn!(%error, "what earlier restores have left could not be removed");
        }
        let claim = match target.replaces {
            Some(_) => Some(Claim::new(&target.access).await?),
            None => None,
        };
        if let Some(claim) = &claim {
            target.name.clone_from(&claim.name);
        }
        let created = session.execute(&target::creation(&target.name, dumped)).await;
        created.map_err(|error| already_there(error, &target))?;
        let made = Made::new(&target, claim);
        let mark = format!(
            "CREATE TABLE {}.{} (made_by_kronos INT)",
            identifier(&target.name),
            identifier(UNFINISHED)
        );
        session.execute(&mark).await?;
        session.close().await;
        let mut call = Invocation::new(&target.tool)
            .args(arguments::load(&target.tool, &target.name))
            .secret_file(
                SecretUse::FirstArgument("--defaults-file="),
                option_file::text(&target.access, target.server.flavour, target.encrypted),
            );
        if let Some(password) = &target.access.password {
            call = call.hide(password);
        }
        let child = Some(call.spawn_input(scope)?);
        let (filter, source) = (Some(CopyFilter::new()), dumped.name.clone());
        let chosen = dumped.only.clone().map(Chosen::new);
        Ok(Self { target, source, chosen, loaded: None, filter, child, made, bytes: 0 })
    }

    /// Ends the client at once.
    pub(super) fn stop(&mut self) {
        if let Some(child) = self.child.take() {
            child.stop();
        }
    }

    /// Finishes what there is nothing to compare with: counts it, and makes it visible.
    pub(super) fn finish_counted(self, cancel: &CancellationToken) -> Result<Restored> {
        self.finish_checked(None, cancel)
    }

    fn finish_checked(
        mut self,
        expected: Option<&DatabaseFacts>,
        cancel: &CancellationToken,
    ) -> Result<Restored> {
        let (events, complaints) = self.end_loading()?;
        let tool = self.target.tool.name;
        let mut warnings = std::mem::take(&mut self.target.warnings);
        warnings.extend(complaints.into_iter().map(|line| format!("{tool}: {line}")));
        let narrowed =
            expected.and_then(|facts| self.loaded.as_ref().map(|loaded| loaded.narrowed(facts)));
        if narrowed.is_some() {
            let cut = choose::cut_foreign_keys(&self.target.access, &self.target.name);
            let cut = cancel.run_until_cancelled(cut);
            let cut = self.made.runtime.block_on(cut).unwrap_or(Err(Error::Cancelled))?;
            warnings.extend(cut);
        }
        warnings.extend(narrowed.iter().filter_map(|(_, others)| others.clone()));
        let expected = narrowed.as_ref().map(|(facts, _)| facts).or(expected);
        let check = Check { target: &self.target, source: &self.source, expected };
        let work = cancel.run_until_cancelled(check.run(&events));
        let found = self.made.runtime.block_on(work).unwrap_or(Err(Error::Cancelled))?;
        warnings.extend(found.warnings);
        cancel.check()?;
        let previous = if let Some(replaced) = &self.target.replaces {
            let swap = self.swap(replaced, &events);
            let (previous, more) = self.made.runtime.block_on(swap.carry_out())?;
            warnings.extend(more);
            Some(previous)
        } else {
            self.made.keep();
            None
        };
        Ok(Restored {
            target: self.target.shown(),
            bytes: self.bytes,
            tables: found.tables,
            rows: found.rows,
            warnings,
            previous,
        })
    }

    fn pass(&mut self, bytes: &[u8]) -> Result<()> {
        let (Some(filter), Some(child)) = (&mut self.filter, &mut self.child) else {
            return Err(Error::Internal("the restore has ended".to_owned()));
        };
        let passed = match &mut self.chosen {
            Some(chosen) => chosen.pass(bytes, &mut |kept| filter.pass(kept, child)),
            None => filter.pass(bytes, child),
        };
        let passed = passed.map_err(Error::of_stream);
        passed.map_err(|error| self.target.access.who.tool(error, &self.target.name))
    }

    fn swap<'a>(&'a self, replaced: &'a Replaces, events: &'a [String]) -> Swap<'a> {
        Swap {
            access: &self.target.access,
            beside: &self.target.name,
            target: &replaced.name,
            events,
            disconnect: replaced.disconnect,
        }
    }

    /// Waits for the client; returns the events that were switched off and what the client said.
    fn end_loading(&mut self) -> Result<(Vec<String>, Vec<String>)> {
        let (Some(mut filter), Some(mut child)) = (self.filter.take(), self.child.take()) else {
            return Err(Error::Internal("the restore was finished twice".to_owned()));
        };
        if let Some(chosen) = self.chosen.take() {
            let loaded = chosen.finish(&mut |kept| filter.pass(kept, &mut child));
            let loaded = loaded.map_err(Error::of_stream);
            self.loaded = Some(
                loaded.map_err(|error| self.target.access.who.tool(error, &self.target.name))?,
            );
        }
        let ended = filter.finish(&mut child).map_err(Error::of_stream);
        let ended = ended.and_then(|events| Ok((events, child.finish()?)));
        ended.map_err(|error| self.target.access.who.tool(error, &self.target.name))
    }
}

fn already_there(error: Error, target: &Target) -> Error {
    match &error {
        Error::Server(ServerError::Failed { detail, .. }) if detail.ends_with("(1007)") => {
            RestoreError::TargetExists { target: target.shown() }.into()
        }
        _ => error,
    }
}

impl Write for NewDatabase {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pass(bytes).map_err(io::Error::other)?;
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl RestoreSink for NewDatabase {
    fn finish(
        self: Box<Self>,
        expected: &DatabaseFacts,
        cancel: &CancellationToken,
    ) -> Result<Restored> {
        self.finish_checked(Some(expected), cancel)
    }
}

/// The database that this restore made; removed when it is dropped without [`Made::keep`]. What has replaced
/// another has moved out of it.
struct Made {
    /// Keeps its name from being taken for abandoned.
    _claim: Option<Claim>,
    access: Access,
    name: String,
    runtime: Handle,
    is_ours: bool,
}

impl Made {
    fn new(target: &Target, claim: Option<Claim>) -> Self {
        let (access, name) = (target.access.clone(), target.name.clone());
        Self { _claim: claim, access, name, runtime: Handle::current(), is_ours: true }
    }

    fn keep(&mut self) {
        self.is_ours = false;
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if !self.is_ours {
            return;
        }
        let (access, name, runtime) =
            (self.access.clone(), self.name.clone(), self.runtime.clone());
        // On a thread of its own, because a runtime's thread may not wait for the runtime.
        let removal = std::thread::spawn(move || {
            let work = async {
                let mut session = Session::open(&access).await?;
                session.execute(&format!("DROP DATABASE IF EXISTS {}", identifier(&name))).await
            };
            let removed =
                runtime.block_on(async { tokio::time::timeout(REMOVAL_PATIENCE, work).await });
            if !matches!(removed, Ok(Ok(()))) {
                tracing::warn!(database = name, ?removed, "a half-loaded database is left");
            }
        });
        let _ = removal.join();
    }
}
