//! Restoring into a file: written beside the target, checked, then renamed without replacing, or put into
//! the place of the file that is to be replaced.
//!
//! Owns the temporary file and its removal, also after a restore that was killed: the system drops its
//! lock with the process. The hash of the bytes has been compared by the caller.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::super::{Previous, RestoreSink, Restored};
use super::check::{CheckError, Findings, RunningCheck};
use super::choose;
use super::source::sibling;
use super::{previous, swap};
use crate::cancel::{CancelCheck, CancellationToken};
use crate::contents::{DatabaseFacts, ObjectCount, ObjectKind};
use crate::error::{Error, RestoreError, Result};
use crate::files;

/// Files that SQLite would take for the log of the restored database.
pub(super) const JOURNALS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Says why `target` cannot become a database of `size` bytes, before anything is written.
pub(super) fn check_target(target: &Path, size: u64) -> Result<()> {
    let shown = || target.display().to_string();
    let unusable =
        |detail: &str| RestoreError::TargetUnusable { target: shown(), detail: detail.to_owned() };
    if target.file_name().is_none() {
        return Err(unusable("it names no file").into());
    }
    if fs::symlink_metadata(target).is_ok() {
        return Err(RestoreError::TargetExists { target: shown() }.into());
    }
    if let Some(leftover) =
        JOURNALS.iter().map(|end| sibling(target, end)).find(|path| path.exists())
    {
        return Err(RestoreError::StaleJournal { leftover: leftover.display().to_string() }.into());
    }
    let folder = folder_of(target);
    if !folder.is_dir() {
        return Err(unusable("its folder does not exist").into());
    }
    files::check_writable(folder).map_err(|error| unusable(&error.to_string()))?;
    match files::free_bytes(folder) {
        Some(free) if free < size => {
            Err(RestoreError::NoSpace { target: shown(), needed: size, free }.into())
        }
        _ => Ok(()),
    }
}

/// The folder that holds `target`.
pub(super) fn folder_of(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What the name of an unfinished restore starts with; [`TAG`] random letters and digits follow.
const UNFINISHED: &str = ".kronos-restoring-";
const TAG: usize = 6;

/// Whether this is the name of an unfinished restore, exactly as [`NewFileSink`] gives it.
fn is_unfinished(name: &str) -> bool {
    let tag = name.strip_prefix(UNFINISHED);
    tag.is_some_and(|tag| tag.len() == TAG && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Removes what killed restores have left in `folder`: regular files of exactly our name whose lock
/// nobody holds. What cannot be removed stays; it is in nobody's way.
pub(super) fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || !entry.file_name().to_str().is_some_and(is_unfinished) {
            continue;
        }
        let path = entry.path();
        // No other restore is ever given this name again, so the name still means the locked file, or
        // nothing when its owner has just published it.
        let removed = files::open_plain(&path, true)
            .is_ok_and(|file| file.try_lock().is_ok() && fs::remove_file(&path).is_ok());
        tracing::info!(path = %path.display(), removed, "an unfinished restore was found");
    }
}

/// Creates an unfinished file in `folder` and locks it for as long as it is open.
fn create_unfinished(folder: &Path) -> io::Result<(File, PathBuf)> {
    for _ in 0..8 {
        let mut name = tempfile::Builder::new();
        name.prefix(UNFINISHED).rand_bytes(TAG);
        let (file, path) = name.make_in(folder, files::create_private)?.keep()?;
        match file.try_lock() {
            // Somebody who removes left-overs may have been between our creation and our lock.
            Ok(()) if fs::symlink_metadata(&path).is_err() => {}
            Err(TryLockError::WouldBlock) => {}
            Ok(()) => return Ok((file, path)),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(path = %path.display(), %error, "this file system has no file locks");
                return Ok((file, path));
            }
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

/// What has to be in a file with some of the tables, and what to know about it.
type TakenOut = (DatabaseFacts, Vec<String>);

/// A restored file that nobody sees yet.
pub(super) struct NewFileSink {
    file: Option<File>,
    temporary: PathBuf,
    target: PathBuf,
    replaces: bool,
    only: Option<BTreeSet<String>>,
    bytes: u64,
}

impl NewFileSink {
    /// Creates the temporary file beside `target`, and removes what killed restores have left there.
    /// What stands at `target` is replaced at the end if `replaces` says so, else nothing may. Of what is
    /// written only the tables `only` get there.
    pub(super) fn create(
        target: PathBuf,
        replaces: bool,
        only: Option<BTreeSet<String>>,
    ) -> Result<Self> {
        let folder = folder_of(&target);
        remove_unfinished(folder);
        previous::remove_old(&target, Timestamp::now());
        let (file, temporary) =
            create_unfinished(folder).map_err(|error| Error::file("create", &target, error))?;
        Ok(Self { file: Some(file), temporary, target, replaces, only, bytes: 0 })
    }

    /// Finishes what there is nothing to compare with: checks it, counts it, and makes it visible.
    pub(super) fn finish_counted(mut self, cancel: &CancellationToken) -> Result<Restored> {
        self.publish(None, cancel)
    }

    fn publish(
        &mut self,
        expected: Option<&DatabaseFacts>,
        cancel: &CancellationToken,
    ) -> Result<Restored> {
        let file = self.file.take().ok_or_else(|| Error::Internal("restored twice".into()))?;
        file.sync_all().map_err(|error| Error::file("write", &self.temporary, error))?;
        // On Windows a lock keeps every other handle out, also that of the check.
        #[cfg(not(unix))]
        file.unlock().map_err(|error| Error::file("write", &self.temporary, error))?;
        let (file, taken_out) = self.take_out(file, expected, cancel)?;
        let expected = taken_out.as_ref().map(|(facts, _)| facts).or(expected);
        let findings = self.check(cancel)?;
        if let Some(expected) = expected {
            compare(expected, &findings.facts)?;
        }
        cancel.check()?;
        let previous = self.appear()?;
        drop(file);
        let mut warnings = findings.warnings;
        warnings.extend(taken_out.into_iter().flat_map(|(_, warnings)| warnings));
        let tables = findings.facts.objects.iter().filter(|object| object.is_table());
        Ok(Restored {
            target: self.target.display().to_string(),
            bytes: self.bytes,
            tables: tables.clone().count() as u64,
            rows: tables.filter_map(|object| object.rows).sum(),
            warnings,
            previous,
        })
    }

    /// Puts a file with the chosen tables in the place of the whole one, if any were chosen. Returns what has
    /// to be in it, and what hangs on these tables and is not.
    fn take_out(
        &mut self,
        whole: File,
        expected: Option<&DatabaseFacts>,
        cancel: &CancellationToken,
    ) -> Result<(File, Option<TakenOut>)> {
        let (Some(only), Some(expected)) = (&self.only, expected) else { return Ok((whole, None)) };
        let (mut file, path) = create_unfinished(folder_of(&self.target))
            .map_err(|error| Error::file("create", &self.target, error))?;
        let full = std::mem::replace(&mut self.temporary, path);
        let chosen = choose::choose(&full, (&self.temporary, &mut file), only, cancel);
        let _ = fs::remove_file(&full);
        let chosen = chosen?;
        let warnings = chosen.warnings.into_iter().chain(expected.others_than(only)).collect();
        let size = file.metadata().map(|metadata| metadata.len());
        self.bytes = size.map_err(|error| Error::file("read", &self.temporary, error))?;
        Ok((file, Some((of_chosen(expected, only, chosen.objects)?, warnings))))
    }

    /// Gives the finished file its name. Returns what it replaced.
    fn appear(&self) -> Result<Option<Previous>> {
        if self.replaces {
            return swap::swap(&self.temporary, &self.target).map(Some);
        }
        files::rename_new(&self.temporary, &self.target).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                RestoreError::TargetExists { target: self.target.display().to_string() }.into()
            }
            _ => Error::file("create", &self.target, error),
        })?;
        Ok(None)
    }

    fn check(&self, cancel: &CancellationToken) -> Result<Findings> {
        let mismatch = |detail: String| Error::from(RestoreError::Mismatch { detail });
        let check =
            RunningCheck::start(&self.temporary).map_err(|error| mismatch(error.to_string()))?;
        check.join(cancel)?.map_err(|error| match error {
            CheckError::Corrupt(finding) => mismatch(finding),
            CheckError::Failed(error) => mismatch(error.to_string()),
        })
    }
}

