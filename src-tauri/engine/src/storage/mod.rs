//! Places where archives are kept, behind one contract.
//!
//! # The contract
//!
//! Every implementation keeps these promises, and `conformance` tests them:
//!
//! - Keys are plain file names made by Kronos ([`ObjectKey`]); a storage never interprets them.
//! - An object is visible to [`Storage::list`], [`Storage::stat`] and [`Storage::open`] only after
//!   [`ObjectWriter::commit`] has returned, and then it is durable: it survives a power cut.
//! - No partial object is ever visible.
//! - [`ObjectWriter::seal`] makes the bytes durable without making them visible;
//!   [`ObjectWriter::read_back`] then reads what is really stored, not what was sent.
//! - Committing never replaces an object: a key that exists is [`StorageError::Exists`].
//! - Dropping a writer without `commit` aborts it and leaves nothing behind. A `commit` that has begun
//!   may complete although its future was dropped.
//! - A writer that is used out of order (`write` after `seal`, `read_back` or `commit` before it) or
//!   after a failure is refused.
//! - [`Storage::discard_unfinished`] removes what a crashed writer of exactly one key left behind; it
//!   never touches a committed object, nor a writer that is alive.
//! - [`Storage::delete`] of a missing key succeeds.
//! - [`Storage::list`] of an empty or missing prefix is an empty list. A storage that is not
//!   reachable is an error for every operation (also `delete`), never an empty list.
//! - A missing object is [`StorageError::NotFound`], a full storage is [`StorageError::Full`]:
//!   callers branch on the variant, never on a text.
//!
//! Owns objects and their durability. What an object means (archive, sidecar) belongs to `archive`
//! and `backup`.
//!
//! [`StorageError::Exists`]: crate::error::StorageError::Exists
//! [`StorageError::NotFound`]: crate::error::StorageError::NotFound
//! [`StorageError::Full`]: crate::error::StorageError::Full

pub mod conformance;
mod factory;
pub mod faulty;
mod local;
mod memory;

use std::fmt;

pub use factory::open;
pub use local::LocalStorage;
pub use memory::MemoryStorage;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::io::AsyncRead;

use crate::error::Result;

/// The name of an object: letters, digits, `.`, `-` and `_`; never starts with a dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Takes a name if it is a legal key.
    pub fn new(name: &str) -> Option<Self> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let fits = (1..=200).contains(&name.len());
        (fits && !name.starts_with('.') && name.chars().all(legal)).then(|| Self(name.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a storage knows about an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// The object's name.
    pub key: ObjectKey,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last written, if the storage knows.
    pub modified: Option<Timestamp>,
}

/// How much room a storage has; `None` where it cannot tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Bytes that Kronos may still write.
    pub free: Option<u64>,
    /// Bytes that the storage has in all.
    pub total: Option<u64>,
}

/// Reads one object from its beginning.
pub type ObjectReader = Box<dyn AsyncRead + Send + Unpin>;

/// One place where archives are kept. See the module documentation for the contract.
#[async_trait]
pub trait Storage: Send + Sync {
    /// The place as a person would write it, for messages: a folder's path, a bucket's URL.
    fn location(&self) -> String;

    /// Where an object of this name is, as a person would write it: a path or a URL.
    fn object_location(&self, name: &str) -> String {
        format!("{}/{name}", self.location())
    }

    /// Starts a new object of about `expected` bytes (0 when unknown). Fails early when the key
    /// exists or when the object cannot fit.
    async fn create(&self, key: &ObjectKey, expected: u64) -> Result<Box<dyn ObjectWriter>>;

    /// Opens a committed object.
    async fn open(&self, key: &ObjectKey) -> Result<ObjectReader>;

    /// Size and date of a committed object.
    async fn stat(&self, key: &ObjectKey) -> Result<ObjectMeta>;

    /// All committed objects whose key starts with `prefix`, sorted by key.
    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>>;

    /// Removes an object. A missing one is a success.
    async fn delete(&self, key: &ObjectKey) -> Result<()>;

    /// Removes what a crashed writer of exactly this key left behind and returns whether there was
    /// something to remove. Never touches a committed object, nor a writer that is alive.
    async fn discard_unfinished(&self, key: &ObjectKey) -> Result<bool>;

    /// The room that is left. Also the cheapest proof that the storage is reachable.
    async fn capacity(&self) -> Result<Capacity>;
}

/// An object that is being written and that nobody can see yet. Dropping it aborts it.
#[async_trait]
pub trait ObjectWriter: Send {
    /// Appends bytes.
    async fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Makes all bytes durable. No `write` may follow. An error is final: the object is lost.
    async fn seal(&mut self) -> Result<()>;

    /// Opens the sealed bytes as they are stored now.
    async fn read_back(&mut self) -> Result<ObjectReader>;

    /// Makes the sealed object visible under its key, durably and without replacing anything.
    async fn commit(self: Box<Self>) -> Result<ObjectMeta>;

    /// Throws the object away.
    async fn abort(self: Box<Self>) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_plain_names() {
        assert!(ObjectKey::new("shop_20261122T135401.250Z_k3v9x0.tar.gz").is_some());
        for bad in ["", ".hidden", "a/b", "..", "a\\b", "ü", "a b", &"x".repeat(201)] {
            assert!(ObjectKey::new(bad).is_none(), "{bad:?}");
        }
    }
}
