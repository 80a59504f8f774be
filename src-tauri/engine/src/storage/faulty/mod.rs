//! A storage that fails on demand, **for tests only**: it wraps any other storage and plays a script.
//!
//! Owns the script and the count of the faults that really happened. A test compares
//! [`FaultyStorage::fired`] with what it planned, because a sweep whose faults never fired has proved
//! nothing.

mod reader;
mod writer;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use self::reader::FaultyReader;
use self::writer::FaultyWriter;
use super::{Capacity, ObjectKey, ObjectMeta, ObjectReader, ObjectWriter, Storage};
use crate::error::{Error, Result, StorageError};

/// The calls that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// [`Storage::create`].
    Create,
    /// [`ObjectWriter::write`].
    Write,
    /// [`ObjectWriter::seal`].
    Seal,
    /// [`ObjectWriter::read_back`].
    ReadBack,
    /// [`ObjectWriter::commit`].
    Commit,
    /// [`ObjectWriter::abort`].
    Abort,
    /// [`Storage::open`].
    Open,
    /// [`Storage::stat`].
    Stat,
    /// [`Storage::list`].
    List,
    /// [`Storage::delete`].
    Delete,
    /// [`Storage::discard_unfinished`].
    Discard,
    /// [`Storage::capacity`].
    Capacity,
}

/// The error that a fault returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// [`StorageError::Full`].
    Full,
    /// [`StorageError::Unavailable`].
    Unavailable,
    /// [`StorageError::Io`].
    Io,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call fails and has done nothing.
    Before(Failure),
    /// The call does its work and then fails all the same: an answer that was lost on its way.
    After(Failure),
    /// A write fails once its object has this many bytes, and these are written; only for
    /// [`Operation::Write`].
    AtByte(u64, Failure),
    /// The bytes that are read end here; for [`Operation::ReadBack`] and [`Operation::Open`].
    Short(u64),
    /// One bit of this byte is turned over; for the same two operations.
    Flip(u64),
}

#[derive(Debug)]
struct Planned {
    operation: Operation,
    skip: usize,
    fault: Fault,
}

/// The script and the count, shared by the storage, its writers and its readers.
#[derive(Debug, Default)]
struct Script {
    planned: Mutex<Vec<Planned>>,
    fired: Mutex<Vec<(Operation, Fault)>>,
}

impl Script {
    /// The fault of this call of `operation`, if one is due. Taking it uses it up.
    fn take(&self, operation: Operation) -> Option<Fault> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let index = planned.iter().position(|planned| planned.operation == operation)?;
        if planned[index].skip > 0 {
            planned[index].skip -= 1;
            return None;
        }
        Some(planned.remove(index).fault)
    }

    /// Plays the fault that is due for this call around `work`, which must not have begun yet.
    async fn play<T>(&self, call: &Call<'_>, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.play_fault(self.take(call.operation), call, work).await
    }

    async fn play_fault<T>(
        &self,
        fault: Option<Fault>,
        call: &Call<'_>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match fault {
            Some(Fault::Before(failure)) => {
                self.record(call.operation, Fault::Before(failure));
                Err(call.error(failure))
            }
            Some(Fault::After(failure)) => {
                work.await?;
                self.record(call.operation, Fault::After(failure));
                Err(call.error(failure))
            }
            Some(Fault::AtByte(..) | Fault::Short(_) | Fault::Flip(_)) | None => work.await,
        }
    }

    fn record(&self, operation: Operation, fault: Fault) {
        let mut fired = self.fired.lock().unwrap_or_else(PoisonError::into_inner);
        fired.push((operation, fault));
    }
}

/// One call, as far as an error has to name it.
struct Call<'a> {
    operation: Operation,
    storage: String,
    key: &'a str,
}

