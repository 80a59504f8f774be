//! What every command needs: the streams, the configuration file and, when it asks for it, the engine.
//!
//! Owns how the engine is opened for a command line. Its events come out of a channel, because a run
//! never waits for its audience.

use std::path::PathBuf;
use std::sync::Arc;

use kronos_engine::clock::SystemClock;
use kronos_engine::event::{Event, EventSink};
use kronos_engine::{Engine, EngineOptions};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::args::Common;
use crate::config_choice;
use crate::failure::Failure;
use crate::output::Output;

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
        if engine.config().is_ok() {
            engine.rescan().await?;
        }
        Ok((engine, events))
    }
}

struct Channel(UnboundedSender<Event>);

impl EventSink for Channel {
    fn emit(&self, event: Event) {
        // Nobody listens any more once the command has ended.
        let _ = self.0.send(event);
    }
}
