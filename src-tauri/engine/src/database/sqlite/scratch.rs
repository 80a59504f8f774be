//! A restored file that is only tested or looked at: examined to the last byte, and removed.
//!
//! Owns what `examine` and `remove_scratch` mean for a file.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::check::{CheckError, RunningCheck};
use super::restore::{JOURNALS, folder_of, remove_unfinished};
use super::source::sibling;
use crate::cancel::{CancelCheck, CancellationToken};
use crate::error::{Error, RestoreError, Result};

/// Compares every byte of `file` with the dump, and lets SQLite check all of it, indexes included.
pub(super) fn examine(
    file: &Path,
    sha256: &str,
    cancel: &CancellationToken,
) -> Result<Option<&'static str>> {
    let mismatch = |detail: String| Error::from(RestoreError::Mismatch { detail });
    let unreadable = |error| Error::file("read", file, error);
    let mut hashing = Hashing { digest: Sha256::new(), cancel };
    let copied = io::copy(&mut File::open(file).map_err(unreadable)?, &mut hashing);
    cancel.check()?;
    copied.map_err(unreadable)?;
    if hex(&hashing.digest.finalize()) != sha256 {
        return Err(mismatch("the bytes of the file are not those of the backup".to_owned()));
    }
    let check = RunningCheck::of_integrity(file).map_err(|error| mismatch(error.to_string()))?;
    let findings = check.join(cancel)?.map_err(|error| match error {
        CheckError::Corrupt(finding) => mismatch(finding),
        CheckError::Failed(error) => mismatch(error.to_string()),
    })?;
    let is_whole = findings.warnings.is_empty();
    Ok(Some(if is_whole { "every byte, integrity_check" } else { "every byte" }))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

struct Hashing<'a> {
    digest: Sha256,
    cancel: &'a CancellationToken,
}

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.cancel.check().map_err(io::Error::other)?;
        self.digest.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Removes `file` with its journals, and what killed restores have left beside it.
pub(super) fn remove(file: &Path) -> Result<()> {
    remove_unfinished(folder_of(file));
    let journals = JOURNALS.iter().map(|end| sibling(file, end));
    for path in journals.chain([file.to_owned()]) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::file("remove", &path, error));
            }
            _ => {}
        }
    }
    Ok(())
}
