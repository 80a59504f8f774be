//! What a host is told while a run is going on.
//!
//! Owns the wire types of a run: its kind, its state, one view of it, and the events. State changes
//! are events; byte counts are sampled into [`RunView`] by the run registry. The same types go to the
//! window (through generated TypeScript) and to `--json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::contents::RestoreTest;
use crate::error::{ErrorCode, ErrorReport};
use crate::ids::{BackupId, RunId};
use crate::progress::Phase;

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RunKind {
    /// Makes a backup.
    Backup,
    /// Reads a stored backup and compares every hash.
    Verify,
    /// Restores a backup to a new place, or in place of a database.
    Restore,
    /// Restores a backup to a scratch place, compares it and removes it again.
    RestoreTest,
}

/// Where a run stands. The last five are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RunState {
    /// Waiting for its turn.
    Queued,
    /// Working.
    Running,
    /// Asked to stop, still cleaning up.
    Cancelling,
    /// Done, and checked.
    Succeeded,
    /// Done and checked, but something should be looked at.
    Warned,
    /// Not done; nothing was changed.
    Failed,
    /// Stopped by the user; nothing was changed.
    Cancelled,
    /// Ended by a crash or a power cut; cleaned up at the next start.
    Interrupted,
}

impl RunState {
    /// Whether the run has ended.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running | Self::Cancelling)
    }
}

/// Everything that a screen shows about one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RunView {
    /// The run.
    pub id: RunId,
    /// What it does.
    pub kind: RunKind,
    /// Whose run it is: the profile's name.
    pub profile: String,
    /// The backup that it verifies or restores, or that it made.
    pub backup: Option<BackupId>,
    /// Whether it is a restore that replaces something that exists.
    #[serde(default)]
    pub replaces: bool,
    /// Where it stands.
    pub state: RunState,
    /// The current phase; `None` while queued and after the end.
    pub phase: Option<Phase>,
    /// The number of the current phase, from 1.
    pub step: u8,
    /// How many phases this kind of run has.
    pub steps: u8,
    /// The database or file being worked on.
    pub object: Option<String>,
    /// Bytes handled in this phase.
    #[ts(type = "number")]
    pub bytes_done: u64,
    /// Bytes to handle in this phase; `None` when unknown.
    #[ts(type = "number | null")]
    pub bytes_total: Option<u64>,
    /// Bytes written to storage so far.
    #[ts(type = "number")]
    pub bytes_stored: u64,
    /// Rows or documents read so far; 0 where the dump does not tell them.
    #[ts(type = "number")]
    pub rows_done: u64,
    /// Bytes per second over the last three seconds; `None` until it is known.
    #[ts(type = "number | null")]
    pub rate: Option<u64>,
    /// Share of the whole run that is done, 0 to 1; never goes back.
    pub fraction: f64,
    /// Seconds until the end; `None` until that is known well enough.
    #[ts(type = "number | null")]
    pub seconds_left: Option<u64>,
    /// True when no byte has moved for 15 seconds.
    pub stalled: bool,
    /// When it was asked for.
    #[ts(type = "string")]
    pub started_at: Timestamp,
    /// When it ended.
    #[ts(type = "string | null")]
    pub finished_at: Option<Timestamp>,
    /// What it made, once it succeeded.
    pub result: Option<RunResult>,
    /// Why it failed.
    pub error: Option<ErrorReport>,
}

impl RunView {
    /// Whether something may have been replaced: it was, or nobody knows.
    pub fn may_have_replaced(&self) -> bool {
        let is_unknown =
            self.error.as_ref().is_some_and(|report| report.code == ErrorCode::OutcomeUnknown);
        match self.state {
            RunState::Succeeded | RunState::Warned => {
                matches!(&self.result, Some(RunResult::Restore { replaced: Some(_), .. }))
            }
            RunState::Failed => is_unknown,
            RunState::Cancelled => false,
            _ => self.replaces,
        }
    }

    /// A run that has just been accepted.
    pub fn queued(id: RunId, kind: RunKind, profile: String, steps: u8, now: Timestamp) -> Self {
        Self {
            id,
            kind,
            profile,
            backup: None,
            replaces: false,
            state: RunState::Queued,
            phase: None,
            step: 0,
            steps,
            object: None,
            bytes_done: 0,
            bytes_total: None,
            bytes_stored: 0,
            rows_done: 0,
            rate: None,
            fraction: 0.0,
            seconds_left: None,
            stalled: false,
            started_at: now,
            finished_at: None,
            result: None,
            error: None,
        }
    }
}

