//! A catalog file that was cut, bent, replaced or left by another version.

use std::path::Path;

use super::rescan::plant;
use super::*;
use crate::storage::MemoryStorage;

struct Original {
    bytes: Vec<u8>,
    storage: MemoryStorage,
    rows: Vec<BackupRecord>,
    _folder: tempfile::TempDir,
    path: PathBuf,
}

/// A catalog of 30 backups, closed, and the storage that it describes.
fn original() -> Original {
    // In memory where that is possible: hundreds of catalogs are made, each with a handful of fsyncs.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let path = folder.path().join("catalog.sqlite");
    let storage = MemoryStorage::new();
    let catalog = Catalog::open(&path).unwrap().catalog;
    for hour in 0..30 {
        let sidecar = sidecar("shop", hour);
        plant(&storage, &sidecar);
        catalog.put_backup("disk", &sidecar, BackupStatus::Verified).unwrap();
        catalog.put_run(&run("shop", hour, RunState::Succeeded)).unwrap();
    }
    let rows = catalog.backups().unwrap();
    drop(catalog);
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 50_000, "the rows are not in the file but in its log");
    Original { bytes, storage, rows, _folder: folder, path }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Opens the file with these bytes, looks into the storage, and compares. Returns what was found.
fn open_and_rebuild(original: &Original, bytes: &[u8]) -> Start {
    for name in names(original.path.parent().unwrap()) {
        std::fs::remove_file(original.path.with_file_name(name)).unwrap();
    }
    std::fs::write(&original.path, bytes).unwrap();
    let opened = Catalog::open(&original.path).expect("every file must lead to a usable catalog");
    let catalog = Arc::new(opened.catalog);
    let _ = (catalog.backups(), catalog.runs(100), catalog.last_run(RunKind::Backup, "shop"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let rescan = reconcile(&catalog, "disk", &original.storage);
    let report = runtime.block_on(rescan);
    assert!(report.is_ok(), "{:?}: {report:?}", opened.start);
    assert!(catalog.backups().unwrap() == original.rows, "{:?}: other rows", opened.start);
    catalog.put_run(&run("shop", 99, RunState::Failed)).unwrap();
    assert_eq!(
        catalog.last_run(RunKind::Backup, "shop").unwrap().unwrap(),
        run("shop", 99, RunState::Failed)
    );
    if let Start::Replaced { damaged, .. } = &opened.start {
        assert!(std::fs::read(damaged).unwrap() == bytes, "the file was not kept as it was");
    }
    opened.start
}

#[test]
fn a_file_cut_at_any_length_opens_and_is_rebuilt() {
    let original = original();
    let (mut replaced, lengths) = (0, 50);
    for step in 0..lengths {
        // The first lengths are inside the header, the others spread over the file.
        let length = if step < 10 { step * 11 } else { original.bytes.len() * step / lengths };
        let start = open_and_rebuild(&original, &original.bytes[..length]);
        assert_ne!(start, Start::Kept, "{length}");
        replaced += usize::from(matches!(start, Start::Replaced { .. }));
    }
    assert_eq!(replaced, lengths - 1, "only the empty file is simply new");
    assert_eq!(open_and_rebuild(&original, &original.bytes), Start::Kept);
}

#[test]
fn a_file_with_flipped_bytes_opens_and_is_rebuilt() {
    let original = original();
    let mut replaced = 0;
    // The whole header and the start of the schema, then steps that meet every page.
    let spread = (100..original.bytes.len()).step_by(613);
    let positions: Vec<usize> = (0..100).chain((100..4096).step_by(37)).chain(spread).collect();
    for position in &positions {
        for mask in [0x01, 0xFF] {
            let mut bytes = original.bytes.clone();
            bytes[*position] ^= mask;
            let start = open_and_rebuild(&original, &bytes);
            replaced += usize::from(matches!(start, Start::Replaced { .. }));
        }
    }
    println!("{} flips, {replaced} files replaced", positions.len() * 2);
    assert!(replaced > positions.len() / 10, "the flips did no harm: {replaced}");
}

#[test]
fn foreign_files_are_moved_aside_and_one_is_kept() {
    let original = original();
    let foreign: [&[u8]; 3] = [b"not a database", &[0; 5000], b"SQLite format 3\0 and nonsense"];
    for bytes in foreign {
        assert!(matches!(open_and_rebuild(&original, bytes), Start::Replaced { .. }));
    }
    // Another program's database, and one of a later Kronos.
    let other = original.path.with_file_name("other.sqlite");
    for sql in ["CREATE TABLE notes (text)", "PRAGMA user_version = 99", "PRAGMA user_version = -1"]
    {
        let connection = Connection::open(&other).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        let bytes = std::fs::read(&other).unwrap();
        assert!(matches!(open_and_rebuild(&original, &bytes), Start::Replaced { .. }), "{sql}");
    }
    let folder = original.path.parent().unwrap();
    for mine in ["catalog.sqlite.damaged-by-me", "catalog.sqlite.damaged-20260101T000000Z.txt"] {
        std::fs::write(folder.join(mine), "mine").unwrap();
    }
    std::fs::write(folder.join("catalog.sqlite.damaged-20260101T000000Z"), "older").unwrap();
    std::fs::write(&original.path, "junk").unwrap();
    let Start::Replaced { damaged, .. } = Catalog::open(&original.path).unwrap().start else {
        panic!("junk was kept")
    };
    assert_eq!(std::fs::read(&damaged).unwrap(), b"junk");
    let is_aside = |name: &&String| name.contains("damaged-2") && name.ends_with('Z');
    assert_eq!(names(folder).iter().filter(is_aside).count(), 1);
    assert!(folder.join("catalog.sqlite.damaged-by-me").exists());
    assert!(folder.join("catalog.sqlite.damaged-20260101T000000Z.txt").exists());
}

#[test]
fn the_log_of_a_damaged_file_is_not_played_into_the_new_one() {
    let original = original();
    // A copy of all three files of an open catalog is what a crash leaves.
    let open = Catalog::open(&original.path).unwrap().catalog;
    open.put_backup("disk", &sidecar("shop", 77), BackupStatus::Verified).unwrap();
    let log = std::fs::read(original.path.with_file_name("catalog.sqlite-wal")).unwrap();
    drop(open);
    assert!(!log.is_empty());
    std::fs::write(original.path.with_file_name("catalog.sqlite-wal"), log).unwrap();
    std::fs::write(&original.path, "junk").unwrap();
    let opened = Catalog::open(&original.path).unwrap();
    assert!(opened.catalog.backups().unwrap().is_empty());
}

#[test]
fn what_is_not_damage_is_reported_and_nothing_is_moved() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("catalog.sqlite");
    std::fs::create_dir(&path).unwrap();
    Catalog::open(&path).unwrap_err();
    assert!(path.is_dir());
    let original = original();
    let lock = Connection::open(&original.path).unwrap();
    lock.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    Catalog::open(&original.path).unwrap_err();
    drop(lock);
    assert_eq!(Catalog::open(&original.path).unwrap().start, Start::Kept);
}
