//! Tests of the archive, by theme. Owns the archives that they share.

mod bombs;
mod damage;
mod glance;
mod golden;
mod hostile;
mod manifest_lies;
mod mutations;
mod parts;
mod round_trip;
mod stock_tools;
mod writing;

use std::io::{self, Cursor, Read, Write};

use jiff::Timestamp;

use super::compression::{StreamDecoder, StreamEncoder};
use super::member::{BLOCK, Member};
use super::*;
use crate::config::{Codec, CompressionSettings};
use crate::contents::{Consistency, DatabaseFacts, ObjectCount, ObjectKind, ServerInfo, UnitKind};
use crate::error::{ArchiveError, Error};
use crate::ids::{BackupId, EngineKind};

/// Whether everything runs in full: each test says by how much that is more.
fn soak() -> bool {
    std::env::var("KRONOS_SOAK").is_ok_and(|soak| soak == "full")
}

const NAME: &str = "shop_20261122T135401.250Z_k3v9x0.tar.gz";

fn header() -> Header {
    Header {
        format: FORMAT_VERSION,
        id: BackupId::from_text("shop_20261122T135401.250Z_k3v9x0"),
        profile: "Shop".to_owned(),
        engine: EngineKind::Sqlite,
        created_at: "2026-11-22T13:54:01.25Z".parse().expect("a time"),
        kronos_version: "0.1.0".to_owned(),
        server: ServerInfo { version: "SQLite 3.50.4".to_owned(), ..ServerInfo::default() },
    }
}

fn planned(name: &str) -> PlannedMember {
    let (name, extension) = (name.to_owned(), "sqlite".to_owned());
    PlannedMember { name, kind: UnitKind::Database, extension, streamed: false, steps: None }
}

fn planned_stream(name: &str) -> PlannedMember {
    PlannedMember { extension: "dump".to_owned(), streamed: true, ..planned(name) }
}

