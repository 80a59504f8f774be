//! Which configuration file is used, and from where Kronos keeps its state.
//!
//! Owns the order: `--config`, then `config.toml` in the current folder, then the file that the
//! desktop app uses. What stands in the file is the engine's business.

use std::path::{Path, PathBuf};

use kronos_engine::config;
use kronos_engine::error::ConfigError;
use kronos_engine::{Error, ErrorCode};

use crate::failure::Failure;

/// The published name, looked for in the current folder.
const HERE: &str = "config.toml";

/// The configuration file for `named`, the value of `--config`. The path is absolute, so that a
/// command that is shown with it works from any folder.
pub fn choose(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let here = Path::new(HERE);
    let chosen = match named {
        Some(path) => path.to_owned(),
        // A link that leads nowhere is a mistake to report, not a reason to take another file.
        None if here.symlink_metadata().is_ok() => here.to_owned(),
        None => config::default_path().ok_or_else(|| homeless("configuration"))?,
    };
    // An empty path has no absolute form; it is reported as missing under the name it has.
    Ok(std::path::absolute(&chosen).unwrap_or(chosen))
}

/// Fails when the file that was named does not exist: a typing error must not look like an empty
/// configuration.
pub fn require_named(named: Option<&Path>) -> Result<(), Failure> {
    match named {
        Some(path) if path.symlink_metadata().is_err() => {
            let path = path.display().to_string();
            Err(Error::from(ConfigError::Missing { path }).into())
        }
        _ => Ok(()),
    }
}

/// The folder for state and logs.
pub fn state_base() -> Result<PathBuf, Failure> {
    config::state_dir().ok_or_else(|| homeless("state"))
}

fn homeless(what: &str) -> Failure {
    let why = format!("There is no home folder, so Kronos does not know where its {what} is");
    Failure::new(ErrorCode::Internal, why, "Set the environment variable `HOME`")
}
