//! What a difference between two dumps is taken for.

use super::*;
use crate::contents::{ObjectCount, ObjectKind};

/// What a script with these rows in its tables `a` and `b` holds.
fn digests(a: &str, b: &str) -> Digests {
    let place =
        DumpPlace { archive: "a".into(), database: "shop".into(), scratch: "/nowhere".into() };
    let mut reader = database::digest_reader(EngineKind::Mysql, place).unwrap();
    let insert = |table, rows| format!("INSERT INTO `{table}` VALUES {rows};\n");
    let script = format!("{}{}-- Dump completed\n", insert("a", a), insert("b", b));
    assert!(reader.feed(script.as_bytes()).unwrap().is_continue());
    reader.finish().unwrap()
}

fn mismatch(outcome: Result<Held>) -> String {
    match outcome.unwrap_err() {
        Error::Restore(RestoreError::Mismatch { detail }) => detail,
        error => panic!("{error}"),
    }
}

#[test]
fn other_letters_explain_contents_of_tables_and_nothing_else() {
    let dumped = digests("(1),(2)", "(1)");
    let why = || Some("it is newer".to_owned());
    let equal = Held { tables: 2, warning: None };
    assert_eq!(judge(2, &dumped, &digests("(2),(1)", "(1)"), why()).unwrap(), equal);
    let rewritten = digests("(1),(2.0)", "(1)");
    let said = mismatch(judge(2, &dumped, &rewritten, None));
    assert!(said.contains("not all of them hold the same"), "{said}");
    let held = judge(2, &dumped, &rewritten, why()).unwrap();
    let warning = "The rows of `a` were compared by their number only: it is newer".to_owned();
    assert_eq!(held, Held { tables: 1, warning: Some(warning) });
    let fewer = digests("(1),(2.0)", "(1),(2)");
    let said = mismatch(judge(2, &dumped, &fewer, why()));
    assert_eq!(said, "`b` has 2 rows instead of 1 row");
}

#[test]
fn only_another_major_version_or_another_form_of_values_is_a_reason() {
    let server = |version: &str, tool: &str| ServerInfo {
        version: version.to_owned(),
        tool: tool.to_owned(),
        ..ServerInfo::default()
    };
    let written = |how: &str| BTreeMap::from([(ROWS_WRITTEN.to_owned(), how.to_owned())]);
    let why = |made: (&ServerInfo, &BTreeMap<String, String>), now| {
        other_letters(EngineKind::Postgres, made, now)
    };
    let (made, utc) = (server("PostgreSQL 15.3", "pg_dump 15.3"), written("UTC, hex"));
    let (escaped, nothing) = (written("UTC, escape"), BTreeMap::new());
    let newer = server("PostgreSQL 15.18", "pg_dump 15.18");
    assert_eq!(why((&made, &utc), (&newer, &utc)), None);
    let major = server("PostgreSQL 16.1", "pg_dump 16.1");
    assert_eq!(
        why((&made, &utc), (&major, &utc)).unwrap(),
        "PostgreSQL 16.1 and pg_dump 16.1 may write them in other letters than PostgreSQL 15.3 and \
         pg_dump 15.3, which made the backup"
    );
    let tool = server("PostgreSQL 15.3", "pg_dump 18.1");
    assert!(why((&made, &utc), (&tool, &utc)).is_some());
    // Archives from before dumps were made in one zone do not say it.
    let unsaid = why((&made, &nothing), (&newer, &utc)).unwrap();
    assert!(unsaid.starts_with("the backup does not say in which time zone"), "{unsaid}");
    let other = why((&made, &utc), (&newer, &escaped)).unwrap();
    assert!(other.contains("`UTC, hex`") && other.contains("`UTC, escape`"), "{other}");
    assert_eq!(why((&made, &nothing), (&newer, &nothing)), None);
}

#[test]
fn a_dump_holds_as_many_rows_as_the_manifest_says() {
    let table = |name: &str, rows| ObjectCount {
        kind: ObjectKind::Table,
        name: name.to_owned(),
        rows: Some(rows),
    };
    let facts = |objects| DatabaseFacts { objects, ..DatabaseFacts::default() };
    let dumped = digests("(1),(2)", "(1)");
    assert_eq!(tables_in(&facts(vec![table("a", 2), table("b", 1)]), &dumped).unwrap(), 2);
    let error = tables_in(&facts(vec![table("a", 3)]), &dumped).unwrap_err().to_string();
    assert!(error.contains("the dump holds 2 rows of `a` instead of 3"), "{error}");
}
