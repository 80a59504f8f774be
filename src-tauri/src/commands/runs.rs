//! Starting backups and stopping runs.

use kronos_engine::ids::RunId;

use super::{Answer, Shared, because};
use crate::words::failed;

/// Starts a backup of each profile; of all that can be backed up when none is named.
#[tauri::command]
pub async fn backup_start(app: Shared<'_>, profiles: Vec<String>) -> Answer<Vec<RunId>> {
    let engine = app.engine().await?;
    engine.start_backups(&profiles).map_err(because(failed::BACKUP))
}

/// Asks a run to stop.
#[tauri::command]
pub async fn run_cancel(app: Shared<'_>, run: RunId) -> Answer<()> {
    let engine = app.engine().await?;
    engine.cancel(&run).map_err(because(failed::CANCEL))
}
