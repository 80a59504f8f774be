//! Databases: trying out, saving, forgetting.

use kronos_engine::Engine;
use kronos_engine::database::Probe;
use kronos_engine::view::{ParsedUrl, ProfileDraft};

use super::{Answer, Shared, because};
use crate::words::failed;

/// Looks at the databases of a form; a password that is not in it is that of the saved profile `original`.
#[tauri::command]
pub async fn profile_probe(
    app: Shared<'_>,
    original: Option<String>,
    draft: ProfileDraft,
) -> Answer<Probe> {
    let engine = app.engine().await?;
    engine.probe(original.as_deref(), &draft).await.map_err(because(failed::PROFILE_PROBE))
}

/// Takes a connection URL apart. Kronos keeps nothing of it.
#[tauri::command]
#[expect(clippy::result_large_err, reason = "the report goes to the page, once per paste")]
pub fn connection_parse_url(text: &str) -> Answer<ParsedUrl> {
    Engine::parse_url(text).map_err(because(failed::CONNECTION_URL))
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
