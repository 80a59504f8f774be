//! Restoring a backup to a new place.

use kronos_engine::ids::RunId;
use kronos_engine::view::RestoreDraft;

use super::{Answer, Shared, because};
use crate::words::failed;

/// Says why a restore would be refused.
#[tauri::command]
pub async fn restore_check(app: Shared<'_>, draft: RestoreDraft) -> Answer<()> {
    let engine = app.engine().await?;
    engine.check_restore_target(&to_new(draft)).await.map_err(because(failed::RESTORE_CHECK))
}

/// Starts a restore.
#[tauri::command]
pub async fn restore_start(app: Shared<'_>, draft: RestoreDraft) -> Answer<RunId> {
    let engine = app.engine().await?;
    engine.start_restore(&to_new(draft)).map_err(because(failed::RESTORE))
}

/// The window restores to a new place only. What would replace a database is taken out of the draft,
/// whoever put it there, and the engine refuses a target that exists.
pub(super) fn to_new(draft: RestoreDraft) -> RestoreDraft {
    RestoreDraft { replace: None, ..draft }
}
