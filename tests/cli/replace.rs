//! `kronos restore --replace` and `kronos undo` on files: what is refused, what is kept, what comes back.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::support::{Ran, TestContext, files_in};

/// The profile `shop` with a backup of 1000 orders, and a database that has 10 of them now.
pub fn changed() -> TestContext {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let database = Connection::open(context.data("shop.db")).unwrap();
    database.execute_batch("DELETE FROM orders WHERE id > 10; CREATE TABLE audit (x)").unwrap();
    context
}

pub fn rows(path: &Path) -> u32 {
    let database = Connection::open(path).unwrap();
    database.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap()
}

/// The only backup that is no safety backup.
pub fn id(context: &TestContext) -> String {
    let rows = context.ok(["list", "--json"]).lines();
    let row = rows.iter().find(|row| row.get("safety").is_none()).unwrap();
    row["id"].as_str().unwrap().to_owned()
}

pub fn replace(context: &TestContext, target: &Path, more: &[&str]) -> Ran {
    let id = id(context);
    let words = ["restore", &id, "--to", target.to_str().unwrap(), "--replace"];
    context.run(words.iter().chain(more))
}

/// The kept files beside a target.
fn kept(context: &TestContext) -> Vec<PathBuf> {
    let mut found = files_in(&context.data(""));
    found.retain(|path| path.to_str().unwrap().contains(".kronos-before-"));
    found
}

#[test]
fn a_file_is_replaced_and_comes_back_and_goes_again() {
    let context = changed();
    let target = context.data("shop.db");
    let look = replace(&context, &target, &[]);
    assert_eq!((look.code, rows(&target)), (2, 10), "a look changes nothing: {look:?}");
    for words in ["3 tables, 10 rows", "rows, as of", "will be gone: audit", "--confirm shop.db"] {
        assert!(look.stderr.contains(words), "{words}: {}", look.stderr);
    }
    let ran = replace(&context, &target, &["--confirm", "shop.db"]);
    assert_eq!((ran.code, rows(&target)), (0, 1000), "{ran:?}");
    assert!(ran.stderr.contains("undo: kronos undo 2"), "{}", ran.stderr);
    let kept = kept(&context);
    assert_eq!(kept.iter().map(|path| rows(path)).collect::<Vec<_>>(), [10]);
    context.ok(["undo"]);
    assert_eq!(rows(&target), 10);
    context.ok(["undo"]);
    assert_eq!(rows(&target), 1000, "an undo can be undone");
}

#[test]
fn the_words_for_machines_are_the_documented_ones() {
    let context = changed();
    let target = context.data("shop.db");
    let card = replace(&context, &target, &["--json"]).lines().pop().unwrap();
    assert_eq!((&card["record"], &card["confirm"]), (&"target".into(), &"shop.db".into()));
    assert_eq!(card["confirm_without_safety"], "replace shop.db without a safety backup");
    assert_eq!((&card["now"]["rows"], &card["after"]["rows"]), (&10.into(), &1000.into()));
    assert_eq!((&card["gone"][0], &card["refusal"]), (&"audit".into(), &serde_json::Value::Null));
    let ran = replace(&context, &target, &["--confirm", "shop.db", "--json"]);
    let end = ran.lines().into_iter().find(|line| line["event"] == "run_finished").unwrap();
    let safety = end["result"]["replaced"]["safety_backup"].as_str().unwrap().to_owned();
    let listed = context.ok(["list", "--json"]).lines();
    let row = listed.iter().find(|row| row["id"] == safety.as_str()).unwrap();
    assert_eq!(row["safety"]["run"], end["id"]);
    assert_eq!(row["safety"]["target"], target.to_str().unwrap());
    assert_eq!((&row["profile"], &row["status"]), (&"sqlite".into(), &"verified".into()));
    let undone = context.ok(["undo", end["id"].as_str().unwrap(), "--json"]).lines();
    assert!(
        undone.iter().any(|line| line["event"] == "run_finished" && line["state"] == "succeeded")
    );
    assert_eq!(rows(&target), 10);
}

#[test]
fn only_the_exact_name_is_a_consent() {
    let context = changed();
    let target = context.data("shop.db");
    let before = fs::read(&target).unwrap();
    let phrase = "replace shop.db without a safety backup";
    let wrong: [&[&str]; 7] = [
        &["--confirm", "shop"],
        &["--confirm", "Shop.db"],
        &["--confirm", "shop.db "],
        &["--confirm", ""],
        &["--confirm", phrase],
        &["--confirm", "shop.db", "--no-safety-backup"],
        &["--confirm", "yes", "--disconnect"],
    ];
    for words in wrong {
        let ran = replace(&context, &target, words);
        assert_eq!(ran.code, 2, "{words:?}: {ran:?}");
        assert!(ran.stderr.contains("was not confirmed"), "{ran:?}");
    }
    // The words of a replacement without the word for it.
    for words in [vec!["--confirm", "shop.db"], vec!["--disconnect"], vec!["--no-safety-backup"]] {
        let restore = ["restore".to_owned(), id(&context), "--to".into(), "new.db".into()];
        let ran = context.run(restore.iter().map(String::as_str).chain(words));
        assert_eq!(ran.code, 2, "{ran:?}");
    }
    assert_eq!(fs::read(&target).unwrap(), before);
    assert_eq!(context.archives().len(), 1, "no safety backup for nothing");
    let ran = replace(&context, &target, &["--confirm", phrase, "--no-safety-backup"]);
    assert_eq!((ran.code, rows(&target)), (0, 1000), "{ran:?}");
    assert!(ran.stderr.contains("there is no undo"), "{}", ran.stderr);
    assert_eq!(context.archives().len(), 1);
    assert_eq!(context.run(["undo"]).code, 2);
}

