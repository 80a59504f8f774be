//! The three JSON records as bytes: written for people, read with suspicion.
//!
//! Owns the limits on their size and form and the refusal of newer formats. What the values mean is
//! checked in `rules`; their shape is in `manifest`.
//!
//! A record is read three times: for its format number alone, so that a newer one is refused by
//! name whatever else it holds; for its form, which needs no memory; and only then into values.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::manifest::{FORMAT_VERSION, Header, Manifest, Sidecar};
use super::rules;
use super::subject::one_line;
use crate::error::{ArchiveError, Error, Result};

/// The longest `kronos.json`.
pub(super) const MAX_HEADER: u64 = 1 << 20;
/// The longest `RESTORE.md`; it is passed over, never kept.
pub(super) const MAX_RECOVERY: u64 = 16 << 20;
/// The longest `manifest.json`: some 240 000 tables, views and indexes. With [`MAX_VALUES`] it keeps
/// the memory for a hostile manifest within a few times its size.
pub(super) const MAX_MANIFEST: u64 = 32 << 20;
/// The longest sidecar: a manifest, indented once more, and a few lines.
pub const MAX_SIDECAR: usize = 48 << 20;
/// The longest text in a record.
pub(super) const MAX_TEXT: usize = 64 << 10;
/// The most values in a record.
pub(super) const MAX_VALUES: u32 = 1_000_000;
/// The most keys in one object of a record.
pub(super) const MAX_KEYS: usize = 10_000;

/// Why bytes are not a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RecordError {
    /// A format that this version does not know.
    TooNew(u32),
    /// Anything else: what and where.
    Malformed(String),
}

impl RecordError {
    /// The error about the archive `archive` whose record `record` is like this.
    pub fn of(self, archive: &str, record: &str) -> Error {
        let archive = one_line(archive);
        let error = match self {
            Self::TooNew(found) => {
                ArchiveError::TooNew { archive, found, supported: FORMAT_VERSION }
            }
            Self::Malformed(what) => {
                ArchiveError::Damaged { archive, detail: format!("{record} {what}") }
            }
        };
        error.into()
    }
}

