//! Preferences.

use kronos_engine::config::SettingsChange;

use super::{Answer, Shared, because};
use crate::words::failed;

/// Saves the preferences that were changed.
#[tauri::command]
pub async fn settings_save(app: Shared<'_>, change: SettingsChange) -> Answer<()> {
    let engine = app.engine().await?;
    engine.save_settings(&change).map_err(because(failed::SETTINGS))
}
