//! `kronos config`.

use crate::assert_output;
use crate::support::TestContext;

#[test]
fn a_good_configuration_is_summed_up() {
    let context = TestContext::with_shop();
    let ran = context.run(["config", "check"]);
    assert_output!(context, ran);
}

#[test]
fn passwords_in_plain_text_are_warned_about_but_not_shown() {
    let context = TestContext::new();
    context.published("full_config.toml");
    let ran = context.run(["config", "check"]);
    assert_output!(context, ran);
}

#[test]
fn every_problem_is_listed_with_its_line() {
    let context = TestContext::new();
    context.config(
        "[databases.shop]\nengine = \"sqlite\"\npaht = \"/x\"\n\n[databases.blog]\nengine = \"oracle\"\n",
    );
    let ran = context.run(["config", "check"]);
    assert_output!(context, ran);
    let lines = context.run(["config", "check", "--json"]).lines();
    assert!(lines.len() > 2 && lines.iter().any(|line| line["line"] == 3), "{lines:?}");
    assert_eq!(lines.last().unwrap()["record"], "error");
}

#[test]
fn no_configuration_is_a_mistake() {
    let context = TestContext::new();
    let ran = context.run(["config", "check"]);
    assert_output!(context, ran);
}

#[test]
fn the_path_in_use_is_printed() {
    let context = TestContext::with_shop();
    let ran = context.run(["config", "path"]);
    assert_output!(context, ran);
    let ran = context.run(["--config", "other.toml", "config", "path"]);
    assert_output!(context, ran);
}
