//! Failures of reading an archive.

use super::ErrorCode;

/// Why an archive is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Some other file.
    #[error("`{archive}` is not a Kronos archive: {detail}")]
    NotAnArchive {
        /// The archive's name.
        archive: String,
        /// How it differs.
        detail: String,
    },
    /// Fewer bytes than were written.
    #[error("`{archive}` is cut short after {found} bytes{}", expected.map(|e| format!(" of {e}")).unwrap_or_default())]
    Truncated {
        /// The archive's name.
        archive: String,
        /// Bytes that are there.
        found: u64,
        /// Bytes that were written, if that is known.
        expected: Option<u64>,
    },
    /// Other bytes than were written, or a form that Kronos never writes.
    #[error("`{archive}` is damaged: {detail}")]
    Damaged {
        /// The archive's name.
        archive: String,
        /// Where and what.
        detail: String,
    },
    /// Written by a newer Kronos.
    #[error(
        "`{archive}` has format {found}; this version of Kronos reads up to format {supported}"
    )]
    TooNew {
        /// The archive's name.
        archive: String,
        /// The archive's format version.
        found: u32,
        /// The newest format that this version reads.
        supported: u32,
    },
    /// The archive cannot be read at all (not damage: the disk or the network failed).
    #[error("`{archive}` cannot be read: {source}")]
    Io {
        /// The archive's name.
        archive: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl ArchiveError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NotAnArchive { .. } => ErrorCode::NotAnArchive,
            Self::Truncated { .. } | Self::Damaged { .. } => ErrorCode::ArchiveDamaged,
            Self::TooNew { .. } => ErrorCode::ArchiveTooNew,
            Self::Io { .. } => ErrorCode::StorageUnavailable,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::NotAnArchive { .. } => "Choose a `.tar.gz` or `.tar.zst` made by Kronos",
            Self::Truncated { .. } | Self::Damaged { .. } => {
                "Use another backup of this database; nothing was changed"
            }
            Self::TooNew { .. } => "Update Kronos; nothing was changed",
            Self::Io { .. } => "Check the disk and try again",
        }
        .to_owned()
    }
}
