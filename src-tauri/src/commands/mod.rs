//! What the page in the window may ask for. Each command is one call of the engine.
//!
//! Owns the list of handlers and how an error becomes a report. The page is treated as hostile: a
//! command takes names and ids, and a path only where the user has typed or picked it.

mod backups;
mod files;
mod loads;
mod looks;
#[cfg(test)]
mod names;
mod pick;
mod profiles;
mod restore;
mod reveal;
mod runs;
mod settings;
mod storages;
mod watch;

use std::sync::Arc;

use kronos_engine::{Error, ErrorReport};

use crate::state::App;

pub use looks::CurrentLook;

type Shared<'a> = tauri::State<'a, Arc<App>>;
type Answer<T> = Result<T, ErrorReport>;

macro_rules! handlers {
    ($($area:ident::$command:ident,)*) => {
        /// The handlers, as Tauri wants them.
        pub fn handler() -> impl Fn(tauri::ipc::Invoke<tauri::Wry>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($area::$command),*]
        }

        #[cfg(test)]
        const HANDLED: &[&str] = &[$(stringify!($command)),*];
    };
}

handlers![
    watch::watch,
    watch::window_ready,
    runs::backup_start,
    runs::run_cancel,
    profiles::profile_probe,
    profiles::connection_parse_url,
    profiles::profile_save,
    profiles::profile_remove,
    pick::pick_database_files,
    pick::pick_file,
    pick::pick_folder,
    pick::pick_restore_target,
    pick::pick_dump_file,
    pick::pick_dump_folder,
    storages::storage_test,
    storages::storage_save,
    storages::storage_remove,
    backups::backups_list,
    backups::backup_details,
    backups::backup_verify,
    backups::backup_prove,
    backups::profile_prove,
    backups::backups_rescan,
    restore::restore_check,
    restore::restore_start,
    restore::restore_card,
    restore::restores_list,
    restore::undo_card,
    restore::undo_start,
    files::files_watch,
    files::file_look,
    files::file_check,
    files::file_restore_check,
    files::file_restore_start,
    files::file_restore_card,
    loads::file_load_plan,
    loads::file_load_start,
    looks::rows_first,
    looks::compare_archives,
    looks::compare_live,
    looks::look_stop,
    reveal::reveal_backup,
    reveal::reveal_storage,
    reveal::reveal_config,
    reveal::reveal_restored,
    settings::settings_save,
];

/// Describes the error that made `what` fail.
fn because(what: &'static str) -> impl FnOnce(Error) -> ErrorReport {
    move |error| {
        tracing::info!(%error, "{what}");
        ErrorReport::new(what, &error)
    }
}

#[cfg(test)]
mod tests;
