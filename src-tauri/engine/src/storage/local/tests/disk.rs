//! Tests on a real, tiny disk: full, without inodes, read-only, unmounted.
//!
//! Each runs in a mount namespace of its own, so that nothing stays mounted whatever happens.

use std::os::unix::process::CommandExt;
use std::process::Command;

use super::*;

const MARK: &str = "KRONOS_TEST_MOUNTS";

/// Runs the calling test once more where it may mount. Returns true in that inner run.
fn may_mount(test: &str) -> bool {
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let test = format!("storage::local::tests::disk::{test}");
    let output = command
        .args(["--mount", "--propagation", "private"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--test-threads=1", "--nocapture"])
        .env(MARK, "1")
        .process_group(0)
        .output()
        .expect("`unshare` is needed for this test (package util-linux)");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(output.status.success(), "this test failed, or it may not mount a tmpfs:\n{said}");
    assert!(said.contains("1 passed"), "the inner run has not run `{test}`:\n{said}");
    false
}

fn mount(folder: &Path, options: &str) {
    let status = Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "kronos-test"])
        .arg(folder)
        .status()
        .expect("`mount` is needed for this test");
    assert!(status.success(), "a tmpfs cannot be mounted here, so a full disk cannot be tested");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn is_full(error: &Error) -> bool {
    matches!(error, Error::Storage(StorageError::Full { .. }))
}

#[test]
fn a_full_disk_is_reported_wherever_it_strikes() {
    if !may_mount("a_full_disk_is_reported_wherever_it_strikes") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    mount(root.path(), "size=1m,mode=700");
    let storage = LocalStorage::new(root.path());
    let (mut full, mut stored) = (0, 0);
    runtime().block_on(async {
        put(&storage, "earlier", &vec![1; 300_000]).await.unwrap();
        for free_pages in 0..=40_u64 {
            let free = storage.capacity().await.unwrap().free.unwrap();
            let filler = usize::try_from(free - free_pages * 4096).unwrap();
            std::fs::write(root.path().join("filler"), vec![0; filler]).unwrap();
            match put(&storage, "object", &vec![2; 32 * 4096]).await {
                Ok(_) => stored += 1,
                Err(error) if is_full(&error) => full += 1,
                Err(other) => panic!("{free_pages} pages: {other:?}"),
            }
            storage.delete(&key("object")).await.unwrap();
            assert_eq!(names(root.path()), ["earlier", "filler"], "{free_pages} pages");
            let earlier = std::fs::read(root.path().join("earlier")).unwrap();
            assert_eq!(earlier, vec![1; 300_000], "{free_pages} pages");
            std::fs::remove_file(root.path().join("filler")).unwrap();
        }
        let early = storage.create(&key("object"), 2 << 20).await.err().unwrap();
        let Error::Storage(StorageError::Full { needed: Some(needed), free: Some(free), .. }) =
            early
        else {
            panic!("{early:?}")
        };
        assert!(needed == 2 << 20 && free < 1 << 20);
    });
    println!("{full} times full, {stored} times stored");
    assert!(full >= 31 && stored >= 8, "the disk was not full often enough: {full}, {stored}");
}

#[test]
fn no_room_for_a_name_is_a_full_disk_too() {
    if !may_mount("no_room_for_a_name_is_a_full_disk_too") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    mount(root.path(), "size=1m,nr_inodes=3,mode=700");
    let storage = LocalStorage::new(root.path());
    runtime().block_on(async {
        put(&storage, "first", b"1").await.unwrap();
        put(&storage, "second", b"2").await.unwrap();
        assert!(is_full(&storage.create(&key("third"), 0).await.err().unwrap()));
        assert_eq!(names(root.path()), ["first", "second"]);
    });
}

#[test]
fn a_read_only_disk_can_be_read_and_says_why_it_cannot_be_written() {
    if !may_mount("a_read_only_disk_can_be_read_and_says_why_it_cannot_be_written") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    mount(root.path(), "size=1m,mode=700");
    let storage = LocalStorage::new(root.path());
    runtime().block_on(async {
        put(&storage, "object", b"1").await.unwrap();
        std::fs::write(root.path().join(".left.partial"), "").unwrap();
        mount(root.path(), "remount,ro");
        assert_eq!(storage.list("").await.unwrap().len(), 1);
        assert_eq!(storage.stat(&key("object")).await.unwrap().size, 1);
        for error in [
            storage.create(&key("new"), 0).await.err().unwrap(),
            storage.delete(&key("object")).await.unwrap_err(),
            storage.discard_unfinished(&key("left")).await.unwrap_err(),
        ] {
            assert_eq!(detail(&error), "its disk is read-only");
        }
        assert_eq!(names(root.path()), [".left.partial", "object"]);
    });
}

#[test]
fn a_disk_that_is_unmounted_while_writing_gets_nothing_onto_the_disk_below() {
    if !may_mount("a_disk_that_is_unmounted_while_writing_gets_nothing_onto_the_disk_below") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    mount(root.path(), "size=1m,mode=700");
    let storage = LocalStorage::new(root.path().join("backups"));
    runtime().block_on(async {
        let mut writer = storage.create(&key("object"), 0).await.unwrap();
        writer.write(b"bytes").await.unwrap();
        let status = Command::new("umount").arg("--lazy").arg(root.path()).status().unwrap();
        assert!(status.success());
        writer.seal().await.unwrap();
        assert_eq!(detail(&writer.commit().await.unwrap_err()), "it does not exist");
        assert!(names(root.path()).is_empty(), "bytes were written to the wrong disk");
    });
}
