//! Sources that are bad, busy or oddly named, each with its sentence.

use super::*;
use crate::error::DatabaseError;

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
