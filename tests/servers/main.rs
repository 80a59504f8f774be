//! The engines on real servers: PostgreSQL, MariaDB, MySQL and MongoDB, driven through the real `kronos`.
//!
//! `scripts/servers.sh start` has to run before; without servers these tests fail. One module for each
//! promise. `KRONOS_SOAK=full` (`make soak`) widens the same tests.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::unnecessary_debug_formatting,
    reason = "all of this is a test; the debug form of a path is a TOML string"
)]

mod fixtures;
mod rig;
mod round_trip;

#[path = "../support/cli.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use all of it")]
mod cli;
#[path = "../fixtures/nasty/mongodb.rs"]
mod nasty_mongodb;

#[path = "../support/listing/mod.rs"]
mod listing;
#[path = "../support/servers/mod.rs"]
mod servers;

/// Prints a line that is also seen when the tests pass: the harness keeps only what `print!` writes.
fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
