//! The house rules that a compiler cannot hold: which layer may know which, and how large a file may be.
//!
//! Owns no list of exceptions. A rule that needs one is the wrong rule.

use std::fs;
use std::path::{Path, PathBuf};

/// The engine's layers from the ground up. A module may use its own layer's ground and everything
/// below; modules of one layer never use each other unless they are named in one group with `+`.
const LAYERS: &[&[&str]] = &[
    &[
        "secret",
        "units",
        "ids",
        "error",
        "progress",
        "cancel",
        "clock",
        "files",
        "contents",
        "event",
        "state_dir",
        "context",
    ],
    &["config"],
    &["logger"],
    &["database", "storage", "archive"],
    &["catalog", "look"],
    &["backup", "restore"],
    &["browse", "load"],
    &["compare"],
    &["run"],
    &["engine"],
];

/// `view` is the vocabulary of the window: plain values that every layer from the catalog up may make.
const VOCABULARY: &str = "view";

/// Uses inside one layer that are meant: the ground layer is one vocabulary, and a restore begins with
/// the verification that a backup ends with.
const WITHIN: &[(&str, &str)] = &[("restore", "backup")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder exists").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path, extensions));
        } else if path.extension().is_some_and(|e| extensions.iter().any(|wanted| e == *wanted)) {
            found.push(path);
        }
    }
    found
}

/// The code of a file without its test module and without comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("sources are UTF-8");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
        || path.file_name().is_some_and(|name| name == "tests.rs")
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

fn may_use(from: &str, to: &str) -> bool {
    if from == to || (to == VOCABULARY && layer(from) >= layer("catalog")) || from == VOCABULARY {
        return true;
    }
    match (layer(from), layer(to)) {
        (Some(0), Some(0)) => true,
        (Some(from_layer), Some(to_layer)) if from_layer == to_layer => {
            WITHIN.contains(&(from, to))
        }
        (Some(from_layer), Some(to_layer)) => to_layer < from_layer,
        _ => false,
    }
}

fn engine() -> PathBuf {
    root().join("src-tauri/engine/src")
}

/// The top-level module that a file belongs to.
fn module_of(path: &Path) -> Option<String> {
    let relative = path.strip_prefix(engine()).ok()?;
    let first = relative.components().next()?.as_os_str().to_str()?;
    let module = first.strip_suffix(".rs").unwrap_or(first);
    (module != "lib").then(|| module.to_owned())
}

/// The modules behind every `crate::` of a file: `crate::a::b` and `crate::{a, b::{c, d}}`.
fn used_modules(code: &str) -> Vec<String> {
    let name = |text: &str| {
        text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>()
    };
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => found.extend(first_level(group).iter().map(|entry| name(entry))),
            None => found.push(name(rest)),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// The entries of an import group, without what stands in braces inside it.
fn first_level(group: &str) -> Vec<String> {
    let (mut entries, mut depth) = (vec![String::new()], 0);
    for character in group.chars() {
        match character {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => entries.push(String::new()),
            _ if depth == 0 && !character.is_whitespace() => {
                if let Some(entry) = entries.last_mut() {
                    entry.push(character);
                }
            }
            _ => {}
        }
    }
    entries
}

#[test]
fn imports_in_the_engine_only_go_down() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for path in sources(&engine(), &["rs"]).into_iter().filter(|path| !is_test(path)) {
        let Some(module) = module_of(&path) else { continue };
        for used in used_modules(&code(&path)) {
            checked += 1;
            if !may_use(&module, &used) {
                wrong.push(format!("{} uses `{used}`", path.display()));
            }
        }
    }
    assert!(checked > 100, "only {checked} imports were found: the test looks in the wrong place");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_of_the_engine_has_a_layer() {
    for path in sources(&engine(), &["rs"]) {
        if let Some(module) = module_of(&path) {
            assert!(module == VOCABULARY || layer(&module).is_some(), "`{module}` has no layer");
        }
    }
}

#[test]
fn the_rule_itself_can_fail() {
    assert!(!may_use("storage", "archive"));
    assert!(!may_use("archive", "database"));
    assert!(!may_use("config", "storage"));
    assert!(!may_use("backup", "restore"));
    assert!(!may_use("storage", "view"));
    assert!(may_use("restore", "backup") && may_use("engine", "ids"));
    assert_eq!(used_modules("use crate::archive::{self, Sidecar};"), ["archive"]);
    let grouped = "use crate::{config, storage::{self, Storage},\n error::Result};";
    assert_eq!(used_modules(grouped), ["config", "storage", "error"]);
}

#[test]
fn the_engine_never_prints_and_never_exits() {
    for path in sources(&engine(), &["rs"]).into_iter().filter(|path| !is_test(path)) {
        let code = code(&path);
        for forbidden in ["println!", "eprintln!", "process::exit", "panic!("] {
            assert!(!code.contains(forbidden), "{} has `{forbidden}`", path.display());
        }
    }
}

/// Above the connection trait nobody asks which engine it is.
#[test]
fn only_the_database_layer_knows_engines_by_name() {
    let named = [
        "EngineKind::Sqlite",
        "EngineKind::Postgres",
        "EngineKind::Mysql",
        "EngineKind::Mongodb",
        "rusqlite",
    ];
    let folders = ["backup", "restore", "browse", "compare", "run", "engine", "storage", "archive"];
    for folder in folders {
        for path in sources(&engine().join(folder), &["rs"]).into_iter().filter(|p| !is_test(p)) {
            let code = code(&path);
            for name in named {
                assert!(!code.contains(name), "{} has `{name}`", path.display());
            }
        }
    }
}

#[test]
fn hosts_hold_the_engine_and_nothing_below_it() {
    for folder in ["src-tauri/src", "src-tauri/cli"] {
        for path in sources(&root().join(folder), &["rs"]).into_iter().filter(|p| !is_test(p)) {
            let code = code(&path);
            for inner in [
                "rusqlite",
                "libdeflater",
                "tar::",
                "kronos_engine::backup::",
                "kronos_engine::restore::",
            ] {
                assert!(!code.contains(inner), "{} knows `{inner}`", path.display());
            }
        }
    }
}

#[test]
fn the_window_renders_text_as_text() {
    let files = sources(&root().join("ui/src"), &["svelte", "ts"]);
    assert!(files.len() > 20);
    let in_the_window = |path: &PathBuf| {
        let name = path.to_string_lossy();
        !name.contains("/test/") && !name.ends_with(".test.ts")
    };
    for path in files.into_iter().filter(in_the_window) {
        let text = fs::read_to_string(&path).expect("sources are UTF-8");
        for sink in
            ["{@html", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("]
        {
            assert!(!text.contains(sink), "{} has `{sink}`", path.display());
        }
    }
}

#[test]
fn no_file_is_too_long_and_every_one_says_what_it_owns() {
    let mut lengths = Vec::new();
    for folder in ["src-tauri/engine/src", "src-tauri/src", "src-tauri/cli", "tests", "examples"] {
        for path in sources(&root().join(folder), &["rs"]) {
            let lines = code(&path).lines().count();
            assert!(is_test(&path) || lines <= 500, "{} has {lines} lines", path.display());
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            assert!(text.starts_with("//!"), "{} has no module documentation", path.display());
            if !is_test(&path) {
                lengths.push(lines);
            }
        }
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= 150, "the median file has {median} lines");
}
