//! What the tools of the servers' makers have dumped is loaded into a new database and is equal to its source:
//! every form, in every compression. Without the consent that code needs, nothing is made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kronos_engine::look::{DumpForm, Wrapping};

use crate::cli::{Ran, TestContext};
use crate::listing::Listing;
use crate::looks::{Dump, PACKERS, dumps, made};
use crate::rig::{Fresh, Profile, Subject};
use crate::say;

/// What a call of `kronos restore` for a foreign dump is.
pub fn load(
    context: &TestContext,
    profile: &Profile,
    path: &Path,
    target: &str,
    consent: &[&str],
) -> Ran {
    let mut words = vec!["restore", path.to_str().unwrap(), "--to", target];
    words.extend(consent);
    profile.command(context, &words).output().unwrap().into()
}

/// Everything that may be asked for.
pub const ALL: [&str; 2] = ["--run-its-code", "--as-superuser"];

/// The files of one dump: as it is, and packed by each of the stock tools.
fn packed(context: &TestContext, dump: &Dump) -> Vec<PathBuf> {
    let mut files = vec![dump.path.clone()];
    if dump.path.is_dir() || dump.own != Wrapping::None {
        return files;
    }
    for (packer, _) in PACKERS {
        let name = format!("{}.{packer}.dat", dump.path.file_name().unwrap().to_string_lossy());
        files.push(made(context, &name, Command::new(packer).arg("-c").arg(&dump.path)));
    }
    files
}

fn assert_loaded(
    subject: &Subject,
    profile: &Profile,
    context: &TestContext,
    path: &Path,
    source: &str,
) {
    let target = subject.target("loaded");
    let ran = load(context, profile, path, target.name(), &ALL);
    assert_eq!(ran.code, 0, "{} {}: {}", subject.name(), path.display(), ran.stderr);
    assert!(ran.stderr.contains("Nothing was compared"), "{}", ran.stderr);
    let snapshot = |database: &str| without_owners(subject.snapshot(database));
    snapshot(source).assert_restored(&snapshot(target.name()));
}

/// Owners and rights are left out of what is loaded, and the report says so.
pub fn without_owners(mut listing: Listing) -> Listing {
    listing
        .objects
        .retain(|name, _| !name.starts_with("rights ") && !name.starts_with("default rights "));
    // Without `--dump-history` the tool leaves the old versions of rows out of its dump.
    listing.rows.remove("versioned");
    for (name, text) in &mut listing.objects {
        if name.starts_with("large object ") {
            *text = text.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ");
        } else if name.starts_with("relation ") || name.starts_with("schema ") {
            *text = text.replace("nasty_owner", "postgres");
        }
    }
    listing
}

fn prepared(subject: &Subject, source: &Fresh) -> (TestContext, Profile, Vec<Dump>) {
    let context = TestContext::new();
    let profile = subject.profile(source.name());
    profile.write(&context);
    let dumps = dumps(&context, subject, source.name());
    (context, profile, dumps)
}

#[test]
fn every_form_in_every_compression_is_equal_to_its_source() {
    let mut loaded = 0;
    for subject in Subject::each() {
        let source = subject.plain(300);
        let (context, profile, dumps) = prepared(&subject, &source);
        let mut has_packed = false;
        for dump in &dumps {
            let mut files = packed(&context, dump);
            // One of each engine in all compressions, which are no matter of the form; the others as they are.
            if std::mem::replace(&mut has_packed, true) && !crate::full() {
                files.truncate(1);
            }
            for file in files {
                assert_loaded(&subject, &profile, &context, &file, source.name());
                loaded += 1;
            }
        }
    }
    say(&format!("loaded {loaded} dumps of the servers' own tools, all equal to their sources"));
    assert!(loaded >= 25, "{loaded}");
}

