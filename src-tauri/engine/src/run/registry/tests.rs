//! The life of a run, without any database.

use super::*;
use crate::clock::SystemClock;
use crate::ids::BackupId;
use crate::progress::Phase;

#[derive(Default)]
struct Audience(Mutex<Vec<Event>>);

impl EventSink for Audience {
    fn emit(&self, event: Event) {
        lock(&self.0).push(event);
    }
}

fn registry() -> (RunRegistry, Arc<Audience>, Arc<Mutex<Vec<RunView>>>) {
    let audience = Arc::new(Audience::default());
    let recorded = Arc::new(Mutex::new(Vec::new()));
    let log = recorded.clone();
    let write_down: Recorder = Arc::new(move |view: &RunView| lock(&log).push(view.clone()));
    (RunRegistry::new(audience.clone(), Arc::new(SystemClock), write_down), audience, recorded)
}

fn spec(profile: &str) -> RunSpec {
    RunSpec {
        kind: RunKind::Verify,
        profile: profile.into(),
        on_server: false,
        replaces: false,
        backup: None,
        failure: format!("`{profile}` could not be verified"),
        not_affected: "Nothing was changed".into(),
    }
}

fn verified() -> RunResult {
    RunResult::Verify { backup: BackupId::from_text("x"), stored_bytes: 1, raw_bytes: 2 }
}

#[tokio::test]
async fn a_run_is_queued_then_runs_then_succeeds() {
    let (registry, audience, recorded) = registry();
    let id = registry.start(spec("shop"), |_| async { Ok(verified()) }).unwrap();
    let view = registry.wait(&id).await.unwrap();
    assert_eq!((view.state, view.result), (RunState::Succeeded, Some(verified())));
    assert!(view.finished_at.is_some());
    assert_eq!(registry.wait(&id).await.unwrap().state, RunState::Succeeded);
    assert!(registry.active().is_empty());
    assert_eq!(registry.ended().len(), 1);
    assert_eq!(lock(&recorded).len(), 1);
    let events = lock(&audience.0);
    assert!(matches!(events.first(), Some(Event::RunQueued(_))), "{events:?}");
    assert!(matches!(events.last(), Some(Event::RunFinished(_))), "{events:?}");
}

#[tokio::test]
async fn the_same_profile_is_refused_while_it_runs() {
    let (registry, _, _) = registry();
    let backup = || RunSpec { kind: RunKind::Backup, ..spec("shop") };
    let first = registry
        .start(backup(), |context| async move {
            context.cancel.cancelled().await;
            Err(Error::Cancelled)
        })
        .unwrap();
    let check = registry.start(spec("shop"), |_| async { Ok(verified()) }).unwrap();
    assert_eq!(registry.wait(&check).await.unwrap().state, RunState::Succeeded);
    let second = registry.start(backup(), |_| async { Ok(verified()) });
    assert!(matches!(second, Err(Error::Busy { .. })));
    registry.cancel(&first).unwrap();
    assert_eq!(registry.wait(&first).await.unwrap().state, RunState::Cancelled);
    let third = registry.start(backup(), |_| async { Ok(verified()) }).unwrap();
    assert_eq!(registry.wait(&third).await.unwrap().state, RunState::Succeeded);
}

#[tokio::test]
async fn a_third_run_waits_and_can_be_cancelled_while_it_waits() {
    let (registry, _, _) = registry();
    let until_cancelled = |context: RunContext| async move {
        context.cancel.cancelled().await;
        Err(Error::Cancelled)
    };
    let one = registry.start(spec("one"), until_cancelled).unwrap();
    let two = registry.start(spec("two"), until_cancelled).unwrap();
    let mut running = registry.find(&two).unwrap().view.subscribe();
    running.wait_for(|view| view.state == RunState::Running).await.unwrap();
    let three = registry.start(spec("three"), |_| async { Ok(verified()) }).unwrap();
    assert_eq!(registry.find(&three).unwrap().view.borrow().state, RunState::Queued);
    registry.cancel(&three).unwrap();
    assert_eq!(registry.wait(&three).await.unwrap().state, RunState::Cancelled);
    registry.cancel_all();
    assert_eq!(registry.wait(&one).await.unwrap().state, RunState::Cancelled);
}

#[tokio::test]
async fn failures_and_panics_end_a_run_with_a_reason() {
    let (registry, _, _) = registry();
    let failing = registry
        .start(spec("shop"), |_| async { Err(Error::Unknown { kind: "backup", name: "x".into() }) })
        .unwrap();
    let view = registry.wait(&failing).await.unwrap();
    let error = view.error.unwrap();
    assert_eq!(view.state, RunState::Failed);
    assert_eq!(error.what, "`shop` could not be verified");
    assert_eq!(error.not_affected.as_deref(), Some("Nothing was changed"));
    let panicking = registry.start(spec("shop"), |_| async { panic!("boom") }).unwrap();
    let view = registry.wait(&panicking).await.unwrap();
    assert_eq!(view.error.unwrap().code, crate::ErrorCode::Internal);
}

#[tokio::test]
async fn progress_reaches_the_audience_as_phases_and_readings() {
    let (registry, audience, _) = registry();
    let id = registry
        .start(spec("shop"), |context| async move {
            context.progress.enter(Phase::Verifying, 1000);
            for _ in 0..10 {
                context.progress.add(100);
                tokio::time::sleep(TICK / 2).await;
            }
            Ok(verified())
        })
        .unwrap();
    registry.wait(&id).await.unwrap();
    let events = lock(&audience.0);
    let phases = events
        .iter()
        .filter(|e| matches!(e, Event::RunPhase(v) if v.phase == Some(Phase::Verifying)));
    let readings =
        events.iter().filter(|e| matches!(e, Event::RunProgress(v) if v.bytes_done > 100));
    assert_eq!(phases.count(), 1);
    assert!(readings.count() >= 2, "{events:?}");
}
