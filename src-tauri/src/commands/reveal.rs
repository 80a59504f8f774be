//! Showing a file of Kronos in the desktop's file manager.
//!
//! Owns that only recorded places are opened, never a path from the page, and never a file itself:
//! where no file manager answers, the folder around it is opened.

use std::path::{Path, PathBuf};

use kronos_engine::config::StorageKind;
use kronos_engine::error::StorageError;
use kronos_engine::event::{RunResult, RunView};
use kronos_engine::ids::{BackupId, RunId};
use kronos_engine::{Error, ErrorCode, ErrorReport};

use super::{Answer, Shared, because};
use crate::words::{self, failed};

/// Shows the archive of a backup.
#[tauri::command]
pub async fn reveal_backup(app: Shared<'_>, id: BackupId) -> Answer<()> {
    let backup = app.engine().await?.backup(&id).map_err(because(failed::REVEAL))?;
    show(backup.location.into()).await
}

/// Shows the folder of a storage.
#[tauri::command]
pub async fn reveal_storage(app: Shared<'_>, name: String) -> Answer<()> {
    let config = app.engine().await?.config().map_err(because(failed::REVEAL))?;
    let target = config.storage(&name).map_err(because(failed::REVEAL))?;
    match &target.kind {
        StorageKind::Local { path } => show(path.clone()).await,
        StorageKind::S3 { .. } => {
            let error = StorageError::NotSupported { kind: "S3" };
            Err(because(failed::REVEAL)(error.into()))
        }
    }
}

/// Shows the configuration file.
#[tauri::command]
pub async fn reveal_config(app: Shared<'_>) -> Answer<()> {
    show(app.engine().await?.config_path().to_owned()).await
}

/// Shows the database that a run has restored.
#[tauri::command]
pub async fn reveal_restored(app: Shared<'_>, run: RunId) -> Answer<()> {
    let ended = app.engine().await?.ended_runs();
    let target = ended.iter().find(|ended| ended.id == run).and_then(restored);
    let unknown = || Error::Unknown { kind: "run", name: run.to_string() };
    show(target.ok_or_else(unknown).map_err(because(failed::REVEAL))?).await
}

fn restored(run: &RunView) -> Option<PathBuf> {
    match run.result.as_ref()? {
        // A database on a server is no file that could be shown.
        RunResult::Restore { target, .. } | RunResult::Load { target, .. } => {
            Some(PathBuf::from(target)).filter(|path| path.is_absolute())
        }
        _ => None,
    }
}

async fn show(path: PathBuf) -> Answer<()> {
    let shown = path.clone();
    let outcome = tokio::task::spawn_blocking(move || open(&path)).await;
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(not_opened(&shown, &error.to_string())),
        Err(panic) => Err(not_opened(&shown, &panic.to_string())),
    }
}

fn open(path: &Path) -> Result<(), tauri_plugin_opener::Error> {
    if path.exists() && tauri_plugin_opener::reveal_item_in_dir(path).is_ok() {
        return Ok(());
    }
    let mut around = path.ancestors().filter(|folder| folder.is_dir());
    let folder = around.next().unwrap_or(Path::new("/"));
    tauri_plugin_opener::open_path(folder, None::<&str>)
}

fn not_opened(path: &Path, why: &str) -> ErrorReport {
    ErrorReport {
        code: ErrorCode::Internal,
        what: failed::REVEAL.to_owned(),
        why: format!("No file manager could be started for `{}`", path.display()),
        next_step: Some(words::OPEN_YOURSELF.to_owned()),
        not_affected: None,
        details: why.to_owned(),
        field: None,
    }
}
