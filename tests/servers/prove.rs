//! A backup is restored as a test, and some of its tables alone: on every server what comes back is equal,
//! and of a scratch database nothing stays, also when the test is killed.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

use mongodb::bson::{self, Bson, doc};

use crate::cli::{Ran, TestContext, files_in};
use crate::rig::{Fresh, Profile, Subject, loaders_with, tools_with};
use crate::servers::{FreshPostgres, PostgresServer, fresh_name};
use crate::{say, scaled};

struct Stage {
    subject: Subject,
    source: Fresh,
    profile: Profile,
    context: TestContext,
}

impl Stage {
    fn new(subject: Subject, source: Fresh) -> Self {
        let (context, profile) = (TestContext::new(), subject.profile(source.name()));
        profile.write(&context);
        profile.ok(&context, &["backup"]);
        Self { subject, source, profile, context }
    }

    fn run(&self, words: &[&str]) -> Ran {
        Ran::from(self.profile.command(&self.context, words).output().unwrap())
    }

    /// A restore test that passes, and the scratch databases that it has noted meanwhile.
    fn tested(&self) -> (Ran, Vec<String>) {
        let mut command = self.profile.command(&self.context, &["test", "--json"]);
        let test = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let ended = std::thread::spawn(|| test.wait_with_output().unwrap());
        let mut names = BTreeSet::new();
        while !ended.is_finished() {
            names.extend(self.noted());
            std::thread::sleep(Duration::from_millis(5));
        }
        let ran = Ran::from(ended.join().unwrap());
        assert!(matches!(ran.code, 0 | 3) && !names.is_empty(), "{names:?} {ran:?}");
        (ran, names.into_iter().collect())
    }

