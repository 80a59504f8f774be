//! The desktop's own file dialogs.
//!
//! Owns how they are opened: by callbacks, because a dialog that is left open must not keep one of
//! the few threads that runs work on.

use std::path::Path;

use tauri::WebviewWindow;
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;

use super::{Answer, Shared};
use crate::opened_files::OpenedFile;
use crate::words::dialog;

type Builder = FileDialogBuilder<tauri::Wry>;

/// Lets the user choose database files. No filter: a database may have any ending, or none.
#[tauri::command]
pub async fn pick_database_files(window: WebviewWindow) -> Vec<String> {
    let (tell, answer) = oneshot::channel();
    at_home(&window, dialog::DATABASES).pick_files(|files| drop(tell.send(files)));
    let files = answer.await.ok().flatten().unwrap_or_default();
    files.into_iter().filter_map(text).collect()
}

/// Lets the user choose one file: a certificate, a file with a password.
#[tauri::command]
pub async fn pick_file(window: WebviewWindow, title: String) -> Option<String> {
    let title = if title.trim().is_empty() { dialog::FILE } else { title.trim() };
    let (tell, answer) = oneshot::channel();
    at_home(&window, title).pick_file(|file| drop(tell.send(file)));
    answer.await.ok().flatten().and_then(text)
}

/// Lets the user choose a folder.
#[tauri::command]
pub async fn pick_folder(window: WebviewWindow, title: String) -> Option<String> {
    let title = if title.trim().is_empty() { dialog::FOLDER } else { title.trim() };
    let (tell, answer) = oneshot::channel();
    at_home(&window, title).pick_folder(|folder| drop(tell.send(folder)));
    answer.await.ok().flatten().and_then(text)
}

/// Lets the user name the file of a restore, beginning with `suggested`.
#[tauri::command]
pub async fn pick_restore_target(window: WebviewWindow, suggested: String) -> Option<String> {
    let suggested = Path::new(&suggested);
    let mut builder = at_home(&window, dialog::RESTORE);
    if let Some(folder) = suggested.parent().filter(|folder| folder.is_absolute()) {
        builder = builder.set_directory(folder);
    }
    if let Some(name) = suggested.file_name() {
        builder = builder.set_file_name(name.to_string_lossy());
    }
    let (tell, answer) = oneshot::channel();
    builder.save_file(|file| drop(tell.send(file)));
    answer.await.ok().flatten().and_then(text)
}

/// Lets the user choose a file to look inside. No filter: its kind is read from its bytes.
#[tauri::command]
pub async fn pick_dump_file(window: WebviewWindow, app: Shared<'_>) -> Answer<Option<OpenedFile>> {
    let (tell, answer) = oneshot::channel();
    at_home(&window, dialog::DUMP).pick_file(|file| drop(tell.send(file)));
    Ok(answer.await.ok().flatten().and_then(|file| opened(&app, file)))
}

/// Lets the user choose a folder that a dump tool has made.
#[tauri::command]
pub async fn pick_dump_folder(
    window: WebviewWindow,
    app: Shared<'_>,
) -> Answer<Option<OpenedFile>> {
    let (tell, answer) = oneshot::channel();
    at_home(&window, dialog::DUMP_FOLDER).pick_folder(|folder| drop(tell.send(folder)));
    Ok(answer.await.ok().flatten().and_then(|folder| opened(&app, folder)))
}

fn opened(app: &Shared<'_>, path: FilePath) -> Option<OpenedFile> {
    Some(app.files.add(path.into_path().ok()?))
}

/// GTK would begin with "Recent", where a folder that is typed cannot be chosen.
fn at_home(window: &WebviewWindow, title: &str) -> Builder {
    let builder = window.dialog().file().set_parent(window).set_title(title);
    match std::env::home_dir() {
        Some(home) => builder.set_directory(home),
        None => builder,
    }
}

fn text(path: FilePath) -> Option<String> {
    Some(path.into_path().ok()?.display().to_string())
}
