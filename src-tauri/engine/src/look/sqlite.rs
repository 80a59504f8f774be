//! SQLite databases.
//!
//! Owns what the first hundred bytes of one tell, and what lies beside it that belongs to it. The list of
//! tables comes from SQLite itself.

use std::path::PathBuf;

use super::content::{Content, Fault, read_up_to};
use super::handle::Handle;
use super::subject::{Subject, shown};
use super::{DumpForm, ForeignLook, Look, Wrapping};
use crate::database::forms::{Peeked, peek_sqlite, peek_sqlite_bytes};
use crate::error::Result;

pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";
/// What SQLite keeps beside a database that is in use.
const BESIDE: [(&str, &str); 2] = [
    ("-wal", "its newest changes"),
    ("-journal", "the other half of a change that was not finished"),
];
/// Bytes of the header.
const HEADER: usize = 100;
/// The longest database that is unpacked for its list of tables.
const MAX_IN_MEMORY: usize = 16 << 20;

/// Looks at a database that is not compressed. SQLite is asked by the path.
pub(super) fn look(subject: &Subject<'_>, handle: &Handle, head: &[u8]) -> Look {
    handle.keep();
    let Some(header) = Header::read(head) else { return subject.cut(None) };
    if let Some(expected) = header.size().filter(|size| *size > subject.size) {
        return subject.cut(Some(expected));
    }
    let beside: Vec<_> = BESIDE
        .iter()
        .filter_map(|(ending, what)| Some((beside(subject, ending)?, *what)))
        .collect();
    let peeked = match peek_sqlite(subject.path) {
        Ok(peeked) => peeked,
        // Half of it may be written at this moment.
        Err(_) if !beside.is_empty() => Peeked::default(),
        Err(what) => return subject.damaged(&what),
    };
    let mut look = answer(subject, Wrapping::None, &header, peeked);
    for (path, what) in beside {
        let path = shown(&path);
        look.warn(format!(
            "`{path}` lies beside it and may hold {what}, which this file alone lacks"
        ));
    }
    Look::Foreign(Box::new(look))
}

/// Looks at a compressed database.
pub(super) fn look_packed(subject: &Subject<'_>, content: Content) -> Result<Look> {
    let Some(header) = Header::read(&content.head) else { return Ok(subject.cut(None)) };
    let wrapping = content.wrapping;
    let mut bytes = Vec::new();
    let read = read_up_to(&mut content.reader(), MAX_IN_MEMORY, &mut bytes);
    let peeked = match read.map_err(|error| Fault::of(error, wrapping)) {
        Err(fault) => match subject.of_fault(fault)? {
            Some(look) => return Ok(look),
            None => Peeked::default(),
        },
        Ok(()) if bytes.len() == MAX_IN_MEMORY => Peeked::default(),
        Ok(()) => match peek_sqlite_bytes(&bytes) {
            Ok(peeked) => peeked,
            Err(what) => return Ok(subject.damaged(&what)),
        },
    };
    let is_whole = bytes.len() < MAX_IN_MEMORY;
    if is_whole && header.size().is_some_and(|size| size > bytes.len() as u64) {
        return Ok(subject.damaged("the database in it ends too early"));
    }
    Ok(Look::Foreign(Box::new(answer(subject, wrapping, &header, peeked))))
}

fn answer(
    subject: &Subject<'_>,
    wrapping: Wrapping,
    header: &Header,
    peeked: Peeked,
) -> ForeignLook {
    let mut look = subject.foreign(DumpForm::SqliteFile, wrapping);
    look.server = header.version();
    (look.objects, look.is_complete) = (peeked.objects, peeked.is_complete);
    look
}

/// A file of SQLite's beside the database that is not empty.
fn beside(subject: &Subject<'_>, ending: &str) -> Option<PathBuf> {
    let file = std::fs::canonicalize(subject.path).ok()?;
    let mut name = file.into_os_string();
    name.push(ending);
    let path = PathBuf::from(name);
    let is_there = path.metadata().is_ok_and(|found| found.is_file() && found.len() > 0);
    is_there.then_some(path)
}

/// What the header of a database says.
struct Header {
    page_size: u64,
    pages: u64,
    /// Whether the number of pages was written by the same program as everything else.
    is_current: bool,
    writer: u32,
}

impl Header {
    fn read(head: &[u8]) -> Option<Self> {
        let header = head.get(..HEADER)?;
        let number = |at: usize| {
            u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let page_size = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
            1 => 65_536,
            size => size,
        };
        Some(Self {
            page_size,
            pages: number(28).into(),
            is_current: number(24) == number(92),
            writer: number(96),
        })
    }

    /// Bytes of the database, where the header knows.
    fn size(&self) -> Option<u64> {
        (self.is_current && self.pages > 0).then(|| self.pages * self.page_size)
    }

    /// The library that wrote last.
    fn version(&self) -> Option<String> {
        let (major, minor, patch) =
            (self.writer / 1_000_000, self.writer / 1000 % 1000, self.writer % 1000);
        (major == 3).then(|| format!("SQLite {major}.{minor}.{patch}"))
    }
}
