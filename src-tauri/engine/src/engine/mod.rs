//! The façade: the one thing that a host holds.
//!
//! Owns how the layers are put together, and nothing that a layer could own. Methods take plain
//! values, start runs that go on by themselves, and return views; they never print and never exit.

mod archives;
mod backups;
mod browsing;
mod edits;
mod file_restores;
mod loads;
mod looks;
mod open_swaps;
mod picture;
mod restore_history;
mod restore_tests;
mod restores;
mod runs;
mod scratch_places;
mod server_form;
mod undo;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub use archives::ArchiveContents;
pub use browsing::ArchiveChoice;
pub use file_restores::RestorePlaces;
pub use loads::{LoadOrder, LoadPlaces};
pub use restores::RestoreOrder;

use crate::backup::{self, Recovered};
use crate::catalog::{Catalog, Opened, Start};
use crate::clock::SharedClock;
use crate::config::{self, Config, StorageTarget};
use crate::error::Result;
use crate::event::{Event, EventSink, RunKind, RunResult, RunState, RunView};
use crate::run::RunRegistry;
use crate::state_dir::StateDir;
use crate::storage::{self, Storage};

/// What a host decides about its engine.
#[derive(Clone)]
pub struct EngineOptions {
    /// The configuration file.
    pub config_path: PathBuf,
    /// The folder below which Kronos keeps its state.
    pub state_base: PathBuf,
    /// Who receives events.
    pub sink: Arc<dyn EventSink>,
    /// The time.
    pub clock: SharedClock,
    /// Who the host is, for the note in a lock: "the desktop app".
    pub owner: &'static str,
}

/// Whether each storage, by its location, answered when it was last looked into.
type Reach = Mutex<HashMap<String, bool>>;

struct Parts {
    options: EngineOptions,
    state: StateDir,
    catalog: Arc<Catalog>,
    runs: RunRegistry,
    reach: Arc<Reach>,
    settled: Mutex<Vec<String>>,
}

/// Everything that Kronos can do. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Parts>);

impl Engine {
    /// Opens the state of one configuration file and clears up after runs that were killed. A broken
    /// configuration is no failure here: it is reported by every operation that needs it. Nor is a
    /// state folder that cannot be written: what needs it says so, and an archive can still be read and
    /// restored. Does not look into the storages: a host calls [`Engine::rescan`] when it suits it.
    ///
    /// Has to be called inside a Tokio runtime.
    pub async fn open(options: EngineOptions) -> Result<Self> {
        let state = StateDir::for_config(&options.state_base, &options.config_path);
        let catalog = Arc::new(open_catalog(&state)?);
        let reach = Arc::new(Reach::default());
        let (log, sink, answered) = (catalog.clone(), options.sink.clone(), reach.clone());
        let recorder = Arc::new(move |view: &RunView| {
            if let Err(error) = log.put_run(view) {
                tracing::warn!(%error, "a run is missing in the history");
            }
            if let Some(RunResult::Backup { location, .. }) = &view.result {
                // Whatever has just taken a backup can be reached.
                backups::reached(&answered, location);
                sink.emit(Event::BackupsChanged);
            }
        });
        let runs = RunRegistry::new(options.sink.clone(), options.clock.clone(), recorder);
        let engine = Self(Arc::new(Parts {
            options,
            state,
            catalog,
            runs,
            reach,
            settled: Mutex::default(),
        }));
        if let Err(error) = engine.clear_up().await {
            tracing::warn!(%error, "unfinished runs are left to the next start");
        }
        engine.remove_due_scratch_places().await;
        Ok(engine)
    }

    /// The configuration as it stands on disk now.
    pub fn config(&self) -> Result<Config> {
        config::load(&self.0.options.config_path)
    }

    /// The configuration file.
    pub fn config_path(&self) -> &std::path::Path {
        &self.0.options.config_path
    }

    /// The folder with this configuration's state.
    pub fn state_dir(&self) -> &StateDir {
        &self.0.state
    }

    /// The configuration, or an empty one where there is no file yet.
    fn config_or_empty(&self) -> Result<Config> {
        config::load_or_empty(self.config_path())
    }

    async fn clear_up(&self) -> Result<()> {
        let config = self.config().unwrap_or_default();
        let open = |location: &str| -> Option<Arc<dyn Storage>> {
            let storages = config.storages.iter().filter_map(|target| storage::open(target).ok());
            storages.into_iter().find(|storage| storage.location() == location)
        };
        for run in backup::recover(&self.0.state, open).await? {
            // A run that failed and could not clear up keeps its own reason.
            if run.committed {
                continue;
            }
            let known = self.0.catalog.run_of(&run.run)?;
            if known.as_ref().is_none_or(|view| !view.state.is_final()) {
                self.0.catalog.put_run(&self.interrupted(run, known))?;
            }
        }
        Ok(())
    }

    /// The end of a run that was killed: of a backup, or of a restore in the middle of its safety backup.
    fn interrupted(&self, run: Recovered, known: Option<RunView>) -> RunView {
        let mut view = known.unwrap_or_else(|| {
            RunView::queued(run.run, RunKind::Backup, run.profile, 0, run.started_at)
        });
        view.state = RunState::Interrupted;
        view.finished_at = Some(self.0.options.clock.now());
        view
    }

    fn open_storage(target: &StorageTarget) -> Result<Arc<dyn Storage>> {
        storage::open(target)
    }
}

/// Opens the catalog. Where no file can be made, it lives in memory: losing it costs a rescan, and a full
/// disk must not keep anybody from a restore.
fn open_catalog(state: &StateDir) -> Result<Catalog> {
    match state.create().and_then(|()| Catalog::open(&state.catalog())) {
        Ok(Opened { catalog, start }) => {
            if let Start::Replaced { damaged, detail } = start {
                tracing::warn!(moved_to = %damaged.display(), detail, "the catalog is built again");
            }
            Ok(catalog)
        }
        Err(error) => {
            tracing::warn!(%error, "the history of runs is not kept");
            Catalog::in_memory()
        }
    }
}

#[cfg(test)]
mod tests;
