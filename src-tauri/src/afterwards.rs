//! What happens when a run has ended: a notification if nobody is looking, and the end of the
//! program if its window is gone and nothing is left to do.
//!
//! Owns a thread of its own, because asking the desktop may take long. The words are elsewhere.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use kronos_engine::event::RunView;
use tauri::{AppHandle, Manager};

use crate::notifications::Notifications;
use crate::state::App;
use crate::window;

/// Starts the thread and returns where to send ended runs.
pub fn start(app: AppHandle) -> Sender<RunView> {
    let (sender, ended) = channel();
    let thread = std::thread::Builder::new().name("afterwards".into());
    if let Err(error) = thread.spawn(move || listen(&app, &ended)) {
        tracing::error!(%error, "there will be no notifications");
    }
    sender
}

fn listen(app: &AppHandle, ended: &Receiver<RunView>) {
    let mut notifications = Notifications::default();
    for run in ended {
        if !window::is_in_front(app) && wanted(app) {
            notifications.tell(&run);
        }
        leave_if_done(app);
    }
}

fn wanted(app: &AppHandle) -> bool {
    let app = app.state::<Arc<App>>();
    let config = app.opened().map(kronos_engine::Engine::config);
    // A configuration that was broken meanwhile is no reason to be silent.
    config.is_none_or(|config| config.is_ok_and(|config| config.settings.notifications))
}

fn leave_if_done(app: &AppHandle) {
    let window_is_gone = app.get_webview_window(window::MAIN).is_none();
    if window_is_gone && !app.state::<Arc<App>>().is_working() {
        tracing::info!("the last run has ended and there is no window");
        app.exit(0);
    }
}
