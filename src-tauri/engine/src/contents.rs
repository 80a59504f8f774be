//! What is inside a database, in words that all engines share: objects, rows, the moment shown.
//!
//! Owns the shared vocabulary of `database` (which finds these facts) and `archive` (which keeps
//! them), so that neither has to know the other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The server (or, for SQLite, the library) that held the data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServerInfo {
    /// Product and version: `SQLite 3.54.1`.
    pub version: String,
    /// The tool that made the dump with its version; empty when Kronos itself did.
    pub tool: String,
    /// Where that tool is: its path, or the container that it ran in; empty when there is none.
    #[serde(default)]
    pub tool_place: String,
    /// What tells this server from every other: PostgreSQL's system identifier, MySQL's `server_uuid`;
    /// empty where there is no such thing.
    #[serde(default)]
    pub identity: String,
}

/// Which moment a backup shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Consistency {
    /// The sentence that a person reads: "One committed moment of one file".
    pub label: String,
    /// True when every unit, by itself, is one committed moment.
    pub snapshot: bool,
}

/// What is inside one database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// Tables with their rows, views, indexes, triggers.
    pub objects: Vec<ObjectCount>,
    /// Facts of the engine worth comparing after a restore.
    pub properties: BTreeMap<String, String>,
    /// What the profile's selection kept out of the dump.
    pub left_out: Vec<LeftOut>,
}

/// Something that exists in the source and is not, or not wholly, in the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LeftOut {
    /// Its name, as in [`ObjectCount::name`].
    pub name: String,
    /// How much of it is missing.
    pub what: LeftOutPart,
}

/// How much of an object is missing in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LeftOutPart {
    /// All of it.
    Everything,
    /// Its rows; its structure is there.
    Rows,
}

/// What a unit of an archive is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum UnitKind {
    /// One database.
    #[default]
    Database,
    /// Roles, users and grants of the whole server, as text. Restored by hand only.
    Globals,
}

/// One table, view or other object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ObjectCount {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// Rows, counted in the same moment as the dump; only for what has rows of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number | null")]
    pub rows: Option<u64>,
}

/// The most names that a sentence lists.
const LISTED: usize = 5;

impl DatabaseFacts {
    /// The facts of a database with nothing but the objects that `is_kept` wants.
    #[must_use]
    pub fn narrowed(&self, is_kept: impl Fn(&ObjectCount) -> bool) -> Self {
        let mut narrowed = self.clone();
        narrowed.objects.retain(is_kept);
        narrowed
    }

    /// Says which tables and collections are not among the `kept` ones.
    pub fn others_than(&self, kept: &BTreeSet<String>) -> Option<String> {
        let tables = self.objects.iter().filter(|object| object.is_table());
        let others = tables.filter(|object| !kept.contains(&object.name));
        let names: Vec<String> = others.map(|object| format!("`{}`", object.name)).collect();
        let shown = names.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let rest = names.len().saturating_sub(LISTED);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let why = "Left out, because only some tables were asked for";
        (!names.is_empty()).then(|| format!("{why}: {shown}{more}"))
    }
}

impl ObjectCount {
    /// Whether a person can ask for it by its name: it has rows, shows some or counts.
    pub fn is_choosable(&self) -> bool {
        use ObjectKind::{MaterializedView, Sequence, View};
        self.is_table() || matches!(self.kind, View | MaterializedView | Sequence)
    }

    /// Whether it holds rows of its own: a table, a virtual one, a collection.
    pub fn is_table(&self) -> bool {
        matches!(self.kind, ObjectKind::Table | ObjectKind::VirtualTable | ObjectKind::Collection)
    }
}

/// The kind of an object in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ObjectKind {
    /// A table.
    Table,
    /// A virtual table (full-text index and the like).
    VirtualTable,
    /// A view.
    View,
    /// An index.
    Index,
    /// A trigger.
    Trigger,
    /// A collection of documents.
    Collection,
    /// A view whose rows are stored.
    MaterializedView,
    /// A sequence.
    Sequence,
    /// A function or procedure.
    Routine,
    /// A scheduled event.
    Event,
    /// A schema.
    Schema,
    /// An extension.
    Extension,
    /// Large objects, all together; `rows` is their number.
    LargeObjects,
}

impl ObjectKind {
    /// What a person calls one of them.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::VirtualTable => "virtual table",
            Self::View => "view",
            Self::Index => "index",
            Self::Trigger => "trigger",
            Self::Collection => "collection",
            Self::MaterializedView => "materialized view",
            Self::Sequence => "sequence",
            Self::Routine => "routine",
            Self::Event => "event",
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::LargeObjects => "large objects",
        }
    }
}

/// How long a test counts as recent.
const FRESH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What came out of restoring a backup to a scratch place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RestoreTest {
    /// When it ended, UTC.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// How it ended.
    pub outcome: TestOutcome,
    /// What was compared, or why it failed: one sentence without its full stop.
    pub sentence: String,
    /// Tables and collections whose rows were counted and compared.
    #[ts(type = "number")]
    pub tables: u64,
    /// Rows and documents in them.
    #[ts(type = "number")]
    pub rows: u64,
    /// Until when it counts as recent, UTC.
    #[ts(type = "string")]
    pub fresh_until: Timestamp,
}

/// How a restore test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TestOutcome {
    /// It was restored, and everything that the backup recorded was there.
    Passed,
    /// It could not be restored, or something was not as the backup recorded it.
    Failed,
}

impl RestoreTest {
    /// A test that ended at `at`.
    pub fn new(at: Timestamp, outcome: TestOutcome, sentence: String) -> Self {
        let fresh_until = at.saturating_add(FRESH).unwrap_or(at);
        Self { at, outcome, sentence, tables: 0, rows: 0, fresh_until }
    }

    /// Whether everything was there.
    pub fn has_passed(&self) -> bool {
        self.outcome == TestOutcome::Passed
    }
}
