//! Changing the configuration from a window, and trying out what was typed before it is saved.

use std::path::PathBuf;

use tokio::io::AsyncReadExt;

use super::{Engine, server_form};
use crate::config::{
    self, ConfigFile, ConnectionSettings, ConnectionUrl, Edited, KeychainEntries, ProfileEdit,
    SecretSource, SettingsChange, StorageEdit, StorageKind, StorageTarget,
};
use crate::database::{self, Probe};
use crate::error::{ArchiveError, ConfigError, Error, ErrorReport, Result};
use crate::event::Event;
use crate::storage::{ObjectKey, Storage};
use crate::view::{CheckStep, ParsedUrl, ProfileDraft, ServerDraft, StorageCheck, StorageDraft};

impl Engine {
    /// Looks at the databases of a form without saving it. A password that is saved is taken from the
    /// profile `original`.
    pub async fn probe(&self, original: Option<&str>, draft: &ProfileDraft) -> Result<Probe> {
        let settings = match &draft.server {
            Some(server) if database::lives_on_server(draft.engine) => {
                self.server_of(original, draft, server)?
            }
            _ => files_of(draft)?,
        };
        database::connect(draft.engine, &settings)?.probe().await
    }

    fn server_of(
        &self,
        original: Option<&str>,
        draft: &ProfileDraft,
        server: &ServerDraft,
    ) -> Result<ConnectionSettings> {
        let config = original.map(|_| self.config()).transpose()?.unwrap_or_default();
        let saved = original.map(|name| config.profile(name)).transpose()?;
        let edit = server_form::edit(server, SecretSource::Plain)?;
        edit.connection(draft.engine, saved.map(|profile| &profile.connection))
    }

    /// Saves a new profile, or an edited one under its `original` name. A typed password goes to the
    /// keychain, and the file names its entry; the entry that nothing names any more is removed last, so
    /// that a crash at any moment leaves a password for what the file says.
    pub async fn save_profile(&self, original: Option<&str>, draft: &ProfileDraft) -> Result<()> {
        let entries = self.keychain_entries();
        let mut typed = None;
        let into_keychain = |secret| {
            let entry = entries.new_name(&draft.name);
            typed = Some((entry.clone(), secret));
            SecretSource::Keychain(entry)
        };
        let server = draft.server.as_ref();
        let server = server.map(|form| server_form::edit(form, into_keychain)).transpose()?;
        let edit = ProfileEdit {
            name: draft.name.clone(),
            engine: draft.engine,
            paths: draft.paths.clone(),
            server,
            storage: draft.storage.clone(),
            protected: draft.protected,
            tag: draft.tag.clone(),
        };
        if let Some((entry, secret)) = &typed {
            // Nobody should be asked to unlock a keychain for a form that is refused.
            self.file().check_profile(original, &edit)?;
            entries.store(entry, secret).await?;
        }
        match self.file().save_profile(original, &edit) {
            Ok(edited) => {
                self.profiles_changed(edited).await;
                Ok(())
            }
            Err(error) => {
                if let Some((entry, _)) = &typed {
                    entries.forget(entry).await;
                }
                Err(error)
            }
        }
    }

    /// Forgets a profile and the password that Kronos keeps for it. Its backups stay where they are.
    pub async fn remove_profile(&self, name: &str) -> Result<()> {
        let edited = self.file().remove_profile(name)?;
        self.profiles_changed(edited).await;
        Ok(())
    }

    /// Takes a connection URL apart into a form.
    pub fn parse_url(text: &str) -> Result<ParsedUrl> {
        ConnectionUrl::parse(text).map(server_form::filled_in)
    }

    async fn profiles_changed(&self, edited: Edited) {
        self.config_changed();
        let entries = self.keychain_entries();
        for entry in &edited.released {
            entries.forget(entry).await;
        }
    }

    fn keychain_entries(&self) -> KeychainEntries {
        let folder = self.0.state.root().file_name().unwrap_or_default();
        KeychainEntries::new(&folder.to_string_lossy())
    }

