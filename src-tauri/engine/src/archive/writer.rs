//! Writing an archive: databases go in one by one, hashed as they pass; the manifest goes last.
//!
//! Owns the order of the members and the promise that an archive whose writing succeeded is one
//! that `reader` accepts. Where the bytes go, and whether they become visible, belongs to the sink.

use std::collections::BTreeMap;
use std::io::Write;

use super::compression::StreamEncoder;
use super::hash::Fingerprint;
use super::intake::{Closing, NamedMember, PlannedMember, UnitSource, Written, name_members};
use super::listing;
use super::manifest::{Header, Manifest, Part, Unit};
use super::member::{
    BLOCK, HEADER_MEMBER, MANIFEST_MEMBER, MAX_PARTS, Member, RECOVERY_MEMBER, part_name,
};
use super::records::{
    MAX_HEADER, MAX_RECOVERY, RecordError, decode_header, decode_manifest, encode,
};
use super::recovery_text::compose;
use super::source::Source;
use super::subject::unwritten;
use super::{OnBytes, mtime_of};
use crate::config::CompressionSettings;
use crate::error::{Error, Result};

/// How long the parts of a streamed database are, but for its last one. A part is in memory as a whole,
/// because a tar says a member's length before its content: this is a quarter of what a backup may need
/// (150 MB), and large enough for a tar's 512 bytes per member and a manifest's line to be no cost. A
/// reader does not rely on it.
pub const PART_SIZE: usize = 32 << 20;

