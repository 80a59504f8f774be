//! Ctrl-C: nothing half done is left.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use kronos_engine::backup::ProfileLock;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{TestContext, files_in};

/// A profile that takes many seconds on any computer.
fn slow() -> TestContext {
    let context = TestContext::new();
    let path = context.large_database("big.db", 60);
    let slow = "compression = { codec = \"zstd\", level = 19 }";
    let table = format!("[databases.big]\nengine = \"sqlite\"\npath = {path:?}\n{slow}\n");
    context.config(&(table + &context.storage_table()));
    context
}

/// Starts a backup and waits until its bytes flow into the storage.
fn storing(context: &TestContext) -> (Child, impl Iterator<Item = Value>) {
    let mut command = context.command(["backup", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let flows =
        |line: &Value| line["phase"] == "storing" && line["bytes_stored"].as_u64() > Some(0);
    assert!(lines.any(|line| flows(&line)), "the backup ended before it could be cancelled");
    (child, lines)
}

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

fn leaves_nothing(signal: Signal) {
    let context = slow();
    let (child, lines) = storing(&context);
    assert!(!files_in(&context.backups()).is_empty(), "an unfinished file is there");
    send(&child, signal);
    let rest: Vec<Value> = lines.collect();
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{words}");
    assert!(words.ends_with("Cancelled; nothing half done was left\n"), "{words}");
    assert!(rest.iter().any(|line| line["state"] == "cancelling"), "{rest:?}");
    assert_eq!(rest.last().unwrap()["exit_code"], 130);

    let state = context.state();
    for folder in [context.backups(), state.pending(), state.scratch()] {
        assert_eq!(files_in(&folder), Vec::<PathBuf>::new(), "{}", folder.display());
    }
    ProfileLock::acquire(&state.locks(), "big", "a test").expect("the lock is free again");
}

#[test]
fn ctrl_c_in_the_middle_of_a_backup_leaves_nothing() {
    leaves_nothing(Signal::INT);
}

#[test]
fn a_polite_end_by_the_system_leaves_nothing() {
    leaves_nothing(Signal::TERM);
}

#[test]
fn a_second_program_is_told_that_the_profile_is_busy() {
    let context = slow();
    let (child, _lines) = storing(&context);
    let second = context.run(["backup"]);
    send(&child, Signal::INT);
    child.wait_with_output().unwrap();
    assert_eq!(second.code, 5, "{second:?}");
    assert!(second.stderr.contains("by the command line (process"), "{}", second.stderr);
}
