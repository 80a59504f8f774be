//! Rows of dumps of real servers, however they are cut, and text that no server writes.

use proptest::prelude::*;

use super::super::super::rows::Cell;
use super::super::super::rows::testing::{lines, rows_of};
use super::*;

const DUMPS: [&[u8]; 4] = [
    include_bytes!("../custom_format/tests/pg13-by-pg_dump15.dump"),
    include_bytes!("../custom_format/tests/pg15-by-pg_dump15.dump"),
    include_bytes!("../custom_format/tests/pg15-by-pg_dump16.dump"),
    include_bytes!("../custom_format/tests/pg18-by-pg_dump18.dump"),
];

fn place() -> DumpPlace {
    DumpPlace { archive: "a".into(), database: "shop".into(), scratch: "/nowhere".into() }
}

fn read(dump: &[u8], table: &str, limit: usize, piece: usize) -> Result<FoundRows> {
    let wanted = WantedRows { table: table.to_owned(), limit };
    rows_of(RowReader::new(place(), wanted), dump, piece)
}

#[test]
fn rows_of_every_version_of_the_format_are_read_however_it_is_cut() {
    for dump in DUMPS {
        let whole = read(dump, "public.orders", 100, dump.len()).unwrap();
        assert_eq!(whole.columns, ["id", "note"]);
        let expected = [r#""1" "a\nb\\.1""#, r#""2" "a\nb\\.2""#, r#""3" "a\nb\\.3""#];
        assert_eq!(lines(&whole), expected);
        assert!(whole.is_complete);
        for piece in (1..40).chain([512]) {
            assert_eq!(read(dump, "public.orders", 100, piece).unwrap(), whole);
        }
        let first = read(dump, "public.orders", 1, 7).unwrap();
        assert_eq!((first.rows.len(), first.is_complete), (1, false));
        let empty = read(dump, "public.empty_one", 5, 7).unwrap();
        assert_eq!(
            (empty.columns, empty.rows.len(), empty.is_complete),
            (vec!["a".into()], 0, true)
        );
        let bare = read(dump, "public.nothing", 5, 7).unwrap();
        assert_eq!((bare.columns.len(), lines(&bare)), (0, vec![String::new(); 2]));
        assert_eq!(read(dump, "public.\"we\"\"ird .n\"", 9, 7).unwrap().rows.len(), 3);
    }
}

#[test]
fn a_dump_that_ends_before_the_rows_do_is_damaged() {
    for length in 0..DUMPS[1].len() {
        // Whatever comes back is right or an error.
        if let Ok(found) = read(&DUMPS[1][..length], "public.orders", 2, 100) {
            assert_eq!(found.rows.len(), 2);
        }
    }
    let missing = read(DUMPS[1], "public.other", 2, 100).unwrap_err().to_string();
    assert_eq!(
        missing,
        "`a` is damaged: the dump of `shop` cannot be read: it announces no rows of `public.other`"
    );
}

fn text(columns: &[bool], text: &[u8], piece: usize) -> Result<FoundRows, String> {
    let (mut reader, mut rows) = (CopyText::new(columns.to_vec()), Rows::up_to(10));
    for piece in text.chunks(piece) {
        reader.feed(piece, &mut rows)?;
    }
    Ok(rows.found(vec![String::new(); columns.len()]))
}

#[test]
fn escapes_mean_what_copy_means_by_them() {
    let row = br"\N	\\N	a\tb\nc\rd\be\ff\vg\\	\\x00ff	\\x00ff	".as_slice();
    let dump = [row, b"\n\\\\.\t\t\t\t\t\n\\.\n\n\n"].concat();
    for piece in [1, 2, 3, 100] {
        let found = text(&[false, false, false, true, false, false], &dump, piece).unwrap();
        assert_eq!(
            lines(&found),
            [
                "NULL \"\\\\N\" \"a\\tb\\nc\\rd\\u{8}e\\u{c}f\\u{b}g\\\\\" x00ff of 2 \"\\\\x00ff\" \"\"",
                "\"\\\\.\" \"\" \"\" \"\" \"\" \"\"",
            ]
        );
    }
    let long = [vec![b'x'; 5000], b"\n".to_vec()].concat();
    let found = text(&[false], &long, 7).unwrap();
    assert!(matches!(&found.rows[0][0], Cell::Text { cut_from: Some(5000), .. }));
    let blob = [b"\\\\x".to_vec(), b"ab".repeat(5000), b"\n".to_vec()].concat();
    let found = text(&[true], &blob, 7).unwrap();
    assert_eq!(found.rows[0][0], Cell::Binary { hex: "ab".repeat(1024), length: 5000 });
}

#[test]
fn rows_that_are_too_wide_or_too_narrow_are_damage() {
    assert!(text(&[false], b"a\tb\n", 9).unwrap_err().contains("more than 1"));
    assert!(text(&[false, false], b"a\n", 9).unwrap_err().contains("fewer than 2"));
    assert!(text(&[], b"a\n", 9).unwrap_err().contains("more than 0"));
}

#[test]
fn the_columns_stand_in_the_statement() {
    let found = |text| columns(text).map(|columns| columns.join("|"));
    assert_eq!(
        found("COPY \"a\".\"b\" (\"c\", \"d\"\"(, e\") FROM stdin;\n").unwrap(),
        "c|d\"(, e"
    );
    assert_eq!(found("COPY a.b (c, d) FROM stdin;\n").unwrap(), "c|d");
    assert_eq!(found("COPY \"a\".\"b\"  FROM stdin;\n").unwrap(), "");
    for text in ["", "COPY ", "COPY \"a", "COPY \"a\" (", "COPY \"a\" (\"b\"", "COPY \"a\" (b; c)"]
    {
        assert_eq!(found(text), None, "{text}");
    }
    let definition = "CREATE TABLE \"t\" (\n    \"a\" \"bytea\" NOT NULL,\n    \"b\" \"bytea\"[],\n    \"c\" bytea\n);";
    let kinds = ["a", "b", "c", "d"].map(|column| holds_bytes(definition, column));
    assert_eq!(kinds, [true, false, true, false]);
}

proptest! {
    #[test]
    fn damage_never_ends_in_a_panic(which in 0..4usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), piece in 1..5000usize) {
        let mut dump = DUMPS[which].to_vec();
        let at = at.index(dump.len());
        dump[at] = byte;
        for table in ["public.orders", "public.nothing"] {
            let _ = read(&dump, table, 2, piece);
        }
    }

    #[test]
    fn any_value_comes_back_as_it_was(values in prop::collection::vec(prop::option::of(".{0,40}"), 1..5), piece in 1..50usize) {
        let escaped = values.iter().map(|value| match value {
            None => "\\N".to_owned(),
            Some(value) => value.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n"),
        });
        let dump = escaped.collect::<Vec<_>>().join("\t") + "\n\\.\n\n\n";
        let found = text(&vec![false; values.len()], dump.as_bytes(), piece).unwrap();
        let cells: Vec<Option<String>> = found.rows[0].iter().map(|cell| match cell {
            Cell::Text { text, .. } => Some(text.clone()),
            _ => None,
        }).collect();
        prop_assert_eq!(cells, values);
    }
}
