//! What only PostgreSQL has: majors that have to fit, locks with a name, names that look like options, foreign
//! keys whose target was left out, rights and row-level security.

use std::thread;
use std::time::{Duration, Instant};

use crate::cli::{Ran, TestContext};
use crate::rig::{Profile, Subject};
use crate::servers::{FreshPostgres, PostgresServer, PostgresSession};

fn subject(server: &PostgresServer) -> Subject {
    Subject::Postgres(server.clone())
}

fn backup(profile: &Profile, context: &TestContext) -> Ran {
    Ran::from(profile.command(context, &["backup"]).output().unwrap())
}

fn restore(profile: &Profile, context: &TestContext, target: &str, more: &[&str]) -> Ran {
    let archive = context.archives().pop().unwrap();
    let to = format!("--to={target}");
    let words = [&["restore", archive.to_str().unwrap(), &to], more].concat();
    Ran::from(profile.command(context, &words).output().unwrap())
}

fn shop(server: &PostgresServer) -> FreshPostgres {
    let shop = server.fresh("shop");
    shop.session().run(
        "CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers SELECT generate_series(1, 10);
         CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers);
         INSERT INTO orders SELECT i, i FROM generate_series(1, 10) i;
         CREATE VIEW bought AS SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer;
         CREATE MATERIALIZED VIEW total AS SELECT count(*) FROM bought;
         CREATE TABLE log (line text); INSERT INTO log VALUES ('x');",
    );
    shop
}

#[test]
fn a_tool_that_is_older_than_the_server_is_refused_and_a_newer_one_is_taken() {
    let (Some(server), Some(newer)) = (PostgresServer::wanted(), PostgresServer::new()) else {
        return;
    };
    let context = TestContext::new();
    let database = shop(&newer);
    let mut profile = subject(&newer).profile(&database.name);
    profile.tools = Some(server.tools());
    profile.write(&context);
    let refused = backup(&profile, &context);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("cannot read PostgreSQL 18: it is older"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("postgresql-client-18"), "{}", refused.stderr);
    assert!(context.archives().is_empty());
    profile.tools = Some(newer.tools());
    profile.write(&context);
    profile.ok(&context, &["backup"]);

    let older = subject(&server).profile(&database.name);
    older.write(&context);
    let refused = restore(&older, &context, "never_made", &[]);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("the backup is from PostgreSQL 18"), "{}", refused.stderr);
    assert!(server.databases("never_made").is_empty());
}

#[test]
fn an_older_server_is_backed_up_and_restored_to_a_newer_one() {
    let (Some(old), Some(new)) = (PostgresServer::old(), PostgresServer::new()) else { return };
    let context = TestContext::new();
    let shop = shop(&old);
    let profile = subject(&old).profile(&shop.name);
    profile.write(&context);
    profile.ok(&context, &["backup"]);
    let (target, there) = (new.adopt("kronos_from_old"), subject(&new).profile("x"));
    there.write(&context);
    let restored = restore(&there, &context, &target.name, &[]);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert_eq!(target.session().one("SELECT count(*) FROM orders"), "10");
    assert_eq!(target.session().one("SELECT count FROM total"), "10");
}

/// Holds a lock until it is dropped.
fn locker(database: &FreshPostgres, table: &str) -> PostgresSession {
    let session = database.session();
    session.run(&format!(
        "SET application_name = 'the locker'; BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"
    ));
    session
}

#[test]
fn whoever_holds_a_lock_for_too_long_is_named() {
    let Some(server) = PostgresServer::wanted() else { return };
    let context = TestContext::new();
    let shop = shop(&server);
    let profile = subject(&server).profile(&shop.name);
    profile.write(&context);
    let lock = locker(&shop, "orders");
    let begun = Instant::now();
    let refused = backup(&profile, &context);
    assert_ne!(refused.code, 0);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    let text = &refused.stderr;
    assert!(text.contains("`public.orders` is locked by process"), "{text}");
    assert!(text.contains("(the locker) since"), "{text}");
    drop(lock);
    profile.ok(&context, &["backup"]);
}

