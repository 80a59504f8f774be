//! What differs between platforms and file systems: renames that never replace, the page cache, free
//! space, and opening a name without following it somewhere else.
//!
//! Owns the system calls and their fallbacks; knows nothing of objects.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use crate::storage::Capacity;

/// Opens a regular file for reading, or for both directions. A link is not followed and a pipe does
/// not block: both are somebody else's and never an object.
pub fn open_plain(path: &Path, write: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(write);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        options.custom_flags(flags.cast_signed());
    }
    options.open(path)
}

/// Tells a file from every other one on this computer for as long as it is open.
#[cfg(unix)]
pub type Identity = (u64, u64);

/// Windows does not let anybody replace a file that is open for writing, so its name is enough.
#[cfg(not(unix))]
pub type Identity = ();

/// The identity of the file that `found` describes.
pub fn identity(found: &Metadata) -> Identity {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (found.dev(), found.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = found;
    }
}

/// Asks the kernel to forget the clean pages of `file`, so that the next read comes from the disk.
/// Only advice: where it is not heard, the read is served from memory and still proves the content.
#[cfg(unix)]
pub fn drop_from_cache(file: &File) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed) {
        tracing::debug!(%error, "the page cache cannot be dropped");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

/// Renames `from` to `to` and fails with `AlreadyExists` when `to` exists.
///
/// The atomic ways are tried in turn (`renameat2`, hard link and unlink, `MoveFileEx`). Where a file
/// system has none of them, looking first is enough among Kronos's own writers: two of one key cannot
/// get here together, because the exclusive creation of the partial file lets only one exist.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let mut partial = tempfile::TempPath::try_from_path(from)?;
    // A refused file stays: its owner decides about that.
    partial.disable_cleanup(true);
    let Err(refused) = partial.persist_noclobber(to) else { return Ok(()) };
    // `PermissionDenied` is what Linux says when a file system knows no hard links.
    let no_such_call = matches!(
        refused.error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied
    );
    if !no_such_call {
        return Err(refused.error);
    }
    rename_after_look(from, to)
}

fn rename_after_look(from: &Path, to: &Path) -> io::Result<()> {
    match fs::symlink_metadata(to) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(from, to),
        Err(error) => Err(error),
    }
}

/// Lets "this file system has no fsync" pass with a warning; the caller goes on without the promise.
pub fn tolerate_unsupported(path: &Path, outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
        {
            let path = path.display();
            tracing::warn!(%path, %error, "this file system cannot make writes durable");
            Ok(())
        }
        other => other,
    }
}

/// The room on the file system that holds `path`, as far as this user may use it.
pub fn capacity(path: &Path) -> io::Result<Capacity> {
    #[cfg(unix)]
    {
        let stat = rustix::fs::statvfs(path)?;
        let bytes = |blocks: u64| Some(blocks.saturating_mul(stat.f_frsize));
        // Some network and overlay file systems answer zeros: that means "unknown", not "full".
        if stat.f_blocks == 0 {
            return Ok(Capacity::default());
        }
        Ok(Capacity { free: bytes(stat.f_bavail), total: bytes(stat.f_blocks) })
    }
    #[cfg(not(unix))]
    {
        // The standard library cannot tell; a full disk is then noticed while writing.
        fs::metadata(path)?;
        Ok(Capacity::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_fifty_concurrent_renames_to_one_name_one_wins() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("object");
        let barrier = std::sync::Barrier::new(50);
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let start = |n: usize| {
                let from = root.path().join(format!(".{n}.partial"));
                let (barrier, target) = (&barrier, &target);
                scope.spawn(move || {
                    fs::write(&from, n.to_string()).unwrap();
                    barrier.wait();
                    (n, rename_new(&from, target), from.exists())
                })
            };
            let threads: Vec<_> = (0..50).map(start).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let winners: Vec<_> = outcomes.iter().filter(|outcome| outcome.1.is_ok()).collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(fs::read_to_string(&target).unwrap(), winners[0].0.to_string());
        for (_, outcome, left) in &outcomes {
            let Err(error) = outcome else { continue };
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert!(left, "a refused rename must leave its source to its owner");
        }
    }

    #[test]
    fn the_last_resort_does_not_replace_either() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        fs::write(&from, "new").unwrap();
        fs::write(&to, "old").unwrap();
        let refused = rename_after_look(&from, &to).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&to).unwrap(), "old");
        fs::remove_file(&to).unwrap();
        rename_after_look(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
    }

    #[test]
    fn only_a_missing_fsync_is_tolerated() {
        let path = Path::new("x");
        let outcome = |kind: io::ErrorKind| tolerate_unsupported(path, Err(kind.into()));
        assert!(outcome(io::ErrorKind::InvalidInput).is_ok());
        assert!(outcome(io::ErrorKind::Unsupported).is_ok());
        assert!(outcome(io::ErrorKind::StorageFull).is_err());
        assert!(tolerate_unsupported(path, Err(io::Error::from_raw_os_error(5))).is_err());
    }
}
