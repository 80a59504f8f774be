//! `kronos`, the command line of Kronos: reads the arguments, calls the engine, says what happened.
//!
//! Owns the process: its runtime, its log and its exit code. What a command does is in `commands`,
//! how it looks in `render` and `progress`; every rule about backups is the engine's.
#![allow(
    clippy::format_push_string,
    reason = "texts for people are short, and a line of `write!` says less"
)]

mod args;
mod commands;
mod config_choice;
mod exit;
mod failure;
mod inspection;
mod json;
mod logging;
mod output;
mod progress;
mod render;
mod selection;
mod session;
mod watch;
mod when;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::output::Output;

fn main() -> ExitCode {
    let args = Args::parse();
    private_from_the_first_byte();
    let output = Output::for_process(args.common.json);
    logging::start(args.common.verbose, &output);
    let exit = commands::run(args, &output);
    tracing::info!(code = exit.code(), "ended");
    output.finish(exit)
}

/// Every file that this process makes, also the ones made by libraries, is its owner's alone.
fn private_from_the_first_byte() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}
