//! Where a password comes from, and the moment it is fetched.
//!
//! Owns the references that a configuration may hold instead of a password. The keychain itself
//! belongs to `keychain`; the value that comes out is a [`Secret`], which nothing prints.

use std::path::PathBuf;
use std::time::Duration;

use super::keychain;
use crate::error::{ConfigError, Result};
use crate::secret::Secret;

/// How long a program or a keychain may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

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
    /// Fetches the secret. Never waits for ever: a program or a locked keychain has 60 seconds.
    ///
    /// # Errors
    /// [`ConfigError::SecretUnavailable`] says which reference failed and why, never a value.
    pub async fn resolve(&self) -> Result<Secret> {
        match self {
            Self::Plain(secret) => Ok(secret.clone()),
            Self::Env(name) => std::env::var(name).map(Secret::new).map_err(|_| {
                unavailable(&format!("the variable `{name}`"), "it is not set, or not text")
            }),
            Self::File(path) => from_file(path).await,
            Self::Command(command) => from_command(command).await,
            Self::Keychain(entry) => keychain::read(entry).await,
        }
    }
}

async fn from_file(path: &std::path::Path) -> Result<Secret> {
    let shown = format!("the file `{}`", path.display());
    let text = tokio::fs::read_to_string(path)
        .await
        .map_err(|error| unavailable(&shown, &error.to_string()))?;
    Ok(without_line_end(&text))
}

async fn from_command(command: &[String]) -> Result<Secret> {
    let [program, arguments @ ..] = command else {
        return Err(unavailable("the command", "it is empty"));
    };
    let shown = format!("the command `{program}`");
    let mut child = tokio::process::Command::new(program);
    child.args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, child.output())
        .await
        .map_err(|_| unavailable(&shown, "it did not end within 60 s"))?
        .map_err(|error| unavailable(&shown, &error.to_string()))?;
    if !output.status.success() {
        return Err(unavailable(&shown, &format!("it failed with {}", output.status)));
    }
    let text = String::from_utf8(output.stdout)
        .map_err(|_| unavailable(&shown, "it printed something that is not text"))?;
    Ok(without_line_end(&text))
}

fn without_line_end(text: &str) -> Secret {
    let text = text.strip_suffix('\n').unwrap_or(text);
    Secret::new(text.strip_suffix('\r').unwrap_or(text))
}

/// A reference that led to nothing.
pub(super) fn unavailable(reference: &str, detail: &str) -> crate::error::Error {
    ConfigError::SecretUnavailable { reference: reference.to_owned(), detail: detail.to_owned() }
        .into()
}
