//! Changing the configuration file without losing what the user wrote in it.
//!
//! Owns the order of an edit: lock, read what is on disk now, refuse a broken file, change the one
//! thing, check the new text with the same reader that loads it, keep the old text, replace the file.
//! So no edit can produce a file that does not load. `profile` and `storage` own what a form may
//! contain, `document` the work on the TOML tree, `disk` the files.

mod disk;
mod document;
mod list;
mod profile;
mod server;
mod storage;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Value};

use self::disk::Place;
pub use self::server::{PasswordEdit, ServerEdit};
use super::model::{Appearance, Config, SettingsChange};
use super::{SecretSource, load, paths};
use crate::error::{ConfigError, Error, Result};
use crate::ids::EngineKind;

/// What stands in a file that Kronos creates.
const HEADER: &str = "\
# The configuration of Kronos. You can edit it by hand: the window keeps comments and order.
# The text before the last change made in the window is in `config.toml.previous`.
";

/// What the form of a profile says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileEdit {
    /// The profile's name.
    pub name: String,
    /// Its engine; cannot be changed later.
    pub engine: EngineKind,
    /// The database files, absolute or with `~`; empty for a server.
    pub paths: Vec<String>,
    /// The server. `None` for files, and for a server whose connection stays as it is.
    pub server: Option<ServerEdit>,
    /// The storage to use; `None` means the first one.
    pub storage: Option<String>,
    /// Whether it is protected; `None` leaves it to where it is.
    pub protected: Option<bool>,
    /// A short word for it; empty for none.
    pub tag: String,
}

/// What the form of a storage on this computer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageEdit {
    /// The storage's name.
    pub name: String,
    /// The folder, absolute or with `~`.
    pub path: String,
}

/// What an edit of a profile led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    /// The configuration after it.
    pub config: Config,
    /// The entries of the keychain that the file named before and names no more.
    pub released: Vec<String>,
}

/// A configuration file that can be changed.
///
/// Beside the file (beside its target, if it is a link) stands `.config.toml.lock`, which makes
/// programs that edit at the same time wait for each other. It is empty and is never removed,
/// because removing a lock file is a race of its own. The text before the last change is kept in
/// `config.toml.previous` beside the file.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    path: PathBuf,
}

impl ConfigFile {
    /// Names the file, which does not have to exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The copy of the text before the last change; it may not exist.
    pub fn previous_path(&self) -> PathBuf {
        disk::previous_of(&self.path)
    }

    /// Reads the file.
    pub fn load(&self) -> Result<Config> {
        load::load(&self.path)
    }

    /// Adds a profile, or changes the one named `original`.
    pub fn save_profile(&self, original: Option<&str>, edit: &ProfileEdit) -> Result<Edited> {
        let base = paths::base_of(&self.path);
        self.edit_profiles(|document, config| {
            profile::save(document, config, &base, original, edit)
        })
    }

    /// Says what [`ConfigFile::save_profile`] would refuse, and changes nothing.
    pub fn check_profile(&self, original: Option<&str>, edit: &ProfileEdit) -> Result<()> {
        let base = paths::base_of(&self.path);
        let place = Place::open(&self.path)?;
        self.changed(&place, |document, config| {
            profile::save(document, config, &base, original, edit)
        })?;
        Ok(())
    }

    /// Removes a profile. Its backups stay.
    pub fn remove_profile(&self, name: &str) -> Result<Edited> {
        self.edit_profiles(|document, config| {
            config.profile(name)?;
            document::remove_part(document, &["databases"], name)
        })
    }

    /// Adds a storage on this computer, or changes the one named `original`. Profiles that name it
    /// follow a new name.
    pub fn save_storage(&self, original: Option<&str>, edit: &StorageEdit) -> Result<Config> {
        let base = paths::base_of(&self.path);
        self.change(|document, config| storage::save(document, config, &base, original, edit))
    }

    /// Removes a storage that no profile uses. What is in the folder stays.
    pub fn remove_storage(&self, name: &str) -> Result<Config> {
        self.change(|document, config| storage::remove(document, config, name))
    }

    /// Changes the preferences of the window that are named; what is as it was is not written.
    pub fn save_settings(&self, change: &SettingsChange) -> Result<Config> {
        self.change(|document, config| {
            let before = &config.settings;
            let notifications = change.notifications.filter(|new| *new != before.notifications);
            let appearance = change.appearance.filter(|new| *new != before.appearance);
            if notifications.is_none() && appearance.is_none() {
                return Ok(());
            }
            let table = document::table(document, "settings")?;
            if let Some(notifications) = notifications {
                document::set(table, "notifications", Value::from(notifications));
            }
            if let Some(appearance) = appearance {
                document::set(table, "appearance", Value::from(word(appearance)));
            }
            Ok(())
        })
    }

    fn edit_profiles(
        &self,
        apply: impl FnOnce(&mut DocumentMut, &Config) -> Result<()>,
    ) -> Result<Edited> {
        let mut released = BTreeSet::new();
        let config = self.change(|document, config| {
            released = keychain_entries(config);
            apply(document, config)
        })?;
        let still_named = keychain_entries(&config);
        Ok(Edited { config, released: released.difference(&still_named).cloned().collect() })
    }

    fn change(
        &self,
        apply: impl FnOnce(&mut DocumentMut, &Config) -> Result<()>,
    ) -> Result<Config> {
        let place = Place::open(&self.path)?;
        let Change { old, new, mut after } = self.changed(&place, apply)?;
        if let Some(new) = new {
            place.write(old.as_deref(), &new)?;
        }
        load::warn_of_modes(&mut after, &self.path);
        Ok(after)
    }

    /// Applies an edit to the text that is on disk now, without writing it.
    fn changed(
        &self,
        place: &Place,
        apply: impl FnOnce(&mut DocumentMut, &Config) -> Result<()>,
    ) -> Result<Change> {
        let old = place.read()?;
        let text = load::without_bom(old.as_deref().unwrap_or(HEADER));
        let before = load::parse(text, &self.path)?;
        let mut document: DocumentMut =
            text.parse().map_err(|_| Error::Internal("a checked file did not parse".to_owned()))?;
        apply(&mut document, &before)?;
        let mut new = document::render(&document, text);
        if new.trim().is_empty() {
            // The reader takes an empty file for a damaged one.
            HEADER.clone_into(&mut new);
        }
        let after = load::parse(&new, &self.path).map_err(|error| {
            Error::Internal(format!(
                "the change would have broken the file and was not made: {error}"
            ))
        })?;
        let new = Some(new).filter(|new| new != text);
        Ok(Change { old, new, after })
    }
}

/// A text with an edit applied.
struct Change {
    /// The text of the file; `None` when there is none.
    old: Option<String>,
    /// The text to write; `None` when nothing changed.
    new: Option<String>,
    /// What the text says now.
    after: Config,
}

/// The entries of the keychain that a configuration names.
fn keychain_entries(config: &Config) -> BTreeSet<String> {
    let passwords = config.profiles.iter().filter_map(|one| one.connection.password.as_ref());
    passwords
        .filter_map(|source| match source {
            SecretSource::Keychain(entry) => Some(entry.clone()),
            _ => None,
        })
        .collect()
}

fn word(appearance: Appearance) -> &'static str {
    match appearance {
        Appearance::System => "system",
        Appearance::Light => "light",
        Appearance::Dark => "dark",
    }
}

/// The refusal of a value that a form field holds.
fn rejected(field: &'static str, message: impl Into<String>) -> Error {
    ConfigError::Rejected { field, message: message.into() }.into()
}

#[cfg(test)]
pub(super) use disk::LOCK_WAIT;
