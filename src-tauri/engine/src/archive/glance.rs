//! What an archive says of itself, read from its two ends: quick on an archive of any size.
//!
//! Owns the way to `kronos.json` from the beginning and to `manifest.json` from the end. Nothing of it is
//! proven, and a forged archive may say here what it does not hold: only [`verify`](super::verify), which
//! reads everything, can tell. What can be seen from the ends is refused in the words that `verify` has.

use std::io::{self, Read, Seek};

use super::compression::StreamEnds;
use super::manifest::{Header, Manifest, Sidecar};
use super::member::{BLOCK, MANIFEST_MEMBER, Member};
use super::members::Members;
use super::mtime_of;
use super::records::{MAX_MANIFEST, decode_manifest};
use super::subject::Subject;
use super::walk::first_header;
use crate::config::Codec;
use crate::error::Result;

/// Two blocks of zeros end a tar.
const END_MARK: usize = 2 * BLOCK;

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    /// Its manifest.
    pub manifest: Manifest,
    /// How it is compressed.
    pub codec: Codec,
    /// Its size in bytes.
    pub stored_bytes: u64,
}

/// Asks the archive `name` what it is. `head` are its first bytes, to tell what another file is. With a
/// sidecar the manifest is taken from there, if size and `kronos.json` are those of the archive.
///
/// # Errors
///
/// As [`verify`](super::verify), as far as the ends of an archive can tell.
pub fn glance<R: Read + Seek>(
    reader: R,
    name: &str,
    head: &[u8],
    sidecar: Option<&Sidecar>,
) -> Result<Glance> {
    let stored_bytes = sidecar.map(|sidecar| sidecar.size);
    let subject = Subject { name, stored_bytes, head: head.to_vec() };
    let mut ends = StreamEnds::open(reader).map_err(|error| subject.unread(error))?;
    let (codec, stored_bytes) = (ends.codec(), ends.stored_bytes());
    if sidecar.is_some_and(|sidecar| sidecar.size != stored_bytes) {
        return Err(subject.damaged("its size is not the one in its sidecar"));
    }
    if sidecar.is_some_and(|sidecar| sidecar.codec != codec) {
        return Err(subject.damaged("its compression is not the one in its sidecar"));
    }
    let mut members = Members::new(Blocks { ends: &mut ends, block: Vec::new(), used: 0 });
    let header = first_header(&mut members, &subject)?;
    let manifest = match sidecar {
        Some(sidecar) if sidecar.manifest.header != header => {
            return Err(subject.damaged("its manifest is not the one in its sidecar"));
        }
        Some(sidecar) => sidecar.manifest.clone(),
        None => manifest_at_end(&mut ends, &subject, &header)?,
    };
    Ok(Glance { manifest, codec, stored_bytes })
}

/// Reads `manifest.json`, which comes last.
fn manifest_at_end<R: Read + Seek>(
    ends: &mut StreamEnds<R>,
    subject: &Subject,
    header: &Header,
) -> Result<Manifest> {
    let (member, bytes) = last_member(ends, subject)?;
    if member.mtime != mtime_of(header) {
        return Err(subject.damaged("its members are not all of one time"));
    }
    let manifest = decode_manifest(&bytes)
        .map_err(|error| error.of(subject.name, &format!("its `{MANIFEST_MEMBER}`")))?;
    if manifest.header != *header {
        return Err(subject.damaged("`manifest.json` contradicts `kronos.json`"));
    }
    Ok(manifest)
}

/// The last member and its content, which must be the manifest.
fn last_member<R: Read + Seek>(
    ends: &mut StreamEnds<R>,
    subject: &Subject,
) -> Result<(Member, Vec<u8>)> {
    // From the end to the front.
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    let mut behind = 0;
    while behind as u64 <= MAX_MANIFEST + (2 * END_MARK) as u64 {
        let Some(block) = ends.previous_block().map_err(|error| subject.unread(error))? else {
            break;
        };
        let found = manifest_in(&block, behind);
        behind += block.len();
        blocks.push(block);
        if let Some((at, member)) = found {
            blocks.reverse();
            let tail = blocks.concat();
            let content = &tail[at + BLOCK..];
            let (content, rest) = content.split_at(content.len() - END_MARK - member.padding());
            if rest.iter().any(|byte| *byte != 0) {
                return Err(subject.damaged("something follows its last member"));
            }
            return Ok((member, content.to_vec()));
        }
    }
    Err(subject.damaged(format!("it has no `{MANIFEST_MEMBER}`")))
}

/// The place of the manifest's header in a block that `behind` bytes follow. A block starts at a multiple
/// of a tar block, and a header counts only if its member leads exactly to the end mark.
fn manifest_in(block: &[u8], behind: usize) -> Option<(usize, Member)> {
    let mut places = (0..block.len() / BLOCK).rev().map(|number| number * BLOCK);
    places.find_map(|at| {
        let member = Member::decode(block[at..].first_chunk()?)?;
        let len = usize::try_from(member.size).ok().filter(|_| member.size <= MAX_MANIFEST)?;
        let end = at + BLOCK + len + member.padding() + END_MARK;
        let fits = member.name == MANIFEST_MEMBER && end == block.len() + behind;
        fits.then_some((at, member))
    })
}

/// The stream from its beginning, block by block.
struct Blocks<'a, R> {
    ends: &'a mut StreamEnds<R>,
    block: Vec<u8>,
    used: usize,
}

impl<R: Read + Seek> Read for Blocks<'_, R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        while self.used == self.block.len() {
            let Some(block) = self.ends.next_block()? else { return Ok(0) };
            (self.block, self.used) = (block, 0);
        }
        let rest = &self.block[self.used..];
        let count = rest.len().min(space.len());
        space[..count].copy_from_slice(&rest[..count]);
        self.used += count;
        Ok(count)
    }
}
