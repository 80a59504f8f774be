//! The list of backups and one backup of it.

use kronos_engine::ids::{BackupId, RunId};
use kronos_engine::view::{BackupDetails, BackupView};

use super::{Answer, Shared, because};
use crate::words::failed;

/// All backups, newest first.
#[tauri::command]
pub async fn backups_list(app: Shared<'_>) -> Answer<Vec<BackupView>> {
    let engine = app.engine().await?;
    engine.backups().await.map_err(because(failed::BACKUPS))
}

/// Everything that is known about one backup.
#[tauri::command]
pub async fn backup_details(app: Shared<'_>, id: BackupId) -> Answer<BackupDetails> {
    let engine = app.engine().await?;
    engine.backup(&id).map_err(because(failed::DETAILS))
}

/// Starts reading a backup and comparing every hash.
#[tauri::command]
pub async fn backup_verify(app: Shared<'_>, id: BackupId) -> Answer<RunId> {
    let engine = app.engine().await?;
    engine.start_verify(&id).map_err(because(failed::VERIFY))
}

/// Starts to restore a backup to a scratch place, as a test.
#[tauri::command]
pub async fn backup_prove(app: Shared<'_>, id: BackupId) -> Answer<RunId> {
    let engine = app.engine().await?;
    engine.start_restore_test_of(&id).map_err(because(failed::PROVE))
}

/// Starts to restore the newest good backup of a profile to a scratch place, as a test.
#[tauri::command]
pub async fn profile_prove(app: Shared<'_>, name: String) -> Answer<RunId> {
    let engine = app.engine().await?;
    engine.start_restore_test(&name).map_err(because(failed::PROVE))
}

/// Looks for backups in every storage; says how many were not known before.
#[tauri::command]
pub async fn backups_rescan(app: Shared<'_>) -> Answer<u64> {
    let engine = app.engine().await?;
    let report = engine.rescan().await.map_err(because(failed::RESCAN))?;
    Ok(report.added)
}
