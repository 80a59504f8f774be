//! The password of a server is in the configuration's file for it and nowhere else: in no argument and no
//! environment of any process while backups, tests and restores run, in no output, log, catalog or archive, and in
//! no file that stays.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::cli::{Ran, TestContext, files_in};
use crate::rig::{Profile, Subject};
use crate::{say, scaled};

/// Unlike anything that could stand there by chance.
const SECRET: &str = "pw-Zebra7$Quince\"Onyx";

#[test]
fn are_in_no_argument_environment_output_log_archive_or_file() {
    let (mut runs, mut places, mut processes) = (0, 0, 0);
    let mut hits = Vec::new();
    for subject in Subject::each() {
        let user = subject.user(SECRET);
        let context = TestContext::new();
        let source = subject.plain(scaled(4000, 12_000));
        let profile = Profile {
            user: user.name.clone(),
            password: SECRET.to_owned(),
            ..subject.profile(source.name())
        };
        profile.write(&context);
        let watch = Watch::start();
        let mut outputs = Vec::new();
        for _ in 0..scaled(4, 50) {
            runs += 1;
            outputs.push(profile.ok(&context, &["backup", "-vv", "--json"]));
        }
        let target = subject.target("restored");
        let backup = context.archives()[0].clone();
        outputs.push(
            profile
                .ok(&context, &["restore", backup.to_str().unwrap(), "--to", target.name(), "-vv"]),
        );
        outputs.push(profile.ok(&context, &["doctor", "-vv", "--json"]));
        let refused = Profile { user: "kronos_nobody".into(), ..profile.clone() };
        refused.write(&context);
        outputs.push(Ran::from(
            refused.command(&context, &["backup", "-vv", "--json"]).output().unwrap(),
        ));
        let seen = watch.stop();
        profile.write(&context);
        let tool = subject.programs()[0];
        assert!(
            seen.names.iter().any(|name| name.contains(tool)),
            "{tool} was never seen: {:?}",
            seen.names
        );
        processes += seen.looked_at;
        hits.extend(seen.hits);
        for (name, bytes) in artefacts(&context, &outputs) {
            places += 1;
            if holds(&bytes) {
                hits.push(format!("{}: {name}", subject.name()));
            }
        }
        assert!(
            holds(&fs::read(context.root().join("password")).unwrap()),
            "the search does not work"
        );
    }
    say(&format!(
        "server secrets: {runs} runs, {processes} looks at processes, {places} places searched, hits {}",
        hits.len()
    ));
    assert!(hits.is_empty(), "{}", hits.join("\n"));
    assert!(processes > 100 && places > 20);
}

fn holds(bytes: &[u8]) -> bool {
    // The second half alone, too: quoting may have put something in the middle.
    [SECRET, "Zebra7", "Quince"]
        .iter()
        .any(|part| bytes.windows(part.len()).any(|window| window == part.as_bytes()))
}

/// Everything that stays after the runs, but for the password's own file.
fn artefacts(context: &TestContext, outputs: &[Ran]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for (number, ran) in outputs.iter().enumerate() {
        found.push((
            format!("output {number}"),
            format!("{}{}", ran.stdout, ran.stderr).into_bytes(),
        ));
    }
    for path in every_file(context.root()).into_iter().filter(|path| !path.ends_with("password")) {
        found.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    for archive in context.archives() {
        let unpacked = Command::new("tar").arg("-xzOf").arg(&archive).output().unwrap();
        assert!(unpacked.status.success() && !unpacked.stdout.is_empty());
        found.push((format!("inside {}", archive.display()), unpacked.stdout));
    }
    found
}

fn every_file(folder: &Path) -> Vec<PathBuf> {
    let (folders, files): (Vec<_>, Vec<_>) =
        files_in(folder).into_iter().partition(|path| path.is_dir());
    files.into_iter().chain(folders.iter().flat_map(|folder| every_file(folder))).collect()
}

/// Looks at all processes of the computer, over and over.
struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

#[derive(Default)]
struct Seen {
    looked_at: usize,
    names: BTreeSet<String>,
    hits: Vec<String>,
}

impl Watch {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut seen = Seen::default();
            while !told.load(Ordering::SeqCst) {
                seen.look();
            }
            seen
        });
        Self { stop, thread }
    }

    fn stop(self) -> Seen {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

impl Seen {
    fn look(&mut self) {
        for process in files_in(Path::new("/proc")) {
            let Ok(arguments) = fs::read(process.join("cmdline")) else { continue };
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            if process
                .file_name()
                .is_some_and(|id| id.to_string_lossy() == std::process::id().to_string())
            {
                continue;
            }
            self.looked_at += 1;
            let shown = String::from_utf8_lossy(&arguments).replace('\0', " ");
            for (what, bytes) in [("arguments", &arguments), ("environment", &environment)] {
                if holds(bytes) {
                    self.hits.push(format!("{what} of `{shown:.200}`"));
                }
            }
            self.names.insert(shown.chars().take(400).collect());
        }
    }
}
