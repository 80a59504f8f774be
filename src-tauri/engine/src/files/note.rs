//! Notes that outlive their process: written durably before something is begun, and locked for as long as the
//! process that does it lives. So a note that can be locked is that of a dead one.
//!
//! Owns the writing and the taking over; what a note says, and when it goes, belongs to whoever keeps it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

/// The ending of a note that has not got its name.
const UNNAMED: &str = "new";
/// A note gets its name long before.
const UNWRITTEN: Duration = Duration::from_mins(1);
/// The longest note.
const LONGEST: u64 = 64 << 10;

/// Writes `text` to the new note `path` and returns it locked.
pub fn write(path: &Path, text: &[u8]) -> io::Result<File> {
    // Under its final name a note is locked from its first moment: another program that clears up can never take
    // it for a dead one.
    let unnamed = path.with_added_extension(UNNAMED);
    let write = || {
        let mut file = super::create_private(&unnamed)?;
        file.lock()?;
        file.write_all(text)?;
        file.sync_all()?;
        super::rename_new(&unnamed, path)?;
        Ok(file)
    };
    write().inspect_err(|_| {
        // Nothing refers to a note that could not be written.
        let _ = fs::remove_file(&unnamed);
    })
}

/// Takes over the note of a dead process, with what it says. One that never got its name goes.
pub fn take_over(path: &Path) -> Option<(File, Vec<u8>)> {
    if path.extension().is_some_and(|end| end == UNNAMED) {
        if is_old(path) {
            let _ = fs::remove_file(path);
        }
        return None;
    }
    let mut file = super::open_plain(path, true).ok()?;
    file.try_lock().ok()?;
    // Whoever held it may have removed it just now.
    fs::symlink_metadata(path).ok()?;
    let mut text = Vec::new();
    (&mut file).take(LONGEST).read_to_end(&mut text).ok()?;
    Some((file, text))
}

/// A note that never got its name in time belongs to nobody.
fn is_old(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > UNWRITTEN))
}
