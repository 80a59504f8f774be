//! The scanner on dumps of real servers, whole, cut anywhere, and damaged.

use std::collections::HashSet;
use std::io::Write;

use proptest::prelude::*;

use super::edit::Silence;
use super::{Editor, Found, Malformed, Scanner};

/// The same database, dumped by each version of the format that a supported `pg_dump` writes.
const DUMPS: [(&str, &[u8]); 4] = [
    ("1.14", include_bytes!("pg13-by-pg_dump15.dump")),
    ("1.14", include_bytes!("pg15-by-pg_dump15.dump")),
    ("1.15", include_bytes!("pg15-by-pg_dump16.dump")),
    ("1.16", include_bytes!("pg18-by-pg_dump18.dump")),
];

fn scan(bytes: &[u8], piece: usize) -> Result<Found, Malformed> {
    let mut scanner = Scanner::new();
    for piece in bytes.chunks(piece) {
        scanner.feed(piece)?;
    }
    scanner.finish()
}

fn rows(found: &Found) -> Vec<(String, u64)> {
    let data = found.contents.entries.iter().filter(|entry| entry.kind == "TABLE DATA");
    let mut rows: Vec<_> = data.map(|entry| (entry.name.clone(), entry.rows.unwrap())).collect();
    rows.sort();
    rows
}

fn expected() -> Vec<(String, u64)> {
    let rows = [("empty_one", 0), ("nothing", 2), ("orders", 3), ("parts_1", 2), ("we\"ird .n", 3)];
    rows.map(|(name, count)| (name.to_owned(), count)).to_vec()
}

#[test]
fn every_version_of_the_format_is_counted_however_it_is_cut() {
    for (version, dump) in DUMPS {
        for piece in (1..40).chain([4096, dump.len()]) {
            let found = scan(dump, piece).unwrap();
            assert_eq!(rows(&found), expected(), "{version} in pieces of {piece}");
            assert_eq!(found.large_objects, 3, "{version}");
        }
    }
}

#[test]
fn the_table_of_contents_is_read() {
    for (_, dump) in DUMPS {
        let found = scan(dump, 100).unwrap();
        let kinds: Vec<_> =
            found.contents.entries.iter().map(|entry| entry.kind.as_str()).collect();
        for kind in ["TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FUNCTION", "INDEX"] {
            assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
        }
        let orders = found.contents.entries.iter().find(|entry| entry.name == "orders").unwrap();
        assert_eq!((orders.schema.as_str(), orders.owner.as_str()), ("public", "postgres"));
        assert_eq!(orders.catalogue, 1259);
        assert!(found.contents.tool.starts_with('1'), "{}", found.contents.tool);
    }
}

#[test]
fn no_dump_that_was_cut_short_passes() {
    for (version, dump) in DUMPS {
        for length in 0..dump.len() {
            let cut = scan(&dump[..length], 512);
            assert!(cut.is_err(), "{version} cut after {length} of {} bytes", dump.len());
        }
    }
}

#[test]
fn progress_names_the_table_and_counts_its_rows() {
    let (_, dump) = DUMPS[1];
    let (mut scanner, mut names, mut last) = (Scanner::new(), Vec::new(), 0);
    for byte in dump {
        scanner.feed(std::slice::from_ref(byte)).unwrap();
        if let Some(entry) = scanner.current().filter(|entry| names.last() != Some(&entry.name)) {
            names.push(entry.name.clone());
        }
        last = scanner.rows();
    }
    assert_eq!(names, ["empty_one", "nothing", "orders", "parts_1", "we\"ird .n", "BLOBS"]);
    assert_eq!((last, scanner.begun()), (10, 6));
}

#[test]
fn a_silenced_entry_loses_its_statement_and_nothing_else() {
    let statement = b"CREATE INDEX";
    let holds = |bytes: &[u8]| bytes.windows(statement.len()).any(|window| window == statement);
    for (version, dump) in DUMPS {
        let found = scan(dump, 4096).unwrap();
        let index = found.contents.entries.iter().find(|entry| entry.kind == "INDEX").unwrap();
        for piece in [1, 7, 4096, dump.len()] {
            let mut editor = Editor::new(Vec::new(), Silence::Entries(HashSet::from([index.id])));
            dump.chunks(piece).for_each(|piece| editor.write_all(piece).unwrap());
            let edited = editor.into_inner();
            assert!(holds(dump) && !holds(&edited), "{version} in pieces of {piece}");
            let again = scan(&edited, 4096).unwrap();
            assert_eq!(again.contents.entries, found.contents.entries, "{version}");
        }
        let mut untouched = Editor::new(Vec::new(), Silence::Entries(HashSet::new()));
        untouched.write_all(dump).unwrap();
        assert_eq!(untouched.into_inner(), dump);
    }
}

#[test]
fn other_things_are_refused_by_name() {
    let error = |bytes: &[u8]| scan(bytes, 64).unwrap_err().0;
    assert_eq!(error(b""), "it wrote nothing");
    assert_eq!(
        error(b"--\n-- PostgreSQL database dump\n"),
        "it is not in PostgreSQL's custom format"
    );
    let mut newer = DUMPS[3].1.to_vec();
    newer[6] = 17;
    assert_eq!(error(&newer), "it has the format 1.17, which this Kronos does not know");
    let mut twice = DUMPS[1].1.to_vec();
    twice.extend_from_slice(DUMPS[1].1);
    assert!(scan(&twice, 64).is_err());
}

proptest! {
    #[test]
    fn damage_never_ends_in_a_panic(which in 0..4usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), piece in 1..5000usize) {
        let mut dump = DUMPS[which].1.to_vec();
        let at = at.index(dump.len());
        dump[at] = byte;
        let _ = scan(&dump, piece);
    }

    #[test]
    fn noise_behind_the_magic_never_ends_in_a_panic(noise in prop::collection::vec(any::<u8>(), 0..2000), minor in 12..17u8) {
        let mut dump = b"PGDMP\x01".to_vec();
        dump.extend([minor, 0, 4, 8, 1]);
        dump.extend(noise);
        let _ = scan(&dump, 100);
    }
}
