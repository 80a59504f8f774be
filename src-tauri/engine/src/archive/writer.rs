//! Writing an archive: databases go in one by one, hashed as they pass; the manifest goes last.
//!
//! Owns the order of the members and the promise that an archive whose writing succeeded is one
//! that `reader` accepts. Where the bytes go, and whether they become visible, belongs to the sink.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};

use super::compression::StreamEncoder;
use super::hash::Fingerprint;
use super::intake::{Closing, NamedMember, PlannedMember, UnitSource, Written, name_members};
use super::manifest::{Header, Manifest, Part, Unit};
use super::member::{BLOCK, HEADER_MEMBER, MANIFEST_MEMBER, Member, RECOVERY_MEMBER};
use super::records::{
    MAX_HEADER, MAX_MANIFEST, MAX_RECOVERY, RecordError, decode_header, decode_manifest, encode,
};
use super::recovery_text::compose;
use super::subject::{one_line, unread_source, unwritten};
use super::{OnBytes, mtime_of};
use crate::config::CompressionSettings;
use crate::error::{DatabaseError, Error, Result};

/// How much of a database is read at once.
const CHUNK: usize = 128 << 10;

/// Writes one archive. Only [`finish`](Self::finish) makes it complete: what an abandoned or failed
/// writer leaves in its sink has no seal, and no reader accepts it.
pub struct ArchiveWriter<W: Write + Send + 'static> {
    stream: StreamEncoder<W>,
    /// The archive's file name, for messages.
    name: String,
    header: Header,
    plan: Vec<NamedMember>,
    units: Vec<Unit>,
    failed: bool,
}