fn closing(units: usize) -> Closing {
    let objects =
        vec![ObjectCount { kind: ObjectKind::Table, name: "orders".to_owned(), rows: Some(3) }];
    let properties = [("page_size".to_owned(), "4096".to_owned())].into();
    Closing {
        facts: vec![DatabaseFacts { objects, properties, left_out: Vec::new() }; units],
        consistency: Consistency { label: "One committed moment".to_owned(), snapshot: true },
        warnings: vec!["Look at `orders`".to_owned()],
        finished_at: "2026-11-22T13:54:02Z".parse::<Timestamp>().expect("a time"),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it has the type of a callback")]
fn quiet(_: u64) -> Result<()> {
    Ok(())
}

fn writer(codec: Codec, names: &[&str]) -> Result<ArchiveWriter<Vec<u8>>> {
    let plan = names.iter().map(|name| planned(name)).collect();
    ArchiveWriter::new(Vec::new(), CompressionSettings::default_for(codec), header(), plan)
}

fn add(
    writer: &mut ArchiveWriter<impl Write + Send + 'static>,
    name: &str,
    size: u64,
    reader: &mut dyn Read,
) -> Result<()> {
    let source = format!("/srv/{name}");
    writer.add_unit(UnitSource { name, source: &source, size: Some(size), reader }, &mut quiet)
}

fn add_stream(
    writer: &mut ArchiveWriter<impl Write + Send + 'static>,
    name: &str,
    reader: &mut dyn Read,
) -> Result<()> {
    let source = format!("/srv/{name}");
    writer.add_unit(UnitSource { name, source: &source, size: None, reader }, &mut quiet)
}

/// An archive of these databases, streamed and cut into parts of `part_size` bytes.
fn cut_archive(codec: Codec, part_size: usize, units: &[(&str, &[u8])]) -> Written<Vec<u8>> {
    let plan = units.iter().map(|(name, _)| planned_stream(name)).collect();
    let settings = CompressionSettings::default_for(codec);
    let writer = ArchiveWriter::new(Vec::new(), settings, header(), plan).expect("a writer");
    let mut writer = writer.cut_at(part_size);
    for (name, content) in units {
        add_stream(&mut writer, name, &mut &content[..]).expect("added");
    }
    writer.finish(closing(units.len())).expect("finished")
}

/// An archive of these databases.
fn archive(codec: Codec, units: &[(&str, &[u8])]) -> Written<Vec<u8>> {
    let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
    let mut writer = writer(codec, &names).expect("a writer");
    for (name, content) in units {
        add(&mut writer, name, content.len() as u64, &mut &content[..]).expect("added");
    }
    writer.finish(closing(units.len())).expect("finished")
}

/// Two databases, a few hundred bytes.
fn small(codec: Codec) -> Written<Vec<u8>> {
    archive(codec, &[("shop.db", b"orders and customers"), ("log.db", b"")])
}

/// The smallest that a user can have, for tests that try every bit of it.
fn smallest(codec: Codec) -> Written<Vec<u8>> {
    archive(codec, &[("a.db", b"SQLite format 3")])
}

fn sidecar(written: &Written<Vec<u8>>, codec: Codec) -> Sidecar {
    Sidecar {
        archive: format!("{}.{}", written.manifest.header.id, codec.extension()),
        size: written.stats.stored_bytes,
        sha256: written.stats.sha256_hex.clone(),
        codec,
        verified_at: "2026-11-22T13:54:03Z".parse().expect("a time"),
        manifest: written.manifest.clone(),
        safety: None,
    }
}

fn check(stored: &[u8], expected: Option<&Sidecar>) -> Result<Verified> {
    verify(Cursor::new(stored.to_vec()), NAME, expected, &mut quiet)
}

/// What `extract` writes, and how it ends.
fn take(stored: &[u8], manifest: &Manifest, unit: usize) -> (Vec<u8>, Result<()>) {
    let mut sink = Vec::new();
    let result = extract(Cursor::new(stored.to_vec()), NAME, manifest, unit, &mut sink, &mut quiet);
    (sink, result)
}

fn archive_error(result: Result<impl Sized>, what: &str) -> ArchiveError {
    match result {
        Err(Error::Archive(error)) => error,
        Err(other) => panic!("{what}: not about the archive: {other}"),
        Ok(_) => panic!("accepted: {what}"),
    }
}

/// The tar inside an archive.
fn open(stored: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    let mut decoder = StreamDecoder::new(Cursor::new(stored.to_vec())).expect("a decoder");
    decoder.read_to_end(&mut tar).expect("sound");
    tar
}

/// An archive around any tar, with a seal that fits: what a careful forger would make.
fn sealed(tar: &[u8], codec: Codec) -> Vec<u8> {
    let settings = CompressionSettings { codec, level: 1 };
    let mut encoder = StreamEncoder::new(Vec::new(), settings).expect("an encoder");
    encoder.write_all(tar).expect("written");
    encoder.finish().expect("finished").0
}

/// A member as bytes, so that a test can make it wrong.
#[derive(Clone)]
struct Entry {
    header: [u8; BLOCK],
    content: Vec<u8>,
}

impl Entry {
    fn new(name: &str, content: &[u8]) -> Self {
        let mtime = mtime_of(&header());
        let member = Member { name: name.to_owned(), size: content.len() as u64, mtime };
        Self { header: member.encode().expect("a header"), content: content.to_vec() }
    }

    /// Overwrites a field of the header and makes the checksum right again.
    fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.header[at..at + bytes.len()].copy_from_slice(bytes);
        self.header[148..156].fill(b' ');
        let sum: u32 = self.header.iter().map(|byte| u32::from(*byte)).sum();
        self.header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.to_vec();
        bytes.extend_from_slice(&self.content);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }
}

/// The members of a sound archive: `kronos.json`, `RESTORE.md`, the databases, `manifest.json`.
fn entries(stored: &[u8]) -> Vec<Entry> {
    let tar = open(stored);
    let mut entries = Vec::new();
    let mut at = 0;
    while tar[at] != 0 {
        let header: [u8; BLOCK] = tar[at..at + BLOCK].try_into().expect("a block");
        let member = Member::decode(&header).expect("canonical");
        let size = usize::try_from(member.size).expect("small");
        let content = tar[at + BLOCK..at + BLOCK + size].to_vec();
        at += BLOCK + size.next_multiple_of(BLOCK);
        entries.push(Entry { header, content });
    }
    assert_eq!(tar.len() - at, 2 * BLOCK);
    entries
}

/// The tar of these members, with its end mark.
fn tar_of(entries: &[Entry]) -> Vec<u8> {
    let mut tar: Vec<u8> = entries.iter().flat_map(Entry::bytes).collect();
    tar.extend([0; 2 * BLOCK]);
    tar
}

/// Bytes that do not compress, the same in every run.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

#[test]
fn nothing_in_this_module_can_open_or_name_a_file() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/archive");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a source");
        let source = source.split("#[cfg(test)]").next().expect("a first part");
        for word in ["std::fs", "std::path", "tokio", "rustix", "crate::storage", "crate::database"]
        {
            assert!(!source.contains(word), "{word} in {}", path.display());
        }
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}
