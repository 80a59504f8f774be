//! Scripts of real tools, however they are cut, with their rows in other statements, another order, or changed.

use super::*;

const MARIADB: &[u8] = include_bytes!("../script/tests/mariadb.sql");
const MYSQL: &[u8] = include_bytes!("../script/tests/mysql.sql");

fn read(script: &[u8], piece: usize) -> Result<Digests> {
    let place =
        DumpPlace { archive: "a".into(), database: "shop".into(), scratch: "/nowhere".into() };
    let mut reader = Box::new(DigestReader::new(place));
    for piece in script.chunks(piece) {
        assert!(reader.feed(piece)?.is_continue());
    }
    reader.finish()
}

fn script(rows: &str) -> Vec<u8> {
    let table = "CREATE TABLE `t` (\n  `a` int(11) COMMENT 'GENERATED',\n  `v` int GENERATED ALWAYS AS (rand()) VIRTUAL,\n  `b` blob,\n  KEY `a` (`a`)\n);\n";
    format!("{table}{rows}\n-- Dump completed on 2026-11-23\n").into_bytes()
}

fn digests(rows: &str) -> Digests {
    let whole = read(&script(rows), 4096).unwrap();
    for piece in 1..30 {
        assert_eq!(read(&script(rows), piece).unwrap(), whole, "in pieces of {piece}");
    }
    whole
}

#[test]
fn rows_of_both_makers_are_read_however_the_script_is_cut() {
    for script in [MARIADB, MYSQL] {
        let whole = read(script, script.len()).unwrap();
        assert_eq!((whole.rows("customers"), whole.rows("no such")), (3, 0));
        for piece in (1..30).chain([997]) {
            assert_eq!(read(script, piece).unwrap(), whole, "in pieces of {piece}");
        }
        let at = script.windows(6).position(|window| window == b"O\\'Bri").unwrap();
        let mut other = script.to_vec();
        other[at] = b'P';
        let said = whole.difference(&read(&other, 999).unwrap()).unwrap();
        assert!(said.starts_with("`customers` has 3 rows as in the backup, but"), "{said}");
        assert!(read(&script[..script.len() / 2], 999).is_err());
    }
}

#[test]
fn statements_and_order_say_nothing_and_computed_values_neither() {
    let one = digests("INSERT INTO `t` VALUES (1,5,'a),(\\'b'),(2,NULL,0x00);");
    assert_eq!(one.rows("t"), 2);
    let same = "INSERT INTO `t` VALUES\n(2,'x,y',0x00);\nINSERT INTO `t` VALUES (1,7,'a),(\\'b');";
    assert_eq!(one.difference(&digests(same)), None);
    let named = "INSERT INTO `t` (`a`, `v`, `b`) VALUES (2,9,0x00),(1,8,'a),(\\'b');";
    assert_eq!(one.difference(&digests(named)), None);
    // MySQL names the columns that have values, and computed ones have none.
    let fewer = digests("INSERT INTO `t` (`a`, `b`) VALUES (1,2);");
    assert_ne!(fewer, digests("INSERT INTO `t` (`a`, `b`) VALUES (1,3);"));
}

#[test]
fn rows_of_computed_values_only_are_counted() {
    let dice = |rows: &str| {
        let table = "CREATE TABLE `t` (\n  `v` int GENERATED ALWAYS AS (rand()) VIRTUAL\n);\n";
        format!("{table}{rows}\n-- Dump completed on 2026-11-23\n").into_bytes()
    };
    for rows in ["INSERT INTO `t` VALUES (5),(6),\n(7);", "INSERT INTO `t` () VALUES (),(), ();"] {
        for piece in [1, 2, 7, 4096] {
            assert_eq!(read(&dice(rows), piece).unwrap().rows("t"), 3, "{rows} by {piece}");
        }
    }
    let others = read(&dice("INSERT INTO `t` VALUES (1),(2),(3);"), 9).unwrap();
    assert_eq!(
        others,
        read(&dice("INSERT INTO `t` VALUES (5),(6);INSERT INTO `t` VALUES (7);"), 9).unwrap()
    );
}

#[test]
fn a_negative_zero_is_a_zero_as_for_whoever_loads_the_script() {
    let zero = digests("INSERT INTO `t` VALUES (0,1,0);");
    assert_eq!(zero, digests("INSERT INTO `t` VALUES (-0,1,-0);"));
    assert_ne!(zero, digests("INSERT INTO `t` VALUES (-0.5,1,-0);"));
    assert_ne!(zero, digests("INSERT INTO `t` VALUES (-,1,-0);"));
}

#[test]
fn what_looks_alike_is_told_apart() {
    let all = [
        "(1,1,NULL)",
        "(1,1,'')",
        "(1,1,'NULL')",
        "(1,1,0)",
        "(1,1,-01)",
        "(1,1,'-0')",
        "(1,1,0x00)",
        "(1,1,b'0')",
        "(2,1,NULL)",
        "(1,1,' ')",
        "(1,1,_binary '')",
        "(1,1,'\\0')",
        "(1,1,1e-10)",
    ];
    let found: Vec<Digests> =
        all.iter().map(|row| digests(&format!("INSERT INTO `t` VALUES {row};"))).collect();
    for (place, one) in found.iter().enumerate() {
        for other in &found[place + 1..] {
            assert!(one.difference(other).is_some(), "{} and another", all[place]);
        }
    }
    let twice = digests("INSERT INTO `t` VALUES (1,1,2),(1,1,2),(3,3,3);");
    assert!(
        twice.difference(&digests("INSERT INTO `t` VALUES (1,1,2),(3,3,3),(3,3,3);")).is_some()
    );
}
