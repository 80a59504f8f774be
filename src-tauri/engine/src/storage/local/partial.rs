//! The unfinished file of one object, from its creation to its rename or removal.
//!
//! Owns the name `.{key}.partial` and the lock that tells a living writer from a crashed one: the
//! system drops the lock with the process, whatever ended it, so no process id has to be trusted.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::folder::Folder;
use super::system::{self, Identity, identity};
use crate::error::{Error, Result};
use crate::files;
use crate::storage::{ObjectKey, ObjectMeta};

/// Where an unfinished file is and what it is going to be.
#[derive(Debug, Clone)]
pub struct Place {
    folder: Folder,
    key: ObjectKey,
    path: PathBuf,
    identity: Identity,
}

impl Place {
    /// The unfinished file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The object that it becomes.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// What a failed operation on this file means to a caller.
    pub fn fail(&self, action: &'static str, error: io::Error) -> Error {
        // "Not found" is said of committed objects only; this file was never one.
        if error.kind() == io::ErrorKind::NotFound && self.folder.check().is_ok() {
            let vanished = io::Error::other("its unfinished file has vanished");
            return self.folder.io(&self.key, action, vanished);
        }
        self.folder.fail(&self.key, action, error)
    }

    /// Opens the file anew, past the page cache where that is possible.
    #[cfg(unix)]
    pub fn reopen(&self, _written: &File) -> Result<File> {
        let reopened = self.require_same().and_then(|()| files::open_plain(&self.path, false));
        let file = reopened.map_err(|error| self.fail("read back", error))?;
        system::drop_from_cache(&file);
        Ok(file)
    }

    /// Reads through the handle that wrote: on Windows the lock keeps every other handle out, also one
    /// of this process.
    #[cfg(not(unix))]
    pub fn reopen(&self, written: &File) -> Result<File> {
        use std::io::Seek;
        let rewound = written.try_clone().and_then(|mut file| file.rewind().map(|()| file));
        rewound.map_err(|error| self.fail("read back", error))
    }

    /// Fails when the name is gone or means another file, for example because the folder was moved.
    fn require_same(&self) -> io::Result<()> {
        if identity(&fs::symlink_metadata(&self.path)?) == self.identity {
            return Ok(());
        }
        Err(io::Error::other("another file has taken the place of the unfinished one"))
    }

    fn lock(&self, file: &File) -> io::Result<()> {
        match file.try_lock() {
            Ok(()) => {}
            // Somebody who removes left-overs was between our creation and our lock.
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::ResourceBusy.into()),
            Err(TryLockError::Error(error)) => {
                let path = self.path.display();
                tracing::warn!(%path, %error, "this file system has no file locks");
            }
        }
        self.require_same()
    }
}

/// An unfinished file. Dropping it removes it, unless it has been published.
#[derive(Debug)]
pub struct Partial {
    place: Place,
    present: bool,
}

impl Partial {
    /// Creates and locks the file. The object's own name is looked at only afterwards: from here on no
    /// other writer of the key can commit.
    pub fn create(folder: &Folder, key: &ObjectKey) -> Result<(Self, File)> {
        let fail = |error| folder.fail(key, "create", error);
        let path = folder.partial_of(key);
        let file = files::create_private(&path).map_err(fail)?;
        let identity = identity(&file.metadata().map_err(fail)?);
        let place = Place { folder: folder.clone(), key: key.clone(), path, identity };
        let partial = Self { place, present: true };
        partial.place.lock(&file).map_err(fail)?;
        if fs::symlink_metadata(folder.path_of(key)).is_ok() {
            return Err(folder.exists(key));
        }
        Ok((partial, file))
    }

    /// Where it is; outlives the file itself.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Gives the file its object's name, durably and without replacing anything.
    pub fn publish(mut self) -> Result<ObjectMeta> {
        let Place { folder, key, path, .. } = &self.place;
        let target = folder.path_of(key);
        let renamed = self.place.require_same().and_then(|()| files::rename_new(path, &target));
        renamed.map_err(|error| self.place.fail("commit", error))?;
        self.present = false;
        folder.stat(key)
    }

    /// Removes the file now. A file of somebody else that has taken its place stays.
    pub fn remove(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.present) || self.place.require_same().is_err() {
            return Ok(());
        }
        match fs::remove_file(&self.place.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            let path = self.place.path.display();
            tracing::warn!(%path, %error, "an unfinished file stays behind");
        }
    }
}

/// Removes the partial file of exactly `key` if nobody holds its lock. A link, a pipe or a folder of
/// that name cannot be ours, because ours are created exclusively as regular files.
pub fn discard(folder: &Folder, key: &ObjectKey) -> Result<bool> {
    folder.check()?;
    let path = folder.partial_of(key);
    let fail = |error| folder.fail(key, "clean up", error);
    match fs::symlink_metadata(&path) {
        Ok(found) if found.is_file() => {}
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
        _ => return Ok(false),
    }
    let file = match files::open_plain(&path, true) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened.map_err(fail)?,
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(false),
        Err(TryLockError::Error(error)) => {
            // Nobody can tell whether its writer is alive: an unfinished file too many is better.
            tracing::warn!(path = %path.display(), %error, "this file system has no file locks");
            return Ok(false);
        }
    }
    // Its writer may have published or removed it, and another may have begun, before the lock.
    let same = file.metadata().is_ok_and(|locked| {
        fs::symlink_metadata(&path).is_ok_and(|found| identity(&found) == identity(&locked))
    });
    if !same {
        return Ok(false);
    }
    folder.remove(&path).map_err(fail)?;
    Ok(true)
}
