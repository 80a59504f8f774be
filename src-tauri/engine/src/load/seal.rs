//! Whether a dump is still what somebody has looked at and agreed to.
//!
//! Owns what tells that: which file it is, its size and its times, and those of all files in a folder. Reading it
//! twice would take too long.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::archive::Fingerprint;

/// Which file or folder it is, and what state it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Seal {
    /// Equal as long as it is the same file or folder.
    place: String,
    /// Equal as long as nothing was written to it.
    state: String,
}

impl Seal {
    /// The seal of what lies at `path` now. Blocks; opens nothing.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let top = fs::metadata(path)?;
        let (mut place, mut state) = (Fingerprint::default(), Fingerprint::default());
        place.update(which(path, &top)?.as_bytes());
        add(&mut state, path, &top, 2)?;
        Ok(Self { place: place.hex(), state: state.hex() })
    }

    /// Whether it is the same file, whatever was written to it.
    pub(super) fn is_same_place(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

/// Takes a file into account, or a folder with what lies in it, this many levels deep.
fn add(state: &mut Fingerprint, path: &Path, found: &Metadata, levels: u32) -> io::Result<()> {
    let line = format!("{}\n{}\n{}\n", which(path, found)?, found.len(), times(found)?);
    state.update(line.as_bytes());
    if !found.is_dir() || levels == 0 {
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        state.update(entry.file_name().as_encoded_bytes());
        state.update(b"\n");
        add(state, &entry.path(), &entry.metadata()?, levels - 1)?;
    }
    Ok(())
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it has to be asked for")]
fn which(_path: &Path, found: &Metadata) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    Ok(format!("{} {}", found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn which(path: &Path, _found: &Metadata) -> io::Result<String> {
    Ok(fs::canonicalize(path)?.display().to_string())
}

/// On Unix also the time that no program can set back.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it has to be asked for")]
fn times(found: &Metadata) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    let (modified, changed) = (found.mtime_nsec(), found.ctime_nsec());
    Ok(format!("{} {modified} {} {changed}", found.mtime(), found.ctime()))
}

#[cfg(not(unix))]
fn times(found: &Metadata) -> io::Result<String> {
    found.modified().map(|time| format!("{time:?}"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_written_or_put_in_its_place_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("dump");
        fs::create_dir_all(folder.join("shop")).unwrap();
        let file = folder.join("shop/a.bson");
        fs::write(&file, "one").unwrap();
        let seal = |path: &Path| Seal::of(path).unwrap();
        let (of_file, of_folder) = (seal(&file), seal(&folder));
        assert_eq!((seal(&file), seal(&folder)), (of_file.clone(), of_folder.clone()));

        let before = fs::metadata(&file).unwrap().modified().unwrap();
        fs::write(&file, "two").unwrap();
        fs::File::options().write(true).open(&file).unwrap().set_modified(before).unwrap();
        assert_ne!(seal(&file), of_file, "the time of its content was set back");
        assert!(seal(&file).is_same_place(&of_file));
        assert_ne!(seal(&folder), of_folder);

        let written = seal(&file);
        fs::write(folder.join("new"), "two").unwrap();
        fs::rename(folder.join("new"), &file).unwrap();
        assert!(!seal(&file).is_same_place(&written));
        assert_ne!(seal(&folder), of_folder);
    }
}
