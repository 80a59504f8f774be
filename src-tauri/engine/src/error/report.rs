//! An error as it leaves the engine: the five parts that the window and the command line show.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Error;

/// The stable name of a kind of failure, shared with the window and with `--json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ErrorCode {
    /// The configuration file or an entry in it is wrong.
    ConfigInvalid,
    /// The source does not exist.
    SourceMissing,
    /// The source is there but is not a database of that engine.
    NotADatabase,
    /// The source is encrypted.
    SourceEncrypted,
    /// Another program holds the source.
    SourceLocked,
    /// The source itself is damaged.
    SourceCorrupt,
    /// The user may not read the source.
    PermissionDenied,
    /// This version of Kronos cannot back up that engine or use that kind of storage.
    NotSupported,
    /// The server does not answer, or the connection to it broke.
    ServerUnreachable,
    /// The server refused the user or the password.
    LoginRefused,
    /// The user lacks a right.
    RightMissing,
    /// No secure connection.
    TlsFailed,
    /// A dump or restore tool is not on this computer.
    ToolMissing,
    /// The tools that are there cannot read this server.
    ToolUnfit,
    /// Nothing moved for too long.
    NoAnswer,
    /// The source was changed while it was read.
    SourceChanged,
    /// The container is not running or its runtime does not answer.
    ContainerUnavailable,
    /// A password is not where the configuration says.
    SecretUnavailable,
    /// Any other failure of the source.
    SourceFailed,
    /// The storage cannot be reached or written.
    StorageUnavailable,
    /// The storage has no room.
    StorageFull,
    /// An object is not in the storage any more.
    ObjectMissing,
    /// What was read is not what was written.
    ArchiveDamaged,
    /// The file is not a Kronos archive.
    NotAnArchive,
    /// The archive was made by a newer version.
    ArchiveTooNew,
    /// The target of a restore exists already.
    TargetExists,
    /// The target of a restore cannot be used.
    TargetUnusable,
    /// What is to be replaced is protected, or on another computer, and no profile allows it.
    TargetLocked,
    /// What is to be replaced is used by other programs.
    TargetInUse,
    /// What has to be typed before something is replaced was not typed.
    NotConfirmed,
    /// Nobody knows whether it took place: the connection broke at the moment of the swap.
    OutcomeUnknown,
    /// The profile is already running.
    Busy,
    /// The user cancelled.
    Cancelled,
    /// A name that does not exist.
    Unknown,
    /// Something unexpected.
    Internal,
}

/// What a person is told when something failed: what, why, the next step, what is not affected, and
/// details to copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ErrorReport {
    /// The machine-readable kind.
    pub code: ErrorCode,
    /// What failed: "`shop` was not backed up".
    pub what: String,
    /// Why, as one sentence.
    pub why: String,
    /// The next step, if there is one.
    pub next_step: Option<String>,
    /// What is still fine: "Older backups are not affected".
    pub not_affected: Option<String>,
    /// The chain of causes and the versions, ready to be copied; never contains a secret.
    pub details: String,
    /// The field of the form that has to change, where a form was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
}

/// What is copied into a bug report need not name the user.
fn without_home(text: String) -> String {
    match dirs::home_dir() {
        Some(home) if home.parent().is_some() => text.replace(&home.display().to_string(), "~"),
        _ => text,
    }
}

impl ErrorReport {
    /// Describes `error`, which made `what` fail.
    pub fn new(what: impl Into<String>, error: &Error) -> Self {
        let mut details = format!(
            "Kronos {} on {} {}\n{:?}: {error}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
            error.code(),
        );
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            details.push_str("\ncaused by: ");
            details.push_str(&cause.to_string());
            source = cause.source();
        }
        Self {
            code: error.code(),
            what: what.into(),
            why: error.to_string(),
            next_step: error.hint(),
            not_affected: None,
            details: without_home(details),
            field: error.field().map(str::to_owned),
        }
    }

    /// Adds what the failure did not touch.
    #[must_use]
    pub fn with_not_affected(mut self, text: impl Into<String>) -> Self {
        self.not_affected = Some(text.into());
        self
    }
}
