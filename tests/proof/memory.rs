//! Memory does not grow with the database: the peak of backup, verification and restore, as the kernel
//! counts it.

use std::process::Command;

use crate::cli::TestContext;
use crate::measure::measure;
use crate::{say, scaled};

/// What the whole process may use at its peak.
const LIMIT: u64 = 150_000_000;

fn peak(context: &TestContext, words: &[&str]) -> u64 {
    let mut command = Command::new(context.command(words).get_program());
    let like = context.command(words);
    command.args(like.get_args()).current_dir(like.get_current_dir().unwrap_or(context.root()));
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let measured = measure(command, None, &context.root().join("complaints"));
    assert_eq!(measured.status, Some(0), "{measured:?}");
    assert!(measured.own.peak > 1_000_000, "the peak was not seen: {measured:?}");
    measured.own.peak
}

#[test]
fn a_large_database_needs_no_more_memory_than_a_small_one() {
    let context = TestContext::new();
    let megabytes = scaled(256, 2000);
    let database = context.large_database("large.db", megabytes);
    context.config(&format!(
        "[databases.large]\nengine = \"sqlite\"\npath = {database:?}\n\n{}",
        context.storage_table()
    ));
    let backup = peak(&context, &["backup"]);
    let archive = context.archives().pop().unwrap().display().to_string();
    let target = context.root().join("restored.db").display().to_string();
    let verify = peak(&context, &["verify", &archive]);
    let restore = peak(&context, &["restore", &archive, "--to", &target]);
    let megabyte = |bytes: u64| bytes / 1_000_000;
    say(&format!(
        "memory: {megabytes} MB database, peak MB of backup {}, verify {}, restore {}",
        megabyte(backup),
        megabyte(verify),
        megabyte(restore)
    ));
    for (name, peak) in [("backup", backup), ("verify", verify), ("restore", restore)] {
        assert!(peak < LIMIT, "{name} used {peak} bytes");
    }
}
