//! The dialog of Windows and macOS, by Tauri's plugin.

use std::path::PathBuf;

use tauri::WebviewWindow;
use tauri_plugin_dialog::{DialogExt, FilePath};
use tokio::sync::oneshot::Sender;

use super::{Question, Wanted};

/// Opens the dialog; its answer is sent through `tell`.
pub fn open(
    window: &WebviewWindow,
    question: Question,
    tell: Sender<Vec<PathBuf>>,
) -> tauri::Result<()> {
    let mut builder = window.dialog().file().set_parent(window).set_title(question.title);
    if let Some(folder) = question.folder {
        builder = builder.set_directory(folder);
    }
    let one = |file: Option<FilePath>| file.into_iter().collect();
    match question.wanted {
        Wanted::File => builder.pick_file(move |file| send(tell, one(file))),
        Wanted::Files => builder.pick_files(move |files| send(tell, files.unwrap_or_default())),
        Wanted::Folder => builder.pick_folder(move |folder| send(tell, one(folder))),
        Wanted::NewFile(name) => {
            builder.set_file_name(name).save_file(move |file| send(tell, one(file)));
        }
    }
    Ok(())
}

fn send(tell: Sender<Vec<PathBuf>>, chosen: Vec<FilePath>) {
    let paths = chosen.into_iter().filter_map(|path| path.into_path().ok()).collect();
    // Whoever has asked may be gone.
    let _ = tell.send(paths);
}
