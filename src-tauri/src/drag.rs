//! What is dragged over the window.
//!
//! Owns the desktop's events of a drag, and one detail: the toolkit beneath tells paths as text and loses
//! what is none, so on Linux the addresses of the drag are read once more. What a drop means is not decided
//! here.

use tauri::{DragDropEvent, WebviewWindow};

use crate::opened_files::OpenedFiles;

/// Passes on what happens to a drag.
pub fn follow(files: &OpenedFiles, event: DragDropEvent) {
    match event {
        DragDropEvent::Enter { paths, .. } => files.hover(&files.exact(paths)),
        DragDropEvent::Drop { paths, .. } => files.open(files.exact(paths)),
        DragDropEvent::Leave => files.hover_ended(),
        _ => {}
    }
}

/// Reads the addresses of each drag byte for byte.
#[cfg(target_os = "linux")]
pub fn read_exactly(window: &WebviewWindow) -> tauri::Result<()> {
    use std::sync::Arc;

    use gtk::prelude::WidgetExt;
    use tauri::Manager;

    let app = window.app_handle().clone();
    window.with_webview(move |webview| {
        webview.inner().connect_drag_data_received(move |_, _, _, _, data, _, _| {
            let uris = data.uris();
            let paths = uris.iter().filter_map(|uri| gtk::glib::filename_from_uri(uri).ok());
            let paths = paths.map(|(path, _host)| path).collect();
            app.state::<Arc<crate::state::App>>().files.dragged(paths);
        });
    })
}

/// Elsewhere the toolkit tells paths as they are.
#[cfg(not(target_os = "linux"))]
pub fn read_exactly(_: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}
