//! The note that a run leaves before it writes its first byte, so that the next start can clear up
//! after a crash: exactly these objects, exactly this folder, nothing by pattern.
//!
//! Owns the note and the scratch folder of a run. The note is held under a lock while its run lives,
//! so a note that can be locked belongs to a dead run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files;
use crate::ids::RunId;
use crate::state_dir::StateDir;

/// What an unfinished backup may leave behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// The run.
    pub run: RunId,
    /// The profile that was backed up.
    pub profile: String,
    /// When it began.
    pub started_at: Timestamp,
    /// The storage's name in the configuration.
    pub storage: String,
    /// The storage's location, so that a renamed or moved storage is not mistaken for it.
    pub location: String,
    /// The archive's key.
    pub archive: String,
}

/// A note on disk, with the scratch folder that goes with it.
#[derive(Debug)]
pub(super) struct Pending {
    path: PathBuf,
    scratch: PathBuf,
    unfinished: bool,
    _locked: File,
}

impl Pending {
    /// Writes the note durably and makes the scratch folder.
    pub(super) fn record(state: &StateDir, note: &Note) -> Result<Self> {
        let (path, scratch) = places(state, &note.run);
        let text = serde_json::to_vec(note).map_err(|error| Error::Internal(error.to_string()))?;
        let written = files::note::write(&path, &text);
        let file = written.map_err(|error| Error::file("write", &path, error))?;
        let pending = Self { path, scratch, unfinished: false, _locked: file };
        files::create_private_dir(&pending.scratch)
            .map_err(|error| Error::file("create", &pending.scratch, error))?;
        Ok(pending)
    }

    /// Keeps the note after the end of this run, because something could not be cleared up now.
    pub(super) fn leave_to_next_start(&mut self) {
        self.unfinished = true;
    }

    /// The private folder for working copies.
    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.unfinished {
            // The note names the scratch folder too, so a failure here is the next start's as well.
            let _ = fs::remove_dir_all(&self.scratch);
        } else {
            // By now the run has committed its objects or thrown them away.
            clear(&self.path, &self.scratch);
        }
    }
}

/// The notes of runs that are dead, each locked by us from now on.
pub(super) fn abandoned(state: &StateDir) -> Result<Vec<Abandoned>> {
    let folder = state.pending();
    let entries = fs::read_dir(&folder).map_err(|error| Error::file("read", &folder, error))?;
    Ok(entries.flatten().filter_map(|entry| Abandoned::take(state, &entry.path())).collect())
}

/// A note whose run is dead.
#[derive(Debug)]
pub(super) struct Abandoned {
    /// What the run was doing; `None` when it died before the note was complete, and then it had not
    /// begun to write anything else.
    pub note: Option<Note>,
    path: PathBuf,
    scratch: PathBuf,
    _locked: File,
}

impl Abandoned {
    fn take(state: &StateDir, path: &Path) -> Option<Self> {
        let run = RunId::from_text(path.file_stem()?.to_str()?);
        if !matches!(path.extension()?.to_str()?, "json" | "new") {
            return None;
        }
        let (file, text) = files::note::take_over(path)?;
        let note = serde_json::from_slice(&text).ok();
        let (path, scratch) = places(state, &run);
        Some(Self { note, path, scratch, _locked: file })
    }

    /// Removes the scratch folder; the note stays.
    pub(super) fn remove_scratch(&self) {
        let _ = fs::remove_dir_all(&self.scratch);
    }

    /// Removes the scratch folder and, last, the note.
    pub(super) fn clear(self) {
        clear(&self.path, &self.scratch);
    }
}

fn places(state: &StateDir, run: &RunId) -> (PathBuf, PathBuf) {
    (state.pending().join(format!("{run}.json")), state.scratch().join(run.as_str()))
}

/// The note goes last: as long as it stands, the next start tries again.
fn clear(path: &Path, scratch: &Path) {
    match fs::remove_dir_all(scratch) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(folder = %scratch.display(), %error, "a working copy could not be removed");
        }
        _ => {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> Note {
        Note {
            run: RunId::from_text("20261122T135401.250_abc123"),
            profile: "shop".into(),
            started_at: "2026-11-22T13:54:01Z".parse().unwrap(),
            storage: "backups".into(),
            location: "/srv/backups".into(),
            archive: "shop_20261122T135401.250Z_k3v9x0.tar.gz".into(),
        }
    }

    fn state() -> (tempfile::TempDir, StateDir) {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::for_config(root.path(), Path::new("/x/config.toml"));
        state.create().unwrap();
        (root, state)
    }

    #[test]
    fn a_living_run_is_left_alone_and_an_ended_one_leaves_nothing() {
        let (_root, state) = state();
        let pending = Pending::record(&state, &note()).unwrap();
        fs::write(pending.scratch().join("0.sqlite"), "copy").unwrap();
        assert_eq!(abandoned(&state).unwrap().len(), 0);
        drop(pending);
        assert_eq!(fs::read_dir(state.pending()).unwrap().count(), 0);
        assert_eq!(fs::read_dir(state.scratch()).unwrap().count(), 0);
    }

    #[test]
    fn a_dead_run_is_found_with_its_note_and_cleared() {
        let (_root, state) = state();
        let (path, scratch) = places(&state, &note().run);
        fs::create_dir(&scratch).unwrap();
        fs::write(&path, serde_json::to_vec(&note()).unwrap()).unwrap();
        fs::write(state.pending().join("notes.txt"), "of the user").unwrap();
        let found = abandoned(&state).unwrap().pop().unwrap();
        assert_eq!(found.note, Some(note()));
        found.clear();
        assert!(!path.exists() && !scratch.exists());
        assert!(state.pending().join("notes.txt").exists());
    }

    #[test]
    fn a_note_cut_short_names_nothing_but_its_own_scratch() {
        let (_root, state) = state();
        let (path, scratch) = places(&state, &note().run);
        fs::create_dir(&scratch).unwrap();
        fs::write(&path, b"{\"run\":").unwrap();
        let found = abandoned(&state).unwrap().pop().unwrap();
        assert_eq!(found.note, None);
        found.clear();
        assert!(!path.exists() && !scratch.exists());
    }
}
