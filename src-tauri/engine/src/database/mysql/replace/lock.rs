//! Locks by name, which a server gives up when the session that holds them ends, also a dead one's.
//!
//! Owns their names: a swap of one database, and a database that is being loaded.

use sha2::{Digest, Sha256};

use super::super::super::rows::hex;
use super::super::session::Session;
use crate::error::{Result, ServerError};

/// The lock of everybody who swaps `database` or ends such a swap.
pub(super) fn of_swap(database: &str) -> String {
    // The name of a lock has at most 64 characters.
    format!("kronos_swap_{}", hex(&Sha256::digest(database)[..16]))
}

/// Takes the lock, waiting at most so many seconds; whether it was got.
pub(super) async fn take(session: &mut Session, lock: &str, seconds: u32) -> Result<bool> {
    let got: Vec<Option<u8>> = session.rows("SELECT GET_LOCK(?, ?)", (lock, seconds)).await?;
    Ok(got.first() == Some(&Some(1)))
}

/// Takes the lock of a swap of `database`, patiently.
pub(super) async fn take_swap(session: &mut Session, database: &str) -> Result<()> {
    const SECONDS: u32 = 60;
    if take(session, &of_swap(database), SECONDS).await? {
        return Ok(());
    }
    Err(ServerError::Locked {
        object: database.to_owned(),
        blocker: "another run of Kronos, which replaces it".to_owned(),
        seconds: u64::from(SECONDS),
    }
    .into())
}

/// Gives it back.
pub(super) async fn release(session: &mut Session, lock: &str) -> Result<()> {
    session.rows::<Option<u8>>("SELECT RELEASE_LOCK(?)", (lock,)).await.map(drop)
}
