//! Streams of several databases whose collections take turns, with a document changed.

use mongodb::bson::{Document, doc};

use super::*;

const EXPIRING: &str = r#"{"indexes":[{"name":"_id_"},{"name":"t","expireAfterSeconds":9}]}"#;

fn stream(blocks: &[(&str, &str, &[Document])]) -> Vec<u8> {
    let mut bytes = vec![0x6d, 0xe2, 0x99, 0x81];
    let mut add = |document: &Document| bytes.extend(document.to_vec().unwrap());
    add(&doc! { "concurrent_collections": 4, "version": "0.1" });
    for (database, name) in [("shop", "a"), ("shop", "log"), ("blog", "a")] {
        let metadata = if name == "log" { EXPIRING } else { "{}" };
        add(&doc! { "db": database, "collection": name, "metadata": metadata, "type": "" });
    }
    bytes.extend([0xff; 4]);
    let ends = [("shop", "a"), ("blog", "a"), ("shop", "log")].map(|it| (it, true, &[][..]));
    let blocks = blocks.iter().map(|(database, name, all)| ((*database, *name), false, *all));
    for ((database, name), is_end, documents) in blocks.chain(ends) {
        let header = doc! { "db": database, "collection": name, "EOF": is_end, "CRC": 0_i64 };
        bytes.extend(header.to_vec().unwrap());
        for document in documents {
            bytes.extend(document.to_vec().unwrap());
        }
        bytes.extend([0xff; 4]);
    }
    bytes
}

fn read(stream: &[u8], database: &str, piece: usize) -> Digests {
    let place =
        DumpPlace { archive: "a".into(), database: database.into(), scratch: "/nowhere".into() };
    let mut reader = Box::new(DigestReader::new(place));
    for piece in stream.chunks(piece) {
        assert!(reader.feed(piece).unwrap().is_continue());
    }
    reader.finish().unwrap()
}

#[test]
fn documents_of_one_database_are_read_and_those_that_expire_are_not() {
    let all: [(&str, &str, &[Document]); 5] = [
        ("shop", "a", &[doc! { "_id": 1, "n": f64::NAN }, doc! { "_id": 2 }]),
        ("shop", "log", &[doc! { "_id": 7 }]),
        ("blog", "a", &[doc! { "_id": 3 }]),
        ("shop", "a", &[doc! { "_id": 4 }]),
        ("shop", "system.buckets.log", &[doc! { "_id": 1 }]),
    ];
    let bytes = stream(&all);
    let whole = read(&bytes, "shop", 4096);
    assert_eq!((whole.rows("a"), whole.rows("log")), (3, 0));
    assert!(whole.compares("a") && !whole.compares("log") && !whole.compares("system.buckets.log"));
    for piece in 1..40 {
        assert_eq!(read(&bytes, "shop", piece), whole, "in pieces of {piece}");
    }
    assert_eq!(read(&bytes, "blog", 99).rows("a"), 1);
    let turned: [(&str, &str, &[Document]); 2] = [
        ("shop", "a", &[doc! { "_id": 4 }, doc! { "_id": 2 }]),
        ("shop", "a", &[doc! { "_id": 1, "n": f64::NAN }]),
    ];
    assert_eq!(whole.difference(&read(&stream(&turned), "shop", 99)), None);
}

#[test]
fn one_bit_of_one_value_the_order_of_keys_and_a_type_are_differences() {
    let of = |document: Document| read(&stream(&[("shop", "a", &[document])]), "shop", 99);
    let all = [
        doc! { "_id": 1, "a": 1, "b": 2 },
        doc! { "_id": 1, "b": 2, "a": 1 },
        doc! { "_id": 1, "a": 1_i64, "b": 2 },
        doc! { "_id": 1, "a": -0.0, "b": 2 },
        doc! { "_id": 1, "a": 0.0, "b": 2 },
        doc! { "_id": 1, "a": "", "b": 2 },
        doc! { "_id": 1, "a": mongodb::bson::Bson::Null, "b": 2 },
    ];
    for (place, one) in all.iter().enumerate() {
        for other in &all[place + 1..] {
            let said = of(one.clone()).difference(&of(other.clone())).unwrap();
            assert!(said.starts_with("`a` has 1 row as in the backup, but"), "{said}");
        }
    }
}
