//! A MariaDB or MySQL database gives way to a backup and comes back, although no server renames one: whatever
//! is killed meanwhile, the next command finds it old or new, or makes it so.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::listing;
use crate::rig::{Fresh, Subject};
use crate::servers::{FreshMysql, MysqlServer, MysqlSession};
use crate::stage::{Counted, Stage, code};

fn servers() -> Vec<MysqlServer> {
    [MysqlServer::mariadb(), MysqlServer::mysql()].into_iter().flatten().collect()
}

pub fn inner(stage: &Stage) -> &FreshMysql {
    let Fresh::Mysql(database) = &stage.source else { panic!("another server") };
    database
}

fn events(stage: &Stage) -> Vec<String> {
    listing::live_events(&mut inner(stage).session(), stage.source.name())
}

/// A table and what cannot be moved with it: a trigger, views, routines, and an event that is on.
pub fn with_programs(subject: &Subject, rows: u32) -> Fresh {
    let source = subject.plain(rows);
    let Fresh::Mysql(database) = &source else { panic!("another server") };
    let mut session = database.session();
    for statement in [
        "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, item INT, FOREIGN KEY (item) REFERENCES item (id))",
        "INSERT INTO log (item) SELECT id FROM item LIMIT 5",
        "CREATE TRIGGER noted AFTER INSERT ON item FOR EACH ROW INSERT INTO log (item) VALUES (NEW.id)",
        "CREATE TRIGGER cut BEFORE INSERT ON item FOR EACH ROW SET NEW.pad = TRIM(NEW.pad)",
        "CREATE FUNCTION twice(x INT) RETURNS INT DETERMINISTIC NO SQL RETURN 2 * x",
        "CREATE PROCEDURE count_items() SELECT COUNT(*) FROM item",
        "CREATE VIEW a_view AS SELECT twice(id) AS double_id FROM b_item",
        "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 00:00:00' DO DELETE FROM log WHERE id < 0",
    ] {
        if statement.contains("a_view") {
            session.run("CREATE VIEW b_item AS SELECT id FROM item");
        }
        session.run(statement);
    }
    source
}

#[test]
fn a_nasty_database_gives_way_and_comes_back_with_all_its_programs() {
    for server in servers() {
        let subject = Subject::Mysql(server);
        let source = subject.nasty();
        let stage = Stage::new(subject, source);
        let on = events(&stage);
        assert!(!on.is_empty(), "the fixture has an event that is on");
        let ran = stage.replace(&[]);
        assert!(matches!(ran.code, 0 | 3), "{} {}", ran.stdout, ran.stderr);
        stage.new.assert_restored(&stage.found());
        assert_eq!(events(&stage), on, "what was on is on again");
        assert_eq!(stage.kept().len(), 1);
        let kept = listing::live_events(&mut inner(&stage).session(), &stage.kept()[0]);
        assert!(kept.is_empty(), "nothing acts in what is only kept: {kept:?}");
        stage.profile.ok(&stage.context, &["undo"]);
        stage.old.assert_restored(&stage.found());
        stage.profile.ok(&stage.context, &["undo"]);
        stage.new.assert_restored(&stage.found());
        assert_eq!(events(&stage), on);
    }
}

#[test]
fn rights_to_single_routines_and_tables_stay() {
    for server in servers() {
        let subject = Subject::Mysql(server.clone());
        let user = subject.user("secret");
        let source = with_programs(&subject, 20);
        let stage = Stage::new(subject, source);
        let (name, who) = (stage.source.name(), format!("{}@'%'", user.name));
        let mut session = inner(&stage).session();
        session.run(&format!("REVOKE ALL, GRANT OPTION FROM {who}"));
        session.run(&format!("GRANT EXECUTE ON FUNCTION {name}.twice TO {who}"));
        session.run(&format!("GRANT SELECT ON {name}.a_view TO {who}"));
        session.run(&format!("GRANT SELECT (id) ON {name}.item TO {who}"));
        // Another definition, so that it has to be made again.
        session.run("DROP PROCEDURE count_items");
        session.run("CREATE PROCEDURE count_items() SELECT 1");
        session
            .run(&format!("GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE {name}.count_items TO {who}"));
        let grants = |session: &mut MysqlSession| session.rows(&format!("SHOW GRANTS FOR {who}"));
        let before = grants(&mut session);
        drop(session);
        let ran = stage.replace(&["--disconnect"]);
        assert_eq!(ran.code, 0, "{} {}", ran.stdout, ran.stderr);
        stage.new.assert_restored(&stage.found());
        assert_eq!(grants(&mut inner(&stage).session()), before);
    }
}

#[test]
fn programs_that_are_connected_are_named_and_only_disconnected_when_told() {
    for server in servers() {
        let subject = Subject::Mysql(server);
        let source = with_programs(&subject, 50);
        let stage = Stage::new(subject, source);
        let mut program = inner(&stage).session();
        let works = || program.try_run("SELECT * FROM later").is_ok();
        stage.names_who_is_connected("kronos from ", works);
    }
}