#[test]
fn a_lock_on_a_table_that_is_left_out_is_in_nobodys_way() {
    let Some(server) = PostgresServer::wanted() else { return };
    let context = TestContext::new();
    let shop = shop(&server);
    let mut profile = subject(&server).profile(&shop.name);
    profile.more = "exclude_tables = [\"log\"]".to_owned();
    profile.write(&context);
    let _lock = locker(&shop, "log");
    profile.ok(&context, &["backup"]);
}

#[test]
fn a_name_stays_a_name() {
    let Some(server) = PostgresServer::wanted() else { return };
    let context = TestContext::new();
    let mark = context.root().join("pwned");
    let shell = format!("$(touch {})", mark.display());
    let names = ["dbname=postgres", "-x", "we\"ird 'db", "new\nline", "🔑*", &shell];
    let databases = names.map(|name| server.adopt(name));
    for database in &databases {
        let quoted = database.name.replace('"', "\"\"");
        server.session("postgres").run(&format!("DROP DATABASE IF EXISTS \"{quoted}\""));
        server.session("postgres").run(&format!("CREATE DATABASE \"{quoted}\" TEMPLATE template0"));
        database.session().run("CREATE TABLE \"a\"\"b\nc *\" AS SELECT current_database() AS name");
    }
    let mut profile = subject(&server).profile("x");
    profile.databases = names.map(str::to_owned).to_vec();
    profile.write(&context);
    profile.ok(&context, &["backup"]);
    for (number, name) in names.iter().enumerate() {
        let target = server.adopt(&format!("-t' \"{number}=\n🔑"));
        let restored = restore(&profile, &context, &target.name, &[&format!("--database={name}")]);
        assert_eq!(restored.code, 0, "{name}: {}", restored.stderr);
        assert_eq!(target.session().one("SELECT name FROM \"a\"\"b\nc *\""), *name);
    }
    assert!(!mark.exists());
}

#[test]
fn what_refers_to_a_table_that_is_left_out_does_not_break_the_restore() {
    let Some(server) = PostgresServer::wanted() else { return };
    let context = TestContext::new();
    let shop = shop(&server);
    for jobs in ["", "jobs = 2"] {
        let mut profile = subject(&server).profile(&shop.name);
        profile.more =
            format!("exclude_tables = [\"customers\"]\nstructure_only = [\"log\"]\n{jobs}");
        profile.write(&context);
        profile.ok(&context, &["backup"]);
        let target = server.adopt(&format!("{}_left_out", shop.name));
        let restored = restore(&profile, &context, &target.name, &[]);
        assert_eq!(restored.code, 0, "{}", restored.stderr);
        let said = format!("{}{}", restored.stdout, restored.stderr);
        assert!(said.contains("Foreign keys to tables that were left out"), "{said}");
        let session = target.session();
        assert_eq!(session.one("SELECT count(*) FROM orders"), "10");
        assert_eq!(session.one("SELECT count(*) FROM log"), "0");
        let there =
            "SELECT count(*) FROM pg_class WHERE relname IN ('customers', 'bought', 'total')";
        assert_eq!(session.one(there), "0");
        assert_eq!(session.one("SELECT count(*) FROM pg_constraint WHERE contype = 'f'"), "0");
    }
}

#[test]
fn missing_rights_are_named_before_anything_is_dumped_and_the_grant_helps() {
    let Some(server) = PostgresServer::wanted() else { return };
    let context = TestContext::new();
    let shop = shop(&server);
    let admin = shop.session();
    let user = format!("{}_reader", shop.name);
    admin.run(&format!("CREATE ROLE \"{user}\" LOGIN PASSWORD 'p:a\\ss'"));
    admin.run("SELECT lo_create(0); ALTER TABLE log ENABLE ROW LEVEL SECURITY");
    let mut profile = subject(&server).profile(&shop.name);
    profile.user.clone_from(&user);
    profile.password = "p:a\\ss".to_owned();
    profile.write(&context);
    let mut refusals = 0;
    // Each refusal names the statements that take it away, so a few rounds are enough.
    let outcome = loop {
        let ran = backup(&profile, &context);
        let grant = ran.stderr.split_once("administrator run: ").map(|(_, rest)| rest.to_owned());
        let Some(grant) = grant.filter(|_| ran.code != 0 && refusals < 5) else { break ran };
        assert!(context.archives().is_empty());
        admin.run(grant.lines().next().unwrap());
        refusals += 1;
    };
    admin.run(&format!("DROP OWNED BY \"{user}\"; DROP ROLE \"{user}\""));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(refusals >= 1);
}

