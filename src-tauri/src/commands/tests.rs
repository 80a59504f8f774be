//! One list of commands, written down in four places: all of them have to agree.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::HANDLED;
use super::names::NAMES;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_named_command_has_a_handler_and_the_other_way_round() {
    assert_eq!(HANDLED, NAMES);
}

#[test]
fn the_page_may_call_these_commands_and_nothing_else() {
    let capability: serde_json::Value =
        serde_json::from_str(&read("capabilities/main.json")).unwrap();
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    let allowed = capability["permissions"].as_array().unwrap();
    let allowed = allowed.iter().map(|permission| permission.as_str().unwrap());
    let expected: Vec<String> =
        NAMES.iter().map(|name| format!("allow-{}", name.replace('_', "-"))).collect();
    assert_eq!(set(allowed), set(expected.iter().map(String::as_str)));
    assert_eq!(capability.get("remote"), None);
}

#[test]
fn the_page_calls_what_there_is() {
    let api = read("../ui/src/lib/api.ts");
    let (_, list) = api.split_once("COMMANDS = [").expect("`COMMANDS` in api.ts");
    let (list, _) = list.split_once(']').expect("the end of `COMMANDS`");
    let names = list.split('\'').skip(1).step_by(2);
    assert_eq!(set(names), set(NAMES.iter().copied()));
}

#[test]
fn the_window_is_locked_down() {
    let config: serde_json::Value = serde_json::from_str(&read("tauri.conf.json")).unwrap();
    let app = &config["app"];
    assert_eq!(app["withGlobalTauri"], false);
    assert_eq!(app["security"]["freezePrototype"], true);
    assert_eq!(app["security"]["capabilities"], serde_json::json!(["main"]));
    assert_eq!(app["security"].get("assetProtocol"), None);
    assert_eq!(app["windows"].as_array().map(Vec::len), Some(1));
    // The window's own drop: the page hears a name and never gets a path or the file.
    assert_eq!(app["windows"][0]["dragDropEnabled"], true);
    let policy = app["security"]["csp"].as_str().unwrap();
    for rule in ["default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    for hole in ["unsafe-inline", "unsafe-eval", "*", "https:"] {
        assert!(!policy.contains(hole), "{policy}");
    }
}
