//! Kronos in a real window: started, clicked and looked at as a person would.
//!
//! Each test has a desktop of its own (D-Bus, X server, window manager, home folder), so they can run
//! side by side and touch nothing of the user's. Owns what a person can see; what the engine promises
//! is tested there.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accessibility;
mod appearance;
mod association;
mod database_servers;
mod desk;
mod drag_source;
mod drop;
mod failure;
mod file_dialog;
mod file_manager;
mod foreign;
mod hostile;
mod journey;
mod keyboard;
mod large_drop;
mod lockdown;
mod looking;
mod mid_run;
mod notes;
mod notifications;
mod opened_files;
mod page;
mod replace;
mod replace_server;
mod samples;
mod server_samples;
mod start;
mod wait;

#[path = "../support/servers/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    clippy::unused_self,
    clippy::needless_pass_by_value,
    reason = "it is made for the tests of the engines, too; these need a part of it"
)]
mod servers;

/// Prints a line that is also seen when the tests pass: the harness keeps only what `print!` writes.
fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
