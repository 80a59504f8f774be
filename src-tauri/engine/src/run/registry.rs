//! The list of runs: one backup at a time for each profile, two runs at a time in all, each cancellable.
//!
//! Owns the states `Queued → Running → (Cancelling) → final` and the ticker that samples progress five
//! times a second. A run that panics is a failed run, never a lost one.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};

use super::meter::{Course, Meter};
use crate::cancel::CancellationToken;
use crate::clock::SharedClock;
use crate::context::RunContext;
use crate::error::{Error, ErrorCode, ErrorReport, Result};
use crate::event::{Event, EventSink, RunKind, RunResult, RunState, RunView};
use crate::ids::{BackupId, RunId};
use crate::progress::Progress;

/// How often counters are read.
const TICK: Duration = Duration::from_millis(200);
/// Runs that work at the same time; each one already uses every core.
const AT_ONCE: usize = 2;
/// Ended runs that are remembered for the window.
const REMEMBERED: usize = 20;

/// What is known about a run before it starts.
#[derive(Debug, Clone)]
pub struct RunSpec {
    /// What it does.
    pub kind: RunKind,
    /// Whose run it is.
    pub profile: String,
    /// Whether the data is on a server, or goes to one; else it is in files.
    pub on_server: bool,
    /// Whether it replaces something.
    pub replaces: bool,
    /// The backup that it verifies or restores, where that is known before.
    pub backup: Option<BackupId>,
    /// What failed, if it fails: "`shop` was not backed up".
    pub failure: String,
    /// What is still fine, if it fails.
    pub not_affected: String,
}

impl RunSpec {
    fn course(&self) -> Course {
        Course { kind: self.kind, on_server: self.on_server, replaces: self.replaces }
    }
}

struct Entry {
    spec: RunSpec,
    cancel: CancellationToken,
    progress: Progress,
    meter: Mutex<Meter>,
    view: watch::Sender<RunView>,
}

/// Called with every run that has ended, before its last event goes out.
pub type Recorder = Arc<dyn Fn(&RunView) + Send + Sync>;

struct Shared {
    active: Mutex<Vec<Arc<Entry>>>,
    ended: Mutex<VecDeque<RunView>>,
    permits: Semaphore,
    sink: Arc<dyn EventSink>,
    clock: SharedClock,
    recorder: Recorder,
}

/// All runs of this program. Cheap to clone.
#[derive(Clone)]
pub struct RunRegistry(Arc<Shared>);

impl RunRegistry {
    /// An empty registry that reports to `sink` and hands ended runs to `recorder`.
    pub fn new(sink: Arc<dyn EventSink>, clock: SharedClock, recorder: Recorder) -> Self {
        Self(Arc::new(Shared {
            active: Mutex::default(),
            ended: Mutex::default(),
            permits: Semaphore::new(AT_ONCE),
            sink,
            clock,
            recorder,
        }))
    }

    /// Accepts a run and returns at once. Refuses a second backup of the same profile; checks and
    /// restores do not get in each other's way.
    pub fn start<W, F>(&self, spec: RunSpec, work: W) -> Result<RunId>
    where
        W: FnOnce(RunContext) -> F + Send + 'static,
        F: Future<Output = Result<RunResult>> + Send + 'static,
    {
        let entry = self.accept(spec)?;
        let view = entry.view.borrow().clone();
        let id = view.id.clone();
        self.0.sink.emit(Event::RunQueued(view));
        let registry = self.clone();
        tokio::spawn(async move { registry.drive(entry, work).await });
        Ok(id)
    }

    /// Asks a run to stop. It ends as soon as it has cleaned up.
    pub fn cancel(&self, id: &RunId) -> Result<()> {
        let entry = self.find(id)?;
        entry.view.send_if_modified(|view| {
            let stoppable = matches!(view.state, RunState::Queued | RunState::Running);
            if stoppable {
                view.state = RunState::Cancelling;
            }
            stoppable
        });
        entry.cancel.cancel();
        self.0.sink.emit(Event::RunPhase(entry.view.borrow().clone()));
        Ok(())
    }

    /// Asks every run to stop.
    pub fn cancel_all(&self) {
        for view in self.active() {
            // A run that has just ended needs no cancelling.
            let _ = self.cancel(&view.id);
        }
    }

    /// Waits until a run is final.
    pub async fn wait(&self, id: &RunId) -> Result<RunView> {
        let entry = match self.find(id) {
            Ok(entry) => entry,
            Err(unknown) => {
                let ended = lock(&self.0.ended);
                return ended.iter().find(|view| view.id == *id).cloned().ok_or(unknown);
            }
        };
        let mut view = entry.view.subscribe();
        let ended = view.wait_for(|view| view.state.is_final()).await;
        ended.map(|view| view.clone()).map_err(|_| Error::Internal("a run was lost".into()))
    }

    /// Runs that wait or work, oldest first.
    pub fn active(&self) -> Vec<RunView> {
        lock(&self.0.active).iter().map(|entry| entry.view.borrow().clone()).collect()
    }

    /// Runs that have ended, newest first.
    pub fn ended(&self) -> Vec<RunView> {
        lock(&self.0.ended).iter().cloned().collect()
    }

    fn find(&self, id: &RunId) -> Result<Arc<Entry>> {
        lock(&self.0.active)
            .iter()
            .find(|entry| entry.view.borrow().id == *id)
            .cloned()
            .ok_or_else(|| Error::Unknown { kind: "run", name: id.to_string() })
    }

