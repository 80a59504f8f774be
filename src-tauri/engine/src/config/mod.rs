//! The configuration: a TOML file in, checked values out, and edits that keep the user's text.
//!
//! Owns the types, the shapes of the file and the rules of both. [`load()`] reads a file (the published
//! shape and the named one) and reports every problem at once; [`ConfigFile`] changes a file without
//! touching the user's comments. What a value means at run time belongs to `database` and `storage`.

mod compression;
mod connection_url;
mod edit;
mod environment;
mod keychain;
mod load;
mod model;
mod name_pattern;
mod paths;
mod read;
mod secret_command;
mod secret_source;
mod server_values;
mod url_parameters;

pub use compression::{Codec, CompressionSettings};
pub use connection_url::ConnectionUrl;
pub use edit::{ConfigFile, Edited, PasswordEdit, ProfileEdit, ServerEdit, StorageEdit};
pub use environment::Environment;
pub use keychain::KeychainEntries;
pub use load::{load, load_or_empty, parse};
pub use model::{
    Appearance, Config, ConnectionSettings, Profile, Schedule, Selection, ServerSettings, Settings,
    SettingsChange, StorageKind, StorageTarget, TlsMode,
};
pub use name_pattern::NamePattern;
pub(crate) use name_pattern::NamePatterns;
pub use paths::{default_path, default_storage_path, shown_path, state_dir, typed_path};
pub use secret_source::SecretSource;

#[cfg(test)]
mod tests;
