//! The moment in which a restored file takes the place of another.
//!
//! Owns the way from a file that a program may have left in any state to a swap that is one rename:
//!
//! 1. nobody has the file open;
//! 2. SQLite itself brings it to rest: it rolls back a journal, moves a write-ahead log into the file and
//!    leaves the mode with a log, so that nothing beside the file belongs to it any more, and nobody who
//!    opens it from now on makes a log beside the name;
//! 3. under a lock that keeps every other program out of the old file it is given a second name;
//! 4. the new file is renamed over the first name.
//!
//! A kill before the fourth step leaves the old file, after it the new one; the second name is removed by
//! [`previous`](super::previous). The old file differs from before in one byte at most: the mode with a
//! log, which a failed swap gives back.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode as SqliteCode, OpenFlags};

use super::super::Previous;
use super::super::connection::PREVIOUS_KEPT;
use super::restore::JOURNALS;
use super::source::sibling;
use super::{holders, previous};
use crate::error::{Error, RestoreError, Result};
use crate::files;

/// How long to wait for a program that holds a lock.
const PATIENCE: Duration = Duration::from_secs(2);
/// Where Linux keeps the access list of a file.
#[cfg(unix)]
const ACCESS_LIST: &str = "system.posix_acl_access";
/// The longest one on the usual file systems is far shorter.
#[cfg(unix)]
const MAX_ACCESS_LIST: usize = 4096;

/// What was found at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// It kept a write-ahead log.
    WithLog,
    /// It kept none.
    Plain,
    /// Nobody can read it.
    Damaged,
}

/// Puts the finished file `new` into the place of the database at `target`, which has no links in its
/// path. Returns where that one is now.
pub(super) fn swap(new: &Path, target: &Path) -> Result<Previous> {
    holders::refuse(target, 0)?;
    let rest = bring_to_rest(target)?;
    let swapped = exchange(new, target, rest);
    if swapped.is_err() && rest == Rest::WithLog {
        give_back_log(target);
    }
    swapped
}

/// Leaves nothing beside the file that belongs to it.
fn bring_to_rest(target: &Path) -> Result<Rest> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let settle = || -> rusqlite::Result<Rest> {
        let database = Connection::open_with_flags(target, flags)?;
        database.busy_timeout(PATIENCE)?;
        database.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0")?;
        database.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        let mode: String = database.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        if mode != "wal" {
            // Fails when anybody reads or writes. Leaving a mode that keeps its journal removes one that is empty.
            database.execute_batch(
                "PRAGMA journal_mode = PERSIST; BEGIN EXCLUSIVE; ROLLBACK; PRAGMA journal_mode = DELETE",
            )?;
            return Ok(Rest::Plain);
        }
        let left: String =
            database.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        if left == "wal" { Err(busy()) } else { Ok(Rest::WithLog) }
    };
    match settle() {
        Ok(rest) => Ok(rest),
        Err(error) => match error.sqlite_error_code() {
            Some(SqliteCode::DatabaseBusy | SqliteCode::DatabaseLocked) => Err(in_use(target)),
            // A damaged database is what a restore is for. It gives way as it is.
            Some(SqliteCode::DatabaseCorrupt | SqliteCode::NotADatabase) => Ok(Rest::Damaged),
            _ => Err(super::source::explain(target, &error, PATIENCE)),
        },
    }
}

fn busy() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)
}

fn in_use(target: &Path) -> Error {
    let programs = vec!["a program that holds a lock on it".to_owned()];
    let target = target.display().to_string();
    RestoreError::InUse { target, programs, can_disconnect: false }.into()
}

/// Puts the mode back that [`bring_to_rest`] has taken away.
fn give_back_log(target: &Path) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let given = Connection::open_with_flags(target, flags).and_then(|database| {
        database.busy_timeout(PATIENCE)?;
        database.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
    });
    if let Err(error) = given {
        tracing::warn!(path = %target.display(), %error, "its write-ahead log could not be switched on again");
    }
}

