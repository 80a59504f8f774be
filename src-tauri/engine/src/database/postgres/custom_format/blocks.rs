//! The data blocks that follow the table of contents.
//!
//! Owns the counting of rows and the question whether every block is whole and every one is there.

use std::collections::HashMap;

use memchr::memchr_iter;

use super::contents::{Contents, Entry};
use super::fields::number;
use super::{Found, Malformed, Watcher};

/// A block of the data of one entry.
const DATA: u8 = 1;
/// A block of large objects.
const LARGE_OBJECTS: u8 = 3;
/// What `pg_dump` writes behind the last row of a table.
const END_OF_COPY: [u8; 5] = *b"\\.\n\n\n";
/// Line feeds in [`END_OF_COPY`] that are no rows.
const END_LINES: u64 = 3;

/// Reads the data blocks.
pub(super) struct Blocks {
    contents: Contents,
    by_id: HashMap<i64, usize>,
    state: State,
    /// The bytes of a number that is not all there yet.
    field: [u8; 33],
    filled: usize,
    current: Option<usize>,
    in_large_objects: bool,
    /// The number of the large object that goes by.
    large_object: i64,
    table: Table,
    rows: u64,
    begun: usize,
    large_objects: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between two blocks: the only place where a dump may end.
    Kind,
    Id,
    LargeObject,
    Length,
    Chunk(u64),
}

/// The text of one table, as far as it has gone by.
#[derive(Default)]
struct Table {
    lines: u64,
    tail: [u8; 5],
}

impl Table {
    fn feed(&mut self, bytes: &[u8]) -> u64 {
        let lines = memchr_iter(b'\n', bytes).count() as u64;
        self.lines += lines;
        let count = self.tail.len();
        if let Some(tail) = bytes.last_chunk() {
            self.tail = *tail;
        } else {
            self.tail.rotate_left(bytes.len());
            self.tail[count - bytes.len()..].copy_from_slice(bytes);
        }
        lines
    }

    fn rows(&self) -> Option<u64> {
        let is_whole = self.tail == END_OF_COPY;
        is_whole.then(|| self.lines.saturating_sub(END_LINES))
    }
}

impl Blocks {
    pub fn new(contents: Contents) -> Self {
        let entries = contents.entries.iter().enumerate();
        let by_id = entries.filter(|(_, entry)| entry.has_data);
        Self {
            by_id: by_id.map(|(index, entry)| (entry.id, index)).collect(),
            contents,
            state: State::Kind,
            field: [0; 33],
            filled: 0,
            current: None,
            in_large_objects: false,
            large_object: 0,
            table: Table::default(),
            rows: 0,
            begun: 0,
            large_objects: 0,
        }
    }

    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    pub fn current(&self) -> Option<&Entry> {
        self.current.and_then(|index| self.contents.entries.get(index))
    }

    pub fn begun(&self) -> usize {
        self.begun
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn feed(&mut self, mut bytes: &[u8], watcher: &mut impl Watcher) -> Result<(), Malformed> {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Kind => self.kind(bytes)?,
                State::Chunk(left) => self.chunk(bytes, left, watcher),
                State::Id | State::LargeObject | State::Length => self.field(bytes, watcher)?,
            };
        }
        Ok(())
    }

    fn kind<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Malformed> {
        self.in_large_objects = match bytes[0] {
            DATA => false,
            LARGE_OBJECTS => true,
            _ => return Err(Malformed::new("something stands in it that is no data")),
        };
        self.state = State::Id;
        Ok(&bytes[1..])
    }

    fn chunk<'a>(&mut self, bytes: &'a [u8], left: u64, watcher: &mut impl Watcher) -> &'a [u8] {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let (chunk, rest) = bytes.split_at(count);
        if self.in_large_objects {
            watcher.large_object(self.large_object, chunk);
        } else {
            self.rows += self.table.feed(chunk);
            if let Some(entry) = self.current() {
                watcher.rows(entry, chunk);
            }
        }
        let left = left - count as u64;
        self.state = if left == 0 { State::Length } else { State::Chunk(left) };
        rest
    }

    /// Collects a number and acts on it when it is whole.
    fn field<'a>(
        &mut self,
        bytes: &'a [u8],
        watcher: &mut impl Watcher,
    ) -> Result<&'a [u8], Malformed> {
        let wanted = 1 + self.contents.width;
        let count = (wanted - self.filled).min(bytes.len());
        let (taken, rest) = bytes.split_at(count);
        self.field[self.filled..self.filled + count].copy_from_slice(taken);
        self.filled += count;
        if self.filled == wanted {
            self.filled = 0;
            let value = number(&self.field[..wanted])?;
            self.act_on(value, watcher)?;
        }
        Ok(rest)
    }

    fn act_on(&mut self, value: i64, watcher: &mut impl Watcher) -> Result<(), Malformed> {
        let length = u64::try_from(value).ok();
        self.state = match (self.state, length) {
            (State::Id, _) => {
                self.begin(value)?;
                if self.in_large_objects { State::LargeObject } else { State::Length }
            }
            (State::LargeObject, _) if value == 0 => {
                self.end(Some(0));
                State::Kind
            }
            (State::LargeObject, _) => {
                self.large_objects += 1;
                self.large_object = value;
                watcher.large_object(value, &[]);
                State::Length
            }
            (_, Some(0)) if self.in_large_objects => State::LargeObject,
            (_, Some(0)) => {
                self.end_of_table()?;
                State::Kind
            }
            (_, Some(length)) => State::Chunk(length),
            (_, None) => return Err(Malformed::new("a length in it is impossible")),
        };
        Ok(())
    }

    fn begin(&mut self, id: i64) -> Result<(), Malformed> {
        let index = self.by_id.remove(&id);
        let index = index.ok_or_else(|| {
            Malformed::new("data stands in it that its table of contents does not announce")
        })?;
        self.current = Some(index);
        self.table = Table::default();
        self.begun += 1;
        Ok(())
    }

    fn end_of_table(&mut self) -> Result<(), Malformed> {
        let rows = self.table.rows();
        if rows.is_none() {
            return Err(Malformed(format!("the rows of `{}` are cut short", self.current_name())));
        }
        self.rows -= END_LINES.min(self.rows);
        self.end(rows);
        Ok(())
    }

    fn end(&mut self, rows: Option<u64>) {
        if let Some(entry) = self.current.and_then(|at| self.contents.entries.get_mut(at)) {
            entry.rows = rows;
        }
        self.current = None;
    }

    fn current_name(&self) -> String {
        self.current().map(|entry| entry.name.clone()).unwrap_or_default()
    }

    pub fn finish(self) -> Result<Found, Malformed> {
        if self.state != State::Kind {
            let name = self.current_name();
            return Err(Malformed(format!("it ends in the middle of the data of `{name}`")));
        }
        if let Some(index) = self.by_id.values().min() {
            let (count, name) = (self.by_id.len(), &self.contents.entries[*index].name);
            return Err(Malformed(format!(
                "the data of {count} objects is missing, `{name}` among them"
            )));
        }
        Ok(Found { contents: self.contents, large_objects: self.large_objects })
    }
}
