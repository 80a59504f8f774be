//! Scripts as the tools write them, as people write them, and as an attacker does.

use super::super::{FindingLevel, ForeignLook, Look, SqlDialect};
use super::scanner::{End, Piece, scan};
use super::statement;

/// What a look at a file with this text says.
fn look(text: impl AsRef<[u8]>) -> Look {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script");
    std::fs::write(&path, text).unwrap();
    super::super::look(&path).unwrap()
}

fn foreign(text: impl AsRef<[u8]>) -> ForeignLook {
    match look(text) {
        Look::Foreign(look) => *look,
        other => panic!("{other:?}"),
    }
}

fn warnings(look: &ForeignLook) -> Vec<&str> {
    let warnings = look.findings.iter().filter(|finding| finding.level == FindingLevel::Warning);
    // The first one says that a script is code.
    warnings.skip(1).map(|finding| finding.sentence.as_str()).collect()
}

fn names(look: &ForeignLook) -> Vec<&str> {
    look.objects.iter().map(|object| object.name.as_str()).collect()
}

fn pieces(text: &str, dialect: SqlDialect) -> (Vec<String>, End) {
    let mut found = Vec::new();
    let end = scan(text.as_bytes(), dialect, &mut |piece| {
        let (sign, text) = match piece {
            Piece::Statement { text, has_end: true } => ("", text),
            Piece::Statement { text, has_end: false } => ("…", text),
            Piece::Command(line) => ("!", line),
        };
        found.push(format!("{sign}{}", String::from_utf8_lossy(text)));
    });
    (found, end)
}

#[test]
fn statements_end_where_the_client_ends_them() {
    use SqlDialect::{Mysql, Postgres, Sqlite, Unknown};
    let cases: [(SqlDialect, &str, &[&str]); 15] = [
        (Unknown, "a; b ;c", &["a", "b ", "…c"]),
        (Unknown, "-- x;\n/* y; */ a ';' b;", &["a ';' b"]),
        (Postgres, "a 'it''s;' \"x;\";", &["a 'it''s;' \"x;\""]),
        (Postgres, "a 'back\\';b;", &["a 'back\\'", "b"]),
        (Postgres, "a E'back\\';b';", &["a E'back\\';b'"]),
        (Postgres, "a $$;$$ $x$ $$;$$ $x$;b $1;", &["a $$;$$ $x$ $$;$$ $x$", "b $1"]),
        (Postgres, "/* /* ; */ ; */a;", &["a"]),
        (Postgres, "COPY t FROM stdin;\n1;\t'\n\\.\nb;", &["COPY t FROM stdin", "b"]),
        (Postgres, "\\restrict x\na;\\! ls;\nb;", &["!\\restrict x", "a", "!\\! ls;", "b"]),
        (Mysql, "a 'back\\';b'; c--1; -- d;\n# e;\n", &["a 'back\\';b'", "c--1"]),
        (Mysql, "/*!40101 SET a=';' */;b;", &["/*!40101 SET a=';' */", "b"]),
        (Mysql, "DELIMITER ;;\na; b;;\nDELIMITER ;\nc;", &["a; b", "c"]),
        (Mysql, "system ls\na;\n", &["!system ls", "a"]),
        (Sqlite, ".shell ls\na [x;y];\n", &["!.shell ls", "a [x;y]"]),
        (Sqlite, "a 'back\\';b;", &["a 'back\\'", "b"]),
    ];
    for (dialect, text, expected) in cases {
        assert_eq!(
            pieces(text, dialect),
            (expected.iter().map(|s| (*s).to_owned()).collect(), End::Outside),
            "{text}"
        );
    }
    for open in ["a 'b", "a /* b", "a \"b;", "COPY t FROM stdin;\n1\n", "a $$ b"] {
        assert_eq!(pieces(open, Postgres).1, End::Inside, "{open}");
    }
}

#[test]
fn a_script_ends_however_it_is_cut() {
    let text = include_bytes!("../../database/mysql/script/tests/mariadb.sql");
    for length in (0..text.len()).step_by(41) {
        scan(&text[..length], SqlDialect::Mariadb, &mut |_| ());
        scan(&text[..length], SqlDialect::Postgres, &mut |_| ());
    }
}

#[test]
fn prose_is_no_script() {
    let prose = [
        "Create a new account; then log in.",
        "Set sail for the islands; it is late.",
        "Insert coin; press start.",
        "Select the best one of them.",
        "Use it; love it.",
        "Drop me a line;",
        "Delete everything;",
        "With love; yours.",
        "Begin again; and again.",
        "{\"a\": 1}",
        "a,b,c\n1,2,3\n",
        "<html>;</html>",
        "#!/bin/sh\nset -e; ls\n",
        "import os; os.system('ls')",
        "key = value;",
        ";;;",
        "select",
    ];
    for text in prose {
        assert!(matches!(look(text), Look::Unknown(_)), "{text}: {:?}", look(text));
    }
}