fn exchange(new: &Path, target: &Path, rest: Rest) -> Result<Previous> {
    let lock = lock(target)?;
    holders::refuse(target, 1)?;
    let unusable = |detail: &str| RestoreError::TargetUnusable {
        target: target.display().to_string(),
        detail: detail.to_owned(),
    };
    // A program that switched the log on since then may open it once more, beside the new file.
    if rest != Rest::Damaged && keeps_log(&lock).map_err(|error| unusable(&error.to_string()))? {
        return Err(in_use(target));
    }
    if let Some(left) = JOURNALS.iter().map(|end| sibling(target, end)).find(|path| path.exists()) {
        let left = left.display();
        return Err(unusable(&format!(
            "it is damaged, and what stands in `{left}` belongs to it; move both away together, and \
             restore without replacing"
        ))
        .into());
    }
    take_over_rights(new, target)?;
    let now = Timestamp::now();
    let kept = previous::name(target, now)
        .ok_or_else(|| unusable("its name is too long to keep the old file beside it"))?;
    fs::hard_link(target, &kept)
        .map_err(|error| unusable(&format!("the old file cannot be kept beside it: {error}")))?;
    if let Err(error) = fs::rename(new, target) {
        // Over a network a rename may be reported as failed and have happened.
        if previous::is_same(&kept, target) {
            let _ = fs::remove_file(&kept);
            return Err(Error::file("replace", target, error));
        }
        tracing::warn!(path = %target.display(), %error, "the swap was reported as failed, and took place");
    }
    Ok(finish(target, &kept, now))
}

/// From here on the new file is there, whatever happens.
fn finish(target: &Path, kept: &Path, now: Timestamp) -> Previous {
    let folder = super::restore::folder_of(target);
    if let Err(error) = files::tolerate_unsupported(folder, files::sync_dir(folder)) {
        tracing::warn!(path = %target.display(), %error, "a power cut now may bring the old file back");
    }
    Previous {
        kept_as: kept.display().to_string(),
        kept_until: now.saturating_add(PREVIOUS_KEPT).unwrap_or(now),
        disconnected: 0,
    }
}

/// Keeps other programs out of the old file while it is swapped: SQLite's own locks are ranges of this
/// one. Nobody in this process has the file open, so closing it takes no lock away from anybody.
#[cfg(unix)]
fn lock(target: &Path) -> Result<File> {
    use rustix::fs::{FlockOperation, fcntl_lock};
    let file =
        files::open_plain(target, true).map_err(|error| Error::file("open", target, error))?;
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => Err(in_use(target)),
        // A file system without locks: then SQLite itself could not keep anybody out either.
        Err(error) => {
            tracing::warn!(path = %target.display(), %error, "this file system has no file locks");
            Ok(file)
        }
    }
}

/// Windows refuses to replace a file that another program has open.
#[cfg(not(unix))]
fn lock(target: &Path) -> Result<()> {
    fs::symlink_metadata(target).map(drop).map_err(|error| Error::file("open", target, error))
}

/// Whether the header says that the database keeps a write-ahead log:
/// <https://sqlite.org/fileformat2.html#file_format_version_numbers>.
#[cfg(unix)]
fn keeps_log(file: &File) -> std::io::Result<bool> {
    let mut versions = [0; 2];
    std::os::unix::fs::FileExt::read_exact_at(file, &mut versions, 18)?;
    Ok(versions.contains(&2))
}

#[cfg(not(unix))]
#[expect(clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps, reason = "as on Unix")]
fn keeps_log(_lock: &()) -> std::io::Result<bool> {
    Ok(false)
}

/// Whoever could use the old file can use the new one: the same owner and group, mode and access list.
#[cfg(unix)]
fn take_over_rights(new: &Path, target: &Path) -> Result<()> {
    use rustix::fs::{Gid, Uid, XattrFlags, chown, getxattr, setxattr};
    use std::os::unix::fs::MetadataExt;
    let failed = |error| Error::file("give the rights of the old file to", new, error);
    let (old, own) = (fs::metadata(target).map_err(failed)?, fs::metadata(new).map_err(failed)?);
    let changed = |old: u32, own: u32| (old != own).then_some(old);
    let (uid, gid) = (changed(old.uid(), own.uid()), changed(old.gid(), own.gid()));
    chown(new, uid.map(Uid::from_raw), gid.map(Gid::from_raw))
        .map_err(|error| failed(error.into()))?;
    fs::set_permissions(new, old.permissions()).map_err(failed)?;
    let mut list = [0; MAX_ACCESS_LIST];
    match getxattr(target, ACCESS_LIST, &mut list) {
        Ok(length) => setxattr(new, ACCESS_LIST, &list[..length], XattrFlags::empty())
            .map_err(|error| failed(error.into())),
        // It has none, or the file system knows none.
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::NOTSUP) => Ok(()),
        Err(error) => Err(failed(error.into())),
    }
}

#[cfg(not(unix))]
fn take_over_rights(_new: &Path, _target: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
