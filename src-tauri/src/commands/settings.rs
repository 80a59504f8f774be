//! Preferences.

use kronos_engine::config::Settings;

use super::{Answer, Shared, because};
use crate::words::failed;

/// Saves preferences.
#[tauri::command]
pub async fn settings_save(app: Shared<'_>, settings: Settings) -> Answer<()> {
    let engine = app.engine().await?;
    engine.save_settings(&settings).map_err(because(failed::SETTINGS))
}
