//! Runs under way: their states, their progress, their cancellation, their end.
//!
//! Owns the life of a run. What a run does is a future that `engine` hands in; how it is shown is the
//! business of whoever receives the events.

mod meter;
mod registry;

pub use registry::{RunRegistry, RunSpec};
