//! Programs go on writing while a server is backed up: what the backup holds is one moment, or the run fails
//! and says so. Nothing is lost in silence.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::{Ran, TestContext};
use crate::rig::{Fresh, Profile, Subject, tools_with};
use crate::servers::{MysqlServer, PostgresServer};
use crate::{say, scaled};

const ACCOUNTS: u32 = 500;
const ROWS: u64 = 1000;

/// Money moves between accounts in two tables; no backup makes or loses any.
#[test]
fn transfers_keep_their_sum() {
    let (mut kept, mut commits, rounds) = (0, 0, scaled(4, 50));
    let mut subjects = Subject::each();
    // The label of MongoDB's backups says that collections are of different moments.
    subjects.retain(|subject| !matches!(subject, Subject::Mongo(_)));
    for subject in &subjects {
        let bank = make_bank(subject);
        let context = TestContext::new();
        let profile = subject.profile(bank.name());
        profile.write(&context);
        for round in 0..rounds {
            let writer = Writer::start(subject, bank.name());
            profile.ok(&context, &["backup"]);
            let done = writer.stop();
            assert!(done > 0, "{} round {round}: nothing was written", subject.name());
            commits += done;
        }
        for archive in context.archives() {
            let target = subject.target("bank");
            profile.ok(&context, &["restore", archive.to_str().unwrap(), "--to", target.name()]);
            assert_eq!(
                sum(subject, target.name()),
                u64::from(ACCOUNTS) * 2 * 1000,
                "{}",
                subject.name()
            );
            kept += 1;
        }
    }
    say(&format!(
        "live writers: {kept} backups keep the sum, violations 0, {commits} commits meanwhile"
    ));
    assert_eq!(kept, rounds * subjects.len());
}

fn make_bank(subject: &Subject) -> Fresh {
    let bank = subject.plain(2000);
    for table in ["left_account", "right_account"] {
        let numbers = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ACCOUNTS})"
        );
        match &bank {
            Fresh::Postgres(bank) => {
                let session = bank.session();
                session.run(&format!("CREATE TABLE {table} (id int PRIMARY KEY, balance int)"));
                session.run(&format!("{numbers} INSERT INTO {table} SELECT i, 1000 FROM n"));
            }
            Fresh::Mysql(bank) => {
                let mut session = bank.session();
                session.run(&format!("CREATE TABLE {table} (id INT PRIMARY KEY, balance INT)"));
                session.run(&format!("INSERT INTO {table} {numbers} SELECT i, 1000 FROM n"));
            }
            Fresh::Mongo(_) => {}
        }
    }
    bank
}

fn sum(subject: &Subject, database: &str) -> u64 {
    let query =
        "SELECT (SELECT sum(balance) FROM left_account) + (SELECT sum(balance) FROM right_account)";
    let text = match subject {
        Subject::Postgres(server) => server.session(database).one(query),
        Subject::Mysql(server) => server.session(Some(database)).one(query),
        Subject::Mongo(_) => String::new(),
    };
    text.parse().unwrap()
}

/// A second program that writes until it is stopped.
struct Writer {
    stop: Arc<AtomicBool>,
    commits: Arc<AtomicU64>,
    thread: thread::JoinHandle<()>,
}

impl Writer {
    /// Returns after the first commit.
    fn start(subject: &Subject, database: &str) -> Self {
        let (stop, commits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (told, done) = (Arc::clone(&stop), Arc::clone(&commits));
        let (subject, database) = (subject.clone(), database.to_owned());
        let thread = thread::spawn(move || {
            let mut run = transfers(&subject, &database);
            for number in 0_u32.. {
                if told.load(Ordering::SeqCst) {
                    return;
                }
                let (from, to, amount) =
                    (number * 7 % ACCOUNTS + 1, number * 13 % ACCOUNTS + 1, number % 50);
                let (first, second) = if number.is_multiple_of(2) {
                    ("left_account", "right_account")
                } else {
                    ("right_account", "left_account")
                };
                for sql in [
                    "BEGIN".to_owned(),
                    format!("UPDATE {first} SET balance = balance - {amount} WHERE id = {from}"),
                    format!("UPDATE {second} SET balance = balance + {amount} WHERE id = {to}"),
                    "COMMIT".to_owned(),
                ] {
                    run(&sql);
                }
                done.fetch_add(1, Ordering::SeqCst);
            }
        });
        let writer = Self { stop, commits, thread };
        wait_until("the first commit", || writer.commits.load(Ordering::SeqCst) > 0);
        writer
    }

    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap();
        self.commits.load(Ordering::SeqCst)
    }
}

/// Runs one statement.
type Run = Box<dyn FnMut(&str)>;

