//! The scripts of a container against a fake runtime, which is a fake in one thing: the "container" is this computer. As with
//! the real one, what runs inside does not end with the program that has started it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use crate::database::child::Invocation;
use crate::database::child::tests::{scope, tool};
use crate::database::tool::{Container, Tool};

/// `exec [-i] [-e NAME=VALUE]… -- CONTAINER COMMAND…`
const RUNTIME: &str = r#"#!/bin/sh
while [ "$1" != -- ]; do case $1 in -e) shift; export "$1" ;; esac; shift; done
shift 2
exec setsid --wait "$@"
"#;

/// A tool in a container that writes its number into `number` and then runs `script`.
async fn inside(folder: &Path, script: &str) -> Tool {
    let runtime = folder.join("docker");
    std::fs::write(&runtime, RUNTIME).unwrap();
    std::fs::set_permissions(&runtime, PermissionsExt::from_mode(0o755)).unwrap();
    let number = folder.join("number");
    let script = format!("echo $$ >{0}.new; mv {0}.new {0}; {script}", number.display());
    tool(folder, &script).await.put_into(Container::played_by(runtime))
}

/// Whether the tool is at work; waits until it has begun.
fn is_alive(folder: &Path) -> bool {
    let number = std::iter::repeat_with(|| std::fs::read_to_string(folder.join("number")))
        .inspect(|_| std::thread::sleep(Duration::from_millis(5)))
        .find_map(Result::ok)
        .unwrap();
    Path::new("/proc").join(number.trim()).exists()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn a_tool_that_is_written_to_is_gone_when_it_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    // The end of its input does not end it.
    let tool = inside(folder.path(), "cat >/dev/null; exec sleep 1000").await;
    let mut child = Invocation::new(&tool).spawn_input(&scope(folder.path())).unwrap();
    let path = folder.path().to_owned();
    blocking(move || {
        child.write_all(b"some of it").unwrap();
        assert!(is_alive(&path));
        child.stop();
        assert!(!is_alive(&path));
    })
    .await;
}

#[tokio::test]
async fn a_tool_that_is_read_ends_with_its_reader() {
    let folder = tempfile::tempdir().unwrap();
    let tool = inside(folder.path(), "echo some of it; exec sleep 1000").await;
    let mut child = Invocation::new(&tool).spawn_output(&scope(folder.path())).unwrap();
    let path = folder.path().to_owned();
    blocking(move || {
        child.read_exact(&mut [0; 10]).unwrap();
        assert!(is_alive(&path));
        drop(child);
        while is_alive(&path) {}
    })
    .await;
}

#[tokio::test]
async fn how_a_tool_ends_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (end, is_fine) in [("exit 0", true), ("exit 3", false), ("kill -9 $$", false)] {
        let writing = inside(folder.path(), &format!("cat >/dev/null; {end}")).await;
        let mut input = Invocation::new(&writing).spawn_input(&scope(folder.path())).unwrap();
        let outcome = blocking(move || {
            input.write_all(b"all of it").unwrap();
            input.finish()
        });
        assert_eq!(outcome.await.is_ok(), is_fine, "{end}");
        let reading = inside(folder.path(), &format!("echo all of it; {end}")).await;
        let mut output = Invocation::new(&reading).spawn_output(&scope(folder.path())).unwrap();
        let mut text = String::new();
        let outcome = blocking(move || (output.read_to_string(&mut text), text));
        let (outcome, text) = outcome.await;
        assert_eq!(outcome.is_ok(), is_fine, "{end}");
        assert_eq!(text, "all of it\n", "{end}");
    }
}
