//! What the conformance suite cannot see from outside: names, modes, links, and what is left behind.

#[cfg(unix)]
mod crash;
#[cfg(target_os = "linux")]
mod disk;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::error::StorageError;

fn key(name: &str) -> ObjectKey {
    ObjectKey::new(name).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn put(storage: &dyn Storage, name: &str, bytes: &[u8]) -> Result<ObjectMeta> {
    let mut writer = storage.create(&key(name), 0).await?;
    for chunk in bytes.chunks(4096) {
        writer.write(chunk).await?;
    }
    writer.seal().await?;
    writer.read_back().await?;
    writer.commit().await
}

fn detail(error: &Error) -> &str {
    match error {
        Error::Storage(StorageError::Unavailable { detail, .. }) => detail,
        other => panic!("not unavailable: {other:?}"),
    }
}

#[tokio::test]
async fn of_fifty_concurrent_commits_of_one_key_one_wins() {
    let root = tempfile::tempdir().unwrap();
    let storage = Arc::new(LocalStorage::new(root.path()));
    let start = |n: u8| {
        let storage = Arc::clone(&storage);
        tokio::spawn(async move { (n, put(&*storage, "object", &[n; 5000]).await) })
    };
    let tasks: Vec<_> = (0..50).map(start).collect();
    let mut winners = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            (n, Ok(_)) => winners.push(n),
            (_, Err(Error::Storage(StorageError::Exists { .. }))) => {}
            (n, Err(other)) => panic!("{n}: {other:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(std::fs::read(root.path().join("object")).unwrap(), vec![winners[0]; 5000]);
    assert_eq!(names(root.path()), ["object"]);
}

#[tokio::test]
async fn a_foreign_file_that_appears_before_the_commit_is_not_replaced() {
    let root = tempfile::tempdir().unwrap();
    let storage = LocalStorage::new(root.path());
    let mut writer = storage.create(&key("object"), 0).await.unwrap();
    writer.write(b"ours").await.unwrap();
    writer.seal().await.unwrap();
    std::fs::write(root.path().join("object"), "theirs").unwrap();
    let refused = writer.commit().await.unwrap_err();
    assert!(matches!(refused, Error::Storage(StorageError::Exists { .. })), "{refused:?}");
    assert_eq!(std::fs::read(root.path().join("object")).unwrap(), b"theirs");
    assert_eq!(names(root.path()), ["object"]);
}

#[tokio::test]
async fn list_shows_objects_only() {
    let root = tempfile::tempdir().unwrap();
    let storage = LocalStorage::new(root.path());
    for name in ["b", "a", ".hidden", "with space", "ü", ".x.partial"] {
        std::fs::write(root.path().join(name), "1").unwrap();
    }
    std::fs::create_dir(root.path().join("folder")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root.path().join("a"), root.path().join("link")).unwrap();
        let pipe = root.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    let found = storage.list("").await.unwrap();
    assert_eq!(found.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    // What is not listed is not an object for any other operation, and is never removed.
    for name in if cfg!(unix) { &["folder", "link", "pipe"][..] } else { &["folder"] } {
        let missing = storage.open(&key(name)).await.err().unwrap();
        assert!(matches!(missing, Error::Storage(StorageError::NotFound { .. })), "{missing:?}");
        storage.delete(&key(name)).await.unwrap();
        assert!(std::fs::symlink_metadata(root.path().join(name)).is_ok(), "{name} was deleted");
    }
}

#[tokio::test]
async fn only_one_missing_folder_is_created() {
    let root = tempfile::tempdir().unwrap();
    let near = LocalStorage::new(root.path().join("backups"));
    assert_eq!(detail(&near.list("").await.unwrap_err()), "it does not exist");
    assert_eq!(detail(&near.delete(&key("a")).await.unwrap_err()), "it does not exist");
    assert_eq!(detail(&near.discard_unfinished(&key("a")).await.unwrap_err()), "it does not exist");
    assert!(near.capacity().await.unwrap().free.unwrap_or(1) > 0);
    put(&near, "object", b"1").await.unwrap();
    assert_eq!(names(&root.path().join("backups")), ["object"]);

    let far = LocalStorage::new(root.path().join("mnt/disk/backups"));
    for error in [
        far.create(&key("a"), 0).await.err().unwrap(),
        far.capacity().await.unwrap_err(),
        far.list("").await.unwrap_err(),
        far.stat(&key("a")).await.unwrap_err(),
        far.open(&key("a")).await.err().unwrap(),
    ] {
        assert!(detail(&error).ends_with("the disk may not be connected"), "{error}");
    }
    assert!(!root.path().join("mnt").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_not_a_folder_is_named() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    std::fs::write(&file, "").unwrap();
    let dangling = root.path().join("dangling");
    std::os::unix::fs::symlink(root.path().join("gone"), &dangling).unwrap();
    let linked = root.path().join("linked");
    std::os::unix::fs::symlink(root.path(), &linked).unwrap();
    let cases: [(PathBuf, &str); 3] = [
        (file.clone(), "it is a file, not a folder"),
        (file.join("below"), "a part of its path is a file"),
        (dangling, "it is a link to a place that does not exist"),
    ];
    for (path, words) in cases {
        let storage = LocalStorage::new(path);
        assert_eq!(detail(&storage.create(&key("a"), 0).await.err().unwrap()), words);
        assert_eq!(detail(&storage.list("").await.unwrap_err()), words);
        assert_eq!(detail(&storage.capacity().await.unwrap_err()), words);
    }
    assert!(!root.path().join("gone").exists());
    put(&LocalStorage::new(linked), "object", b"1").await.unwrap();
    assert!(root.path().join("object").exists());
}

#[tokio::test]
async fn a_folder_that_vanishes_while_writing_is_an_error_and_comes_back_empty() {
    for steps in 0..3 {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("backups");
        let storage = LocalStorage::new(&folder);
        let mut writer = storage.create(&key("object"), 0).await.unwrap();
        writer.write(b"bytes").await.unwrap();
        if steps > 0 {
            writer.seal().await.unwrap();
        }
        std::fs::rename(&folder, root.path().join("moved")).unwrap();
        if steps == 2 {
            std::fs::create_dir(&folder).unwrap();
        }
        let error = async {
            if steps == 0 {
                writer.seal().await?;
            }
            assert!(writer.read_back().await.is_err());
            writer.abort().await?;
            storage.list("").await
        };
        match error.await {
            Ok(found) => assert!(steps == 2 && found.is_empty()),
            Err(error) => assert_eq!(detail(&error), "it does not exist"),
        }
        assert!(!names(&root.path().join("moved")).contains(&"object".to_owned()));
    }
}

#[tokio::test]
async fn a_commit_into_a_vanished_folder_fails() {
    for recreated in [false, true] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("backups");
        let storage = LocalStorage::new(&folder);
        let mut writer = storage.create(&key("object"), 0).await.unwrap();
        writer.seal().await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        if recreated {
            std::fs::create_dir(&folder).unwrap();
            // Somebody else's file in the place of ours is neither published nor removed.
            std::fs::write(folder.join(".object.partial"), "foreign").unwrap();
        }
        let error = writer.commit().await.unwrap_err();
        assert_eq!(error.code(), crate::ErrorCode::StorageUnavailable, "{error}");
        assert_eq!(folder.exists(), recreated);
        assert!(!folder.join("object").exists());
        if recreated {
            assert_eq!(names(&folder), [".object.partial"]);
        }
    }
}

#[tokio::test]
async fn a_writer_whose_write_was_cut_short_is_broken() {
    let root = tempfile::tempdir().unwrap();
    let storage = LocalStorage::new(root.path());
    let mut writer = storage.create(&key("object"), 0).await.unwrap();
    let chunk = vec![1; 64 << 20];
    // One poll begins the write; dropping the future leaves it half done.
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(writer.write(&chunk).as_mut().poll(&mut context).is_pending());
    assert!(writer.write(b"more").await.is_err());
    assert!(writer.seal().await.is_err());
    drop(writer);
    assert!(names(root.path()).is_empty());
}

#[tokio::test]
async fn look_alikes_are_never_discarded() {
    let root = tempfile::tempdir().unwrap();
    let storage = LocalStorage::new(root.path());
    let others = [
        "object",
        "object.partial",
        ".object",
        ".object.partial.bak",
        ".object.partial~",
        ".object2.partial",
        "..object.partial",
        ".object.json.partial",
        ".OBJECT.partial",
    ];
    for name in others {
        std::fs::write(root.path().join(name), name).unwrap();
    }
    let before = names(root.path());
    assert!(!storage.discard_unfinished(&key("object")).await.unwrap());
    assert_eq!(names(root.path()), before);

    std::fs::create_dir(root.path().join(".folder.partial")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.path().join("object"), root.path().join(".link.partial"))
        .unwrap();
    let before = names(root.path());
    assert!(!storage.discard_unfinished(&key("folder")).await.unwrap());
    assert!(!storage.discard_unfinished(&key("link")).await.unwrap());
    assert_eq!(names(root.path()), before);

    std::fs::write(root.path().join(".object.partial"), "left behind").unwrap();
    assert!(storage.discard_unfinished(&key("object")).await.unwrap());
    assert!(!storage.discard_unfinished(&key("object")).await.unwrap());
    assert_eq!(names(root.path()), before);
}
