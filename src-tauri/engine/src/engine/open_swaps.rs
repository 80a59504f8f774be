//! Replacements that a killed process has left open on a server, as the engine ends them.
//!
//! Owns that each is tried, that none keeps another from being tried, and what the window is told about it. When that is done belongs to the host: it
//! may take as long as a server needs to answer.

use std::sync::{MutexGuard, PoisonError};

use futures_util::future::join_all;

use super::Engine;
use crate::event::Event;
use crate::restore::{OpenSwap, open_swaps};

impl Engine {
    /// Ends every replacement of a database that was interrupted on this computer, and says what came of each.
    /// What cannot be ended now, because its server does not answer, is left to the next call. Costs nothing where
    /// there is none.
    pub async fn settle_open_swaps(&self) -> Vec<String> {
        // Side by side: a server that does not answer keeps none of the others waiting.
        let swaps = open_swaps(&self.0.state).into_iter().map(|swap| self.settle_one(swap));
        let said = join_all(swaps).await.concat();
        if !said.is_empty() {
            // Nobody may be looking yet.
            self.settled().extend(said.iter().cloned());
            self.0.options.sink.emit(Event::BackupsChanged);
        }
        said
    }

    /// What came of the interrupted replacements that were ended so far.
    pub(super) fn settled_swaps(&self) -> Vec<String> {
        self.settled().clone()
    }

    fn settled(&self) -> MutexGuard<'_, Vec<String>> {
        // A list of sentences is complete after every single operation.
        self.0.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn settle_one(&self, swap: OpenSwap) -> Vec<String> {
        let (database, profile) = swap.names();
        let (database, profile) = (database.to_owned(), profile.to_owned());
        tracing::warn!(
            "Replacing `{database}` was interrupted; what is left of it is looked for first"
        );
        let settled = async { swap.settle(&self.config()?).await };
        match settled.await {
            Ok(Some(sentences)) => return sentences,
            Ok(None) => tracing::info!(database, profile, "no profile reaches an interrupted swap"),
            Err(error) => tracing::warn!(
                %error,
                "Replacing `{database}` on the server of `{profile}` was interrupted, and the server has not been \
                 asked yet how far it is; the next start of Kronos tries again"
            ),
        }
        Vec::new()
    }
}
