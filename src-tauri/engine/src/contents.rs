//! What is inside a database, in words that all engines share: objects, rows, the moment shown.
//!
//! Owns the shared vocabulary of `database` (which finds these facts) and `archive` (which keeps
//! them), so that neither has to know the other.

use std::collections::BTreeMap;

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

impl ObjectCount {
    /// Whether it is a table, virtual ones included.
    pub fn is_table(&self) -> bool {
        matches!(self.kind, ObjectKind::Table | ObjectKind::VirtualTable)
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
}
