//! `kronos backup`.

use std::fs;

use kronos_engine::backup::ProfileLock;

use crate::assert_output;
use crate::support::TestContext;

#[test]
fn the_published_configuration_works_as_published() {
    let context = TestContext::with_shop();
    let ran = context.run(["backup", "--config", "config.toml"]);
    assert_output!(context, ran);
    assert_eq!(context.archives().len(), 1);
}

#[test]
fn the_configuration_may_be_named_before_the_verb_or_found_in_the_folder() {
    let context = TestContext::with_shop();
    context.ok(["--config", "config.toml", "backup"]);
    context.ok(["backup"]);
    assert_eq!(context.archives().len(), 2);
}

#[test]
fn without_a_file_in_the_folder_the_one_of_the_desktop_app_is_used() {
    let context = TestContext::with_shop();
    let desktop = context.root().join("home/.config/kronos");
    fs::create_dir_all(&desktop).unwrap();
    fs::rename(context.config_path(), desktop.join("config.toml")).unwrap();
    context.ok(["backup"]);
    assert_eq!(context.archives().len(), 1);
}

#[test]
fn without_any_configuration_it_says_where_one_would_be() {
    let context = TestContext::new();
    let ran = context.run(["backup"]);
    assert_output!(context, ran);
}

#[test]
fn a_file_that_was_named_has_to_exist() {
    let context = TestContext::with_shop();
    let ran = context.run(["backup", "--config", "confg.toml"]);
    assert_output!(context, ran);
    assert!(context.archives().is_empty());
}

#[test]
fn a_misspelt_key_is_found_before_anything_is_done() {
    let context = TestContext::with_shop();
    let text = fs::read_to_string(context.config_path()).unwrap();
    context.config(&text.replace("host =", "hots ="));
    let ran = context.run(["backup"]);
    assert_output!(context, ran);
    assert!(context.archives().is_empty());
}

#[test]
fn an_unknown_profile_is_answered_with_the_names_that_exist() {
    let context = TestContext::with_profiles(&[("shop", "shop.db"), ("blog", "blog.db")]);
    let ran = context.run(["backup", "shpo"]);
    assert_output!(context, ran);
}

#[test]
fn one_failing_profile_never_stops_the_others() {
    let profiles = [("blog", "blog.db"), ("gone", "gone.db"), ("shop", "shop.db")];
    let context = TestContext::with_profiles(&profiles);
    context.database("blog.db", 10);
    context.database("shop.db", 10);
    let ran = context.run(["backup"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(ran.stderr.ends_with("2 of 3 profiles backed up, 1 failed\n"), "{}", ran.stderr);
    assert_eq!(context.archives().len(), 2);
}

#[test]
fn a_missing_database_is_a_failure_with_a_next_step() {
    let context = TestContext::with_profiles(&[("gone", "gone.db")]);
    let ran = context.run(["backup"]);
    assert_output!(context, ran);
}

#[test]
fn named_profiles_are_backed_up_once_each_and_no_others() {
    let context = TestContext::with_profiles(&[("shop", "shop.db"), ("gone", "gone.db")]);
    context.database("shop.db", 10);
    context.ok(["backup", "shop", "shop"]);
    assert_eq!(context.archives().len(), 1);
}

#[test]
fn servers_that_do_not_answer_fail_and_the_others_are_backed_up() {
    let context = TestContext::with_shop();
    let shop = context.data("shop.db");
    let mut text = format!("[databases.sqlite]\npath = {shop:?}\n\n");
    for engine in ["mysql", "postgres", "mongodb"] {
        // Nothing listens on the port of the service multiplexer.
        text +=
            &format!("[databases.{engine}]\nhost = \"127.0.0.1\"\nport = 1\nuser = \"app\"\n\n");
    }
    context.config(&(text + &context.storage_table()));
    let ran = context.run(["backup"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert_eq!(ran.stderr.matches("`127.0.0.1:1` does not answer").count(), 3, "{}", ran.stderr);
    assert_eq!(context.archives().len(), 1);
}

#[test]
fn a_busy_profile_has_its_own_code() {
    let context = TestContext::with_shop();
    context.state().create().unwrap();
    let lock = ProfileLock::acquire(&context.state().locks(), "sqlite", "a test").unwrap();
    let ran = context.run(["backup"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(
        ran.stderr.contains("`sqlite` is already being backed up or restored by a test (process"),
        "{ran:?}"
    );
    drop(lock);
    context.ok(["backup"]);
}

#[test]
fn a_busy_profile_among_others_is_a_failure_of_some() {
    let context = TestContext::with_profiles(&[("shop", "shop.db"), ("blog", "blog.db")]);
    context.database("shop.db", 10);
    context.database("blog.db", 10);
    context.state().create().unwrap();
    let _lock = ProfileLock::acquire(&context.state().locks(), "shop", "a test").unwrap();
    assert_eq!(context.run(["backup"]).code, 6);
}

#[test]
fn a_storage_that_cannot_be_used_is_a_failure() {
    let context = TestContext::with_shop();
    fs::write(context.backups(), "a file where the folder should be").unwrap();
    let ran = context.run(["backup"]);
    assert_output!(context, ran);
}
