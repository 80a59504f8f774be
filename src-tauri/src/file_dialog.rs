//! The desktop's own file dialog, one at a time.
//!
//! Owns what is asked of it. A dialog that is left open must not keep one of the few threads that runs work
//! on, so its answer is awaited. What is done with a path is decided where it was asked for.

#[cfg(target_os = "linux")]
#[path = "file_dialog/gtk.rs"]
mod native;
#[cfg(not(target_os = "linux"))]
#[path = "file_dialog/plugin.rs"]
mod native;

use std::path::PathBuf;

use tauri::WebviewWindow;
use tokio::sync::{Mutex, oneshot};

/// What the user is asked for.
pub struct Question {
    /// What stands above it.
    pub title: String,
    /// Where it begins; `None` is the home folder.
    pub folder: Option<PathBuf>,
    /// What can be chosen.
    pub wanted: Wanted,
}

/// What can be chosen in a dialog.
pub enum Wanted {
    /// One file that exists.
    File,
    /// Files that exist.
    Files,
    /// A folder.
    Folder,
    /// The name of a file to make, beginning with this one.
    NewFile(String),
}

/// Whether a dialog is open.
#[derive(Default)]
pub struct Dialog(Mutex<()>);

impl Dialog {
    /// Asks, and returns what was chosen: nothing when the user has cancelled, and nothing while another
    /// dialog is open.
    pub async fn ask(&self, window: &WebviewWindow, mut question: Question) -> Vec<PathBuf> {
        let Ok(_open) = self.0.try_lock() else { return Vec::new() };
        // GTK would begin with "Recent", where a folder that is typed cannot be chosen.
        question.folder = question.folder.or_else(std::env::home_dir);
        let (tell, answer) = oneshot::channel();
        if let Err(error) = native::open(window, question, tell) {
            tracing::error!(%error, "the file dialog was not opened");
        }
        answer.await.unwrap_or_default()
    }
}
