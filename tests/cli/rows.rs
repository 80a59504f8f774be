//! `kronos inspect --rows`.

use std::fs;

use crate::assert_output;
use crate::support::TestContext;

fn shop() -> TestContext {
    let context = TestContext::with_shop();
    let more = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, photo BLOB);
         INSERT INTO people VALUES (1, 'Ada', x'00ff'), (2, '', NULL), (3, NULL, x''), (4, 'a' || char(10) || 'b', NULL);
         CREATE VIEW grown AS SELECT * FROM people;";
    rusqlite::Connection::open(context.data("shop.db")).unwrap().execute_batch(more).unwrap();
    context.ok(["backup"]);
    context
}

#[test]
fn rows_are_shown_as_a_table() {
    let context = shop();
    let ran = context.run(["inspect", &context.id(), "--rows", "people"]);
    assert_output!(context, ran);
}

#[test]
fn a_file_without_anything_beside_it_is_enough() {
    let context = shop();
    let archive = context.archives().remove(0);
    fs::remove_file(context.config_path()).unwrap();
    let moved = context.root().join("moved.tar.gz");
    fs::rename(archive, &moved).unwrap();
    let moved = moved.display().to_string();
    let ran = context.ok(["inspect", &moved, "--rows", "orders", "--limit", "2", "--json"]);
    let found = ran.lines().remove(0);
    assert_eq!(found["record"], "rows");
    assert_eq!(found["rows"].as_array().unwrap().len(), 2);
    assert_eq!(found["rows"][1][1]["text"], "order 2");
    assert_eq!((&found["is_complete"], &found["is_checked"]), (&false.into(), &true.into()));
    assert_eq!(found["rows_in_backup"], 1000);
}

#[test]
fn a_name_that_is_no_table_is_answered_with_those_that_are() {
    let context = shop();
    let ran = context.run(["inspect", &context.id(), "--rows", "poeple"]);
    assert_output!(context, ran);
    let view = context.run(["inspect", &context.id(), "--rows", "grown"]);
    assert_eq!(view.code, 2);
    assert!(view.stderr.contains("a view has none of its own"), "{view:?}");
    let database = context.run(["inspect", &context.id(), "--rows", "people", "--database", "x"]);
    assert_eq!(database.code, 2, "{database:?}");
    assert!(database.stderr.contains("There is no database `x`"), "{database:?}");
}

#[test]
fn of_several_databases_one_has_to_be_named() {
    let context = TestContext::new();
    let paths = ["one.db", "two.db"].map(|name| context.database(name, 5));
    context.config(&format!(
        "[databases.both]\nengine = \"sqlite\"\npaths = {paths:?}\n\n{}",
        context.storage_table()
    ));
    context.ok(["backup"]);
    let id = context.id();
    let ran = context.run(["inspect", &id, "--rows", "orders"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("--database NAME"), "{ran:?}");
    let ran = context.ok(["inspect", &id, "--rows", "orders", "--database", "two.db", "--json"]);
    let found = ran.lines().remove(0);
    assert_eq!((&found["database"], &found["is_complete"]), (&"two.db".into(), &true.into()));
    assert_eq!(found["rows"][4][1]["text"], "order 5");
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let context = shop();
    for words in [
        ["--limit", "5"],
        ["--database", "x"],
        ["--rows=people", "--limit=0"],
        ["--rows=people", "--limit=10001"],
    ] {
        let ran = context.run([&["inspect", context.id().as_str()], words.as_slice()].concat());
        assert_eq!(ran.code, 2, "{words:?}: {ran:?}");
    }
}
