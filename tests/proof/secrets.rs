//! Secrets that stand in the configuration stay there: they are in no argument, no environment, no
//! output, no log, no catalog, no note and no archive.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::{TestContext, files_in};
use crate::faults::Stepper;

/// Unlike anything that could stand there by chance, also piece by piece.
const SECRETS: [&str; 4] =
    ["pw-Zebra7Quince", "pw-Walrus4Fjord", "AKIAPROOFXYLEM", "sk-Gherkin9Onyx"];

#[test]
fn secrets_are_nowhere_but_in_the_configuration() {
    let context = TestContext::new();
    context.database("shop.db", 100);
    plant(&context);
    let mut places = look_at_process(&context);
    for words in [
        vec!["backup", "shop", "--json"],
        vec!["backup", "-vv"],
        vec!["backup", "shop", "-vv", "--json"],
        vec!["list", "--json"],
        vec!["doctor", "-vv"],
        vec!["doctor", "--json"],
        vec!["config", "check", "-vv"],
    ] {
        let ran = context.command(&words).env("RUST_LOG", "trace").output().unwrap();
        places.push((format!("output of {words:?}"), [ran.stdout, ran.stderr].concat()));
    }
    broken_configuration(&context, &mut places);
    let configuration = places.len();
    for path in every_file(context.root()).into_iter().filter(|path| *path != context.config_path())
    {
        places.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    for archive in context.archives() {
        places.push((format!("inside {}", archive.display()), unpacked(&archive)));
    }
    assert!(places.len() > configuration + 5, "too few artefacts: {}", places.len());
    let hits: Vec<String> = places.iter().filter_map(|(name, bytes)| hit(name, bytes)).collect();
    crate::say(&format!(
        "secrets: {} planted, {} places searched, hits {}",
        SECRETS.len(),
        places.len(),
        hits.len()
    ));
    assert!(hits.is_empty(), "{}", hits.join("\n"));
    let control = hit("configuration", &fs::read(context.config_path()).unwrap());
    assert!(control.is_some(), "the search itself does not work");
}

fn plant(context: &TestContext) {
    let [mysql, postgres, access, secret] = SECRETS;
    context.config(&format!(
        "[databases.shop]\nengine = \"sqlite\"\npath = {:?}\n\n\
         [databases.mysql]\nhost = \"localhost\"\nport = 3306\nuser = \"u\"\npassword = \"{mysql}\"\n\
         databases = [\"a\"]\n\n\
         [databases.postgres]\nhost = \"localhost\"\nport = 5432\nuser = \"u\"\n\
         password = \"{postgres}\"\ndatabases = [\"b\"]\n\n{}\n\
         [storages.offsite]\ntype = \"s3\"\nbucket = \"b\"\nregion = \"r\"\n\
         access_key = \"{access}\"\nsecret_key = \"{secret}\"\n",
        context.data("shop.db"),
        context.storage_table()
    ));
}

/// Arguments and environment while a backup is in the middle of its work.
fn look_at_process(context: &TestContext) -> Vec<(String, Vec<u8>)> {
    let mut process = Stepper::start(&context.command(["backup", "shop", "--json"]), "fsync");
    assert!(process.stop_after(3));
    let places = ["cmdline", "environ"].map(|name| {
        let bytes = fs::read(format!("/proc/{}/{name}", process.id())).unwrap();
        assert!(!bytes.is_empty());
        (format!("/proc/…/{name}"), bytes)
    });
    let ended = process.go_on();
    assert!(ended.status.success(), "{ended:?}");
    places.into()
}

/// A configuration with a mistake is quoted in messages; its secrets are not.
fn broken_configuration(context: &TestContext, places: &mut Vec<(String, Vec<u8>)>) {
    let good = fs::read_to_string(context.config_path()).unwrap();
    for (right, wrong) in [
        ("port = 3306", "port = \"x\""),
        ("password =", "pasword ="),
        ("bucket = \"b\"", "bucket = b"),
    ] {
        context.config(&good.replace(right, wrong));
        let ran = context.command(["config", "check", "-vv"]).output().unwrap();
        assert_eq!(ran.status.code(), Some(2), "{ran:?}");
        places.push((format!("output with {wrong}"), [ran.stdout, ran.stderr].concat()));
    }
    context.config(&good);
}

fn hit(name: &str, bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let found = SECRETS.iter().find(|secret| text.contains(**secret))?;
    Some(format!("`{found}` is in {name}"))
}

fn every_file(folder: &Path) -> Vec<PathBuf> {
    let (folders, files): (Vec<_>, Vec<_>) = files_in(folder).into_iter().partition(|p| p.is_dir());
    files.into_iter().chain(folders.iter().flat_map(|folder| every_file(folder))).collect()
}

fn unpacked(archive: &Path) -> Vec<u8> {
    let output =
        Command::new("tar").args(["-xzOf"]).arg(archive).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success() && !output.stdout.is_empty());
    output.stdout
}
