//! A storage in memory, **for tests only**: its objects are gone with the process.
//!
//! Keeps the whole contract except the durability that memory cannot have, so that everything above
//! `storage` can be tested without a disk. Owns the bytes of its objects.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Capacity, ObjectKey, ObjectMeta, ObjectReader, ObjectWriter, Storage};
use crate::error::{Error, Result, StorageError};

const LOCATION: &str = "memory";

#[derive(Debug, Clone)]
struct Object {
    bytes: Arc<[u8]>,
    modified: Timestamp,
}

/// Objects in memory; for tests. Clones share their objects.
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage {
    objects: Arc<Mutex<BTreeMap<ObjectKey, Object>>>,
    total: Option<u64>,
}

impl MemoryStorage {
    /// An empty storage without a limit.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty storage that is full at `total` bytes.
    pub fn with_capacity(total: u64) -> Self {
        Self { total: Some(total), ..Self::default() }
    }

    /// Puts an object there without any protocol, replacing what was there: bit rot, or the work of a
    /// foreign hand.
    pub fn plant(&self, key: &ObjectKey, bytes: impl Into<Arc<[u8]>>) {
        let object = Object { bytes: bytes.into(), modified: Timestamp::now() };
        self.lock().insert(key.clone(), object);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ObjectKey, Object>> {
        // Every change of the map is one call, so a panic elsewhere cannot leave half of one.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn free(&self) -> Option<u64> {
        let used: u64 = self.lock().values().map(|object| object.bytes.len() as u64).sum();
        self.total.map(|total| total.saturating_sub(used))
    }

    fn require_room(&self, needed: u64) -> Result<()> {
        match self.free() {
            Some(free) if needed > free => {
                let (storage, needed, free) = (LOCATION.to_owned(), Some(needed), Some(free));
                Err(StorageError::Full { storage, needed, free }.into())
            }
            _ => Ok(()),
        }
    }

    fn object(&self, key: &ObjectKey) -> Result<Object> {
        self.lock().get(key).cloned().ok_or_else(|| {
            StorageError::NotFound { storage: LOCATION.to_owned(), key: key.to_string() }.into()
        })
    }
}

fn exists(key: &ObjectKey) -> Error {
    StorageError::Exists { storage: LOCATION.to_owned(), key: key.to_string() }.into()
}

fn meta(key: &ObjectKey, object: &Object) -> ObjectMeta {
    let size = object.bytes.len() as u64;
    ObjectMeta { key: key.clone(), size, modified: Some(object.modified) }
}

#[async_trait]
impl Storage for MemoryStorage {
    fn location(&self) -> String {
        LOCATION.to_owned()
    }

    async fn create(&self, key: &ObjectKey, expected: u64) -> Result<Box<dyn ObjectWriter>> {
        if self.lock().contains_key(key) {
            return Err(exists(key));
        }
        self.require_room(expected)?;
        let (storage, key) = (self.clone(), key.clone());
        Ok(Box::new(MemoryWriter { storage, key, bytes: Vec::new(), sealed: false }))
    }

    async fn open(&self, key: &ObjectKey) -> Result<ObjectReader> {
        Ok(Box::new(Cursor::new(self.object(key)?.bytes)))
    }

    async fn stat(&self, key: &ObjectKey) -> Result<ObjectMeta> {
        Ok(meta(key, &self.object(key)?))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>> {
        let objects = self.lock();
        let wanted = objects.iter().filter(|(key, _)| key.as_str().starts_with(prefix));
        Ok(wanted.map(|(key, object)| meta(key, object)).collect())
    }

    async fn delete(&self, key: &ObjectKey) -> Result<()> {
        self.lock().remove(key);
        Ok(())
    }

    async fn discard_unfinished(&self, _key: &ObjectKey) -> Result<bool> {
        // What is unfinished belongs to its writer and dies with it.
        Ok(false)
    }

    async fn capacity(&self) -> Result<Capacity> {
        Ok(Capacity { free: self.free(), total: self.total })
    }
}

struct MemoryWriter {
    storage: MemoryStorage,
    key: ObjectKey,
    bytes: Vec<u8>,
    sealed: bool,
}

impl MemoryWriter {
    fn require(&self, sealed: bool, action: &str) -> Result<()> {
        if self.sealed == sealed {
            return Ok(());
        }
        Err(Error::Internal(format!("cannot {action} `{}`: sealed is {}", self.key, self.sealed)))
    }
}

#[async_trait]
impl ObjectWriter for MemoryWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.require(false, "write")?;
        self.storage.require_room((self.bytes.len() + bytes.len()) as u64)?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    async fn seal(&mut self) -> Result<()> {
        self.require(false, "seal")?;
        self.sealed = true;
        Ok(())
    }

    async fn read_back(&mut self) -> Result<ObjectReader> {
        self.require(true, "read back")?;
        Ok(Box::new(Cursor::new(self.bytes.clone())))
    }

    async fn commit(self: Box<Self>) -> Result<ObjectMeta> {
        self.require(true, "commit")?;
        let object = Object { bytes: self.bytes.into(), modified: Timestamp::now() };
        let mut objects = self.storage.lock();
        if objects.contains_key(&self.key) {
            return Err(exists(&self.key));
        }
        let meta = meta(&self.key, &object);
        objects.insert(self.key, object);
        Ok(meta)
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::conformance;

    #[tokio::test]
    async fn keeps_the_contract() {
        conformance::tests::assert_kept(&MemoryStorage::new()).await;
        conformance::tests::assert_kept(&MemoryStorage::with_capacity(1 << 30)).await;
    }

    #[tokio::test]
    async fn a_full_storage_says_so() {
        let storage = MemoryStorage::with_capacity(10);
        let key = ObjectKey::new("a").unwrap();
        let full = |error: Error| matches!(error, Error::Storage(StorageError::Full { .. }));
        assert!(full(storage.create(&key, 11).await.err().unwrap()));
        let mut writer = storage.create(&key, 0).await.unwrap();
        writer.write(b"0123456789").await.unwrap();
        assert!(full(writer.write(b"!").await.unwrap_err()));
    }
}