/// A session that works in the database without being connected to it is seen only by its locks.
#[test]
fn a_transaction_that_holds_a_table_is_waited_for_and_nothing_is_lost() {
    for server in servers() {
        let subject = Subject::Mysql(server.clone());
        let source = with_programs(&subject, 50);
        let stage = Stage::new(subject, source);
        let mut program = server.session(None);
        program.run("START TRANSACTION");
        program.rows(&format!("SELECT * FROM {}.item LIMIT 1", stage.source.name()));
        let ran = stage.replace(&[]);
        assert_eq!((ran.code, code(&ran).as_str()), (1, "target_in_use"), "{}", ran.stdout);
        program.run("COMMIT");
        assert!(stage.found() == stage.old, "the old one with its triggers is back");
        assert!(stage.kept().is_empty(), "{:?}", stage.kept());
    }
}

#[test]
fn a_foreign_key_from_another_database_is_not_torn() {
    for server in servers() {
        let subject = Subject::Mysql(server.clone());
        let source = with_programs(&subject, 20);
        let stage = Stage::new(subject, source);
        let other = server.fresh("other");
        other.session().run(&format!(
            "CREATE TABLE own (item INT, FOREIGN KEY (item) REFERENCES {}.item (id))",
            stage.source.name()
        ));
        let ran = stage.replace(&[]);
        assert_eq!((ran.code, code(&ran).as_str()), (1, "target_unusable"), "{ran:?}");
        assert!(ran.stdout.contains("foreign key"), "{}", ran.stdout);
        assert_eq!(stage.found(), stage.old);
    }
}

/// MariaDB keeps a trigger as it was typed, and both tools write `ALTER DATABASE` with a name. Neither may reach the
/// database that the backup is from, which has lost its trigger since.
#[test]
fn a_restore_to_a_new_database_never_acts_on_the_one_it_came_from() {
    for server in servers() {
        let subject = Subject::Mysql(server);
        let source = subject.plain(20);
        let name = source.name().to_owned();
        let Fresh::Mysql(database) = &source else { panic!("another server") };
        let mut session = database.session();
        session.run(&format!(
            "CREATE TRIGGER {name}.typed BEFORE INSERT ON {name}.item FOR EACH ROW SET NEW.pad = 'x'"
        ));
        session.run("CREATE PROCEDURE p() SELECT 1");
        session.run("ALTER DATABASE COLLATE utf8mb4_bin");
        drop(session);
        let stage = Stage::new(subject, source);
        let mut session = inner(&stage).session();
        session.run("DROP TRIGGER typed");
        session.run("ALTER DATABASE COLLATE utf8mb4_spanish_ci");
        drop(session);
        let before = stage.found();
        let copy = stage.subject.target("copy");
        let archive = stage.archive.to_str().unwrap();
        stage.profile.ok(&stage.context, &["restore", archive, "--to", copy.name()]);
        stage.new.assert_restored(&stage.subject.snapshot(copy.name()));
        assert_eq!(stage.found(), before);
        assert_eq!(stage.replace(&[]).code, 0);
        stage.new.assert_restored(&stage.found());
    }
}

/// The databases of swaps that have not ended.
pub fn open_swaps(stage: &Stage) -> usize {
    let kept = stage.kept();
    let mut session = inner(stage).session();
    let mark = |name: &String| {
        session.one(&format!(
            "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{name}' AND TABLE_NAME LIKE \
             'kronos\\_swap\\_%'"
        )) != "0"
    };
    kept.iter().filter(|name| name.len() > 1).map(mark).filter(|is_open| *is_open).count()
}

/// Waits until no dead restore is still at work: the server goes on with what was sent before a kill.
pub fn quiet(stage: &Stage) {
    let mut session = inner(stage).server.session(None);
    let working = format!(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%{}%' AND ID <> CONNECTION_ID()",
        stage.source.name()
    );
    let begun = Instant::now();
    while session.one(&working) != "0" {
        assert!(begun.elapsed() < Duration::from_mins(1), "a dead restore is still at work");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn sweep(server: &MysqlServer, points: u32, signal: Signal) -> Counted {
    let subject = Subject::Mysql(server.clone());
    let source = with_programs(&subject, 200);
    let mut stage = Stage::new(subject, source);
    let counted = stage.sweep(points, signal, quiet, |stage| open_swaps(stage) > 0);
    // Others may be at work on the same server.
    let dead = unclaimed(&mut inner(&stage).session());
    assert!(matches!(stage.replace(&[]).code, 0 | 3));
    let left = unclaimed(&mut inner(&stage).session());
    assert!(dead.iter().all(|name| !left.contains(name)), "{dead:?} {left:?}");
    counted
}

/// Databases of dead restores that the last one should have removed.
fn unclaimed(session: &mut MysqlSession) -> Vec<String> {
    crate::servers::firsts(&session.rows(
        "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'kronos\\_restoring\\_%' \
         AND IS_FREE_LOCK(SCHEMA_NAME) = 1",
    ))
}

fn sweeps(server: Option<MysqlServer>, name: &str) {
    let Some(server) = server else { return };
    crate::stage::sweeps(name, |points, signal| sweep(&server, points, signal));
}

#[test]
fn ended_at_any_moment_it_is_the_old_or_the_new_one_on_mariadb() {
    sweeps(MysqlServer::mariadb(), "MariaDB");
}

#[test]
fn ended_at_any_moment_it_is_the_old_or_the_new_one_on_mysql() {
    sweeps(MysqlServer::mysql(), "MySQL");
}