#[test]
fn what_cannot_be_replaced_is_refused_and_stays() {
    let context = changed();
    let text = context.data("notes.db");
    fs::write(&text, "my notes, no database").unwrap();
    let second = context.data("second.db");
    fs::copy(context.data("shop.db"), &second).unwrap();
    fs::hard_link(&second, context.data("other-name.db")).unwrap();
    let gone = context.data("gone.db");
    let folder = context.data("folder");
    fs::create_dir(&folder).unwrap();
    let cases = [
        (&text, "notes.db", "it is no SQLite database"),
        (&second, "second.db", "further names (hard links)"),
        (&gone, "gone.db", "There is no `"),
        (&folder, "folder", "it is no file"),
    ];
    for (target, name, why) in cases {
        let ran = replace(&context, target, &["--confirm", name]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
    }
    assert_eq!(fs::read_to_string(&text).unwrap(), "my notes, no database");
    assert_eq!(rows(&second), 10);
    assert!(!gone.exists() && kept(&context).is_empty());
    assert_eq!(context.archives().len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_has_the_file_open_is_named() {
    let context = changed();
    let target = context.data("shop.db");
    for mode in ["DELETE", "WAL"] {
        let open = Connection::open(&target).unwrap();
        open.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())).unwrap();
        let before = fs::read(&target).unwrap();
        let ran = replace(&context, &target, &["--confirm", "shop.db"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        let own = format!("(process {})", std::process::id());
        assert!(ran.stderr.contains("is in use by") && ran.stderr.contains(&own), "{}", ran.stderr);
        assert_eq!(fs::read(&target).unwrap(), before, "{mode}");
    }
    assert_eq!(context.archives().len(), 1);
    assert_eq!(replace(&context, &target, &["--confirm", "shop.db"]).code, 0);
    assert_eq!(rows(&target), 1000);
}

/// Leaves the files as a program that was killed leaves them.
fn crash(database: Connection, files: &[PathBuf]) {
    let contents: Vec<_> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    drop(database);
    for (path, bytes) in files.iter().zip(contents) {
        assert!(!bytes.is_empty(), "{}", path.display());
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn what_a_crashed_program_left_beside_the_file_neither_stays_nor_is_lost() {
    for (mode, setting, endings) in [
        ("WAL", "PRAGMA wal_autocheckpoint = 0", ["", "-wal", "-shm"].as_slice()),
        ("DELETE", "PRAGMA cache_size = 2; PRAGMA cache_spill = 1", ["", "-journal"].as_slice()),
    ] {
        let context = changed();
        let target = context.data("shop.db");
        let database = Connection::open(&target).unwrap();
        database.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())).unwrap();
        database.execute_batch("INSERT INTO orders SELECT 100 + id, text FROM orders").unwrap();
        database.execute_batch(setting).unwrap();
        let last =
            "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
                    INSERT INTO orders SELECT i, 'last ' || i FROM n";
        let is_committed = mode == "WAL";
        database.execute_batch(if is_committed { "SELECT 1" } else { "BEGIN" }).unwrap();
        database.execute_batch(last).unwrap();
        let name = |end: &&str| PathBuf::from(format!("{}{end}", target.display()));
        crash(database, &endings.iter().map(name).collect::<Vec<_>>());
        let ran = replace(&context, &target, &["--confirm", "shop.db"]);
        assert_eq!(ran.code, 0, "{mode}: {ran:?}");
        assert!(endings[1..].iter().all(|end| !name(end).exists()), "{mode}: a log is left");
        assert_eq!(rows(&target), 1000, "{mode}");
        // What was committed into the log is in the safety backup; what was not is not.
        context.ok(["undo"]);
        assert_eq!(rows(&target), if is_committed { 20 + 3001 } else { 20 }, "{mode}");
    }
}

#[test]
fn a_damaged_database_gives_way_only_without_a_safety_backup() {
    let context = changed();
    let target = context.data("shop.db");
    let mut bytes = fs::read(&target).unwrap();
    let half = bytes.len() / 2;
    bytes[100..half].fill(0xff);
    fs::write(&target, &bytes).unwrap();
    let ran = replace(&context, &target, &["--confirm", "shop.db"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("No safety backup of"), "{}", ran.stderr);
    assert_eq!(fs::read(&target).unwrap(), bytes);
    let phrase = "replace shop.db without a safety backup";
    let ran = replace(&context, &target, &["--confirm", phrase, "--no-safety-backup"]);
    assert_eq!((ran.code, rows(&target)), (0, 1000), "{ran:?}");
    assert_eq!(fs::read(&kept(&context)[0]).unwrap(), bytes, "the damaged one is kept as it was");
}

#[cfg(unix)]
#[test]
fn links_rights_and_the_mode_with_a_log_stay() {
    use std::os::unix::fs::PermissionsExt;
    let context = changed();
    let target = context.data("shop.db");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o664)).unwrap();
    let link = context.root().join("link.db");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let ran = replace(&context, &link, &["--confirm", "shop.db"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(rows(&target), 1000);
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o664);
}

#[test]
fn an_undo_is_found_without_the_catalog() {
    let context = changed();
    let target = context.data("shop.db");
    assert_eq!(replace(&context, &target, &["--confirm", "shop.db"]).code, 0);
    fs::remove_dir_all(context.root().join("state")).unwrap();
    context.ok(["undo"]);
    assert_eq!(rows(&target), 10);
}

#[test]
fn an_undo_ends_after_seven_days_and_its_backup_goes_only_when_told() {
    let context = changed();
    let target = context.data("shop.db");
    assert_eq!(replace(&context, &target, &["--confirm", "shop.db"]).code, 0);
    let kept = context.ok(["undo", "--clean"]);
    assert!(kept.stderr.contains("No safety backup is older"), "{kept:?}");
    assert_eq!(context.archives().len(), 2);
    let is_safety = |path: &PathBuf| path.to_str().unwrap().contains("sqlite-safety_");
    let archive = context.archives().into_iter().find(is_safety).unwrap();
    let record = format!("{}.json", archive.display());
    let mut text: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    text["safety"]["kept_until"] = "2026-01-01T00:00:00Z".into();
    fs::write(&record, text.to_string()).unwrap();
    let ran = context.run(["undo"]);
    assert_eq!((ran.code, rows(&target)), (2, 1000), "{ran:?}");
    let own = id(&context);
    let ran = context.ok(["undo", "--clean", "--json"]);
    assert_eq!(ran.lines().len(), 1, "{ran:?}");
    assert!(!archive.exists() && !Path::new(&record).exists());
    assert_eq!(id(&context), own, "a backup of the profile itself never goes");
    context.ok(["verify", &own]);
}

#[test]
fn a_failed_replacement_is_not_what_an_undo_means() {
    let context = changed();
    let target = context.data("shop.db");
    assert_eq!(replace(&context, &target, &["--confirm", "shop.db"]).code, 0);
    assert_eq!(replace(&context, &target, &["--confirm", "wrong"]).code, 2);
    context.ok(["undo"]);
    assert_eq!(rows(&target), 10);
    assert_eq!(context.run(["undo", "20261122T135401.250_k3v9x0"]).code, 2);
    assert_eq!(rows(&target), 10);
}

#[test]
fn a_record_that_somebody_put_there_is_not_what_an_undo_means() {
    let context = changed();
    let target = context.data("shop.db");
    assert_eq!(replace(&context, &target, &["--confirm", "shop.db"]).code, 0);
    // The safety backup once more, as one of another database and of a younger restore.
    let precious = context.data("precious.db");
    fs::copy(&target, &precious).unwrap();
    let is_safety = |path: &PathBuf| path.to_str().unwrap().contains("-safety_");
    let archive = context.archives().into_iter().find(is_safety).unwrap();
    let name = archive.file_name().unwrap().to_str().unwrap().to_owned();
    let record = fs::read_to_string(format!("{}.json", archive.display())).unwrap();
    let mut planted: serde_json::Value = serde_json::from_str(&record).unwrap();
    planted["safety"]["target"] = precious.to_str().unwrap().into();
    planted["safety"]["run"] = "29991122T135401.250_k3v9x0".into();
    let younger = name.replace("-safety_2", "-safety_3");
    planted["archive"] = younger.clone().into();
    planted["manifest"]["id"] = younger.trim_end_matches(".tar.gz").into();
    planted["manifest"]["created_at"] = "2999-11-22T13:54:01Z".into();
    fs::copy(&archive, context.backups().join(&younger)).unwrap();
    fs::write(context.backups().join(format!("{younger}.json")), planted.to_string()).unwrap();
    let before = fs::read(&precious).unwrap();
    assert_eq!(context.ok(["list", "--json"]).lines().len(), 3, "it is listed");
    context.ok(["undo"]);
    assert_eq!((rows(&target), fs::read(&precious).unwrap()), (10, before));
}

#[test]
fn a_safety_backup_is_none_of_its_profile() {
    let context = changed();
    let target = context.data("shop.db");
    assert_eq!(replace(&context, &target, &["--confirm", "shop.db"]).code, 0);
    let rows = context.ok(["list", "--json"]).lines();
    let own: Vec<_> = rows.iter().filter(|row| row.get("safety").is_none()).collect();
    assert_eq!((rows.len(), own.len()), (2, 1));
    let listed = context.ok(["list"]).stdout;
    assert!(listed.contains("sqlite (safety)"), "{listed}");
}
