//! What a stream holds: which collections, how many documents, and whether all of it has come.
//!
//! Owns the order of the parts and the counts.

use std::collections::{BTreeMap, BTreeSet};

use super::checksum::Checksum;
use super::choice::{BUCKETS, Choice, Fate, LOG};
use super::frames::{Frame, Treatment, Visitor};
use super::metadata::{BlockHeader, Description, NamespaceKind};

/// A collection, view or time series in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Namespace {
    /// The database; empty for the log of operations.
    pub(in super::super) database: String,
    /// Its name.
    pub(in super::super) collection: String,
    /// What it is.
    pub(in super::super) kind: NamespaceKind,
    /// Documents of its own that went by.
    pub(in super::super) documents: u64,
    /// The names of its indexes, without the one that every collection has.
    pub(in super::super) indexes: Vec<String>,
    /// Whether the server deletes its documents when they are old enough.
    pub(in super::super) expires: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    Descriptions,
    BlockHeader,
    Documents,
    AfterEnd,
}

type Name = (String, String);

/// Everything seen so far.
pub(in super::super) struct Contents {
    part: Part,
    described: BTreeMap<Name, Description>,
    documents: BTreeMap<Name, u64>,
    ended: BTreeSet<Name>,
    current: Option<Name>,
    choice: Choice,
    fate: Fate,
    sifted: Checksum,
    passed: u64,
}

impl Contents {
    /// Expects a stream of which `choice` is wanted.
    pub(super) fn new(choice: Choice) -> Self {
        Self {
            part: Part::Header,
            described: BTreeMap::new(),
            documents: BTreeMap::new(),
            ended: BTreeSet::new(),
            current: None,
            choice,
            fate: Fate::Passed,
            sifted: Checksum::new(),
            passed: 0,
        }
    }

    /// The collection whose documents come now, how many are complete, and how many there are.
    pub(super) fn place(&self) -> Option<(&str, usize, usize)> {
        let (_, collection) = self.current.as_ref()?;
        Some((collection, self.ended.len(), self.described.len()))
    }

    /// Documents of all collections that went by.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// Operations of the log that went by.
    pub(super) fn operations(&self) -> u64 {
        let logs = self.documents.iter().filter(|((database, _), _)| database == LOG);
        logs.map(|(_, count)| count).sum()
    }

    /// What is missing, when the stream ended here.
    pub(super) fn missing(&self) -> Option<String> {
        match self.part {
            Part::Header | Part::Descriptions => {
                return Some("it ends within the list of collections".to_owned());
            }
            Part::Documents | Part::AfterEnd => {
                let name = self.current.as_ref().map_or("", |(_, collection)| collection.as_str());
                return Some(format!("it ends in the middle of `{name}`"));
            }
            Part::BlockHeader => {}
        }
        let unfinished = |description: &&Description| !self.has_ended(description);
        let first = self.described.values().find(unfinished);
        first.map(|description| format!("the end of `{}` is missing", description.collection))
    }

    fn has_ended(&self, description: &Description) -> bool {
        let of =
            |collection: String| self.ended.contains(&(description.database.clone(), collection));
        of(description.collection.clone())
            || description.kind == NamespaceKind::TimeSeries
                && of(format!("{BUCKETS}{}", description.collection))
    }

    /// Everything in a stream that is complete, in the order of the names.
    pub(in super::super) fn namespaces(&self) -> Vec<Namespace> {
        let described = self.described.iter().map(|(name, description)| Namespace {
            database: name.0.clone(),
            collection: name.1.clone(),
            kind: description.kind,
            documents: self.documents.get(name).copied().unwrap_or(0),
            indexes: description.indexes.clone(),
            expires: description.expires,
        });
        // The documents of a time series have no description of their own.
        let buckets = self.ended.iter().filter(|name| !self.described.contains_key(*name));
        let buckets = buckets.map(|name| Namespace {
            database: name.0.clone(),
            collection: name.1.clone(),
            kind: NamespaceKind::Collection,
            documents: self.documents.get(name).copied().unwrap_or(0),
            indexes: Vec::new(),
            expires: name.1.strip_prefix(BUCKETS).is_some_and(|series| {
                let series = (name.0.clone(), series.to_owned());
                self.described.get(&series).is_some_and(|description| description.expires)
            }),
        });
        described.chain(buckets).collect()
    }

