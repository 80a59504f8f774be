//! A few threads that do equal jobs, with answers in the order of the questions.
//!
//! Owns the threads and how they end. It knows nothing of compression, and it does not limit how
//! many jobs wait: its user does, by keeping the tickets in a bounded queue.

use super::error::thread_died;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// What each thread does, with whatever state it keeps from job to job.
pub(super) trait Work: Send + 'static {
    type Job: Send + 'static;
    type Answer: Send + 'static;

    fn run(&mut self, job: Self::Job) -> Self::Answer;
}

/// The right to one job's answer.
pub(super) struct Ticket<A>(Receiver<A>);

impl<A> Ticket<A> {
    /// Waits for the answer. Fails when the pool was dropped or the thread panicked.
    pub fn wait(self) -> io::Result<A> {
        self.0.recv().map_err(|_| thread_died())
    }
}

type Order<W> = (<W as Work>::Job, SyncSender<<W as Work>::Answer>);

/// Threads that share the work; each is started when a job needs it. Dropping the pool waits for
/// the jobs handed in, unless they were cancelled.
pub(super) struct Pool<W: Work> {
    make: Box<dyn Fn() -> io::Result<W> + Send>,
    limit: usize,
    threads: Vec<JoinHandle<()>>,
    orders: Option<Sender<Order<W>>>,
    waiting: Arc<Mutex<Receiver<Order<W>>>>,
    cancelled: Arc<AtomicBool>,
}

impl<W: Work> Pool<W> {
    /// A pool of at most `limit` threads, each with its own state from `make`.
    pub fn new(limit: usize, make: impl Fn() -> io::Result<W> + Send + 'static) -> Self {
        let (orders, waiting) = channel();
        Self {
            make: Box::new(make),
            limit: limit.max(1),
            threads: Vec::new(),
            orders: Some(orders),
            waiting: Arc::new(Mutex::new(waiting)),
            cancelled: Arc::default(),
        }
    }

    /// Hands in a job. Fails when there is no thread to do it and none can be started.
    pub fn submit(&mut self, job: W::Job) -> io::Result<Ticket<W::Answer>> {
        if self.threads.len() < self.limit {
            self.grow()?;
        }
        let (answer, ticket) = sync_channel(1);
        let orders = self.orders.as_ref().ok_or_else(thread_died)?;
        orders.send((job, answer)).map_err(|_| thread_died())?;
        Ok(Ticket(ticket))
    }

    /// Discards the jobs not yet begun; their tickets fail.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    fn grow(&mut self) -> io::Result<()> {
        let started = (self.make)().and_then(|work| {
            let waiting = Arc::clone(&self.waiting);
            let cancelled = Arc::clone(&self.cancelled);
            Builder::new()
                .name("kronos-codec".to_owned())
                .spawn(move || serve(work, &waiting, &cancelled))
        });
        match started {
            Ok(thread) => self.threads.push(thread),
            Err(error) if self.threads.is_empty() => return Err(error),
            // A machine short of threads is slower, not broken.
            Err(_) => self.limit = self.threads.len(),
        }
        Ok(())
    }
}

impl<W: Work> Drop for Pool<W> {
    fn drop(&mut self) {
        self.orders = None;
        for thread in self.threads.drain(..) {
            // A panic has already shown as a ticket that failed.
            let _ = thread.join();
        }
    }
}

fn serve<W: Work>(mut work: W, waiting: &Mutex<Receiver<Order<W>>>, cancelled: &AtomicBool) {
    loop {
        // The lock is held while waiting, never while working, so it cannot be left in disorder.
        let order = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((job, answer)) = order else { return };
        if !cancelled.load(Ordering::Relaxed) {
            // Nobody listens any more when the stream was abandoned.
            let _ = answer.send(work.run(job));
        }
    }
}
