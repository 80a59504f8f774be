//! Failures of the source, each with a sentence of its own.

use super::ErrorCode;

/// Why a database could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Nothing is there.
    #[error("There is no file `{path}`")]
    Missing {
        /// The file.
        path: String,
    },
    /// A folder, pipe or device stands where a database file should.
    #[error("`{path}` is {found}, not a database file")]
    NotAFile {
        /// The path.
        path: String,
        /// What it is, with its article: "a folder".
        found: &'static str,
    },
    /// A file, but not of this engine.
    #[error("`{path}` is not a {engine} database")]
    NotADatabase {
        /// The file.
        path: String,
        /// The engine's name.
        engine: &'static str,
    },
    /// The whole file looks random: an encrypted database.
    #[error("`{path}` is encrypted, and Kronos cannot read encrypted SQLite files")]
    Encrypted {
        /// The file.
        path: String,
    },
    /// Another program kept the database locked for as long as Kronos waited.
    #[error("`{path}` is locked by another program; Kronos waited {waited_seconds} s")]
    Locked {
        /// The file.
        path: String,
        /// How long Kronos waited.
        waited_seconds: u64,
    },
    /// The source has structural damage.
    #[error("`{path}` is damaged: {finding}")]
    Corrupt {
        /// The file.
        path: String,
        /// The first finding of the engine's own check.
        finding: String,
    },
    /// The user has no right to read the source.
    #[error("You have no right to read `{path}`")]
    PermissionDenied {
        /// The file.
        path: String,
    },
    /// Another program's log or journal lies beside the source, and SQLite cannot work it in.
    #[error(
        "`{path}` was left in the middle of work by another program and its folder cannot be written, so SQLite cannot read it"
    )]
    LeftInWork {
        /// The file.
        path: String,
    },
    /// A profile that names no database at all.
    #[error("The profile `{profile}` names no database")]
    Empty {
        /// The profile.
        profile: String,
    },
    /// The working copy could not be written.
    #[error("The working copy `{path}` cannot be written: {source}")]
    Scratch {
        /// The scratch file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// More objects, longer names or more data than one archive can hold.
    #[error("`{path}` does not fit into one backup: {detail}")]
    TooLarge {
        /// The database.
        path: String,
        /// What there is too much of.
        detail: String,
    },
    /// Anything else that the engine reported.
    #[error("`{path}` could not be read: {detail}")]
    Failed {
        /// The file.
        path: String,
        /// What the engine said.
        detail: String,
    },
}

impl DatabaseError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::Missing { .. } => ErrorCode::SourceMissing,
            Self::NotAFile { .. } | Self::NotADatabase { .. } => ErrorCode::NotADatabase,
            Self::Encrypted { .. } => ErrorCode::SourceEncrypted,
            Self::Locked { .. } => ErrorCode::SourceLocked,
            Self::Corrupt { .. } => ErrorCode::SourceCorrupt,
            Self::PermissionDenied { .. } | Self::LeftInWork { .. } => ErrorCode::PermissionDenied,
            Self::Scratch { source, .. } if super::is_full(source) => ErrorCode::StorageFull,
            Self::Empty { .. }
            | Self::Scratch { .. }
            | Self::TooLarge { .. }
            | Self::Failed { .. } => ErrorCode::SourceFailed,
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        let step = match self {
            Self::Missing { .. } => "Check the path; if the file moved, edit the database",
            Self::NotAFile { .. } => "Choose the database file itself",
            Self::NotADatabase { .. } => {
                "Choose a SQLite file; its first bytes are `SQLite format 3`"
            }
            Self::Encrypted { .. } => "Export a plain copy with the program that holds the key",
            Self::Locked { .. } => "Close the program that is writing to it, or try again later",
            Self::Corrupt { .. } => {
                "Restore an older backup to a new file, or repair it with `sqlite3 FILE .recover`"
            }
            Self::PermissionDenied { .. } => "Make the file readable for your user",
            Self::LeftInWork { .. } => {
                "Make its folder writable, or open and close the file once with the program that it \
                 belongs to"
            }
            Self::Empty { .. } => "Add at least one database to the profile",
            Self::Scratch { source, .. } if super::is_full(source) => {
                "Free as much space as the database is large, and try again"
            }
            Self::Scratch { .. } => "Check that the folder can be written",
            Self::TooLarge { .. } => {
                "Give each database a profile of its own; one that is still too large needs its \
                 engine's own backup tool"
            }
            Self::Failed { .. } => return None,
        };
        Some(step.to_owned())
    }
}
