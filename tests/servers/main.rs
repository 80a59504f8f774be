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

mod between;
mod browse;
mod by_hand;
mod container;
mod diff;
mod false_restore;
mod false_success;
mod fixtures;
mod foreign_attacks;
mod foreign_by_hand;
mod foreign_loads;
mod foreign_mongodb;
mod foreign_wrappers;
mod live_writers;
mod looks;
mod mongodb_engine;
mod mysql_engine;
mod postgres;
mod protected;
mod prove;
mod replace;
mod replace_crash;
mod replace_killed;
mod replace_moved;
mod replace_renamed;
mod rig;
mod round_trip;
mod secrets;
mod stage;

#[path = "../support/cli.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use all of it")]
mod cli;
#[path = "../support/damage.rs"]
mod damage;
#[path = "../support/digest.rs"]
#[allow(dead_code, reason = "shared with the proofs, which use all of it")]
mod digest;
#[path = "../support/faults.rs"]
#[allow(dead_code, reason = "shared with the proofs, which use all of it")]
mod faults;
#[path = "../bench/measure.rs"]
#[allow(dead_code, reason = "shared with the bench, which uses all of it")]
mod measure;
#[path = "../support/mounts.rs"]
#[allow(dead_code, reason = "shared with the proofs")]
mod mounts;
#[path = "../fixtures/nasty/mongodb.rs"]
mod nasty_mongodb;

#[path = "../support/listing/mod.rs"]
mod listing;
#[path = "../support/servers/mod.rs"]
mod servers;

/// Whether the long form was asked for.
fn full() -> bool {
    std::env::var_os("KRONOS_SOAK").is_some_and(|value| value == "full")
}

/// One figure for the default run, one for the long form.
fn scaled<T>(default: T, long: T) -> T {
    if full() { long } else { default }
}

/// Prints a line that is also seen when the tests pass: the harness keeps only what `print!` writes.
fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
