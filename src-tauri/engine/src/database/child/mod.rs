//! Tools as child processes: a pipe whose end is the tool's exit status.
//!
//! Owns how a tool is started (clean environment, secrets in private files, a process group of its
//! own), watched (no data for too long, cancelled) and ended. Which tool it is and what its arguments
//! mean belongs to the engines; on which place it runs, this computer or a container, to `tool`.
//!
//! The rules: nothing secret is an argument or a variable; what a tool prints is kept short and without
//! the secrets that it was given; a stream is only at its end when the tool has ended with status 0;
//! dropping a stream ends the tool's whole group.

mod command;
mod complaints;
mod contained;
mod input;
mod invocation;
mod output;
mod pipe;
mod watch;

pub(super) use command::clean;
pub(super) use input::ChildInput;
pub(super) use invocation::{Invocation, SecretUse};
pub(super) use output::ChildOutput;

#[cfg(all(test, unix))]
mod tests;
