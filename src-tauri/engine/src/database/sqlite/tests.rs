//! The SQLite connection against real files: every bad input with its sentence, every journal mode
//! and page size, a source that is never changed, a restore that never replaces.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::*;
use crate::cancel::CancellationToken;
use crate::contents::{DatabaseFacts, ObjectKind};
use crate::database::DumpReport;
use crate::error::{DatabaseError, RestoreError};
use crate::progress::Progress;

fn files(paths: &[PathBuf]) -> SqliteFiles {
    SqliteFiles { paths: paths.to_vec() }
}

/// A database of a few hundred rows.
fn sample(path: &Path, setup: &str) -> Connection {
    let database = Connection::open(path).unwrap();
    database.execute_batch(setup).unwrap();
    database
        .execute_batch(
            "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
             CREATE INDEX item_name ON item (name);
             CREATE VIEW short AS SELECT * FROM item WHERE length(name) < 9;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO item SELECT i, 'item ' || i FROM n;",
        )
        .unwrap();
    database
}

fn scope(folder: &Path) -> WorkScope {
    WorkScope {
        scratch: folder.to_owned(),
        progress: Progress::new(),
        cancel: CancellationToken::new(),
    }
}

/// Dumps everything and returns the bytes of each unit.
async fn dump(files: &SqliteFiles, scope: &WorkScope) -> Result<(Vec<Vec<u8>>, DumpReport)> {
    let plan = files.plan(&scope.cancel).await?;
    let mut stream = files.dump(&plan, scope).await?;
    let mut units = Vec::new();
    while let Some(mut unit) = stream.next_unit()? {
        let mut bytes = Vec::new();
        unit.reader.read_to_end(&mut bytes).unwrap();
        assert_eq!(Some(bytes.len() as u64), unit.size);
        units.push(bytes);
    }
    Ok((units, stream.finish()?))
}

fn rows(path: &Path) -> i64 {
    let database = Connection::open(path).unwrap();
    database.query_row("SELECT count(*) FROM item", [], |row| row.get(0)).unwrap()
}

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

#[test]
fn names_are_as_short_as_they_can_be_and_unique() {
    let names = |paths: &[&str]| {
        unit_names(&paths.iter().map(PathBuf::from).collect::<Vec<_>>()).join(" | ")
    };
    assert_eq!(names(&["/a/x.db", "/b/y.db"]), "x.db | y.db");
    assert_eq!(names(&["/a/d1/x.db", "/a/d2/x.db", "/a/y.db"]), "d1/x.db | d2/x.db | y.db");
    assert_eq!(names(&["/a/d/x.db", "/b/d/x.db", "/b/e/x.db"]), "a/d/x.db | b/d/x.db | e/x.db");
    assert_eq!(names(&["x.db", "d/x.db", "/x.db"]), "x.db | d/x.db | /x.db");
    assert_eq!(names(&["/a/x.db", "/a/x.db"]), "/a/x.db | /a/x.db (2)");
}

#[tokio::test]
async fn plan_probe_and_dump_name_equal_file_names_alike() {
    let root = tempfile::tempdir().unwrap();
    let paths = ["d1", "d2"].map(|folder| {
        fs::create_dir(root.path().join(folder)).unwrap();
        let path = root.path().join(folder).join("x.db");
        drop(sample(&path, ""));
        path
    });
    let source = files(&paths);
    let scope = scope(root.path());
    let plan = source.plan(&scope.cancel).await.unwrap();
    let planned: Vec<_> = plan.units.iter().map(|unit| unit.name.clone()).collect();
    assert_eq!(planned, ["d1/x.db", "d2/x.db"]);
    let probed = source.probe().await.unwrap().databases.into_iter().map(|found| found.name);
    assert_eq!(probed.collect::<Vec<_>>(), planned);
    let mut stream = source.dump(&plan, &scope).await.unwrap();
    for name in planned {
        assert_eq!(stream.next_unit().unwrap().unwrap().name, name);
    }
}

#[tokio::test]
async fn every_bad_source_has_its_own_sentence() {
    let root = tempfile::tempdir().unwrap();
    let place = |name: &str| root.path().join(name);
    fs::create_dir(place("folder")).unwrap();
    fs::write(place("notes.txt"), "just some notes, nothing more\n".repeat(100)).unwrap();
    let noise: Vec<u8> = (0..8192).map(|_| rand::random()).collect();
    fs::write(place("cipher.db"), &noise).unwrap();
    let mut zipped = noise;
    zipped[..2].copy_from_slice(b"\x1f\x8b");
    fs::write(place("archive.db"), zipped).unwrap();
    let shown = |name: &str| place(name).display().to_string();
    let cases = [
        ("missing.db", format!("There is no file `{}`", shown("missing.db"))),
        ("folder", format!("`{}` is a folder, not a database file", shown("folder"))),
        ("notes.txt", format!("`{}` is not a SQLite database", shown("notes.txt"))),
        ("archive.db", format!("`{}` is not a SQLite database", shown("archive.db"))),
        (
            "cipher.db",
            format!(
                "`{}` is encrypted, and Kronos cannot read encrypted SQLite files",
                shown("cipher.db")
            ),
        ),
    ];
    for (name, sentence) in cases {
        let source = files(&[place(name)]);
        assert_eq!(source.probe().await.unwrap_err().to_string(), sentence);
        assert_eq!(source.plan(&CancellationToken::new()).await.unwrap_err().to_string(), sentence);
    }
}

