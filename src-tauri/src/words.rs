//! Every sentence that the shell itself says: in notifications, in dialogs, on the terminal.
//!
//! Owns words only. Errors of the engine bring their own; the window's words are in `ui/`.

use kronos_engine::ErrorCode;
use kronos_engine::event::RunKind;

pub const USAGE: &str = "Usage: kronos-desktop [--config FILE] [FILE]

Opens the window of Kronos; with FILE it looks inside a backup or a dump and changes nothing.
`--config` names another configuration file than the usual one.
The command `kronos` does the same work without a window.";
pub const NO_HOME: &str = "Kronos cannot find your home folder: please set HOME";
pub const NO_WINDOW: &str = "Kronos cannot open its window";

/// What failed, when a command of the window fails.
pub mod failed {
    pub const OPEN: &str = "Kronos cannot open its own records";
    pub const STATE: &str = "Kronos cannot say how things stand";
    pub const BACKUP: &str = "The backup was not started";
    pub const CANCEL: &str = "The run was not cancelled";
    pub const VERIFY: &str = "The check was not started";
    pub const RESTORE_CHECK: &str = "This restore would not work";
    pub const RESTORE: &str = "The restore was not started";
    pub const LOAD_PLAN: &str = "This cannot be loaded";
    pub const LOAD: &str = "The load was not started";
    pub const PROVE: &str = "The restore test was not started";
    pub const ROWS: &str = "The rows cannot be shown";
    pub const COMPARE: &str = "These were not compared";
    pub const CARD: &str = "This cannot be replaced";
    pub const RESTORES: &str = "The last restores cannot be shown";
    pub const UNDO: &str = "The undo was not started";
    pub const LOOK: &str = "Kronos cannot look inside";
    pub const PROFILE_PROBE: &str = "Kronos cannot back this up";
    pub const CONNECTION_URL: &str = "The form was not filled";
    pub const PROFILE_SAVE: &str = "The database was not saved";
    pub const PROFILE_REMOVE: &str = "The database was not removed";
    pub const STORAGE_TEST: &str = "This folder was not tested";
    pub const STORAGE_SAVE: &str = "The storage was not saved";
    pub const STORAGE_REMOVE: &str = "The storage was not removed";
    pub const BACKUPS: &str = "The list of backups cannot be shown";
    pub const DETAILS: &str = "This backup cannot be shown";
    pub const RESCAN: &str = "The storages were not searched";
    pub const REVEAL: &str = "The folder was not opened";
    pub const SETTINGS: &str = "The settings were not saved";
}

/// Titles of the desktop's file dialogs.
pub mod dialog {
    pub const DATABASES: &str = "Choose database files";
    pub const RESTORE: &str = "Save the restored database as";
    pub const DUMP: &str = "Choose a file to look inside";
    pub const DUMP_FOLDER: &str = "Choose a dump folder to look inside";
    /// Where the window names none.
    pub const FILE: &str = "Choose a file";
    pub const FOLDER: &str = "Choose a folder";
}

pub const FILE_FORGOTTEN: &str = "Kronos does not know this file any more";
pub const OPEN_AGAIN: &str = "Drop it again, or choose it again";
pub const OPEN_YOURSELF: &str = "Open it in your file manager";

/// The title of a notification. Fixed text: a name would stand there without its markup escaped.
pub fn title(kind: RunKind, went_well: bool) -> &'static str {
    match (kind, went_well) {
        (RunKind::Backup, true) => "Backup finished",
        (RunKind::Backup, false) => "Backup failed",
        (RunKind::Verify, true) => "Check finished",
        (RunKind::Verify, false) => "Check failed",
        (RunKind::Restore, true) => "Restore finished",
        (RunKind::Restore, false) => "Restore failed",
        (RunKind::RestoreTest, true) => "Restore test passed",
        (RunKind::RestoreTest, false) => "Restore test failed",
    }
}

/// What to do now that a run has failed. Names no path and no host.
pub fn next_step(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::SourceMissing => "The file is not where it was. Open Kronos to choose it again.",
        ErrorCode::ServerUnreachable => "The server does not answer. Start it and try again.",
        ErrorCode::ContainerUnavailable => "The container is not running. Start it and try again.",
        ErrorCode::LoginRefused | ErrorCode::SecretUnavailable => {
            "The server or the keychain refused the password. Open Kronos to enter it again."
        }
        ErrorCode::ToolMissing | ErrorCode::ToolUnfit => {
            "The tools that read this server are missing. Open Kronos to see how to install them."
        }
        ErrorCode::SourceLocked => "Another program holds it. Close that program and try again.",
        ErrorCode::StorageFull => "There is no space left. Free some space and try again.",
        ErrorCode::StorageUnavailable => {
            "The folder for backups cannot be reached. Connect its disk and try again."
        }
        ErrorCode::ArchiveDamaged | ErrorCode::ObjectMissing => {
            "That backup cannot be used. Open Kronos and make a new one."
        }
        ErrorCode::TargetExists => "Nothing was overwritten. Open Kronos to choose another name.",
        _ => "Open Kronos to see why and what to do.",
    }
}
