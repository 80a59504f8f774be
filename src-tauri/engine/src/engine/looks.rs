//! Looking into a file or folder before anything is done with it.

use std::path::PathBuf;

use super::Engine;
use crate::error::{Error, Result};
use crate::look::{self, Look};

impl Engine {
    /// Says what is in the file or folder at `path`: quick whatever its size, from its bytes and never from
    /// its name, and without changing anything. Of an archive it is what it says of itself;
    /// [`start_verify_file`](Self::start_verify_file) proves it, with progress and a way to cancel.
    pub async fn look(&self, path: PathBuf) -> Result<Look> {
        let look = move || look::look(&path);
        tokio::task::spawn_blocking(look).await.unwrap_or_else(|panic| {
            Err(Error::Internal(format!("The look at a file ended early: {panic}")))
        })
    }
}
