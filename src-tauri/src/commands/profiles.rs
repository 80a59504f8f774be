//! Databases: trying out, saving, forgetting.

use kronos_engine::database::Probe;
use kronos_engine::view::ProfileDraft;

use super::{Answer, Shared, because};
use crate::words::failed;

/// Looks at the databases of a form; a saved password is that of the profile `original`.
#[tauri::command]
pub async fn profile_test(
    app: Shared<'_>,
    original: Option<String>,
    draft: ProfileDraft,
) -> Answer<Probe> {
    let engine = app.engine().await?;
    engine.probe(original.as_deref(), &draft).await.map_err(because(failed::PROFILE_TEST))
}

/// Saves a new profile, or an edited one under its `original` name.
#[tauri::command]
pub async fn profile_save(
    app: Shared<'_>,
    original: Option<String>,
    draft: ProfileDraft,
) -> Answer<()> {
    let engine = app.engine().await?;
    engine.save_profile(original.as_deref(), &draft).await.map_err(because(failed::PROFILE_SAVE))
}

/// Forgets a profile; its backups stay.
#[tauri::command]
pub async fn profile_remove(app: Shared<'_>, name: String) -> Answer<()> {
    let engine = app.engine().await?;
    engine.remove_profile(&name).await.map_err(because(failed::PROFILE_REMOVE))
}
