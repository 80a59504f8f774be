//! Which backup a person means: a file, an id, the beginning of an id, or an archive's name.
//!
//! Owns that decision. A file that exists wins, because a path is the most precise thing to say and
//! works without any configuration.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use kronos_engine::engine::ArchiveChoice;
use kronos_engine::ids::BackupId;
use kronos_engine::view::BackupView;
use kronos_engine::{Engine, ErrorCode};

use crate::failure::Failure;

/// Ambiguous ids that are listed at most.
const LISTED: usize = 10;

/// A backup that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    File(PathBuf),
    Stored(BackupId),
}

impl From<Selected> for ArchiveChoice {
    fn from(selected: Selected) -> Self {
        match selected {
            Selected::File(path) => Self::File(path),
            Selected::Stored(id) => Self::Stored(id),
        }
    }
}

/// Finds what `wanted` means.
pub async fn select(engine: &Engine, wanted: &OsStr) -> Result<Selected, Failure> {
    if wanted.is_empty() {
        // Usually a variable of a script that was never set.
        return Err(Failure::usage("The name of the backup is empty", "Name an archive or an id"));
    }
    let path = Path::new(wanted);
    if path.is_file() || (is_path(path) && path.exists()) {
        return Ok(Selected::File(path.to_owned()));
    }
    if is_path(path) {
        return Err(no_such_file(path));
    }
    // A name that is not Unicode can only be a file, and there is none.
    let Some(text) = wanted.to_str() else { return Err(no_such_file(path)) };
    match find(&engine.backups().await?, text) {
        Found::One(id) => Ok(Selected::Stored(id)),
        Found::Many(ids) => Err(ambiguous(text, &ids)),
        // A folder, a pipe: no file that wins over an id, but something that can be answered.
        Found::None if path.exists() => Ok(Selected::File(path.to_owned())),
        Found::None if is_archive_name(text) => Err(no_such_file(path)),
        Found::None => Err(unknown(text)),
    }
}

fn is_path(path: &Path) -> bool {
    path.components().count() != 1 || path.has_root()
}

fn is_archive_name(text: &str) -> bool {
    text.ends_with(".tar.gz") || text.ends_with(".tar.zst")
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    None,
    One(BackupId),
    Many(Vec<BackupId>),
}

fn find(backups: &[BackupView], text: &str) -> Found {
    let exact = |backup: &&BackupView| backup.id.as_str() == text || backup.archive == text;
    if let Some(backup) = backups.iter().find(exact) {
        return Found::One(backup.id.clone());
    }
    let begins = backups.iter().filter(|backup| backup.id.as_str().starts_with(text));
    let mut ids: Vec<BackupId> = begins.map(|backup| backup.id.clone()).collect();
    // The same backup may be in two storages.
    ids.dedup();
    match ids.len() {
        0 => Found::None,
        1 => Found::One(ids.remove(0)),
        _ => Found::Many(ids),
    }
}

fn no_such_file(path: &Path) -> Failure {
    let why = format!("There is no file `{}`", path.display());
    let next_step = "Check the path; `kronos list` shows the backups";
    // An archive that is gone is a finding, not only a typing error: a nightly `verify` has to see it.
    Failure::new(ErrorCode::ObjectMissing, why, next_step)
}

fn unknown(text: &str) -> Failure {
    let why = format!("There is no backup whose id begins with `{text}`, and no such file");
    Failure::usage(why, "`kronos list` shows the backups that Kronos knows")
}

fn ambiguous(text: &str, ids: &[BackupId]) -> Failure {
    let mut why =
        format!("{} backups have an id that begins with `{text}`, newest first:", ids.len());
    for id in ids.iter().take(LISTED) {
        why.push_str(&format!("\n  {id}"));
    }
    if ids.len() > LISTED {
        why.push_str(&format!("\n  and {} more", ids.len() - LISTED));
    }
    Failure::usage(why, "Write more of the id")
}