#[test]
fn a_source_left_in_work_in_a_folder_that_cannot_be_written_is_told_from_others() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("shop.db");
    fs::write(&source, "").unwrap();
    let is_left = |writable| source::is_left_in_work(&source, |_| writable);
    assert!(!is_left(false));
    for ending in ["-wal", "-journal"] {
        let left = source::sibling(&source, ending);
        fs::write(&left, "x").unwrap();
        assert!(is_left(false) && !is_left(true), "{ending}");
        fs::remove_file(left).unwrap();
    }
    let path = "shop.db".to_owned();
    assert_eq!(
        DatabaseError::LeftInWork { path }.to_string(),
        "`shop.db` was left in the middle of work by another program and its folder cannot be \
         written, so SQLite cannot read it"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_log_in_a_folder_that_cannot_be_written_has_its_own_sentence() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let live = root.path().join("live.db");
    let writer = sample(&live, "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;");
    let folder = root.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let source = folder.join("killed.db");
    fs::copy(&live, &source).unwrap();
    fs::copy(source::sibling(&live, "-wal"), source::sibling(&source, "-wal")).unwrap();
    drop(writer);
    let allow = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    // Root may write everywhere.
    if crate::files::check_writable(&folder).is_err() {
        let error = files(&[source]).probe().await.unwrap_err();
        assert!(matches!(error, Error::Database(DatabaseError::LeftInWork { .. })), "{error:?}");
    }
    allow(0o755);
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_refused_without_waiting_for_it() {
    let root = tempfile::tempdir().unwrap();
    let pipe = root.path().join("pipe.db");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let error = files(&[pipe]).probe().await.unwrap_err();
    assert!(error.to_string().ends_with("is a device or a pipe, not a database file"), "{error}");
}

#[tokio::test]
async fn a_locked_source_is_reported_after_a_bounded_wait() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("shop.db");
    let holder = sample(&source, "");
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = files(std::slice::from_ref(&source)).probe().await.unwrap_err();
    assert!(
        matches!(error, Error::Database(DatabaseError::Locked { waited_seconds: 2, .. })),
        "{error:?}"
    );
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(files(&[source]).probe().await.unwrap().databases[0].tables, 1);
}

#[tokio::test]
async fn a_plan_waits_longer_than_a_look() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("shop.db");
    let holder = sample(&source, "");
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let release = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(3));
        holder.execute_batch("ROLLBACK").unwrap();
    });
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let error = files(std::slice::from_ref(&source)).plan(&cancelled).await.unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error:?}");
    let plan = files(&[source]).plan(&CancellationToken::new()).await.unwrap();
    assert_eq!(plan.units.len(), 1);
    release.join().unwrap();
}

#[tokio::test]
async fn a_cancelled_run_does_not_wait_for_its_check() {
    let root = tempfile::tempdir().unwrap();
    let image = image(root.path());
    let source = root.path().join("shop.db");
    fs::write(&source, &image).unwrap();
    let scope = scope(root.path());
    let source = files(&[source]);
    let plan = source.plan(&scope.cancel).await.unwrap();
    let mut stream = source.dump(&plan, &scope).await.unwrap();
    stream.next_unit().unwrap().unwrap();
    let target = root.path().join("restored.db");
    let new = RestoreTarget::NewFile(target.clone());
    let mut sink = files(&[]).restore(&new, &dumped(image.len() as u64), &work()).await.unwrap();
    sink.write_all(&image).unwrap();
    scope.cancel.cancel();
    let error = stream.finish().unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error:?}");
    let error = sink.finish(&facts(), &scope.cancel).unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error:?}");
    assert!(!target.exists());
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

fn dumped(size: u64) -> DumpedDatabase {
    DumpedDatabase {
        name: "shop.db".to_owned(),
        size,
        server: ServerInfo::default(),
        facts: DatabaseFacts::default(),
        only: None,
        is_part: false,
    }
}

/// A restore to a file needs no scratch folder.
fn work() -> WorkScope {
    WorkScope {
        scratch: PathBuf::new(),
        progress: Progress::new(),
        cancel: CancellationToken::new(),
    }
}

fn facts() -> DatabaseFacts {
    let objects = vec![
        ObjectCount { kind: ObjectKind::Table, name: "item".into(), rows: Some(500) },
        ObjectCount { kind: ObjectKind::Index, name: "item_name".into(), rows: None },
        ObjectCount { kind: ObjectKind::View, name: "short".into(), rows: None },
    ];
    DatabaseFacts { objects, ..DatabaseFacts::default() }
}

use crate::contents::ObjectCount;

