//! The names of all commands of the window.
//!
//! Owns the list that `build.rs` turns into permissions: what is not in it is refused, whoever asks.

/// Every command.
pub const NAMES: &[&str] = &[
    "watch",
    "window_ready",
    "backup_start",
    "run_cancel",
    "profile_probe",
    "connection_parse_url",
    "profile_save",
    "profile_remove",
    "pick_database_files",
    "pick_file",
    "pick_folder",
    "pick_restore_target",
    "storage_test",
    "storage_save",
    "storage_remove",
    "backups_list",
    "backup_details",
    "backup_verify",
    "backups_rescan",
    "restore_check",
    "restore_start",
    "reveal_backup",
    "reveal_storage",
    "reveal_config",
    "reveal_restored",
    "settings_save",
];