/// What a run that succeeded has made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum RunResult {
    /// A verified backup.
    Backup {
        /// The backup.
        backup: BackupId,
        /// The archive's location, as a person would write it.
        location: String,
        /// Size of the archive in bytes.
        #[ts(type = "number")]
        stored_bytes: u64,
        /// Size of the databases in bytes.
        #[ts(type = "number")]
        raw_bytes: u64,
        /// Tables in all databases.
        #[ts(type = "number")]
        tables: u64,
        /// Rows in all tables.
        #[ts(type = "number")]
        rows: u64,
        /// Things to look at; empty for a plain success.
        warnings: Vec<String>,
    },
    /// A backup was read to its end and every hash compared.
    Verify {
        /// The backup.
        backup: BackupId,
        /// Bytes read from storage.
        #[ts(type = "number")]
        stored_bytes: u64,
        /// Bytes decoded and hashed.
        #[ts(type = "number")]
        raw_bytes: u64,
    },
    /// A database was restored and checked.
    Restore {
        /// The backup.
        backup: BackupId,
        /// Where the restored database is.
        target: String,
        /// Size of the restored database in bytes.
        #[ts(type = "number")]
        bytes: u64,
        /// Tables in it, all compared with the backup.
        #[ts(type = "number")]
        tables: u64,
        /// Rows counted.
        #[ts(type = "number")]
        rows: u64,
        /// Things to look at; empty for a plain success.
        warnings: Vec<String>,
        /// What it took the place of; absent when it is a new one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        replaced: Option<Replaced>,
        /// Set when it is a scratch place, which Kronos removes again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        scratch: Option<ScratchPlace>,
    },
    /// What another program had dumped was loaded into a new database.
    Load {
        /// The file or folder.
        dump: String,
        /// Where the new database is.
        target: String,
        /// Size of the new database in bytes.
        #[ts(type = "number")]
        bytes: u64,
        /// Tables counted in it. There was nothing to compare them with.
        #[ts(type = "number")]
        tables: u64,
        /// Rows counted.
        #[ts(type = "number")]
        rows: u64,
        /// Things to look at.
        warnings: Vec<String>,
    },
    /// A backup passed its restore test.
    RestoreTest {
        /// The backup.
        backup: BackupId,
        /// What was found, as it is kept beside the archive.
        test: RestoreTest,
        /// Things to look at; empty for a plain success.
        warnings: Vec<String>,
    },
}

/// A place that a restore has made and that Kronos removes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ScratchPlace {
    /// From when on it is removed, by whichever start of Kronos comes first.
    #[ts(type = "string")]
    pub removed_after: Timestamp,
}

/// What a restore has replaced, and the ways back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Replaced {
    /// The safety backup that was made before; `None` when the user went on without one.
    pub safety_backup: Option<BackupId>,
    /// Until when the restore can be undone.
    #[ts(type = "string | null")]
    pub undo_until: Option<Timestamp>,
    /// Where the replaced database itself still is.
    pub kept_as: String,
    /// Until when it is kept there.
    #[ts(type = "string")]
    pub kept_until: Timestamp,
    /// How many connections were ended for it.
    pub disconnected: u32,
}

impl RunResult {
    /// The backup that was made, verified, restored or tested, if there is one.
    pub fn backup(&self) -> Option<&BackupId> {
        match self {
            Self::Backup { backup, .. }
            | Self::Verify { backup, .. }
            | Self::Restore { backup, .. }
            | Self::RestoreTest { backup, .. } => Some(backup),
            Self::Load { .. } => None,
        }
    }
}

/// One line of `--json`, and one message to the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "event", rename_all = "snake_case")]
#[ts(export)]
pub enum Event {
    /// A run was accepted.
    RunQueued(RunView),
    /// A run began to work or entered a new phase.
    RunPhase(RunView),
    /// A reading of the counters; at most five a second for each run.
    RunProgress(RunView),
    /// A run has ended; the view has its result or its error.
    RunFinished(RunView),
    /// The list of backups changed.
    BackupsChanged,
    /// The configuration changed.
    ConfigChanged,
}

/// Receives events. Must return quickly and must not fail: a run never waits for its audience.
pub trait EventSink: Send + Sync {
    /// Takes one event.
    fn emit(&self, event: Event);
}

/// Throws events away; for one-off library use.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEvents;

impl EventSink for NoEvents {
    fn emit(&self, _event: Event) {}
}
