//! The values of a checked configuration.
//!
//! Owns names and defaults. What a connection setting means to an engine belongs to `database`, what
//! a storage setting means belongs to `storage`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::CompressionSettings;
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
}

/// How to reach the databases of a profile, in the words of the published configuration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionSettings {
    /// The server; for SQLite the folder that holds the files.
    pub host: String,
    /// The server's port; 0 when it has none or the engine's default one.
    pub port: u16,
    /// The user's name.
    pub user: String,
    /// The user's password, if the engine needs one.
    pub password: Option<Secret>,
    /// Database names; for SQLite file names inside `host`.
    pub databases: Vec<String>,
    /// Database files, each with its own path (SQLite only; instead of `host` and `databases`).
    pub paths: Vec<PathBuf>,
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
