//! Some tables of a backup are what they were: every value, row number and definition, and nothing else
//! comes with them.

use std::path::Path;

use rusqlite::Connection;

use crate::cli::TestContext;
use crate::digest::{Contents, contents};
use crate::nasty::{self, Variant};

/// Hidden tables of virtual ones begin with these.
const VIRTUAL: [&str; 2] = ["search", "places"];

#[test]
fn every_table_comes_alone_and_in_company_with_what_hangs_on_it() {
    let small = Variant {
        journal: "delete",
        page_size: 4096,
        encoding: "UTF-8",
        auto_vacuum: 0,
        largest_blob: 200_000,
    };
    let variants = [
        small,
        Variant { journal: "wal", page_size: 512, encoding: "UTF-16le", auto_vacuum: 1, ..small },
    ];
    let (mut restores, mut rows) = (0, 0);
    for variant in variants {
        let context = TestContext::new();
        let path = context.data("nasty.db");
        let source = nasty::create(&path, variant);
        // A gap in the numbers of the rows, where nothing but these numbers tells them.
        source.execute_batch("DELETE FROM \" leading space\" WHERE rowid = 2; ANALYZE").unwrap();
        context.config(&format!(
            "[databases.nasty]\nengine = \"sqlite\"\npath = {path:?}\n\n{}",
            context.storage_table()
        ));
        context.ok(["backup"]);
        let (whole, id) = (contents(&path), context.id());
        let mut choices: Vec<Vec<&str>> = tables(&whole).into_iter().map(|it| vec![it]).collect();
        choices.extend([
            vec!["counted", "log"],
            vec!["types", "one", "two"],
            vec!["hen", "egg", "self"],
        ]);
        for (number, choice) in choices.iter().enumerate() {
            let target = context.root().join(format!("some {number}.db"));
            let to = target.to_str().unwrap();
            let ran = context.ok(["restore", &id, "--to", to, "--tables", &choice.join(",")]);
            let found = contents(&target);
            compare(&whole, &found, choice);
            assert_eq!(numbers(&path, choice[0]), numbers(&target, choice[0]), "{choice:?}");
            let leaves_log = choice == &["counted"];
            assert_eq!(ran.stderr.contains("`counted_log` was left out"), leaves_log, "{ran:?}");
            assert_eq!(ran.stderr.contains("refers to `egg`"), choice == &["hen"], "{ran:?}");
            (restores, rows) = (restores + 1, rows + found.rows());
        }
        assert_eq!(whole, contents(&path), "the source has changed");
    }
    crate::say(&format!("single tables: {restores} restores equal, {rows} rows, different 0"));
    assert!(restores >= 40);
}

#[test]
fn what_is_not_asked_for_is_said_and_what_means_nothing_is_refused() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let (id, target) = (context.id(), context.root().join("some.db"));
    let to = target.to_str().unwrap();
    let restore = |more: &[&str]| {
        let words = ["restore", &id, "--to", to].into_iter().chain(more.iter().copied());
        context.run(words.map(str::to_owned))
    };
    let ran = restore(&["--tables", "no_such_table"]);
    assert!(ran.code == 2 && ran.stderr.contains("`no_such_table` is no table of"), "{ran:?}");
    let shop = context.data("shop.db");
    let before = crate::digest::sha256(&shop);
    let ran = context.run([
        "restore",
        &id,
        "--to",
        shop.to_str().unwrap(),
        "--tables",
        "*",
        "--replace",
        "--confirm",
        "shop.db",
    ]);
    assert!(ran.code == 1 && ran.stderr.contains("Only a whole database"), "{ran:?}");
    assert_eq!(before, crate::digest::sha256(&shop));
    assert!(!target.exists());
    let ran = restore(&["--tables", "*"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(contents(&shop).tables, contents(&target).tables);
    let folder = std::fs::read_dir(context.root()).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.starts_with(".kronos")));
}

/// The tables that a person knows.
fn tables(whole: &Contents) -> Vec<&str> {
    let is_hidden = |name: &str| {
        name.starts_with("sqlite_")
            || VIRTUAL.iter().any(|owner| name.starts_with(&format!("{owner}_")))
    };
    whole.tables.keys().map(String::as_str).filter(|name| !is_hidden(name)).collect()
}

fn compare(whole: &Contents, found: &Contents, choice: &[&str]) {
    assert_eq!(whole.pragmas, found.pragmas, "{choice:?}");
    let wanted = |name: &str| {
        choice.contains(&name)
            || VIRTUAL.iter().any(|it| choice.contains(it) && name.starts_with(&format!("{it}_")))
    };
    for (name, digest) in &found.tables {
        match name.as_str() {
            "sqlite_sequence" => assert!(choice.contains(&"counted"), "{choice:?}"),
            "sqlite_stat1" | "sqlite_stat4" => {}
            name => assert!(wanted(name) && whole.tables[name] == *digest, "{choice:?}: {name}"),
        }
    }
    let missing: Vec<_> = whole
        .tables
        .keys()
        .filter(|name| wanted(name) && !found.tables.contains_key(*name))
        .collect();
    assert_eq!(missing, Vec::<&String>::new(), "{choice:?}");
    let belongs = |line: &&String| {
        let mut parts = line.split('|').skip(1);
        let (name, table) = (parts.next().unwrap(), parts.next().unwrap());
        wanted(table) && (name != "counted_log" || choice.contains(&"log"))
    };
    let wanted: Vec<_> = whole.schema.iter().filter(belongs).collect();
    let found: Vec<_> = found.schema.iter().filter(|line| !line.contains("|sqlite_s")).collect();
    assert_eq!(wanted, found, "{choice:?}");
}

/// The numbers of all rows, where a table has them.
fn numbers(path: &Path, table: &str) -> Option<Vec<i64>> {
    let database = Connection::open(path).unwrap();
    let quoted = table.replace('"', "\"\"");
    let mut query = database.prepare(&format!("SELECT rowid FROM \"{quoted}\" ORDER BY 1")).ok()?;
    let rows = query.query_map([], |row| row.get(0)).ok()?;
    rows.collect::<rusqlite::Result<_>>().ok()
}
