//! What the user chooses in the desktop's own file dialogs.
//!
//! Owns what is asked for and where a dialog begins. Whoever gets a path as text may only put it into a field
//! of a form; a file to look inside stays on this side.

use std::path::Path;

use tauri::WebviewWindow;

use super::{Answer, Shared};
use crate::file_dialog::{Question, Wanted};
use crate::opened_files::OpenedFile;
use crate::words::dialog;

/// Lets the user choose database files. No filter: a database may have any ending, or none.
#[tauri::command]
pub async fn pick_database_files(window: WebviewWindow, app: Shared<'_>) -> Answer<Vec<String>> {
    let chosen = app.dialog.ask(&window, question(dialog::DATABASES, Wanted::Files)).await;
    Ok(chosen.iter().map(|path| text(path)).collect())
}

/// Lets the user choose one file: a certificate, a file with a password.
#[tauri::command]
pub async fn pick_file(
    window: WebviewWindow,
    app: Shared<'_>,
    title: String,
) -> Answer<Option<String>> {
    let chosen = app.dialog.ask(&window, question(or(&title, dialog::FILE), Wanted::File)).await;
    Ok(chosen.first().map(|path| text(path)))
}

/// Lets the user choose a folder.
#[tauri::command]
pub async fn pick_folder(
    window: WebviewWindow,
    app: Shared<'_>,
    title: String,
) -> Answer<Option<String>> {
    let chosen =
        app.dialog.ask(&window, question(or(&title, dialog::FOLDER), Wanted::Folder)).await;
    Ok(chosen.first().map(|path| text(path)))
}

/// Lets the user name the file of a restore, beginning with `suggested`.
#[tauri::command]
pub async fn pick_restore_target(
    window: WebviewWindow,
    app: Shared<'_>,
    suggested: String,
) -> Answer<Option<String>> {
    let suggested = Path::new(&suggested);
    let name = suggested.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = suggested.parent().filter(|folder| folder.is_absolute()).map(Path::to_owned);
    let question = Question { folder, ..question(dialog::RESTORE, Wanted::NewFile(name)) };
    Ok(app.dialog.ask(&window, question).await.first().map(|path| text(path)))
}

/// Lets the user choose a file to look inside. No filter: its kind is read from its bytes.
#[tauri::command]
pub async fn pick_dump_file(window: WebviewWindow, app: Shared<'_>) -> Answer<Option<OpenedFile>> {
    let chosen = app.dialog.ask(&window, question(dialog::DUMP, Wanted::File)).await;
    Ok(chosen.into_iter().next().map(|path| app.files.add(path)))
}

/// Lets the user choose a folder that a dump tool has made.
#[tauri::command]
pub async fn pick_dump_folder(
    window: WebviewWindow,
    app: Shared<'_>,
) -> Answer<Option<OpenedFile>> {
    let chosen = app.dialog.ask(&window, question(dialog::DUMP_FOLDER, Wanted::Folder)).await;
    Ok(chosen.into_iter().next().map(|path| app.files.add(path)))
}

fn question(title: &str, wanted: Wanted) -> Question {
    Question { title: title.to_owned(), folder: None, wanted }
}

fn or<'a>(title: &'a str, otherwise: &'a str) -> &'a str {
    Some(title.trim()).filter(|title| !title.is_empty()).unwrap_or(otherwise)
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
