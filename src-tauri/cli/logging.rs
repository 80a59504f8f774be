//! What Kronos writes down about its own work: a few words on stderr, all of it in a daily file.
//!
//! Owns the levels and the files. A log that cannot be opened never stops a backup: it is said once
//! and the work goes on.

use std::io;
use std::path::{Path, PathBuf};

use kronos_engine::{config, files};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Registry, fmt};

use crate::output::Output;

/// Two weeks: long enough to find out what happened over a holiday.
const KEPT_FILES: usize = 14;

/// Starts the log of this process.
pub fn start(verbose: u8, output: &Output) {
    let stderr = fmt::layer()
        .without_time()
        .with_target(verbose > 1)
        .with_ansi(output.colours_on_stderr())
        .with_writer(output.log_writer())
        .with_filter(levels_on_stderr(verbose));
    let opened = folder().ok_or_else(no_home).and_then(|folder| open(&folder));
    let (file, problem) = match opened {
        Ok(file) => (Some(file), None),
        Err(error) => (None, Some(error)),
    };
    let file = file.map(|file| {
        let levels = EnvFilter::new("warn,kronos=info,kronos_engine=info");
        fmt::layer().with_ansi(false).with_writer(file).with_filter(levels)
    });
    // A second subscriber is impossible: this is the only call in the process.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(stderr).with(file));
    if let Some(error) = problem {
        tracing::warn!("The log file cannot be written, so this run is not logged: {error}");
    }
}

/// The folder of the log files.
pub fn folder() -> Option<PathBuf> {
    config::state_dir().map(|state| state.join("logs"))
}

fn levels_on_stderr(verbose: u8) -> EnvFilter {
    // A filter that cannot be understood is as good as none.
    let wanted = std::env::var("RUST_LOG").ok().and_then(|text| EnvFilter::try_new(text).ok());
    wanted.unwrap_or_else(|| {
        EnvFilter::new(match verbose {
            // `list` says in its own words which storage was not looked into.
            0 => "warn,kronos_engine::engine::backups=error",
            1 => "warn,kronos=info,kronos_engine=info",
            _ => "info,kronos=trace,kronos_engine=trace",
        })
    })
}

fn open(folder: &Path) -> io::Result<RollingFileAppender> {
    files::create_private_dir(folder)?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("kronos-cli")
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(folder)
        .map_err(io::Error::other)
}

fn no_home() -> io::Error {
    io::Error::other("there is no home folder")
}
