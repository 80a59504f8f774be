//! The engine as a library: back up every profile of a configuration file and say what happened.
//!
//! ```sh
//! cargo run --example one_backup -- config.toml
//! ```

use std::path::PathBuf;
use std::sync::Arc;

use kronos_engine::clock::SystemClock;
use kronos_engine::config;
use kronos_engine::event::NoEvents;
use kronos_engine::{Engine, EngineOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config_path =
        std::env::args_os().nth(1).map_or_else(|| "config.toml".into(), PathBuf::from);
    let engine = Engine::open(EngineOptions {
        config_path,
        state_base: config::state_dir().ok_or("there is no home folder")?,
        sink: Arc::new(NoEvents),
        clock: Arc::new(SystemClock),
        owner: "an example",
    })
    .await?;
    for profile in engine.config()?.profiles {
        let run = engine.start_backup(&profile.name)?;
        let ended = engine.wait(&run).await?;
        println!("{}: {:?} {:?}", profile.name, ended.state, ended.result);
        if let Some(error) = ended.error {
            println!("  {}: {}", error.what, error.why);
        }
    }
    Ok(())
}
