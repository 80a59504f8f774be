//! Tests that need a process of their own: a umask, a sudden death, a failing system call.
//!
//! A child is this test binary again, told by an environment variable which folder to use.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use super::*;

const FOLDER: &str = "KRONOS_TEST_CHILD_FOLDER";
const BYTES: [u8; 10_000] = [7; 10_000];

fn child_folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// The command line that runs one child test in `folder`, behind the words of `wrapper`.
fn child(wrapper: &[&str], test: &str, folder: &Path) -> Output {
    let binary = std::env::current_exe().unwrap();
    let mut words: Vec<&std::ffi::OsStr> = wrapper.iter().map(std::ffi::OsStr::new).collect();
    words.push(binary.as_os_str());
    let test = format!("storage::local::tests::crash::{test}");
    Command::new(words[0])
        .args(&words[1..])
        .args(["--exact", &test, "--test-threads=1"])
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("`{}` is needed for this test: {error}", wrapper.join(" ")))
}

#[test]
fn child_stores_one_object() {
    let Some(folder) = child_folder() else { return };
    one_thread().block_on(put(&LocalStorage::new(folder), "object", &BYTES)).unwrap();
}

/// One thread does all file calls, because `strace` counts the calls of each thread by itself.
fn one_thread() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.max_blocking_threads(1).enable_all().build().unwrap()
}

#[tokio::test]
async fn child_dies_while_writing() {
    let Some(folder) = child_folder() else { return };
    let storage = LocalStorage::new(folder);
    let mut writer = storage.create(&key("object"), 0).await.unwrap();
    writer.write(&BYTES).await.unwrap();
    std::process::abort();
}

#[test]
fn child_is_told_of_a_failing_fsync() {
    let Some(folder) = child_folder() else { return };
    one_thread().block_on(store_with_a_failing_fsync(&folder));
}

async fn store_with_a_failing_fsync(folder: &Path) {
    let storage = LocalStorage::new(folder);
    let mut writer = storage.create(&key("object"), 0).await.unwrap();
    writer.write(&BYTES).await.unwrap();
    let sealed = writer.seal().await;
    let gone = !folder.join(".object.partial").exists();
    let committed = match &sealed {
        // A second fsync would succeed; nobody may get there.
        Err(_) => {
            assert!(gone, "a file that could not be synced must be removed at once");
            assert!(writer.seal().await.is_err());
            assert!(writer.read_back().await.is_err());
            writer.commit().await
        }
        Ok(()) => writer.commit().await,
    };
    let error = committed.expect_err("an fsync that failed must not end in a commit");
    assert!(storage.list("").await.unwrap().is_empty());
    assert!(names(folder).is_empty());
    println!("{error}");
}

#[test]
fn files_and_folders_are_private_under_every_umask() {
    for umask in ["000", "022", "077"] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("backups");
        let script = format!("umask {umask}; exec \"$0\" \"$@\"");
        let output = child(&["sh", "-c", &script], "child_stores_one_object", &folder);
        assert!(output.status.success(), "{output:?}");
        let output = child(&["sh", "-c", &script], "child_dies_while_writing", &folder.join("2"));
        assert!(!output.status.success(), "the child was to die");
        let mode = |name: &str| {
            let found = std::fs::metadata(folder.join(name)).unwrap();
            found.permissions().mode() & 0o777
        };
        assert_eq!([mode(""), mode("object")], [0o700, 0o600]);
        assert_eq!([mode("2"), mode("2/.object.partial")], [0o700, 0o600]);
    }
}

#[tokio::test]
async fn what_a_dead_process_left_behind_is_discarded() {
    let root = tempfile::tempdir().unwrap();
    let output = child(&["env"], "child_dies_while_writing", root.path());
    assert!(!output.status.success());
    assert_eq!(names(root.path()), [".object.partial"], "{output:?}");
    let storage = LocalStorage::new(root.path());
    assert!(storage.list("").await.unwrap().is_empty());
    assert!(storage.discard_unfinished(&key("object")).await.unwrap());
    assert!(names(root.path()).is_empty());
    put(&storage, "object", b"again").await.unwrap();
}

/// Runs a child while `strace` lets the calls on its files go wrong.
#[cfg(target_os = "linux")]
fn traced(inject: &str, test: &str, folder: &Path) -> Output {
    let paths = [folder.to_owned(), folder.join(".object.partial"), folder.join("object")];
    let log = folder.with_extension("strace");
    let mut wrapper = vec!["strace", "-f", "-qq", "-o", log.to_str().unwrap(), "-e", inject];
    for path in &paths {
        wrapper.extend(["-P", path.to_str().unwrap()]);
    }
    child(&wrapper, test, folder)
}

#[cfg(target_os = "linux")]
#[test]
fn an_fsync_error_is_final() {
    let mut faults = 0;
    // The first is the file's, the second the folder's.
    for when in [1, 2] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("backups");
        std::fs::create_dir(&folder).unwrap();
        let inject = format!("inject=fsync:error=EIO:when={when}");
        let output = traced(&inject, "child_is_told_of_a_failing_fsync", &folder);
        assert!(output.status.success(), "{when}: {output:?}");
        let log = std::fs::read_to_string(folder.with_extension("strace")).unwrap();
        faults += log.matches("(INJECTED)").count();
    }
    assert_eq!(faults, 2, "the faults did not fire");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn killed_at_every_system_call_an_object_is_whole_or_absent() {
    const CALLS: [&str; 11] = [
        "mkdir",
        "statx",
        "statfs",
        "openat",
        "flock",
        "write",
        "fsync",
        "fcntl",
        "fadvise64",
        "renameat2",
        "close",
    ];
    let (mut killed, mut whole, mut left) = (0, 0, 0);
    // `strace` counts each kind of call by itself.
    for call in CALLS {
        for count in 1.. {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join("backups");
            let inject = format!("inject={call}:signal=KILL:when={count}");
            let output = traced(&inject, "child_stores_one_object", &folder);
            let storage = LocalStorage::new(&folder);
            for object in storage.list("").await.unwrap_or_default() {
                let stored = std::fs::read(folder.join(object.key.as_str())).unwrap();
                assert_eq!(stored, BYTES, "{call} {count}");
                whole += 1;
            }
            if folder.exists() {
                left += u32::from(storage.discard_unfinished(&key("object")).await.unwrap());
                assert!(names(&folder).iter().all(|name| name == "object"), "{call} {count}");
            }
            if output.status.success() {
                break;
            }
            killed += 1;
        }
    }
    println!("killed at {killed} calls: {whole} times whole, {left} times a left-over removed");
    assert!(killed > 25 && left > 10 && whole > CALLS.len(), "{killed} {left} {whole}");
}
