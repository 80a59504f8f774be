//! `make bench`: Kronos beside what a developer would run instead, in one run on one computer.
//!
//! Owns the comparison: `sqlite3 .backup` + `tar czf` against `kronos backup` with everything that
//! Kronos does on top of it (check of the copy, row counts, read-back, comparison of every hash). Prints
//! medians of five interleaved rounds, ratios, the share of each phase and the peak memory. Nothing here
//! is a test of the clock: a slower computer gives other seconds and the same ratios.
//!
//! `KRONOS_BENCH_MB` sets the size of the database (1000), `KRONOS_BENCH_ROUNDS` the rounds (5).

mod measure;
mod report;
mod source;

use std::path::{Path, PathBuf};
use std::process::Command;

use measure::{Measured, measure};

const KRONOS: &str = env!("CARGO_BIN_EXE_kronos");

/// One way to make a backup.
struct Contender {
    name: &'static str,
    command: fn(&Bench) -> Command,
}

/// The folder and the database of this run.
struct Bench {
    folder: PathBuf,
    database: PathBuf,
}

impl Bench {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A configuration with the given codec and level, with a folder of its own for its archives.
    fn configure(&self, codec: &str, level: &str) -> PathBuf {
        let storage = self.path(&format!("backups-{codec}-{level}"));
        let _ = std::fs::create_dir(&storage);
        let text = format!(
            "[databases.bench]\nengine = \"sqlite\"\npath = '{}'\n\n\
             [storages.bench]\ntype = \"local\"\npath = '{}'\n\n\
             [compression]\ncodec = {codec:?}\nlevel = {level:?}\n",
            self.database.display(),
            storage.display(),
        );
        let config = self.path(&format!("{codec}-{level}.toml"));
        std::fs::write(&config, text).expect("the bench folder is writable");
        config
    }

    fn kronos(&self, codec: &str, level: &str) -> Command {
        let mut command = Command::new(KRONOS);
        let config = self.configure(codec, level);
        command.arg("backup").arg("--json").arg("--config").arg(config);
        command.env("XDG_STATE_HOME", self.path("state"));
        command
    }

    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.current_dir(&self.folder).args(["-ec", script]).arg("sh").arg(&self.database);
        command
    }
}

const CONTENDERS: [Contender; 6] = [
    Contender {
        name: "sqlite3 .backup + tar czf",
        command: |bench| {
            bench.shell("rm -f plain.*; sqlite3 \"$1\" '.backup plain.db'; tar czf plain.tar.gz plain.db; rm plain.db")
        },
    },
    Contender {
        name: "sqlite3 .backup + tar | pigz -6",
        command: |bench| {
            bench.shell("rm -f pigz.*; sqlite3 \"$1\" '.backup pigz.db'; tar c pigz.db | pigz -6 > pigz.tar.gz; rm pigz.db")
        },
    },
    Contender {
        name: "kronos, gzip balanced (default)",
        command: |bench| bench.kronos("gzip", "balanced"),
    },
    Contender { name: "kronos, gzip fast", command: |bench| bench.kronos("gzip", "fast") },
    Contender { name: "kronos, gzip small", command: |bench| bench.kronos("gzip", "small") },
    Contender { name: "kronos, zstd balanced", command: |bench| bench.kronos("zstd", "balanced") },
];

fn main() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (megabytes, rounds) = (number("KRONOS_BENCH_MB", 1000), number("KRONOS_BENCH_ROUNDS", 5));
    // A disk folder, not a tmpfs: Kronos reads back what the disk holds.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the bench");
    let database = folder.path().join("bench.db");
    println!("Making a database of {megabytes} MB …");
    source::make(&database, megabytes * 1_000_000);
    let bench = Bench { folder: folder.path().to_owned(), database };
    let raw = size(&bench.database);
    let mut results: Vec<Vec<Measured>> = CONTENDERS.iter().map(|_| Vec::new()).collect();
    for round in 1..=rounds {
        for (contender, measured) in CONTENDERS.iter().zip(&mut results) {
            let mut result = measure((contender.command)(&bench));
            result.bytes = newest_archive(&bench.folder);
            println!("round {round}: {:<32} {:6.2} s", contender.name, result.seconds);
            measured.push(result);
        }
    }
    let names: Vec<&str> = CONTENDERS.iter().map(|contender| contender.name).collect();
    report::comparison(&names, &results, raw);
    report::phases(&results[2]);
    report::bars(&results[0], &results[2]);
    verify_and_restore(&bench);
}

/// Time and peak memory of the two ways back.
fn verify_and_restore(bench: &Bench) {
    let archive =
        archives(&bench.path("backups-gzip-balanced")).pop().expect("the bench made archives");
    let mut verify = Command::new(KRONOS);
    verify.arg("verify").arg(&archive);
    let mut restore = Command::new(KRONOS);
    restore.arg("restore").arg(&archive).arg("--to").arg(bench.path("restored.db"));
    for (name, mut command) in [("kronos verify", verify), ("kronos restore", restore)] {
        command.env("XDG_STATE_HOME", bench.path("state")).current_dir(&bench.folder);
        report::single(name, &measure(command));
    }
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).expect("the file exists").len()
}

/// The archive that the last contender made, by its time.
fn newest_archive(folder: &Path) -> u64 {
    let mut all = archives(folder);
    for entry in std::fs::read_dir(folder).expect("the bench folder exists").flatten() {
        if entry.path().is_dir() && entry.file_name().to_string_lossy().starts_with("backups-") {
            all.extend(archives(&entry.path()));
        }
    }
    let modified = |path: &PathBuf| std::fs::metadata(path).and_then(|m| m.modified()).ok();
    all.into_iter().max_by_key(modified).map_or(0, |path| size(&path))
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder exists").flatten();
    let is_archive = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.ends_with(".tar.gz") || name.ends_with(".tar.zst")
    };
    let mut found: Vec<_> = entries.map(|entry| entry.path()).filter(is_archive).collect();
    found.sort();
    found
}
