//! Several programs at once: of those that back up one profile exactly one runs and the others say
//! that it is busy; ids never meet, also when two installations share a storage.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;

use jiff::Timestamp;
use kronos_engine::ids::BackupId;
use rusqlite::Connection;

use crate::cli::{Ran, TestContext};
use crate::scaled;

/// Programs that start together.
const CROWD: usize = 4;

#[test]
fn one_profile_is_backed_up_by_one_process() {
    let context = TestContext::new();
    let path = context.database("shop.db", 100);
    let profile = format!("[databases.shop]\nengine = \"sqlite\"\npath = {path:?}\n\n");
    context.config(&(profile + &context.storage_table()));
    let (mut rounds, mut refused, mut too_slow) = (0, 0, 0);
    while rounds < scaled(15, 100) {
        let before = context.archives().len();
        // Whoever gets the profile waits for the database, so all of them really meet.
        let holder = Connection::open(&path).unwrap();
        holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let crowd = (0..CROWD).map(|_| context.command(["backup", "--json"])).collect();
        let ended = run_together(crowd, CROWD - 1, || holder.execute_batch("COMMIT").unwrap());
        let codes: Vec<i32> = ended.iter().map(|ran| ran.code).collect();
        let (winner, losers) = (codes[CROWD - 1], &codes[..CROWD - 1]);
        assert!(losers.iter().all(|code| *code == 5), "{codes:?}: {ended:?}");
        refused += losers.len();
        let made = context.archives().len() - before;
        if winner == 1 && ended[CROWD - 1].stdout.contains("source_locked") {
            // The crowd took so long to start that the database was locked for longer than a backup waits.
            too_slow += 1;
            assert_eq!(made, 0);
            assert!(too_slow < 50, "this computer is too slow for this proof");
            continue;
        }
        assert_eq!((winner, made), (0, 1), "{ended:?}");
        rounds += 1;
    }
    context.ok(["verify"].into_iter().chain(names(&context).iter().map(String::as_str)));
    crate::say(&format!(
        "contention: {rounds} rounds of {CROWD}, one ran each time, {refused} refused as busy"
    ));
}

#[test]
fn two_installations_share_a_storage_and_ids_never_meet() {
    let contexts = [TestContext::new(), TestContext::new()];
    let storage = contexts[0].storage_table();
    for context in &contexts {
        let path = context.database("shop.db", 10);
        context.config(&format!(
            "[databases.shop]\nengine = \"sqlite\"\npath = {path:?}\n\n{storage}"
        ));
    }
    let rounds = scaled(15, 250);
    for _ in 0..rounds {
        let pair = contexts.iter().map(|context| context.command(["backup", "--json"])).collect();
        let ended = run_together(pair, 0, || {});
        assert!(ended.iter().all(|ran| ran.code == 0), "{ended:?}");
    }
    let ids: BTreeSet<String> = names(&contexts[0]).into_iter().collect();
    assert_eq!(ids.len(), 2 * rounds);
    let listed = contexts[1].ok(["list", "--json"]).lines().len();
    assert_eq!(listed, ids.len(), "both installations see all of them");

    let now: Timestamp = "2026-11-22T13:54:01.25Z".parse().unwrap();
    let drawn: BTreeSet<_> = (0..500).map(|_| BackupId::generate("shop", now)).collect();
    assert_eq!(drawn.len(), 500, "500 ids of one frozen millisecond");
    crate::say(&format!(
        "contention: {} archives of two installations, and 500 ids of one moment: collisions 0",
        ids.len()
    ));
}

/// Starts all commands at once, calls `then` when `count` of them have ended, and returns all ends in
/// their order.
fn run_together(commands: Vec<Command>, count: usize, then: impl FnOnce()) -> Vec<Ran> {
    let (sender, ends) = channel();
    for mut command in commands {
        let sender = sender.clone();
        thread::spawn(move || sender.send(Ran::from(command.output().unwrap())));
    }
    drop(sender);
    let mut ended: Vec<Ran> = ends.iter().take(count).collect();
    then();
    ended.extend(ends);
    ended
}

fn names(context: &TestContext) -> Vec<String> {
    let archives = context.archives();
    archives.iter().map(|path| path.to_str().unwrap().to_owned()).collect()
}
