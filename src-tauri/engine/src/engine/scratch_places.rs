//! Scratch places as the engine starts and ends them.
//!
//! Owns when the places whose time has come are removed: at every start, without making it long. What is
//! due belongs to `restore`.

use std::time::Duration;

use super::Engine;
use crate::error::Result;
use crate::restore::{ClaimedPlace, due_places};

/// How long a start waits for servers that do not answer; the next one tries again.
const PATIENCE: Duration = Duration::from_secs(5);

impl Engine {
    /// Removes the scratch places that nobody works on any more or that were kept long enough. Returns
    /// how many are left because their server does not answer or is in no profile any more.
    pub async fn remove_due_scratch_places(&self) -> usize {
        let due = due_places(&self.0.state, self.0.options.clock.now());
        let count = due.len();
        let mut removed = 0;
        let work = async {
            for place in due {
                let name = place.name().to_owned();
                match self.remove_place(place).await {
                    Ok(()) => removed += 1,
                    Err(error) => tracing::warn!(%error, name, "a scratch place is still there"),
                }
            }
        };
        if tokio::time::timeout(PATIENCE, work).await.is_err() {
            tracing::warn!("a server does not answer, so scratch places on it are still there");
        }
        count - removed
    }

    async fn remove_place(&self, place: ClaimedPlace) -> Result<()> {
        if !place.is_on_server() {
            return place.remove().await;
        }
        let connection = self.config()?.profile(place.profile())?.connection.clone();
        place.reached_by(connection).remove().await
    }
}
