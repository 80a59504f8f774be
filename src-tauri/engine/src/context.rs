//! What every run carries: its name, its cancel token, its counters and the clock.

use crate::cancel::CancellationToken;
use crate::clock::SharedClock;
use crate::ids::RunId;
use crate::progress::Progress;

/// Passed as the last parameter to everything that can take long.
#[derive(Clone)]
pub struct RunContext {
    /// The run.
    pub run: RunId,
    /// Asked at every await and in every loop.
    pub cancel: CancellationToken,
    /// Counters to bump.
    pub progress: Progress,
    /// The time.
    pub clock: SharedClock,
}
