//! Kronos archives.
//!
//! Owns telling them from other files with a similar beginning, and finding the commit record beside one.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::content::{Content, read_up_to};
use super::handle::Handle;
use super::place::{Place, unreadable};
use super::subject::{Subject, shown};
use super::{ArchiveLook, HEAD, Look};
use crate::archive::{self, Glance, MAX_SIDECAR, Manifest, Sidecar, stream_codec};
use crate::error::{ArchiveError, Result};

/// The name in the first header of every archive.
const FIRST_NAME: &[u8] = b"kronos.json\0";

/// Looks at a file that begins with `head`; `None` when it is no archive.
pub(super) fn look(subject: &Subject<'_>, handle: &Handle, head: &[u8]) -> Result<Option<Look>> {
    let record = record_beside(subject.path);
    // Whatever stands where an archive was committed is that archive, damaged.
    let is_committed =
        || matches!(&record, Ok(Some(record)) if is_name(subject.path, &record.archive));
    if !is_archive(handle, head) && !is_committed() {
        return Ok(None);
    }
    let looked = record.and_then(|record| {
        let name = shown(subject.path);
        let glance = archive::glance(handle.again(), &name, head, record.as_ref())?;
        Ok(Look::Archive(Box::new(answer(subject, glance, record.is_some()))))
    });
    looked.or_else(|error| subject.of_error(error)).map(Some)
}

/// The manifest at the end of the archive.
pub(super) fn manifest(path: &Path, handle: &Handle) -> Result<Manifest> {
    let mut head = Vec::with_capacity(HEAD);
    read_up_to(&mut handle.again(), HEAD, &mut head).map_err(|error| unreadable(path, error))?;
    Ok(archive::glance(handle.again(), &shown(path), &head, None)?.manifest)
}

/// Other programs write streams with the same first bytes. An archive whose first block is damaged is
/// still one.
fn is_archive(handle: &Handle, head: &[u8]) -> bool {
    if stream_codec(head).is_none() {
        return false;
    }
    let content = Content::open(handle, head);
    content.head.starts_with(FIRST_NAME)
        || content.fault.is_some() && FIRST_NAME.starts_with(first(&content.head))
}

fn is_name(path: &Path, name: &str) -> bool {
    path.file_name().is_some_and(|own| own == name)
}

fn first(head: &[u8]) -> &[u8] {
    &head[..head.len().min(FIRST_NAME.len())]
}

fn answer(subject: &Subject<'_>, glance: Glance, has_record: bool) -> ArchiveLook {
    let (raw_bytes, manifest) = (glance.manifest.raw_bytes(), glance.manifest);
    let header = manifest.header;
    ArchiveLook {
        location: subject.path.display().to_string(),
        stored_bytes: glance.stored_bytes,
        codec: glance.codec,
        id: header.id,
        profile: header.profile,
        engine: header.engine,
        engine_label: header.engine.label().to_owned(),
        created_at: header.created_at,
        finished_at: manifest.finished_at,
        kronos_version: header.kronos_version,
        server: header.server,
        consistency: manifest.consistency,
        raw_bytes,
        units: manifest.units,
        warnings: manifest.warnings,
        has_record,
        is_checked: false,
    }
}

/// The commit record beside an archive. One that is there but cannot be understood is damage.
fn record_beside(path: &Path) -> Result<Option<Sidecar>> {
    let mut beside = OsString::from(path.as_os_str());
    beside.push(".json");
    let beside = PathBuf::from(beside);
    if beside.symlink_metadata().is_err() {
        return Ok(None);
    }
    let Ok(Place::File { mut handle, size }) = Place::open(&beside) else { return Ok(None) };
    let archive = shown(&beside);
    if size > MAX_SIDECAR as u64 {
        let detail = "it is too large for a commit record".to_owned();
        return Err(ArchiveError::Damaged { archive, detail }.into());
    }
    let mut text = Vec::new();
    let from: &mut dyn Read = &mut handle;
    read_up_to(from, MAX_SIDECAR + 1, &mut text).map_err(|error| unreadable(&beside, error))?;
    Sidecar::from_json(&archive, &text).map(Some)
}
