//! `make bench`: Kronos beside what a developer would run instead, in one run on one computer.
//!
//! Owns the order of the contests: SQLite, then the servers that `scripts/servers.sh` has started. The same
//! shop is in all of them. Kronos's time includes everything that it does on top: counting of rows,
//! read-back, comparison of every hash. Prints medians of interleaved rounds, sizes, memory and
//! where the time goes. Nothing here is a test of the clock: a slower computer gives other seconds
//! and the same ratios.
//!
//! `KRONOS_BENCH_MB` sets the size of each database (1000), `KRONOS_BENCH_ROUNDS` the rounds (5 for
//! SQLite, 3 for a server), `KRONOS_BENCH_ONLY` the contests ("postgres,mysql").

mod contest;
mod measure;
mod mongodb;
mod mysql;
mod postgres;
mod report;
#[path = "../support/servers/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "shared with the tests of the engines, which need more of it"
)]
mod servers;
mod shop;
mod sqlite;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use contest::Contender;

/// How large, and how often.
struct Size {
    bytes: u64,
    rounds: Option<u64>,
}

type Bench = fn(&Path, &Size);

const CONTESTS: [(&str, Bench); 5] = [
    ("sqlite", sqlite::bench),
    ("postgres", postgres::bench),
    ("mariadb", mysql::bench_mariadb),
    ("mysql", mysql::bench_mysql),
    ("mongodb", mongodb::bench),
];

fn main() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let bytes = number("KRONOS_BENCH_MB").unwrap_or(1000) * 1_000_000;
    let wanted = Size { bytes, rounds: number("KRONOS_BENCH_ROUNDS") };
    let only = std::env::var("KRONOS_BENCH_ONLY").unwrap_or_default();
    let is_wanted = |name: &str| only.is_empty() || only.split(',').any(|one| one.trim() == name);
    for (_, bench) in CONTESTS.into_iter().filter(|(name, _)| is_wanted(name)) {
        // A disk folder, not a tmpfs: Kronos reads back what the disk holds.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a bench folder");
        bench(folder.path(), &wanted);
    }
}

/// Runs a contest on a server and prints everything about it.
fn server_contest(
    title: &str,
    mut contenders: Vec<Contender>,
    raw: u64,
    server: Option<u32>,
    wanted: &Size,
    folder: &Path,
) {
    contest::run(&mut contenders, wanted.rounds.unwrap_or(3), server, folder);
    report::server_comparison(title, &contenders, raw);
    report::phases(&contenders);
    report::limits(&contenders);
    report::server_bars(&contenders);
    let archive = contest::last_archive(&contenders, folder);
    let mut verify = contest::kronos(folder);
    verify.arg("verify").arg(archive);
    report::single("kronos verify", &measure::measure(verify, None, &folder.join("complaints")));
}

/// What a profile of Kronos needs to reach a server, its password in a private file.
fn profile(
    folder: &Path,
    engine: &str,
    (host, port): (&str, u16),
    (user, password): (&str, &str),
    tools: &Path,
) -> String {
    let secret = folder.join("password");
    fs::write(&secret, password).expect("the bench folder is writable");
    let mut table = format!("engine = {engine:?}\nhost = '{host}'\nuser = '{user}'\n");
    let _ = writeln!(table, "password = {{ file = '{}' }}", secret.display());
    let _ = writeln!(table, "tools = '{}'", tools.display());
    if port != 0 {
        let _ = writeln!(table, "port = {port}");
    }
    table
}

/// Runs a client with `text` as its input.
fn feed(client: &mut Command, text: &str) {
    let mut child = client.stdin(Stdio::piped()).spawn().expect("the client is installed");
    let mut input = child.stdin.take().expect("standard input is piped");
    input.write_all(text.as_bytes()).expect("the client reads all of it");
    drop(input);
    assert!(child.wait().is_ok_and(|status| status.success()), "{client:?} failed");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Says that a server is left out because a person wanted it so.
fn say(line: &str) {
    println!("{line}");
}