async fn restore(
    bytes: &[u8],
    target: &Path,
    expected: &DatabaseFacts,
) -> Result<super::super::Restored> {
    let target = RestoreTarget::NewFile(target.to_owned());
    let mut sink = files(&[]).restore(&target, &dumped(bytes.len() as u64), &work()).await?;
    sink.write_all(bytes).unwrap();
    sink.finish(expected, &CancellationToken::new())
}

#[tokio::test]
async fn a_restore_removes_what_a_killed_one_left_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let image = image(root.path());
    let place = |name: &str| root.path().join(name);
    let others = [
        ".kronos-restoring-notes.txt",
        ".kronos-restoring-abc12",
        ".kronos-restoring-abc-12",
        "kronos-restoring-abc123",
        ".kronos-restoring-living",
    ];
    for name in others.iter().chain(&[".kronos-restoring-Abc123"]) {
        fs::write(place(name), "half").unwrap();
    }
    fs::create_dir(place(".kronos-restoring-folder")).unwrap();
    let living = fs::File::open(place(".kronos-restoring-living")).unwrap();
    living.lock().unwrap();
    let new = RestoreTarget::NewFile(place("first.db"));
    let first = files(&[]).restore(&new, &dumped(image.len() as u64), &work()).await.unwrap();
    restore(&image, &place("second.db"), &facts()).await.unwrap();
    assert!(!place(".kronos-restoring-Abc123").exists());
    assert!(others.iter().all(|name| place(name).exists()));
    assert!(place(".kronos-restoring-folder").exists());
    // The others, the folder, the restored file, and the restore that is still under way.
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), others.len() + 3);
    drop(first);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), others.len() + 2);
}

fn image(folder: &Path) -> Vec<u8> {
    let path = folder.join("image.db");
    drop(sample(&path, ""));
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(path).unwrap();
    bytes
}

#[tokio::test]
async fn a_restore_makes_a_private_file_with_the_same_rows() {
    let root = tempfile::tempdir().unwrap();
    let target = root.path().join("restored 'ü.db");
    let restored = restore(&image(root.path()), &target, &facts()).await.unwrap();
    assert_eq!((restored.tables, restored.rows), (1, 500));
    assert_eq!(rows(&target), 500);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_restore_never_touches_what_is_there() {
    let root = tempfile::tempdir().unwrap();
    let image = image(root.path());
    let precious = root.path().join("precious.db");
    fs::write(&precious, "mine").unwrap();
    let error = restore(&image, &precious, &facts()).await.unwrap_err();
    assert!(matches!(error, Error::Restore(RestoreError::TargetExists { .. })), "{error:?}");
    assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");

    let target = root.path().join("new.db");
    fs::write(source::sibling(&target, "-wal"), "stale").unwrap();
    let error = restore(&image, &target, &facts()).await.unwrap_err();
    assert!(matches!(error, Error::Restore(RestoreError::StaleJournal { .. })), "{error:?}");

    let late = root.path().join("late.db");
    let new = RestoreTarget::NewFile(late.clone());
    let mut sink = files(&[]).restore(&new, &dumped(image.len() as u64), &work()).await.unwrap();
    sink.write_all(&image).unwrap();
    fs::write(&late, "came in between").unwrap();
    let error = sink.finish(&facts(), &CancellationToken::new()).unwrap_err();
    assert!(matches!(error, Error::Restore(RestoreError::TargetExists { .. })), "{error:?}");
    assert_eq!(fs::read_to_string(&late).unwrap(), "came in between");
}

#[tokio::test]
async fn a_restore_that_differs_or_is_dropped_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let image = image(root.path());
    let target = root.path().join("new.db");
    let mut wrong = facts();
    wrong.objects[0].rows = Some(501);
    let error = restore(&image, &target, &wrong).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "The restored database differs from the backup: `item` has 500 rows instead of 501"
    );
    let error = restore(&image[..image.len() - 4096], &target, &facts()).await.unwrap_err();
    assert!(matches!(error, Error::Restore(RestoreError::Mismatch { .. })), "{error:?}");
    let new = RestoreTarget::NewFile(target.clone());
    let mut sink = files(&[]).restore(&new, &dumped(1), &work()).await.unwrap();
    sink.write_all(b"x").unwrap();
    drop(sink);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_target_that_cannot_be_written_is_refused_before() {
    let root = tempfile::tempdir().unwrap();
    let check = |path: PathBuf| async move {
        files(&[])
            .check_target(&RestoreTarget::NewFile(path), &dumped(1))
            .await
            .unwrap_err()
            .to_string()
    };
    let nowhere = check(root.path().join("no/such/folder.db")).await;
    assert!(nowhere.ends_with("its folder does not exist"), "{nowhere}");
    let no_file = check(root.path().join("..")).await;
    assert!(no_file.ends_with("it names no file"), "{no_file}");
    let too_large = RestoreTarget::NewFile(root.path().join("large.db"));
    let error = files(&[]).check_target(&too_large, &dumped(u64::MAX)).await.unwrap_err();
    assert!(matches!(error, Error::Restore(RestoreError::NoSpace { .. })), "{error:?}");
}
