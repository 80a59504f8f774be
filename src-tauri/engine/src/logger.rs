//! What Kronos writes down about its own work: a few words on standard error, all of it in a daily
//! file.
//!
//! Owns the levels and the files, the same for every host. A log that cannot be opened never stops a
//! backup: it is said once and the work goes on.

use std::io;
use std::path::{Path, PathBuf};

use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Registry, fmt};

use crate::{config, files};

/// Two weeks: long enough to find out what happened over a holiday.
const KEPT_FILES: usize = 14;
/// What is worth a line in the file.
const FILE_LEVELS: &str = "warn,kronos=info";

/// How a host wants its lines on standard error.
pub struct Terminal<W> {
    /// Where they go.
    pub writer: W,
    /// The levels, in the language of `RUST_LOG`, which goes before.
    pub levels: &'static str,
    /// Whether escape sequences for colours are understood there.
    pub colours: bool,
    /// Whether each line names the module that it comes from.
    pub targets: bool,
}

/// Starts the log of this process. `host` begins the names of its files: `kronos-cli`.
pub fn start<W>(host: &str, terminal: Terminal<W>)
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let shown = fmt::layer()
        .without_time()
        .with_target(terminal.targets)
        .with_ansi(terminal.colours)
        .with_writer(terminal.writer)
        .with_filter(shown_levels(terminal.levels));
    let opened = folder().ok_or_else(no_home).and_then(|folder| open(&folder, host));
    let (file, problem) = match opened {
        Ok(file) => (Some(file), None),
        Err(error) => (None, Some(error)),
    };
    let file = file.map(|file| {
        fmt::layer().with_ansi(false).with_writer(file).with_filter(EnvFilter::new(FILE_LEVELS))
    });
    // A second subscriber is a host's mistake; the first one stays.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(shown).with(file));
    if let Some(error) = problem {
        tracing::warn!("The log file cannot be written, so this run is not logged: {error}");
    }
}

/// The folder of the log files.
pub fn folder() -> Option<PathBuf> {
    config::state_dir().map(|state| state.join("logs"))
}

fn shown_levels(default: &str) -> EnvFilter {
    // A filter that cannot be understood is as good as none.
    let wanted = std::env::var("RUST_LOG").ok().and_then(|text| EnvFilter::try_new(text).ok());
    wanted.unwrap_or_else(|| EnvFilter::new(default))
}

fn open(folder: &Path, host: &str) -> io::Result<RollingFileAppender> {
    files::create_private_dir(folder)?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(host)
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(folder)
        .map_err(io::Error::other)
}

fn no_home() -> io::Error {
    io::Error::other("there is no home folder")
}
