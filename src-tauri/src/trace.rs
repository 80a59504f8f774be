//! How long the start takes, told on standard error when `KRONOS_TRACE` is set.
//!
//! Owns nothing but the clock of the start. What happens at run time is in the log.

use std::sync::OnceLock;
use std::time::Instant;

static BEGIN: OnceLock<Instant> = OnceLock::new();

/// Starts the clock, if anyone wants to know.
pub fn begin() {
    if std::env::var_os("KRONOS_TRACE").is_some() {
        let _ = BEGIN.set(Instant::now());
    }
}

/// Says how long it took to get to `step`.
pub fn mark(step: &str) {
    if let Some(begin) = BEGIN.get() {
        eprintln!("kronos trace: {:>5} ms {step}", begin.elapsed().as_millis());
    }
}
