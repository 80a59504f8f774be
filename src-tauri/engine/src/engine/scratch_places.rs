//! Scratch places as the engine starts and ends them.
//!
//! Owns when the places whose time has come are removed: at every start, without making it long, and
//! whenever the host asks. What is due belongs to `restore`.

use std::time::Duration;

use futures_util::future::join_all;

use super::Engine;
use crate::error::Result;
use crate::restore::{ClaimedPlace, due_places};

/// How long a server that does not answer is waited for; the next time tries again.
const PATIENCE: Duration = Duration::from_secs(5);

impl Engine {
    /// Removes the scratch places that nobody works on any more or that were kept long enough. Returns
    /// how many are left because their server does not answer or is in no profile any more.
    pub async fn remove_due_scratch_places(&self) -> usize {
        let due = due_places(&self.0.state, self.0.options.clock.now());
        let removed = join_all(due.into_iter().map(|place| self.is_removed(place))).await;
        removed.into_iter().filter(|is_removed| !is_removed).count()
    }

    async fn is_removed(&self, place: ClaimedPlace) -> bool {
        let name = place.name().to_owned();
        match tokio::time::timeout(PATIENCE, self.remove_place(place)).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => tracing::warn!(%error, name, "a scratch place is still there"),
            Err(_) => {
                tracing::warn!(name, "its server does not answer: a scratch place is still there");
            }
        }
        false
    }

    async fn remove_place(&self, place: ClaimedPlace) -> Result<()> {
        if !place.is_on_server() {
            return place.remove().await;
        }
        let connection = self.config()?.profile(place.profile())?.connection.clone();
        place.reached_by(connection)?.remove().await
    }
}
