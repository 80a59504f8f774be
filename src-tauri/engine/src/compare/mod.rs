//! What is different between two backups, or between a backup and its live database.
//!
//! Owns the comparison of what both say about themselves: objects, rows by their number, definitions by their
//! fingerprint. Rows are never compared one by one; only databases that are equal byte for byte are known
//! to hold the same. What a definition is belongs to `database`.

mod archives;
mod live;
mod objects;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use archives::archives;
pub use live::{with_live, with_surveyed};

use crate::error::{BrowseError, Result};
use crate::ids::EngineKind;

/// Two backups, or a backup and a live database, side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Comparison {
    /// The first, which counts as the earlier one.
    pub before: Side,
    /// The second.
    pub after: Side,
    /// The databases of both, by their names.
    pub databases: Vec<DatabaseComparison>,
    /// Whether nothing that was compared is different.
    pub is_equal: bool,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Side {
    /// The archive, or the profile of the live database.
    pub name: String,
    /// The moment it shows.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Whether it is the live database.
    pub is_live: bool,
    /// Whether all of the archive was read and every hash compared.
    pub is_checked: bool,
}

/// One database of one or both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DatabaseComparison {
    /// Its name on the first side, or on the second when it is only there.
    pub name: String,
    /// Its name on the second side, where that is another one.
    pub other_name: Option<String>,
    /// On which sides it is.
    pub presence: Presence,
    /// What is different, by kind and name.
    pub differences: Vec<Difference>,
    /// Objects in which no difference was found.
    #[ts(type = "number")]
    pub unchanged: u64,
    /// What is known of the rows.
    pub rows: RowsCompared,
    /// What is known of the structure.
    pub structure: StructureCompared,
}

/// On which sides a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Presence {
    /// On both.
    Both,
    /// Only on the second.
    Added,
    /// Only on the first.
    Gone,
}

/// How rows were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RowsCompared {
    /// Both dumps are equal byte for byte.
    Identical,
    /// By their number, counted in each dump.
    Counts,
    /// By their number, which the live server only estimates.
    Estimates,
    /// Not at all.
    Nothing,
}

/// How structure was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StructureCompared {
    /// Both dumps are equal byte for byte.
    Identical,
    /// Every definition in one dump with that in the other.
    Definitions,
    /// Only which objects there are: a live database is not asked for more.
    Names,
    /// Not at all.
    Nothing,
}

/// One thing that is different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Difference {
    /// What it is, in words: `table`, `materialized view`, `constraint`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// Its rows on the first side, where it has any that were counted.
    #[ts(type = "number | null")]
    pub rows_before: Option<u64>,
    /// Its rows on the second side.
    #[ts(type = "number | null")]
    pub rows_after: Option<u64>,
    /// Whether its definition is another one.
    pub structure_changed: bool,
}

/// What became of a thing between the first side and the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Change {
    /// It is new.
    Added,
    /// It is not there any more.
    Gone,
    /// It has another number of rows or another structure.
    Changed,
    /// The selection of a profile left it out of one side, so nothing is known. Not counted as a difference.
    LeftOut,
    /// An estimate differs from a count, which may mean nothing. Not counted as a difference.
    Estimated,
}

impl Change {
    /// Whether the two sides are different because of it.
    pub fn is_difference(self) -> bool {
        matches!(self, Self::Added | Self::Gone | Self::Changed)
    }
}

/// Refuses to compare databases of different engines.
pub fn check_engines(before: EngineKind, after: EngineKind) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let [before, after] = [before, after].map(|engine| engine.to_string());
    Err(BrowseError::DifferentEngines { before, after }.into())
}

impl Comparison {
    fn of(before: Side, after: Side, databases: Vec<DatabaseComparison>) -> Self {
        let differs = |database: &DatabaseComparison| {
            let mut changes = database.differences.iter().map(|difference| difference.change);
            database.presence != Presence::Both || changes.any(Change::is_difference)
        };
        let is_equal = !databases.iter().any(differs);
        Self { before, after, databases, is_equal }
    }
}

#[cfg(test)]
mod tests;
