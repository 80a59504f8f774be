//! Whether a folder holds nothing but a dump.
//!
//! Owns the refusal of everything that leads a tool out of the folder: links, and names with a path in them. What
//! lies elsewhere would be read as if it were part of the dump.

use std::fs;
use std::io::Read;
use std::path::Path;

use crate::database::forms::read_pg_contents;
use crate::error::{Error, LoadError, Result};

/// More is no list of large objects.
const MAX_LIST: u64 = 256 << 20;

/// Fails when something in the folder at `path` leads out of it.
pub(super) fn check(path: &Path) -> Result<()> {
    let unreadable = |error| Error::file("read", path, error);
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (kind, name) = (entry.file_type().map_err(unreadable)?, entry.file_name());
        if kind.is_dir() {
            for inner in fs::read_dir(entry.path()).map_err(unreadable)? {
                let inner = inner.map_err(unreadable)?;
                if !inner.file_type().map_err(unreadable)?.is_file() {
                    return Err(leads_out(path, &inner.file_name().to_string_lossy()));
                }
            }
        } else if !kind.is_file() {
            return Err(leads_out(path, &name.to_string_lossy()));
        } else if name == "toc.dat" {
            check_contents(path, &entry.path())?;
        } else if name.to_string_lossy().ends_with(".toc") {
            check_list(path, &entry.path())?;
        }
    }
    Ok(())
}

fn check_contents(folder: &Path, toc: &Path) -> Result<()> {
    let mut file = fs::File::open(toc).map_err(|error| Error::file("read", toc, error))?;
    let (contents, is_all) = read_pg_contents(&mut file)
        .map_err(|what| unfit(folder, &format!("in its `toc.dat`, {what}")))?;
    if !is_all {
        return Err(unfit(folder, "its table of contents is too long to be looked at"));
    }
    match contents
        .entries
        .iter()
        .filter_map(|entry| entry.file.as_deref())
        .find(|name| is_path(name))
    {
        Some(name) => Err(leads_out(folder, name)),
        None => Ok(()),
    }
}

/// Each line is a number and the name of a file.
fn check_list(folder: &Path, list: &Path) -> Result<()> {
    let file = fs::File::open(list).map_err(|error| Error::file("read", list, error))?;
    let mut bytes = Vec::new();
    file.take(MAX_LIST)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::file("read", list, error))?;
    let is_too_long = bytes.len() as u64 == MAX_LIST;
    if is_too_long || is_path(&String::from_utf8_lossy(&bytes)) {
        return Err(leads_out(folder, &list.to_string_lossy()));
    }
    Ok(())
}

fn is_path(name: &str) -> bool {
    name.contains(['/', '\\']) || name == ".."
}

fn leads_out(folder: &Path, name: &str) -> Error {
    let name: String = name.chars().filter(|c| !c.is_control() && *c != '`').take(60).collect();
    unfit(folder, &format!("`{name}` in it leads out of the folder"))
}

fn unfit(folder: &Path, detail: &str) -> Error {
    LoadError::Unfit {
        dump: folder.display().to_string(),
        detail: detail.to_owned(),
        next_step: "Dump the database again into an empty folder".to_owned(),
    }
    .into()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_a_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("dump");
        fs::create_dir_all(folder.join("shop")).unwrap();
        fs::write(folder.join("shop/a.bson"), "x").unwrap();
        fs::write(folder.join("blobs.toc"), "16400 blob_16400.dat\n").unwrap();
        check(&folder).unwrap();
        fs::write(root.path().join("secret"), "x").unwrap();
        let link = folder.join("shop/b.bson");
        std::os::unix::fs::symlink(root.path().join("secret"), &link).unwrap();
        assert!(check(&folder).is_err());
        fs::remove_file(&link).unwrap();
        fs::write(folder.join("blobs.toc"), "16400 ../secret\n").unwrap();
        assert!(check(&folder).is_err());
    }
}
