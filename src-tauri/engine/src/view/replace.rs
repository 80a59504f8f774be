//! Replacing a database: what the user is shown before, and what the user says to it.
//!
//! Owns the wire types. What is asked for in which case is decided in `restore`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::ErrorReport;
use crate::event::{RunResult, RunState};
use crate::ids::{EngineKind, RunId};

/// What the user says to replacing something that exists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReplaceConsent {
    /// What the user typed; it has to be [`TargetCard::confirm`].
    pub typed_name: String,
    /// Whether the connections of other programs may be ended.
    #[serde(default)]
    pub disconnect: bool,
    /// What the user typed to go on without a safety backup; it has to be
    /// [`TargetCard::confirm_without_safety`], and stands for the name, too.
    #[serde(default)]
    pub without_safety: Option<String>,
    /// What the card has shown as the target; `None` when no card was shown.
    #[serde(default)]
    #[ts(optional)]
    pub shown: Option<String>,
}

/// What stands at the target of a restore and would give way, beside what would come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TargetCard {
    /// Where it is, as a person writes it: `localhost:5432/shop`, `/srv/app/shop.db`.
    pub target: String,
    /// What has to be typed: its name, on another computer `name@host`, where the server is unproven
    /// `name@host:port`.
    pub confirm: String,
    /// What has to be typed to go on without a safety backup.
    pub confirm_without_safety: String,
    /// Its engine.
    pub engine: EngineKind,
    /// Product and version of the server or library: `PostgreSQL 15.18`.
    pub server: String,
    /// The host, the socket or the container; empty for a file.
    pub host: String,
    /// Whether it is on another computer.
    pub is_remote: bool,
    /// Whether nobody can tell that this is the server that the backup is from; then more has to be typed.
    pub is_unproven: bool,
    /// The word that its profile has for it: `staging`.
    pub tag: Option<String>,
    /// When it was last changed, where that can be known.
    #[ts(type = "string | null")]
    pub newest_change: Option<Timestamp>,
    /// The programs that are connected or have the file open; `psql (2)`.
    pub programs: Vec<String>,
    /// Whether these can be disconnected; else they have to be closed.
    pub can_disconnect: bool,
    /// What is there now.
    pub now: TargetContents,
    /// What will be there.
    pub after: TargetContents,
    /// When the backup was made, which will be there then.
    #[ts(type = "string")]
    pub after_made_at: Timestamp,
    /// Tables and collections that are there now and will be gone, at most twenty.
    pub gone: Vec<String>,
    /// How many there are of these.
    #[ts(type = "number")]
    pub gone_count: u64,
    /// The storage that takes the safety backup.
    pub safety_storage: String,
    /// Bytes that the safety backup may need.
    #[ts(type = "number")]
    pub safety_bytes: u64,
    /// Bytes that are free there; `None` where the storage cannot tell.
    #[ts(type = "number | null")]
    pub safety_free: Option<u64>,
    /// Why it cannot be replaced now, whatever is typed; programs that can be disconnected are no such
    /// reason.
    pub refusal: Option<ErrorReport>,
}

/// A restore that has ended: from the history, or from the safety backup that was made before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RestoreView {
    /// The restore.
    pub run: RunId,
    /// Whose backup was restored: the profile's name.
    pub profile: String,
    /// Its engine; `None` when nothing is known of it any more.
    pub engine: Option<EngineKind>,
    /// How it ended; interrupted when it began and its end was never written down, `None` when nothing was.
    pub state: Option<RunState>,
    /// When it ended, or began when its end is not known.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// The file or database that was made or replaced, where that is known.
    pub target: Option<String>,
    /// What it made.
    pub result: Option<RunResult>,
    /// Why it failed.
    pub error: Option<ErrorReport>,
    /// Until when it can be undone; `None` when it cannot, or when a later restore replaced the same.
    #[ts(type = "string | null")]
    pub undo_until: Option<Timestamp>,
}

/// One side of the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TargetContents {
    /// Bytes: of what is there the room that it takes, of a backup those of its dump, which is smaller on a
    /// server.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Tables or collections.
    #[ts(type = "number")]
    pub tables: u64,
    /// Rows or documents; `None` when they would have to be counted for too long.
    #[ts(type = "number | null")]
    pub rows: Option<u64>,
    /// Whether the rows are the server's estimate.
    pub is_estimated: bool,
}
