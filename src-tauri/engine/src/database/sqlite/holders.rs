//! Which programs have a database file open.
//!
//! Owns the look into `/proc`. A program that has the file open without holding a lock on it would go on
//! with the old file after a swap, and no lock tells of it; where there is no `/proc`, only programs that
//! hold a lock at the moment of the swap are noticed.

use std::path::{Path, PathBuf};

use super::source::sibling;
use crate::error::{RestoreError, Result};
use crate::files;

/// Files that belong to an open database.
const PARTS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Fails with their names when programs have `database` or its logs open; `own` is how many times
/// this process itself may.
pub(super) fn refuse(database: &Path, own: usize) -> Result<()> {
    let programs = programs(database, own);
    if programs.is_empty() {
        return Ok(());
    }
    let target = database.display().to_string();
    Err(RestoreError::InUse { target, programs, can_disconnect: false }.into())
}

/// The programs that have `database` open, each with its process; this one only when it has it open more
/// than `own` times, beside a handle that is only kept. A process of another user is not seen.
pub(super) fn programs(database: &Path, own: usize) -> Vec<String> {
    let parts = PARTS.map(|end| sibling(database, end));
    let wanted: Vec<(u64, u64)> = parts.iter().filter_map(|path| files::identity(path)).collect();
    let kept = std::fs::metadata(database).ok().and_then(|file| files::kept::find(&file));
    let own = own + usize::from(kept.is_some());
    let mut found = Vec::new();
    for process in processes() {
        let open = open_files(&process).filter(|file| wanted.contains(file)).count();
        let is_self =
            process.file_name().is_some_and(|name| *name == *std::process::id().to_string());
        if open > if is_self { own } else { 0 } {
            found.push(if is_self { "another run of Kronos".to_owned() } else { name(&process) });
        }
    }
    found
}

#[cfg(target_os = "linux")]
fn processes() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_process = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    };
    entries.map(|entry| entry.path()).filter(is_process).collect()
}

#[cfg(not(target_os = "linux"))]
fn processes() -> Vec<PathBuf> {
    Vec::new()
}

fn open_files(process: &Path) -> impl Iterator<Item = (u64, u64)> + use<> {
    let descriptors = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    descriptors.filter_map(|descriptor| files::identity(&descriptor.path()))
}

/// `node (process 1234)`.
fn name(process: &Path) -> String {
    let number = process.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = std::fs::read(process.join("comm")).unwrap_or_default();
    let name = String::from_utf8_lossy(&name);
    let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() { format!("process {number}") } else { format!("{name} (process {number})") }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::File;
    use std::process::{Command, Stdio};
    use std::sync::Arc;

    use super::*;

    #[test]
    fn who_has_the_file_open_is_named() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("shop.db");
        std::fs::write(&path, "").unwrap();
        assert_eq!(programs(&path, 0), Vec::<String>::new());
        let log = sibling(&path, "-wal");
        std::fs::write(&log, "x").unwrap();
        let mut other = Command::new("sh")
            .args(["-c", "exec 3<\"$0\"; echo; read line"])
            .arg(&log)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0];
        std::io::Read::read_exact(other.stdout.as_mut().unwrap(), &mut ready).unwrap();
        assert_eq!(programs(&path, 0), [format!("sh (process {})", other.id())]);
        let error = refuse(&path, 0).unwrap_err().to_string();
        assert!(error.contains("is in use by sh (process"), "{error}");
        drop(other.stdin.take());
        other.wait().unwrap();
        let own = Arc::new(File::open(&path).unwrap());
        assert_eq!(programs(&path, 1), Vec::<String>::new());
        assert_eq!(programs(&path, 0), ["another run of Kronos"]);
        files::kept::keep(&own);
        assert_eq!(programs(&path, 0), Vec::<String>::new(), "a kept handle uses nothing");
    }
}
