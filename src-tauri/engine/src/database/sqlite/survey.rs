//! What is in files now: read from copies of theirs, taken as every backup takes them.
//!
//! Owns nothing but the order. Counting in the file itself would hold its lock for as long as that takes; a copy
//! holds it no longer than a backup does.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::super::{Surveyed, WorkScope};
use super::copy::{self, Copy};
use super::{check, dump, source, structure};
use crate::error::Result;

/// Reads every file.
pub(super) fn survey(paths: &[PathBuf], scope: &WorkScope) -> Result<Vec<Surveyed>> {
    copy::copy_all(paths, scope)?.iter().map(|copy| read(copy, scope)).collect()
}

fn read(copy: &Copy, scope: &WorkScope) -> Result<Surveyed> {
    let findings = dump::passed(dump::start_check(copy)?.join(&scope.cancel)?, copy)?;
    let structure = check::open_immutable(&copy.path).and_then(|file| structure::structure(&file));
    let structure =
        structure.map_err(|error| source::explain(&copy.source, &error, Duration::ZERO))?;
    // What stays is removed with its folder.
    let _ = fs::remove_file(&copy.path);
    let (name, objects) = (copy.name.clone(), findings.facts.objects);
    Ok(Surveyed { name, at: copy.at, objects, structure })
}
