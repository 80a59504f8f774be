//! The writing end of a stream.
//!
//! Owns the path of the data: cut into blocks by the caller's thread, compressed by the pool,
//! hashed and written in order by one more thread, so that a slow destination and the caller's
//! own work (reading a database, hashing it) go on at the same time.

use super::block::Compressor;
use super::buffers::{Buffers, Chunk};
use super::error::{Failure, thread_died};
use super::pool::{Pool, Ticket, Work};
use super::seal::{self, Tally};
use super::{BLOCK_SIZE, MAX_FRAME, StreamStats, default_workers, queue_depth};
use crate::config::{Codec, CompressionSettings};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Compresses what is written to it, on several threads, into a sealed stream.
///
/// Only [`finish`](Self::finish) writes the last block and the seal. Dropping the encoder instead
/// abandons the stream: what was stored stays without a seal and no decoder accepts it. Dropping
/// waits for the write to the destination that is under way, if any.
///
/// Memory: 2 MiB for each block under way, of which there are at most two per thread and three at
/// the ends.
///
/// # Errors
///
/// A failed write to the destination ends the stream: it is reported by the next `write`, `flush`
/// or `finish`, and by every later one.
pub struct StreamEncoder<W: Write + Send + 'static> {
    pool: Pool<CompressBlock>,
    block: Chunk,
    raw: Arc<Buffers>,
    steps: Option<SyncSender<Step>>,
    writer: Option<JoinHandle<io::Result<(W, StreamStats)>>>,
    failure: Option<Failure>,
}

/// What the writing thread is to do next.
enum Step {
    Store(Ticket<io::Result<Frame>>),
    Seal,
}

/// A block in its stored form.
struct Frame {
    stored: Chunk,
    raw_len: usize,
}

impl<W: Write + Send + 'static> StreamEncoder<W> {
    /// An encoder that stores into `destination`, with a thread per core. Fails when the level is
    /// not one of the codec's (kind `InvalidInput`) or no thread can be started.
    pub fn new(destination: W, settings: CompressionSettings) -> io::Result<Self> {
        Self::with_workers(destination, settings, default_workers())
    }

    /// As [`new`](Self::new), with a given number of compressing threads. The stream does not
    /// depend on it.
    pub fn with_workers(
        destination: W,
        settings: CompressionSettings,
        workers: usize,
    ) -> io::Result<Self> {
        let CompressionSettings { codec, level } = settings;
        if !settings.is_in_range() {
            let error = format!("{codec:?} has no level {level}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        let raw = Arc::new(Buffers::new(BLOCK_SIZE));
        let stored = Arc::new(Buffers::new(MAX_FRAME));
        let (steps, todo) = sync_channel(queue_depth(workers.max(1)));
        let sink = Sink { destination, codec, tally: Tally::default(), spare: Arc::clone(&stored) };
        let writer =
            Builder::new().name("kronos-writer".to_owned()).spawn(move || sink.run(&todo))?;
        let block = raw.take();
        let buffers = Arc::clone(&raw);
        let pool = Pool::new(workers, move || {
            let compressor = Compressor::new(codec, level)?;
            Ok(CompressBlock { compressor, raw: Arc::clone(&raw), stored: Arc::clone(&stored) })
        });
        let (steps, writer) = (Some(steps), Some(writer));
        Ok(Self { pool, block, raw: buffers, steps, writer, failure: None })
    }

    /// Ends the stream: stores the last block and the seal, flushes the destination and gives it
    /// back with the stream's figures. Fails when anything since the first byte has failed; the
    /// stored bytes are then worthless.
    pub fn finish(mut self) -> io::Result<(W, StreamStats)> {
        self.check()?;
        if !self.block.is_empty() {
            self.send_block()?;
        }
        let sealed = self.steps.take().is_some_and(|steps| steps.send(Step::Seal).is_ok());
        match self.join() {
            Some(Ok(result)) if sealed => Ok(result),
            Some(Err(error)) => Err(error),
            _ => Err(thread_died()),
        }
    }

    /// Fails when the stream already has.
    fn check(&mut self) -> io::Result<()> {
        if let Some(failure) = &self.failure {
            return Err(failure.again());
        }
        // The writing thread only ends by itself when it has failed.
        if self.writer.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(self.fail());
        }
        Ok(())
    }

    fn send_block(&mut self) -> io::Result<()> {
        let block = std::mem::replace(&mut self.block, self.raw.take());
        let ticket = match self.pool.submit(block) {
            Ok(ticket) => ticket,
            Err(error) => {
                self.failure = Some(Failure::of(&error));
                return Err(error);
            }
        };
        let sent = self.steps.as_ref().is_some_and(|steps| steps.send(Step::Store(ticket)).is_ok());
        if sent { Ok(()) } else { Err(self.fail()) }
    }

    /// Learns from the writing thread why it gave up.
    fn fail(&mut self) -> io::Error {
        self.steps = None;
        let error = match self.join() {
            Some(Err(error)) => error,
            _ => thread_died(),
        };
        self.failure = Some(Failure::of(&error));
        error
    }

    fn join(&mut self) -> Option<io::Result<(W, StreamStats)>> {
        self.writer.take()?.join().ok()
    }
}

impl<W: Write + Send + 'static> Write for StreamEncoder<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.check()?;
        let count = self.block.append(data);
        if self.block.is_full() {
            self.send_block()?;
        }
        Ok(count)
    }

    /// Stores nothing: a block is stored when it is full, so that the stream does not depend on
    /// when its writer flushes.
    fn flush(&mut self) -> io::Result<()> {
        self.check()
    }
}

impl<W: Write + Send + 'static> Drop for StreamEncoder<W> {
    fn drop(&mut self) {
        self.pool.cancel();
        self.steps = None;
        // After `finish` there is nothing left to wait for.
        let _ = self.join();
    }
}

/// The compressing threads' work.
struct CompressBlock {
    compressor: Compressor,
    raw: Arc<Buffers>,
    stored: Arc<Buffers>,
}

impl Work for CompressBlock {
    type Job = Chunk;
    type Answer = io::Result<Frame>;

    fn run(&mut self, block: Chunk) -> io::Result<Frame> {
        let mut stored = self.stored.take();
        let len = self.compressor.compress(block.filled(), stored.space())?;
        stored.set_len(len);
        let raw_len = block.filled().len();
        self.raw.give_back(block);
        Ok(Frame { stored, raw_len })
    }
}

/// The writing thread's side.
struct Sink<W> {
    destination: W,
    codec: Codec,
    tally: Tally,
    spare: Arc<Buffers>,
}

impl<W: Write> Sink<W> {
    fn run(mut self, todo: &Receiver<Step>) -> io::Result<(W, StreamStats)> {
        loop {
            match todo.recv() {
                Ok(Step::Store(ticket)) => self.store(ticket.wait()??)?,
                Ok(Step::Seal) => return self.seal(),
                Err(_) => return Err(io::Error::other("the stream was abandoned")),
            }
        }
    }

    fn store(&mut self, frame: Frame) -> io::Result<()> {
        self.tally.store(frame.stored.filled());
        self.tally.count_block(frame.raw_len);
        self.destination.write_all(frame.stored.filled())?;
        self.spare.give_back(frame.stored);
        Ok(())
    }

    fn seal(mut self) -> io::Result<(W, StreamStats)> {
        let seal = seal::record(self.codec.layout(), &self.tally.proof());
        self.tally.store(&seal);
        self.destination.write_all(&seal)?;
        self.destination.flush()?;
        Ok((self.destination, self.tally.into_stats()))
    }
}
