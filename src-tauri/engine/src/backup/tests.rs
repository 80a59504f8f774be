//! A backup over a storage that fails on purpose: at every step, in every way. Whatever happens, nothing
//! half done is visible and earlier backups are as they were.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::cancel::CancellationToken;
use crate::clock::SystemClock;
use crate::config::{
    CompressionSettings, ConnectionSettings, Environment, Profile, StorageKind, StorageTarget,
};
use crate::context::RunContext;
use crate::error::{ErrorCode, Result};
use crate::ids::{EngineKind, RunId};
use crate::progress::Progress;
use crate::state_dir::StateDir;
use crate::storage::faulty::{Failure, Fault, FaultyStorage, Operation};
use crate::storage::{MemoryStorage, Storage};

struct House {
    root: tempfile::TempDir,
    memory: Arc<MemoryStorage>,
    state: StateDir,
}

impl House {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let database = rusqlite::Connection::open(root.path().join("shop.db")).unwrap();
        database
            .execute_batch("CREATE TABLE item (name TEXT); INSERT INTO item VALUES ('one')")
            .unwrap();
        let state = StateDir::for_config(root.path(), Path::new("/x/config.toml"));
        state.create().unwrap();
        Self { root, memory: Arc::new(MemoryStorage::new()), state }
    }

    fn context() -> RunContext {
        RunContext {
            run: RunId::generate(jiff::Timestamp::now()),
            cancel: CancellationToken::new(),
            progress: Progress::new(),
            clock: Arc::new(SystemClock),
        }
    }

    async fn back_up(&self, storage: Arc<dyn Storage>) -> Result<BackupReport> {
        let paths = vec![self.root.path().join("shop.db")];
        let kind = StorageKind::Local { path: "/memory".into() };
        let request = BackupRequest {
            profile: Profile {
                name: "shop".into(),
                engine: EngineKind::Sqlite,
                connection: ConnectionSettings { paths, ..ConnectionSettings::default() },
                storage: None,
                compression: CompressionSettings::default(),
                environment: Environment::default(),
            },
            target: StorageTarget { name: "memory".into(), kind },
            storage,
            state: self.state.clone(),
            owner: "a test",
            expected_size: 0,
            expected_raw: 0,
            safety: None,
        };
        perform(&request, &Self::context()).await
    }

    async fn visible(&self) -> Vec<String> {
        let objects = self.memory.list("").await.unwrap();
        objects.into_iter().map(|object| object.key.to_string()).collect()
    }

    fn leftovers(&self) -> usize {
        let count = |folder: std::path::PathBuf| std::fs::read_dir(folder).unwrap().count();
        count(self.state.pending()) + count(self.state.scratch())
    }
}

/// Everything that can go wrong, with how many calls of the operation succeed before: the archive is
/// the first object of a backup, its commit record the second.
fn faults() -> Vec<(usize, Operation, Fault)> {
    let mut all = Vec::new();
    for failure in [Failure::Full, Failure::Unavailable, Failure::Io] {
        for operation in
            [Operation::Create, Operation::Seal, Operation::ReadBack, Operation::Commit]
        {
            for object in [0, 1] {
                all.push((object, operation, Fault::Before(failure)));
            }
        }
        for object in [0, 1] {
            all.push((object, Operation::Commit, Fault::After(failure)));
        }
        all.push((0, Operation::Capacity, Fault::Before(failure)));
        all.push((0, Operation::Write, Fault::AtByte(100, failure)));
    }
    for object in [0, 1] {
        all.push((object, Operation::ReadBack, Fault::Short(10)));
        all.push((object, Operation::ReadBack, Fault::Flip(40)));
    }
    all
}

#[tokio::test]
async fn a_fault_at_any_step_leaves_only_what_was_there_before() {
    let house = House::new();
    house.back_up(house.memory.clone()).await.unwrap();
    let before = house.visible().await;
    assert_eq!(before.len(), 2);
    let mut fired = 0;
    for (skip, operation, fault) in faults() {
        let faulty = Arc::new(FaultyStorage::new(house.memory.clone()));
        faulty.plan_after(skip, operation, fault);
        let outcome = house.back_up(faulty.clone()).await;
        assert!(outcome.is_err(), "{operation:?} {fault:?} on object {skip} was not noticed");
        fired += faulty.fired().len();
        assert_eq!(house.visible().await, before, "after {operation:?} {fault:?} on object {skip}");
        assert_eq!(house.leftovers(), 0, "after {operation:?} {fault:?} on object {skip}");
    }
    assert_eq!(fired, faults().len());
}

