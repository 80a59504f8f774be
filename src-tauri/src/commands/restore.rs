//! Restoring a backup: to a new place, or in place of what is there, and undoing that.
//!
//! Owns nothing of what has to be typed before something is replaced: the engine refuses whatever was not.

use kronos_engine::ids::RunId;
use kronos_engine::view::{RestoreDraft, RestoreView, TargetCard};

use super::{Answer, Shared, because};
use crate::words::failed;

/// Says why a restore would be refused.
#[tauri::command]
pub async fn restore_check(app: Shared<'_>, draft: RestoreDraft) -> Answer<()> {
    let engine = app.engine().await?;
    engine.check_restore_target(&draft).await.map_err(because(failed::RESTORE_CHECK))
}

/// Starts a restore.
#[tauri::command]
pub async fn restore_start(app: Shared<'_>, draft: RestoreDraft) -> Answer<RunId> {
    let engine = app.engine().await?;
    engine.start_restore(&draft).map_err(because(failed::RESTORE))
}

/// What a restore would replace, beside what would come.
#[tauri::command]
pub async fn restore_card(app: Shared<'_>, draft: RestoreDraft) -> Answer<TargetCard> {
    let engine = app.engine().await?;
    engine.target_card(&draft).await.map_err(because(failed::CARD))
}

/// The last restores, also those before this start of the program.
#[tauri::command]
pub async fn restores_list(app: Shared<'_>) -> Answer<Vec<RestoreView>> {
    let engine = app.engine().await?;
    engine.restores().await.map_err(because(failed::RESTORES))
}

/// What the undo of a restore would replace, beside what would come back.
#[tauri::command]
pub async fn undo_card(app: Shared<'_>, run: RunId) -> Answer<TargetCard> {
    let engine = app.engine().await?;
    engine.undo_card(Some(&run)).await.map_err(because(failed::CARD))
}

/// Starts the undo of a restore.
#[tauri::command]
pub async fn undo_start(app: Shared<'_>, run: RunId, disconnect: bool) -> Answer<RunId> {
    let engine = app.engine().await?;
    engine.start_undo(Some(&run), disconnect).await.map_err(because(failed::UNDO))
}
