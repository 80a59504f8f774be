//! What only MySQL and MariaDB have: two makers with tools that look alike, rights that hide what is there,
//! views over tables that are left out, events that must not run in a copy, sessions that hold locks.

use std::time::Instant;

use crate::cli::{Ran, TestContext};
use crate::full;
use crate::rig::{Profile, Subject};
use crate::servers::{FreshMysql, MysqlServer, fresh_name};

fn both() -> impl Iterator<Item = MysqlServer> {
    [MysqlServer::mariadb(), MysqlServer::mysql()].into_iter().flatten()
}

fn subject(server: &MysqlServer) -> Subject {
    Subject::Mysql(server.clone())
}

fn run(profile: &Profile, context: &TestContext, words: &[&str]) -> Ran {
    Ran::from(profile.command(context, words).output().unwrap())
}

fn restore(profile: &Profile, context: &TestContext, target: &str) -> Ran {
    let archive = context.archives().pop().unwrap();
    let words = ["restore", archive.to_str().unwrap(), "--to", target, "--profile", "subject"];
    run(profile, context, &words)
}

fn shop(server: &MysqlServer) -> FreshMysql {
    let shop = server.fresh("shop");
    let mut session = shop.session();
    for statement in [
        "CREATE TABLE customers (id INT PRIMARY KEY)",
        "CREATE TABLE orders (id INT PRIMARY KEY, customer INT)",
        "CREATE TABLE log (line VARCHAR(20))",
        "CREATE VIEW bought AS SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer",
        "CREATE VIEW again AS SELECT id FROM bought",
        "CREATE PROCEDURE greet() SELECT 'CREATE TABLE no_table (a INT);'",
        // Without a start it begins at once, and may clean what has just been written.
        "CREATE EVENT clean ON SCHEDULE EVERY 1 HOUR STARTS '2036-01-01 00:00:00' DO DELETE FROM log",
        "CREATE TRIGGER seen AFTER INSERT ON orders FOR EACH ROW INSERT INTO log VALUES ('order')",
        "INSERT INTO customers VALUES (1), (2), (3)",
        "INSERT INTO orders VALUES (1, 1), (2, 3)",
    ] {
        session.run(statement);
    }
    shop
}

#[test]
fn the_statement_that_a_refusal_shows_gives_the_missing_rights() {
    for server in both() {
        let (context, shop, mut admin) = (TestContext::new(), shop(&server), server.session(None));
        let name = fresh_name("few");
        admin.run(&format!("CREATE USER {name}@'%' IDENTIFIED BY 'few'"));
        admin.run(&format!("GRANT SELECT ON `{}`.* TO {name}@'%'", shop.name.replace('_', "\\_")));
        let mut profile = subject(&server).profile(&shop.name);
        (profile.user, profile.password) = (name.clone(), "few".to_owned());
        profile.write(&context);
        let refused = run(&profile, &context, &["backup"]);
        assert_eq!(refused.code, 1, "{}", refused.stderr);
        assert!(context.archives().is_empty());
        let (_, grants) = refused.stderr.split_once("an administrator run: ").unwrap();
        let grants = grants.lines().next().unwrap();
        for grant in grants.split("; ") {
            admin.run(grant.trim_end_matches(';'));
        }
        profile.ok(&context, &["backup"]);
        admin.run(&format!("DROP USER {name}@'%'"));
    }
}

#[test]
fn the_tool_of_the_other_maker_is_refused_before_it_runs() {
    let (Some(mariadb), Some(mysql)) = (MysqlServer::mariadb(), MysqlServer::mysql()) else {
        return;
    };
    for (server, other, reason) in
        [(&mariadb, &mysql, "not the tool of MariaDB"), (&mysql, &mariadb, "not the tool of MySQL")]
    {
        let (context, shop) = (TestContext::new(), shop(server));
        let mut profile = subject(server).profile(&shop.name);
        profile.tools = Some(other.tools());
        profile.write(&context);
        let refused = run(&profile, &context, &["backup"]);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.contains(reason), "{}", refused.stderr);
        assert!(context.archives().is_empty());
    }
}

#[test]
fn a_view_goes_with_its_table_and_a_structure_comes_without_rows() {
    for server in both() {
        let (context, shop) = (TestContext::new(), shop(&server));
        let mut profile = subject(&server).profile(&shop.name);
        profile.more = "exclude_tables = [\"customers\"]\nstructure_only = [\"ord*\"]\n".to_owned();
        profile.write(&context);
        profile.ok(&context, &["backup"]);
        let copy = server.adopt(&fresh_name("copy"));
        let restored = restore(&profile, &context, &copy.name);
        assert!(matches!(restored.code, 0 | 3), "{}", restored.stderr);
        let mut session = copy.session();
        let tables = session.rows("SHOW TABLES");
        assert_eq!(tables.len(), 2, "orders and log: {tables:?}");
        assert_eq!(session.one("SELECT COUNT(*) FROM orders"), "0");
        assert_eq!(session.one("SELECT COUNT(*) FROM log"), "2");
        let statuses =
            "SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()";
        assert_eq!(session.one(statuses), "DISABLED");
        assert!(restored.stderr.contains("`clean`"), "{}", restored.stderr);
    }
}

#[test]
fn from_one_maker_to_the_other_goes_what_both_understand() {
    let (Some(mariadb), Some(mysql)) = (MysqlServer::mariadb(), MysqlServer::mysql()) else {
        return;
    };
    let context = TestContext::new();
    let plain = mariadb.fresh("plain");
    plain.session().run("CREATE TABLE t (id INT PRIMARY KEY, text VARCHAR(20))");
    plain.session().run("INSERT INTO t VALUES (1, 'é 🔑')");
    subject(&mariadb).profile(&plain.name).write(&context);
    subject(&mariadb).profile(&plain.name).ok(&context, &["backup"]);
    let there = subject(&mysql).profile("x");
    there.write(&context);
    let copy = mysql.adopt(&fresh_name("crossed"));
    let restored = restore(&there, &context, &copy.name);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert!(restored.stderr.contains("the backup is from MariaDB"), "{}", restored.stderr);
    assert_eq!(copy.session().one("SELECT text FROM t"), "é 🔑");

    let back = TestContext::new();
    let shop = shop(&mysql);
    subject(&mysql).profile(&shop.name).write(&back);
    subject(&mysql).profile(&shop.name).ok(&back, &["backup"]);
    let there = subject(&mariadb).profile("x");
    there.write(&back);
    let refused = restore(&there, &back, "never_made");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("does not know the collation"), "{}", refused.stderr);
}

/// Takes a minute: so long a dump waits for a lock.
#[test]
fn whoever_holds_a_lock_for_too_long_is_named_where_the_server_tells() {
    if !full() {
        return;
    }
    for server in both() {
        let (context, shop) = (TestContext::new(), shop(&server));
        let profile = subject(&server).profile(&shop.name);
        profile.write(&context);
        let mut locker = shop.session();
        locker.run("LOCK TABLES orders WRITE");
        let begun = Instant::now();
        let refused = run(&profile, &context, &["backup"]);
        assert_eq!(refused.code, 1);
        assert!(begun.elapsed().as_secs() < 120, "{:?}", begun.elapsed());
        let blocker =
            if server.is_mariadb() { "locked by another session" } else { "locked by session" };
        assert!(refused.stderr.contains(blocker), "{}", refused.stderr);
        locker.run("UNLOCK TABLES");
        profile.ok(&context, &["backup"]);
    }
}
