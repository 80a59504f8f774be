//! The archive: one compressed tar that describes itself and that `tar` alone can restore.
//!
//! Owns the format (see `src-tauri/docs/format.md`): the members, the manifest, the sidecar, and the
//! streams that write and read them. Where the bytes are kept belongs to `storage`; what is inside a
//! unit belongs to `database`.

pub mod compression;
mod manifest;

pub use manifest::{FORMAT_VERSION, Header, Manifest, Part, Sidecar, Unit};
