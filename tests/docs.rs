//! What the documents name is there: files, `make` targets, commands, and examples that can be used.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Words that stand where something is still to be written.
const PLACEHOLDERS: [&str; 3] = ["BENCH_TABLE", "TODO", "TBD"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn readme() -> String {
    read(&root().join("README.md"))
}

/// README.md and everything below src-tauri/docs.
fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    let mut folders = vec![root().join("src-tauri/docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder exists").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 5, "the documents have moved: {found:?}");
    found
}

/// The lines between fences, and the pieces between backticks everywhere else.
fn code(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut code, mut prose, mut fenced) = (Vec::new(), Vec::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            code.push(line);
        } else {
            for (place, piece) in line.split('`').enumerate() {
                if place % 2 == 1 { code.push(piece) } else { prose.push(piece) }
            }
        }
    }
    (code, prose)
}

/// The words that follow `name` in the code of `text`, up to the first character that is no letter.
fn words_after(name: &[&str], text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in code(text).0 {
        let words: Vec<&str> = line.split_whitespace().collect();
        for window in words.windows(name.len() + 1) {
            let next = window[name.len()];
            if window.starts_with(name)
                && next.starts_with(|first: char| first.is_ascii_lowercase())
            {
                found.insert(next.chars().take_while(char::is_ascii_lowercase).collect());
            }
        }
    }
    found
}

/// The targets of the links and images in `text`, in Markdown and in HTML.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // A link's text may hold code, so its pieces are put together again.
    let prose = code(text).1.join(" ");
    for (opening, closing) in [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"'), ("href=\"", '"')] {
        for rest in prose.split(opening).skip(1) {
            let target = rest.split(closing).next().unwrap_or_default();
            found.push(target.split(['#', ' ']).next().unwrap_or_default().to_owned());
        }
    }
    found.retain(|target| !target.is_empty() && !target.contains(':'));
    found
}

fn kronos(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a temporary folder");
    Command::new(env!("CARGO_BIN_EXE_kronos"))
        .args(arguments)
        .current_dir(home.path())
        .env("HOME", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_STATE_HOME")
        .output()
        .expect("`kronos` starts")
}

#[test]
fn links_and_images_lead_to_files() {
    let mut broken = Vec::new();
    let mut seen = 0;
    for document in documents() {
        let folder = document.parent().expect("a file is in a folder");
        for target in links(&read(&document)) {
            seen += 1;
            if !folder.join(&target).exists() {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these lead nowhere:\n{}", broken.join("\n"));
    assert!(seen > 5, "only {seen} links were found");
}

#[test]
fn nothing_is_left_to_be_written() {
    let mut left = Vec::new();
    for document in documents() {
        for (number, line) in read(&document).lines().enumerate() {
            if PLACEHOLDERS.iter().any(|word| line.contains(word)) {
                left.push(format!("{}:{}: {line}", document.display(), number + 1));
            }
        }
    }
    assert!(left.is_empty(), "still to be written:\n{}", left.join("\n"));
}

#[test]
fn every_make_target_of_the_readme_exists() {
    let makefile = read(&root().join("Makefile"));
    let targets: BTreeSet<String> = makefile
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
        .filter_map(|line| line.split_once(':'))
        .map(|(target, _)| target.to_owned())
        .collect();
    let named = words_after(&["make"], &readme());
    assert!(named.contains("run") && named.contains("test"), "found only {named:?}");
    let missing: Vec<_> = named.difference(&targets).collect();
    assert!(missing.is_empty(), "not in the Makefile: {missing:?}");
}

#[test]
fn every_command_of_the_readme_exists() {
    let output = kronos(&["--help"]);
    let help = String::from_utf8(output.stdout).expect("the help is UTF-8");
    let commands: BTreeSet<String> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    let mut named = words_after(&["kronos"], &readme());
    named.extend(words_after(&["cargo", "run", "--"], &readme()));
    assert!(named.contains("backup") && named.contains("restore"), "found only {named:?}");
    let missing: Vec<_> = named.difference(&commands).collect();
    assert!(missing.is_empty(), "not in `kronos --help`: {missing:?}\n{help}");
}

#[test]
fn the_example_configurations_can_be_used() {
    for name in ["config.toml", "full_config.toml"] {
        let example = root().join("examples").join(name);
        let path = example.to_str().expect("the checkout's path is Unicode");
        let output = kronos(&["config", "check", "--config", path]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {}\n{said}", output.status);
    }
}
