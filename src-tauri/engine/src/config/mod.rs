//! The configuration as the rest of the engine sees it: checked values, no TOML.
//!
//! Owns the types. [`load`] reads a file (both the published shape and the named one) into them,
//! [`edit`] changes a file without touching the user's comments.

mod compression;
mod model;

pub use compression::{Codec, CompressionSettings};
pub use model::{
    Appearance, Config, ConnectionSettings, Profile, Schedule, Settings, StorageKind, StorageTarget,
};
