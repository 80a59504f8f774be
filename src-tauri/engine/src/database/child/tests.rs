//! Child processes against small shell scripts: every way to end, a secret that is nowhere to be seen.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::*;
use crate::cancel::CancellationToken;
use crate::database::WorkScope;
use crate::database::tool::{Packages, Place, Search, Tool, ToolVersion, find_all};
use crate::error::{Error, ServerError};
use crate::progress::Progress;
use crate::secret::Secret;

fn packages() -> Packages {
    let name = "the-tool".to_owned();
    Packages {
        debian: name.clone(),
        fedora: name.clone(),
        arch: name.clone(),
        alpine: name.clone(),
        brew: name.clone(),
        winget: name,
    }
}

/// A tool that runs `script` unless it is asked for its version.
pub(super) async fn tool(folder: &Path, script: &str) -> Tool {
    let path = folder.join("fake_dump");
    let text =
        format!("#!/bin/sh\n[ \"$1\" = --version ] && {{ echo fake 1.2.3; exit; }}\n{script}\n");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    // A child of another test that has not yet become another program still holds it open.
    while std::process::Command::new(&path)
        .arg("--version")
        .output()
        .is_err_and(|error| error.kind() == std::io::ErrorKind::ExecutableFileBusy)
    {
        std::thread::yield_now();
    }
    let search = Search { names: &["fake_dump"], folders: &[], version: ToolVersion::first_in };
    find_all(&search, &Place::Here, Some(folder), &packages()).await.unwrap().remove(0)
}

pub(super) fn scope(folder: &Path) -> WorkScope {
    WorkScope {
        scratch: folder.to_owned(),
        progress: Progress::new(),
        cancel: CancellationToken::new(),
    }
}

/// Reads to the end on a blocking thread, as the pipeline does.
async fn read(mut child: ChildOutput) -> (Vec<u8>, Result<(), Error>) {
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        let outcome = child.read_to_end(&mut bytes).map(drop);
        (bytes, outcome.map_err(|error| error.downcast::<Error>().unwrap()))
    })
    .await
    .unwrap()
}

async fn outcome_of(script: &str) -> (Vec<u8>, Result<(), Error>) {
    let folder = tempfile::tempdir().unwrap();
    let tool = tool(folder.path(), script).await;
    read(Invocation::new(&tool).spawn_output(&scope(folder.path())).unwrap()).await
}

#[tokio::test]
async fn the_end_of_the_stream_is_the_tools_success() {
    let (bytes, outcome) = outcome_of("printf data").await;
    assert_eq!(bytes, b"data");
    outcome.unwrap();
    for status in [1, 2, 3, 125, 255] {
        let script = format!("printf data; echo 'it went wrong' >&2; exit {status}");
        let (bytes, outcome) = outcome_of(&script).await;
        assert_eq!(bytes, b"data");
        let text = outcome.unwrap_err().to_string();
        let expected = format!("fake_dump 1.2.3 failed: it went wrong (exit status {status})");
        assert_eq!(text, expected);
    }
}

#[tokio::test]
async fn a_signal_is_named() {
    let (_, outcome) = outcome_of("printf data; kill -9 $$").await;
    let text = outcome.unwrap_err().to_string();
    assert!(text.contains("signal 9 (killed"), "{text}");
}

#[tokio::test]
async fn cancelling_ends_the_whole_group_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let tool = tool(folder.path(), "sleep 1000 & sleep 1000; wait").await;
    let scope = scope(folder.path());
    let child = Invocation::new(&tool).spawn_output(&scope).unwrap();
    let begun = Instant::now();
    let reading = tokio::spawn(read(child));
    scope.cancel.cancel();
    // The end of the pipe comes only when the grandchild, too, has closed it.
    let (_, outcome) = reading.await.unwrap();
    assert!(matches!(outcome, Err(Error::Cancelled)), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_mins(1));
}

