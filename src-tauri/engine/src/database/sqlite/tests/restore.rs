//! Restores: a private file with the same rows, or nothing; never in place of what is there.

use std::io::Write;

use super::*;
use crate::error::RestoreError;

async fn restore(
    bytes: &[u8],
    target: &Path,
    expected: &DatabaseFacts,
) -> Result<crate::database::Restored> {
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