/// What has to be in a file with some of the tables: all that was wanted, with its rows, and what hangs on it.
fn of_chosen(
    expected: &DatabaseFacts,
    only: &BTreeSet<String>,
    mut objects: Vec<ObjectCount>,
) -> Result<DatabaseFacts> {
    let wanted = |object: &&ObjectCount| object.is_table() && only.contains(&object.name);
    for wanted in expected.objects.iter().filter(wanted) {
        let is_it =
            |object: &&mut ObjectCount| (object.kind, &object.name) == (wanted.kind, &wanted.name);
        let Some(found) = objects.iter_mut().find(is_it) else {
            let detail = format!("`{}` is missing", wanted.name);
            return Err(RestoreError::Mismatch { detail }.into());
        };
        found.rows = wanted.rows;
    }
    let mut properties = expected.properties.clone();
    properties.remove("page_count");
    Ok(DatabaseFacts { objects, properties, left_out: Vec::new() })
}

/// Compares what was loaded with what the backup recorded and names the first difference.
fn compare(expected: &DatabaseFacts, found: &DatabaseFacts) -> Result<()> {
    let mismatch = |detail: String| Err(RestoreError::Mismatch { detail }.into());
    for object in &expected.objects {
        let Some(same) =
            found.objects.iter().find(|o| o.kind == object.kind && o.name == object.name)
        else {
            return mismatch(format!("`{}` is missing", object.name));
        };
        if object.kind == ObjectKind::Table && object.rows != same.rows {
            let rows =
                |rows: Option<u64>| rows.map_or("unknown".to_owned(), |rows| rows.to_string());
            return mismatch(format!(
                "`{}` has {} rows instead of {}",
                object.name,
                rows(same.rows),
                rows(object.rows)
            ));
        }
    }
    if expected.objects.len() != found.objects.len() {
        return mismatch(format!(
            "{} objects instead of {}",
            found.objects.len(),
            expected.objects.len()
        ));
    }
    for (name, value) in &found.properties {
        if expected.properties.get(name).is_some_and(|wanted| wanted != value) {
            return mismatch(format!("`{name}` is `{value}`"));
        }
    }
    Ok(())
}

impl Write for NewFileSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("the file is finished"))?;
        let written = file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), File::flush)
    }
}

impl RestoreSink for NewFileSink {
    fn finish(
        mut self: Box<Self>,
        expected: &DatabaseFacts,
        cancel: &CancellationToken,
    ) -> Result<Restored> {
        self.publish(Some(expected), cancel)
    }
}

impl Drop for NewFileSink {
    fn drop(&mut self) {
        self.file.take();
        // After a rename the temporary name is gone; what is still there is a half-made file of ours.
        let _ = fs::remove_file(&self.temporary);
    }
}