/// Databases with everything in them, by the options that dump all of it.
#[test]
fn what_is_hard_to_dump_is_loaded_too() {
    let mut loaded = 0;
    for subject in Subject::each() {
        let source = subject.nasty();
        let (context, profile, dumps) = prepared(&subject, &source);
        for dump in &dumps {
            let whole = match dump.form {
                DumpForm::SqlScript => {
                    ["plain.tar.gz", "routines.db"].iter().any(|name| dump.path.ends_with(name))
                }
                _ => true,
            };
            if whole {
                assert_loaded(&subject, &profile, &context, &dump.path, source.name());
                loaded += 1;
            }
        }
    }
    say(&format!(
        "loaded {loaded} dumps of databases with everything in them, all equal to their sources"
    ));
    assert!(loaded >= 10, "{loaded}");
}

#[test]
fn nothing_is_made_without_consent_or_from_half_a_dump() {
    let mut refused = 0;
    for subject in Subject::each() {
        let source = subject.plain(3000);
        let (context, mut profile, dumps) = prepared(&subject, &source);
        let user = subject.user("only here");
        (profile.user, profile.password) = (user.name.clone(), "only here".to_owned());
        profile.write(&context);
        for dump in dumps.iter().filter(|dump| dump.path.is_file()) {
            let target = subject.target("refused");
            let is_code = !matches!(dump.form, DumpForm::MongoArchive);
            if is_code {
                let ran = load(&context, &profile, &dump.path, target.name(), &[]);
                assert_eq!(ran.code, 2, "{}", ran.stderr);
                assert!(
                    ran.stderr.contains("It is code") && ran.stderr.contains("--run-its-code"),
                    "{}",
                    ran.stderr
                );
                refused += 1;
            }
            let bytes = fs::read(&dump.path).unwrap();
            let half = context.data("half");
            fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
            let ran = load(&context, &profile, &half, target.name(), &ALL);
            assert_ne!(ran.code, 0, "{}", dump.path.display());
            assert!(
                !subject.databases().iter().any(|name| name == target.name()),
                "{}",
                dump.path.display()
            );
            refused += 1;
        }
        // What others make at the same time belongs to other users.
        if let Subject::Postgres(server) = &subject {
            let sql = "SELECT datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE rolname";
            let left = server.session("postgres").rows(&format!("{sql} = '{}'", user.name));
            assert!(left.is_empty(), "{left:?}");
        }
    }
    assert!(refused >= 20, "{refused}");
}

#[test]
fn a_superuser_is_only_used_when_that_was_said() {
    for subject in
        Subject::each().into_iter().filter(|subject| matches!(subject, Subject::Postgres(_)))
    {
        let source = subject.plain(10);
        let (context, profile, dumps) = prepared(&subject, &source);
        let target = subject.target("unlimited");
        let ran = load(&context, &profile, &dumps[0].path, target.name(), &["--run-its-code"]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("--as-superuser"), "{}", ran.stderr);
        assert!(!subject.databases().iter().any(|name| name == target.name()));
    }
}

/// What a window shows as the way without Kronos: the commands of `ui/src/lib/by_hand.ts`, as a person would
/// type them with the login in the environment.
#[test]
fn the_commands_by_hand_load_what_they_are_shown_for() {
    let mut ran = 0;
    for subject in Subject::each() {
        let source = subject.plain(100);
        let context = TestContext::new();
        for dump in dumps(&context, &subject, source.name()) {
            let target = subject.target("by_hand");
            let Some(commands) =
                crate::foreign_by_hand::commands(&subject, &dump, source.name(), target.name())
            else {
                // By hand it would go where it came from.
                assert!(dump.path.ends_with("databases.dump"), "{}", dump.path.display());
                continue;
            };
            for command in commands {
                let output = crate::foreign_by_hand::shell(&subject, &command)
                    .stdin(Stdio::null())
                    .output()
                    .unwrap();
                assert!(
                    output.status.success(),
                    "{command}: {}",
                    String::from_utf8_lossy(&output.stderr)
                );
            }
            subject.snapshot(source.name()).assert_restored(&subject.snapshot(target.name()));
            ran += 1;
        }
    }
    assert!(ran >= 18, "{ran}");
}
