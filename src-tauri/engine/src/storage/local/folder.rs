//! The file calls on committed objects, and what a failing one means.
//!
//! Owns the folder itself: its creation, its listing, its room, and the translation of the system's
//! errors into the contract's. Unfinished files belong to `partial`.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::error::{Error, Result, StorageError, is_full};
use crate::files;
use crate::storage::{Capacity, ObjectKey, ObjectMeta};

/// The folder that holds the objects.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`, whether it exists or not.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The path as a person would write it.
    pub fn location(&self) -> String {
        self.0.display().to_string()
    }

    /// Where a committed object is.
    pub fn path_of(&self, key: &ObjectKey) -> PathBuf {
        self.0.join(key.as_str())
    }

    /// Where an object is until it is committed.
    pub fn partial_of(&self, key: &ObjectKey) -> PathBuf {
        self.0.join(format!(".{key}.partial"))
    }

    /// Fails unless the folder is there.
    pub fn check(&self) -> Result<()> {
        match fs::metadata(&self.0) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(self.unavailable("it is a file, not a folder")),
            Err(error) => Err(self.unavailable(self.why_absent(&error))),
        }
    }

    /// Creates the folder if it is missing and its parent is not.
    pub fn prepare(&self) -> Result<()> {
        if self.creatable_in().is_some() {
            let mut builder = DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            match builder.create(&self.0) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(self.unavailable(format!("it cannot be created: {error}")));
                }
                _ => {}
            }
        }
        self.check()
    }

    /// The parent in which a missing folder may be created.
    fn creatable_in(&self) -> Option<&Path> {
        let absent = fs::symlink_metadata(&self.0).is_err_and(|e| e.kind() == ErrorKind::NotFound);
        self.0.parent().filter(|parent| absent && parent.is_dir())
    }

    /// The room in the folder, or in the parent that it would be created in.
    pub fn capacity(&self) -> Result<Capacity> {
        let path = if let Some(parent) = self.creatable_in() {
            parent
        } else {
            self.check()?;
            &self.0
        };
        let room = files::room(path).map_err(|error| self.unavailable(error.to_string()))?;
        Ok(Capacity { free: room.free, total: room.total })
    }

    /// Fails when `expected` bytes cannot fit.
    pub fn require_room(&self, expected: u64) -> Result<()> {
        let storage = self.location();
        match self.capacity()?.free {
            Some(free) if expected > free => {
                Err(StorageError::Full { storage, needed: Some(expected), free: Some(free) }.into())
            }
            _ => Ok(()),
        }
    }

    /// Opens a committed object.
    pub fn open(&self, key: &ObjectKey) -> Result<File> {
        self.stat(key)?;
        files::open_plain(&self.path_of(key), false).map_err(|e| self.fail(key, "open", e))
    }

    /// Looks at a committed object.
    pub fn stat(&self, key: &ObjectKey) -> Result<ObjectMeta> {
        match fs::symlink_metadata(self.path_of(key)) {
            Ok(found) if found.is_file() => Ok(meta(key.clone(), &found)),
            // A link, a pipe or a folder of that name is somebody else's and not an object.
            Ok(_) => Err(self.not_found(key)),
            Err(error) => Err(self.fail(key, "look at", error)),
        }
    }

    /// All committed objects whose name starts with `prefix`, sorted.
    pub fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>> {
        self.check()?;
        let unreadable = |error: io::Error| self.unavailable(format!("cannot list it: {error}"));
        let mut objects = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            let Some(key) = name.to_str().and_then(ObjectKey::new) else { continue };
            if !key.as_str().starts_with(prefix) {
                continue;
            }
            match entry.metadata() {
                Ok(found) if found.is_file() => objects.push(meta(key, &found)),
                Ok(_) => {}
                // Deleted since it was listed.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(self.fail(&key, "look at", error)),
            }
        }
        objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    /// Removes a committed object durably; a missing one is a success.
    pub fn delete(&self, key: &ObjectKey) -> Result<()> {
        match self.stat(key) {
            Ok(_) => self.remove(&self.path_of(key)).map_err(|e| self.fail(key, "delete", e)),
            Err(Error::Storage(StorageError::NotFound { .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes a name durably; one that is gone already is a success.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Ok(()) => self.sync(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes renames and removals in the folder durable.
    pub fn sync(&self) -> io::Result<()> {
        files::tolerate_unsupported(&self.0, files::sync_dir(&self.0))
    }

    /// What a failed operation on `key` means to a caller.
    pub fn fail(&self, key: &ObjectKey, action: &'static str, source: io::Error) -> Error {
        if is_full(&source) {
            let free = files::free_bytes(&self.0);
            return StorageError::Full { storage: self.location(), needed: None, free }.into();
        }
        match source.kind() {
            ErrorKind::NotFound => self.check().err().unwrap_or_else(|| self.not_found(key)),
            ErrorKind::AlreadyExists => self.exists(key),
            ErrorKind::ReadOnlyFilesystem => self.unavailable("its disk is read-only"),
            ErrorKind::PermissionDenied => {
                self.unavailable(format!("no permission to {action} files"))
            }
            ErrorKind::NotADirectory => self.unavailable(self.why_absent(&source)),
            _ => self.io(key, action, source),
        }
    }

    /// A failure that means nothing else.
    pub fn io(&self, key: &ObjectKey, action: &'static str, source: io::Error) -> Error {
        let (storage, key) = (self.location(), key.to_string());
        StorageError::Io { storage, key, action, source }.into()
    }

    /// The refusal of a name that is taken.
    pub fn exists(&self, key: &ObjectKey) -> Error {
        StorageError::Exists { storage: self.location(), key: key.to_string() }.into()
    }

    fn not_found(&self, key: &ObjectKey) -> Error {
        StorageError::NotFound { storage: self.location(), key: key.to_string() }.into()
    }

    fn unavailable(&self, detail: impl Into<String>) -> Error {
        StorageError::Unavailable { storage: self.location(), detail: detail.into() }.into()
    }

    /// Says in words why the folder is not there.
    fn why_absent(&self, error: &io::Error) -> String {
        let is_link = fs::symlink_metadata(&self.0).is_ok_and(|found| found.is_symlink());
        match (error.kind(), self.0.parent()) {
            (ErrorKind::NotFound, _) if is_link => {
                "it is a link to a place that does not exist".to_owned()
            }
            (ErrorKind::NotFound, Some(parent)) if !parent.exists() => {
                format!("`{}` does not exist, so the disk may not be connected", parent.display())
            }
            (ErrorKind::NotFound, _) => "it does not exist".to_owned(),
            (ErrorKind::NotADirectory, _) => "a part of its path is a file".to_owned(),
            (ErrorKind::PermissionDenied, _) => "no permission to look into it".to_owned(),
            _ => error.to_string(),
        }
    }
}

fn meta(key: ObjectKey, found: &fs::Metadata) -> ObjectMeta {
    let modified = found.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    ObjectMeta { key, size: found.len(), modified }
}