#[tokio::test]
async fn a_secret_is_a_private_file_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"cat "${PASS_FILE:-${1#--file=}}"; stat -c ' %a' "${PASS_FILE:-${1#--file=}}"
        tr '\0' '\n' </proc/$$/environ; echo "$@"; echo 'p$"1 secret' >&2; exit 3"#;
    let tool = tool(folder.path(), script).await;
    for how in [SecretUse::Variable("PASS_FILE"), SecretUse::FirstArgument("--file=")] {
        let scope = scope(folder.path());
        let secret = Secret::new("p$\"1 secret");
        let call = Invocation::new(&tool).secret_file(how, "in the file".to_owned()).hide(&secret);
        let (bytes, outcome) = read(call.spawn_output(&scope).unwrap()).await;
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("in the file 600\n"), "{text}");
        assert_eq!(text.matches("in the file").count(), 1, "{text}");
        let complaint = outcome.unwrap_err().to_string();
        assert_eq!(complaint, "fake_dump 1.2.3 failed: … (exit status 3)");
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "only the tool itself is left");
}

#[tokio::test]
async fn the_users_environment_and_files_have_no_influence() {
    let (bytes, outcome) = outcome_of("env").await;
    outcome.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let names: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    // The shell itself adds some.
    let allowed = [
        "PATH",
        "HOME",
        "LC_ALL",
        "LANG",
        "TMPDIR",
        "PWD",
        "_",
        "SHLVL",
        "OLDPWD",
        "LD_LIBRARY_PATH",
    ];
    assert!(names.len() >= 4 && names.iter().all(|name| allowed.contains(name)), "{names:?}");
    assert!(text.contains("HOME=/nonexistent"), "{text}");
}

#[tokio::test]
async fn what_a_tool_prints_is_kept_short() {
    let flood = "i=0; while [ $i -lt 200 ]; do echo line $i >&2; i=$((i+1)); done; \
                 head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 1";
    let (_, outcome) = outcome_of(flood).await;
    let text = outcome.unwrap_err().to_string();
    assert!(text.contains("line 199") && text.len() < 1500, "{} bytes", text.len());
}

#[tokio::test]
async fn a_tool_that_stops_reading_is_asked_why() {
    let folder = tempfile::tempdir().unwrap();
    let tool = tool(folder.path(), "head -c 10 >/dev/null; echo 'syntax error' >&2; exit 2").await;
    let mut child = Invocation::new(&tool).spawn_input(&scope(folder.path())).unwrap();
    let outcome = tokio::task::spawn_blocking(move || {
        let block = vec![b'x'; 65536];
        (0..1000).find_map(|_| child.write_all(&block).err())
    });
    let error = outcome.await.unwrap().expect("writing to a dead tool fails");
    let error = error.downcast::<Error>().unwrap();
    assert_eq!(error.to_string(), "fake_dump 1.2.3 failed: syntax error (exit status 2)");
}

#[tokio::test]
async fn written_input_is_finished_when_the_tool_has_succeeded() {
    let folder = tempfile::tempdir().unwrap();
    for (end, expected) in [("exit 0", true), ("exit 1", false)] {
        let tool = tool(folder.path(), &format!("cat >/dev/null; {end}")).await;
        let mut child = Invocation::new(&tool).spawn_input(&scope(folder.path())).unwrap();
        let finish = tokio::task::spawn_blocking(move || {
            child.write_all(b"all of it").unwrap();
            child.finish()
        });
        assert_eq!(finish.await.unwrap().is_ok(), expected);
    }
}

#[tokio::test]
async fn a_missing_tool_says_where_it_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fake_dump"), "no program").unwrap();
    let search = Search { names: &["fake_dump"], folders: &[], version: ToolVersion::first_in };
    let error =
        find_all(&search, &Place::Here, Some(folder.path()), &packages()).await.unwrap_err();
    let Error::Server(ServerError::ToolMissing { looked, install, .. }) = &error else {
        panic!("{error}")
    };
    assert!(looked.contains(&folder.path().display().to_string()), "{looked}");
    assert!(install.contains("the-tool"), "{install}");
}
