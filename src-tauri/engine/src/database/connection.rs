//! The contract that every engine fulfils, and the values that pass through it.
//!
//! Owns the traits. An implementation lives in a module of its own beside this one.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::cancel::CancellationToken;
use crate::contents::{Consistency, DatabaseFacts, ObjectCount, ServerInfo, UnitKind};
use crate::error::{Error, RestoreError, Result};
use crate::ids::EngineKind;
use crate::progress::Progress;

use super::Location;
use super::foreign::{ForeignDump, LoadRisk, LoadSink};
use super::structure::Structure;

/// A set of databases that can be reached in one way.
#[async_trait]
pub trait DatabaseConnection: Send + Sync {
    /// The engine.
    fn kind(&self) -> EngineKind;

    /// Where the databases are, one text each: a file's path, or a server with a name.
    fn sources(&self) -> Vec<String>;

    /// Where they are, to be compared with where others are.
    fn location(&self) -> Location;

    /// Looks without changing anything: who answers, what is there, how large it is.
    async fn probe(&self) -> Result<Probe>;

    /// Lists what a dump would contain. Fails when any part of it cannot be read, so that a backup
    /// fails in seconds and not after an hour. Waits for a locked source as patiently as the dump, until
    /// `cancel`.
    async fn plan(&self, cancel: &CancellationToken) -> Result<DumpPlan>;

    /// Takes a consistent picture of everything in `plan` and returns the stream that reads it.
    /// From here on the source is not needed longer than the engine itself demands.
    async fn dump(&self, plan: &DumpPlan, scope: &WorkScope) -> Result<Box<dyn DumpStream>>;

    /// Everything that is in the databases now, as a backup of this moment would record it. `None` where that
    /// takes reading all of a server; then [`DatabaseConnection::probe`] says what can be had for less.
    async fn survey(&self, scope: &WorkScope) -> Result<Option<Vec<Surveyed>>> {
        let _ = scope;
        Ok(None)
    }

    /// Looks at what stands at a `target` that is to be replaced. Changes nothing, but for one thing: where a
    /// server cannot promise that a swap is over when the one who swaps is, one that was interrupted is ended first.
    async fn look_at(&self, target: &RestoreTarget) -> Result<Standing>;

    /// Ends the replacement of the database at `target` that was begun by somebody who did not live to end it, where a
    /// server leaves that to whoever comes next. Says what came of it; nothing when there is none.
    async fn settle(&self, target: &RestoreTarget) -> Result<Vec<String>> {
        let _ = target;
        Ok(Vec::new())
    }

    /// Checks that `dumped` can be created at `target`, and says so before any byte is written:
    /// nothing stands there, or what is to be replaced does and can be; nothing stale would be mixed in,
    /// it fits, a server can hold it.
    async fn check_target(&self, target: &RestoreTarget, dumped: &DumpedDatabase) -> Result<()>;

    /// Starts to load one database into `target`, beside it and invisible until it is finished, or
    /// removed again when it is not. What is to be replaced is not touched before that.
    async fn restore(
        &self,
        target: &RestoreTarget,
        dumped: &DumpedDatabase,
        scope: &WorkScope,
    ) -> Result<Box<dyn RestoreSink>>;

    /// Says why a `dump` that another program has made cannot be loaded into the new `target`, and what it
    /// could do on the way there. Changes nothing.
    async fn check_load(&self, target: &RestoreTarget, dump: &ForeignDump) -> Result<LoadRisk>;

    /// Starts to load a `dump` that another program has made into the new `target`, beside it and invisible
    /// until it is finished.
    async fn load(
        &self,
        target: &RestoreTarget,
        dump: &ForeignDump,
        scope: &WorkScope,
    ) -> Result<Box<dyn LoadSink>>;

    /// Looks at the restored database at `target` more closely than every restore does, for a restore
    /// test; `sha256` is that of its dump. Returns what was looked at, if there is more to look at.
    async fn examine(
        &self,
        target: &RestoreTarget,
        sha256: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<&'static str>> {
        let _ = (target, sha256, cancel);
        Ok(None)
    }

    /// Leaves `mark` in the scratch database at `target`, for people who find it there and for
    /// [`DatabaseConnection::remove_scratch`]. A file needs none: it is in a folder of Kronos.
    async fn mark_scratch(&self, target: &RestoreTarget, mark: &str) -> Result<()> {
        let _ = (target, mark);
        Ok(())
    }

    /// Removes the scratch database at `target`, and what a killed restore to it has left. With a `mark`
    /// it has to bear it, else it stays. One that is gone already is a success.
    async fn remove_scratch(&self, target: &RestoreTarget, mark: Option<&str>) -> Result<()>;
}

/// What a look at the source found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Probe {
    /// Who answered.
    pub server: ServerInfo,
    /// The databases of the profile.
    pub databases: Vec<ProbedDatabase>,
    /// How the connection is protected, for a person: "TLS, certificate verified"; empty for a file.
    pub protection: String,
    /// Rights that the user lacks for a whole backup.
    pub missing_rights: Vec<MissingRight>,
    /// Things to know before relying on it, each one sentence.
    pub warnings: Vec<String>,
}

