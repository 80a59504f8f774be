//! Words, help and completions.

use crate::assert_output;
use crate::support::TestContext;

#[test]
fn without_a_verb_it_helps() {
    let context = TestContext::new();
    let ran = context.run::<&str>([]);
    assert_output!(context, ran);
}

#[test]
fn the_help_shows_examples_and_exit_codes() {
    let context = TestContext::new();
    let ran = context.run(["--help"]);
    assert_output!(context, ran);
}

#[test]
fn every_verb_has_a_help_text() {
    let context = TestContext::new();
    for verb in [
        "backup",
        "list",
        "inspect",
        "diff",
        "verify",
        "restore",
        "config",
        "doctor",
        "completions",
    ] {
        let ran = context.ok([verb, "--help"]);
        assert!(ran.stdout.contains("Usage: kronos"), "{verb}: {ran:?}");
        assert!(ran.stdout.lines().all(|line| line.chars().count() <= 100), "{verb}: {ran:?}");
    }
}

#[test]
fn mistakes_are_usage_errors() {
    let context = TestContext::with_shop();
    for words in [
        &["frobnicate"][..],
        &["--config", "config.toml"],
        &["verify"],
        &["restore", "x"],
        &["restore", "x", "--to", ""],
        &["config"],
        &["completions", "nosh"],
        &["backup", "--frob"],
    ] {
        assert_eq!(context.run(words).code, 2, "{words:?}");
    }
}

#[test]
fn it_knows_its_version() {
    let context = TestContext::new();
    assert_eq!(context.ok(["--version"]).stdout, format!("kronos {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn there_are_completions_for_every_shell() {
    let context = TestContext::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = context.ok(["completions", shell]);
        assert!(ran.stdout.contains("kronos") && ran.stdout.contains("verify"), "{shell}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn words_that_are_not_unicode_never_panic() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let context = TestContext::with_shop();
    let odd = OsStr::from_bytes(b"\xff\xfe");
    for verb in ["backup", "list", "inspect", "verify", "frob"] {
        let code = context.run([verb.as_ref(), odd]).code;
        assert!([2, 4].contains(&code), "{verb}: {code}");
    }
    assert_eq!(context.run(["--config".as_ref(), odd, "list".as_ref()]).code, 2);
}

#[test]
fn without_a_terminal_there_is_no_colour_and_no_bar() {
    let context = TestContext::with_shop();
    for ran in [context.ok(["backup"]), context.ok(["list"]), context.run(["backup", "x"])] {
        assert!(!ran.stdout.contains('\x1b') && !ran.stderr.contains('\x1b'), "{ran:?}");
    }
}