impl<W: Write + Send + 'static> ArchiveWriter<W> {
    /// Starts an archive in `sink` that is going to hold the databases of `plan`, in that order,
    /// and writes what is known already.
    ///
    /// # Errors
    ///
    /// A plan without databases, or one that the format cannot express, is [`Error::Internal`]. A sink
    /// that fails is [`Error::File`], or the [`Error`] that it put into its [`std::io::Error`]; that
    /// holds for the other functions too.
    pub fn new(
        sink: W,
        compression: CompressionSettings,
        header: Header,
        plan: Vec<PlannedMember>,
    ) -> Result<Self> {
        let plan = name_members(plan)?;
        let text = encode(&header)?;
        decode_header(&text).map_err(|error| unwritable(HEADER_MEMBER, error))?;
        let codec = compression.codec;
        let name = format!("{}.{}", header.id, codec.extension());
        let stream =
            StreamEncoder::new(sink, compression).map_err(|error| unwritten(&name, error))?;
        let recovery = compose(&header, codec, &plan);
        let mut writer = Self { stream, name, header, plan, units: Vec::new(), failed: false };
        writer.record(HEADER_MEMBER, &text, MAX_HEADER)?;
        writer.record(RECOVERY_MEMBER, recovery.as_bytes(), MAX_RECOVERY)?;
        Ok(writer)
    }

    /// Writes the next database of the plan. `on_bytes` is called with the length of every piece; an
    /// error from it ends the writing.
    ///
    /// # Errors
    ///
    /// A reader that fails, or whose length is not the declared size, is
    /// [`DatabaseError::Failed`], or the [`Error`] that it put into its [`std::io::Error`]. After any
    /// error the archive cannot be completed.
    pub fn add_unit(&mut self, unit: UnitSource<'_>, on_bytes: &mut OnBytes<'_>) -> Result<Part> {
        self.check_alive()?;
        self.failed = true;
        let planned = self.plan.get(self.units.len());
        let Some(planned) = planned.filter(|planned| planned.unit.name == unit.name) else {
            let name = unit.name;
            return Err(Error::Internal(format!("`{name}` is not the next database of the plan")));
        };
        let (name, source) = (unit.name.to_owned(), unit.source.to_owned());
        let part = self.write_unit(planned.member.clone(), unit, on_bytes)?;
        self.units.push(Unit {
            name,
            source,
            size: part.size,
            sha256: part.sha256.clone(),
            parts: vec![part.clone()],
            objects: Vec::new(),
            properties: BTreeMap::new(),
        });
        self.failed = false;
        Ok(part)
    }

    /// Writes the manifest and the end of the archive, and gives the sink back.
    ///
    /// # Errors
    ///
    /// Fails when a planned database is missing, and when anything failed before. A manifest that the
    /// reader would refuse (too many objects, endless names) is refused here.
    pub fn finish(mut self, closing: Closing) -> Result<Written<W>> {
        self.check_alive()?;
        if self.units.len() != self.plan.len() || self.units.len() != closing.facts.len() {
            return Err(Error::Internal(format!("`{}` lacks a planned database", self.name)));
        }
        let mut units = std::mem::take(&mut self.units);
        for (unit, facts) in units.iter_mut().zip(closing.facts) {
            unit.objects = facts.objects;
            unit.properties = facts.properties;
        }
        let manifest = Manifest {
            header: self.header.clone(),
            finished_at: closing.finished_at,
            consistency: closing.consistency,
            units,
            warnings: closing.warnings,
        };
        let text = encode(&manifest)?;
        // What we could not read again must not be written as if it were a backup.
        let read = decode_manifest(&text).map_err(|error| unwritable(MANIFEST_MEMBER, error))?;
        if read != manifest {
            return Err(Error::Internal("`manifest.json` does not say what it should".to_owned()));
        }
        self.record(MANIFEST_MEMBER, &text, MAX_MANIFEST)?;
        self.put(&[0; 2 * BLOCK])?;
        let (sink, stats) = self.stream.finish().map_err(|error| unwritten(&self.name, error))?;
        Ok(Written { sink, manifest, stats })
    }

    fn check_alive(&self) -> Result<()> {
        if self.failed {
            return Err(Error::Internal(format!("`{}` has failed before", self.name)));
        }
        Ok(())
    }

    fn write_unit(
        &mut self,
        name: String,
        unit: UnitSource<'_>,
        on_bytes: &mut OnBytes<'_>,
    ) -> Result<Part> {
        let UnitSource { source, size, reader, .. } = unit;
        let member = Member { name, size, mtime: mtime_of(&self.header) };
        self.start(&member)?;
        let mut fingerprint = Fingerprint::default();
        let mut chunk = vec![0; CHUNK];
        loop {
            let left = size - fingerprint.bytes();
            // One byte more than is due tells a longer source, and hears its last error.
            let wanted = usize::try_from(left).unwrap_or(CHUNK).clamp(1, CHUNK);
            let read = match reader.read(&mut chunk[..wanted]) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(unread_source(source, error)),
            };
            if read == 0 || left == 0 {
                check_end(source, size, left, read)?;
                break;
            }
            fingerprint.update(&chunk[..read]);
            self.put(&chunk[..read])?;
            on_bytes(read as u64)?;
        }
        self.put(&[0; BLOCK][..member.padding()])?;
        Ok(Part { member: member.name, size: member.size, sha256: fingerprint.into_hex() })
    }

    fn record(&mut self, name: &str, content: &[u8], at_most: u64) -> Result<()> {
        let size = content.len() as u64;
        if size > at_most {
            return Err(Error::Internal(format!(
                "`{name}` is {size} bytes long, which is too much"
            )));
        }
        let member = Member { name: name.to_owned(), size, mtime: mtime_of(&self.header) };
        self.start(&member)?;
        self.put(content)?;
        self.put(&[0; BLOCK][..member.padding()])
    }

    fn start(&mut self, member: &Member) -> Result<()> {
        let header = member.encode().ok_or_else(|| {
            Error::Internal(format!("`{}` is too long for a member's name", member.name))
        })?;
        self.put(&header)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).map_err(|error| unwritten(&self.name, error))
    }
}

/// Whether a source ended where it should: `left` bytes were still due, `read` came.
fn check_end(source: &str, size: u64, left: u64, read: usize) -> Result<()> {
    let detail = match (left, read) {
        (0, 0) => return Ok(()),
        (0, _) => format!("it is longer than the {size} bytes it had when the backup began"),
        _ => format!("it ended after {} of {size} bytes", size - left),
    };
    Err(DatabaseError::Failed { path: one_line(source), detail }.into())
}

fn unwritable(record: &str, error: RecordError) -> Error {
    let what = match error {
        RecordError::TooNew(format) => format!("has the unknown format {format}"),
        RecordError::Malformed(what) => what,
    };
    Error::Internal(format!("`{record}` {what}"))
}
