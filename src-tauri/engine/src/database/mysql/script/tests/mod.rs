//! Scripts of real tools, cut at every byte, and scripts that try to be taken for something else.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

const MARIADB: &str = include_str!("mariadb.sql");
const MYSQL: &str = include_str!("mysql.sql");

fn scan(pieces: &[&[u8]]) -> Result<Contents, &'static str> {
    let mut scanner = Scanner::new();
    for piece in pieces {
        scanner.feed(piece);
    }
    scanner.finish()
}

fn listing(contents: &Contents) -> String {
    let mut text = String::new();
    for (item, rows) in &contents.items {
        let _ = writeln!(text, "{} {} {rows}", item.kind.noun(), item.name);
    }
    text
}

#[test]
fn everything_in_a_script_of_mariadb_is_seen() {
    let contents = scan(&[MARIADB.as_bytes()]).unwrap();
    insta::assert_snapshot!(listing(&contents));
    assert_eq!(contents.rows, 3 + 1 + 4 + 2 + 3 + 2 + 2 + 1);
}

#[test]
fn everything_in_a_script_of_mysql_is_seen() {
    let contents = scan(&[MYSQL.as_bytes()]).unwrap();
    insta::assert_snapshot!(listing(&contents));
    assert_eq!(contents.rows, 3 + 1 + 2 + 3 + 2 + 2 + 1);
}

#[test]
fn where_a_script_is_cut_into_pieces_does_not_matter() {
    for script in [MARIADB.as_bytes(), MYSQL.as_bytes()] {
        let whole = scan(&[script]).unwrap();
        for size in (1..40).chain([97, 1000, 4096]) {
            let pieces: Vec<&[u8]> = script.chunks(size).collect();
            assert_eq!(scan(&pieces).as_ref(), Ok(&whole), "pieces of {size} bytes");
        }
    }
}

#[test]
fn a_script_that_ends_early_is_never_complete() {
    for script in [MARIADB.as_bytes(), MYSQL.as_bytes()] {
        let mark = "-- Dump completed";
        let end = script.windows(mark.len()).rposition(|text| text == mark.as_bytes()).unwrap();
        let mut scanner = Scanner::new();
        for byte in &script[..end + mark.len() - 1] {
            scanner.feed(std::slice::from_ref(byte));
            assert!(scanner.clone().finish().is_err(), "a part is taken for complete");
        }
        assert!(scan(&[script]).is_ok());
    }
}

#[test]
fn the_mark_of_completion_counts_only_at_the_end_and_only_as_a_comment() {
    let complete = |text: &str| scan(&[text.as_bytes()]).is_ok();
    assert!(complete("SELECT 1;\n-- Dump completed on 2026-11-22\n"));
    assert!(complete("SELECT 1;\n-- Dump completed"));
    assert!(!complete("-- Dump completed\nSELECT 1;\n"));
    assert!(!complete("INSERT INTO `t` VALUES ('\n-- Dump completed\n');\n"));
    assert!(!complete("SELECT 1\n-- Dump completed\n"));
    assert!(!complete("SELECT '\n-- Dump completed\n"));
    assert!(!complete(""));
}

#[test]
fn names_are_found_however_the_server_prints_the_statement() {
    let made = |text: &str| {
        let item = head::made_by(text.as_bytes());
        item.map(|item| format!("{} {}", item.kind.noun(), item.name))
    };
    let cases = [
        ("CREATE TABLE `a``b` (", "table a`b"),
        ("/*!50003 CREATE*/ /*!50017 DEFINER=`x`@`%`*/ /*!50003 trigger tr1 before", "trigger tr1"),
        ("/*!50003 CREATE*/ /*!50003 TRIGGER IF NOT EXISTS shop.`tr 2` AFTER", "trigger tr 2"),
        ("CREATE OR REPLACE DEFINER=`a`@`b` FUNCTION /* c */ `f` (", "function f"),
        ("CREATE PACKAGE BODY `pk` AS", "package body pk"),
        ("CREATE ALGORITHM=MERGE DEFINER=`VIEW`@`%` SQL SECURITY DEFINER VIEW `v` AS", "view v"),
        ("/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`%`*/ /*!50106 EVENT `e` ON", "event e"),
    ];
    for (text, expected) in cases {
        assert_eq!(made(text).as_deref(), Some(expected), "{text}");
    }
    for text in
        ["/*!50001 CREATE VIEW `v1` AS SELECT 1", "DROP TABLE `t`", "CREATE", "", "CREATE TABLE"]
    {
        assert_eq!(made(text), None, "{text}");
    }
}

#[test]
fn the_longest_statement_is_measured() {
    let script = "SELECT 1;\nINSERT INTO `t` VALUES ('aaaaaaaaaa');\n-- Dump completed\n";
    assert_eq!(scan(&[script.as_bytes()]).unwrap().longest_statement, 38);
}

fn copy(script: &[u8], size: usize) -> (String, Vec<String>) {
    let (mut filter, mut copied) = (CopyFilter::new(), Vec::new());
    for piece in script.chunks(size) {
        filter.pass(piece, &mut copied).unwrap();
    }
    let events = filter.finish(&mut copied).unwrap();
    (String::from_utf8(copied).unwrap(), events)
}

