//! `kronos inspect`.

use std::fs;

use crate::assert_output;
use crate::support::TestContext;

#[test]
fn a_stored_backup_shows_everything_and_how_to_get_it_back() {
    let context = TestContext::with_shop();
    let more = "CREATE INDEX orders_text ON orders (text);
         CREATE VIEW recent AS SELECT * FROM orders WHERE id > 10;";
    rusqlite::Connection::open(context.data("shop.db")).unwrap().execute_batch(more).unwrap();
    context.ok(["backup"]);
    let ran = context.run(["inspect", &context.id()]);
    assert_output!(context, ran);
}

#[test]
fn a_file_needs_no_configuration() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    fs::remove_file(context.config_path()).unwrap();
    let archive = context.archives().remove(0);
    let ran = context.run(["inspect".as_ref(), archive.as_os_str()]);
    assert_output!(context, ran);
}

#[test]
fn the_commands_that_are_shown_work_when_pasted() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let inspected = context.ok(["inspect", &context.id(), "--json"]).lines().remove(0);
    let out = context.root().join("out");
    fs::create_dir(&out).unwrap();
    let shell = |line: &str| {
        let mut command = context.command::<&str>([]);
        let kronos = std::path::Path::new(command.get_program()).parent().unwrap().to_owned();
        let path = format!("{}:{}", kronos.display(), std::env::var("PATH").unwrap());
        command = std::process::Command::new("sh");
        let state = context.root().join("state");
        command
            .args(["-ec", line])
            .current_dir(&out)
            .env("PATH", path)
            .env("XDG_STATE_HOME", state);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
    };
    shell(inspected["manual_commands"].as_str().unwrap());
    shell(inspected["restore_command"].as_str().unwrap());
    assert_eq!(rows(&out.join("data/shop.db.sqlite")), 1000);
    let restored = crate::support::files_in(&context.data(""));
    let restored = restored.iter().find(|path| path.to_str().unwrap().contains("restored"));
    assert_eq!(rows(restored.unwrap()), 1000);
}

fn rows(database: &std::path::Path) -> u32 {
    let database = rusqlite::Connection::open(database).unwrap();
    database.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap()
}

#[test]
fn the_beginning_of_an_id_is_enough_until_it_is_not() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    context.ok(["inspect", "sqlite_"]);
    context.ok(["backup"]);
    let ran = context.run(["inspect", "sqlite_"]);
    assert_output!(context, ran);
}

#[test]
fn what_is_no_archive_is_called_by_its_name() {
    let context = TestContext::with_shop();
    let ran = context.run(["inspect", "config.toml"]);
    assert_output!(context, ran);
    let ran = context.run(["inspect", "./data"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("it is a folder"), "{ran:?}");
}

#[test]
fn unknown_ids_missing_files_and_empty_names_are_told_apart() {
    let context = TestContext::with_shop();
    assert_eq!(context.run(["inspect", "nothing"]).code, 2);
    assert_eq!(context.run(["inspect", "nothing.tar.gz"]).code, 4);
    assert_eq!(context.run(["inspect", "./nothing"]).code, 4);
    assert_eq!(context.run(["inspect", ""]).code, 2);
}
