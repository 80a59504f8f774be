//! Dumps that other programs have made, on their way into a new database.
//!
//! Owns what the engines share: what is known of such a dump, what one may do on a server, and the gate
//! through which scripts go. Which statements pass is up to each engine.

mod gate;
mod lexer;
mod own;
mod speech;

#[cfg(test)]
pub(super) mod tests;

use std::io::Write;
use std::path::PathBuf;

pub(super) use gate::{Gate, Rules, Verdict};
pub(super) use lexer::Token;
pub(super) use own::OwnDatabase;
pub(super) use speech::{Quotes, Speech};

use super::Restored;
use crate::cancel::CancellationToken;
use crate::error::Result;

/// What is known of a dump before it is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignDump {
    /// What it is.
    pub form: ForeignForm,
    /// The database in it that is loaded, where it has a name.
    pub source: Option<String>,
    /// The major version of the tool that wrote it, where that is known.
    pub tool: Option<u32>,
    /// Objects in it; `None` when not all of them were seen.
    pub objects: Option<u64>,
    /// Its size in bytes, as far as that is known.
    pub size: u64,
}

/// The form of a dump, and how its bytes come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForeignForm {
    /// A database that is a file, in its place.
    File(PathBuf),
    /// The bytes of a database that is a file.
    FileBytes,
    /// The text of a script.
    Script,
    /// The bytes of an archive of the engine's own tool, by the name that the tool has for it.
    Archive(&'static str),
    /// A folder of the engine's own tool, in its place.
    Folder(PathBuf),
}

/// What a dump may do where it is loaded, as far as Kronos cannot keep it from that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadRisk {
    /// The user with whose rights it is loaded.
    pub user: String,
    /// Each one sentence, without a final stop.
    pub sentences: Vec<String>,
    /// Whether these rights reach beyond the database server, to its computer.
    pub is_unlimited: bool,
}

/// A foreign dump being loaded, beside its target and invisible until it is finished. Its bytes are written to
/// it, if it is no file or folder in its place. Dropping it removes everything that it made.
pub trait LoadSink: Write + Send {
    /// Counts what was loaded and makes it visible. There is nothing to compare it with.
    fn finish(self: Box<Self>, cancel: &CancellationToken) -> Result<Restored>;
}

/// A text of the dump's maker in a sentence.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let line: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { '?' } else { c }).collect();
    line.replace('`', "'")
}
