//! Rows of scripts of real tools, however they are cut, and text that no tool writes.

use proptest::prelude::*;

use super::super::super::rows::Cell;
use super::super::super::rows::testing::{lines, rows_of, shown};
use super::*;

const MARIADB: &[u8] = include_bytes!("../script/tests/mariadb.sql");
const MYSQL: &[u8] = include_bytes!("../script/tests/mysql.sql");

fn read(script: &[u8], table: &str, limit: usize, piece: usize) -> Result<FoundRows> {
    let place =
        DumpPlace { archive: "a".into(), database: "shop".into(), scratch: "/nowhere".into() };
    let wanted = WantedRows { table: table.to_owned(), limit };
    rows_of(RowReader::new(place, wanted), script, piece)
}

#[test]
fn values_of_both_makers_are_read_however_the_script_is_cut() {
    for script in [MARIADB, MYSQL] {
        let found = read(script, "customers", 100, script.len()).unwrap();
        assert_eq!(found.columns, ["id", "name", "note", "blob_"]);
        assert_eq!(
            lines(&found),
            [
                r#""1" "O'Brien; insert into `x` values (1),(2)" "a\nb\\c\0d \"q\" \rz" x00ff275c220a0d1a of 8"#,
                r#""2" "🔑 (1),(2);" "-- Dump completed" NULL"#,
                r#""3" "x" "/* c */ DELIMITER ;;" """#,
            ]
        );
        assert!(found.is_complete);
        for piece in (1..30).chain([997]) {
            assert_eq!(read(script, "customers", 100, piece).unwrap(), found, "{piece}");
        }
        let two = read(script, "customers", 2, 5).unwrap();
        assert_eq!((two.rows.len(), two.is_complete), (2, false));
    }
}

#[test]
fn a_list_of_columns_in_the_statement_goes_before_the_definition() {
    for script in [MARIADB, MYSQL] {
        let orders = read(script, "orders", 1, 64).unwrap();
        // MariaDB writes the values of generated columns, too.
        let generated: &[&str] = if script == MARIADB { &["total_net", "v"] } else { &[] };
        let expected = [&["id", "customer", "total"], generated, &["d", "b", "j", "ts"]].concat();
        assert_eq!(orders.columns, expected);
        assert_eq!(shown(&orders.rows[0][expected.len() - 3]), "x0005 of 2");
        assert_eq!(read(script, "we`ird \"na'me -- x", 9, 64).unwrap().columns, ["a`b", "c;d"]);
        let last = read(script, "é漢", 9, 64).unwrap();
        assert_eq!(last.columns.len(), last.rows[0].len());
        assert!(last.is_complete);
    }
}

#[test]
fn a_script_that_ends_before_the_rows_do_is_damaged() {
    let whole = read(MYSQL, "customers", 9, 100).unwrap();
    for length in 0..MYSQL.len() {
        // Whatever comes back is right or an error.
        if let Ok(found) = read(&MYSQL[..length], "customers", 9, 1000) {
            assert_eq!(found, whole);
        }
    }
    assert!(
        read(MYSQL, "other", 9, 1000).unwrap_err().to_string().contains("does not make `other`")
    );
}

fn values(columns: usize, text: &str, piece: usize) -> Result<FoundRows, String> {
    let (mut literals, mut rows) = (Literals::new(columns), Rows::up_to(10));
    literals.begin(&mut rows);
    for piece in text.as_bytes().chunks(piece) {
        literals.feed(piece, &mut rows)?;
    }
    Ok(rows.found(vec![String::new(); columns]))
}

#[test]
fn every_literal_of_a_dump_is_known() {
    let text = "NULL,-1.5e-10,'','''',_binary 'a\\0\\'',x'00fF',0xDE00,b'101','\\Z\\%\\t\\b\\\\'),\n(1,2,3,4,5,6,7,8,9);";
    for piece in 1..20 {
        let found = values(9, text, piece).unwrap();
        assert_eq!(
            lines(&found),
            [
                r#"NULL "-1.5e-10" "" "'" x610027 of 3 x00ff of 2 xde00 of 2 "101" "\u{1a}%\t\u{8}\\""#,
                r#""1" "2" "3" "4" "5" "6" "7" "8" "9""#
            ]
        );
    }
    let long = format!("'{}',0x{});", "é".repeat(3000), "AB".repeat(5000));
    let found = values(2, &long, 11).unwrap();
    assert_eq!(found.rows[0][0], Cell::Text { text: "é".repeat(512), cut_from: Some(6000) });
    assert_eq!(found.rows[0][1], Cell::Binary { hex: "ab".repeat(1024), length: 5000 });
}

#[test]
fn what_is_no_row_is_damage() {
    for text in [
        "1,2)",
        "1,2,3,4)",
        "1,,3)",
        "1,NOW(),3)",
        "1,'a'b,3)",
        "1,'a''b' 'c',3)",
        "1,2,3)x",
        "1,2,3),(1,2)",
    ] {
        assert!(values(3, text, 9).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn damage_never_ends_in_a_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), piece in 1..5000usize) {
        let mut script = MYSQL.to_vec();
        let at = at.index(script.len());
        script[at] = byte;
        for table in ["customers", "é漢"] {
            let _ = read(&script, table, 2, piece);
        }
    }

    #[test]
    fn noise_never_ends_in_a_panic(noise in "[(),'\\\\0xNUL; a-f]{0,60}", columns in 0..4usize, piece in 1..9usize) {
        let _ = values(columns, &noise, piece);
    }

    #[test]
    fn any_text_comes_back_as_it_was(text in "\\PC{0,60}", piece in 1..50usize) {
        let escaped = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\0', "\\0");
        let found = values(1, &format!("'{escaped}');"), piece).unwrap();
        prop_assert_eq!(&found.rows[0][0], &Cell::Text { text, cut_from: None });
    }
}