fn transfers(subject: &Subject, database: &str) -> Run {
    match subject {
        Subject::Postgres(server) => {
            let session = server.session(database);
            Box::new(move |sql| session.run(sql))
        }
        Subject::Mysql(server) => {
            let mut session = server.session(Some(database));
            Box::new(move |sql| session.run(sql))
        }
        Subject::Mongo(_) => unreachable!("no transfers there"),
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited 20 s for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// One transaction moves all rows and truncates the table that they were in, and commits while the dump waits for
/// it. `pg_dump` alone takes its moment before it waits, and finds the rows in neither table.
#[test]
fn postgres_moves_rows_and_truncates() {
    let Some(server) = PostgresServer::wanted() else { return };
    let subject = Subject::Postgres(server.clone());
    let context = TestContext::new();
    let queue = server.fresh("queue");
    let session = queue.session();
    session.run(&format!(
        "CREATE TABLE queue (id int); CREATE TABLE done (id int); INSERT INTO queue SELECT generate_series(1, {ROWS})"
    ));
    let profile = subject.profile(&queue.name);
    profile.write(&context);
    let (mut lost, mut failed) = (0, 0);
    let rounds = scaled(12, 200);
    for round in 0..rounds {
        let (from, to) = if round % 2 == 0 { ("queue", "done") } else { ("done", "queue") };
        let child = while_waiting(
            &server,
            &queue.name,
            from,
            to,
            profile.command(&context, &["backup", "--json"]),
        );
        let ran = Ran::from(child);
        if ran.code == 0 {
            let rows: u64 = ["public.done", "public.queue"]
                .iter()
                .map(|table| rows_in_backup(&context, table))
                .sum();
            lost += usize::from(rows != ROWS);
        } else {
            failed += 1;
        }
    }
    let lost_alone = lost_by_pg_dump_alone(&server, &queue.name);
    say(&format!(
        "move and truncate: {rounds} rounds, {failed} said that they failed, lost in silence {lost} (pg_dump alone: {lost_alone} of 2)"
    ));
    assert_eq!(lost, 0);
    assert!(lost_alone > 0, "the fault does not happen any more, so the test proves nothing");
    assert!(failed < rounds / 4, "{failed} runs failed");
}

/// Starts `command` while a transaction has moved the rows, and commits when it waits for that transaction.
fn while_waiting(
    server: &PostgresServer,
    database: &str,
    from: &str,
    to: &str,
    mut command: std::process::Command,
) -> std::process::Output {
    let mover = server.session(database);
    let watcher = server.session("postgres");
    mover.run(&format!("BEGIN; INSERT INTO {to} SELECT * FROM {from}; TRUNCATE {from}"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let waiting = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND wait_event_type = 'Lock'"
    );
    wait_until("the dump to wait for the lock", || watcher.one(&waiting) != "0");
    mover.run("COMMIT");
    child.wait_with_output().unwrap()
}

fn lost_by_pg_dump_alone(server: &PostgresServer, database: &str) -> usize {
    let lost = [("queue", "done"), ("done", "queue")].into_iter().filter(|(from, to)| {
        let mut dump = std::process::Command::new(server.tools().join("pg_dump"));
        dump.env("PGPASSWORD", &server.password).args([
            "-h",
            "127.0.0.1",
            "-p",
            &server.port.to_string(),
        ]);
        dump.args(["-U", &server.user, "--data-only", "--inserts", database]);
        let (from, to) =
            if server.session(database).one(&format!("SELECT count(*) FROM {from}")) == "0" {
                (to, from)
            } else {
                (from, to)
            };
        let output = while_waiting(server, database, from, to, dump);
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).matches("INSERT INTO").count() as u64 != ROWS
    });
    lost.count()
}

/// Rows of a table in the newest backup, by the backup's own record of what it holds.
fn rows_in_backup(context: &TestContext, table: &str) -> u64 {
    let newest = context.archives().pop().unwrap();
    let shown = context.ok(["inspect", newest.to_str().unwrap(), "--json"]);
    let text = shown.stdout.replace(' ', "");
    let at =
        text.find(&format!("\"name\":\"{table}\"")).unwrap_or_else(|| panic!("no {table}: {text}"));
    let rest = &text[at..];
    let rows = &rest[rest.find("\"rows\":").unwrap() + 7..];
    rows.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// What is done to a table of MariaDB or MySQL in the middle of a dump; the rows are always in at least one table.
const CHANGES: [(&str, &[&str]); 5] = [
    ("truncate", &["INSERT INTO kept SELECT * FROM queue", "TRUNCATE queue"]),
    ("swap", &["RENAME TABLE queue TO t, kept TO queue, t TO kept"]),
    ("drop", &["INSERT INTO kept SELECT * FROM queue", "DROP TABLE queue"]),
    ("add column", &["ALTER TABLE queue ADD COLUMN more INT DEFAULT 5, ALGORITHM = COPY"]),
    (
        "create and fill",
        &[
            "CREATE TABLE fresh LIKE queue",
            "BEGIN",
            "INSERT INTO fresh SELECT * FROM queue",
            "DELETE FROM queue",
            "COMMIT",
        ],
    ),
];

/// The tool, with its output so slow that there is time between its tables, and with marks of its begin
/// and end.
const SLOW: &str = r#"touch "$0.begun"
"$REAL" "$@" | python3 -c '
import sys, time
while block := sys.stdin.buffer.read1(65536):
    sys.stdout.buffer.write(block); time.sleep(0.004)'
code=${PIPESTATUS[0]}
touch "$0.ended"
exit "$code""#;

#[test]
fn mariadb_changes_tables_at_any_moment() {
    changes_tables_at_any_moment(MysqlServer::mariadb());
}

#[test]
fn mysql_changes_tables_at_any_moment() {
    changes_tables_at_any_moment(MysqlServer::mysql());
}

/// Tables are changed at many moments of a dump. `mariadb-dump` may find a table empty, gone or of another
/// shape; then the run fails or starts anew, and never loses rows in silence.
fn changes_tables_at_any_moment(server: Option<MysqlServer>) {
    let Some(server) = server else { return };
    let subject = Subject::Mysql(server.clone());
    let (mut rounds, mut within, mut failed, mut wrong) = (0, 0, 0, Vec::new());
    for (kind, statements) in CHANGES {
        let database = subject.plain(4000);
        let context = TestContext::new();
        let folder = tools_with(&context, &subject, "slow", SLOW);
        let mark = |end: &str| folder.join(format!("{}.{end}", subject.programs()[0]));
        let profile = Profile { tools: Some(folder.clone()), ..subject.profile(database.name()) };
        profile.write(&context);
        make_queue(&server, database.name());
        profile.ok(&context, &["backup"]);
        let when = |end: &str| mark(end).metadata().unwrap().modified().unwrap();
        let mut length = when("ended").duration_since(when("begun")).unwrap();
        let moments = scaled(6, 20);
        for moment in 0..moments {
            make_queue(&server, database.name());
            for end in ["begun", "ended"] {
                let _ = std::fs::remove_file(mark(end));
            }
            let mut command = profile.command(&context, &["backup"]);
            let child = command.stderr(Stdio::piped()).spawn().unwrap();
            wait_until("the dump to begin", || mark("begun").exists());
            thread::sleep(length * moment / moments);
            if mark("ended").exists() {
                // The first one was slower.
                length = length * 4 / 5;
            } else {
                within += 1;
            }
            let mut session = server.session(Some(database.name()));
            for sql in statements {
                session.run(sql);
            }
            let output = child.wait_with_output().unwrap();
            rounds += 1;
            if output.status.code() == Some(1) {
                failed += 1;
                continue;
            }
            let found = rows_of_queue(&context);
            if found < ROWS {
                let held = restored_rows(&server, &profile, &context);
                let what = if held < ROWS { "lost" } else { "held, but not in its record" };
                wrong.push(format!("{kind} at {moment} of {moments}: {found} rows, {held} {what}"));
            }
        }
    }
    say(&format!(
        "tables changed, {}: {rounds} rounds, {within} in the middle of the dump, {failed} said that they failed, \
         lost in silence {}",
        subject.name(),
        wrong.len()
    ));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(within >= rounds * 2 / 3, "only {within} of {rounds} changes met a dump");
    // A run that met a change starts anew once, and the change is over by then.
    assert!(failed < rounds / 4, "{failed} of {rounds} runs failed");
}

fn make_queue(server: &MysqlServer, database: &str) {
    let mut session = server.session(Some(database));
    for sql in
        ["DROP TABLE IF EXISTS queue", "DROP TABLE IF EXISTS kept", "DROP TABLE IF EXISTS fresh"]
    {
        session.run(sql);
    }
    for table in ["queue", "kept"] {
        session.run(&format!("CREATE TABLE {table} (id INT, INDEX (id))"));
    }
    session.run(&format!(
        "INSERT INTO queue WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i FROM n"
    ));
}

/// Rows that the newest backup really holds.
fn restored_rows(server: &MysqlServer, profile: &Profile, context: &TestContext) -> u64 {
    let target = server.adopt(&crate::servers::fresh_name("changed"));
    let newest = context.archives().pop().unwrap();
    profile.ok(context, &["restore", newest.to_str().unwrap(), "--to", &target.name]);
    let mut session = target.session();
    let tables = ["queue", "kept", "fresh"].map(|table| {
        let there = session.rows(&format!("SHOW TABLES LIKE '{table}'"));
        if there.is_empty() {
            return 0;
        }
        session.one(&format!("SELECT COUNT(*) FROM {table}")).parse().unwrap()
    });
    tables.iter().sum()
}

/// Rows of the newest backup in whichever of the three tables they are.
fn rows_of_queue(context: &TestContext) -> u64 {
    let newest = context.archives().pop().unwrap();
    let shown = context.ok(["inspect", newest.to_str().unwrap(), "--json"]).stdout;
    ["queue", "kept", "fresh"]
        .iter()
        .filter(|table| shown.contains(&format!("\"name\":\"{table}\"")))
        .map(|table| rows_in_backup(context, table))
        .sum()
}
