//! Documents of streams as mongodump makes them: collections that take turns, however they are cut.

use mongodb::bson::{Document, doc};
use proptest::prelude::*;

use super::super::super::reading::DumpReader;
use super::super::super::rows::Cell;
use super::super::super::rows::testing::rows_of;
use super::super::StructureReader;
use super::*;

fn stream() -> Vec<u8> {
    let mut bytes = vec![0x6d, 0xe2, 0x99, 0x81];
    let mut add = |document: Document| bytes.extend(document.to_vec().unwrap());
    let end = || -> [u8; 4] { [0xff; 4] };
    add(doc! { "concurrent_collections": 4, "version": "0.1", "server_version": "7.0.1" });
    for (database, name) in [("shop", "orders"), ("shop", "users"), ("blog", "orders")] {
        let metadata = r#"{"options":{"capped":true,"size":{"$numberInt":"9"}},"indexes":[{"v":2,"key":{"_id":1},"name":"_id_"},{"key":{"n":1},"name":"n_1"}]}"#;
        add(
            doc! { "db": database, "collection": name, "metadata": metadata, "size": 0, "type": "collection" },
        );
    }
    bytes.extend(end());
    let mut block = |database: &str, name: &str, is_end: bool, documents: &[Document]| {
        bytes.extend(
            doc! { "db": database, "collection": name, "EOF": is_end, "CRC": 0_i64 }
                .to_vec()
                .unwrap(),
        );
        for document in documents {
            bytes.extend(document.to_vec().unwrap());
        }
        bytes.extend(end());
    };
    block("shop", "orders", false, &[doc! { "_id": 1 }, doc! { "_id": 2, "t": "ü" }]);
    block("shop", "users", false, &[doc! { "_id": "a" }]);
    block("blog", "orders", false, &[doc! { "_id": 9 }]);
    block("shop", "orders", false, &[doc! { "_id": 3 }]);
    block("shop", "users", true, &[]);
    block("shop", "orders", true, &[]);
    block("blog", "orders", true, &[]);
    bytes
}

fn place(database: &str) -> DumpPlace {
    DumpPlace { archive: "a".into(), database: database.into(), scratch: "/nowhere".into() }
}

fn read(
    stream: &[u8],
    database: &str,
    table: &str,
    limit: usize,
    piece: usize,
) -> Result<FoundRows> {
    let wanted = WantedRows { table: table.to_owned(), limit };
    rows_of(RowReader::new(place(database), wanted), stream, piece)
}

fn texts(found: &FoundRows) -> Vec<&str> {
    found
        .rows
        .iter()
        .map(|row| match &row[0] {
            Cell::Text { text, .. } => text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn documents_of_one_collection_are_found_between_those_of_others() {
    let stream = stream();
    for piece in (1..60).chain([stream.len()]) {
        let all = read(&stream, WHOLE_SERVER, "shop.orders", 9, piece).unwrap();
        assert_eq!(texts(&all), [r#"{"_id":1}"#, r#"{"_id":2,"t":"ü"}"#, r#"{"_id":3}"#]);
        assert!(all.is_complete);
        assert_eq!(all.columns, ["document"]);
        let other = read(&stream, WHOLE_SERVER, "blog.orders", 9, piece).unwrap();
        assert_eq!(texts(&other), [r#"{"_id":9}"#]);
        let first = read(&stream, "shop", "users", 1, piece).unwrap();
        assert_eq!((texts(&first), first.is_complete), (vec![r#"{"_id":"a"}"#], true));
        let two = read(&stream, WHOLE_SERVER, "shop.orders", 2, piece).unwrap();
        assert_eq!((two.rows.len(), two.is_complete), (2, false));
    }
    let missing = read(&stream, "shop", "nothing", 9, 50).unwrap_err().to_string();
    assert!(missing.contains("the end of `nothing` is missing"), "{missing}");
}

#[test]
fn a_stream_that_ends_before_the_collection_does_is_damaged() {
    let stream = stream();
    let whole = read(&stream, WHOLE_SERVER, "shop.orders", 9, 100).unwrap();
    for length in 0..stream.len() {
        if let Ok(found) = read(&stream[..length], WHOLE_SERVER, "shop.orders", 9, 100) {
            assert_eq!(found, whole, "{length}");
        }
    }
}

#[test]
fn the_descriptions_are_the_structure() {
    let mut reader = Box::new(StructureReader::new(place(WHOLE_SERVER)));
    assert!(reader.feed(&stream()).unwrap().is_break());
    let found = reader.finish().unwrap();
    let names: Vec<String> =
        found.iter().map(|(key, _)| format!("{} {}", key.kind, key.name)).collect();
    assert_eq!(
        names,
        [
            "collection blog.orders",
            "collection shop.orders",
            "collection shop.users",
            "index blog.orders.n_1",
            "index shop.orders.n_1",
            "index shop.users.n_1"
        ]
    );
}

proptest! {
    #[test]
    fn damage_never_ends_in_a_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), piece in 1..500usize) {
        let mut stream = stream();
        let at = at.index(stream.len());
        stream[at] = byte;
        let _ = read(&stream, WHOLE_SERVER, "shop.orders", 9, piece);
        let mut reader = Box::new(StructureReader::new(place("shop")));
        let _ = stream.chunks(piece).try_for_each(|piece| reader.feed(piece).map(drop));
        let _ = reader.finish();
    }
}
