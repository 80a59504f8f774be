//! Dumps: every journal mode and page size, a source that is never changed, what a crash has left.

use super::*;
use crate::error::DatabaseError;

#[tokio::test]
async fn a_dump_holds_every_row_in_every_journal_mode_and_page_size() {
    let root = tempfile::tempdir().unwrap();
    for mode in ["wal", "delete", "truncate", "persist"] {
        for page_size in [512, 1024, 4096, 16384, 65536] {
            let source = root.path().join(format!("{mode}-{page_size}.db"));
            let setup = format!("PRAGMA page_size = {page_size}; PRAGMA journal_mode = {mode};");
            let _writer = sample(&source, &setup);
            let scratch = tempfile::tempdir().unwrap();
            let (units, report) = dump(&files(&[source]), &scope(scratch.path())).await.unwrap();
            let copy = root.path().join("copy.db");
            fs::write(&copy, &units[0]).unwrap();
            assert_eq!(rows(&copy), 500, "{mode} {page_size}");
            let properties = &report.databases[0].properties;
            assert_eq!(properties["page_size"], page_size.to_string());
            // The other modes are a matter of each connection; only WAL is written in the file.
            assert_eq!(properties["journal_mode"] == "wal", mode == "wal");
            assert!(report.warnings.is_empty(), "{:?}", report.warnings);
            for end in ["", "-wal", "-shm"] {
                let _ = fs::remove_file(source::sibling(&copy, end));
            }
        }
    }
}

#[tokio::test]
async fn the_report_lists_tables_with_rows_and_other_objects_without() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("shop.db");
    sample(&source, "");
    let (_, report) = dump(&files(&[source]), &scope(root.path())).await.unwrap();
    let objects: Vec<_> = report.databases[0]
        .objects
        .iter()
        .map(|object| (object.kind, object.name.as_str(), object.rows))
        .collect();
    let expected = [
        (ObjectKind::Table, "item", Some(500)),
        (ObjectKind::Index, "item_name", None),
        (ObjectKind::View, "short", None),
    ];
    assert_eq!(objects, expected);
    assert_eq!(report.consistency.label, "One committed moment of one file");
}

#[tokio::test]
async fn the_source_and_its_folder_stay_as_they_were() {
    for mode in ["wal", "delete"] {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("shop.db");
        drop(sample(&source, &format!("PRAGMA journal_mode = {mode};")));
        let before = fs::read(&source).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        dump(&files(std::slice::from_ref(&source)), &scope(scratch.path())).await.unwrap();
        assert_eq!(fs::read(&source).unwrap(), before, "{mode}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "{mode} left something behind");
    }
}

#[tokio::test]
async fn a_write_ahead_log_that_nobody_has_open_is_read_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let live = root.path().join("live.db");
    let writer = sample(&live, "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;");
    // What a killed program leaves: the file and its log, copied while nobody writes.
    let source = root.path().join("killed.db");
    fs::copy(&live, &source).unwrap();
    fs::copy(source::sibling(&live, "-wal"), source::sibling(&source, "-wal")).unwrap();
    drop(writer);
    let log = fs::read(source::sibling(&source, "-wal")).unwrap();
    let before = fs::read(&source).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let (units, _) =
        dump(&files(std::slice::from_ref(&source)), &scope(scratch.path())).await.unwrap();
    let copy = root.path().join("copy.db");
    fs::write(&copy, &units[0]).unwrap();
    assert_eq!(rows(&copy), 500);
    assert_eq!(fs::read(&source).unwrap(), before);
    assert_eq!(fs::read(source::sibling(&source, "-wal")).unwrap(), log);
}

#[cfg(unix)]
#[tokio::test]
async fn a_log_is_left_alone_also_behind_a_link() {
    let root = tempfile::tempdir().unwrap();
    let live = root.path().join("live.db");
    let writer = sample(&live, "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;");
    let real = root.path().join("real");
    fs::create_dir(&real).unwrap();
    let source = real.join("killed.db");
    fs::copy(&live, &source).unwrap();
    fs::copy(source::sibling(&live, "-wal"), source::sibling(&source, "-wal")).unwrap();
    drop(writer);
    let link = root.path().join("link.db");
    std::os::unix::fs::symlink(&source, &link).unwrap();
    let state = || ["", "-wal"].map(|end| fs::read(source::sibling(&source, end)).unwrap());
    let before = state();
    let scratch = tempfile::tempdir().unwrap();
    let (units, report) =
        dump(&files(std::slice::from_ref(&link)), &scope(scratch.path())).await.unwrap();
    assert!(state() == before, "the source has changed");
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    let copy = root.path().join("copy.db");
    fs::write(&copy, &units[0]).unwrap();
    assert_eq!(rows(&copy), 500);
}

#[tokio::test]
async fn a_damaged_source_fails_the_dump() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("shop.db");
    drop(sample(&source, ""));
    let mut bytes = fs::read(&source).unwrap();
    // A whole page of rows, far behind the header of the file.
    bytes[4096 * 3..4096 * 4].fill(0xa5);
    fs::write(&source, bytes).unwrap();
    let error = dump(&files(&[source]), &scope(root.path())).await.map(drop).unwrap_err();
    assert!(matches!(error, Error::Database(DatabaseError::Corrupt { .. })), "{error:?}");
}

#[tokio::test]
async fn what_a_crashed_program_left_half_done_is_not_in_the_dump() {
    let root = tempfile::tempdir().unwrap();
    let live = root.path().join("live.db");
    let writer = sample(
        &live,
        "PRAGMA journal_mode = delete; PRAGMA cache_size = 1; PRAGMA cache_spill = ON;",
    );
    writer.execute_batch("BEGIN; UPDATE item SET name = name || ' changed and made much longer than before so that pages spill';").unwrap();
    let source = root.path().join("killed.db");
    fs::copy(&live, &source).unwrap();
    let journal = source::sibling(&source, "-journal");
    fs::copy(source::sibling(&live, "-journal"), &journal).unwrap();
    // The crash was a minute ago.
    let then = std::time::SystemTime::now() - std::time::Duration::from_mins(1);
    fs::File::options().write(true).open(&journal).unwrap().set_modified(then).unwrap();
    drop(writer);
    let scratch = tempfile::tempdir().unwrap();
    let (units, report) = dump(&files(&[source]), &scope(scratch.path())).await.unwrap();
    assert_eq!(
        report.warnings,
        [
            "`killed.db`: a program crashed in the middle of a change; SQLite rolled it back, as the \
          next program to open it would have"
        ]
    );
    let copy = root.path().join("copy.db");
    fs::write(&copy, &units[0]).unwrap();
    let database = Connection::open(&copy).unwrap();
    let changed: i64 = database
        .query_row("SELECT count(*) FROM item WHERE name LIKE '%changed%'", [], |row| row.get(0))
        .unwrap();
    assert_eq!((changed, rows(&copy)), (0, 500));
}

#[tokio::test]
async fn an_empty_database_is_backed_up_with_a_warning() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("empty.db");
    fs::write(&source, "").unwrap();
    let (units, report) = dump(&files(&[source]), &scope(root.path())).await.unwrap();
    assert_eq!(units.len(), 1);
    assert_eq!(report.warnings, ["`empty.db` holds no tables"]);
}

#[tokio::test]
async fn a_cancelled_dump_stops() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("shop.db");
    sample(&source, "");
    let scope = scope(root.path());
    scope.cancel.cancel();
    let error = dump(&files(&[source]), &scope).await.map(drop).unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error:?}");
}
