//! Reasons to refuse a restore before it has any effect.

use super::ErrorCode;

/// Why a restore was not started or not completed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Something stands at the target.
    #[error("`{target}` exists already, and Kronos does not overwrite it")]
    TargetExists {
        /// The target file.
        target: String,
    },
    /// Leftovers of another database would be mixed into the restored one.
    #[error("`{leftover}` belongs to another database and would be mixed into the restored one")]
    StaleJournal {
        /// The journal or write-ahead log beside the target.
        leftover: String,
    },
    /// The target's folder cannot be written.
    #[error("`{target}` cannot be written: {detail}")]
    TargetUnusable {
        /// The target file.
        target: String,
        /// Why.
        detail: String,
    },
    /// The target's disk is too small.
    #[error("`{target}` does not fit: {} needed, {} free", crate::units::bytes(*needed), crate::units::bytes(*free))]
    NoSpace {
        /// The target file.
        target: String,
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The archive holds several databases and none was chosen.
    #[error("The archive holds {} databases: {}", names.len(), names.join(", "))]
    ChooseDatabase {
        /// The databases in the archive.
        names: Vec<String>,
    },
    /// What was loaded is not what the manifest says.
    #[error("The restored database differs from the backup: {detail}")]
    Mismatch {
        /// The first difference.
        detail: String,
    },
}

impl RestoreError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::TargetExists { .. } => ErrorCode::TargetExists,
            Self::NoSpace { .. } => ErrorCode::StorageFull,
            Self::Mismatch { .. } => ErrorCode::ArchiveDamaged,
            Self::ChooseDatabase { .. } => ErrorCode::Unknown,
            Self::StaleJournal { .. } | Self::TargetUnusable { .. } => ErrorCode::TargetUnusable,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::TargetExists { .. } => "Choose a name that does not exist yet",
            Self::StaleJournal { .. } => "Choose another name, or move that file away",
            Self::TargetUnusable { .. } => "Choose another place or name",
            Self::NoSpace { .. } => "Choose a folder on another disk",
            Self::ChooseDatabase { .. } => "Name one of them with `--database NAME`",
            Self::Mismatch { .. } => {
                "What was made was removed again; try once more, or use another backup"
            }
        }
        .to_owned()
    }
}
