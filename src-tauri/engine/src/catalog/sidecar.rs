//! What of a sidecar may enter the catalog.
//!
//! A sidecar is a file in a folder that others can write to, so nothing in it is believed: not its
//! size, not its names, not its numbers. Owns the limits. They are far above what Kronos writes; they
//! keep a hostile file from filling memory, overflowing a sum or breaking a line on a terminal.

use crate::archive::{FORMAT_VERSION, Manifest, Sidecar, Unit};
use crate::config::Codec;
use crate::contents::ObjectKind;
use crate::storage::ObjectKey;

/// The largest sidecar that is read.
pub const MAX_BYTES: u64 = 16 << 20;

/// The longest text in a field that a list shows.
const MAX_NAME: usize = 200;
/// The longest text in any other field: paths, names of tables, warnings.
const MAX_TEXT: usize = 10_000;
/// The largest number: the last one that JavaScript counts exactly, 9 PB.
const MAX_NUMBER: u64 = 1 << 53;

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
    let sidecar: Sidecar = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let refusal = refusal(archive.as_str(), &sidecar);
    refusal.map_or(Ok(sidecar), |reason| Err(reason.to_owned()))
}

/// The first thing that cannot be accepted.
fn refusal(archive: &str, sidecar: &Sidecar) -> Option<&'static str> {
    let header = &sidecar.manifest.header;
    let hash = &sidecar.sha256;
    let checks = [
        (header.format == FORMAT_VERSION, "it has another format"),
        (sidecar.archive == archive, "it speaks for another archive"),
        (id_of(archive, sidecar.codec) == Some(header.id.as_str()), "its id is not its file name"),
        (is_hash(hash), "its hash is not one"),
        (is_name(&header.profile), "its profile is not a name"),
        (is_name(&header.kronos_version), "its version is not one"),
        (texts(&sidecar.manifest).all(|text| text.len() <= MAX_TEXT), "a text is too long"),
        (sidecar.size <= MAX_NUMBER, "its size is impossible"),
        (Summary::of(sidecar).is_possible(), "its numbers are impossible"),
    ];
    checks.into_iter().find_map(|(holds, reason)| (!holds).then_some(reason))
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Every text that is not a name, in no particular order.
fn texts(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let server = &manifest.header.server;
    let single = [&server.version, &server.tool, &manifest.consistency.label];
    let warnings = manifest.warnings.iter();
    let units = manifest.units.iter().flat_map(texts_of);
    single.into_iter().chain(warnings).map(String::as_str).chain(units)
}

fn texts_of(unit: &Unit) -> impl Iterator<Item = &str> {
    let own = [&unit.name, &unit.source, &unit.sha256].into_iter();
    let parts = unit.parts.iter().flat_map(|part| [&part.member, &part.sha256]);
    let objects = unit.objects.iter().map(|object| &object.name);
    let properties = unit.properties.iter().flat_map(|(key, value)| [key, value]);
    own.chain(parts).chain(objects).chain(properties).map(String::as_str)
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
        let is_table =
            |kind: ObjectKind| matches!(kind, ObjectKind::Table | ObjectKind::VirtualTable);
        Self {
            raw_bytes: sum(&mut units.iter().map(|unit| unit.size)),
            databases: units.len() as u64,
            tables: objects().filter(|object| is_table(object.kind)).count() as u64,
            rows: sum(&mut objects().filter_map(|object| object.rows)),
        }
    }

    fn is_possible(&self) -> bool {
        self.raw_bytes <= MAX_NUMBER && self.rows <= MAX_NUMBER
    }
}
