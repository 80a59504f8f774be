//! `kronos restore` of SQLite databases and scripts that Kronos did not make: equal to their sources, and nothing
//! but their own new file is touched.

use std::fs;
use std::process::Command;

use rusqlite::Connection;

use crate::support::{Ran, TestContext};

/// A database with what a dump has to carry.
fn source(context: &TestContext) {
    context.database("shop.db", 100);
    let database = Connection::open(context.data("shop.db")).unwrap();
    database
        .execute_batch(
            "CREATE TABLE \"a;b\" (x TEXT, y BLOB); INSERT INTO \"a;b\" VALUES ('it''s; -- here', x'00ff');
             CREATE VIEW v AS SELECT x FROM \"a;b\"; CREATE TABLE log (x);
             CREATE TRIGGER t AFTER INSERT ON \"a;b\" BEGIN INSERT INTO log VALUES (new.x); DELETE FROM log WHERE 0; END;
             PRAGMA user_version = 7;",
        )
        .unwrap();
}

/// Everything in a database, as text.
fn digest(context: &TestContext, name: &str) -> String {
    let output = Command::new("sqlite3").arg(context.data(name)).arg(".dump").output().unwrap();
    assert!(output.status.success() && !output.stdout.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

fn load(context: &TestContext, from: &str, consent: &[&str]) -> Ran {
    let (from, to) = (context.data(from), context.data("new.db"));
    let mut words = vec!["restore", from.to_str().unwrap(), "--to", to.to_str().unwrap()];
    words.extend(consent);
    context.run(words)
}

fn packed(context: &TestContext, packer: &str, name: &str) -> String {
    let output = Command::new(packer).arg("-c").arg(context.data(name)).output().unwrap();
    assert!(output.status.success(), "{packer}");
    let to = format!("{name}.{packer}");
    fs::write(context.data(&to), output.stdout).unwrap();
    to
}

#[test]
fn databases_and_scripts_are_loaded_in_every_compression() {
    let context = TestContext::new();
    source(&context);
    let expected = digest(&context, "shop.db");
    fs::write(context.data("shop.sql"), &expected).unwrap();
    let mut loaded = 0;
    for name in ["shop.db", "shop.sql"] {
        let mut files = vec![name.to_owned()];
        files.extend(["gzip", "zstd", "xz", "bzip2"].map(|packer| packed(&context, packer, name)));
        for file in files {
            let is_script = name.ends_with("sql");
            if is_script {
                let ran = load(&context, &file, &[]);
                assert_eq!(ran.code, 2, "{ran:?}");
                assert!(ran.stderr.contains("--run-its-code") && !context.data("new.db").exists());
            }
            let ran = load(&context, &file, if is_script { &["--run-its-code"] } else { &[] });
            assert_eq!(ran.code, 0, "{file}: {ran:?}");
            assert!(ran.stderr.contains("Nothing was compared"), "{ran:?}");
            assert_eq!(digest(&context, "new.db"), expected, "{file}");
            if !is_script {
                let database = Connection::open(context.data("new.db")).unwrap();
                let version: u32 =
                    database.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
                assert_eq!(version, 7);
            }
            // What is there is never replaced.
            assert_eq!(load(&context, &file, &["--run-its-code"]).code, 1);
            assert_eq!(digest(&context, "new.db"), expected, "{file}");
            fs::remove_file(context.data("new.db")).unwrap();
            loaded += 1;
        }
    }
    assert_eq!(loaded, 10);
}

/// What is still in the log beside a database comes along.
#[test]
fn a_database_in_use_is_copied_with_its_log() {
    let context = TestContext::new();
    context.database("shop.db", 10);
    let writer = Connection::open(context.data("shop.db")).unwrap();
    writer
        .execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE newest (x); INSERT INTO newest VALUES (1)",
        )
        .unwrap();
    let ran = load(&context, "shop.db", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let count: u32 = Connection::open(context.data("new.db"))
        .unwrap()
        .query_row("SELECT count(*) FROM newest", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn attacks_make_no_file_and_run_nothing() {
    let context = TestContext::new();
    source(&context);
    let (marker, precious) = (context.data("marker"), context.data("shop.db"));
    let before = fs::read(&precious).unwrap();
    let (marker_path, precious_path) = (marker.display(), precious.display());
    let attacks = [
        format!(".shell touch {marker_path}"),
        format!(".system touch {marker_path}"),
        format!("SELECT 1;\n.output {marker_path}\nSELECT 1;"),
        format!(".once |touch {marker_path}\nSELECT 1;"),
        format!(".open {precious_path}\nDROP TABLE orders;"),
        format!(".read |touch {marker_path}"),
        format!(".load {marker_path}"),
        format!(".import {precious_path} t"),
        format!(".backup {marker_path}"),
        format!(".log {marker_path}"),
        format!("  .shell touch {marker_path}"),
        format!("ATTACH '{precious_path}' AS p; DROP TABLE p.orders;"),
        format!("ATTACH '{marker_path}' AS p; CREATE TABLE p.x (y);"),
        format!("VACUUM INTO '{marker_path}';"),
        format!("SELECT load_extension('{marker_path}');"),
        format!("SELECT writefile('{marker_path}', 'x');"),
        format!("INSERT INTO t SELECT readfile('{precious_path}');"),
        format!("SELECT edit('x', 'touch {marker_path}');"),
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x';".to_owned(),
        format!("PRAGMA temp_store_directory = '{marker_path}';"),
        format!("CREATE VIRTUAL TABLE z USING zipfile('{marker_path}');"),
        format!("CREATE VIRTUAL TABLE z USING csv(filename='{precious_path}');"),
        "BEGIN; INSERT INTO t VALUES (1);".to_owned(),
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO t VALUES (1);".to_owned(),
    ];
    let (mut tried, entries) = (0, fs::read_dir(context.data("")).unwrap().count());
    for attack in attacks {
        let text = format!(
            "PRAGMA foreign_keys=OFF;\nCREATE TABLE t (x);\nINSERT INTO t VALUES (1);\n{attack}\n"
        );
        fs::write(context.data("attack.sql"), text).unwrap();
        let ran = load(&context, "attack.sql", &["--run-its-code"]);
        assert_ne!(ran.code, 0, "{attack}: {ran:?}");
        assert!(!marker.exists() && !context.data("new.db").exists(), "{attack}");
        assert_eq!(fs::read(&precious).unwrap(), before, "{attack}");
        assert_eq!(fs::read_dir(context.data("")).unwrap().count(), entries + 1, "{attack}");
        tried += 1;
    }
    assert_eq!(tried, 24);
}

#[test]
fn nothing_is_replaced_by_a_dump() {
    let context = TestContext::new();
    context.database("shop.db", 10);
    context.database("old.db", 5);
    let before = fs::read(context.data("old.db")).unwrap();
    let ran = context.run([
        "restore",
        "data/shop.db",
        "--to",
        "data/old.db",
        "--replace",
        "--confirm",
        "old.db",
    ]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("replaces nothing"), "{ran:?}");
    assert_eq!(fs::read(context.data("old.db")).unwrap(), before);
}
