//! Listening to the engine.

use kronos_engine::view::WatchMessage;
use tauri::WebviewWindow;
use tauri::ipc::Channel;

use super::{Answer, Shared, because};
use crate::window;
use crate::words::failed;

/// Sends the whole picture through `channel`, and from then on everything that changes.
#[tauri::command]
pub async fn watch(
    window: WebviewWindow,
    app: Shared<'_>,
    channel: Channel<WatchMessage>,
) -> Answer<()> {
    let engine = app.engine().await?;
    let state = engine.state().await.map_err(because(failed::STATE))?;
    app.audience.join(window.label(), channel, state, engine);
    Ok(())
}

/// The page has something to show.
#[tauri::command]
pub async fn window_ready(window: WebviewWindow) {
    window::show_ready(&window);
}
