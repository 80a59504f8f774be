//! `kronos restore`.

use std::fs;
use std::path::Path;

use crate::assert_output;
use crate::support::TestContext;

fn rows(database: &Path) -> u32 {
    let database = rusqlite::Connection::open(database).unwrap();
    database.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_backup_becomes_a_new_file() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let ran = context.run(["restore", &context.id(), "--to", "restored.db"]);
    assert_output!(context, ran);
    assert_eq!(rows(&context.root().join("restored.db")), 1000);
}

#[test]
fn a_file_is_restored_without_any_configuration() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let archive = context.archives().remove(0);
    fs::remove_file(context.config_path()).unwrap();
    let words = ["restore".as_ref(), archive.as_os_str(), "--to".as_ref(), "restored.db".as_ref()];
    context.ok(words);
    assert_eq!(rows(&context.root().join("restored.db")), 1000);
}

#[test]
fn an_existing_file_is_refused_and_stays_as_it_is() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let target = context.root().join("mine.txt");
    fs::write(&target, "mine").unwrap();
    let ran = context.run(["restore", &context.id(), "--to", "mine.txt"]);
    assert_output!(context, ran);
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
}

#[test]
fn a_damaged_backup_makes_no_file() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let archive = context.archives().remove(0);
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&archive, bytes).unwrap();
    let before = crate::support::files_in(context.root()).len();
    let ran = context.run(["restore", &context.id(), "--to", "restored.db"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_eq!(crate::support::files_in(context.root()).len(), before);
}

#[test]
fn one_of_several_databases_has_to_be_named() {
    let context = TestContext::new();
    let (one, two) = (context.database("one.db", 1), context.database("two.db", 2));
    let table = format!("[databases.both]\nengine = \"sqlite\"\npaths = [{one:?}, {two:?}]\n");
    context.config(&(table + &context.storage_table()));
    context.ok(["backup"]);
    let id = context.id();
    let ran = context.run(["restore", &id, "--to", "out.db"]);
    assert_output!(context, ran);
    assert_eq!(context.run(["restore", &id, "--database", "three.db", "--to", "out.db"]).code, 2);
    context.ok(["restore", &id, "--database", "two.db", "--to", "out.db"]);
    assert_eq!(rows(&context.root().join("out.db")), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_unicode_is_a_name() {
    use std::os::unix::ffi::OsStrExt;
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let target = std::ffi::OsStr::from_bytes(b"restored-\xff.db");
    let id = context.id();
    context.ok(["restore".as_ref(), id.as_ref(), "--to".as_ref(), target]);
    assert!(context.root().join(target).exists());
}
