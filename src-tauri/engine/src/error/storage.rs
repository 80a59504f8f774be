//! Failures of the place where backups are kept.

use super::ErrorCode;

/// Why a storage could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The object is not there.
    #[error("`{key}` is not in `{storage}`")]
    NotFound {
        /// The storage's location.
        storage: String,
        /// The object's key.
        key: String,
    },
    /// An object of that name exists; nothing is ever overwritten.
    #[error("`{key}` exists already in `{storage}`")]
    Exists {
        /// The storage's location.
        storage: String,
        /// The object's key.
        key: String,
    },
    /// The folder is missing, not a folder, not writable, not mounted.
    #[error("The folder `{storage}` cannot be used: {detail}")]
    Unavailable {
        /// The storage's location.
        storage: String,
        /// Why, in words.
        detail: String,
    },
    /// There is not enough room.
    #[error("`{storage}` has no space left{}", space(*needed, *free))]
    Full {
        /// The storage's location.
        storage: String,
        /// Bytes that the object needs, if that is known.
        needed: Option<u64>,
        /// Bytes that are free, if that is known.
        free: Option<u64>,
    },
    /// A kind of storage that this version knows by name only.
    #[error("This version of Kronos cannot store backups in {kind} yet")]
    NotSupported {
        /// The kind of storage.
        kind: &'static str,
    },
    /// Reading or writing failed.
    #[error("Cannot {action} `{key}` in `{storage}`: {source}")]
    Io {
        /// The storage's location.
        storage: String,
        /// The object's key.
        key: String,
        /// What was tried, as a verb.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

fn space(needed: Option<u64>, free: Option<u64>) -> String {
    use crate::units::bytes;
    match (needed, free) {
        (Some(needed), Some(free)) => {
            format!(": about {} needed, {} free", bytes(needed), bytes(free))
        }
        _ => String::new(),
    }
}

impl StorageError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound { .. } => ErrorCode::ObjectMissing,
            Self::Full { .. } => ErrorCode::StorageFull,
            Self::NotSupported { .. } => ErrorCode::NotSupported,
            Self::Exists { .. } | Self::Unavailable { .. } | Self::Io { .. } => {
                ErrorCode::StorageUnavailable
            }
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::NotFound { .. } => "Put the file back, or use another backup",
            Self::Exists { .. } => "Start the backup again: it gets a new name",
            Self::Unavailable { .. } => "Connect the disk, or choose another folder",
            Self::Full { .. } => "Free some space there, or choose another folder",
            Self::NotSupported { .. } => "Use a local folder: `type = \"local\"` with a `path`",
            Self::Io { .. } => "Check the disk, or choose another folder",
        }
        .to_owned()
    }
}
