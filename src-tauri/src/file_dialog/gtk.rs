//! The dialog of GTK, over the window that it was asked for in.
//!
//! Not through the crate `rfd`, as elsewhere: it takes the name of what was chosen without looking whether
//! there is one, and ends the whole program where GTK has none, with every run that is going on.

use std::cell::Cell;
use std::path::PathBuf;

use gtk::prelude::{FileChooserExt, NativeDialogExt};
use gtk::{FileChooserAction, FileChooserNative, ResponseType};
use tauri::WebviewWindow;
use tokio::sync::oneshot::Sender;

use super::{Question, Wanted};

/// Opens the dialog; its answer is sent through `tell`.
pub fn open(
    window: &WebviewWindow,
    question: Question,
    tell: Sender<Vec<PathBuf>>,
) -> tauri::Result<()> {
    let parent = window.clone();
    window.run_on_main_thread(move || {
        let action = match question.wanted {
            Wanted::File | Wanted::Files => FileChooserAction::Open,
            Wanted::Folder => FileChooserAction::SelectFolder,
            Wanted::NewFile(_) => FileChooserAction::Save,
        };
        let parent = parent.gtk_window().ok();
        let dialog =
            FileChooserNative::new(Some(&question.title), parent.as_ref(), action, None, None);
        dialog.set_modal(true);
        dialog.set_select_multiple(matches!(question.wanted, Wanted::Files));
        if let Some(folder) = &question.folder {
            dialog.set_current_folder(folder);
        }
        if let Wanted::NewFile(name) = &question.wanted {
            dialog.set_current_name(name);
        }
        answer_to(&dialog, tell);
        dialog.show();
    })
}

/// The dialog lives until it has answered: its own handler holds it.
fn answer_to(dialog: &FileChooserNative, tell: Sender<Vec<PathBuf>>) {
    let (held, tell) = (Cell::new(Some(dialog.clone())), Cell::new(Some(tell)));
    dialog.connect_response(move |dialog, response| {
        let accepted = response == ResponseType::Accept;
        // What is on no disk of this computer has no name here.
        let chosen = if accepted { dialog.filenames() } else { Vec::new() };
        if let Some(tell) = tell.take() {
            // Whoever has asked may be gone.
            let _ = tell.send(chosen);
        }
        if let Some(dialog) = held.take() {
            dialog.destroy();
        }
    });
}
