//! The way through an archive: which members there must be, in which order, saying what.
//!
//! Owns the order and the meaning of the members. Blocks are read in `members`; which passes there
//! are, and what they are compared with, is decided in `reader`.

use std::io::{Read, Write};

use super::compression::StreamDecoder;
use super::hash::Fingerprint;
use super::inventory::Inventory;
use super::manifest::{Header, Manifest, Part};
use super::member::{HEADER_MEMBER, MANIFEST_MEMBER, Member, RECOVERY_MEMBER};
use super::members::Members;
use super::records::{MAX_HEADER, MAX_MANIFEST, MAX_RECOVERY, decode_header, decode_manifest};
use super::subject::{Subject, unwritten};
use super::{OnBytes, mtime_of};
use crate::error::Result;

/// The database that is wanted out of the archive.
pub(super) struct Target<'a> {
    pub unit: usize,
    pub name: &'a str,
    pub sink: &'a mut dyn Write,
}

/// The way through an archive, member by member.
pub(super) struct Walk<'a, 'e> {
    subject: Subject<'a>,
    members: Members<StreamDecoder>,
    /// What the manifest will turn out to be, where that is known before.
    expected: Option<&'e Manifest>,
    found: Inventory,
    mtime: u64,
}

impl<'a, 'e> Walk<'a, 'e> {
    pub fn new(
        subject: Subject<'a>,
        stream: StreamDecoder,
        expected: Option<&'e Manifest>,
    ) -> Self {
        let members = Members::new(stream);
        Self { subject, members, expected, found: Inventory::default(), mtime: 0 }
    }

    /// `kronos.json`. A newer format is refused here, before anything else can be wrong with it.
    pub fn header(&mut self) -> Result<Header> {
        let header = first_header(&mut self.members, &self.subject)?;
        self.mtime = mtime_of(&header);
        Ok(header)
    }

    /// `RESTORE.md`, which is for people.
    pub fn recovery(&mut self) -> Result<()> {
        let second = self.members.next(&self.subject)?;
        let Some(member) = second.filter(|member| member.name == RECOVERY_MEMBER) else {
            let detail = format!("`{RECOVERY_MEMBER}` does not follow `{HEADER_MEMBER}`");
            return Err(self.subject.damaged(detail));
        };
        self.in_time(&member)?;
        within(&self.subject, &member, MAX_RECOVERY)?;
        self.members.content(&member, &self.subject, &mut |_| Ok(()))
    }

    /// All databases, then `manifest.json`.
    pub fn units(
        &mut self,
        target: &mut Option<Target>,
        on_bytes: &mut OnBytes<'_>,
    ) -> Result<Manifest> {
        loop {
            let Some(member) = self.members.next(&self.subject)? else {
                return Err(self.subject.damaged(format!("it has no `{MANIFEST_MEMBER}`")));
            };
            self.in_time(&member)?;
            if member.name == MANIFEST_MEMBER {
                return self.manifest(&member);
            }
            self.admit(&member)?;
            let wanted = target.as_mut().filter(|target| target.unit == self.found.unit());
            self.part(member, wanted, on_bytes)?;
        }
    }

    /// Checks a database's member before any of its content is read.
    fn admit(&mut self, member: &Member) -> Result<()> {
        self.found.begin(&member.name).map_err(|what| self.subject.damaged(what))?;
        let agrees = |part: &Part| part.member == member.name && part.size == member.size;
        if self.expected.is_none() || self.expected_part().is_some_and(agrees) {
            return Ok(());
        }
        let detail = format!("`{}` is not what the manifest has there", member.name);
        Err(self.subject.damaged(detail))
    }

