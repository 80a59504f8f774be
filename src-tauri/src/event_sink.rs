//! The engine's events on their way to the windows.
//!
//! Owns the order of messages: a window hears the whole picture first, then single runs, and never
//! an old picture after newer news. Makes no picture itself and waits for nobody.

use std::collections::HashMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kronos_engine::Engine;
use kronos_engine::event::{Event, EventSink, RunView};
use kronos_engine::view::{AppState, WatchMessage};
use tauri::AppHandle;
use tauri::ipc::Channel;
use tokio::sync::Notify;

use crate::state::App;
use crate::window;

/// Changes that come within this time make one new picture.
const BURST: Duration = Duration::from_millis(40);

/// The windows that listen, by their label. A page that is loaded anew replaces its predecessor.
#[derive(Default)]
pub struct Audience {
    channels: Mutex<HashMap<String, Channel<WatchMessage>>>,
    changed: Notify,
}

impl Audience {
    /// Sends the picture to a window and everything that follows from then on.
    pub fn join(
        &self,
        label: &str,
        channel: Channel<WatchMessage>,
        state: AppState,
        engine: &Engine,
    ) {
        let mut channels = self.lock();
        if channel.send(picture(state, engine)).is_ok() {
            channels.insert(label.to_owned(), channel);
        }
        drop(channels);
        // What happened while that picture was made was told to nobody.
        self.picture_changed();
    }

    /// Forgets a window that is gone.
    pub fn leave(&self, label: &str) {
        self.lock().remove(label);
    }

    /// Asks for a new picture for everyone.
    pub fn picture_changed(&self) {
        self.changed.notify_one();
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn tell(&self, message: &WatchMessage) {
        self.lock().retain(|_, channel| channel.send(message.clone()).is_ok());
    }

    /// The runs are read while nobody else can send: a run whose end was already told cannot come
    /// back to life through a picture that was begun before.
    fn tell_picture(&self, state: AppState, engine: &Engine) {
        let mut channels = self.lock();
        let message = picture(state, engine);
        channels.retain(|_, channel| channel.send(message.clone()).is_ok());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Channel<WatchMessage>>> {
        // A map of channels is complete after every single operation.
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn picture(mut state: AppState, engine: &Engine) -> WatchMessage {
    state.active_runs = engine.active_runs();
    state.recent_runs = engine.ended_runs();
    WatchMessage::State(Box::new(state))
}

/// Where the engine's events go.
pub struct Outlet {
    audience: Arc<Audience>,
    ended: Sender<RunView>,
}

impl Outlet {
    /// Tells `audience` everything, and hands runs that have ended to `ended`.
    pub fn new(audience: Arc<Audience>, ended: Sender<RunView>) -> Self {
        Self { audience, ended }
    }
}

impl EventSink for Outlet {
    fn emit(&self, event: Event) {
        if let Event::RunFinished(run) = &event {
            // The receiver lives as long as the program.
            let _ = self.ended.send(run.clone());
        }
        let progress_only = matches!(event, Event::RunPhase(_) | Event::RunProgress(_));
        self.audience.tell(&WatchMessage::Run(Box::new(event)));
        if !progress_only {
            self.audience.picture_changed();
        }
    }
}

/// Sends a new picture after every change, for as long as the program runs.
pub async fn keep_informed(app: AppHandle, shared: Arc<App>) {
    loop {
        shared.audience.changed.notified().await;
        tokio::time::sleep(BURST).await;
        let Some(engine) = shared.opened() else { continue };
        if shared.audience.is_empty() {
            continue;
        }
        match engine.state().await {
            Ok(state) => {
                window::set_appearance(&app, state.settings.appearance);
                shared.audience.tell_picture(state, engine);
            }
            Err(error) => tracing::error!(%error, "no picture could be made"),
        }
    }
}

#[cfg(test)]
mod tests;
