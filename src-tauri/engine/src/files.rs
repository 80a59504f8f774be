//! The two file rules that everything in Kronos follows: private from the first moment, and durable
//! once it counts.
//!
//! Owns modes (0600 and 0700 where the platform has them), folder creation, fsync of folders, renames
//! that never replace, the atomic replacement of a small file, free space and the lock that tells a
//! living owner of an unfinished file from a crashed one. Object storage has its own commit protocol
//! on top.

pub mod kept;
pub mod note;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Creates a folder and its missing parents; what is created is readable by its owner only.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Whether both names lead to one file, through links or by a second name of it. Opens neither: on some
/// systems closing a file ends every lock that this process holds on it.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    let by_path = real(one).is_some_and(|one| real(other) == Some(one));
    by_path || identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// The device and the number of the file that `path` leads to.
#[cfg(unix)]
pub fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Nothing where files have no numbers.
#[cfg(not(unix))]
pub fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}

/// Creates a new file that only its owner can read. Fails when the name exists, also as a link.
pub fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

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

/// Makes a rename or a removal in `folder` durable. Windows has no such call and needs none.
pub fn sync_dir(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Replaces the content of `path` in one step: readers see the old text or the new one, never a mix,
/// and a crash leaves one of the two.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".kronos-").tempfile_in(folder)?;
    temporary.write_all(content)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_dir(folder)
}

/// Gives a finished file its name, durably and without replacing anything: an existing target is
/// [`io::ErrorKind::AlreadyExists`]. When the name cannot be made durable it is taken back, and the
/// file is gone.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    rename_durably(from, to, sync_dir)
}

fn rename_durably(
    from: &Path,
    to: &Path,
    sync: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    rename_no_replace(from, to)?;
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tolerate_unsupported(folder, sync(folder)).inspect_err(|_| {
        // The name may be lost at a power cut, so the promise cannot be made. It is our own name: the
        // rename has just proved that nobody had it.
        let _ = fs::remove_file(to);
    })
}

/// Renames `from` to `to` and fails with `AlreadyExists` when `to` exists.
///
/// The atomic ways are tried in turn (`renameat2`, hard link and unlink, `MoveFileEx`). Where a file
/// system has none of them, looking first is the best that is left; among the writers of one object it
/// is enough, because the exclusive creation of the partial file lets only one exist.
fn rename_no_replace(from: &Path, to: &Path) -> io::Result<()> {
    let mut unnamed = tempfile::TempPath::try_from_path(from)?;
    // A refused file stays: its owner decides about that.
    unnamed.disable_cleanup(true);
    let Err(refused) = unnamed.persist_noclobber(to) else { return Ok(()) };
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

/// Bytes that this user may still write in `folder`; `None` where the system cannot tell.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    room(folder).ok()?.free
}

/// The room on a file system, as far as the system can tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// Bytes that this user may still write.
    pub free: Option<u64>,
    /// Bytes in all.
    pub total: Option<u64>,
}

/// The room on the file system that holds `path`.
pub fn room(path: &Path) -> io::Result<Room> {
    #[cfg(unix)]
    {
        let stat = rustix::fs::statvfs(path)?;
        let bytes = |blocks: u64| Some(blocks.saturating_mul(stat.f_frsize));
        // Some network and overlay file systems answer zeros: that means "unknown", not "full".
        if stat.f_blocks == 0 {
            return Ok(Room::default());
        }
        Ok(Room { free: bytes(stat.f_bavail), total: bytes(stat.f_blocks) })
    }
    #[cfg(not(unix))]
    {
        // The standard library cannot tell; a full disk is then noticed while writing.
        fs::metadata(path)?;
        Ok(Room::default())
    }
}

/// Fails when this user may not create files in `folder`.
pub fn check_writable(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)?;
    #[cfg(not(unix))]
    tempfile::tempfile_in(folder).map(drop)?;
    Ok(())
}

/// Fails when this user may not write to `file`.
pub fn check_file_writable(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    rustix::fs::access(file, rustix::fs::Access::WRITE_OK)?;
    #[cfg(not(unix))]
    if fs::metadata(file)?.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn created_files_and_folders_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        create_private_dir(&folder).unwrap();
        create_private(&folder.join("x")).unwrap();
        replace(&folder.join("y"), b"text").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("x")), 0o600);
        assert_eq!(mode(&folder.join("y")), 0o600);
    }

    #[test]
    fn an_existing_name_is_never_opened_for_creation() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("x");
        fs::write(&path, "mine").unwrap();
        assert_eq!(create_private(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn replace_leaves_no_temporary_file() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("config.toml");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

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

    #[test]
    fn a_name_that_cannot_be_made_durable_is_taken_back() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        let rename = |kind: io::ErrorKind| {
            fs::write(&from, "new").unwrap();
            rename_durably(&from, &to, |_| Err(kind.into()))
        };
        assert!(rename(io::ErrorKind::StorageFull).is_err());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        rename(io::ErrorKind::Unsupported).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
        // What somebody else has is not ours to remove.
        assert!(rename(io::ErrorKind::StorageFull).is_err());
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_system_that_counts_no_blocks_is_not_full() {
        assert_eq!(free_bytes(Path::new("/proc")), None);
    }
}
