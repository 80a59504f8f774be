//! Restoring: verify the whole archive, load beside, compare, and only then make it visible.
//!
//! Owns the order of a restore. An existing target is refused before anything is read; until the very
//! last step nothing has appeared at the target.

mod performer;
mod scratch;
mod source;

pub(crate) use performer::choose_unit;
pub use performer::{RestoreReport, RestoreRequest, check, perform};
pub(crate) use scratch::Scratch;
pub use source::{ArchiveFile, ArchiveSource, StoredArchive};

#[cfg(test)]
mod tests;
