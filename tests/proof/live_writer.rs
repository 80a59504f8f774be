//! A second program moves money between accounts as fast as it can while backups are made. Every backup
//! holds one committed moment: no money is made or lost in it. The writer is not stopped, and the
//! backup is not starved.
//!
//! The second program is this test binary, started again with the path of the database.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::cli::TestContext;
use crate::scaled;

/// Set in the second program: the database.
const ROLE: &str = "KRONOS_PROOF_WRITER";
const ACCOUNTS: i64 = 2000;
const MONEY: i64 = ACCOUNTS * 1000;
/// The noise of a shared computer, which says nothing about starving.
const FLOOR: Duration = Duration::from_millis(1500);

#[test]
fn in_write_ahead_mode() {
    run("live_writer::in_write_ahead_mode", "wal");
}

#[test]
fn in_rollback_mode() {
    run("live_writer::in_rollback_mode", "delete");
}

fn run(test: &str, mode: &str) {
    if let Some(database) = std::env::var_os(ROLE) {
        return write_until_told(Path::new(&database));
    }
    let context = TestContext::new();
    let path = context.data("bank.db");
    let bytes_each = scaled(4000, 20_000);
    make_bank(&path, mode, bytes_each);
    let profile = format!("[databases.bank]\nengine = \"sqlite\"\npath = {path:?}\n\n");
    context.config(&(profile + &context.storage_table()));
    let mut writer = Writer::start(test, &path);
    let (mut alone, mut disturbed, mut commits) = (Vec::new(), Vec::new(), 0);
    for round in 0..50 {
        // Alone and disturbed in turn, so that whatever else slows this computer slows both.
        if round % 5 == 0 {
            alone.push(time_backup(&context));
        }
        writer.go();
        disturbed.push(time_backup(&context));
        let done = writer.pause();
        assert!(done > 0, "round {round}: the writer was stopped by the backup");
        commits += done;
    }
    let kept = check_restores(&context);
    report(mode, kept, commits, &mut alone, &mut disturbed);
}

fn report(
    mode: &str,
    kept: usize,
    commits: u64,
    alone: &mut [Duration],
    disturbed: &mut [Duration],
) {
    let (quiet, busy) = (median(alone), median(disturbed));
    let (quiet_max, busy_max) = (alone[alone.len() - 1], disturbed[disturbed.len() - 1]);
    crate::say(&format!(
        "live writer, {mode}: 50 backups, {kept} keep the invariant, violations 0, {commits} commits \
         meanwhile; median {busy:.2?} (alone {quiet:.2?}), slowest {busy_max:.2?} (alone {quiet_max:.2?})"
    ));
    assert!(kept >= 50);
    assert!(busy <= quiet * 3 + FLOOR, "a writer slows backups from {quiet:?} to {busy:?}");
    // Two of fifty may have met a disk that stood still; what a writer starves is not two.
    let busy_most = disturbed[disturbed.len() - 3];
    assert!(busy_most <= quiet_max * 3 + 2 * FLOOR, "{busy_most:?}, alone {quiet_max:?}");
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn make_bank(path: &Path, mode: &str, bytes_each: i64) {
    let bank = Connection::open(path).unwrap();
    // Small pages make many of them, so that one backup takes several steps between which a writer
    // could slip in.
    let tables = format!(
        "PRAGMA page_size = 512; PRAGMA journal_mode = {mode};
         CREATE TABLE account (id INTEGER PRIMARY KEY, balance INT NOT NULL, pad BLOB);
         CREATE TABLE transfer (id INTEGER PRIMARY KEY CHECK (id = 1), number INT);
         INSERT INTO transfer VALUES (1, 0);"
    );
    bank.execute_batch(&tables).unwrap();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
         INSERT INTO account SELECT i, 1000, randomblob(?2) FROM n";
    bank.execute(fill, [ACCOUNTS, bytes_each]).unwrap();
}

fn time_backup(context: &TestContext) -> Duration {
    let begun = Instant::now();
    context.ok(["backup"]);
    begun.elapsed()
}

/// Restores every backup and counts the money; returns how many were right.
fn check_restores(context: &TestContext) -> usize {
    let mut last = -1;
    for (number, archive) in context.archives().iter().enumerate() {
        let target = context.root().join(format!("restored-{number}.db"));
        context.ok(["restore", archive.to_str().unwrap(), "--to", target.to_str().unwrap()]);
        let bank = Connection::open(&target).unwrap();
        let one = |sql: &str| bank.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let check: String = bank.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok", "backup {number}");
        assert_eq!(one("SELECT sum(balance) FROM account"), MONEY, "backup {number}");
        let transfers = one("SELECT number FROM transfer");
        assert!(transfers >= last, "backup {number} is older than the one before it");
        last = transfers;
        std::fs::remove_file(target).unwrap();
    }
    context.archives().len()
}

/// The second program, seen from the first.
struct Writer {
    process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Writer {
    fn start(test: &str, database: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(ROLE, database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, orders, answers }
    }

    /// Returns after the first commit.
    fn go(&mut self) {
        self.tell("go");
        self.answer("writing");
    }

    /// Returns the number of commits since [`Self::go`].
    fn pause(&mut self) -> u64 {
        self.tell("pause");
        self.answer("commits").parse().unwrap()
    }

    fn tell(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
    }

    fn answer(&mut self, word: &str) -> String {
        let mut lines = self.answers.by_ref().map(Result::unwrap);
        let found = lines.find_map(|line| Some(line.strip_prefix(word)?.trim().to_owned()));
        found.expect("the second program has ended")
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The second program itself: writes between `go` and `pause` on its stdin.
fn write_until_told(database: &Path) {
    let bank = Connection::open(database).unwrap();
    bank.busy_timeout(Duration::from_mins(1)).unwrap();
    bank.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let orders = orders();
    let mut seed = u64::from(std::process::id());
    while orders.recv().is_ok_and(|order| order == "go") {
        let mut commits = 0_u64;
        loop {
            transfer(&bank, &mut seed);
            commits += 1;
            if commits == 1 {
                println!("\nwriting");
            }
            match orders.try_recv() {
                Err(TryRecvError::Empty) => {}
                _ => break,
            }
        }
        println!("\ncommits {commits}");
    }
}

fn orders() -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}

fn transfer(bank: &Connection, seed: &mut u64) {
    let mut random = |below: i64| {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(*seed >> 33).unwrap() % below
    };
    let (from, to, amount) = (random(ACCOUNTS), random(ACCOUNTS), random(50));
    bank.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut change =
        bank.prepare_cached("UPDATE account SET balance = balance + ?2 WHERE id = ?1").unwrap();
    change.execute(params![from, -amount]).unwrap();
    change.execute(params![to, amount]).unwrap();
    bank.execute("UPDATE transfer SET number = number + 1", []).unwrap();
    bank.execute_batch("COMMIT").unwrap();
}
