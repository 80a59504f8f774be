//! `--json`: every line parses, and its kind is documented.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::TestContext;

const DOCUMENT: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src-tauri/docs/cli-json.md"));

fn kind(line: &Value) -> String {
    let kind = line.get("event").or_else(|| line.get("record")).unwrap_or_else(|| panic!("{line}"));
    kind.as_str().unwrap().to_owned()
}

#[test]
fn every_command_speaks_documented_lines() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let id = context.id();
    let calls: [(&[&str], &[&str]); 11] = [
        (&["backup"], &["run_queued", "run_phase", "run_finished", "backups_changed", "summary"]),
        (&["list"], &["backup"]),
        (&["inspect", &id], &["archive"]),
        (&["verify", &id], &["run_queued", "run_finished"]),
        (&["restore", &id, "--to", "x.db"], &["run_queued", "run_finished"]),
        (&["restore", "nothing", "--to", "y.db"], &["error"]),
        (&["config", "check"], &["config"]),
        (&["config", "path"], &["config_path"]),
        (&["doctor"], &["check"]),
        (&["doctor", "--storage", "default"], &["promise"]),
        (&["completions", "fish"], &["completions"]),
    ];
    for (words, expected) in calls {
        let ran = context.run(words.iter().chain(&["--json"]));
        let kinds: BTreeSet<String> = ran.lines().iter().map(kind).collect();
        for kind in expected {
            assert!(kinds.contains(*kind), "{words:?}: no `{kind}` in {kinds:?}");
        }
        for kind in kinds {
            assert!(DOCUMENT.contains(&format!("### `{kind}`\n")), "`{kind}` is not documented");
        }
    }
}

#[test]
fn a_backup_in_lines_says_the_same_as_its_exit_code() {
    let context = TestContext::with_profiles(&[("shop", "shop.db"), ("gone", "gone.db")]);
    context.database("shop.db", 10);
    let ran = context.run(["backup", "--json"]);
    let lines = ran.lines();
    let summary = lines.last().unwrap();
    assert_eq!((summary["exit_code"].as_i64(), ran.code), (Some(6), 6));
    assert_eq!((&summary["succeeded"], &summary["failed"]), (&1.into(), &1.into()));
    let ended: Vec<&Value> = lines.iter().filter(|line| line["event"] == "run_finished").collect();
    assert_eq!(ended.len(), 2);
    let gone = ended.iter().find(|line| line["profile"] == "gone").unwrap();
    assert_eq!(gone["error"]["code"], "source_missing");
    // The words for people are still on the other stream, without progress.
    assert!(ran.stderr.contains("1 of 2 profiles backed up"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("preparing"), "{}", ran.stderr);
}
