//! What the values in a record must satisfy before anything relies on them.
//!
//! Owns the rules that need only the record itself. Whether the record tells the truth about its
//! archive is found out by `reader`.

use std::collections::HashSet;

use super::hash::is_sha256;
use super::manifest::{FORMAT_VERSION, Header, Manifest, Part, Sidecar, Unit};
use super::member::{MAX_PARTS, MAX_UNITS, Place, place_of};

/// The longest name of a database, a profile or a backup, in bytes.
const MAX_NAME: usize = 1024;
/// The longest part of a file name that is made from a record.
const MAX_FILE_NAME: usize = 200;
/// No file is larger, and sums of two such sizes do not overflow.
const MAX_SIZE: u64 = i64::MAX as u64;

/// What is wrong with `kronos.json`, as the end of a sentence.
pub(super) fn check_header(header: &Header) -> Result<(), String> {
    require((1..=FORMAT_VERSION).contains(&header.format), "names a format that never existed")?;
    require(is_file_name(header.id.as_str()), "holds an id that is no file name")?;
    require(is_name(&header.profile), "holds a profile without a name, or with too long a one")
}

/// What is wrong with `manifest.json`.
pub(super) fn check_manifest(manifest: &Manifest) -> Result<(), String> {
    check_header(&manifest.header)?;
    let units = &manifest.units;
    require((1..=MAX_UNITS).contains(&units.len()), "lists no database, or too many")?;
    let (mut members, mut parts) = (HashSet::new(), 0);
    let mut total = 0_u64;
    for (index, unit) in units.iter().enumerate() {
        let base =
            check_unit(unit).map_err(|what| format!("lists database {} {what}", index + 1))?;
        parts += unit.parts.len();
        total = total
            .checked_add(unit.size)
            .filter(|total| *total <= MAX_SIZE)
            .ok_or_else(|| "lists more bytes than a file can hold".to_owned())?;
        // Legal names have no upper case, so equal but for case is equal. Parts stand below their
        // base, so a base that no other unit has makes all names different.
        require(members.insert(base), "lists a member twice")?;
    }
    require(parts <= MAX_PARTS, "lists too many members")
}

/// What is wrong with a unit, or the base of its members' names.
fn check_unit(unit: &Unit) -> Result<&str, String> {
    require(is_name(&unit.name), "without a name, or with too long a one")?;
    require(is_sha256(&unit.sha256), "with a SHA-256 that is none")?;
    let mut size = 0_u64;
    for part in &unit.parts {
        require(is_sha256(&part.sha256), "with a SHA-256 that is none")?;
        size = size
            .checked_add(part.size)
            .filter(|size| *size <= MAX_SIZE)
            .ok_or_else(|| "with an impossible size".to_owned())?;
    }
    require(size == unit.size, "with another size than that of its parts")?;
    let base = match unit.parts.as_slice() {
        [part] => {
            require(part.sha256 == unit.sha256, "with another SHA-256 than its part")?;
            place_of(&part.member).filter(|place| place.number.is_none()).map(|place| place.base)
        }
        parts => base_of(parts),
    };
    base.ok_or_else(|| "as members that have no legal names".to_owned())
}

/// The base of the names of several parts, which must be all of them, in their order, and none empty:
/// no stream can be cut in two ways that a reader takes for different archives.
fn base_of(parts: &[Part]) -> Option<&str> {
    let base = place_of(&parts.first()?.member)?.base;
    let in_place = |(number, part): (usize, &Part)| {
        place_of(&part.member) == Some(Place { base, number: Some(number) }) && part.size > 0
    };
    parts.iter().enumerate().all(in_place).then_some(base)
}

/// What is wrong with a sidecar.
pub(super) fn check_sidecar(sidecar: &Sidecar) -> Result<(), String> {
    require(is_file_name(&sidecar.archive), "holds an archive name that is no file name")?;
    require(sidecar.size <= MAX_SIZE, "holds an impossible size")?;
    require(is_sha256(&sidecar.sha256), "holds a SHA-256 that is none")?;
    check_manifest(&sidecar.manifest)?;
    // Who deletes or restores by this name must get the archive that was compared.
    let named = sidecar.archive.strip_prefix(sidecar.manifest.header.id.as_str());
    let extension = named.and_then(|rest| rest.strip_prefix('.'));
    require(extension == Some(sidecar.codec.extension()), "names another archive than its own")
}

/// Whether this can be the name of a database or a profile.
pub(super) fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
}

/// Ids and archive names become file names, so they are held to those of [`crate::ids::BackupId`].
fn is_file_name(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=MAX_FILE_NAME).contains(&text.len()) && text.bytes().all(legal) && !text.starts_with('.')
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}
