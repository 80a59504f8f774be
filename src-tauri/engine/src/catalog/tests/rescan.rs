//! The catalog and a storage that has changed without it.

use super::*;
use crate::storage::faulty::{Failure, Fault, FaultyStorage, Operation};
use crate::storage::{MemoryStorage, ObjectKey, Storage};

pub fn key(name: &str) -> ObjectKey {
    ObjectKey::new(name).unwrap()
}

pub fn plant(storage: &MemoryStorage, sidecar: &Sidecar) {
    let size = usize::try_from(sidecar.size).unwrap();
    storage.plant(&key(&sidecar.archive), vec![0; size]);
    plant_sidecar(storage, sidecar);
}

fn plant_sidecar(storage: &MemoryStorage, sidecar: &Sidecar) {
    let json = serde_json::to_vec(sidecar).unwrap();
    storage.plant(&key(&format!("{}.json", sidecar.archive)), json);
}

fn empty() -> Arc<Catalog> {
    Arc::new(Catalog::in_memory().unwrap())
}

#[tokio::test]
async fn a_deleted_catalog_is_rebuilt_as_it_was() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("catalog.sqlite");
    let storage = MemoryStorage::new();
    let catalog = Arc::new(Catalog::open(&path).unwrap().catalog);
    for hour in 0..100 {
        let sidecar = sidecar(if hour % 2 == 0 { "shop" } else { "blog" }, hour);
        plant(&storage, &sidecar);
        catalog.put_backup("disk", &sidecar, BackupStatus::Verified).unwrap();
    }
    storage.delete(&key("shop_00004.tar.gz")).await.unwrap();
    reconcile(&catalog, "disk", &storage).await.unwrap();
    let original = catalog.backups().unwrap();
    let details = catalog.backup(&original[7].id, |_| true).unwrap();
    drop(catalog);
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"] {
        let _ = std::fs::remove_file(root.path().join(name));
    }
    let opened = Catalog::open(&path).unwrap();
    assert_eq!(opened.start, Start::New);
    let catalog = Arc::new(opened.catalog);
    let report = reconcile(&catalog, "disk", &storage).await.unwrap();
    let expected = RescanReport { present: 99, added: 100, missing: 1, ..RescanReport::default() };
    assert_eq!(report, expected);
    assert_eq!(catalog.backups().unwrap(), original);
    assert_eq!(catalog.backup(&original[7].id, |_| true).unwrap(), details);
    let again = reconcile(&catalog, "disk", &storage).await.unwrap();
    assert_eq!(again, RescanReport { added: 0, ..expected });
}

#[tokio::test]
async fn every_change_by_a_foreign_hand_is_seen() {
    let (catalog, storage) = (empty(), MemoryStorage::new());
    for hour in 1..=5 {
        plant(&storage, &sidecar("shop", hour));
    }
    catalog.put_backup("usb", &sidecar("shop", 1), BackupStatus::Verified).unwrap();
    reconcile(&catalog, "disk", &storage).await.unwrap();
    storage.delete(&key("shop_00001.tar.gz")).await.unwrap();
    storage.plant(&key("shop_00002.tar.gz"), *b"short");
    storage.delete(&key("shop_00003.tar.gz.json")).await.unwrap();
    storage.plant(&key("shop_00004.tar.gz.json"), *b"{");
    storage.plant(&key("notes.json"), *b"{}");
    storage.plant(&key("shop_00099.tar.gz"), *b"an archive without a sidecar");
    let before = storage.list("").await.unwrap();
    let report = reconcile(&catalog, "disk", &storage).await.unwrap();
    let expected =
        RescanReport { present: 1, added: 0, missing: 1, damaged: 1, unreadable: 2, removed: 1 };
    assert_eq!(report, expected);
    let rows = catalog.backups().unwrap();
    let row = |id: &str| {
        let found = rows.iter().find(|row| row.id.as_str() == id && row.storage == "disk");
        found.map(|row| row.status)
    };
    assert_eq!(row("shop_00001"), Some(BackupStatus::Missing));
    assert_eq!(row("shop_00002"), Some(BackupStatus::Damaged));
    assert_eq!(row("shop_00003"), None);
    assert_eq!(row("shop_00004"), Some(BackupStatus::Verified), "the last copy of its sidecar");
    assert_eq!(row("shop_00005"), Some(BackupStatus::Verified));
    assert!(rows.iter().any(|row| row.storage == "usb"), "another storage's row was removed");
    assert_eq!(storage.list("").await.unwrap(), before, "the storage was changed");
}

#[tokio::test]
async fn only_a_comparison_of_bytes_clears_a_damaged_backup() {
    let (catalog, storage) = (empty(), MemoryStorage::new());
    let mut sidecar = sidecar("shop", 1);
    plant(&storage, &sidecar);
    reconcile(&catalog, "disk", &storage).await.unwrap();
    let id = sidecar.manifest.header.id.clone();
    let at = sidecar.verified_at + 5.hours();
    catalog.set_status("disk", &id, BackupStatus::Damaged, at).unwrap();
    let report = reconcile(&catalog, "disk", &storage).await.unwrap();
    assert_eq!((report.damaged, report.present), (1, 0));
    catalog.set_status("disk", &id, BackupStatus::Verified, at).unwrap();
    reconcile(&catalog, "disk", &storage).await.unwrap();
    let row = catalog.backups().unwrap().remove(0);
    assert_eq!((row.status, row.verified_at), (BackupStatus::Verified, at));
    // An archive that is missing and comes back is as good as it was.
    storage.delete(&key(&sidecar.archive)).await.unwrap();
    assert_eq!(reconcile(&catalog, "disk", &storage).await.unwrap().missing, 1);
    plant(&storage, &sidecar);
    assert_eq!(reconcile(&catalog, "disk", &storage).await.unwrap().present, 1);
    // Another archive of the same name has a history of its own.
    catalog.set_status("disk", &id, BackupStatus::Damaged, at).unwrap();
    sidecar.sha256 = "cd".repeat(32);
    plant(&storage, &sidecar);
    assert_eq!(reconcile(&catalog, "disk", &storage).await.unwrap().present, 1);
    assert_eq!(catalog.backups().unwrap()[0].verified_at, sidecar.verified_at);
}

#[tokio::test]
async fn a_storage_that_fails_removes_nothing() {
    let memory = MemoryStorage::new();
    let catalog = empty();
    for hour in 1..=3 {
        plant(&memory, &sidecar("shop", hour));
    }
    let storage = FaultyStorage::new(Arc::new(memory.clone()));
    reconcile(&catalog, "disk", &storage).await.unwrap();
    let rows = catalog.backups().unwrap();
    memory.delete(&key("shop_00001.tar.gz.json")).await.unwrap();
    for skip in 0..2 {
        storage.plan_after(skip, Operation::Open, Fault::Before(Failure::Unavailable));
        reconcile(&catalog, "disk", &storage).await.unwrap_err();
        assert_eq!(catalog.backups().unwrap(), rows);
    }
    storage.plan(Operation::List, Fault::Before(Failure::Unavailable));
    reconcile(&catalog, "disk", &storage).await.unwrap_err();
    assert_eq!(catalog.backups().unwrap(), rows);
    // One sidecar that cannot be read is one backup that is not looked at, and no more.
    storage.plan(Operation::Open, Fault::Before(Failure::Io));
    let report = reconcile(&catalog, "disk", &storage).await.unwrap();
    assert_eq!((report.unreadable, report.present, report.removed), (1, 1, 1));
    assert_eq!(storage.fired().len(), 4);
    assert_eq!(catalog.backups().unwrap().len(), 2);
}
