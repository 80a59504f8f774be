//! Loading what another program has dumped into a new database.
//!
//! Owns nothing of what may run: the engine refuses whatever the user has not agreed to.

use kronos_engine::ids::RunId;
use kronos_engine::load::LoadPlan;
use kronos_engine::view::LoadDraft;

use super::{Answer, Shared, because, files};
use crate::opened_files::FileId;
use crate::words::failed;

/// What is to be known before this dump is loaded, or why that would be refused.
#[tauri::command]
pub async fn file_load_plan(app: Shared<'_>, file: FileId, draft: LoadDraft) -> Answer<LoadPlan> {
    let (_, path) = files::find(&app, &file, failed::LOAD_PLAN)?;
    let engine = app.engine().await?;
    engine.load_plan(path, &(&draft).into()).await.map_err(because(failed::LOAD_PLAN))
}

/// Starts to load this dump into a new database.
#[tauri::command]
pub async fn file_load_start(app: Shared<'_>, file: FileId, draft: LoadDraft) -> Answer<RunId> {
    let (_, path) = files::find(&app, &file, failed::LOAD)?;
    let engine = app.engine().await?;
    engine.start_load(path, &(&draft).into()).await.map_err(because(failed::LOAD))
}
