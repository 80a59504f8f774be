//! `kronos list`.

use std::fs;

use crate::assert_output;
use crate::support::TestContext;

#[test]
fn an_empty_list_says_what_to_do() {
    let context = TestContext::with_shop();
    let ran = context.run(["list"]);
    assert_output!(context, ran);
}

#[test]
fn a_profile_without_backups_says_what_to_do() {
    let context = TestContext::with_shop();
    let ran = context.run(["list", "sqlite"]);
    assert_output!(context, ran);
}

#[test]
fn every_backup_is_one_line() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let ran = context.run(["list"]);
    assert_output!(context, ran);
}

#[test]
fn newest_first_and_only_the_profile_that_was_asked_for() {
    let context = TestContext::with_profiles(&[("shop", "shop.db"), ("blog", "blog.db")]);
    context.database("shop.db", 10);
    context.database("blog.db", 10);
    for profile in ["shop", "blog", "shop"] {
        context.ok(["backup", profile]);
    }
    let ran = context.ok(["list", "--json"]);
    let made: Vec<String> = ran.lines().iter().map(|row| row["created_at"].to_string()).collect();
    assert_eq!(made.len(), 3);
    assert!(made.is_sorted_by(|one, next| one > next), "{made:?}");
    let ran = context.ok(["list", "shop", "--json"]);
    assert_eq!(ran.lines().len(), 2);
    assert!(ran.lines().iter().all(|row| row["profile"] == "shop"));
}

#[test]
fn a_backup_that_was_put_there_by_hand_is_found_and_a_removed_one_is_not() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let away = context.root().join("away");
    fs::rename(context.backups(), &away).unwrap();
    fs::create_dir(context.backups()).unwrap();
    let listed = |ran: &crate::support::Ran| {
        ran.lines().iter().filter(|row| row["status"] == "verified").count()
    };
    assert_eq!(listed(&context.ok(["list", "--json"])), 0);
    fs::remove_dir(context.backups()).unwrap();
    fs::rename(&away, context.backups()).unwrap();
    assert_eq!(listed(&context.ok(["list", "--json"])), 1);
}

#[test]
fn a_storage_that_cannot_be_reached_is_named() {
    let context = TestContext::with_shop();
    fs::write(context.backups(), "a file where the folder should be").unwrap();
    let ran = context.run(["list"]);
    assert_output!(context, ran);
}

#[test]
fn an_unknown_profile_is_a_mistake() {
    let context = TestContext::with_shop();
    let ran = context.run(["list", "sqlit"]);
    assert_output!(context, ran);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let mut child = context.command(["list"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_a_failure() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = context.command(["list"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}