    /// The scratch databases that this installation has noted.
    fn noted(&self) -> Vec<String> {
        let notes = files_in(&self.context.state().places());
        notes.iter().map(|it| it.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    }

    /// Databases of ours on the server, finished or not, whose names end like one of these.
    fn left(&self, names: &[String]) -> Vec<String> {
        let is_ours =
            |there: &String| names.iter().any(|name| there.ends_with(&name[name.len() - 16..]));
        self.subject.databases().into_iter().filter(is_ours).collect()
    }
}

#[test]
fn a_restore_test_passes_is_shown_and_leaves_nothing() {
    let (mut passed, mut equal) = (0, 0);
    for subject in Subject::each() {
        let source = subject.nasty();
        let stage = Stage::new(subject, source);
        let before = stage.subject.snapshot(stage.source.name());
        let (ran, names) = stage.tested();
        let ended = ran.lines().into_iter().find(|line| line["event"] == "run_finished").unwrap();
        let result = &ended["result"];
        let context = format!("{}: {ran:?}", stage.subject.name());
        assert_eq!(result["kind"], "restore_test", "{context}");
        assert_eq!(result["test"]["outcome"], "passed", "{context}");
        assert!(result["test"]["tables"].as_u64().unwrap() > 3, "{context}");
        // Of what the server of MongoDB deletes by itself only the number is compared.
        let sentence = result["test"]["sentence"].as_str().unwrap();
        assert!(sentence.contains(", contents equal"), "{context}");
        equal += u32::from(sentence.ends_with(", contents equal"));
        // Losing the catalog loses nothing: the record stands beside the archive.
        std::fs::remove_file(stage.context.state().catalog()).unwrap();
        let listed = stage.run(&["list"]).stdout;
        assert!(listed.contains("restore-tested 20"), "{listed}");
        assert_eq!(stage.noted(), Vec::<String>::new(), "{context}");
        assert_eq!(stage.left(&names), Vec::<String>::new(), "{context}");
        before.assert_restored(&stage.subject.snapshot(stage.source.name()));
        passed += 1;
    }
    say(&format!(
        "restore tests: {passed} nasty databases passed, {equal} of them equal in all contents, databases left 0"
    ));
    assert!(passed > 0 && equal > 0);
}

/// A row that can be found in a dump of any server.
fn needle(source: &Fresh) {
    match source {
        Fresh::Postgres(database) => {
            database.session().run("INSERT INTO item VALUES (900001, 'needle-1'), (900002, '')");
        }
        Fresh::Mysql(database) => {
            database.session().run("INSERT INTO item VALUES (900001, 'needle-1'), (900002, '')");
        }
        Fresh::Mongo(database) => {
            let rows = vec![doc! { "_id": 900_001, "pad": "needle-1" }, doc! { "_id": 900_002 }];
            let insert = doc! { "insert": "item", "documents": rows };
            database.server.session().command(&database.name, insert);
        }
    }
}

#[test]
fn one_byte_of_one_row_that_is_another_fails_a_test() {
    // What a server writes down is changed on its way in; mongorestore would see it by a sum of its own, so there
    // it is changed on the way back.
    const LOADED: &str = "LC_ALL=C sed 's/needle-1/needle-2/' | \"$REAL\" \"$@\"";
    const DUMPED: &str = "case \"$*\" in *kronos_scratch*) \"$REAL\" \"$@\" | LC_ALL=C sed 's/needle-1/needle-2/' ;; \
                          *) exec \"$REAL\" \"$@\" ;; esac";
    let (mut changed, mut found) = (0, 0);
    for subject in Subject::each() {
        let source = subject.plain(50);
        needle(&source);
        let mut stage = Stage::new(subject, source);
        let tools = match &stage.subject {
            Subject::Mongo(_) => tools_with(&stage.context, &stage.subject, "other", DUMPED),
            _ => loaders_with(&stage.context, &stage.subject, "other", LOADED),
        };
        stage.profile.tools = Some(tools);
        stage.profile.write(&stage.context);
        let ran = stage.run(&["test"]);
        changed += 1;
        let about = format!("{}: {ran:?}", stage.subject.name());
        assert_ne!(ran.code, 0, "{about}");
        let said = "item` has 52 rows as in the backup, but not all of them hold the same";
        assert!(ran.stderr.contains(said), "{about}");
        assert!(stage.run(&["list"]).stdout.contains("restore test failed"), "{about}");
        assert_eq!(stage.noted(), Vec::<String>::new(), "{about}");
        found += 1;
        stage.profile = stage.subject.profile(stage.source.name());
        stage.profile.write(&stage.context);
        let ran = stage.profile.ok(&stage.context, &["test"]);
        assert!(ran.stderr.contains("1 table with 52 rows, contents equal"), "{ran:?}");
    }
    say(&format!("restored rows changed: {changed}, found {found}, called equal 0"));
    assert!(changed > 0 && changed == found);
}

#[test]
fn what_is_written_in_another_way_every_time_is_no_difference() {
    let mut equal = 0;
    for subject in Subject::each() {
        let source = subject.plain(5);
        match &source {
            Fresh::Postgres(database) => database.session().run(
                "CREATE TABLE parent (a int); CREATE TABLE heir (b text) INHERITS (parent);
                 ALTER TABLE parent ADD COLUMN c timestamptz; INSERT INTO heir VALUES (1, 'x', now()), (1, NULL, NULL), (1, '', NULL);
                 CREATE TABLE moments (t timestamptz, tz timetz, f float4, d float8, n numeric, b bit(3), v bytea, j jsonb, m money);
                 INSERT INTO moments VALUES (now(), now()::timetz, 'NaN', '-0', 'NaN', b'101', '\\x00ff', '{\"a\": [null, 1.0]}', 12.5);
                 INSERT INTO moments SELECT * FROM moments; SELECT lo_from_bytea(0, '\\x0001ff')",
            ),
            Fresh::Mysql(database) => {
                let mut session = database.session();
                session.run("CREATE TABLE odd (f FLOAT, d DOUBLE, b BIT(3), v VARBINARY(9), e ENUM('', 'x'), j JSON, ts TIMESTAMP NULL, s DOUBLE AS (f * 2) VIRTUAL)");
                session.run("INSERT INTO odd (f, d, b, v, e, j, ts) VALUES (0.1, -0e0, b'101', x'00ff2728', 'x', '{\"a\": 1.0}', NOW()), (NULL, 1e-300, NULL, '', '', 'null', NULL)");
                session.run("INSERT INTO odd (f, d, b, v, e, j, ts) SELECT f, d, b, v, e, j, ts FROM odd");
                // Only MariaDB has columns that are another thing whenever they are read.
                let _ = session.try_run("CREATE TABLE dice (n INT, v DOUBLE AS (RAND()) VIRTUAL)");
                let _ = session.try_run("INSERT INTO dice (n) VALUES (1), (2)");
            }
            Fresh::Mongo(database) => {
                let rows = vec![
                    doc! { "_id": 1, "f": f64::NAN, "z": -0.0, "n": Bson::Null, "t": "" },
                    doc! { "_id": { "b": 1, "a": 2 }, "d": bson::DateTime::now(), "x": bson::Decimal128::from_bytes([7; 16]) },
                ];
                let insert = doc! { "insert": "odd", "documents": rows };
                database.server.session().command(&database.name, insert);
            }
        }
        let stage = Stage::new(subject, source);
        let ran = stage.profile.ok(&stage.context, &["test"]);
        let about = format!("{}: {ran:?}", stage.subject.name());
        assert!(ran.stderr.lines().any(|line| line.ends_with(", contents equal")), "{about}");
        equal += 1;
    }
    assert!(equal > 0);
}

/// Tables with the name `street` in a database with this encoding, and a row that can be found.
fn streets(server: &PostgresServer, encoding: &str, street: &str) -> FreshPostgres {
    let name = fresh_name("letters");
    server.session("postgres").run(&format!(
        "CREATE DATABASE \"{name}\" ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    ));
    let database = server.adopt(&name);
    database.session().run(&format!(
        "CREATE TABLE \"{street}\" (id int PRIMARY KEY, \"{street}2\" text);
         INSERT INTO \"{street}\" VALUES (1, '{street}'), (2, 'needle-1'), (3, NULL);
         CREATE TABLE \"{street}3\" (LIKE \"{street}\"); CREATE SEQUENCE \"{street}4\"; SELECT nextval('\"{street}4\"');
         CREATE TABLE parent (a int); CREATE TABLE \"{street}5\" (\"{street}\" text) INHERITS (parent);
         ALTER TABLE parent ADD COLUMN c int; INSERT INTO \"{street}5\" VALUES (1, '{street}', 2)"
    ));
    database
}

#[test]
fn names_in_the_encoding_of_their_database_are_compared_as_well() {
    // Letters that are known by their bytes, letters that are not, and letters of two bytes each.
    let encodings = [("LATIN1", "straße"), ("KOI8R", "улица"), ("EUC_JP", "通り")];
    let (mut equal, mut changed) = (0, 0);
    for subject in Subject::each() {
        let Subject::Postgres(server) = &subject else { continue };
        for (encoding, street) in encodings {
            let source = Fresh::Postgres(streets(server, encoding, street));
            let mut stage = Stage::new(subject.clone(), source);
            let ran = stage.profile.ok(&stage.context, &["test"]);
            let about = format!("{encoding}: {ran:?}");
            assert!(ran.stderr.contains("4 tables with 4 rows, contents equal"), "{about}");
            equal += 1;
            let other = "LC_ALL=C sed 's/needle-1/needle-2/' | \"$REAL\" \"$@\"";
            stage.profile.tools = Some(loaders_with(&stage.context, &subject, "other", other));
            stage.profile.write(&stage.context);
            let ran = stage.run(&["test"]);
            let said = "` has 3 rows as in the backup, but not all of them hold the same";
            assert!(ran.code != 0 && ran.stderr.contains(said), "{encoding}: {ran:?}");
            let is_named = ran.stderr.contains("`public.straße` has");
            assert_eq!(is_named, encoding == "LATIN1", "{ran:?}");
            changed += 1;
        }
    }
    say(&format!(
        "databases of other encodings: {equal} equal, {changed} of them changed and found"
    ));
    assert!(equal > 0 && equal == changed);
}

#[test]
fn a_killed_test_is_cleared_up_by_the_next_command() {
    let (mut killed, mut left_at_kill) = (0, 0);
    for subject in Subject::each() {
        let source = subject.plain(2000);
        let mut stage = Stage::new(subject, source);
        let slow = "cat > \"$0.bytes.$$\"; sleep 2; \"$REAL\" \"$@\" < \"$0.bytes.$$\"; sleep 30";
        let tools = loaders_with(&stage.context, &stage.subject, "slow", slow);
        for delay in scaled(vec![0, 400], vec![0, 100, 200, 400, 800, 1600, 3200]) {
            let mut slow = stage.subject.profile(stage.source.name());
            slow.tools = Some(tools.clone());
            slow.write(&stage.context);
            let mut child = slow.command(&stage.context, &["test"]);
            let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let begun = Instant::now();
            while stage.left(&stage.noted()).is_empty() {
                assert!(begun.elapsed() < Duration::from_mins(1), "{}", stage.subject.name());
                assert_eq!(child.try_wait().unwrap(), None, "{}", stage.subject.name());
                std::thread::sleep(Duration::from_millis(20));
            }
            std::thread::sleep(Duration::from_millis(delay));
            let names = stage.noted();
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
            left_at_kill += usize::from(!stage.left(&names).is_empty());
            stage.profile = stage.subject.profile(stage.source.name());
            stage.profile.write(&stage.context);
            stage.profile.ok(&stage.context, &["list"]);
            assert_eq!(stage.left(&names), Vec::<String>::new(), "{}", stage.subject.name());
            assert_eq!(stage.noted(), Vec::<String>::new());
            let listed = stage.run(&["list"]).stdout;
            assert!(!listed.contains("restore"), "a test that never ended marks nothing: {listed}");
        }
    }
    say(&format!(
        "killed tests: {killed}, with a scratch database at that moment {left_at_kill}, left 0"
    ));
    assert!(killed > 0 && left_at_kill > 0);
}

#[test]
fn a_scratch_place_has_its_day_and_is_nobody_elses() {
    for subject in Subject::each() {
        let source = subject.plain(20);
        let stage = Stage::new(subject, source);
        let id = stage.context.id();
        stage.profile.ok(&stage.context, &["restore", &id, "--scratch"]);
        let names = stage.noted();
        assert_eq!(stage.left(&names), names, "{}", stage.subject.name());
        stage.profile.ok(&stage.context, &["list"]);
        assert_eq!(stage.left(&names), names, "it has a day: {}", stage.subject.name());
        let note = files_in(&stage.context.state().places()).remove(0);
        let text = std::fs::read_to_string(&note).unwrap();
        // Another time is another mark: what bears a foreign one is not removed.
        let foreign = text.replacen("\"removed_after\": \"2", "\"removed_after\": \"1", 1);
        assert_ne!(text, foreign);
        std::fs::write(&note, foreign).unwrap();
        stage.profile.ok(&stage.context, &["list"]);
        assert_eq!(stage.left(&names), names, "another mark: {}", stage.subject.name());
        assert_eq!(stage.noted(), Vec::<String>::new());
        // Only this test removes it now.
        std::fs::write(note.with_extension("making"), text).unwrap();
        stage.profile.ok(&stage.context, &["list"]);
        assert_eq!(stage.left(&names), Vec::<String>::new(), "{}", stage.subject.name());
    }
}

#[test]
fn single_tables_of_a_nasty_database_come_back_equal() {
    let (mut equal, mut refused, mut rows) = (0, 0, 0);
    for subject in Subject::each() {
        let source = subject.nasty();
        let stage = Stage::new(subject, source);
        let whole = stage.subject.snapshot(stage.source.name());
        let id = stage.context.id();
        let inspected = stage.run(&["inspect", &id, "--json"]).lines().remove(0);
        let units = inspected["units"].as_array().unwrap().clone();
        let objects = units.iter().flat_map(|unit| unit["objects"].as_array().unwrap());
        let names: Vec<&str> = objects
            .filter(|object| object["kind"] == "table" || object["kind"] == "collection")
            .map(|object| object["name"].as_str().unwrap())
            .filter(|name| !name.contains(',') && !name.starts_with("system."))
            .collect();
        assert!(names.len() > 3, "{names:?}");
        let step = names.len().div_ceil(scaled(3, 1000));
        for name in names.iter().step_by(step) {
            let target = stage.subject.target("some");
            let tables = format!("--tables={name}");
            let ran = stage.run(&["restore", &id, "--to", target.name(), &tables]);
            let about = format!("{} {name}: {ran:?}", stage.subject.name());
            if ran.code != 0 && ran.code != 3 {
                assert!(ran.stderr.contains("which was not asked for"), "{about}");
                assert!(!stage.subject.databases().iter().any(|it| it == target.name()), "{about}");
                refused += 1;
                continue;
            }
            let found = stage.subject.snapshot(target.name());
            assert!(!found.rows.is_empty() && found.rows.len() < whole.rows.len(), "{about}");
            for (table, digest) in &found.rows {
                assert_eq!(whole.rows.get(table), Some(digest), "{table}: {about}");
            }
            (equal, rows) = (equal + 1, rows + found.row_count());
        }
        whole.assert_restored(&stage.subject.snapshot(stage.source.name()));
    }
    say(&format!(
        "single tables on servers: {equal} equal, {rows} rows, {refused} refused, different 0"
    ));
    assert!(equal > refused && equal > 0);
}

#[test]
fn a_table_that_is_not_there_is_refused_before_anything_is_made() {
    for subject in Subject::each() {
        let source = subject.plain(5);
        let stage = Stage::new(subject, source);
        let (id, target) = (stage.context.id(), stage.subject.target("none"));
        let words = ["restore", &id, "--to", target.name(), "--tables", "item,no_such"];
        let ran = stage.run(&words);
        assert!(ran.code == 2 && ran.stderr.contains("`no_such` is no table of"), "{ran:?}");
        assert!(!stage.subject.databases().iter().any(|it| it == target.name()));
    }
}
