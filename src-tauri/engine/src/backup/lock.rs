//! One run per profile, across all programs: an operating-system lock on a small file.
//!
//! Owns the lock and the note in it that says who holds it. The lock ends with the process that holds
//! it, however it ends; the note is only read to tell a person.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::ids::safe_name;

/// The right to run a profile. Released when dropped.
#[derive(Debug)]
pub struct ProfileLock {
    file: File,
}

impl ProfileLock {
    /// Takes the lock of `profile` in the folder `locks` for `owner` ("the desktop app").
    /// Does not wait: a lock that is taken is [`Error::Busy`] with the name of its holder.
    pub fn acquire(locks: &Path, profile: &str, owner: &str) -> Result<Self> {
        let path = locks.join(format!("{}.lock", safe_name(profile)));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(|error| Error::file("open", &path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Busy { profile: profile.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", &path, error)),
        }
        let note = format!("{owner} (process {})", std::process::id());
        let written = file.set_len(0).and_then(|()| file.write_all(note.as_bytes()));
        // The note is a courtesy; on a full disk the lock still holds.
        if let Err(error) = written {
            tracing::debug!(%error, "no note in the lock");
        }
        Ok(Self { file })
    }
}

impl Drop for ProfileLock {
    fn drop(&mut self) {
        // An old note would name a process that is long gone.
        let _ = self.file.set_len(0);
    }
}

fn holder(file: &mut File) -> Option<String> {
    let mut note = String::new();
    file.rewind().ok()?;
    file.take(200).read_to_string(&mut note).ok()?;
    (!note.is_empty()).then_some(note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_one_is_told_who_is_first() {
        let locks = tempfile::tempdir().unwrap();
        let first = ProfileLock::acquire(locks.path(), "shop", "the desktop app").unwrap();
        let error = ProfileLock::acquire(locks.path(), "shop", "the command line").unwrap_err();
        let expected = format!(
            "`shop` is already being backed up or restored by the desktop app (process {})",
            std::process::id()
        );
        assert_eq!(error.to_string(), expected);
        ProfileLock::acquire(locks.path(), "blog", "the command line").unwrap();
        drop(first);
        ProfileLock::acquire(locks.path(), "shop", "the command line").unwrap();
    }

    #[test]
    fn fifty_threads_never_hold_it_together() {
        use std::sync::atomic::{AtomicU32, Ordering};
        let locks = tempfile::tempdir().unwrap();
        let (holders, taken) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..50 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        if let Ok(lock) = ProfileLock::acquire(locks.path(), "shop", "a test") {
                            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                            taken.fetch_add(1, Ordering::SeqCst);
                            holders.fetch_sub(1, Ordering::SeqCst);
                            drop(lock);
                        }
                    }
                });
            }
        });
        assert!(taken.load(Ordering::SeqCst) > 0);
    }
}
