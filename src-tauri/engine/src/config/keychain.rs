//! Passwords in the keychain of the desktop: Secret Service, macOS Keychain, Windows Credential Manager.
//!
//! Owns the names of the entries and the patience with a keychain that asks its user. Which profile
//! uses which entry belongs to the configuration file.

use keyring::Entry;

use super::secret_source::{PATIENCE, unavailable};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The service under which all our entries stand.
const SERVICE: &str = "kronos";

/// Reads the entry of this name.
pub async fn read(entry: &str) -> Result<Secret> {
    let password = with_entry(entry, |entry| entry.get_password()).await?;
    Ok(Secret::new(password))
}

/// Writes the entry of this name, replacing what it held.
pub async fn store(entry: &str, secret: &Secret) -> Result<()> {
    let secret = secret.clone();
    with_entry(entry, move |entry| entry.set_password(secret.expose())).await
}

/// Removes the entry of this name; one that is not there is removed already.
pub async fn remove(entry: &str) -> Result<()> {
    with_entry(entry, |entry| match entry.delete_credential() {
        Err(keyring::Error::NoEntry) => Ok(()),
        outcome => outcome,
    })
    .await
}

/// Works on one entry on a blocking thread: a locked keychain waits for its user.
async fn with_entry<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<T> {
    let shown = format!("the keychain entry `{name}`");
    let user = name.to_owned();
    let task = tokio::task::spawn_blocking(move || work(&Entry::new(SERVICE, &user)?));
    match tokio::time::timeout(PATIENCE, task).await {
        Ok(Ok(outcome)) => outcome.map_err(|error| unavailable(&shown, &error.to_string())),
        Ok(Err(panic)) => Err(Error::Internal(format!("a keychain task ended: {panic}"))),
        Err(_) => Err(unavailable(&shown, "the keychain did not answer within 60 s")),
    }
}
