//! Waiting for something to become true: looking again and again, with a deadline.
//!
//! Owns the only sleep of these tests.

use std::time::{Duration, Instant};

/// Long enough for a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_mins(3);
const BETWEEN: Duration = Duration::from_millis(25);

/// Long enough for what happens at once where nobody else is at work; whoever did not see it tries again.
pub const MOMENT: Duration = Duration::from_secs(5);

/// Looks until there is something, and returns it. `what` completes the sentence "there was no …".
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut look = look;
    let begin = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "after {PATIENCE:?} there was no {what}");
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Looks until it is so.
pub async fn until_true(what: &str, look: impl AsyncFnMut() -> bool) {
    let mut look = look;
    until(what, async || look().await.then_some(())).await;
}

/// Looks for a [`MOMENT`] whether it is so.
pub async fn soon(look: impl AsyncFnMut() -> bool) -> bool {
    let mut look = look;
    let begin = Instant::now();
    loop {
        if look().await {
            return true;
        }
        if begin.elapsed() >= MOMENT {
            return false;
        }
        tokio::time::sleep(BETWEEN).await;
    }
}
