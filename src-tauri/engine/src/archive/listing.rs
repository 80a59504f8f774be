//! Whether one manifest can list what the databases hold.
//!
//! Owns the sentence for a database that is too large for the format: that is no mistake of Kronos, and
//! whoever reads it needs to know which database it is and what to do.

use super::manifest::{Manifest, Unit};
use super::records::{MAX_KEYS, MAX_MANIFEST, MAX_TEXT, MAX_VALUES};
use super::subject::one_line;
use crate::error::{DatabaseError, Error, Result};

/// The most values that one object, one part, one property and the rest of a unit are in the JSON.
const VALUES_OF: (u64, u64, u64, u64) = (4, 4, 1, 9);
/// The values of a manifest that do not belong to a unit, with room for fields to come.
const OTHER_VALUES: u64 = 64;

/// Refuses facts that no reader would accept, before they are turned into text.
pub(super) fn check(manifest: &Manifest) -> Result<()> {
    manifest.units.iter().try_for_each(check_texts)?;
    let (object, part, property, rest) = VALUES_OF;
    let values = manifest.units.iter().map(|unit| {
        unit.objects.len() as u64 * object
            + unit.parts.len() as u64 * part
            + unit.properties.len() as u64 * property
            + rest
    });
    let values = values.sum::<u64>() + manifest.warnings.len() as u64 + OTHER_VALUES;
    if values > u64::from(MAX_VALUES) { Err(too_much(manifest)) } else { Ok(()) }
}

/// Refuses a manifest whose text is too long.
pub(super) fn check_len(manifest: &Manifest, text: &[u8]) -> Result<()> {
    if text.len() as u64 > MAX_MANIFEST { Err(too_much(manifest)) } else { Ok(()) }
}

fn check_texts(unit: &Unit) -> Result<()> {
    let names = unit.objects.iter().map(|object| &object.name);
    let properties = unit.properties.iter().flat_map(|(key, value)| [key, value]);
    if let Some(long) = names.chain(properties).find(|text| text.len() > MAX_TEXT) {
        let (len, start) = (long.len(), long.chars().take(40).collect::<String>());
        let detail = format!(
            "the name `{}` is {len} bytes long, and an archive keeps names of up to {MAX_TEXT} bytes",
            one_line(&format!("{start}…")),
        );
        return Err(too_large(unit, detail));
    }
    if unit.properties.len() > MAX_KEYS {
        let count = unit.properties.len();
        return Err(too_large(unit, format!("it has {count} properties")));
    }
    Ok(())
}

/// Blames the database that has most to list.
fn too_much(manifest: &Manifest) -> Error {
    let units = manifest.units.iter();
    let Some(unit) = units.max_by_key(|unit| unit.objects.len() + unit.parts.len()) else {
        return Error::Internal("An archive without databases is too large".to_owned());
    };
    let detail = format!(
        "it has {} tables, views, indexes and triggers, and the list of what is in all {} \
         databases of the backup would be too long",
        unit.objects.len(),
        manifest.units.len(),
    );
    too_large(unit, detail)
}

/// A database that the format cannot hold.
pub(super) fn too_large(unit: &Unit, detail: String) -> Error {
    DatabaseError::TooLarge { path: one_line(&unit.source), detail }.into()
}
