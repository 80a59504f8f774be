//! Handles on SQLite databases that are never closed.
//!
//! On Unix, closing any handle on a file drops every lock that this process holds on it, also those of a
//! backup that reads the same database through SQLite at this moment. Owns the handles that were opened for
//! anything else: each is kept for as long as its file has a name, and used again.

use std::fs::{File, Metadata};
use std::sync::{Arc, Mutex, PoisonError};

static KEPT: Mutex<Vec<Arc<File>>> = Mutex::new(Vec::new());

/// The handle that is kept on this file.
pub fn find(file: &Metadata) -> Option<Arc<File>> {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let same = |kept: &&Arc<File>| kept.metadata().is_ok_and(|kept| is_same(&kept, file));
    kept.iter().find(same).cloned()
}

/// Keeps this handle.
#[cfg(unix)]
pub fn keep(handle: &Arc<File>) {
    use std::os::unix::fs::MetadataExt;
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|file| file.metadata().is_ok_and(|file| file.nlink() > 0));
    if !kept.iter().any(|file| Arc::ptr_eq(file, handle)) {
        kept.push(Arc::clone(handle));
    }
}

/// Where locks belong to handles, none has to be kept.
#[cfg(not(unix))]
pub fn keep(_handle: &Arc<File>) {}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_one: &Metadata, _other: &Metadata) -> bool {
    false
}
