//! The archive: one compressed tar that describes itself and that `tar` alone can restore.
//!
//! Owns the format (see `src-tauri/docs/format.md`): the members, the manifest, the sidecar, and the
//! streams that write and read them. Where the bytes are kept belongs to `storage`; what is inside a
//! unit belongs to `database`.

pub mod compression;
mod foreign;
mod glance;
mod hash;
mod intake;
mod inventory;
mod listing;
mod manifest;
mod member;
mod members;
mod reader;
mod records;
mod recovery_text;
mod restore_test;
mod rules;
mod source;
mod subject;
mod walk;
mod writer;

#[cfg(test)]
mod tests;

pub use compression::{StreamStats, stream_codec};
pub(crate) use foreign::describe as describe_foreign;
pub use glance::{Glance, glance};
pub(crate) use hash::Fingerprint;
pub use intake::{Closing, PlannedMember, UnitSource, Written};
pub use manifest::{FORMAT_VERSION, Header, Manifest, Part, SafetyMark, Sidecar, Unit};
pub use reader::{Verified, extract, peek_header, verify};
pub use records::MAX_SIDECAR;
pub use restore_test::{MAX_TEST_RECORD, TestRecord};
pub(crate) use subject::one_line;
pub use writer::{ArchiveWriter, PART_SIZE};

use crate::error::Result;

/// Hears of every piece of a database that was read or written, by its length, and can end the work
/// with an error: the place for progress and for cancellation.
pub type OnBytes<'a> = dyn FnMut(u64) -> Result<()> + 'a;

/// The time that stands in every member's header.
fn mtime_of(header: &Header) -> u64 {
    u64::try_from(header.created_at.as_second()).unwrap_or(0)
}