#[test]
fn hand_written_scripts_are_recognised() {
    let scripts = [
        "CREATE TABLE a (x);",
        "create table if not exists a (x);",
        "\u{feff}CREATE TABLE a (x);",
        "-- my data\n\nINSERT INTO a VALUES (1);",
        "BEGIN;\nUPDATE a SET x = 1;\nCOMMIT;",
        "SET search_path = a;",
        "SELECT * FROM a;",
        "DROP TABLE IF EXISTS a;",
        "PRAGMA foreign_keys=OFF;",
        "USE shop;",
        "COPY a (x) FROM stdin;\n1\n\\.\n",
        "GRANT ALL ON a TO b;",
        "START TRANSACTION;",
        "DELETE FROM a;",
        "/*!40101 SET NAMES utf8 */;",
        "\\connect shop\nCREATE TABLE a (x);",
        "DO $$ BEGIN END $$;",
        "WITH a AS (SELECT 1) SELECT * FROM a;",
    ];
    for text in scripts {
        let look = foreign(text);
        assert!(look.runs_code, "{text}");
    }
}

/// What even an ordinary dump of routines and events does.
const ORDINARY: [&str; 2] = [
    "It makes programs that the server runs, or runs them",
    "It makes objects that act with the rights of another user",
];

fn warned(look: &ForeignLook) -> Vec<&str> {
    warnings(look).into_iter().map(|text| text.split(", such as").next().unwrap_or(text)).collect()
}

#[test]
fn what_a_dump_tool_writes_first_is_read() {
    let postgres = "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\n\
        -- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)\n\
        -- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)\n\n\
        SET statement_timeout = 0;\nCREATE TABLE public.orders (id integer);\n\
        CREATE TABLE public.\"odd name\" (id integer);\n\
        --\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n";
    let look = foreign(postgres);
    assert_eq!(look.dialect, Some(SqlDialect::Postgres));
    assert_eq!(look.server.as_deref(), Some("PostgreSQL 15.18 (Debian 15.18-0+deb12u1)"));
    assert_eq!(look.tool.as_deref(), Some("pg_dump 15.18 (Debian 15.18-0+deb12u1)"));
    assert_eq!(names(&look), ["public.orders", "public.odd name"]);
    assert!(look.is_complete);
    assert_eq!(warnings(&look), Vec::<&str>::new());

    let mariadb = foreign(include_str!("../../database/mysql/script/tests/mariadb.sql"));
    assert_eq!(mariadb.dialect, Some(SqlDialect::Mariadb));
    assert!(mariadb.server.as_ref().unwrap().starts_with("MariaDB 10."), "{:?}", mariadb.server);
    assert!(!mariadb.objects.is_empty());
    assert_eq!(warned(&mariadb), ORDINARY);

    let mysql = foreign(include_str!("../../database/mysql/script/tests/mysql.sql"));
    assert_eq!(mysql.dialect, Some(SqlDialect::Mysql));
    assert!(mysql.server.as_ref().unwrap().starts_with("MySQL "), "{:?}", mysql.server);
    assert!(mysql.made_at.is_some());
}

#[test]
fn a_dump_without_its_last_line_may_be_cut() {
    let text = include_str!("../../database/mysql/script/tests/mysql.sql");
    let (whole, _) = text.rsplit_once("-- Dump completed").unwrap();
    let look = foreign(whole);
    assert!(warnings(&look).iter().any(|text| text.contains("may be cut short")), "{look:?}");
    let inside = whole.find("INSERT INTO").unwrap() + 40;
    let open = whole[..inside].rfind('\'').map_or(inside, |quote| quote + 1);
    let look = super::tests::look(&whole.as_bytes()[..open]);
    assert!(matches!(look, Look::Damaged(_) | Look::Foreign(_)), "{look:?}");
}