/// Writes one archive. Only [`finish`](Self::finish) makes it complete: what an abandoned or failed
/// writer leaves in its sink has no seal, and no reader accepts it.
pub struct ArchiveWriter<W: Write + Send + 'static> {
    stream: StreamEncoder<W>,
    /// The archive's file name, for messages.
    name: String,
    header: Header,
    plan: Vec<NamedMember>,
    units: Vec<Unit>,
    /// How many members the databases have so far.
    members: usize,
    part_size: usize,
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
        let mut writer = Self {
            stream,
            name,
            header,
            plan,
            units: Vec::new(),
            members: 0,
            part_size: PART_SIZE,
            failed: false,
        };
        writer.record(HEADER_MEMBER, &text, MAX_HEADER)?;
        writer.record(RECOVERY_MEMBER, recovery.as_bytes(), MAX_RECOVERY)?;
        Ok(writer)
    }

    /// Cuts streamed databases into shorter parts, for tests and small examples of the format.
    #[cfg(test)]
    pub(super) fn cut_at(mut self, part_size: usize) -> Self {
        self.part_size = part_size;
        self
    }

    /// Writes the next database of the plan. `on_bytes` is called with the length of every piece that was
    /// read; an error from it ends the writing.
    ///
    /// # Errors
    ///
    /// A reader that fails, or whose length is not the declared size, is
    /// [`DatabaseError::Failed`], or the [`Error`] that it put into its [`std::io::Error`]; a stream
    /// that needs more parts than an archive has is [`DatabaseError::TooLarge`]. After any error the
    /// archive cannot be completed.
    pub fn add_unit(&mut self, unit: UnitSource<'_>, on_bytes: &mut OnBytes<'_>) -> Result<()> {
        self.check_alive()?;
        self.failed = true;
        let UnitSource { name, source, size, reader } = unit;
        let planned = self.plan.get(self.units.len()).filter(|planned| planned.unit.name == name);
        let Some(planned) = planned else {
            return Err(Error::Internal(format!("`{name}` is not the next database of the plan")));
        };
        if size.is_none() && !planned.unit.streamed {
            // `RESTORE.md` has already said that it is one file.
            return Err(Error::Internal(format!("`{name}` was not planned to be streamed")));
        }
        let member = planned.member.clone();
        let mut unit = Unit {
            name: name.to_owned(),
            source: source.to_owned(),
            size: 0,
            sha256: String::new(),
            parts: Vec::new(),
            objects: Vec::new(),
            properties: BTreeMap::new(),
            kind: planned.unit.kind,
            left_out: Vec::new(),
        };
        let mut source = Source::new(source, reader, on_bytes);
        match size {
            Some(size) => self.whole(&mut unit, member, size, &mut source)?,
            None => self.stream(&mut unit, &member, &mut source)?,
        }
        self.units.push(unit);
        self.failed = false;
        Ok(())
    }

    /// Writes the manifest and the end of the archive, and gives the sink back.
    ///
    /// # Errors
    ///
    /// Fails when a planned database is missing, and when anything failed before. A manifest that the
    /// reader would refuse is refused here; too many objects or endless names are
    /// [`DatabaseError::TooLarge`].
    pub fn finish(mut self, closing: Closing) -> Result<Written<W>> {
        self.check_alive()?;
        if self.units.len() != self.plan.len() || self.units.len() != closing.facts.len() {
            return Err(Error::Internal(format!("`{}` lacks a planned database", self.name)));
        }
        let mut units = std::mem::take(&mut self.units);
        for (unit, facts) in units.iter_mut().zip(closing.facts) {
            unit.objects = facts.objects;
            unit.properties = facts.properties;
            unit.left_out = facts.left_out;
        }
        let manifest = Manifest {
            header: self.header.clone(),
            finished_at: closing.finished_at,
            consistency: closing.consistency,
            units,
            warnings: closing.warnings,
        };
        listing::check(&manifest)?;
        let text = encode(&manifest)?;
        listing::check_len(&manifest, &text)?;
        // What we could not read again must not be written as if it were a backup.
        let read = decode_manifest(&text).map_err(|error| unwritable(MANIFEST_MEMBER, error))?;
        if read != manifest {
            return Err(Error::Internal("`manifest.json` does not say what it should".to_owned()));
        }
        self.member(MANIFEST_MEMBER.to_owned(), &text)?;
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

    /// A database whose size is known, as one member.
    fn whole(
        &mut self,
        unit: &mut Unit,
        name: String,
        size: u64,
        source: &mut Source,
    ) -> Result<()> {
        self.count_member(unit)?;
        let member = Member { name, size, mtime: mtime_of(&self.header) };
        self.start(&member)?;
        let mut fingerprint = Fingerprint::default();
        source.copy(size, &mut |bytes| {
            fingerprint.update(bytes);
            self.put(bytes)
        })?;
        self.put(&[0; BLOCK][..member.padding()])?;
        let part = Part { member: member.name, size, sha256: fingerprint.hex() };
        (unit.size, unit.sha256, unit.parts) = (size, part.sha256.clone(), vec![part]);
        Ok(())
    }

    /// A database that ends when it ends: one member if it fits, numbered parts if it does not.
    fn stream(&mut self, unit: &mut Unit, name: &str, source: &mut Source) -> Result<()> {
        // Memory that is not filled is not taken.
        let mut piece = Vec::with_capacity(self.part_size);
        let mut whole = Fingerprint::default();
        loop {
            let more = source.piece(&mut piece, self.part_size)?;
            self.count_member(unit)?;
            let alone = unit.parts.is_empty() && !more;
            let member = if alone { name.to_owned() } else { part_name(name, unit.parts.len()) };
            unit.parts.push(self.member(member, &piece)?);
            whole.update(&piece);
            if !more {
                break;
            }
        }
        (unit.size, unit.sha256) = (whole.bytes(), whole.hex());
        Ok(())
    }

    fn count_member(&mut self, unit: &Unit) -> Result<()> {
        self.members += 1;
        if self.members > MAX_PARTS {
            let detail =
                format!("its dump is longer than the {MAX_PARTS} parts that one backup has");
            return Err(listing::too_large(unit, detail));
        }
        Ok(())
    }

    /// A record, which must be small.
    fn record(&mut self, name: &str, content: &[u8], at_most: u64) -> Result<()> {
        let size = content.len() as u64;
        if size > at_most {
            return Err(Error::Internal(format!(
                "`{name}` is {size} bytes long, which is too much"
            )));
        }
        self.member(name.to_owned(), content).map(drop)
    }

    /// A whole member from memory.
    fn member(&mut self, name: String, content: &[u8]) -> Result<Part> {
        let size = content.len() as u64;
        let member = Member { name, size, mtime: mtime_of(&self.header) };
        self.start(&member)?;
        self.put(content)?;
        self.put(&[0; BLOCK][..member.padding()])?;
        let mut fingerprint = Fingerprint::default();
        fingerprint.update(content);
        Ok(Part { member: member.name, size, sha256: fingerprint.hex() })
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

fn unwritable(record: &str, error: RecordError) -> Error {
    let what = match error {
        RecordError::TooNew(format) => format!("has the unknown format {format}"),
        RecordError::Malformed(what) => what,
    };
    Error::Internal(format!("`{record}` {what}"))
}
