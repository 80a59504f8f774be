//! A writer that fails by the script. Owns the byte count that a planned write fault waits for.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Call, Failure, Fault, Operation, Script, play_reader};
use crate::error::Result;
use crate::storage::{ObjectKey, ObjectMeta, ObjectReader, ObjectWriter};

pub(super) struct FaultyWriter {
    inner: Box<dyn ObjectWriter>,
    script: Arc<Script>,
    location: String,
    key: ObjectKey,
    fault: Option<Fault>,
    written: u64,
}

impl FaultyWriter {
    /// A writer over `inner`; takes the object's write fault from the script.
    pub fn new(
        inner: Box<dyn ObjectWriter>,
        script: Arc<Script>,
        location: String,
        key: ObjectKey,
    ) -> Self {
        let fault = script.take(Operation::Write);
        Self { inner, script, location, key, fault, written: 0 }
    }

    fn call(&self, operation: Operation) -> Call<'_> {
        Call { operation, storage: self.location.clone(), key: self.key.as_str() }
    }

    /// How many of the next `length` bytes still get through, and what then happens.
    fn due(&self, length: usize) -> Option<(usize, Failure)> {
        let (at, failure) = match self.fault? {
            Fault::Before(failure) => (0, failure),
            Fault::After(failure) => (length as u64, failure),
            Fault::AtByte(at, failure) => (at, failure),
            Fault::Short(_) | Fault::Flip(_) => return None,
        };
        let through = usize::try_from(at.saturating_sub(self.written)).unwrap_or(usize::MAX);
        let after = matches!(self.fault, Some(Fault::After(_)));
        (through < length || after).then_some((through.min(length), failure))
    }
}

#[async_trait]
impl ObjectWriter for FaultyWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some((through, failure)) = self.due(bytes.len()) else {
            self.written += bytes.len() as u64;
            return self.inner.write(bytes).await;
        };
        self.inner.write(&bytes[..through]).await?;
        self.written += through as u64;
        if let Some(fault) = self.fault.take() {
            self.script.record(Operation::Write, fault);
        }
        Err(self.call(Operation::Write).error(failure))
    }

    async fn seal(&mut self) -> Result<()> {
        let call = Call {
            operation: Operation::Seal,
            storage: self.location.clone(),
            key: self.key.as_str(),
        };
        self.script.play(&call, self.inner.seal()).await
    }

    async fn read_back(&mut self) -> Result<ObjectReader> {
        let call = Call {
            operation: Operation::ReadBack,
            storage: self.location.clone(),
            key: self.key.as_str(),
        };
        play_reader(&self.script, &call, self.inner.read_back()).await
    }

    async fn commit(self: Box<Self>) -> Result<ObjectMeta> {
        let Self { inner, script, location, key, .. } = *self;
        let call = Call { operation: Operation::Commit, storage: location, key: key.as_str() };
        script.play(&call, inner.commit()).await
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        let Self { inner, script, location, key, .. } = *self;
        let call = Call { operation: Operation::Abort, storage: location, key: key.as_str() };
        script.play(&call, inner.abort()).await
    }
}
