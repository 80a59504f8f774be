//! Where a password comes from, and the moment it is fetched.
//!
//! Owns the references that a configuration may hold instead of a password, and the limits of fetching
//! one. The keychain itself belongs to `keychain`, the program that prints a password to `secret_command`;
//! the value that comes out is a [`Secret`], which nothing prints.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::{keychain, secret_command};
use crate::error::{ConfigError, Result};
use crate::secret::Secret;

/// How long a program or a keychain may take.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// Nobody has a longer password; a database file named by mistake is longer.
pub(super) const MAX_BYTES: u64 = 64 * 1024;

/// A password, or where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// It stands in the configuration.
    Plain(Secret),
    /// The variable of this name in the environment of Kronos.
    Env(String),
    /// The text of this file without one line end at its end.
    File(PathBuf),
    /// What this program prints, without one line end at its end. No shell is involved.
    Command(Vec<String>),
    /// The entry of this name in the keychain of the desktop.
    Keychain(String),
}

impl SecretSource {
    /// Fetches the secret. Never waits for ever: a program or a locked keychain has 60 seconds. Dropping
    /// the future ends the program.
    ///
    /// # Errors
    /// [`ConfigError::SecretUnavailable`] says which reference failed and why, never a value.
    pub async fn resolve(&self) -> Result<Secret> {
        match self {
            Self::Plain(secret) => Ok(secret.clone()),
            Self::Env(name) => std::env::var(name).map(Secret::new).map_err(|_| {
                unavailable(&format!("the variable `{name}`"), "it is not set, or not text")
            }),
            Self::File(path) => from_file(path.clone()).await,
            Self::Command(command) => secret_command::run(command, PATIENCE).await,
            Self::Keychain(entry) => keychain::read(entry).await,
        }
    }

    /// Where it is, for a person; never the password itself.
    pub fn place(&self) -> String {
        match self {
            Self::Plain(_) => "plain text in the configuration".to_owned(),
            Self::Env(name) => format!("the variable `{name}`"),
            Self::File(path) => format!("the file `{}`", super::shown_path(path)),
            Self::Command(command) => {
                format!("the command `{}`", command.first().map_or("", String::as_str))
            }
            Self::Keychain(_) => "the keychain".to_owned(),
        }
    }
}

async fn from_file(path: PathBuf) -> Result<Secret> {
    let shown = format!("the file `{}`", path.display());
    let read = tokio::task::spawn_blocking(move || bytes_of(&path));
    let bytes = tokio::time::timeout(PATIENCE, read)
        .await
        .map_err(|_| unavailable(&shown, "the disk does not answer"))?
        .map_err(|panic| unavailable(&shown, &panic.to_string()))?
        .map_err(|error| unavailable(&shown, &error.to_string()))?;
    password_in(&bytes).ok_or_else(|| unavailable(&shown, "it is not text"))
}

fn bytes_of(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // Before opening: opening a pipe would wait for a writer for ever.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 KiB"));
    }
    Ok(bytes)
}

/// The password in `bytes`, without one line end at their end; `None` if they are not text.
pub(super) fn password_in(bytes: &[u8]) -> Option<Secret> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    Some(Secret::new(text))
}

/// A reference that led to nothing.
pub(super) fn unavailable(reference: &str, detail: &str) -> crate::error::Error {
    ConfigError::SecretUnavailable { reference: reference.to_owned(), detail: detail.to_owned() }
        .into()
}