    /// What the manifest, where it is known before, has in the place of the member begun last.
    fn expected_part(&self) -> Option<&'e Part> {
        let unit = self.expected?.units.get(self.found.unit())?;
        unit.parts.get(self.found.part())
    }

    /// One member that holds a database or a part of it.
    fn part(
        &mut self,
        member: Member,
        mut target: Option<&mut Target>,
        on_bytes: &mut OnBytes<'_>,
    ) -> Result<()> {
        let mut fingerprint = Fingerprint::default();
        self.members.content(&member, &self.subject, &mut |chunk| {
            fingerprint.update(chunk);
            self.found.update(chunk);
            if let Some(Target { name, sink, .. }) = &mut target {
                sink.write_all(chunk).map_err(|error| unwritten(name, error))?;
            }
            on_bytes(chunk.len() as u64)
        })?;
        let sha256 = fingerprint.hex();
        let part = Part { member: member.name, size: member.size, sha256 };
        // Once a part is wrong, none of the following ones may reach a database that is being loaded.
        if self.expected_part().is_some_and(|expected| *expected != part) {
            let detail = format!("`{}` is not what its manifest says", part.member);
            return Err(self.subject.damaged(detail));
        }
        self.found.end(part);
        Ok(())
    }

    fn manifest(&mut self, member: &Member) -> Result<Manifest> {
        let bytes = record(&mut self.members, &self.subject, member, MAX_MANIFEST)?;
        if self.members.next(&self.subject)?.is_some() {
            let detail = format!("a member follows `{MANIFEST_MEMBER}`");
            return Err(self.subject.damaged(detail));
        }
        decode_manifest(&bytes).map_err(|error| error.of(self.subject.name, "its `manifest.json`"))
    }

    /// Whether the manifest tells the truth about the members.
    pub fn check(&self, header: &Header, manifest: &Manifest) -> Result<()> {
        if manifest.header != *header {
            return Err(self.subject.damaged("`manifest.json` contradicts `kronos.json`"));
        }
        self.found.compare(manifest).map_err(|what| self.subject.damaged(what))?;
        if self.expected.is_some_and(|expected| expected != manifest) {
            return Err(self.subject.damaged("its manifest is not the expected one"));
        }
        Ok(())
    }

    /// The end mark, and nothing after it. Gives back what is needed to ask the stream for its figures.
    pub fn finish(self) -> Result<(Subject<'a>, StreamDecoder)> {
        let stream = self.members.finish(&self.subject)?;
        Ok((self.subject, stream))
    }

    fn in_time(&self, member: &Member) -> Result<()> {
        in_time(&self.subject, member, self.mtime)
    }
}

/// Reads `kronos.json`, which comes first.
pub(super) fn first_header<R: Read>(members: &mut Members<R>, subject: &Subject) -> Result<Header> {
    let first = members.next(subject)?;
    let Some(member) = first.filter(|member| member.name == HEADER_MEMBER) else {
        return Err(subject.damaged(format!("it does not begin with `{HEADER_MEMBER}`")));
    };
    let bytes = record(members, subject, &member, MAX_HEADER)?;
    let header =
        decode_header(&bytes).map_err(|error| error.of(subject.name, "its `kronos.json`"))?;
    in_time(subject, &member, mtime_of(&header))?;
    Ok(header)
}

/// A whole member, which must be small.
fn record<R: Read>(
    members: &mut Members<R>,
    subject: &Subject,
    member: &Member,
    at_most: u64,
) -> Result<Vec<u8>> {
    within(subject, member, at_most)?;
    // Exactly as long as it is going to be: a buffer that grows needs up to three times as much.
    let mut bytes = Vec::with_capacity(usize::try_from(member.size).unwrap_or_default());
    members.content(member, subject, &mut |chunk| {
        bytes.extend_from_slice(chunk);
        Ok(())
    })?;
    Ok(bytes)
}

fn within(subject: &Subject, member: &Member, at_most: u64) -> Result<()> {
    if member.size > at_most {
        return Err(subject.damaged(format!("`{}` is too long", member.name)));
    }
    Ok(())
}

fn in_time(subject: &Subject, member: &Member, mtime: u64) -> Result<()> {
    if member.mtime != mtime {
        return Err(subject.damaged("its members are not all of one time"));
    }
    Ok(())
}
