//! What the whole program shares: the engine, once it is open, and those who listen to it.
//!
//! Owns when the engine is opened. What it does is its own business.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use kronos_engine::clock::SystemClock;
use kronos_engine::config::Appearance;
use kronos_engine::event::RunView;
use kronos_engine::{Engine, EngineOptions, ErrorReport};
use tokio::sync::OnceCell;

use crate::arguments::Arguments;
use crate::commands::CurrentLook;
use crate::event_sink::{Audience, Outlet};
use crate::file_dialog::Dialog;
use crate::housekeeping;
use crate::opened_files::OpenedFiles;
use crate::words::failed;

/// The shared state of the program.
pub struct App {
    arguments: Arguments,
    engine: OnceCell<Engine>,
    /// The windows that want to know.
    pub audience: Arc<Audience>,
    /// What the user gave to the window.
    pub files: OpenedFiles,
    /// The file dialog over the window.
    pub dialog: Dialog,
    /// The look into an archive that is under way.
    pub look: CurrentLook,
    ended: Sender<RunView>,
    appearance: Mutex<Appearance>,
}

impl App {
    /// Without an engine yet. Runs that end are handed to `ended`.
    pub fn new(arguments: Arguments, ended: Sender<RunView>) -> Self {
        Self {
            arguments,
            engine: OnceCell::new(),
            audience: Arc::default(),
            files: OpenedFiles::default(),
            dialog: Dialog::default(),
            look: CurrentLook::default(),
            ended,
            appearance: Mutex::default(),
        }
    }

    /// The engine. The first call opens it, the others wait; after a failure the next call tries again.
    pub async fn engine(&self) -> Result<&Engine, ErrorReport> {
        let open = || async {
            let engine = Engine::open(self.options()).await?;
            let behind = engine.clone();
            // The first picture does not wait for a slow disk; what is found there follows.
            tokio::spawn(async move { behind.rescan().await });
            tokio::spawn(housekeeping::go_on(engine.clone(), housekeeping::EVERY));
            Ok(engine)
        };
        let opened = self.engine.get_or_try_init(open).await;
        opened.map_err(|error| ErrorReport::new(failed::OPEN, &error))
    }

    /// The engine, if it is open.
    pub fn opened(&self) -> Option<&Engine> {
        self.engine.get()
    }

    /// Whether runs wait or work.
    pub fn is_working(&self) -> bool {
        self.opened().is_some_and(|engine| !engine.active_runs().is_empty())
    }

    /// Remembers how the native parts look; whether that is something new. Told again and again, the
    /// desktop would lose what the user has set there for all programs.
    pub fn is_new_appearance(&self, appearance: Appearance) -> bool {
        let mut last = self.appearance.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *last, appearance) != appearance
    }

    fn options(&self) -> EngineOptions {
        EngineOptions {
            config_path: self.arguments.config.clone(),
            state_base: self.arguments.state_base.clone(),
            sink: Arc::new(Outlet::new(self.audience.clone(), self.ended.clone())),
            clock: Arc::new(SystemClock),
            owner: "the Kronos window",
        }
    }
}
