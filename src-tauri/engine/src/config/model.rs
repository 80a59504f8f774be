//! The values of a checked configuration.
//!
//! Owns names and defaults. What a connection setting means to an engine belongs to `database`, what
//! a storage setting means belongs to `storage`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{CompressionSettings, Environment, SecretSource};
use crate::error::{Error, Result};
use crate::ids::EngineKind;
use crate::secret::Secret;

/// Everything that one configuration file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// The databases to back up, in file order.
    pub profiles: Vec<Profile>,
    /// The places where backups are kept, in file order; the first is the default.
    pub storages: Vec<StorageTarget>,
    /// The published global schedule, kept for the scheduler.
    pub schedule: Option<Schedule>,
    /// Preferences of the window.
    pub settings: Settings,
    /// Things that work but should be changed, each one sentence with its line.
    pub warnings: Vec<String>,
}

impl Config {
    /// The profile of this name.
    pub fn profile(&self, name: &str) -> Result<&Profile> {
        self.profiles
            .iter()
            .find(|profile| profile.name == name)
            .ok_or_else(|| Error::Unknown { kind: "profile", name: name.to_owned() })
    }

    /// The storage of this name.
    pub fn storage(&self, name: &str) -> Result<&StorageTarget> {
        self.storages
            .iter()
            .find(|storage| storage.name == name)
            .ok_or_else(|| Error::Unknown { kind: "storage", name: name.to_owned() })
    }

    /// The storage that `profile` writes to: the one it names, else the first one.
    pub fn storage_of(&self, profile: &Profile) -> Result<&StorageTarget> {
        match &profile.storage {
            Some(name) => self.storage(name),
            None => self
                .storages
                .first()
                .ok_or_else(|| Error::Unknown { kind: "storage", name: "default".to_owned() }),
        }
    }
}

/// One set of databases that is backed up into one archive.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The table's name in the file; unique.
    pub name: String,
    /// Which engine the databases belong to.
    pub engine: EngineKind,
    /// How to reach them.
    pub connection: ConnectionSettings,
    /// The storage to use; `None` means the default one.
    pub storage: Option<String>,
    /// How to compress; the profile's own choice, else the file's, else the default.
    pub compression: CompressionSettings,
    /// What its databases are to their owner.
    pub environment: Environment,
}

/// How to reach the databases of a profile, in the words of the published configuration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionSettings {
    /// The server; for SQLite the folder that holds the files. A value that begins with `/` is a
    /// Unix socket (MySQL, MongoDB) or the folder that holds it (PostgreSQL).
    pub host: String,
    /// The server's port; 0 when it has none or the engine's default one.
    pub port: u16,
    /// The user's name.
    pub user: String,
    /// The user's password, if the engine needs one.
    pub password: Option<SecretSource>,
    /// Database names, or patterns (`shop_*`) for the names on the server; empty means all of them.
    /// For SQLite file names inside `host`.
    pub databases: Vec<String>,
    /// Database files, each with its own path (SQLite only; instead of `host` and `databases`).
    pub paths: Vec<PathBuf>,
    /// What only servers have.
    pub server: ServerSettings,
}

/// How to reach a database server and what to take from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerSettings {
    /// The container in which the server runs; then its own tools are used, inside it.
    pub container: Option<String>,
    /// How the connection is protected; `None` means [`TlsMode::default_for`] its host.
    pub tls: Option<TlsMode>,
    /// The certificates to trust, a PEM file; `None` means those that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// The folder of the dump and restore tools; `None` means that Kronos looks for them.
    pub tools: Option<PathBuf>,
    /// The database that holds the user (MongoDB only); `None` means `admin`.
    pub auth_database: Option<String>,
    /// What is taken and what is left out.
    pub selection: Selection,
    /// Whether roles and users of the whole server are backed up, too.
    pub globals: bool,
    /// Whether writers may be held up for the whole dump, so that tables without transactions show
    /// the same moment (MySQL and MariaDB only).
    pub lock_tables: bool,
    /// Parallel jobs of a restore, where the tool can; `None` means one.
    pub jobs: Option<u8>,
}

/// What is taken and what is left out, as patterns with `*` and `?`. A table of PostgreSQL is matched as
/// `schema.table`; a pattern without a dot matches the table in every schema. MySQL and MongoDB match
/// the bare name of the table or collection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct Selection {
    /// Databases that are not taken although `databases` matches them.
    pub exclude_databases: Vec<String>,
    /// Tables or collections that are taken; empty means all.
    pub tables: Vec<String>,
    /// Tables or collections that are not taken.
    pub exclude_tables: Vec<String>,
    /// Tables or collections that are taken without their rows.
    pub structure_only: Vec<String>,
}

/// How the connection to a server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum TlsMode {
    /// In plain text.
    Off,
    /// Encrypted when the server offers it, without asking who the server is.
    Prefer,
    /// Encrypted, without asking who the server is.
    Require,
    /// Encrypted, and the server has to prove its name with a trusted certificate.
    Verify,
}

impl TlsMode {
    /// Every mode as the configuration writes it.
    pub(super) const WORDS: [&str; 4] = ["off", "prefer", "require", "verify"];

    /// The mode as the configuration writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::Verify => "verify",
        }
    }

    /// The mode with this word, if there is one.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Off, Self::Prefer, Self::Require, Self::Verify]
            .into_iter()
            .find(|mode| mode.word() == word)
    }

    /// Nothing between two programs on one computer can be overheard by others; anything that
    /// leaves it is verified.
    pub fn default_for(host: &str) -> Self {
        let is_here = host.is_empty()
            || host.starts_with('/')
            || host.eq_ignore_ascii_case("localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if is_here { Self::Prefer } else { Self::Verify }
    }
}

impl ConnectionSettings {
    /// How this connection is protected: as chosen, else as its host demands. A container is on this
    /// computer.
    pub fn tls(&self) -> TlsMode {
        let host = if self.server.container.is_some() { "" } else { self.host.as_str() };
        self.server.tls.unwrap_or_else(|| TlsMode::default_for(host))
    }
}

/// One place where backups are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StorageTarget {
    /// The table's name in the file; `default` for the published `[storage]` table. Unique.
    pub name: String,
    /// What kind of place it is.
    pub kind: StorageKind,
}

/// A kind of place with what it needs.
#[derive(Debug, Clone, PartialEq)]
pub enum StorageKind {
    /// A folder on this computer.
    Local {
        /// The folder; absolute.
        path: PathBuf,
    },
    /// An S3 bucket, known so that published files load.
    S3 {
        /// The bucket.
        bucket: String,
        /// The region.
        region: String,
        /// The access key's id.
        access_key: String,
        /// The secret key.
        secret_key: Option<Secret>,
    },
}

/// The published `[schedule]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// A cron expression of five fields.
    pub cron: String,
}

/// Preferences of the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Settings {
    /// Whether a desktop notification tells when a run ends while the window is not in front.
    pub notifications: bool,
    /// Light, dark, or what the desktop says.
    pub appearance: Appearance,
}

impl Default for Settings {
    fn default() -> Self {
        Self { notifications: true, appearance: Appearance::System }
    }
}

/// A change of preferences: what is `None` stays as it is in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SettingsChange {
    /// Switch notifications on or off.
    pub notifications: Option<bool>,
    /// Choose a colour scheme.
    pub appearance: Option<Appearance>,
}

impl From<Settings> for SettingsChange {
    fn from(settings: Settings) -> Self {
        Self { notifications: Some(settings.notifications), appearance: Some(settings.appearance) }
    }
}

/// The colour scheme of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Appearance {
    /// Follow the desktop.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}
