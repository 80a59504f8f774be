//! Storages: trying out, saving, forgetting.

use kronos_engine::view::{StorageCheck, StorageDraft};

use super::{Answer, Shared, because};
use crate::words::failed;

/// Writes, reads and removes a small file in a folder.
#[tauri::command]
pub async fn storage_test(app: Shared<'_>, draft: StorageDraft) -> Answer<StorageCheck> {
    let engine = app.engine().await?;
    engine.check_storage(&draft).await.map_err(because(failed::STORAGE_TEST))
}

/// Saves a new storage, or an edited one under its `original` name.
#[tauri::command]
pub async fn storage_save(
    app: Shared<'_>,
    original: Option<String>,
    draft: StorageDraft,
) -> Answer<()> {
    let engine = app.engine().await?;
    engine.save_storage(original.as_deref(), &draft).map_err(because(failed::STORAGE_SAVE))
}

/// Forgets a storage; what is in it stays.
#[tauri::command]
pub async fn storage_remove(app: Shared<'_>, name: String) -> Answer<()> {
    let engine = app.engine().await?;
    engine.remove_storage(&name).map_err(because(failed::STORAGE_REMOVE))
}
