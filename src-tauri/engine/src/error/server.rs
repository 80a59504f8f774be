//! Failures of a database server, of the way to it and of its tools.
//!
//! Owns the sentences. No field ever holds a password or a whole connection URL.

use super::ErrorCode;

/// Why a server could not be read, or written in a restore.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Nobody answers at that address.
    #[error("`{server}` does not answer: {detail}")]
    Unreachable {
        /// The server: `localhost:5432`.
        server: String,
        /// What the system or the driver said.
        detail: String,
    },
    /// The connection was there and broke.
    #[error("The connection to `{server}` was lost: {detail}")]
    ConnectionLost {
        /// The server.
        server: String,
        /// What the driver or the tool said.
        detail: String,
    },
    /// The server refused the user or the password.
    #[error("`{server}` refused the user `{user}`: {detail}")]
    LoginRefused {
        /// The server.
        server: String,
        /// The user's name.
        user: String,
        /// What the server said.
        detail: String,
    },
    /// The server is there, the database is not.
    #[error("There is no database `{database}` on `{server}`")]
    UnknownDatabase {
        /// The server.
        server: String,
        /// The name, or the pattern that matched nothing.
        database: String,
    },
    /// The user lacks a right.
    #[error("`{user}` may not read `{object}`: {detail}")]
    RightMissing {
        /// The user's name.
        user: String,
        /// What cannot be read.
        object: String,
        /// Which right is missing, or what the server said.
        detail: String,
        /// The statement that gives the right, ready to be pasted.
        grant: Option<String>,
    },
    /// No encrypted connection could be made, or the server could not prove who it is.
    #[error("No secure connection to `{server}`: {detail}")]
    Tls {
        /// The server.
        server: String,
        /// What went wrong.
        detail: String,
    },
    /// A tool is not on this computer.
    #[error("{tool} was not found; looked in {looked}")]
    ToolMissing {
        /// The tool's names: "`pg_dump`".
        tool: String,
        /// Where it was looked for, as a list for a person.
        looked: String,
        /// How to install it here: a command.
        install: String,
    },
    /// Tools were found, but none can read this server.
    #[error("{found} cannot read {server}: {reason}")]
    ToolUnfit {
        /// The tool with its version: "`pg_dump` 15.18".
        found: String,
        /// The server with its version: "PostgreSQL 18.4".
        server: String,
        /// Why: "it is older than the server".
        reason: String,
        /// How to install one that can: a command.
        install: String,
    },
    /// A tool said that it failed.
    #[error("{tool} failed: {detail}")]
    ToolFailed {
        /// The tool: "`pg_dump`".
        tool: String,
        /// How it ended and what it printed last, without secrets.
        detail: String,
    },
    /// A tool said that all went well, and what it wrote is not complete.
    #[error("{tool} ended without an error, but what it wrote is incomplete: {detail}")]
    Incomplete {
        /// The tool.
        tool: String,
        /// What is missing.
        detail: String,
    },
    /// Nothing moved for too long.
    #[error("{tool} has sent no data for {seconds} s")]
    NoAnswer {
        /// The tool or the server.
        tool: String,
        /// How long Kronos waited.
        seconds: u64,
    },
    /// Somebody changed the structure while it was being read.
    #[error("`{database}` was changed while it was read: {detail}")]
    ChangedWhileReading {
        /// The database.
        database: String,
        /// What changed, or what the tool said.
        detail: String,
    },
    /// Another session holds a lock that reading needs.
    #[error("`{object}` is locked by {blocker}; Kronos waited {seconds} s")]
    Locked {
        /// The table.
        object: String,
        /// Who holds it: "process 123 (psql) since 4 min".
        blocker: String,
        /// How long Kronos waited.
        seconds: u64,
    },
    /// The container is not there or not running, or its runtime does not answer.
    #[error("The container `{container}` cannot be used: {detail}")]
    Container {
        /// The container's name.
        container: String,
        /// Why.
        detail: String,
    },
    /// The target of a restore is a server that cannot hold the dump.
    #[error("`{server}` cannot take this backup: {detail}")]
    TargetUnfit {
        /// The server.
        server: String,
        /// Why: "it is PostgreSQL 13, and the backup is from PostgreSQL 18".
        detail: String,
    },
    /// Anything else that a server or its driver reported.
    #[error("`{object}` could not be read: {detail}")]
    Failed {
        /// The server or database.
        object: String,
        /// What was reported.
        detail: String,
    },
}

impl ServerError {
    /// Whether the same work may well succeed a moment later. Such a run is tried once more, from zero.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::ConnectionLost { .. } | Self::ChangedWhileReading { .. })
    }

    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::Unreachable { .. } | Self::ConnectionLost { .. } => ErrorCode::ServerUnreachable,
            Self::LoginRefused { .. } => ErrorCode::LoginRefused,
            Self::UnknownDatabase { .. } => ErrorCode::SourceMissing,
            Self::RightMissing { .. } => ErrorCode::RightMissing,
            Self::Tls { .. } => ErrorCode::TlsFailed,
            Self::ToolMissing { .. } => ErrorCode::ToolMissing,
            Self::ToolUnfit { .. } => ErrorCode::ToolUnfit,
            Self::NoAnswer { .. } => ErrorCode::NoAnswer,
            Self::ChangedWhileReading { .. } => ErrorCode::SourceChanged,
            Self::Locked { .. } => ErrorCode::SourceLocked,
            Self::Container { .. } => ErrorCode::ContainerUnavailable,
            Self::TargetUnfit { .. } => ErrorCode::TargetUnusable,
            Self::ToolFailed { .. } | Self::Incomplete { .. } | Self::Failed { .. } => {
                ErrorCode::SourceFailed
            }
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        let step = match self {
            Self::Unreachable { .. } => "Start the server, or correct the host and the port",
            Self::ConnectionLost { .. } => "See whether the server is running, and try again",
            Self::LoginRefused { .. } => "Enter the user and the password again",
            Self::UnknownDatabase { .. } => "Correct the names of the databases in the profile",
            Self::RightMissing { grant: Some(grant), .. } => {
                return Some(format!("Let an administrator run: {grant}"));
            }
            Self::RightMissing { grant: None, .. } => {
                "Ask an administrator for that right, or leave the object out"
            }
            Self::Tls { .. } => {
                "Name the server's certificate authority with `ca_file`, or choose another `tls`"
            }
            Self::ToolMissing { install, .. } | Self::ToolUnfit { install, .. } => {
                return Some(format!(
                    "Install it with `{install}`, choose its folder with `tools`, or name the server's \
                     container with `docker`"
                ));
            }
            Self::Incomplete { .. } => "Try again; if it stays so, use another version of the tool",
            Self::NoAnswer { .. } => "See what the server is doing, and try again",
            Self::ChangedWhileReading { .. } => "Try again when nobody changes tables",
            Self::Locked { .. } => "Wait until that session has ended, or end it, and try again",
            Self::Container { .. } => "Start the container, or correct its name",
            Self::TargetUnfit { .. } => "Restore to a server of the same version or a newer one",
            Self::ToolFailed { .. } | Self::Failed { .. } => return None,
        };
        Some(step.to_owned())
    }
}
