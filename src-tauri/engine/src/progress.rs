//! Progress as plain counters: the pipeline bumps atomics, a clock reads them five times a second.
//!
//! Owns the phases and the counters. How often they are read, the rate and the time left belong to
//! the reader (`run`), so a 100 GB dump causes no more events than a 10 MB one.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a run is doing, in the order in which a run does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Phase {
    /// Checking the source, the storage, the space and the lock.
    Preparing,
    /// Copying a consistent picture of the database.
    Copying,
    /// Checking the copy, compressing and storing it.
    Storing,
    /// Reading the stored archive back and comparing every hash.
    Verifying,
    /// Making a safety backup of what is going to be replaced.
    Securing,
    /// Loading the data into its new place.
    Loading,
    /// Making the result visible.
    Finishing,
    /// Reading what was restored again, to compare what it holds.
    Comparing,
}

#[derive(Debug, Default)]
struct Counters {
    phase: Mutex<Option<(Phase, Option<String>)>>,
    done: AtomicU64,
    total: AtomicU64,
    stored: AtomicU64,
    rows: AtomicU64,
}

/// The counters of one run. Cheap to clone; all clones count together.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    counters: Arc<Counters>,
    within: Option<Phase>,
}

/// One reading of the counters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The current phase; `None` while the run is queued.
    pub phase: Option<Phase>,
    /// The database, file or table being worked on.
    pub object: Option<String>,
    /// Bytes handled in this phase.
    pub done: u64,
    /// Bytes to handle in this phase; 0 when unknown.
    pub total: u64,
    /// Bytes written to storage so far.
    pub stored: u64,
    /// Rows or documents read so far, where the dump tells them.
    pub rows: u64,
}

impl Progress {
    /// New counters at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a phase with `total` bytes to handle (0 when unknown) and sets its counter to zero.
    pub fn enter(&self, phase: Phase, total: u64) {
        let counted = self.within.is_none() || phase == Phase::Storing;
        self.counters.done.store(0, Ordering::Relaxed);
        self.counters.total.store(if counted { total } else { 0 }, Ordering::Relaxed);
        *self.lock() = Some((self.within.unwrap_or(phase), None));
    }

    /// The same counters for a piece of work that has phases of its own and is all of `phase` here. Of
    /// its phases only the longest, storing, moves the bar.
    #[must_use]
    pub fn within(&self, phase: Phase) -> Self {
        Self { counters: self.counters.clone(), within: Some(phase) }
    }

    /// Names the object being worked on in the current phase.
    pub fn object(&self, name: &str) {
        if let Some((_, object)) = self.lock().as_mut() {
            *object = Some(name.to_owned());
        }
    }

    /// Adds handled bytes to the current phase.
    pub fn add(&self, bytes: u64) {
        self.counters.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Adds rows or documents that were read.
    pub fn add_rows(&self, rows: u64) {
        self.counters.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Starts again from nothing, for a run that is tried once more.
    pub fn restart(&self) {
        self.counters.stored.store(0, Ordering::Relaxed);
        self.counters.rows.store(0, Ordering::Relaxed);
    }

    /// Adds bytes that were written to storage.
    pub fn add_stored(&self, bytes: u64) {
        self.counters.stored.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Reads all counters.
    pub fn read(&self) -> Reading {
        let current = self.lock().clone();
        let (phase, object) = current.map_or((None, None), |(phase, object)| (Some(phase), object));
        Reading {
            phase,
            object,
            done: self.counters.done.load(Ordering::Relaxed),
            total: self.counters.total.load(Ordering::Relaxed),
            stored: self.counters.stored.load(Ordering::Relaxed),
            rows: self.counters.rows.load(Ordering::Relaxed),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Phase, Option<String>)>> {
        // A poisoned lock only means that some thread panicked between two plain assignments.
        self.counters.phase.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entering_a_phase_starts_its_counter_at_zero() {
        let progress = Progress::new();
        assert_eq!(progress.read(), Reading::default());
        progress.enter(Phase::Copying, 100);
        progress.object("shop.db");
        progress.clone().add(40);
        progress.add_stored(10);
        let reading = progress.read();
        assert_eq!((reading.done, reading.total, reading.stored), (40, 100, 10));
        assert_eq!(reading.object.as_deref(), Some("shop.db"));
        progress.enter(Phase::Verifying, 7);
        let reading = progress.read();
        assert_eq!((reading.phase, reading.done, reading.stored), (Some(Phase::Verifying), 0, 10));
        assert_eq!(reading.object, None);
    }

    #[test]
    fn work_within_a_phase_stays_in_it() {
        let progress = Progress::new();
        let inner = progress.within(Phase::Securing);
        inner.enter(Phase::Storing, 50);
        inner.add(20);
        let reading = progress.read();
        assert_eq!((reading.phase, reading.done, reading.total), (Some(Phase::Securing), 20, 50));
        inner.enter(Phase::Verifying, 50);
        assert_eq!(progress.read().total, 0);
        progress.enter(Phase::Loading, 7);
        assert_eq!((progress.read().phase, progress.read().total), (Some(Phase::Loading), 7));
    }
}
