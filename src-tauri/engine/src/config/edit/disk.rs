//! The files of an edit: the configuration itself, the previous copy, the lock.
//!
//! Owns where they are, their modes and the order of writing. Knows nothing of TOML.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::config::load;
use crate::error::{ConfigError, Error, Result};
use crate::files;

/// How long an edit waits for another one; an edit takes milliseconds.
pub(in crate::config) const LOCK_WAIT: Duration = Duration::from_secs(3);

/// Links that are followed before they are taken for a circle.
const MAX_LINKS: usize = 16;

/// One configuration file, locked for an edit.
pub(super) struct Place {
    /// The file as the user named it, perhaps a link.
    path: PathBuf,
    /// The file that is replaced: what the link leads to.
    target: PathBuf,
    /// Held until the edit is over.
    _lock: Option<File>,
}

impl Place {
    /// Locks the file `path`; its folder is created if it is missing.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let target = target_of(path).map_err(|error| Error::file("follow", path, error))?;
        let folder = folder_of(&target);
        files::create_private_dir(folder).map_err(|error| Error::file("create", folder, error))?;
        let lock = lock(&beside(&target, ".", ".lock"))?;
        Ok(Self { path: path.to_path_buf(), target, _lock: lock })
    }

    /// The text of the file; `None` when it does not exist.
    pub(super) fn read(&self) -> Result<Option<String>> {
        match load::read_text(&self.path) {
            Ok(text) => Ok(Some(text)),
            Err(Error::Config(ConfigError::Missing { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps `old` as the previous copy and puts `new` into the file.
    pub(super) fn write(&self, old: Option<&str>, new: &str) -> Result<()> {
        let failed = |path: &Path, error| Error::file("write", path, error);
        let Some(old) = old else {
            return files::replace(&self.target, new.as_bytes())
                .map_err(|error| failed(&self.path, error));
        };
        let mode = self.writable().map_err(|error| failed(&self.path, error))?;
        let previous = previous_of(&self.path);
        files::replace(&previous, old.as_bytes()).map_err(|error| failed(&previous, error))?;
        files::replace(&self.target, new.as_bytes()).map_err(|error| failed(&self.path, error))?;
        // The new file is private until here, so it is never readable by more people than before.
        fs::set_permissions(&self.target, mode).map_err(|error| failed(&self.path, error))
    }

    /// The mode of the existing file. A file that was made read-only is meant to stay as it is, even
    /// though a replacement would get around that.
    fn writable(&self) -> io::Result<fs::Permissions> {
        let mode = fs::metadata(&self.target)?.permissions();
        if mode.readonly() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        Ok(mode)
    }
}

/// The copy of the text before the last change. It stands beside the name that the user gave, not
/// beside the target of a link: the target may be in a folder that is published.
pub(super) fn previous_of(path: &Path) -> PathBuf {
    beside(path, "", ".previous")
}

fn beside(path: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(after);
    path.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where the file really is, also when nothing is there yet.
fn target_of(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            // Not a link, or nothing there.
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "the link leads in a circle"))
}

/// Takes the lock, waiting a little. `None` on a file system that has no locks: then the atomic
/// replacement alone has to do.
fn lock(path: &Path) -> Result<Option<File>> {
    let failed = |error| Error::file("lock", path, error);
    let file = open_lock(path).map_err(failed)?;
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => {
                let message = "another program is changing the configuration";
                return Err(failed(io::Error::new(io::ErrorKind::WouldBlock, message)));
            }
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                return Ok(None);
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
