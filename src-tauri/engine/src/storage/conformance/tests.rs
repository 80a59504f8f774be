//! The suite is itself put to the test: a storage that breaks a promise must be caught.

use std::sync::Arc;

use super::*;
use crate::storage::faulty::{Failure, Fault, FaultyStorage, Operation};
use crate::storage::{LocalStorage, MemoryStorage};

/// Fails with every broken promise of `storage`.
pub async fn assert_kept(storage: &dyn Storage) {
    let verdicts = check(storage).await;
    assert!(verdicts.len() >= 16, "only {} promises were tested", verdicts.len());
    let broken: Vec<_> = verdicts.iter().filter(|promise| promise.broken.is_some()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[tokio::test]
async fn a_folder_keeps_the_contract_and_other_files_are_left_alone() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("kronos-check-notes.txt"), "mine").unwrap();
    assert_kept(&LocalStorage::new(root.path())).await;
    let left: Vec<_> = std::fs::read_dir(root.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left, [root.path().join("kronos-check-notes.txt")]);
}

#[tokio::test]
async fn a_decorator_without_a_script_keeps_the_contract() {
    let storage = FaultyStorage::new(Arc::new(MemoryStorage::new()));
    assert_kept(&storage).await;
    assert!(storage.fired().is_empty());
}

#[tokio::test]
async fn a_storage_that_breaks_a_promise_is_caught() {
    let faults = [
        (Operation::Open, Fault::Flip(7)),
        (Operation::Open, Fault::Short(7)),
        (Operation::ReadBack, Fault::Flip(0)),
        (Operation::ReadBack, Fault::Short(3)),
        (Operation::Delete, Fault::Before(Failure::Io)),
        (Operation::List, Fault::Before(Failure::Unavailable)),
        (Operation::Commit, Fault::After(Failure::Io)),
        (Operation::Capacity, Fault::Before(Failure::Unavailable)),
    ];
    let mut caught = 0;
    for (operation, fault) in faults {
        // The first readers are those of a few bytes; a later one meets a byte to bend.
        for skip in 0..6 {
            let storage = FaultyStorage::new(Arc::new(MemoryStorage::new()));
            storage.plan_after(skip, operation, fault);
            let verdicts = check(&storage).await;
            if storage.fired().is_empty() {
                continue;
            }
            assert!(verdicts.iter().any(|v| v.broken.is_some()), "{operation:?} {fault:?} {skip}");
            caught += 1;
        }
    }
    assert!(caught >= 24, "only {caught} faults fired");
}