    fn accept(&self, spec: RunSpec) -> Result<Arc<Entry>> {
        let mut active = lock(&self.0.active);
        let same = |entry: &&Arc<Entry>| {
            entry.spec.kind == RunKind::Backup && entry.spec.profile == spec.profile
        };
        if spec.kind == RunKind::Backup && active.iter().any(|entry| same(&entry)) {
            return Err(Error::Busy { profile: spec.profile, holder: None });
        }
        let entry = Arc::new(Entry::new(spec, self.0.clock.now()));
        active.push(entry.clone());
        Ok(entry)
    }

    async fn drive<W, F>(self, entry: Arc<Entry>, work: W)
    where
        W: FnOnce(RunContext) -> F + Send + 'static,
        F: Future<Output = Result<RunResult>> + Send + 'static,
    {
        let permit = tokio::select! {
            permit = self.0.permits.acquire() => permit.ok(),
            () = entry.cancel.cancelled() => None,
        };
        let outcome = match permit {
            None => Err(Error::Cancelled),
            Some(_permit) => self.work(&entry, work).await,
        };
        self.end(&entry, outcome);
    }

    async fn work<W, F>(&self, entry: &Arc<Entry>, work: W) -> Result<RunResult>
    where
        W: FnOnce(RunContext) -> F + Send + 'static,
        F: Future<Output = Result<RunResult>> + Send + 'static,
    {
        entry.view.send_modify(|view| {
            if view.state == RunState::Queued {
                view.state = RunState::Running;
            }
        });
        *lock(&entry.meter) = Meter::new(entry.spec.course(), Instant::now());
        let context = RunContext {
            run: entry.view.borrow().id.clone(),
            cancel: entry.cancel.clone(),
            progress: entry.progress.clone(),
            clock: self.0.clock.clone(),
        };
        let mut working = tokio::spawn(work(context));
        let mut ticker = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                ended = &mut working => {
                    return ended.unwrap_or_else(|panic| Err(Error::Internal(panic.to_string())));
                }
                _ = ticker.tick() => self.sample(entry),
            }
        }
    }

    /// Reads the counters and tells the audience, if anything changed.
    fn sample(&self, entry: &Entry) {
        let mut phase_changed = false;
        let changed = entry.view.send_if_modified(|view| {
            let before = view.clone();
            entry.read_into(view);
            phase_changed = view.phase != before.phase;
            *view != before
        });
        if changed {
            let view = entry.view.borrow().clone();
            let event = if phase_changed { Event::RunPhase } else { Event::RunProgress };
            self.0.sink.emit(event(view));
        }
    }

    fn end(&self, entry: &Arc<Entry>, outcome: Result<RunResult>) {
        let mut view = entry.view.borrow().clone();
        entry.conclude(&mut view, outcome, self.0.clock.now());
        (self.0.recorder)(&view);
        {
            let mut ended = lock(&self.0.ended);
            ended.push_front(view.clone());
            ended.truncate(REMEMBERED);
        }
        lock(&self.0.active).retain(|other| !Arc::ptr_eq(other, entry));
        entry.view.send_replace(view.clone());
        self.0.sink.emit(Event::RunFinished(view));
    }
}

impl Entry {
    fn new(spec: RunSpec, now: Timestamp) -> Self {
        let steps = spec.course().steps();
        let id = RunId::generate(now);
        let mut view = RunView::queued(id, spec.kind, spec.profile.clone(), steps, now);
        view.backup.clone_from(&spec.backup);
        view.replaces = spec.replaces;
        let meter = Mutex::new(Meter::new(spec.course(), Instant::now()));
        let (cancel, progress) = (CancellationToken::new(), Progress::new());
        Self { spec, cancel, progress, meter, view: watch::Sender::new(view) }
    }

    fn read_into(&self, view: &mut RunView) {
        let reading = self.progress.read();
        let measure = lock(&self.meter).measure(&reading, Instant::now());
        view.phase = reading.phase;
        view.object = reading.object;
        view.bytes_done = reading.done;
        view.bytes_total = (reading.total > 0).then_some(reading.total);
        view.bytes_stored = reading.stored;
        view.rows_done = reading.rows;
        view.step = measure.step;
        view.rate = measure.rate;
        view.fraction = measure.fraction;
        view.seconds_left = measure.seconds_left;
        view.stalled = measure.stalled;
    }

    fn conclude(&self, view: &mut RunView, outcome: Result<RunResult>, now: Timestamp) {
        self.read_into(view);
        view.finished_at = Some(now);
        (view.phase, view.rate, view.seconds_left, view.stalled) = (None, None, None, false);
        match outcome {
            Ok(result) => {
                let warned =
                    matches!(&result, RunResult::Backup { warnings, .. } if !warnings.is_empty());
                view.state = if warned { RunState::Warned } else { RunState::Succeeded };
                view.fraction = 1.0;
                view.backup = result.backup().cloned();
                view.result = Some(result);
            }
            // Neither a cancel nor a comforting word is true of what nobody knows.
            Err(error) if error.code() == ErrorCode::OutcomeUnknown => {
                view.state = RunState::Failed;
                view.error = Some(ErrorReport::new(&self.spec.failure, &error));
            }
            Err(Error::Cancelled) => view.state = RunState::Cancelled,
            // What a cancelled pipeline reports on its way out is a consequence, not a cause.
            Err(_) if self.cancel.is_cancelled() => view.state = RunState::Cancelled,
            Err(error) => {
                view.state = RunState::Failed;
                let report = ErrorReport::new(&self.spec.failure, &error);
                view.error = Some(report.with_not_affected(&self.spec.not_affected));
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The guarded values are plain lists that are complete after every single operation.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
