//! Every way in which Kronos fails, as values with structured fields.
//!
//! The policy: a message is one sentence with the object in backticks and no final stop; what to do
//! next is not part of the message but of [`Error::hint`]; machines branch on [`Error::code`], never
//! on text. A code is added only when somebody branches on it. No secret ever enters a field.
//!
//! Owns the texts and the codes. Where a failure is detected belongs to the layer above.

mod archive;
mod browse;
mod config;
mod database;
mod load;
mod report;
mod restore;
mod server;
mod storage;

pub use archive::ArchiveError;
pub use browse::BrowseError;
pub use config::{ConfigError, ConfigProblem};
pub use database::DatabaseError;
pub use load::LoadError;
pub use report::{ErrorCode, ErrorReport};
pub use restore::RestoreError;
pub use server::ServerError;
pub use storage::StorageError;

/// The result of everything that can fail in the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any failure of the engine, by area.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration cannot be used, or an edit of it is not acceptable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The source database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A database server, the way to it or its tools failed.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The place where backups are kept cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An archive is damaged, foreign or too new.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A restore was refused before it changed anything.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// A dump of another program was not loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A backup was looked into and what was asked for is not there.
    #[error(transparent)]
    Browse(#[from] BrowseError),
    /// Another run of the same profile holds its lock.
    #[error("`{profile}` is already being backed up or restored{}", holder.as_deref().map(|h| format!(" by {h}")).unwrap_or_default())]
    Busy {
        /// The profile that is busy.
        profile: String,
        /// Who holds the lock, as far as it is known.
        holder: Option<String>,
    },
    /// The user cancelled the run.
    #[error("Cancelled")]
    Cancelled,
    /// The index of backups and runs cannot be used.
    #[error("The catalog `{path}` cannot be used: {detail}")]
    Catalog {
        /// The catalog file.
        path: String,
        /// What SQLite said.
        detail: String,
    },
    /// A name or id that does not exist here.
    #[error("There is no {kind} `{name}`")]
    Unknown {
        /// What was looked for: `profile`, `storage`, `backup`, `run`.
        kind: &'static str,
        /// The name that was not found.
        name: String,
    },
    /// An operation on a file of Kronos itself failed.
    #[error("Cannot {action} `{path}`: {source}")]
    File {
        /// What was tried, as a verb: `read`, `write`, `create`.
        action: &'static str,
        /// The file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A broken promise inside Kronos.
    #[error("Kronos made a mistake: {0}")]
    Internal(String),
}

impl Error {
    /// A failed operation on one of Kronos's own files.
    pub fn file(action: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        Self::File { action, path: path.display().to_string(), source }
    }

    /// The error that a stream of a tool carries.
    pub(crate) fn of_stream(error: std::io::Error) -> Self {
        error
            .downcast::<Self>()
            .unwrap_or_else(|error| Self::Internal(format!("reading a tool: {error}")))
    }

    /// The code on which the command line and the window branch.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Config(error) => error.code(),
            Self::Database(error) => error.code(),
            Self::Server(error) => error.code(),
            Self::Storage(error) => error.code(),
            Self::Archive(error) => error.code(),
            Self::Restore(error) => error.code(),
            Self::Load(error) => error.code(),
            Self::Browse(error) => error.code(),
            Self::Busy { .. } => ErrorCode::Busy,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::Unknown { .. } => ErrorCode::Unknown,
            Self::File { source, .. } if is_full(source) => ErrorCode::StorageFull,
            Self::File { .. } | Self::Catalog { .. } | Self::Internal(_) => ErrorCode::Internal,
        }
    }

    /// The field of a form that was refused.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Config(ConfigError::Rejected { field, .. }) => Some(field),
            _ => None,
        }
    }

    /// Whether the same work may well succeed a moment later, see [`ServerError::is_transient`].
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Server(error) if error.is_transient())
    }

    /// The next step for the user, as one sentence without a final stop.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.hint(),
            Self::Database(error) => error.hint(),
            Self::Server(error) => error.hint(),
            Self::Storage(error) => Some(error.hint()),
            Self::Archive(error) => Some(error.hint()),
            Self::Restore(error) => Some(error.hint()),
            Self::Load(error) => Some(error.hint()),
            Self::Browse(error) => Some(error.hint()),
            Self::Busy { .. } => Some("Wait until that run has ended, or cancel it".to_owned()),
            Self::Cancelled => None,
            Self::Unknown { kind: "backup", .. } => {
                Some("`kronos list` shows the backups that Kronos knows".to_owned())
            }
            Self::Unknown { kind: "database", .. } => {
                Some("`kronos inspect` shows the databases in a backup".to_owned())
            }
            Self::Unknown { .. } => {
                Some("`kronos config check` shows the names that exist".to_owned())
            }
            Self::File { source, .. } if is_full(source) => {
                Some("Free some space on that disk and try again".to_owned())
            }
            Self::File { .. } => Some("Check that the folder exists and is yours".to_owned()),
            Self::Catalog { .. } => {
                Some("Delete that file: Kronos builds it again from the storage folders".to_owned())
            }
            Self::Internal(_) => Some("Please report this with the details".to_owned()),
        }
    }
}

/// Whether the system refused for lack of space: a full disk, a quota or a file size limit.
pub fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

#[cfg(test)]
mod tests;
