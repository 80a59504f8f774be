//! The reading end of a stream.
//!
//! Owns the path of the data: read, hashed and split into records by one thread, restored by the
//! pool, handed out in order by the caller's thread. What makes a record acceptable is decided in
//! `frames` and `block`.

use super::block::Decompressor;
use super::buffers::{Buffers, Chunk};
use super::error::{Failure, StreamError, thread_died};
use super::frames::{Frames, Record, StoredBlock};
use super::pool::{Pool, Ticket, Work};
use super::{BLOCK_SIZE, MAX_FRAME, StreamStats, default_workers, queue_depth};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Builder;

/// Restores a sealed stream and proves it on the way.
///
/// It accepts exactly what [`StreamEncoder`](super::StreamEncoder) writes, in either codec, and
/// nothing else: not another program's gzip or zstd file, not one bit more, less or different.
/// `read` returns `Ok(0)` only after the seal was found to be right and the source to have ended;
/// until then, data already handed out must not be trusted. A reader that stops early (tar does, at
/// its end mark) must call [`finish`](Self::finish).
///
/// Dropping the decoder does not wait: a thread that is inside a read of the source ends when that
/// read returns, and drops the source then.
///
/// Memory: 2 MiB for each block under way, of which there are at most two per thread and three at
/// the ends, whatever the stream declares.
///
/// # Errors
///
/// A stream that is not as written gives an error of kind `InvalidData` that holds a
/// [`StreamError`]; an error of the source is handed on as it is. Either ends the stream, and
/// every later `read` fails again.
pub struct StreamDecoder {
    /// `None` once the stream has ended, well or badly.
    steps: Option<Receiver<Step>>,
    block: Chunk,
    /// How much of `block` was handed out.
    used: usize,
    raw: Arc<Buffers>,
    outcome: Option<Result<StreamStats, Failure>>,
}

/// What comes next in the stream.
enum Step {
    Block(Ticket<Result<Chunk, StreamError>>),
    End(io::Result<StreamStats>),
}

impl StreamDecoder {
    /// A decoder of what `source` holds from here to its end, with a thread per core. Reading
    /// begins at once. Fails when no thread can be started.
    pub fn new<R: Read + Send + 'static>(source: R) -> io::Result<Self> {
        Self::with_workers(source, default_workers())
    }

    /// As [`new`](Self::new), with a given number of restoring threads.
    pub fn with_workers<R: Read + Send + 'static>(source: R, workers: usize) -> io::Result<Self> {
        let raw = Arc::new(Buffers::new(BLOCK_SIZE));
        let (steps, next) = sync_channel(queue_depth(workers.max(1)));
        let buffers = Arc::clone(&raw);
        Builder::new().name("kronos-reader".to_owned()).spawn(move || {
            if let Some(outcome) = pump(source, &buffers, &steps, workers) {
                // Nobody listens any more when the decoder was dropped.
                let _ = steps.send(Step::End(outcome));
            }
        })?;
        Ok(Self { steps: Some(next), block: raw.take(), used: 0, raw, outcome: None })
    }

    /// The stream's figures, once `read` has returned `Ok(0)`.
    pub fn stats(&self) -> Option<&StreamStats> {
        self.outcome.as_ref()?.as_ref().ok()
    }

    /// Reads whatever is left, discards it, and gives the figures of the proven stream. Fails as
    /// `read` does.
    pub fn finish(mut self) -> io::Result<StreamStats> {
        while self.advance()? {}
        match self.outcome.take() {
            Some(Ok(stats)) => Ok(stats),
            Some(Err(failure)) => Err(failure.again()),
            None => Err(thread_died()),
        }
    }

    /// Makes the next block the current one; `false` at the proven end of the stream.
    fn advance(&mut self) -> io::Result<bool> {
        match &self.outcome {
            Some(Ok(_)) => return Ok(false),
            Some(Err(failure)) => return Err(failure.again()),
            None => {}
        }
        let step = self.steps.as_ref().and_then(|steps| steps.recv().ok());
        let outcome = match step {
            Some(Step::Block(ticket)) => match ticket.wait() {
                Ok(Ok(block)) => {
                    self.raw.give_back(std::mem::replace(&mut self.block, block));
                    self.used = 0;
                    return Ok(true);
                }
                Ok(Err(error)) => Err(error.into()),
                Err(error) => Err(error),
            },
            Some(Step::End(outcome)) => outcome,
            None => Err(thread_died()),
        };
        self.end(outcome)
    }

    fn end(&mut self, outcome: io::Result<StreamStats>) -> io::Result<bool> {
        // Tells the reading thread to stop.
        self.steps = None;
        self.block.set_len(0);
        self.used = 0;
        match outcome {
            Ok(stats) => {
                self.outcome = Some(Ok(stats));
                Ok(false)
            }
            Err(error) => {
                self.outcome = Some(Err(Failure::of(&error)));
                Err(error)
            }
        }
    }
}

impl Read for StreamDecoder {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        if space.is_empty() {
            return Ok(0);
        }
        while self.used == self.block.filled().len() {
            if !self.advance()? {
                return Ok(0);
            }
        }
        let left = &self.block.filled()[self.used..];
        let count = left.len().min(space.len());
        space[..count].copy_from_slice(&left[..count]);
        self.used += count;
        Ok(count)
    }
}

/// The reading thread: takes `source` to its end and drops it. `None` when the decoder is gone.
fn pump<R: Read>(
    source: R,
    raw: &Arc<Buffers>,
    steps: &SyncSender<Step>,
    workers: usize,
) -> Option<io::Result<StreamStats>> {
    let stored = Arc::new(Buffers::new(MAX_FRAME));
    let mut frames = Frames::new(source, Arc::clone(&stored));
    let mut pool = None;
    loop {
        let block = match frames.next() {
            Ok(Record::Block(block)) => block,
            Ok(Record::End(stats)) => return Some(Ok(stats)),
            Err(error) => return Some(Err(error)),
        };
        let codec = block.codec;
        let pool = pool.get_or_insert_with(|| {
            let (raw, stored) = (Arc::clone(raw), Arc::clone(&stored));
            Pool::new(workers, move || {
                let decompressor = Decompressor::new(codec)?;
                Ok(RestoreBlock {
                    decompressor,
                    raw: Arc::clone(&raw),
                    stored: Arc::clone(&stored),
                })
            })
        });
        let ticket = match pool.submit(block) {
            Ok(ticket) => ticket,
            Err(error) => return Some(Err(error)),
        };
        if steps.send(Step::Block(ticket)).is_err() {
            pool.cancel();
            return None;
        }
    }
}

/// The restoring threads' work.
struct RestoreBlock {
    decompressor: Decompressor,
    raw: Arc<Buffers>,
    stored: Arc<Buffers>,
}

impl Work for RestoreBlock {
    type Job = StoredBlock;
    type Answer = Result<Chunk, StreamError>;

    fn run(&mut self, block: StoredBlock) -> Result<Chunk, StreamError> {
        let mut raw = self.raw.take();
        let space = &mut raw.space()[..block.raw_len];
        self.decompressor
            .decompress(block.frame.filled(), space)
            .map_err(|what| StreamError::Damaged { at: block.at, what })?;
        raw.set_len(block.raw_len);
        self.stored.give_back(block.frame);
        Ok(raw)
    }
}
