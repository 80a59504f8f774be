//! `kronos doctor`.

use std::fs;

use crate::assert_output;
use crate::support::{TestContext, files_in};

#[test]
fn where_all_is_well_it_says_so() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let ran = context.run(["doctor"]);
    assert_output!(context, ran);
}

#[test]
fn every_problem_has_its_line_and_they_are_counted() {
    let context = TestContext::with_profiles(&[("gone", "gone.db"), ("text", "text.db")]);
    fs::write(context.data("text.db"), "no database, but some text that is long enough").unwrap();
    let ran = context.run(["doctor"]);
    assert_output!(context, ran);
}

#[test]
fn a_broken_configuration_is_a_problem_and_not_the_end() {
    let context = TestContext::new();
    context.config("[databases.shop]\nengine = \"sqlite\"\npaht = \"/x\"\n");
    let ran = context.run(["doctor"]);
    assert_output!(context, ran);
}

#[test]
fn what_this_version_cannot_do_yet_is_said_as_such() {
    let context = TestContext::with_shop();
    context.published("full_config.toml");
    let ran = context.run(["doctor"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("cannot store backups in S3 yet"), "{}", ran.stdout);
}

#[test]
fn a_storage_is_put_to_the_test_and_left_as_it_was() {
    let context = TestContext::with_shop();
    fs::create_dir(context.backups()).unwrap();
    let ran = context.run(["doctor", "--storage", "default"]);
    assert_output!(context, ran);
    assert_eq!(files_in(&context.backups()), Vec::<std::path::PathBuf>::new());
}

#[test]
fn an_unknown_storage_is_a_mistake() {
    let context = TestContext::with_shop();
    let ran = context.run(["doctor", "--storage", "usb"]);
    assert_output!(context, ran);
}
