//! What every command needs: the streams, the configuration file and, when it asks for it, the engine.
//!
//! Owns how the engine is opened for a command line. Its events come out of a channel, because a run
//! never waits for its audience.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kronos_engine::clock::SystemClock;
use kronos_engine::event::{Event, EventSink};
use kronos_engine::{Engine, EngineOptions};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::args::Common;
use crate::config_choice;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::plain;

/// How long a command waits for the servers of interrupted restores. That one is dead is known after 8 seconds, and
/// to end it in the middle would leave it to the next command once more.
const PATIENCE: Duration = Duration::from_secs(45);

/// The events of all runs of this process, in order.
pub type Events = UnboundedReceiver<Event>;

/// One command of one process.
pub struct Session<'a> {
    pub output: &'a Output,
    common: &'a Common,
}

impl<'a> Session<'a> {
    pub fn new(output: &'a Output, common: &'a Common) -> Self {
        Self { output, common }
    }

    /// The configuration file in use; it need not exist.
    pub fn config_path(&self) -> Result<PathBuf, Failure> {
        config_choice::choose(self.common.config.as_deref())
    }

    /// Opens the engine and looks into the storages. A configuration file that was named has to exist.
    pub async fn open(&self) -> Result<(Engine, Events), Failure> {
        config_choice::require_named(self.common.config.as_deref())?;
        let (sink, events) = unbounded_channel();
        let options = EngineOptions {
            config_path: self.config_path()?,
            state_base: config_choice::state_base()?,
            sink: Arc::new(Channel(sink)),
            clock: Arc::new(SystemClock),
            owner: "the command line",
        };
        tracing::info!(config = %options.config_path.display(), "opening");
        let engine = Engine::open(options).await?;
        self.settle(&engine).await;
        if engine.config().is_ok() {
            engine.rescan().await?;
        }
        Ok((engine, events))
    }

    /// Ends what a killed restore has left between the old and the new database, before anybody looks at it.
    async fn settle(&self, engine: &Engine) {
        let sign = self.output.message_style().warning("!");
        let settling = engine.settle_open_swaps();
        let Ok(said) = tokio::time::timeout(PATIENCE, settling).await else {
            tracing::warn!(
                "Replacing a database was interrupted, and its server does not answer in time; the next command \
                 tries again"
            );
            return;
        };
        for what in said {
            self.output.message(&format!("{sign} {}", plain(&what)));
        }
    }
}

struct Channel(UnboundedSender<Event>);

impl EventSink for Channel {
    fn emit(&self, event: Event) {
        // Nobody listens any more once the command has ended.
        let _ = self.0.send(event);
    }
}
