//! What a caller hands to the writer, and what it gets back.
//!
//! Owns these values and the choice of the members' names. Writing them belongs to `writer`.

use std::io::Read;

use jiff::Timestamp;

use super::compression::StreamStats;
use super::manifest::Manifest;
use super::member::{MAX_UNITS, UnitNames, is_extension};
use super::rules::is_name;
use crate::contents::{Consistency, DatabaseFacts, UnitKind};
use crate::error::{Error, Result};

/// A database that the archive is going to hold, as `RESTORE.md` has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMember {
    /// Its name as the user knows it.
    pub name: String,
    /// What it is.
    pub kind: UnitKind,
    /// The ending of its member's name, without a dot: `sqlite`, `dump`.
    pub extension: String,
    /// Whether its size may be unknown until its last byte has been read.
    pub streamed: bool,
    /// How to load it by hand, as Markdown; `None` where the extension says enough. `{stream}` in it becomes
    /// the command that writes the whole of it to its standard output.
    pub steps: Option<String>,
}

/// A database to be written.
pub struct UnitSource<'a> {
    /// Its name as the user knows it; the next one in the plan.
    pub name: &'a str,
    /// Where it was, for the manifest.
    pub source: &'a str,
    /// Its exact size in bytes; `None` when only its end will tell. One that is known becomes one
    /// member of any length, the other one member for each [`PART_SIZE`](super::PART_SIZE).
    pub size: Option<u64>,
    /// Its bytes; where the size is known, neither fewer nor more.
    pub reader: &'a mut dyn Read,
}

/// What is known only when all databases have been written.
#[derive(Debug, Clone, PartialEq)]
pub struct Closing {
    /// Per database, in the order in which they were added.
    pub facts: Vec<DatabaseFacts>,
    /// Which moment the data shows.
    pub consistency: Consistency,
    /// Things to look at, each one sentence.
    pub warnings: Vec<String>,
    /// When the last byte of data had been read.
    pub finished_at: Timestamp,
}

/// A complete archive.
#[derive(Debug)]
pub struct Written<W> {
    /// The sink, which now has every byte of the archive.
    pub sink: W,
    /// The archive's manifest.
    pub manifest: Manifest,
    /// The archive's size and SHA-256.
    pub stats: StreamStats,
}

/// A planned database and the member that is going to hold it.
pub(super) struct NamedMember {
    pub unit: PlannedMember,
    pub member: String,
}

/// Decides every member's name before the first byte, because `RESTORE.md` names them.
pub(super) fn name_members(plan: Vec<PlannedMember>) -> Result<Vec<NamedMember>> {
    if !(1..=MAX_UNITS).contains(&plan.len()) {
        let count = plan.len();
        return Err(Error::Internal(format!("An archive of {count} databases cannot be written")));
    }
    let mut names = UnitNames::default();
    let name = |unit: PlannedMember| {
        if !is_extension(&unit.extension) {
            let extension = unit.extension;
            return Err(Error::Internal(format!("`{extension}` cannot end a member's name")));
        }
        if !is_name(&unit.name) {
            return Err(Error::Internal("A database's name is empty or too long".to_owned()));
        }
        let member = names.assign(&unit.name, &unit.extension);
        Ok(NamedMember { unit, member })
    };
    plan.into_iter().map(name).collect()
}
