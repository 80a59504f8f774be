//! What of a sidecar may enter the catalog.
//!
//! A sidecar is a file in a folder that others can write to, so nothing in it is believed. Its limits
//! are those of the format: what a restore by path accepts, a list shows. Owns what depends on where
//! it was found.

use crate::archive::{Sidecar, Unit};
use crate::config::Codec;
use crate::contents::UnitKind;
use crate::storage::ObjectKey;

/// The archive that a sidecar of this name speaks for, if it can be a sidecar at all.
pub fn archive_of(key: &ObjectKey) -> Option<ObjectKey> {
    let archive = key.as_str().strip_suffix(".json")?;
    [Codec::Gzip, Codec::Zstd]
        .into_iter()
        .any(|codec| id_of(archive, codec).is_some())
        .then(|| ObjectKey::new(archive))
        .flatten()
}

fn id_of(archive: &str, codec: Codec) -> Option<&str> {
    let id = archive.strip_suffix(codec.extension())?.strip_suffix('.')?;
    (!id.is_empty()).then_some(id)
}

/// Reads a sidecar that was found beside `archive`, or says why it is not one.
pub fn accept(archive: &ObjectKey, bytes: &[u8]) -> Result<Sidecar, String> {
    let sidecar = Sidecar::from_json(archive.as_str(), bytes).map_err(|error| error.to_string())?;
    let refusal = refusal(archive.as_str(), &sidecar);
    refusal.map_or(Ok(sidecar), |reason| Err(reason.to_owned()))
}

/// What the rules of the format cannot know: where it was found, and that a list prints it.
fn refusal(archive: &str, sidecar: &Sidecar) -> Option<&'static str> {
    let header = &sidecar.manifest.header;
    let is_plain = |text: &str| !text.chars().any(char::is_control);
    let checks = [
        (sidecar.archive == archive, "it speaks for another archive"),
        (id_of(archive, sidecar.codec) == Some(header.id.as_str()), "its id is not its file name"),
        (is_plain(&header.profile), "its profile is not a name"),
    ];
    checks.into_iter().find_map(|(holds, reason)| (!holds).then_some(reason))
}

/// The sums that a list shows. They saturate: a sum of hostile numbers must not overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Size of the databases.
    pub raw_bytes: u64,
    /// Number of databases.
    pub databases: u64,
    /// Tables in all databases.
    pub tables: u64,
    /// Rows in all tables.
    pub rows: u64,
}

impl Summary {
    /// Adds up what a sidecar says.
    pub fn of(sidecar: &Sidecar) -> Self {
        let units = &sidecar.manifest.units;
        let sum = |numbers: &mut dyn Iterator<Item = u64>| numbers.fold(0, u64::saturating_add);
        let objects = || units.iter().flat_map(|unit| &unit.objects);
        let is_database = |unit: &&Unit| unit.kind == UnitKind::Database;
        Self {
            raw_bytes: sum(&mut units.iter().map(|unit| unit.size)),
            databases: units.iter().filter(is_database).count() as u64,
            tables: objects().filter(|object| object.is_table()).count() as u64,
            rows: sum(&mut units.iter().map(Unit::row_count)),
        }
    }
}
