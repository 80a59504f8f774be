//! Dumps of real servers, however they are cut, with a byte, a row or the order of their columns changed.

use super::*;

const DUMPS: [&[u8]; 4] = [
    include_bytes!("../custom_format/tests/pg13-by-pg_dump15.dump"),
    include_bytes!("../custom_format/tests/pg15-by-pg_dump15.dump"),
    include_bytes!("../custom_format/tests/pg15-by-pg_dump16.dump"),
    include_bytes!("../custom_format/tests/pg18-by-pg_dump18.dump"),
];

fn read(dump: &[u8], piece: usize) -> Result<Digests> {
    let place =
        DumpPlace { archive: "a".into(), database: "shop".into(), scratch: "/nowhere".into() };
    let mut reader = Box::new(DigestReader::new(place));
    for piece in dump.chunks(piece) {
        assert!(reader.feed(piece)?.is_continue());
    }
    reader.finish()
}

#[test]
fn rows_are_the_same_wherever_a_dump_is_cut() {
    for dump in DUMPS {
        let whole = read(dump, dump.len()).unwrap();
        assert_eq!((whole.rows("public.orders"), whole.rows("public.empty_one")), (3, 0));
        // Empty lines are the rows of a table without columns.
        assert_eq!((whole.rows("public.nothing"), whole.rows(LARGE_OBJECTS)), (2, 3));
        for piece in (1..40).chain([512]) {
            assert_eq!(read(dump, piece).unwrap(), whole, "in pieces of {piece}");
        }
    }
}

#[test]
fn one_byte_of_one_row_of_one_table_is_a_difference_and_half_a_dump_is_none() {
    for dump in DUMPS {
        let text = b"2\ta\\nb";
        let at = dump.windows(text.len()).position(|window| window == text).unwrap();
        let mut other = dump.to_vec();
        other[at + 2] = b'c';
        let difference = read(dump, 999).unwrap().difference(&read(&other, 999).unwrap());
        let said = difference.unwrap();
        assert!(said.starts_with("`public.orders` has 3 rows as in the backup, but"), "{said}");
    }
    for length in 0..DUMPS[1].len() {
        assert!(read(&DUMPS[1][..length], 700).is_err(), "{length}");
    }
}

fn copied(columns: Option<&[&str]>, text: &str, piece: usize) -> RowsDigest {
    let columns = columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let mut rows = CopyRows::new(columns);
    for piece in text.as_bytes().chunks(piece) {
        rows.feed(piece);
    }
    rows.found
}

#[test]
fn what_is_nothing_empty_or_looks_like_the_end_is_told_apart() {
    let rows = |text: &str| copied(None, text, 3);
    assert_ne!(rows("\\N\t1\n\\.\n\n\n"), rows("\t1\n\\.\n\n\n"));
    assert_ne!(rows("a\tb\n\\.\n"), rows("ab\t\n\\.\n"));
    assert_ne!(rows("-0\n0\n\\.\n"), rows("0\n0\n\\.\n"));
    assert_eq!(rows("a\nb\na\n\\.\n"), rows("b\na\na\n\\.\n\n\n"));
    assert_eq!(rows("\\\\.\n\\.x\n\\.\n\n\n"), rows("\\.x\n\\\\.\n\\.\n"));
}

#[test]
fn columns_in_another_order_hold_the_same_when_they_are_named() {
    let (one, other): (&[&str], &[&str]) = (&["a", "b", "c"], &["c", "a", "b"]);
    let (text, turned) = ("1\t\\N\t3\n4\t5\t6\n\\.\n\n\n", "6\t4\t5\n3\t1\t\\N\n\\.\n\n\n");
    for piece in 1..20 {
        assert_eq!(copied(Some(one), text, piece), copied(Some(other), turned, piece));
    }
    assert_ne!(copied(Some(one), text, 9), copied(Some(one), turned, 9));
    assert_ne!(copied(None, text, 9), copied(None, turned, 9));
}
