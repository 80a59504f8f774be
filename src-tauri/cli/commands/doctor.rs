//! `kronos doctor`: looks at everything that a backup will need, before it is needed.
//!
//! Owns the list of things to look at. It changes nothing; only `--storage` writes, and removes what it
//! wrote.

use std::fs::{self, OpenOptions};
use std::path::Path;

use kronos_engine::config::Config;
use kronos_engine::database::Probe;
use kronos_engine::storage::{self, conformance};
use kronos_engine::view::{ProfileView, StorageView};
use kronos_engine::{Engine, Error, ErrorReport, files, units};

use crate::exit::Exit;
use crate::failure::Outcome;
use crate::json::{Check, Record, Verdict};
use crate::logging;
use crate::output::Output;
use crate::render::{self, counted};
use crate::session::Session;

pub async fn run(session: &Session<'_>) -> Outcome {
    let mut report = Report { output: session.output, problems: 0 };
    report.good("version", format!("Kronos {}", env!("CARGO_PKG_VERSION")));
    report.add(&log());
    match session.open().await {
        Ok((engine, _events)) => examine(&engine, &mut report).await?,
        Err(failure) => report.problem("state", &failure.report),
    }
    let problems = report.problems;
    session.output.data(&match problems {
        0 => "\nNo problem found\n".to_owned(),
        some => format!("\n{} found\n", counted(some, "problem", "problems")),
    });
    Ok(if problems == 0 { Exit::Success } else { Exit::Failed })
}

async fn examine(engine: &Engine, report: &mut Report<'_>) -> Result<(), Error> {
    let state = engine.state_dir();
    report.add(&folder("state", state.root()));
    // The engine does not open without it.
    report.good("catalog", state.catalog().display().to_string());
    let config = match engine.config() {
        Ok(config) => config,
        Err(error) => {
            report.problem("configuration", &ErrorReport::new(String::new(), &error));
            return Ok(());
        }
    };
    configuration(engine, &config, report);
    report.add(&unfinished(&state.pending()));
    let picture = engine.state().await?;
    for storage in &picture.storages {
        report.add(&storage_check(storage));
    }
    for profile in &picture.profiles {
        for check in profile_checks(engine, profile).await {
            report.add(&check);
        }
    }
    Ok(())
}

/// Puts every promise of one storage to the test.
pub async fn test_storage(session: &Session<'_>, name: &str) -> Outcome {
    let output = session.output;
    let (engine, _events) = session.open().await?;
    let storage = storage::open(engine.config()?.storage(name)?)?;
    let promises = conformance::check(storage.as_ref()).await;
    let style = output.data_style();
    let mut text = String::new();
    for promise in &promises {
        let broken = promise.broken.as_deref();
        output.json(&Record::Promise { storage: name, promise: promise.name, broken });
        match broken {
            None => text.push_str(&format!("{} {}\n", style.good("✓"), promise.name)),
            Some(seen) => {
                text.push_str(&format!("{} {}\n  {seen}\n", style.bad("✕"), promise.name));
            }
        }
    }
    let broken = promises.iter().filter(|promise| promise.broken.is_some()).count();
    let (all, place) = (promises.len(), storage.location());
    text.push_str(&match broken {
        0 => format!("\n`{place}` keeps all {all} promises\n"),
        _ => {
            format!("\n`{place}` breaks {broken} of {all} promises: do not trust it with backups\n")
        }
    });
    output.data(&text);
    Ok(if broken == 0 { Exit::Success } else { Exit::Failed })
}

/// Prints each check as soon as it is known.
struct Report<'a> {
    output: &'a Output,
    problems: u64,
}

impl Report<'_> {
    fn add(&mut self, check: &Check) {
        self.problems += u64::from(check.verdict == Verdict::Problem);
        self.output.json(&Record::Check(check));
        self.output.data(&render::check(check, self.output.data_style()));
    }

    fn good(&mut self, area: &'static str, text: String) {
        self.add(&good(area, text));
    }

    fn problem(&mut self, area: &'static str, report: &ErrorReport) {
        self.add(&problem(area, report.why.clone(), report.next_step.clone()));
    }
}

