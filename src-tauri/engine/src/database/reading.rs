//! Reading something out of a dump without a server and without a tool.
//!
//! Owns the contract between whoever takes the bytes of a dump out of an archive and the engines, which
//! know what the bytes mean. What is looked for belongs to `rows` and `structure`.

use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::error::{ArchiveError, Error, Result};

/// Finds something in the dump of one database that is handed to it piece by piece, in memory that does not
/// grow with the dump. The bytes may be hostile: what cannot be understood is an error.
pub trait DumpReader: Send {
    /// What it looks for.
    type Found;

    /// Takes the next bytes. [`ControlFlow::Break`] says that all that is wanted has come.
    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>>;

    /// What was found. The dump was handed over to its end, or up to the break.
    fn finish(self: Box<Self>) -> Result<Self::Found>;
}

/// The dump that is read.
#[derive(Debug, Clone)]
pub struct DumpPlace {
    /// The archive that holds it, for messages.
    pub archive: String,
    /// The name of its database.
    pub database: String,
    /// A private folder that the caller removes afterwards, also after a crash.
    pub scratch: PathBuf,
}

impl DumpPlace {
    /// Says that the dump is not one that its engine writes.
    pub(super) fn damaged(&self, detail: impl std::fmt::Display) -> Error {
        let detail = format!("the dump of `{}` cannot be read: {detail}", self.database);
        ArchiveError::Damaged { archive: self.archive.clone(), detail }.into()
    }
}