    /// Saves a new storage, or an edited one under its `original` name.
    pub fn save_storage(&self, original: Option<&str>, draft: &StorageDraft) -> Result<()> {
        let edit = StorageEdit { name: draft.name.clone(), path: draft.path.clone() };
        self.file().save_storage(original, &edit)?;
        self.config_changed();
        Ok(())
    }

    /// Forgets a storage. What is in it stays there.
    pub fn remove_storage(&self, name: &str) -> Result<()> {
        self.file().remove_storage(name)?;
        self.config_changed();
        Ok(())
    }

    /// Saves the preferences that were changed.
    pub fn save_settings(&self, change: &SettingsChange) -> Result<()> {
        self.file().save_settings(change)?;
        self.config_changed();
        Ok(())
    }

    /// Tries a storage out: writes a small object, reads it back, removes it. Says which step failed.
    pub async fn check_storage(&self, draft: &StorageDraft) -> Result<StorageCheck> {
        if draft.path.trim().is_empty() {
            return Err(rejected("path", "Choose a folder first"));
        }
        let kind = StorageKind::Local { path: typed("path", &draft.path)? };
        let storage = Self::open_storage(&StorageTarget { name: draft.name.clone(), kind })?;
        Ok(try_out(storage.as_ref()).await)
    }

    fn file(&self) -> ConfigFile {
        ConfigFile::new(self.config_path())
    }

    fn config_changed(&self) {
        self.0.options.sink.emit(Event::ConfigChanged);
    }
}

/// The files of a form.
fn files_of(draft: &ProfileDraft) -> Result<ConnectionSettings> {
    let filled = draft.paths.iter().filter(|path| !path.trim().is_empty());
    let paths = filled.map(|path| typed("paths", path)).collect::<Result<Vec<_>>>()?;
    if paths.is_empty() {
        return Err(rejected("paths", "Choose a database file first"));
    }
    Ok(ConnectionSettings { paths, ..ConnectionSettings::default() })
}

pub(super) fn rejected(field: &'static str, message: &str) -> Error {
    ConfigError::Rejected { field, message: message.to_owned() }.into()
}

/// A path as a person typed it into the form field `field`.
pub(super) fn typed(field: &'static str, path: &str) -> Result<PathBuf> {
    config::typed_path(path).map_err(|message| rejected(field, &message))
}

const PROBE: &[u8] = b"Kronos was here to test this folder. This file may be deleted.\n";

async fn try_out(storage: &dyn Storage) -> StorageCheck {
    let mut steps = Vec::new();
    let mut step = |name: &str, outcome: Result<()>| {
        let went_well = outcome.is_ok();
        let error = outcome.err().map(|error| ErrorReport::new(format!("{name} failed"), &error));
        steps.push(CheckStep { name: name.to_owned(), error });
        went_well
    };
    let capacity = storage.capacity().await;
    let free_bytes = capacity.as_ref().ok().and_then(|capacity| capacity.free);
    let key = ObjectKey::new(&format!("kronos-check-{:08x}", rand::random::<u32>()))
        .expect("a fixed prefix and hex digits are a legal key");
    let went_well = step("Find the folder", capacity.map(drop))
        && step("Write a test file", write_probe(storage, &key).await)
        && step("Read it back", read_probe(storage, &key).await);
    let removed = storage.delete(&key).await;
    if went_well {
        step("Remove it", removed);
    }
    StorageCheck { steps, free_bytes }
}

async fn write_probe(storage: &dyn Storage, key: &ObjectKey) -> Result<()> {
    let mut object = storage.create(key, PROBE.len() as u64).await?;
    object.write(PROBE).await?;
    object.seal().await?;
    object.commit().await.map(drop)
}

async fn read_probe(storage: &dyn Storage, key: &ObjectKey) -> Result<()> {
    let mut text = Vec::new();
    let archive = key.to_string();
    let mut reader = storage.open(key).await?;
    reader
        .read_to_end(&mut text)
        .await
        .map_err(|source| ArchiveError::Io { archive: archive.clone(), source })?;
    if text == PROBE {
        return Ok(());
    }
    let detail = "the folder returned other bytes than were written".to_owned();
    Err(ArchiveError::Damaged { archive, detail }.into())
}
