//! What a screen shows: one picture of everything, made by the engine so that no screen computes a
//! verdict of its own.
//!
//! Owns the wire types of the window. The values come from the configuration, the catalog and the
//! run registry; putting them together belongs to `engine`.

mod replace;
mod server;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::archive::{SafetyMark, Unit};
use crate::config::{Codec, Settings};
use crate::contents::RestoreTest;
use crate::contents::{Consistency, ServerInfo};
use crate::error::ErrorReport;
use crate::event::{Event, RunKind, RunState, RunView};
use crate::ids::{BackupId, EngineKind, RunId};
use crate::load::Seal;

pub use replace::{ReplaceConsent, RestoreView, TargetCard, TargetContents};
pub use server::{ParsedUrl, PasswordDraft, ServerDraft};

/// Everything that the window needs to draw its frame and Home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AppState {
    /// The version of Kronos.
    pub version: String,
    /// The configuration file in use.
    pub config_path: String,
    /// Why the configuration cannot be used; then profiles and storages are empty and nothing can be
    /// changed until the file is corrected.
    pub config_error: Option<ErrorReport>,
    /// Things in the configuration that work but should be changed.
    pub config_warnings: Vec<String>,
    /// The sentence at the top of Home.
    pub verdict: Verdict,
    /// The databases.
    pub profiles: Vec<ProfileView>,
    /// The places where backups are kept.
    pub storages: Vec<StorageView>,
    /// Runs that wait or work, oldest first.
    pub active_runs: Vec<RunView>,
    /// Runs that ended since the start of the program, newest first, at most twenty.
    pub recent_runs: Vec<RunView>,
    /// What became of replacements that were interrupted and that Kronos has ended since the start of the program,
    /// one sentence each.
    pub settled_swaps: Vec<String>,
    /// Preferences.
    pub settings: Settings,
    /// Where backups would go if the user accepted the proposal.
    pub default_storage_path: String,
}

/// Whether the user is safe, as one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Verdict {
    /// How it looks.
    pub level: VerdictLevel,
    /// "All 5 databases are backed up" · "1 of 5 databases needs attention".
    pub sentence: String,
    /// "Last backup 6 minutes ago" is made by the window from this instant.
    #[ts(type = "string | null")]
    pub last_backup_at: Option<Timestamp>,
}

/// How the verdict looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum VerdictLevel {
    /// No database yet.
    Empty,
    /// Every database has a verified backup and its last run went well.
    Good,
    /// Some database has no backup yet.
    Incomplete,
    /// Something failed.
    Attention,
}

/// How well a database is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Protection {
    /// There is a verified backup and the last run went well.
    Protected,
    /// There is no backup yet.
    Never,
    /// The last run failed or was interrupted, or the newest backup is damaged, gone or out of
    /// reach.
    Attention,
}

/// One profile with its newest backup and its last run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProfileView {
    /// The profile's name.
    pub name: String,
    /// Its engine.
    pub engine: EngineKind,
    /// The engine's name as its makers write it.
    pub engine_label: String,
    /// Whether its databases live on a server; else they are files.
    pub on_server: bool,
    /// Where it is, for a person: `~/code/shop/shop.db`, or `2 files in /srv/app`.
    pub location: String,
    /// What the editor shows.
    pub draft: ProfileDraft,
    /// Whether a restore must not replace its databases, as said or as usual for where they are.
    pub is_protected: bool,
    /// How well it is protected.
    pub protection: Protection,
    /// The newest good backup.
    pub last_backup: Option<BackupView>,
    /// Why it needs attention although no run of its own failed: its newest backup is damaged, gone or
    /// out of reach.
    pub problem: Option<ErrorReport>,
    /// The last restore test of any of its backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub restore_test: Option<TestedBackup>,
    /// The last run that ended, whatever its outcome.
    pub last_run: Option<RunSummary>,
    /// The name of the storage it writes to.
    pub storage: Option<String>,
}

/// A backup that had a restore test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TestedBackup {
    /// The backup.
    pub backup: BackupId,
    /// What the test found.
    pub test: RestoreTest,
}

/// One ended run, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RunSummary {
    /// The run.
    pub id: RunId,
    /// What it did.
    pub kind: RunKind,
    /// How it ended.
    pub state: RunState,
    /// When it began.
    #[ts(type = "string")]
    pub started_at: Timestamp,
    /// When it ended.
    #[ts(type = "string")]
    pub finished_at: Timestamp,
    /// Why it failed.
    pub error: Option<ErrorReport>,
}

/// The form of a profile. `engine` decides which fields count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProfileDraft {
    /// The profile's name.
    pub name: String,
    /// Its engine.
    pub engine: EngineKind,
    /// The database files, absolute or with `~`; empty for a server.
    pub paths: Vec<String>,
    /// The server; `None` for files.
    pub server: Option<ServerDraft>,
    /// The storage to use; `None` means the first one.
    pub storage: Option<String>,
    /// Whether Kronos must never replace it; `None` leaves it to where it is.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub protected: Option<bool>,
    /// A short word for it, `staging`; empty for none.
    #[serde(default)]
    #[ts(as = "Option<String>", optional)]
    pub tag: String,
}