#[tokio::test]
async fn what_cannot_be_taken_back_now_is_left_to_the_next_start() {
    let house = House::new();
    let faulty = Arc::new(FaultyStorage::new(house.memory.clone()));
    faulty.plan_after(1, Operation::Commit, Fault::Before(Failure::Unavailable));
    faulty.plan(Operation::Delete, Fault::Before(Failure::Unavailable));
    house.back_up(faulty.clone()).await.unwrap_err();
    assert_eq!(faulty.fired().len(), 2);
    assert_eq!(house.visible().await.len(), 1, "the archive without its record");
    let memory = house.memory.clone();
    recover(&house.state, |_| Some(memory.clone())).await.unwrap();
    assert_eq!((house.visible().await.len(), house.leftovers()), (0, 0));
}

#[tokio::test]
async fn the_cause_is_named_not_its_consequence() {
    let cases = [
        (Operation::Seal, Fault::Before(Failure::Full), ErrorCode::StorageFull),
        (Operation::Write, Fault::AtByte(100, Failure::Full), ErrorCode::StorageFull),
        (Operation::Create, Fault::Before(Failure::Unavailable), ErrorCode::StorageUnavailable),
        (Operation::ReadBack, Fault::Flip(40), ErrorCode::ArchiveDamaged),
        (Operation::ReadBack, Fault::Short(10), ErrorCode::ArchiveDamaged),
    ];
    let house = House::new();
    for (operation, fault, code) in cases {
        let faulty = Arc::new(FaultyStorage::new(house.memory.clone()));
        faulty.plan(operation, fault);
        let error = house.back_up(faulty).await.unwrap_err();
        assert_eq!(error.code(), code, "{operation:?} {fault:?}: {error}");
    }
}

#[tokio::test]
async fn a_profile_that_is_locked_is_busy_and_nothing_begins() {
    let house = House::new();
    let lock = ProfileLock::acquire(&house.state.locks(), "shop", "another program").unwrap();
    let error = house.back_up(house.memory.clone()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Busy);
    drop(lock);
    house.back_up(house.memory.clone()).await.unwrap();
}

#[tokio::test]
async fn what_a_dead_run_left_is_cleared_by_its_note_and_nothing_else_is() {
    let house = House::new();
    let report = house.back_up(house.memory.clone()).await.unwrap();
    let committed = house.visible().await;
    let dead = "shop_20261122T135401.250Z_dead00.tar.gz";
    house.memory.plant(&key(dead).unwrap(), b"complete but without its record".to_vec());
    house.memory.plant(&key("holiday.tar.gz").unwrap(), b"of the user".to_vec());
    for (run, archive) in [("r1", dead), ("r2", report.sidecar.archive.as_str())] {
        let note = pending::Note {
            run: RunId::from_text(run),
            profile: "shop".into(),
            started_at: jiff::Timestamp::now(),
            storage: "memory".into(),
            location: house.memory.location(),
            archive: archive.into(),
        };
        let path = house.state.pending().join(format!("{run}.json"));
        std::fs::write(path, serde_json::to_vec(&note).unwrap()).unwrap();
    }
    let unreachable = recover(&house.state, |_| None).await.unwrap();
    assert_eq!((unreachable.len(), house.leftovers()), (0, 2), "kept for the next start");
    let memory = house.memory.clone();
    let recovered = recover(&house.state, |_| Some(memory.clone())).await.unwrap();
    let mut committed_runs: Vec<_> =
        recovered.iter().map(|run| (run.run.as_str(), run.committed)).collect();
    committed_runs.sort_unstable();
    assert_eq!(committed_runs, [("r1", false), ("r2", true)]);
    let mut expected = committed;
    expected.push("holiday.tar.gz".into());
    expected.sort();
    assert_eq!(house.visible().await, expected);
    assert_eq!(house.leftovers(), 0);
}
