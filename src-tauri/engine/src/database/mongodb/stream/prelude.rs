//! What an archive of mongodump says before its first document.
//!
//! Owns reading its header and its descriptions, and nothing behind them.

use std::io::{ErrorKind, Read};

use mongodb::bson::RawDocument;

use super::frames::{Frame, Frames, Treatment, Visitor};
use super::metadata::{Description, NamespaceKind};

/// Longer than the descriptions of a server that a person would drop.
const MAX_PRELUDE: u64 = 32 << 20;
const PIECE: usize = 64 << 10;

/// What stands before the first document.
#[derive(Debug, Default)]
pub(crate) struct Prelude {
    /// The version of the server, where it is told.
    pub server: String,
    /// The version of mongodump, where it is told.
    pub tool: String,
    /// The collections, views and time series, in their order.
    pub namespaces: Vec<Described>,
    has_header: bool,
    is_over: bool,
}

/// A collection, view or time series that was described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    /// Its database; empty for the log of operations.
    pub database: String,
    /// Its name.
    pub name: String,
    /// Whether it is a view.
    pub is_view: bool,
    /// Its indexes but the one that every collection has.
    pub indexes: Vec<String>,
}

/// Reads what `from` begins with; `Err` is the end of a sentence about the archive.
pub(crate) fn read_prelude(from: &mut dyn Read) -> Result<Prelude, String> {
    let (mut frames, mut prelude) = (Frames::new(), Prelude::default());
    let mut from = from.take(MAX_PRELUDE);
    let mut piece = vec![0; PIECE];
    // Nothing but end marks is ever passed on.
    let mut passed = Vec::new();
    while !prelude.is_over {
        let count = match from.read(&mut piece) {
            Ok(0) => return Err("it ends within its descriptions".to_owned()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(format!("it cannot be read: {error}")),
        };
        let outcome = frames.feed(&piece[..count], &mut passed, &mut prelude);
        // What follows the descriptions is not looked at, so it cannot be wrong here.
        if !prelude.is_over {
            outcome?;
        }
    }
    Ok(prelude)
}

impl Visitor for Prelude {
    fn frame(&mut self, frame: Frame<'_>, _out: &mut Vec<u8>) -> Result<(), String> {
        match frame {
            _ if self.is_over => {}
            Frame::Terminator => self.is_over = true,
            Frame::Kept(document) if self.has_header => {
                let Description { database, collection, kind, mut indexes, .. } =
                    Description::read(document)?;
                indexes.retain(|index| index != "_id_");
                let is_view = kind == NamespaceKind::View;
                self.namespaces.push(Described { database, name: collection, is_view, indexes });
            }
            Frame::Kept(document) => self.header(document)?,
            Frame::Passed => {}
        }
        Ok(())
    }

    fn treatment(&self) -> Treatment {
        if self.is_over { Treatment::Drop } else { Treatment::Keep }
    }
}

impl Prelude {
    fn header(&mut self, document: &[u8]) -> Result<(), String> {
        let document = RawDocument::from_bytes(document)
            .map_err(|error| format!("its header cannot be read: {error}"))?;
        let text = |key: &str| document.get_str(key).unwrap_or_default().to_owned();
        (self.server, self.tool) = (text("server_version"), text("tool_version"));
        self.has_header = true;
        Ok(())
    }
}
