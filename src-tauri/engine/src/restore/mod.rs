//! Restoring: verify the whole archive, load beside, compare, and only then make it visible.
//!
//! Owns the order of a restore. An existing target is refused before anything is read, unless it is to be
//! replaced: then it is backed up first. Until the very last step nothing has appeared or changed at the
//! target.

mod consent;
mod performer;
mod replacement;
mod scratch;
mod source;

pub(crate) use performer::choose_unit;
pub use performer::{RestoreReport, RestoreRequest, check, perform, target_card};
pub use replacement::{Consent, Replacement, Secured};
pub(crate) use scratch::Scratch;
pub use source::{ArchiveFile, ArchiveSource, StoredArchive};

#[cfg(test)]
mod tests;