#[test]
fn events_come_switched_off_and_nothing_else_changes() {
    for (script, sandbox) in [(MARIADB, true), (MYSQL, false)] {
        let expected = script.replacen("PRESERVE ENABLE DO", "PRESERVE DISABLE DO", 1);
        assert_ne!(expected, script);
        let expected = match expected.split_once('\n') {
            Some((_, rest)) if sandbox => rest.to_owned(),
            _ => expected,
        };
        for size in [1, 2, 7, 64, 1000, script.len()] {
            let (copied, events) = copy(script.as_bytes(), size);
            assert_eq!(events, ["ev1"]);
            assert!(copied == expected, "pieces of {size} bytes");
        }
    }
}

#[test]
fn the_word_enable_in_a_name_a_comment_or_a_body_stays() {
    let event = "/*!50106 CREATE*/ /*!50106 EVENT `PRESERVE ENABLE` ON SCHEDULE EVERY 1 DAY ON COMPLETION \
                 PRESERVE ENABLE COMMENT 'PRESERVE ENABLE' DO SELECT 'PRESERVE ENABLE' */ ;;\n";
    let script = format!("DELIMITER ;;\n{event}DELIMITER ;\n-- Dump completed\n");
    let (copied, events) = copy(script.as_bytes(), 5);
    assert_eq!(events, ["PRESERVE ENABLE"]);
    assert_eq!(copied.matches("DISABLE").count(), 1);
    assert!(copied.contains("PRESERVE DISABLE COMMENT"));
}

/// Word for word what mariadb-dump 10.11 writes of a trigger that somebody made as `shop.t … ON shop.p`, in a
/// database whose collation was another one then. Loaded as it is, it acts on `shop`, wherever it is loaded.
#[test]
fn no_statement_acts_on_the_database_that_it_came_from() {
    let script = "ALTER DATABASE `shop` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci ;\n\
        INSERT INTO `p` VALUES ('\\nALTER DATABASE `shop` ;\\n');\n\
        DELIMITER ;;\n\
        /*!50003 CREATE*/ /*!50017 DEFINER=`kronos`@`%`*/ /*!50003 trigger shop.t before insert on shop.p for each row \
        insert into shop.log values ('on shop.p') \n*/;;\nDELIMITER ;\n\
        DELIMITER ;;\nALTER DATABASE `a``b ;` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ;;\nDELIMITER ;\n\
        ALTER TABLE `p` COMMENT 'ALTER DATABASE `shop`';\n-- ALTER DATABASE `shop`\nALTER DATABASE `x` ;\n\
        -- Dump completed\n";
    let expected = script
        .replacen("ALTER DATABASE `shop` CHAR", "ALTER DATABASE  CHAR", 1)
        .replace("DATABASE `a``b ;` CHAR", "DATABASE  CHAR")
        .replace("trigger shop.t before insert on shop.p", "trigger t before insert on p")
        .replace("ALTER DATABASE `x` ;", "ALTER DATABASE  ;");
    for size in [1, 2, 3, 16, 100, script.len()] {
        assert_eq!(copy(script.as_bytes(), size).0, expected, "pieces of {size} bytes");
    }
}

/// A value as the tools write one.
fn value() -> impl Strategy<Value = String> {
    let text = proptest::collection::vec(
        prop_oneof![
            Just("\\'".to_owned()),
            Just("\\\\".to_owned()),
            Just("\\n".to_owned()),
            Just("),(".to_owned()),
            Just(";".to_owned()),
            Just("--  ".to_owned()),
            Just("/*".to_owned()),
            Just("\\\"".to_owned()),
            Just("`".to_owned()),
            "[a-zé🔑]{0,3}",
        ],
        0..6,
    );
    prop_oneof![
        text.prop_map(|parts| format!("'{}'", parts.concat())),
        Just("NULL".to_owned()),
        Just("-1.5e-7".to_owned()),
        Just("0x28272C".to_owned()),
        Just("_binary '\\0(\\''".to_owned()),
    ]
}

proptest! {
    #[test]
    fn rows_are_counted_whatever_is_in_them(
        rows in proptest::collection::vec(proptest::collection::vec(value(), 1..4), 1..20),
        lines in any::<bool>(),
        size in 1_usize..50,
    ) {
        let rows: Vec<String> = rows.iter().map(|row| format!("({})", row.join(","))).collect();
        let between = if lines { ",\n" } else { "," };
        let script = format!(
            "CREATE TABLE `t` (\n`a` int);\nINSERT INTO `t` (`VALUES`, `b`) VALUES {};\n-- Dump completed\n",
            rows.join(between),
        );
        let pieces: Vec<&[u8]> = script.as_bytes().chunks(size).collect();
        let contents = scan(&pieces).unwrap();
        prop_assert_eq!(contents.rows, rows.len() as u64);
        prop_assert_eq!(contents.items.len(), 1);
    }

    #[test]
    fn nothing_makes_the_scanner_fail(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = scan(&[&bytes]);
    }
}
