//! The private folder of one restore, removed with it, also after a crash.
//!
//! Owns the folder and its lock. A folder whose lock can be taken belongs to a dead restore; the next
//! one removes it, with the password files that its tools were given.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::files;
use crate::ids::RunId;
use crate::state_dir::StateDir;

/// What the name of such a folder starts with; a backup's folder is named by its run alone.
const PREFIX: &str = "restore-";
const LOCK: &str = "lock";
/// A folder that is being made has its lock long before.
const UNLOCKED: Duration = Duration::from_mins(1);

/// A private folder under a lock.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// Makes the folder of `run`, after removing those of dead restores.
    pub(crate) fn create(state: &StateDir, run: &RunId) -> Result<Self> {
        remove_abandoned(&state.scratch());
        let path = state.scratch().join(format!("{PREFIX}{run}"));
        let create = || -> std::io::Result<File> {
            files::create_private_dir(&path)?;
            let lock = files::create_private(&path.join(LOCK))?;
            lock.lock()?;
            Ok(lock)
        };
        let lock = create().map_err(|error| Error::file("create", &path, error))?;
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(folder = %self.path.display(), %error, "a working folder could not be removed");
        }
    }
}

fn remove_abandoned(scratch: &Path) {
    for entry in fs::read_dir(scratch).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let lock = File::open(entry.path().join(LOCK));
        let is_dead = match &lock {
            Ok(lock) => lock.try_lock().is_ok(),
            // Killed while it was made or removed; but it may be made just now.
            Err(error) => error.kind() == ErrorKind::NotFound && is_old(&entry.path()),
        };
        if is_dead && fs::remove_dir_all(entry.path()).is_ok() {
            tracing::info!(folder = %entry.path().display(), "a dead restore was cleared up");
        }
    }
}

fn is_old(folder: &Path) -> bool {
    let modified = fs::metadata(folder).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age >= UNLOCKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_restore_keeps_its_folder_and_a_dead_one_loses_it() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::for_config(root.path(), Path::new("/x/config.toml"));
        state.create().unwrap();
        let dead = state.scratch().join("restore-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        let unlocked = ["restore-old", "restore-young"].map(|name| state.scratch().join(name));
        for folder in &unlocked {
            fs::create_dir(folder).unwrap();
        }
        let then = std::time::SystemTime::now() - UNLOCKED;
        File::open(&unlocked[0]).unwrap().set_modified(then).unwrap();
        let backup = state.scratch().join("20261122T135401.250_abc123");
        fs::create_dir(&backup).unwrap();

        let first = Scratch::create(&state, &RunId::from_text("one")).unwrap();
        let second = Scratch::create(&state, &RunId::from_text("two")).unwrap();
        assert!(first.path().is_dir() && second.path().is_dir() && backup.is_dir());
        assert!(!dead.exists());
        assert_eq!(unlocked.map(|folder| folder.exists()), [false, true]);
        drop(first);
        drop(second);
        assert_eq!(fs::read_dir(state.scratch()).unwrap().count(), 2);
    }
}
