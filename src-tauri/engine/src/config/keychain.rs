//! Passwords in the keychain of the desktop: Secret Service, macOS Keychain, Windows Credential Manager.
//!
//! Owns the names of the entries that Kronos makes and the patience with a keychain that asks its user.
//! Which profile uses which entry belongs to the configuration file.

use keyring::Entry;

use super::secret_source::{PATIENCE, unavailable};
use crate::error::{ConfigError, Error, Result};
use crate::ids::safe_name;
use crate::secret::Secret;

/// The service under which all our entries stand.
const SERVICE: &str = "kronos";

/// The entries of one configuration file. Two files never share one, and what a user has put into the
/// keychain by hand is not one of them.
#[derive(Debug, Clone)]
pub struct KeychainEntries {
    prefix: String,
}

impl KeychainEntries {
    /// The entries of the file with this name; no other file may have it.
    pub fn new(file: &str) -> Self {
        Self { prefix: format!("{file}/") }
    }

    /// The name of a new entry for `profile`. A changed password gets a new entry, so that the old one is
    /// good until the file names the new one.
    pub fn new_name(&self, profile: &str) -> String {
        format!("{}{}-{:08x}", self.prefix, safe_name(profile), rand::random::<u32>())
    }

    /// Puts a password into the keychain under a name from [`KeychainEntries::new_name`].
    ///
    /// # Errors
    /// [`ConfigError::KeychainUnavailable`] names the other ways to keep a password.
    pub async fn store(&self, entry: &str, secret: &Secret) -> Result<()> {
        let secret = secret.clone();
        with_entry(entry, move |entry| entry.set_password(secret.expose()))
            .await?
            .map_err(|detail| ConfigError::KeychainUnavailable { detail }.into())
    }

    /// Removes `entry` if Kronos has made it for this file. One that stays behind does no harm, so this
    /// never fails a caller.
    pub async fn forget(&self, entry: &str) {
        if !entry.starts_with(&self.prefix) {
            return;
        }
        let removed = with_entry(entry, |entry| match entry.delete_credential() {
            Err(keyring::Error::NoEntry) => Ok(()),
            outcome => outcome,
        });
        match removed.await {
            Ok(Ok(())) => {}
            Ok(Err(detail)) => {
                tracing::warn!(entry, detail, "a password stays behind in the keychain");
            }
            Err(error) => tracing::warn!(entry, %error, "a password stays behind in the keychain"),
        }
    }
}

/// Reads the entry of this name.
pub(super) async fn read(entry: &str) -> Result<Secret> {
    let password = with_entry(entry, Entry::get_password).await?;
    password
        .map(Secret::new)
        .map_err(|detail| unavailable(&format!("the entry `{entry}` of the keychain"), &detail))
}

/// Works on one entry. A locked keychain waits for its user, perhaps for ever; so it gets a thread that
/// nobody waits for, not even the end of the program. The inner error is a sentence.
async fn with_entry<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<std::result::Result<T, String>> {
    let user = name.to_owned();
    let (sender, answer) = tokio::sync::oneshot::channel();
    let start = std::thread::Builder::new().name("keychain".to_owned());
    start
        .spawn(move || {
            let outcome = Entry::new(SERVICE, &user).and_then(|entry| work(&entry));
            // Nobody may be left who wants to know.
            let _ = sender.send(outcome.map_err(|error| reason(&error)));
        })
        .map_err(|error| Error::Internal(format!("no thread for the keychain: {error}")))?;
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(_)) => Ok(Err("it broke off".to_owned())),
        Err(_) => Ok(Err(format!("it did not answer within {} s", PATIENCE.as_secs()))),
    }
}

/// Why the keychain did not do it. Never shows what the keychain holds.
fn reason(error: &keyring::Error) -> String {
    match error {
        keyring::Error::NoEntry => "it is not there".to_owned(),
        keyring::Error::NoStorageAccess(_) => {
            "the keychain is locked and was not opened".to_owned()
        }
        keyring::Error::NoDefaultStore => match Entry::store_status() {
            Err(error) => format!("no keychain answers on this computer ({error})"),
            Ok(()) => "no keychain answers on this computer".to_owned(),
        },
        keyring::Error::PlatformFailure(error) => format!("the keychain failed: {error}"),
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => {
            "what is there is not text".to_owned()
        }
        keyring::Error::Ambiguous(_) => "there are several with this name".to_owned(),
        other => other.to_string(),
    }
}
