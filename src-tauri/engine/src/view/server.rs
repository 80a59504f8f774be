//! The form of a connection to a server, and what a test of it says.
//!
//! Owns these wire types. Reading and writing the configuration belongs to `config`, talking to the
//! server to `database`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::config::{Selection, TlsMode};

/// How to reach a server and what to take from it, as a person fills it in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServerDraft {
    /// Host name, address, or a path for a Unix socket; empty for a container.
    pub host: String,
    /// The port; `None` means the engine's default one.
    pub port: Option<u16>,
    /// The user's name.
    pub user: String,
    /// The password, or where it is.
    pub password: PasswordDraft,
    /// The container in which the server runs; empty when it does not.
    pub container: String,
    /// How the connection is protected; `None` leaves it to the kind of host.
    pub tls: Option<TlsMode>,
    /// A PEM file of certificates to trust; empty for the system's.
    pub ca_file: String,
    /// The folder of the dump tools; empty when Kronos shall look for them.
    pub tools: String,
    /// The database that holds the user (MongoDB); empty for `admin`.
    pub auth_database: String,
    /// Databases or patterns; empty means all.
    pub databases: Vec<String>,
    /// What is taken and what is left out.
    pub selection: Selection,
    /// Whether roles and users are backed up, too.
    pub globals: bool,
    /// Whether writers may be held up (MySQL and MariaDB).
    pub lock_tables: bool,
    /// Parallel jobs of a restore.
    pub jobs: Option<u8>,
}

/// The password of a form. What Kronos knows never goes to the window; what is typed goes one way.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "from", rename_all = "snake_case")]
#[ts(export)]
pub enum PasswordDraft {
    /// No password.
    None,
    /// The one that the saved profile has; `place` says for a person where it is kept.
    Saved {
        /// "the keychain", "the file `…`", "plain text in the configuration".
        place: String,
    },
    /// A new one, which goes to the keychain when the profile is saved.
    Typed {
        /// The password itself.
        text: String,
    },
    /// A variable of the environment.
    Env {
        /// Its name.
        name: String,
    },
    /// A file that holds nothing else.
    File {
        /// Its path.
        path: String,
    },
    /// A program that prints it.
    Command {
        /// The program and its arguments, as one would type them.
        line: String,
    },
}

impl std::fmt::Debug for PasswordDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordDraft(…)")
    }
}

impl std::fmt::Debug for ServerDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerDraft").field("host", &self.host).finish_non_exhaustive()
    }
}

/// A connection URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ParsedUrl {
    /// The engine that its scheme names.
    pub engine: crate::ids::EngineKind,
    /// The form, filled; a password in the URL stands in it as typed.
    pub server: ServerDraft,
    /// Parts of the URL that Kronos does not use, each one sentence.
    pub warnings: Vec<String>,
}
