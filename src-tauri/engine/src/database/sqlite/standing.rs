//! A database file that is to be replaced: whether it can be, and what is in it.
//!
//! Owns every refusal before a byte is written. The swap itself belongs to `swap`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use rusqlite::ErrorCode as SqliteCode;

use super::super::{ProbedObject, Standing};
use super::source::{self, sibling};
use super::{check, holders, previous, restore};
use crate::error::{Error, RestoreError, Result};
use crate::files;

/// Above this, counting every row takes longer than anybody waits for a look.
const COUNTED: u64 = 64 << 20;

/// The file that `target` leads to.
pub(super) fn resolve(target: &Path) -> Result<PathBuf> {
    let shown = || target.display().to_string();
    let metadata = fs::metadata(target)
        .map_err(|_| Error::from(RestoreError::NothingToReplace { target: shown() }))?;
    if !metadata.is_file() {
        return Err(unusable(target, "it is no file"));
    }
    fs::canonicalize(target).map_err(|error| unusable(target, &error.to_string()))
}

/// Says why the file at `target` cannot give way to a database of `size` bytes.
pub(super) fn check_target(target: &Path, size: u64) -> Result<()> {
    let file = resolve(target)?;
    let folder = restore::folder_of(&file);
    if target.to_str().is_none() || file.to_str().is_none() {
        return Err(unusable(target, "its name is no text, so an undo could not find it again"));
    }
    if has_other_names(&file) {
        return Err(unusable(
            target,
            "it has further names (hard links), which would keep the old content",
        ));
    }
    let writable = files::check_writable(folder).and_then(|()| files::check_file_writable(&file));
    writable.map_err(|error| unusable(target, &error.to_string()))?;
    check_owner(&file).map_err(|detail| unusable(target, &detail))?;
    holders::refuse(&file, 0)?;
    if !is_database(&file)? {
        return Err(unusable(target, "it is no SQLite database"));
    }
    match files::free_bytes(folder) {
        Some(free) if free < size => {
            let target = target.display().to_string();
            Err(RestoreError::NoSpace { target, needed: size, free }.into())
        }
        _ => Ok(()),
    }
}

/// Only an administrator can give a file to another user, and its programs would be kept out of a new one.
#[cfg(unix)]
fn check_owner(file: &Path) -> std::result::Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let owner = fs::metadata(file).map_err(|error| error.to_string())?.uid();
    let own = rustix::process::geteuid();
    if own.is_root() || own.as_raw() == owner {
        return Ok(());
    }
    Err(format!(
        "it belongs to another user (number {owner}), and a new file could not; run Kronos as that user"
    ))
}

#[cfg(not(unix))]
fn check_owner(_file: &Path) -> std::result::Result<(), String> {
    Ok(())
}

fn unusable(target: &Path, detail: &str) -> Error {
    let (target, detail) = (target.display().to_string(), detail.to_owned());
    RestoreError::TargetUnusable { target, detail }.into()
}

/// A damaged database is one, too; anything else that has this name is somebody's other file.
fn is_database(file: &Path) -> Result<bool> {
    let source = source::open(file)?;
    let read = source.connection.query_row("PRAGMA schema_version", [], |_| Ok(()));
    let is_none =
        |error: &rusqlite::Error| error.sqlite_error_code() == Some(SqliteCode::NotADatabase);
    Ok(!read.is_err_and(|error| is_none(&error)))
}

#[cfg(unix)]
fn has_other_names(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(file).is_ok_and(|metadata| metadata.nlink() > 1 + previous::second_names(file))
}

#[cfg(not(unix))]
fn has_other_names(_file: &Path) -> bool {
    false
}

/// What is in it. A database that is damaged or locked shows its size and its time.
pub(super) fn look(target: &Path) -> Result<Standing> {
    let file = resolve(target)?;
    let programs = holders::programs(&file, 0);
    let parts = ["", "-wal"].map(|end| fs::metadata(sibling(&file, end)).ok());
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let size = parts.iter().map(fs::Metadata::len).sum();
    let changed = parts.iter().filter_map(|part| part.modified().ok()).max();
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Standing {
        name,
        shown: target.display().to_string(),
        host: String::new(),
        is_remote: false,
        server: super::library(),
        size,
        tables: tables(&file, size <= COUNTED).unwrap_or_default(),
        is_estimated: false,
        newest_change: changed.and_then(timestamp),
        programs,
        can_disconnect: false,
    })
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}

fn tables(file: &Path, counted: bool) -> Result<Vec<ProbedObject>> {
    let source = source::open(file)?;
    let failed = |error| source::explain(file, &error, source::LOOK_PATIENCE);
    source.connection.busy_timeout(source::LOOK_PATIENCE).map_err(failed)?;
    let names = check::tables(&source.connection).map_err(failed)?;
    let object = |(name, _): (String, _)| {
        let rows = counted.then(|| check::rows_in(&source.connection, &name).ok()).flatten();
        ProbedObject { name, size: 0, rows }
    };
    Ok(names.into_iter().map(object).collect())
}
