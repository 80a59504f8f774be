//! How much the command line says on standard error: a few words, more with `-v`.
//!
//! Owns the levels of `-v` and `-vv`. The log itself is the engine's, the same for every host.

use kronos_engine::logger::{self, Terminal};

use crate::output::Output;

pub use kronos_engine::logger::folder;

/// Starts the log of this process.
pub fn start(verbose: u8, output: &Output) {
    let levels = match verbose {
        // `list` says in its own words which storage was not looked into.
        0 => "warn,kronos_engine::engine::backups=error",
        1 => "warn,kronos=info,kronos_engine=info",
        _ => "info,kronos=trace,kronos_engine=trace",
    };
    let terminal = Terminal {
        writer: output.log_writer(),
        levels,
        colours: output.colours_on_stderr(),
        targets: verbose > 1,
    };
    logger::start("kronos-cli", terminal);
}