/// A right that the user lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MissingRight {
    /// What cannot be read: `public.orders`.
    pub object: String,
    /// The statement that an administrator has to run.
    pub grant: String,
}

/// One database as a look found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbedDatabase {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// Number of tables.
    #[ts(type = "number")]
    pub tables: u64,
    /// Facts of the engine, each a name and a value: `journal_mode`, `wal`.
    pub properties: BTreeMap<String, String>,
    /// Its tables or collections, as far as the engine can list them without reading them.
    pub objects: Vec<ProbedObject>,
}

/// One table or collection as a look found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbedObject {
    /// Its name as patterns match it: `public.orders`, `orders`.
    pub name: String,
    /// Its size in bytes, as the server estimates it.
    #[ts(type = "number")]
    pub size: u64,
    /// Its rows, as the server estimates them.
    #[ts(type = "number | null")]
    pub rows: Option<u64>,
}

/// One database as it is now.
#[derive(Debug, Clone)]
pub struct Surveyed {
    /// Its name, as a plan has it.
    pub name: String,
    /// The moment that it shows.
    pub at: Timestamp,
    /// What is in it.
    pub objects: Vec<ObjectCount>,
    /// The definitions of these.
    pub structure: Structure,
}

/// What a dump will contain.
#[derive(Debug, Clone, PartialEq)]
pub struct DumpPlan {
    /// Who holds the data.
    pub server: ServerInfo,
    /// The databases, in the order in which they are dumped.
    pub units: Vec<PlannedUnit>,
    /// Bytes that the dump needs in its scratch folder.
    pub scratch_bytes: u64,
    /// Things that were found while planning and belong into the report, each one sentence.
    pub warnings: Vec<String>,
}

impl DumpPlan {
    /// Size of all databases in bytes, as far as it is known before the dump.
    pub fn raw_bytes(&self) -> u64 {
        self.units.iter().map(|unit| unit.size).sum()
    }
}

/// One database in a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedUnit {
    /// Its name as the user knows it; no other unit of the plan has it.
    pub name: String,
    /// What it is.
    pub kind: UnitKind,
    /// Where it is.
    pub source: String,
    /// The ending of its member's name in the archive, without a dot: `sqlite`, `dump`.
    pub extension: &'static str,
    /// Its size in bytes; an estimate until it has been dumped.
    pub size: u64,
    /// Whether it is read as a stream whose length only its end tells: [`DumpUnit::size`] may be `None`.
    pub streamed: bool,
    /// How to load it without Kronos, as Markdown for `RESTORE.md`; `None` where the extension says
    /// enough. In it `{stream}` stands for the command that writes the whole unit to its standard
    /// output, as in `{stream} | pg_restore …`.
    pub steps: Option<String>,
}

/// What a dump or a restore may use.
#[derive(Debug, Clone)]
pub struct WorkScope {
    /// A private folder that the caller removes afterwards, also after a crash.
    pub scratch: PathBuf,
    /// Counters to bump.
    pub progress: Progress,
    /// Asked at every step.
    pub cancel: CancellationToken,
}

/// A dump under way. Dropping it ends everything that it started.
pub trait DumpStream: Send {
    /// The next database, or `None` after the last. A unit has to be read to its end before the
    /// next one is asked for; an incomplete dump is an error at the end of its reader.
    fn next_unit(&mut self) -> Result<Option<DumpUnit<'_>>>;

    /// Checks once more that all of it is complete and returns what was found on the way.
    fn finish(self: Box<Self>) -> Result<DumpReport>;
}

/// One database being dumped.
pub struct DumpUnit<'a> {
    /// Its name, the same as in the plan.
    pub name: String,
    /// Where it was.
    pub source: String,
    /// Its exact size in bytes; `None` when only its end will tell.
    pub size: Option<u64>,
    /// Its bytes.
    pub reader: Box<dyn Read + Send + 'a>,
}

/// What a dump found, once it is complete.
#[derive(Debug, Clone, PartialEq)]
pub struct DumpReport {
    /// Per database, in the order of the dump.
    pub databases: Vec<DatabaseFacts>,
    /// Which moment the dump shows.
    pub consistency: Consistency,
    /// Things to look at, each one sentence.
    pub warnings: Vec<String>,
}

/// Where a restore goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreTarget {
    /// A file that does not exist yet.
    NewFile(PathBuf),
    /// A database of this name, which does not exist on the server yet.
    NewDatabase(String),
    /// A file that exists and gives way to the restored one.
    ReplaceFile(PathBuf),
    /// A database that exists on the server and gives way to the restored one.
    ReplaceDatabase {
        /// Its name.
        name: String,
        /// Whether the connections of other programs may be ended for it.
        disconnect: bool,
    },
}

impl RestoreTarget {
    /// Whether something that exists gives way.
    pub fn replaces(&self) -> bool {
        matches!(self, Self::ReplaceFile(_) | Self::ReplaceDatabase { .. })
    }