/// A record as text for people: indented, with a line end.
pub(super) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(record)
        .map_err(|error| Error::Internal(format!("A record cannot be written: {error}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads `kronos.json`.
pub(super) fn decode_header(bytes: &[u8]) -> Result<Header, RecordError> {
    let header: Header = decode(bytes, format_of::<Version>(bytes)?)?;
    rules::check_header(&header).map_err(RecordError::Malformed)?;
    Ok(header)
}

/// Reads `manifest.json`.
pub(super) fn decode_manifest(bytes: &[u8]) -> Result<Manifest, RecordError> {
    let manifest: Manifest = decode(bytes, format_of::<Version>(bytes)?)?;
    rules::check_manifest(&manifest).map_err(RecordError::Malformed)?;
    Ok(manifest)
}

impl Sidecar {
    /// The sidecar as the bytes of its file.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        encode(self)
    }

    /// Reads the sidecar of `archive`, whoever wrote it: its values keep the rules of the format,
    /// but only [`verify`](super::verify) tells whether they are true.
    pub fn from_json(archive: &str, bytes: &[u8]) -> Result<Self> {
        let decoded = || {
            if bytes.len() > MAX_SIDECAR {
                return Err(RecordError::Malformed("is too long".to_owned()));
            }
            let sidecar: Self = decode(bytes, format_of::<SidecarVersion>(bytes)?)?;
            rules::check_sidecar(&sidecar).map_err(RecordError::Malformed)?;
            Ok(sidecar)
        };
        decoded().map_err(|error: RecordError| error.of(archive, "its sidecar"))
    }
}

/// The one field that every format has.
#[derive(Deserialize)]
struct Version {
    format: u64,
}

#[derive(Deserialize)]
struct SidecarVersion {
    manifest: Version,
}

impl From<SidecarVersion> for Version {
    fn from(sidecar: SidecarVersion) -> Self {
        sidecar.manifest
    }
}

fn format_of<V: DeserializeOwned + Into<Version>>(bytes: &[u8]) -> Result<u64, RecordError> {
    let version: V = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
    Ok(version.into().format)
}

fn decode<T: DeserializeOwned>(bytes: &[u8], format: u64) -> Result<T, RecordError> {
    if format > u64::from(FORMAT_VERSION) {
        return Err(RecordError::TooNew(u32::try_from(format).unwrap_or(u32::MAX)));
    }
    let mut left = MAX_VALUES;
    let mut json = serde_json::Deserializer::from_slice(bytes);
    Form { left: &mut left }.deserialize(&mut json).map_err(|error| malformed(&error))?;
    serde_json::from_slice(bytes).map_err(|error| malformed(&error))
}

/// The parser's own words repeat what the file holds, which may be anything; the place is enough.
fn malformed(error: &serde_json::Error) -> RecordError {
    let (line, column) = (error.line(), error.column());
    RecordError::Malformed(format!("is not as Kronos writes it (line {line}, column {column})"))
}

/// Walks through a value and refuses the forms that Kronos never writes, keeping nothing but the
/// keys of the objects it is inside of.
struct Form<'a> {
    left: &'a mut u32,
}

impl<'de> DeserializeSeed<'de> for Form<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        *self.left = self.left.checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Form<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, a text, a list or an object")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if text.len() > MAX_TEXT { Err(E::custom("a text is too long")) } else { Ok(()) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Form { left: &mut *self.left })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = object.next_key::<String>()? {
            if key.len() > MAX_TEXT || keys.len() == MAX_KEYS || !keys.insert(key) {
                return Err(A::Error::custom("a key is too long, too many or there twice"));
            }
            object.next_value_seed(Form { left: &mut *self.left })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> bool {
        let mut left = 10;
        let mut json = serde_json::Deserializer::from_str(text);
        Form { left: &mut left }.deserialize(&mut json).is_ok()
    }

    #[test]
    fn forms_that_kronos_never_writes_are_refused() {
        let good = r#"{"a":[1,-1,null,true,"x"],"b":{"a":{}}}"#;
        assert!(form(good));
        let bad = [
            r#"{"a":1,"a":1}"#,
            r#"{"x":{"a":1,"\u0061":1}}"#,
            "[1.5]",
            "[1e3]",
            "[18446744073709551616]",
            "[NaN]",
            "[1,2,3,4,5,6,7,8,9,10,11]",
            "[\"\\ud800\"]",
            "{1:2}",
        ];
        for text in bad {
            assert!(!form(text), "{text}");
        }
        assert!(!form(&format!("[\"{}\"]", "x".repeat(MAX_TEXT + 1))));
        assert!(!form(&"[".repeat(100_000)));
    }

    #[test]
    fn a_newer_format_is_named_before_anything_else_is_looked_at() {
        let newer = br#"{"format":2,"units":1.5,"x":{"a":1,"a":2}}"#;
        assert_eq!(decode_header(newer), Err(RecordError::TooNew(2)));
        assert_eq!(decode_manifest(newer), Err(RecordError::TooNew(2)));
        let sidecar = br#"{"manifest":{"format":4294967297}}"#;
        let error = Sidecar::from_json("a.tar.gz", sidecar).expect_err("too new");
        assert!(matches!(error, Error::Archive(ArchiveError::TooNew { found: u32::MAX, .. })));
    }

    #[test]
    fn a_message_never_repeats_what_the_record_holds() {
        let hostile = "{\"format\":1,\"id\":\"a\",\"profile\":\"p\",\"engine\":\"<b>\u{1b}[2J\"}";
        let Err(RecordError::Malformed(what)) = decode_header(hostile.as_bytes()) else {
            panic!("accepted");
        };
        assert_eq!(what, "is not as Kronos writes it (line 1, column 48)");
    }
}
