//! Looking inside a file that the user gave to the window, and restoring it.
//!
//! Owns that the page names such a file by its id only: the path stays on this side.

use std::path::PathBuf;

use kronos_engine::engine::{LoadPlaces, RestorePlaces};
use kronos_engine::ids::RunId;
use kronos_engine::look::Look;
use kronos_engine::view::{RestoreDraft, TargetCard};
use kronos_engine::{ErrorCode, ErrorReport};
use serde::Serialize;
use tauri::WebviewWindow;
use tauri::ipc::Channel;
use ts_rs::TS;

use super::{Answer, Shared, because};
use crate::opened_files::{FileId, FileNews, OpenedFile};
use crate::words::{self, failed};

/// What a look inside a file has found.
#[derive(Debug, Serialize, TS)]
#[ts(export)]
pub struct FileInside {
    /// The file.
    pub file: OpenedFile,
    /// What it is.
    pub look: Look,
    /// Where its databases can go; `None` for what is no Kronos archive.
    pub places: Option<RestorePlaces>,
    /// Where a dump of another program can be loaded; `None` for everything else.
    pub load: Option<LoadPlaces>,
}

/// Tells the page through `channel` what is dragged over the window and which files are opened.
#[tauri::command]
pub async fn files_watch(
    window: WebviewWindow,
    app: Shared<'_>,
    channel: Channel<FileNews>,
) -> Answer<()> {
    app.files.join(window.label(), channel);
    Ok(())
}

/// Looks inside. Reads a little of the file and writes nothing.
#[tauri::command]
pub async fn file_look(app: Shared<'_>, file: FileId) -> Answer<FileInside> {
    let (file, path) = find(&app, &file, failed::LOOK)?;
    let engine = app.engine().await?;
    let (look, load) = engine.look_to_load(path).await.map_err(because(failed::LOOK))?;
    let places = match &look {
        Look::Archive(archive) => {
            Some(engine.restore_places(archive).map_err(because(failed::LOOK))?)
        }
        _ => None,
    };
    Ok(FileInside { file, look, places, load })
}

/// Starts reading the whole file and comparing every hash, or names the run that does or did.
#[tauri::command]
pub async fn file_check(app: Shared<'_>, file: FileId, again: bool) -> Answer<RunId> {
    let (file, path) = find(&app, &file, failed::VERIFY)?;
    let engine = app.engine().await?;
    if let Some(run) = app.files.check_of(&file.id).filter(|_| !again) {
        return Ok(run);
    }
    let run = engine.start_verify_file(path).map_err(because(failed::VERIFY))?;
    app.files.note_check(&file.id, run.clone());
    Ok(run)
}

/// Says why a restore of this file would be refused.
#[tauri::command]
pub async fn file_restore_check(app: Shared<'_>, file: FileId, draft: RestoreDraft) -> Answer<()> {
    let (_, path) = find(&app, &file, failed::RESTORE_CHECK)?;
    let engine = app.engine().await?;
    engine.check_restore_of_file(path, &draft).await.map_err(because(failed::RESTORE_CHECK))
}

/// What a restore of this file would replace, beside what would come.
#[tauri::command]
pub async fn file_restore_card(
    app: Shared<'_>,
    file: FileId,
    draft: RestoreDraft,
) -> Answer<TargetCard> {
    let (_, path) = find(&app, &file, failed::CARD)?;
    let engine = app.engine().await?;
    engine.target_card_of_draft(path, &draft).await.map_err(because(failed::CARD))
}

/// Starts a restore of this file.
#[tauri::command]
pub async fn file_restore_start(
    app: Shared<'_>,
    file: FileId,
    draft: RestoreDraft,
) -> Answer<RunId> {
    let (_, path) = find(&app, &file, failed::RESTORE)?;
    let engine = app.engine().await?;
    engine.start_restore_of_file(path, &draft).await.map_err(because(failed::RESTORE))
}

#[expect(clippy::result_large_err, reason = "the report goes to the page, once per file")]
pub(super) fn find(app: &Shared<'_>, id: &FileId, what: &str) -> Answer<(OpenedFile, PathBuf)> {
    app.files.find(id).ok_or_else(|| ErrorReport {
        code: ErrorCode::Unknown,
        what: what.to_owned(),
        why: words::FILE_FORGOTTEN.to_owned(),
        next_step: Some(words::OPEN_AGAIN.to_owned()),
        not_affected: None,
        details: format!("{id:?}"),
        field: None,
    })
}