    fn describe(&mut self, document: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let mut description = Description::read(document)?;
        description.indexes.retain(|index| index != "_id_");
        if self.choice.fate(&description.database, &description.collection) == Fate::Removed {
            return Ok(());
        }
        out.extend_from_slice(document);
        let name = (description.database.clone(), description.collection.clone());
        match self.described.insert(name, description) {
            None => Ok(()),
            Some(twice) => Err(format!("`{}` is described twice", twice.collection)),
        }
    }

    fn begin_block(&mut self, document: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let header = BlockHeader::read(document)?;
        let name = (header.database.clone(), header.collection.clone());
        if self.ended.contains(&name) {
            return Err(format!("`{}` goes on after its end", header.collection));
        }
        self.fate = self.choice.fate(&header.database, &header.collection);
        self.part = if header.is_end { Part::AfterEnd } else { Part::Documents };
        if self.fate != Fate::Removed && header.is_end {
            self.ended.insert(name.clone());
        }
        match self.fate {
            Fate::Removed => {}
            // Its checksum was that of all documents.
            Fate::Emptied if header.is_end => out.extend_from_slice(&header.end_with(0)),
            Fate::Sifted if header.is_end => {
                out.extend_from_slice(&header.end_with(self.sifted.value()));
            }
            Fate::Passed | Fate::Emptied | Fate::Sifted => out.extend_from_slice(document),
        }
        self.current = Some(name);
        Ok(())
    }

    fn sift(&mut self, operation: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        if self.choice.wants(operation)? {
            self.sifted.add(operation);
            out.extend_from_slice(operation);
            self.count();
        }
        Ok(())
    }

    fn count(&mut self) {
        let Some(name) = &self.current else { return };
        match self.documents.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(self.documents.insert(name.clone(), 1)),
        }
        self.passed += 1;
    }

    fn end_block(&mut self) -> Result<(), String> {
        self.part = match self.part {
            Part::Descriptions | Part::Documents | Part::AfterEnd => Part::BlockHeader,
            Part::Header | Part::BlockHeader => return Err("a block has no header".to_owned()),
        };
        Ok(())
    }
}

impl Visitor for Contents {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        match (frame, self.part) {
            (Frame::Terminator, _) => {
                let is_removed = self.part != Part::Descriptions && self.fate == Fate::Removed;
                if !is_removed {
                    out.extend_from_slice(&[0xff; 4]);
                }
                self.end_block()
            }
            (Frame::Kept(document), Part::Header) => {
                out.extend_from_slice(document);
                self.part = Part::Descriptions;
                Ok(())
            }
            (Frame::Kept(document), Part::Descriptions) => self.describe(document, out),
            (Frame::Kept(document), Part::BlockHeader) => self.begin_block(document, out),
            (Frame::Kept(operation), Part::Documents) => self.sift(operation, out),
            (Frame::Passed, Part::Documents) => {
                if self.fate == Fate::Passed {
                    self.count();
                }
                Ok(())
            }
            (_, Part::AfterEnd) => Err("documents follow the end of a collection".to_owned()),
            (Frame::Passed, _) => Err("a description was passed by".to_owned()),
        }
    }

    fn treatment(&self) -> Treatment {
        match (self.part, self.fate) {
            (Part::Header | Part::Descriptions | Part::BlockHeader, _)
            | (Part::Documents, Fate::Sifted) => Treatment::Keep,
            (Part::Documents, Fate::Emptied | Fate::Removed) => Treatment::Drop,
            (Part::Documents, Fate::Passed) | (Part::AfterEnd, _) => Treatment::Pass,
        }
    }
}
