//! The command line as a stranger meets it: whole processes, their output and their exit codes.
//!
//! One module for each command. What a killed process leaves behind is tested elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::format_push_string,
    clippy::unnecessary_debug_formatting,
    reason = "all of this is a test; the debug form of a path is a TOML string"
)]

mod backup;
#[cfg(unix)]
mod cancel;
mod config;
mod diff;
mod doctor;
mod foreign;
mod inspect;
mod json;
mod list;
mod load;
mod log;
mod protected;
mod replace;
mod restore;
mod rows;
mod secrets;
#[path = "../support/cli.rs"]
mod support;
mod usage;
mod verify;

/// Compares a whole output, with its exit code, with its snapshot.
macro_rules! assert_output {
    ($context:expr, $ran:expr) => {{
        insta::with_settings!({ filters => crate::support::FILTERS, omit_expression => true }, {
            insta::assert_snapshot!($context.shown(&$ran));
        });
    }};
}
pub(crate) use assert_output;