/// Texts that reach beyond the database that they are restored into, and a word of what is said of them.
const ATTACKS: [(&str, &str); 33] = [
    ("\\! touch /tmp/x\nCREATE TABLE a (x);", "shell"),
    ("CREATE TABLE a (x); \\! ls\n", "shell"),
    ("SET client_encoding = 'UTF8';\n\\copy a from program 'ls'\n", "shell"),
    ("SET client_encoding = 'UTF8';\n\\o |sh\n", "shell"),
    ("SET client_encoding = 'UTF8';\n\\set x `ls`\n", "shell"),
    ("SET client_encoding = 'UTF8';\nSELECT 1 \\g |sh\n", "shell"),
    ("SET client_encoding = 'UTF8';\n\\i /etc/passwd\n", "client"),
    ("SET client_encoding = 'UTF8';\nSELECT 'x' \\gexec\n", "client"),
    ("/*!40101 SET NAMES utf8 */;\nsystem ls\n", "shell"),
    ("/*!40101 SET NAMES utf8 */;\n\\! ls\n", "shell"),
    ("/*!40101 SET NAMES utf8 */;\nsource /etc/passwd\n", "client"),
    ("/*!40101 SET NAMES utf8 */;\n\\. /etc/passwd\n", "client"),
    ("/*!40101 SET NAMES utf8 */;\ntee /tmp/x\n", "client"),
    ("PRAGMA foreign_keys=OFF;\n.shell ls\n", "shell"),
    ("PRAGMA foreign_keys=OFF;\n.system ls\n", "shell"),
    ("PRAGMA foreign_keys=OFF;\n.load x.so\n", "client"),
    ("PRAGMA foreign_keys=OFF;\nATTACH DATABASE '/a' AS b;", "files"),
    ("SET a = 1;\nCOPY a TO PROGRAM 'ls';", "programs"),
    ("SET a = 1;\nCOPY a FROM '/etc/passwd';", "files"),
    ("SET a = 1;\nSELECT pg_read_file('/etc/passwd');", "files"),
    ("SET a = 1;\nSELECT lo_import('/etc/passwd');", "files"),
    ("/*!40101 SET NAMES utf8 */;\nSELECT 1 INTO OUTFILE '/tmp/x';", "files"),
    ("/*!40101 SET NAMES utf8 */;\nSELECT LOAD_FILE('/etc/passwd');", "files"),
    ("/*!40101 SET NAMES utf8 */;\nLOAD DATA INFILE '/etc/passwd' INTO TABLE a;", "files"),
    ("DROP DATABASE shop;", "databases by itself: `shop`"),
    ("CREATE DATABASE IF NOT EXISTS `shop`;", "databases by itself: `shop`"),
    ("/*!40000 DROP DATABASE IF EXISTS `shop`*/;", "databases by itself: `shop`"),
    ("DROP SCHEMA public CASCADE;", "databases by itself: `public`"),
    ("USE `shop`;\nCREATE TABLE a (x int);", "chooses the database by itself: `shop`"),
    ("CREATE TABLE a (x);\n\\connect shop\n", "chooses the database by itself: `shop`"),
    ("CREATE USER eve;", "users or rights"),
    ("GRANT ALL ON *.* TO eve;", "users or rights"),
    ("ALTER ROLE eve SUPERUSER;", "users or rights"),
];

#[test]
fn what_reaches_beyond_the_database_is_said() {
    for (text, word) in ATTACKS {
        let look = foreign(text);
        let found = warnings(&look).iter().any(|sentence| sentence.contains(word));
        assert!(found, "{text}: {:?}", look.findings);
    }
}

#[test]
fn a_schema_of_postgresql_is_no_database() {
    let look = foreign("SET client_encoding = 'UTF8';\nDROP SCHEMA shop;\nCREATE SCHEMA shop;");
    assert_eq!(warnings(&look), Vec::<&str>::new());
    assert!(look.findings.iter().any(|finding| finding.sentence.contains("drops what it makes")));
}

#[test]
fn names_in_findings_stay_on_one_harmless_line() {
    let look = foreign("DROP DATABASE `a\n\u{1b}[31m\u{202e}b`;\n\\! ls \u{1b}]0;x\u{7}\n");
    for finding in &look.findings {
        let is_bad = |c: char| c.is_control() || c == '\u{202e}';
        assert!(!finding.sentence.contains(is_bad), "{:?}", finding.sentence);
    }
    assert!(look.findings.len() >= 3, "{:?}", look.findings);
}

#[test]
fn every_kind_of_object_is_named() {
    let cases = [
        ("CREATE TABLE IF NOT EXISTS `a` (x)", "a"),
        ("CREATE TABLE \"s\".\"t\" (x)", "s.t"),
        ("CREATE UNLOGGED TABLE a.b (x)", "a.b"),
        ("CREATE TABLE [my table] (x)", "my table"),
        ("CREATE OR REPLACE FUNCTION a() RETURNS int", "a"),
        ("/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`%`*/ /*!50003 TRIGGER `t` BEFORE", "t"),
        (
            "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`r`@`%` SQL SECURITY DEFINER */ /*!50001 VIEW `v` AS",
            "v",
        ),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON a (x)", "i"),
        ("CREATE MATERIALIZED VIEW s.m AS", "s.m"),
        ("CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public", "postgis"),
        ("CREATE EVENT TRIGGER e ON ddl_command_start", "e"),
        ("CREATE VIRTUAL TABLE f USING fts5(x)", "f"),
    ];
    for (text, name) in cases {
        let tokens = statement::tokens(text.as_bytes());
        let made = statement::created(&tokens).map(|object| object.name);
        assert_eq!(made.as_deref(), Some(name), "{text}");
    }
    for text in ["CREATE TEMPORARY TABLE a (x)", "INSERT INTO a", "CREATE", "CREATE TABLE"] {
        assert_eq!(statement::created(&statement::tokens(text.as_bytes())), None, "{text}");
    }
}