/// One place where backups are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StorageView {
    /// The storage's name.
    pub name: String,
    /// "Folder on this computer".
    pub kind_label: String,
    /// The folder's path, or the bucket's URL.
    pub location: String,
    /// Whether this version can write there.
    pub supported: bool,
    /// Whether profiles without a choice of their own write here.
    pub is_default: bool,
    /// Why it cannot be used right now.
    pub problem: Option<ErrorReport>,
    /// Number of backups in it.
    #[ts(type = "number")]
    pub backups: u64,
    /// Bytes of all backups in it.
    #[ts(type = "number")]
    pub used_bytes: u64,
    /// Bytes that are free there.
    #[ts(type = "number | null")]
    pub free_bytes: Option<u64>,
    /// Bytes of the whole disk.
    #[ts(type = "number | null")]
    pub total_bytes: Option<u64>,
}

/// The form of a storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StorageDraft {
    /// The storage's name.
    pub name: String,
    /// The folder, absolute or with `~`.
    pub path: String,
}

/// The steps of a storage test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StorageCheck {
    /// Each step in order; the first failed one is the last.
    pub steps: Vec<CheckStep>,
    /// Bytes that are free there.
    #[ts(type = "number | null")]
    pub free_bytes: Option<u64>,
}

/// One step of a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckStep {
    /// "Write a test file".
    pub name: String,
    /// Why it failed; `None` when it went well.
    pub error: Option<ErrorReport>,
}

/// What is known about a backup's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum BackupStatus {
    /// Read back and every hash compared.
    Verified,
    /// A later check found other bytes than were written.
    Damaged,
    /// The archive is not where it was stored.
    Missing,
    /// Its storage cannot be reached now.
    Unreachable,
}

/// One row of the list of backups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct BackupView {
    /// The backup.
    pub id: BackupId,
    /// The profile it was made from.
    pub profile: String,
    /// The engine of its databases.
    pub engine: EngineKind,
    /// When it began.
    #[ts(type = "string")]
    pub created_at: Timestamp,
    /// Size of the archive in bytes.
    #[ts(type = "number")]
    pub stored_bytes: u64,
    /// Size of the databases in bytes.
    #[ts(type = "number")]
    pub raw_bytes: u64,
    /// Number of databases in it.
    #[ts(type = "number")]
    pub databases: u64,
    /// Tables in all databases.
    #[ts(type = "number")]
    pub tables: u64,
    /// Rows in all tables.
    #[ts(type = "number")]
    pub rows: u64,
    /// The storage that holds it.
    pub storage: String,
    /// The archive's file name.
    pub archive: String,
    /// What is known about its bytes.
    pub status: BackupStatus,
    /// When its bytes were last compared.
    #[ts(type = "string")]
    pub verified_at: Timestamp,
    /// Things to look at, each one sentence.
    pub warnings: Vec<String>,
    /// Set when it is the safety backup of a restore, and not one of its profile's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub safety: Option<SafetyMark>,
    /// Its last restore test; absent when it never had one. A check of the bytes is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub restore_test: Option<RestoreTest>,
}

/// Everything that is known about one backup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct BackupDetails {
    /// The row.
    pub backup: BackupView,
    /// Where the archive is, as a path that can be pasted.
    pub location: String,
    /// What `sha256sum` prints for the archive.
    pub sha256: String,
    /// The databases in it.
    pub units: Vec<Unit>,
    /// Which moment they show.
    pub consistency: Consistency,
    /// Who held the data.
    pub server: ServerInfo,
    /// The version of Kronos that made it.
    pub kronos_version: String,
    /// The compression format.
    pub codec: Codec,
    /// The command that restores it with Kronos.
    pub restore_command: String,
    /// The commands that restore it without Kronos.
    pub manual_commands: String,
    /// File or database names offered as the target of a restore, one per unit.
    pub suggested_targets: Vec<String>,
    /// Whether a restore makes a database on a server; else it makes a file.
    pub on_server: bool,
    /// The profiles whose server can take it, the backup's own one first; empty for files.
    pub restore_profiles: Vec<String>,
}

/// A restore that the user asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RestoreDraft {
    /// The backup.
    pub backup: BackupId,
    /// The database in it; may be `None` when it holds only one.
    pub database: Option<String>,
    /// The file to make, absolute or with `~`; on a server the name of the new database.
    pub target: String,
    /// The profile whose server takes the new database; `None` means the backup's own profile.
    pub profile: Option<String>,
    /// Set when the target exists and is to be replaced; without it nothing is ever replaced.
    #[serde(default)]
    #[ts(optional)]
    pub replace: Option<ReplaceConsent>,
    /// Only these tables or collections, as names or patterns such as `log_*`; absent means all of them.
    /// Only for a new or a scratch place.
    #[serde(default)]
    #[ts(optional)]
    pub only: Option<Vec<String>>,
    /// Whether it goes to a scratch place, which Kronos names itself and removes after a day; then
    /// `target` says nothing.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub scratch: bool,
}

/// A dump of another program that the user wants to be loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LoadDraft {
    /// The file to make, absolute or with `~`; on a server the name of the new database.
    pub target: String,
    /// The profile whose server takes the new database; `None` for a file.
    pub profile: Option<String>,
    /// The database in it, where it holds several.
    pub database: Option<String>,
    /// What the dump was like when the user looked at it.
    pub seal: Seal,
    /// Whether the user has agreed that it runs.
    pub run_its_code: bool,
    /// Whether the user has agreed that it runs with the rights of a superuser.
    pub as_superuser: bool,
}

/// A message to the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "message", content = "content", rename_all = "snake_case")]
#[ts(export)]
pub enum WatchMessage {
    /// The whole picture: first of all, and after every change but progress.
    State(Box<AppState>),
    /// Something happened to one run.
    Run(Box<Event>),
}
