//! The joint between the asynchronous storages and the synchronous `Read`/`Write` chains.
//!
//! Owns no buffer: one `write` here is one `write` there, so a slow storage slows the dump and memory
//! stays bounded. Errors keep their type through `io::Error`.

use std::io::{self, Read, Write};

use tokio::runtime::Handle;
use tokio_util::io::SyncIoBridge;

use crate::cancel::CancellationToken;
use crate::error::Error;
use crate::progress::Progress;
use crate::storage::{ObjectReader, ObjectWriter};

/// Writes into an object that is not committed yet, from a blocking thread.
pub(super) struct ObjectSink {
    runtime: Handle,
    writer: Box<dyn ObjectWriter>,
    progress: Progress,
    cancel: CancellationToken,
}

impl ObjectSink {
    pub(super) fn new(
        runtime: Handle,
        writer: Box<dyn ObjectWriter>,
        progress: Progress,
        cancel: CancellationToken,
    ) -> Self {
        Self { runtime, writer, progress, cancel }
    }

    pub(super) fn into_writer(self) -> Box<dyn ObjectWriter> {
        self.writer
    }
}

impl Write for ObjectSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other(Error::Cancelled));
        }
        self.runtime.block_on(self.writer.write(bytes)).map_err(io::Error::other)?;
        self.progress.add_stored(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads an object from a blocking thread, until the run is cancelled.
pub struct ObjectSource {
    inner: SyncIoBridge<ObjectReader>,
    progress: Progress,
    cancel: CancellationToken,
}

impl ObjectSource {
    /// Bridges `reader`, counting its bytes in `progress`.
    pub fn new(
        runtime: Handle,
        reader: ObjectReader,
        progress: Progress,
        cancel: CancellationToken,
    ) -> Self {
        Self { inner: SyncIoBridge::new_with_handle(reader, runtime), progress, cancel }
    }
}

impl Read for ObjectSource {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other(Error::Cancelled));
        }
        let count = self.inner.read(buffer)?;
        self.progress.add(count as u64);
        Ok(count)
    }
}