    /// The same place, as one whose owner has agreed that it is replaced.
    #[must_use]
    pub fn replacing(self, disconnect: bool) -> Self {
        match self {
            Self::NewFile(path) => Self::ReplaceFile(path),
            Self::NewDatabase(name) => Self::ReplaceDatabase { name, disconnect },
            already => already,
        }
    }

    /// The file, for an engine whose databases are files.
    pub(super) fn file_path(&self) -> Result<&Path> {
        match self {
            Self::NewFile(path) | Self::ReplaceFile(path) => Ok(path),
            Self::NewDatabase(name) | Self::ReplaceDatabase { name, .. } => {
                Err(unusable(name.clone(), "a database that is a file is restored to a file"))
            }
        }
    }

    /// The name of the database, for an engine whose databases live on a server.
    pub(crate) fn database_name(&self) -> Result<&str> {
        match self {
            Self::NewDatabase(name) | Self::ReplaceDatabase { name, .. } => Ok(name),
            Self::NewFile(path) | Self::ReplaceFile(path) => Err(unusable(
                path.display().to_string(),
                "a database of a server is restored to a server, not to a file",
            )),
        }
    }
}

/// What stands at a target that is to be replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Its name, which the user has to type: of a file the name without its folders.
    pub name: String,
    /// Where it is, as a person would write it.
    pub shown: String,
    /// The host, the socket or the container of its server; empty for a file.
    pub host: String,
    /// Whether it is on another computer.
    pub is_remote: bool,
    /// Who holds it.
    pub server: ServerInfo,
    /// Its size in bytes.
    pub size: u64,
    /// Its tables or collections.
    pub tables: Vec<ProbedObject>,
    /// Whether their rows are estimates.
    pub is_estimated: bool,
    /// When it was last changed, where that can be known.
    pub newest_change: Option<Timestamp>,
    /// The programs that are connected or have the file open.
    pub programs: Vec<String>,
    /// Whether these can be disconnected; else they have to be closed.
    pub can_disconnect: bool,
}

fn unusable(target: String, detail: &str) -> Error {
    RestoreError::TargetUnusable { target, detail: detail.to_owned() }.into()
}

/// Where the databases of a profile are on `server`: the server as a whole when it names none.
pub(super) fn sources_on(server: String, databases: &[String]) -> Vec<String> {
    match databases {
        [] => vec![server],
        names => names.iter().map(|name| format!("{server}/{name}")).collect(),
    }
}

/// A database as an archive holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct DumpedDatabase {
    /// Its name when it was dumped.
    pub name: String,
    /// Bytes of its dump.
    pub size: u64,
    /// Who held it.
    pub server: ServerInfo,
    /// What is in it.
    pub facts: DatabaseFacts,
    /// The names of the tables, collections and views that are wanted; `None` means all of it.
    pub only: Option<BTreeSet<String>>,
    /// Whether its dump holds other databases, too, which stay out.
    pub is_part: bool,
}

impl DumpedDatabase {
    /// Refuses a choice of tables, for an engine that cannot make one.
    pub(super) fn whole(&self, engine: EngineKind) -> Result<()> {
        match &self.only {
            None => Ok(()),
            Some(_) => Err(RestoreError::CannotChoose { engine }.into()),
        }
    }
}

/// A database being loaded. Bytes are written to it as they come out of the archive; dropping it
/// without [`RestoreSink::finish`] removes everything it made.
pub trait RestoreSink: Write + Send {
    /// Checks the loaded database against what the backup recorded and only then makes it visible,
    /// replacing nothing but what the target says. Whenever this ends, also with its process, the target
    /// is the old one or the new one, complete, at the latest when the next look, plan, restore or [`DatabaseConnection::settle`] begins; after an
    /// error it is the old one, but for [`RestoreError::SwapUnknown`] and [`RestoreError::SwapInterrupted`]. The caller has compared the hash of all written bytes before.
    /// Ends early when the user cancels, until the moment of the swap.
    fn finish(
        self: Box<Self>,
        expected: &DatabaseFacts,
        cancel: &CancellationToken,
    ) -> Result<Restored>;
}

/// A restored database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where it is, as a person would write it.
    pub target: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Tables in it, all compared with the backup.
    pub tables: u64,
    /// Rows counted.
    pub rows: u64,
    /// Things to look at, each one sentence.
    pub warnings: Vec<String>,
    /// What it took the place of.
    pub previous: Option<Previous>,
}

/// A database that was replaced. It is kept for a day as it was at the moment of the swap, which is
/// later than its safety backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Where it is now.
    pub kept_as: String,
    /// From when on the next restore to the same place removes it.
    pub kept_until: Timestamp,
    /// How many connections were ended for it.
    pub disconnected: u32,
}

/// The table or collection by which a scratch database that is kept is known.
pub(super) const SCRATCH_MARK: &str = "kronos_scratch_place";
/// How long a replaced database is kept.
pub(super) const PREVIOUS_KEPT: SignedDuration = SignedDuration::from_hours(24);
