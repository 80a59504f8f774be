//! What is in a backup, the same for a stored one and for a file from anywhere.
//!
//! Owns the join of the engine's two answers. How it looks is in `render`.

use std::path::Path;

use jiff::Timestamp;
use kronos_engine::archive::Unit;
use kronos_engine::contents::RestoreTest;
use kronos_engine::contents::{Consistency, ServerInfo};
use kronos_engine::engine::ArchiveContents;
use kronos_engine::ids::{BackupId, EngineKind};
use kronos_engine::view::{BackupDetails, BackupStatus};
use serde::Serialize;

/// Everything that is known about one backup.
#[derive(Debug, Serialize)]
pub struct Inspection {
    pub id: BackupId,
    pub profile: String,
    pub engine: EngineKind,
    pub created_at: Timestamp,
    pub kronos_version: String,
    /// Where the archive is.
    pub location: String,
    pub stored_bytes: u64,
    pub raw_bytes: u64,
    pub sha256: String,
    pub status: BackupStatus,
    pub verified_at: Timestamp,
    /// The last restore test, as far as the list of backups knows one.
    pub restore_test: Option<RestoreTest>,
    pub consistency: Consistency,
    pub server: ServerInfo,
    pub units: Vec<Unit>,
    pub warnings: Vec<String>,
    pub restore_command: String,
    pub manual_commands: String,
}

impl From<BackupDetails> for Inspection {
    fn from(details: BackupDetails) -> Self {
        let backup = details.backup;
        Self {
            id: backup.id,
            profile: backup.profile,
            engine: backup.engine,
            created_at: backup.created_at,
            kronos_version: details.kronos_version,
            location: details.location,
            stored_bytes: backup.stored_bytes,
            raw_bytes: backup.raw_bytes,
            sha256: details.sha256,
            status: backup.status,
            verified_at: backup.verified_at,
            restore_test: backup.restore_test,
            consistency: details.consistency,
            server: details.server,
            units: details.units,
            warnings: backup.warnings,
            restore_command: details.restore_command,
            manual_commands: details.manual_commands,
        }
    }
}

impl Inspection {
    /// A file that the engine has just read to its end.
    pub fn of_file(path: &Path, contents: ArchiveContents) -> Self {
        let raw_bytes = contents.manifest.raw_bytes();
        let (manifest, location) = (contents.manifest, path.display().to_string());
        let restore_command = restore_command(&location, &manifest.units);
        Self {
            id: manifest.header.id,
            profile: manifest.header.profile,
            engine: manifest.header.engine,
            created_at: manifest.header.created_at,
            kronos_version: manifest.header.kronos_version,
            location,
            stored_bytes: contents.stored_bytes,
            raw_bytes,
            sha256: contents.sha256,
            status: BackupStatus::Verified,
            verified_at: Timestamp::now(),
            restore_test: None,
            consistency: manifest.consistency,
            server: manifest.header.server,
            units: manifest.units,
            warnings: manifest.warnings,
            restore_command,
            manual_commands: contents.manual_commands,
        }
    }
}

fn restore_command(location: &str, units: &[Unit]) -> String {
    let quote = |text: &str| shell_words::quote(text).into_owned();
    let mut command = format!("kronos restore {}", quote(location));
    if let [first, _, ..] = units {
        command.push_str(&format!(" --database {}", quote(&first.name)));
    }
    command + " --to restored.sqlite"
}
