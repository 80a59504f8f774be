//! Restoring: verify the whole archive, load beside, compare, and only then make it visible.
//!
//! Owns the order of a restore. An existing target is refused before anything is read, unless it is to be
//! replaced: then it is backed up first. Until the very last step nothing has appeared or changed at the
//! target.

mod choice;
mod consent;
mod contents;
mod guard;
mod open_swap;
mod performer;
mod replacement;
mod scratch;
mod scratch_place;
mod source;
mod trial;

pub use guard::Guard;
pub use open_swap::OpenSwap;
pub(crate) use open_swap::open_swaps;
pub(crate) use performer::choose_unit;
pub use performer::{RestoreReport, RestoreRequest, check, perform, target_card};
pub use replacement::{Consent, Replacement, Secured};
pub(crate) use scratch::Scratch;
pub(crate) use scratch_place::due_places;
pub use scratch_place::{ClaimedPlace, PlacePlan};
pub use source::{ArchiveFile, ArchiveSource, StoredArchive};
pub use trial::{TestRequest, Tested, test};

#[cfg(test)]
mod tests;