#[test]
fn a_killed_restore_is_cleared_up_and_nothing_else_is() {
    let Some(server) = PostgresServer::wanted() else { return };
    let context = TestContext::new();
    let shop = shop(&server);
    let profile = subject(&server).profile(&shop.name);
    profile.write(&context);
    profile.ok(&context, &["backup"]);
    let admin = server.session("postgres");
    let old = "Unfinished restore of Kronos; it may be dropped. Last sign of life: 1700000000";
    let tag = format!("{:016x}", std::process::id());
    let ours = server.adopt(&format!("kronos_restoring_{tag}"));
    let [unmarked, used, claimed] = ["f", "e", "1"]
        .map(|first| server.adopt(&format!("kronos_restoring_{first}{}", &tag[1..])));
    let foreign = server.adopt(&format!("kronos_restoring_of_mine_{tag}"));
    let lock = |what: &str, database: &str| {
        let number = u64::from_str_radix(&database["kronos_restoring_".len()..], 16).unwrap();
        admin.run(&format!("SELECT pg_advisory_{what}({})", number.cast_signed()));
    };
    // As a restore makes them: others clear up at the same time.
    for database in [&ours, &unmarked, &used, &claimed] {
        lock("lock", &database.name);
    }
    for database in [&ours, &unmarked, &used, &claimed, &foreign] {
        admin.run(&format!("CREATE DATABASE \"{}\" TEMPLATE template0", database.name));
    }
    for database in [&ours, &foreign] {
        admin.run(&format!("COMMENT ON DATABASE \"{}\" IS '{old}'", database.name));
    }
    server.session(&used.name).run("CREATE TABLE somebodys (x int)");
    for database in [&ours, &unmarked, &used] {
        lock("unlock", &database.name);
    }
    let target = server.adopt(&format!("{}_again", shop.name));
    let restored = restore(&profile, &context, &target.name, &[]);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert!(server.databases(&ours.name).is_empty(), "the abandoned one is gone");
    assert!(
        server.databases(&unmarked.name).is_empty(),
        "so is one that was killed before its mark"
    );
    assert_eq!(server.databases(&used.name).len(), 1, "there is something in it");
    assert_eq!(server.databases(&claimed.name).len(), 1, "somebody is about to mark it");
    assert_eq!(server.databases(&foreign.name).len(), 1);
}

/// A program that wants a table for itself while the dump begins waits for seconds, not for the whole
/// dump, and the backup still succeeds.
#[test]
fn whoever_queues_behind_our_locks_gets_a_turn() {
    let Some(server) = PostgresServer::wanted() else { return };
    let context = TestContext::new();
    let shop = shop(&server);
    let profile = subject(&server).profile(&shop.name);
    profile.write(&context);
    let name = shop.name.clone();
    let writer = thread::spawn({
        let server = server.clone();
        move || {
            let session = server.session(&name);
            let begun = Instant::now();
            let (mut turns, mut longest) = (0, Duration::ZERO);
            while begun.elapsed() < Duration::from_secs(6) {
                let turn = Instant::now();
                session.run("TRUNCATE log; INSERT INTO log VALUES ('x')");
                longest = longest.max(turn.elapsed());
                turns += 1;
                thread::sleep(Duration::from_millis(20));
            }
            (turns, longest)
        }
    });
    profile.ok(&context, &["backup"]);
    let (turns, longest) = writer.join().unwrap();
    assert!(turns > 5, "{turns} turns");
    assert!(longest < Duration::from_secs(15), "{longest:?}");
}
