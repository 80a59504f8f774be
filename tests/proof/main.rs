//! The proofs: what the README promises, put to the test on whole processes with real faults.
//!
//! One module for each promise. Every suite counts the faults that really happened, prints them in one
//! line and fails when there were too few: a proof in which nothing went wrong proves nothing.
//! `KRONOS_SOAK=full` (`make soak`) widens the same tests.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::unnecessary_debug_formatting,
    reason = "all of this is a test; the debug form of a path is a TOML string"
)]

mod browse;
mod catalog_loss;
mod contention;
mod full_disk;
mod io_errors;
mod kill_sweep;
mod live_writer;
mod memory;
mod replace;
mod replace_bad;
mod round_trip;
mod secrets;
mod strangers;
mod tables;
mod world;

#[path = "../support/cli.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use all of it")]
mod cli;
#[path = "../support/damage.rs"]
mod damage;
#[path = "../support/digest.rs"]
mod digest;
#[path = "../support/faults.rs"]
mod faults;
#[path = "../bench/measure.rs"]
#[allow(dead_code, reason = "shared with the bench, which uses all of it")]
mod measure;
#[path = "../support/mounts.rs"]
mod mounts;
#[path = "../support/nasty.rs"]
mod nasty;

/// Whether the long form was asked for.
fn full() -> bool {
    std::env::var_os("KRONOS_SOAK").is_some_and(|value| value == "full")
}

/// Prints a line that is also seen when the tests pass: the harness keeps only what `print!` writes.
fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// One figure for the default run, one for the long form.
fn scaled<T>(default: T, long: T) -> T {
    if full() { long } else { default }
}
