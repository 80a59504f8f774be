//! Rows shown straight from an archive are the rows of the database, whatever is in them, from however large an
//! archive; a damaged archive shows the same rows or none; nothing is left behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Value, json};

use crate::cli::{Ran, TestContext, files_in};
use crate::damage::damaged_copies;
use crate::measure::measure;
use crate::nasty::{self, Variant};
use crate::{say, scaled};

/// What the whole process may use at its peak.
const LIMIT: u64 = 150_000_000;
/// Bytes of a value that are shown.
const SHOWN: usize = 1024;

fn variant(encoding: &'static str) -> Variant {
    Variant { journal: "wal", page_size: 4096, encoding, auto_vacuum: 0, largest_blob: 3_000_000 }
}

/// A backup of one nasty database.
fn backed_up(encoding: &'static str) -> TestContext {
    let context = TestContext::new();
    let path = context.data("nasty.db");
    context.config(&format!(
        "[databases.nasty]\nengine = \"sqlite\"\npath = {path:?}\n\n{}",
        context.storage_table()
    ));
    drop(nasty::create(&path, variant(encoding)));
    context.ok(["backup"]);
    context
}

fn tables(database: &Connection) -> Vec<String> {
    let list = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'";
    let mut statement = database.prepare(list).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn cell(value: ValueRef) -> Value {
    let text = |text: &str| {
        let end = text.floor_char_boundary(SHOWN);
        let cut_from = (end < text.len()).then_some(text.len());
        json!({ "kind": "text", "text": text[..end], "cut_from": cut_from })
    };
    match value {
        ValueRef::Null => json!({ "kind": "null" }),
        ValueRef::Integer(number) => text(&number.to_string()),
        ValueRef::Real(number) if number == f64::INFINITY => text("Inf"),
        ValueRef::Real(number) if number == f64::NEG_INFINITY => text("-Inf"),
        ValueRef::Real(number) => text(&format!("{number:?}")),
        ValueRef::Text(bytes) => text(std::str::from_utf8(bytes).unwrap()),
        ValueRef::Blob(bytes) => {
            let shown = &bytes[..bytes.len().min(SHOWN)];
            let hex = shown.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
            json!({ "kind": "binary", "hex": hex, "length": bytes.len() })
        }
    }
}

/// The rows of a table, each as often as it is there.
fn rows_of(database: &Connection, table: &str) -> BTreeMap<String, usize> {
    let select = format!("SELECT * FROM \"{}\"", table.replace('"', "\"\""));
    let mut statement = database.prepare(&select).unwrap();
    let width = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let cells: Vec<Value> = (0..width).map(|at| cell(row.get_ref(at).unwrap())).collect();
        *found.entry(json!(cells).to_string()).or_default() += 1;
    }
    found
}

fn shown(ran: &Ran) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for row in ran.lines()[0]["rows"].as_array().unwrap() {
        *found.entry(row.to_string()).or_default() += 1;
    }
    found
}

#[test]
fn every_value_of_the_nasty_database_is_shown_as_it_is() {
    let (mut values, mut compared) = (0, 0);
    for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
        let context = backed_up(encoding);
        let database = Connection::open(context.data("nasty.db")).unwrap();
        for table in tables(&database) {
            let rows = format!("--rows={table}");
            let ran = context.ok(["inspect", &context.id(), &rows, "--limit", "10000", "--json"]);
            let expected = rows_of(&database, &table);
            assert_eq!(shown(&ran), expected, "{table} in {encoding}");
            let line = &ran.lines()[0];
            assert_eq!((&line["is_complete"], &line["is_checked"]), (&json!(true), &json!(true)));
            values += expected.values().sum::<usize>() * line["columns"].as_array().unwrap().len();
            compared += 1;
        }
        assert_eq!(files_in(&context.state().scratch()), Vec::<std::path::PathBuf>::new());
    }
    assert!(compared > 40 && values > 9000, "{compared} {values}");
    say(&format!("browse: {compared} tables, {values} values as SQLite has them"));
}

#[test]
fn a_damaged_archive_shows_the_same_rows_or_none() {
    let context = backed_up("UTF-8");
    let archive = context.archives().remove(0);
    let rows = |context: &TestContext| {
        let path = context.archives().remove(0).display().to_string();
        context.run(["inspect", &path, "--rows", "types", "--json"])
    };
    let whole = shown(&rows(&context));
    let bytes = fs::read(&archive).unwrap();
    let tries = scaled(120, 2000);
    let (mut refused, mut right) = (0, 0);
    for (at, changed) in damaged_copies(&bytes, tries) {
        fs::write(&archive, &changed).unwrap();
        let ran = rows(&context);
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
        if ran.code == 0 {
            assert_eq!(shown(&ran), whole, "byte {at}");
            right += 1;
        } else {
            assert!(matches!(ran.code, 1 | 4), "byte {at}: {ran:?}");
            refused += 1;
        }
    }
    assert!(refused > tries / 2, "{refused} of {tries}");
    assert_eq!(files_in(&context.state().scratch()), Vec::<std::path::PathBuf>::new());
    say(&format!(
        "browse: {tries} damaged archives, {refused} refused, {right} with the right rows, wrong 0"
    ));
}

#[test]
fn the_last_table_of_a_large_archive_needs_little_memory_and_leaves_nothing() {
    let context = TestContext::new();
    let megabytes = scaled(256, 1000);
    let path = context.large_database("large.db", megabytes);
    let last = "CREATE TABLE zz_last (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO zz_last VALUES (1, 'here')";
    Connection::open(&path).unwrap().execute_batch(last).unwrap();
    context.config(&format!(
        "[databases.large]\nengine = \"sqlite\"\npath = {path:?}\n\n{}",
        context.storage_table()
    ));
    context.ok(["backup"]);
    let (id, scratch) = (context.id(), context.state().scratch());
    let words = ["inspect", id.as_str(), "--rows", "zz_last"];
    let begun = Instant::now();
    let measured = measure(context.command(words), None, &context.root().join("complaints"));
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(measured.status, Some(0), "{measured:?}");
    let peak = measured.own.peak;
    assert!((1_000_000..LIMIT).contains(&peak), "{measured:?}");
    assert_eq!(files_in(&scratch), Vec::<std::path::PathBuf>::new());
    assert!(context.ok(words).stdout.contains("1   here"));

    let mut killed = context.command(words).stdout(std::process::Stdio::null()).spawn().unwrap();
    wait_for_copy(&scratch);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(files_in(&scratch).len(), 1, "it was killed too late");
    context.ok(words);
    assert_eq!(files_in(&scratch), Vec::<std::path::PathBuf>::new());
    say(&format!(
        "browse: last table of {megabytes} MB of SQLite in {seconds:.1} s, peak {} MB; killed 1, left 0",
        peak / 1_000_000
    ));
}

/// Waits until a copy has begun to grow.
fn wait_for_copy(scratch: &Path) {
    let deadline = Instant::now() + Duration::from_mins(1);
    let has_grown = || {
        let copies = files_in(scratch).into_iter().flat_map(|folder| files_in(&folder));
        copies.into_iter().any(|file| fs::metadata(file).is_ok_and(|file| file.len() > 1_000_000))
    };
    while !has_grown() {
        assert!(Instant::now() < deadline, "no copy was made");
        std::thread::sleep(Duration::from_millis(2));
    }
}
