//! `kronos diff`.

use crate::assert_output;
use crate::support::{Ran, TestContext, files_in};

fn change(context: &TestContext, sql: &str) {
    rusqlite::Connection::open(context.data("shop.db")).unwrap().execute_batch(sql).unwrap();
}

/// The ids of all backups, oldest first.
fn ids(context: &TestContext) -> Vec<String> {
    let name = |path: std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    context.archives().into_iter().map(|path| name(path).replace(".tar.gz", "")).collect()
}

fn two_backups(sql: &str) -> (TestContext, [String; 2]) {
    let context = TestContext::with_shop();
    change(
        &context,
        "CREATE INDEX orders_text ON orders (text); CREATE TABLE old (a); INSERT INTO old VALUES (1), (2)",
    );
    context.ok(["backup"]);
    change(&context, sql);
    context.ok(["backup"]);
    let [one, other] = ids(&context).try_into().unwrap();
    (context, [one, other])
}

const CHANGES: &str = "DROP TABLE old; CREATE TABLE new (a, b); INSERT INTO new VALUES (1, 2);
     DELETE FROM orders WHERE id > 900; ALTER TABLE notes ADD COLUMN more TEXT; PRAGMA user_version = 7;";

#[test]
fn everything_that_changed_is_listed_and_nothing_else() {
    let (context, [one, other]) = two_backups(CHANGES);
    let ran = context.run(["diff", &one, &other]);
    assert_output!(context, ran);
}

#[test]
fn the_same_stands_in_the_record() {
    let (context, [one, other]) = two_backups(CHANGES);
    let files = context.archives();
    std::fs::remove_file(context.config_path()).unwrap();
    let paths = files.iter().map(|path| path.as_os_str());
    let words = ["diff".as_ref(), "--json".as_ref()].into_iter().chain(paths);
    let ran = context.run(words);
    assert_eq!(ran.code, 7, "{ran:?}");
    let found = ran.lines().remove(0);
    assert_eq!((&found["record"], &found["is_equal"]), (&"comparison".into(), &false.into()));
    let database = &found["databases"][0];
    let line = |found: &serde_json::Value| {
        format!(
            "{} {} {} {} {} {}",
            found["change"],
            found["kind"],
            found["name"],
            found["rows_before"],
            found["rows_after"],
            found["structure_changed"]
        )
        .replace('"', "")
    };
    let lines: Vec<String> = database["differences"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "changed setting user_version null null true",
            "added table new null 1 false",
            "changed table notes 0 0 true",
            "gone table old 2 null false",
            "changed table orders 1000 900 false"
        ]
    );
    assert_eq!(database["unchanged"], 2);
    assert!(found["before"]["name"].as_str().unwrap().contains(&one));
    assert!(found["after"]["name"].as_str().unwrap().contains(&other));
}

#[test]
fn equal_backups_end_with_success_and_say_so() {
    let (context, [one, other]) = two_backups("SELECT 1");
    let ran = context.run(["diff", &one, &other]);
    assert_output!(context, ran);
    // The same objects in another file.
    let (context, [one, other]) = two_backups("UPDATE notes SET text = 'x'; VACUUM");
    let ran = context.run(["diff", &one, &other]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// The files beside the database, with their bytes.
fn beside(context: &TestContext) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = files_in(context.data("shop.db").parent().unwrap());
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn a_live_file_is_compared_as_it_is_now() {
    let context = TestContext::with_shop();
    change(&context, "CREATE TABLE old (a)");
    context.ok(["backup"]);
    let ran = context.run(["diff", &context.id(), "--live"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    change(&context, CHANGES);
    let before = beside(&context);
    let ran = context.run(["diff", &context.id(), "--live"]);
    assert_output!(context, ran);
    assert_eq!(beside(&context), before, "the file or one beside it was changed");
    assert_eq!(files_in(&context.state().scratch()), Vec::<std::path::PathBuf>::new());
    assert_eq!(context.run(["diff", &context.id(), "--live", "nobody"]).code, 2);
    assert_eq!(context.run(["diff", &context.id()]).code, 2);
}

#[test]
fn a_live_file_with_a_log_keeps_it_and_its_writer_is_not_held_up() {
    let context = TestContext::with_shop();
    let app = rusqlite::Connection::open(context.data("shop.db")).unwrap();
    app.busy_timeout(std::time::Duration::ZERO).unwrap();
    app.execute_batch("PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0").unwrap();
    context.ok(["backup"]);
    app.execute_batch("INSERT INTO notes VALUES ('new')").unwrap();
    let log = std::fs::read(context.data("shop.db-wal")).unwrap();
    let mut running = context.command(["diff", &context.id(), "--live", "--json"]);
    let mut running = running.stdout(std::process::Stdio::piped()).spawn().unwrap();
    // Transactions of others go on all the while.
    let mut transactions = 0;
    while running.try_wait().unwrap().is_none() {
        app.execute_batch("BEGIN IMMEDIATE; ROLLBACK").unwrap();
        transactions += 1;
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(transactions > 1, "it had ended before anybody else came");
    let ran = Ran::from(running.wait_with_output().unwrap());
    assert_eq!(ran.code, 7, "{ran:?}");
    let found = ran.lines().remove(0);
    let [difference] = found["databases"][0]["differences"].as_array().unwrap().as_slice() else {
        panic!("{found}")
    };
    assert_eq!(difference["name"], "notes");
    assert_eq!((&difference["rows_before"], &difference["rows_after"]), (&0.into(), &1.into()));
    assert_eq!(std::fs::read(context.data("shop.db-wal")).unwrap(), log, "the log was moved");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let (context, [one, _]) = two_backups("SELECT 1");
    assert_eq!(context.run(["diff", &one, "nothing"]).code, 2);
    let broken = context.root().join("broken.tar.gz");
    std::fs::write(&broken, "text").unwrap();
    let ran = context.run(["diff", one.as_str(), broken.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("is not a Kronos archive"), "{ran:?}");
}
