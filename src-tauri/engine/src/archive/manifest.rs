//! The three JSON records of a backup: `kronos.json` (what is known at the start), `manifest.json`
//! (what was found and written) and the sidecar (the commit record beside the archive).
//!
//! Owns their shape. A field is never renamed or removed while format 1 lives; new ones are optional.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::config::Codec;
use crate::contents::{Consistency, LeftOut, ObjectCount, ServerInfo, UnitKind};
use crate::ids::{BackupId, EngineKind, RunId};

/// The newest archive format that this version writes and reads.
pub const FORMAT_VERSION: u32 = 1;

/// `kronos.json`, the first member: enough to know what the archive is before reading on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The archive format, see [`FORMAT_VERSION`].
    pub format: u32,
    /// The backup's identifier.
    pub id: BackupId,
    /// The profile that was backed up.
    pub profile: String,
    /// The engine of its databases.
    pub engine: EngineKind,
    /// When the backup began, UTC.
    pub created_at: Timestamp,
    /// The version of Kronos that wrote it.
    pub kronos_version: String,
    /// The server or library that held the data.
    pub server: ServerInfo,
}

/// `manifest.json`, the last member: everything that a restore compares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "ManifestFields")]
pub struct Manifest {
    /// The same values as in `kronos.json`.
    #[serde(flatten)]
    pub header: Header,
    /// When the last byte of data had been read, UTC.
    pub finished_at: Timestamp,
    /// Which moment the data shows.
    pub consistency: Consistency,
    /// The databases, in archive order.
    pub units: Vec<Unit>,
    /// Things to look at, each one sentence.
    pub warnings: Vec<String>,
}

/// How a manifest is read. `flatten` would keep every unknown field in memory until it knows all of
/// them; this passes over them, so that a hostile manifest costs no more than its known fields.
#[derive(Deserialize)]
struct ManifestFields {
    format: u32,
    id: BackupId,
    profile: String,
    engine: EngineKind,
    created_at: Timestamp,
    kronos_version: String,
    server: ServerInfo,
    finished_at: Timestamp,
    consistency: Consistency,
    units: Vec<Unit>,
    warnings: Vec<String>,
}

impl From<ManifestFields> for Manifest {
    fn from(fields: ManifestFields) -> Self {
        Self {
            header: Header {
                format: fields.format,
                id: fields.id,
                profile: fields.profile,
                engine: fields.engine,
                created_at: fields.created_at,
                kronos_version: fields.kronos_version,
                server: fields.server,
            },
            finished_at: fields.finished_at,
            consistency: fields.consistency,
            units: fields.units,
            warnings: fields.warnings,
        }
    }
}

impl Manifest {
    /// Size of all databases in bytes. Sums do not overflow, whatever a hostile manifest says.
    pub fn raw_bytes(&self) -> u64 {
        self.units.iter().map(|unit| unit.size).fold(0, u64::saturating_add)
    }

    /// The units that are databases, which is all but the roles and users of a server.
    pub fn databases(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(|unit| unit.kind == UnitKind::Database)
    }

    /// Number of tables in all databases.
    pub fn table_count(&self) -> u64 {
        self.units.iter().map(Unit::table_count).sum()
    }

    /// Number of rows in all tables.
    pub fn row_count(&self) -> u64 {
        self.units.iter().map(Unit::row_count).fold(0, u64::saturating_add)
    }
}

/// One database in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Unit {
    /// The database's name as the user knows it: `shop.db`.
    pub name: String,
    /// Where it was: a path, or a server and a database.
    pub source: String,
    /// Size in bytes of the unit, all parts together.
    #[ts(type = "number")]
    pub size: u64,
    /// SHA-256 over all parts in order, lower-case hex.
    pub sha256: String,
    /// The members that hold it, in order. One part: the member is the whole unit.
    pub parts: Vec<Part>,
    /// What is inside.
    pub objects: Vec<ObjectCount>,
    /// Facts of the engine worth comparing after a restore: `page_size`, `user_version`, …
    pub properties: BTreeMap<String, String>,
    /// What it is.
    #[serde(default)]
    pub kind: UnitKind,
    /// What the profile's selection kept out of it.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
}

impl Unit {
    /// Number of tables, virtual ones included.
    pub fn table_count(&self) -> u64 {
        self.objects.iter().filter(|object| object.is_table()).count() as u64
    }

    /// Number of rows in all tables of this unit.
    pub fn row_count(&self) -> u64 {
        let tables = self.objects.iter().filter(|object| object.is_table());
        tables.filter_map(|object| object.rows).fold(0, u64::saturating_add)
    }
}

/// One member of the tar that holds a unit or a piece of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Part {
    /// The member's name in the tar: `data/shop.sqlite`.
    pub member: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
}

/// The commit record `<archive>.json`. A backup exists when this file exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sidecar {
    /// The archive's file name.
    pub archive: String,
    /// Size of the archive in bytes.
    pub size: u64,
    /// SHA-256 of the archive, lower-case hex: what `sha256sum` prints.
    pub sha256: String,
    /// How the archive is compressed.
    pub codec: Codec,
    /// When the archive had been read back and every hash compared, UTC.
    pub verified_at: Timestamp,
    /// A copy of the archive's own manifest.
    pub manifest: Manifest,
    /// What this backup was made for, when it is the safety backup of a restore that replaces a
    /// database, and not one of its profile's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety: Option<SafetyMark>,
}

/// What makes a backup a safety backup, and what an undo has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SafetyMark {
    /// The restore before which it was made.
    pub run: RunId,
    /// What that restore replaces: the path of a file, or the name of a database.
    pub target: String,
    /// The backup that was restored.
    pub restored: BackupId,
    /// Until when an undo is offered, UTC.
    #[ts(type = "string")]
    pub kept_until: Timestamp,
}
