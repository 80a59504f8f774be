//! Reading an archive: what it is, whether it is whole and true, and one database out of it.
//!
//! Owns the three questions and the comparison with the sidecar; the order and the meaning of the
//! members are in `walk`. Every pass reads to the true end of the stream:
//! whoever stops earlier has not seen the seal, and has verified nothing.
//!
//! Nothing here writes anywhere but to the sink it is given, and no name from an archive is ever
//! used for more than a comparison.

use std::io::{Cursor, Read, Write};

use super::OnBytes;
use super::compression::{StreamDecoder, StreamStats, read_up_to};
use super::foreign::HEAD;
use super::manifest::{Header, Manifest, Sidecar};
use super::records::RecordError;
use super::rules::{check_manifest, check_sidecar};
use super::subject::Subject;
use super::walk::{Target, Walk};
use crate::config::Codec;
use crate::error::{Error, Result};

/// An archive of which every byte has been read and every hash compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// Its manifest, which is now known to be true.
    pub manifest: Manifest,
    /// How it is compressed.
    pub codec: Codec,
    /// Its size and SHA-256 as stored.
    pub stats: StreamStats,
}

/// Reads the archive `name` to its end and proves it: see "What a reader checks" in `format.md`.
///
/// With a sidecar the archive must also be the one that the sidecar describes. `on_bytes` is called
/// with the length of every piece of a database; an error from it ends the reading.
///
/// # Errors
///
/// An [`ArchiveError`](crate::error::ArchiveError) says what is wrong with the archive. An
/// [`Error`] that `reader` put into its [`std::io::Error`] comes out unchanged.
pub fn verify<R: Read + Send + 'static>(
    reader: R,
    name: &str,
    expected: Option<&Sidecar>,
    on_bytes: &mut OnBytes<'_>,
) -> Result<Verified> {
    if let Some(sidecar) = expected {
        check_sidecar(sidecar)
            .map_err(|what| RecordError::Malformed(what).of(name, "its sidecar"))?;
    }
    let stored_bytes = expected.map(|sidecar| sidecar.size);
    let source = Source { reader, name, stored_bytes };
    let manifest = expected.map(|sidecar| &sidecar.manifest);
    let (verified, subject) = source.read(manifest, None, on_bytes)?;
    if let Some(sidecar) = expected {
        compare(&verified, sidecar, &subject)?;
    }
    Ok(verified)
}

/// Reads the archive `name` a second time and writes the database number `unit` of the verified
/// `manifest` to `sink`.
///
/// The archive is proven again as [`verify`] does, and its manifest must be `manifest`. The sink gets
/// at most the bytes that the manifest declares, and they are the right ones only when this
/// function succeeds: until then the caller must keep them invisible. `on_bytes` is called as in
/// [`verify`], for the bytes of all databases.
///
/// # Errors
///
/// As [`verify`]; a sink that fails is [`Error::File`] with the database's name, or the [`Error`]
/// that it put into its [`std::io::Error`].
pub fn extract<R: Read + Send + 'static>(
    reader: R,
    name: &str,
    manifest: &Manifest,
    unit: usize,
    sink: &mut dyn Write,
    on_bytes: &mut OnBytes<'_>,
) -> Result<()> {
    check_manifest(manifest)
        .map_err(|what| RecordError::Malformed(what).of(name, "its manifest"))?;
    let Some(wanted) = manifest.units.get(unit) else {
        return Err(Error::Unknown { kind: "database", name: format!("number {unit}") });
    };
    let source = Source { reader, name, stored_bytes: None };
    let target = Target { unit, name: &wanted.name, sink };
    source.read(Some(manifest), Some(target), on_bytes).map(drop)
}

/// Reads the first member of the archive `name`: what it says it is. Nothing of it is proven.
///
/// # Errors
///
/// [`NotAnArchive`](crate::error::ArchiveError::NotAnArchive) tells by the content what another file
/// is; otherwise as [`verify`].
pub fn peek_header<R: Read + Send + 'static>(reader: R, name: &str) -> Result<Header> {
    let (subject, _, stream) = Source { reader, name, stored_bytes: None }.open()?;
    Walk::new(subject, stream, None).header()
}

fn compare(verified: &Verified, sidecar: &Sidecar, subject: &Subject) -> Result<()> {
    let stats = &verified.stats;
    let differing = if stats.stored_bytes != sidecar.size {
        "size"
    } else if stats.sha256_hex != sidecar.sha256 {
        "SHA-256"
    } else if verified.codec != sidecar.codec {
        "compression"
    } else if verified.manifest != sidecar.manifest {
        "manifest"
    } else {
        return Ok(());
    };
    Err(subject.damaged(format!("its {differing} is not the one in its sidecar")))
}

/// An archive nothing of which has been read.
struct Source<'a, R> {
    reader: R,
    name: &'a str,
    stored_bytes: Option<u64>,
}

impl<'a, R: Read + Send + 'static> Source<'a, R> {
    /// Looks at the first bytes and puts them back in front.
    fn open(mut self) -> Result<(Subject<'a>, Option<Codec>, StreamDecoder)> {
        let mut subject =
            Subject { name: self.name, stored_bytes: self.stored_bytes, head: Vec::new() };
        let mut head = vec![0; HEAD];
        let read =
            read_up_to(&mut self.reader, &mut head).map_err(|error| subject.unread(error))?;
        head.truncate(read);
        let codec = Codec::detect(&head);
        subject.head.clone_from(&head);
        let stream = StreamDecoder::new(Cursor::new(head).chain(self.reader))
            .map_err(|error| subject.unread(error))?;
        Ok((subject, codec, stream))
    }

    fn read(
        self,
        expected: Option<&Manifest>,
        mut target: Option<Target>,
        on_bytes: &mut OnBytes<'_>,
    ) -> Result<(Verified, Subject<'a>)> {
        let (subject, codec, stream) = self.open()?;
        let mut walk = Walk::new(subject, stream, expected);
        let header = walk.header()?;
        walk.recovery()?;
        let manifest = walk.units(&mut target, on_bytes)?;
        walk.check(&header, &manifest)?;
        let (subject, stream) = walk.finish()?;
        let stats = stream.finish().map_err(|error| subject.unread(error))?;
        let codec = codec.ok_or_else(|| subject.damaged("it has no known compression"))?;
        Ok((Verified { manifest, codec, stats }, subject))
    }
}
