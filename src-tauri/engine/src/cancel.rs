//! Cancellation: one token per run, checked at every await and in every copy loop.
//!
//! Owns the conversion of a cancelled token into [`Error::Cancelled`]; the token itself is
//! [`tokio_util::sync::CancellationToken`].

pub use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};

/// Lets a copy loop ask, in one line, whether it has to stop.
pub trait CancelCheck {
    /// Returns [`Error::Cancelled`] once the user has cancelled the run.
    fn check(&self) -> Result<()>;
}

impl CancelCheck for CancellationToken {
    fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}