fn good(area: &'static str, text: String) -> Check {
    Check { area, verdict: Verdict::Good, text, next_step: None }
}

fn problem(area: &'static str, text: String, next_step: Option<String>) -> Check {
    Check { area, verdict: Verdict::Problem, text, next_step }
}

fn warning(area: &'static str, text: String) -> Check {
    Check { area, verdict: Verdict::Warning, text, next_step: None }
}

fn log() -> Check {
    match logging::folder() {
        Some(path) => folder("log", &path),
        None => problem("log", "There is no home folder for it".to_owned(), None),
    }
}

fn folder(area: &'static str, path: &Path) -> Check {
    let shown = path.display();
    match files::check_writable(path) {
        Ok(()) => good(area, shown.to_string()),
        Err(error) => {
            let step = "Make the folder yours; without it Kronos cannot remember anything";
            problem(area, format!("`{shown}` cannot be written: {error}"), Some(step.to_owned()))
        }
    }
}

fn configuration(engine: &Engine, config: &Config, report: &mut Report<'_>) {
    let profiles = counted(config.profiles.len() as u64, "profile", "profiles");
    let storages = counted(config.storages.len() as u64, "storage", "storages");
    let path = engine.config_path().display();
    report.good("configuration", format!("{path}: {profiles}, {storages}"));
    for text in &config.warnings {
        report.add(&warning("configuration", text.clone()));
    }
}

/// The engine has cleared up what it could when it was opened; what is left is alive, or out of reach.
fn unfinished(pending: &Path) -> Check {
    let notes = fs::read_dir(pending).into_iter().flatten().flatten();
    let (mut alive, mut dead) = (0, 0);
    for note in notes.filter(|note| note.path().extension().is_some_and(|end| end == "json")) {
        let locked = OpenOptions::new().write(true).open(note.path());
        match locked.map(|file| file.try_lock().is_err()) {
            Ok(false) => dead += 1,
            _ => alive += 1,
        }
    }
    let (running, left) =
        (counted(alive, "backup is", "backups are"), counted(dead, "backup", "backups"));
    match (alive, dead) {
        (0, 0) => good("leftovers", "Nothing half done is left".to_owned()),
        (_, 0) => good("leftovers", format!("Nothing is left; {running} running")),
        _ => warning(
            "leftovers",
            format!("{left} ended early and will be cleared up once the storage can be reached"),
        ),
    }
}

fn storage_check(storage: &StorageView) -> Check {
    let name = format!("`{}`, {}", storage.name, storage.location);
    if let Some(report) = &storage.problem {
        return problem("storage", format!("{name}: {}", report.why), report.next_step.clone());
    }
    let free = storage.free_bytes.map(|free| format!(", {} free", units::bytes(free)));
    good("storage", name + &free.unwrap_or_default())
}

async fn profile_checks(engine: &Engine, profile: &ProfileView) -> Vec<Check> {
    let name = format!("`{}`, {}", profile.name, profile.engine_label);
    match engine.probe(Some(&profile.name), &profile.draft).await {
        Err(error) => vec![refused(&name, &error)],
        Ok(probe) => probed(&name, &probe),
    }
}

/// What a look at a source found: one line that it is there, one for each thing to mind.
fn probed(name: &str, probe: &Probe) -> Vec<Check> {
    let size = probe.databases.iter().map(|database| database.size).sum();
    let databases = counted(probe.databases.len() as u64, "database", "databases");
    let server = [&probe.server.version, &probe.protection, &probe.server.tool];
    let mut text = format!("{name}: {databases}, {}", units::bytes(size));
    for part in server.into_iter().filter(|part| !part.is_empty()) {
        text.push_str(&format!(", {part}"));
    }
    let missing = probe.missing_rights.iter().map(|right| {
        let text = format!("{name}: `{}` cannot be read", right.object);
        problem("profile", text, Some(format!("Let an administrator run: {}", right.grant)))
    });
    let warnings = probe.warnings.iter().map(|text| warning("profile", format!("{name}: {text}")));
    std::iter::once(good("profile", text)).chain(missing).chain(warnings).collect()
}

fn refused(name: &str, error: &Error) -> Check {
    problem("profile", format!("{name}: {error}"), error.hint())
}