impl Call<'_> {
    fn error(&self, failure: Failure) -> Error {
        let storage = self.storage.clone();
        match failure {
            Failure::Full => StorageError::Full { storage, needed: None, free: Some(0) }.into(),
            Failure::Unavailable => {
                StorageError::Unavailable { storage, detail: "a planned fault".to_owned() }.into()
            }
            Failure::Io => {
                let source = io::Error::other("a planned fault");
                let key = self.key.to_owned();
                StorageError::Io { storage, key, action: "use", source }.into()
            }
        }
    }
}

/// A storage that plays a script of faults and passes everything else on.
#[derive(Clone)]
pub struct FaultyStorage {
    inner: Arc<dyn Storage>,
    script: Arc<Script>,
}

impl FaultyStorage {
    /// Wraps `inner`; nothing fails yet.
    pub fn new(inner: Arc<dyn Storage>) -> Self {
        Self { inner, script: Arc::default() }
    }

    /// Lets the next call of `operation` go wrong. Several faults of one operation form a queue.
    pub fn plan(&self, operation: Operation, fault: Fault) {
        self.plan_after(0, operation, fault);
    }

    /// Lets a call of `operation` go wrong after `skip` calls that go well. For
    /// [`Operation::Write`] a call is a whole object, not a chunk.
    pub fn plan_after(&self, skip: usize, operation: Operation, fault: Fault) {
        let mut planned = self.script.planned.lock().unwrap_or_else(PoisonError::into_inner);
        planned.push(Planned { operation, skip, fault });
    }

    /// The faults that really happened, in order.
    pub fn fired(&self) -> Vec<(Operation, Fault)> {
        self.script.fired.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many planned faults no call has met yet.
    pub fn pending(&self) -> usize {
        self.script.planned.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl FaultyStorage {
    fn call<'a>(&self, operation: Operation, key: &'a str) -> Call<'a> {
        Call { operation, storage: self.inner.location(), key }
    }
}

/// Opens a reader through `script`, which may cut or bend what is read.
async fn play_reader(
    script: &Arc<Script>,
    call: &Call<'_>,
    open: impl Future<Output = Result<ObjectReader>>,
) -> Result<ObjectReader> {
    match script.take(call.operation) {
        Some(fault @ (Fault::Short(_) | Fault::Flip(_))) => {
            let inner = open.await?;
            Ok(Box::new(FaultyReader::new(inner, Arc::clone(script), call.operation, fault)))
        }
        fault => script.play_fault(fault, call, open).await,
    }
}

#[async_trait]
impl Storage for FaultyStorage {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn create(&self, key: &ObjectKey, expected: u64) -> Result<Box<dyn ObjectWriter>> {
        let call = self.call(Operation::Create, key.as_str());
        let inner = self.script.play(&call, self.inner.create(key, expected)).await?;
        let script = Arc::clone(&self.script);
        Ok(Box::new(FaultyWriter::new(inner, script, self.location(), key.clone())))
    }

    async fn open(&self, key: &ObjectKey) -> Result<ObjectReader> {
        let call = self.call(Operation::Open, key.as_str());
        play_reader(&self.script, &call, self.inner.open(key)).await
    }

    async fn stat(&self, key: &ObjectKey) -> Result<ObjectMeta> {
        let call = self.call(Operation::Stat, key.as_str());
        self.script.play(&call, self.inner.stat(key)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>> {
        let call = self.call(Operation::List, prefix);
        self.script.play(&call, self.inner.list(prefix)).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<()> {
        let call = self.call(Operation::Delete, key.as_str());
        self.script.play(&call, self.inner.delete(key)).await
    }

    async fn discard_unfinished(&self, key: &ObjectKey) -> Result<bool> {
        let call = self.call(Operation::Discard, key.as_str());
        self.script.play(&call, self.inner.discard_unfinished(key)).await
    }

    async fn capacity(&self) -> Result<Capacity> {
        let call = self.call(Operation::Capacity, "");
        self.script.play(&call, self.inner.capacity()).await
    }
}

#[cfg(test)]
mod tests;
