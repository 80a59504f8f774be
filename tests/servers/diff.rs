//! `diff` sees what was changed on a real server, all of it and nothing else.

use mongodb::bson::doc;
use serde_json::Value;

use crate::cli::TestContext;
use crate::rig::{Fresh, PROFILE, Subject};
use crate::say;

/// What was found, as lines, without what was left out or only estimated.
fn differences(comparison: &Value) -> Vec<String> {
    let line = |found: &Value| {
        let structure = if found["structure_changed"] == true { " structure" } else { "" };
        let rows = format!("{}>{}", found["rows_before"], found["rows_after"]).replace("null", "");
        let text = |key: &str| found[key].as_str().unwrap().to_owned();
        format!("{} {} {} {rows}{structure}", text("change"), text("kind"), text("name"))
    };
    let databases = comparison["databases"].as_array().unwrap();
    assert_eq!(databases.len(), 1, "{comparison}");
    let all = databases[0]["differences"].as_array().unwrap().iter().map(line);
    all.filter(|line| !line.starts_with("estimated ")).collect()
}

fn change(fresh: &Fresh) {
    match fresh {
        Fresh::Postgres(database) => database.session().run(
            "CREATE TABLE shop.added (id int PRIMARY KEY, t text DEFAULT 'x'); INSERT INTO shop.added VALUES (1), (2);
             DROP TABLE \"-leading dash\"; DELETE FROM shop.unlogged WHERE id > 40;
             ALTER TABLE shop.no_key ADD COLUMN c text; COMMENT ON COLUMN shop.product.price IS 'other';
             CREATE OR REPLACE VIEW shop.cheaper WITH (security_barrier) AS SELECT * FROM shop.cheap WHERE price < 11;
             SELECT nextval('shop.near_max')",
        ),
        Fresh::Mysql(database) => {
            let mut session = database.session();
            for sql in [
                "CREATE TABLE added (id INT AUTO_INCREMENT PRIMARY KEY)",
                "INSERT INTO added VALUES (1), (2)",
                "DROP TABLE `a.b`",
                "DELETE FROM no_key WHERE a = 'same'",
                "ALTER TABLE empty_table ADD COLUMN b INT",
                "ALTER TABLE product AUTO_INCREMENT = 9000",
                "DROP PROCEDURE fill",
                "ALTER VIEW a_second AS SELECT 1 AS one",
            ] {
                session.run(sql);
            }
        }
        Fresh::Mongo(database) => {
            let session = database.server.session();
            let name = database.name.as_str();
            let run = |command| drop(session.command(name, command));
            run(doc! { "insert": "added", "documents": [{ "_id": 1 }, { "_id": 2 }] });
            run(doc! { "drop": "Upper" });
            run(doc! { "delete": "a b", "deletes": [{ "q": { "n": { "$lt": 10 } }, "limit": 0 }] });
            run(doc! { "createIndexes": "star*", "indexes": [{ "key": { "n": 1, "a": -1 }, "name": "new" }] });
            run(doc! { "collMod": "checked", "validator": { "n": { "$gt": 1 } } });
        }
    }
}

fn expected(subject: &Subject) -> (&'static [&'static str], &'static [&'static str]) {
    match subject {
        Subject::Postgres(_) => (
            &[
                "added comment COLUMN \"product\".\"price\" in shop >",
                "added constraint shop.added added_pkey >",
                // By the default rights of the schema.
                "added rights TABLE \"added\" in shop >",
                "gone table public.-leading dash 1>",
                "added table shop.added >2",
                "changed table shop.no_key 3>3 structure",
                "changed table shop.unlogged 100>40",
                "changed view shop.cheaper > structure",
            ],
            &["gone table public.-leading dash 1>", "added table shop.added >"],
        ),
        Subject::Mysql(_) => (
            &[
                "gone routine fill >",
                "gone table a.b 1>",
                "added table added >2",
                "changed table empty_table 0>0 structure",
                "changed table no_key 5>2",
                "changed view a_second > structure",
            ],
            &["gone table a.b 1>", "added table added >"],
        ),
        Subject::Mongo(_) => (
            &[
                "gone collection Upper 40>",
                "changed collection a b 40>30",
                "added collection added >2",
                "changed collection checked 40>40 structure",
                "added index star*.new >",
            ],
            &["gone collection Upper 40>", "added collection added >"],
        ),
    }
}

/// An estimate may be missing or stale.
fn without_estimates(lines: Vec<String>) -> Vec<String> {
    let cut = |line: String| match line.strip_prefix("added ").and(line.rfind('>')) {
        Some(end) => line[..=end].to_owned(),
        None => line,
    };
    lines.into_iter().map(cut).collect()
}

#[test]
fn every_change_is_seen_and_an_unchanged_database_is_equal_to_itself() {
    for subject in Subject::each() {
        let context = TestContext::new();
        let fresh = subject.nasty();
        let profile = subject.profile(fresh.name());
        profile.write(&context);
        let backup = || {
            profile.ok(&context, &["backup", PROFILE]);
            context.archives().pop().unwrap().display().to_string()
        };
        let [first, second] = [backup(), backup()];
        let name = subject.name();
        let equal = context.run(["diff", &first, &second, "--json"]);
        assert_eq!(equal.code, 0, "{name}: {equal:?}");
        let equal = equal.lines().remove(0);
        let unchanged = equal["databases"][0]["unchanged"].as_u64().unwrap();
        assert!(unchanged > 30, "{name}: {equal}");
        let live = profile.command(&context, &["diff", &second, "--live"]).output().unwrap();
        assert_eq!(live.status.code(), Some(0), "{name}: {live:?}");

        change(&fresh);
        let third = backup();
        let (changed, live) = expected(&subject);
        let ran = context.run(["diff", &second, &third, "--json"]);
        assert_eq!(ran.code, 7, "{name}: {ran:?}");
        assert_eq!(differences(&ran.lines()[0]), changed, "{name}");
        let ran = profile.command(&context, &["diff", &second, "--live", PROFILE, "--json"]);
        let ran = crate::cli::Ran::from({ ran }.output().unwrap());
        assert_eq!(ran.code, 7, "{name}: {ran:?}");
        assert_eq!(without_estimates(differences(&ran.lines()[0])), live, "{name}");
        say(&format!(
            "diff: {name}: {unchanged} objects equal, {} changes seen, {} of them also live, others 0",
            changed.len(),
            live.len()
        ));
    }
}
