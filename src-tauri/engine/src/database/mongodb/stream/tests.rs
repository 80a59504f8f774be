//! Streams as mongodump makes them, cut at every byte, filtered, and damaged.

use std::io::{self, Read, Write};

use mongodb::bson::{Document, doc};
use proptest::prelude::*;

use super::*;
use crate::error::{Error, ServerError};
use crate::progress::Progress;

const END: [u8; 4] = [0xff; 4];

/// Puts a stream together.
struct Sample(Vec<u8>);

impl Sample {
    fn new(descriptions: &[(&str, &str, &str)]) -> Self {
        let mut sample = Self(vec![0x6d, 0xe2, 0x99, 0x81]);
        sample.add(
            &doc! { "concurrent_collections": 4, "version": "0.1", "server_version": "6.0.5" },
        );
        for (collection, kind, metadata) in descriptions {
            sample.add(&doc! {
                "db": "shop", "collection": *collection, "metadata": *metadata, "size": 0, "type": *kind,
            });
        }
        sample.0.extend(END);
        sample
    }

    fn add(&mut self, document: &Document) {
        self.0.extend(document.to_vec().unwrap());
    }

    fn block(mut self, collection: &str, documents: &[Document]) -> Self {
        self.add(&doc! { "db": "shop", "collection": collection, "EOF": false, "CRC": 0_i64 });
        for document in documents {
            self.add(document);
        }
        self.0.extend(END);
        self
    }

    fn end(mut self, collection: &str, checksum: i64) -> Self {
        self.add(&doc! { "db": "shop", "collection": collection, "EOF": true, "CRC": checksum });
        self.0.extend(END);
        self
    }
}

const INDEXES: &str =
    r#"{"indexes":[{"name":"_id_"},{"name":"n_1","expireAfterSeconds":{"$numberInt":"3600"}}]}"#;

/// Two collections that take turns, an empty one, a view and a time series.
fn sample() -> Vec<u8> {
    let long = "ü🔑".repeat(200);
    Sample::new(&[
        ("orders", "collection", INDEXES),
        ("users", "collection", r#"{"indexes":[{"name":"_id_"}]}"#),
        ("empty", "collection", "{}"),
        ("cheap", "view", r#"{"indexes":[],"type":"view"}"#),
        ("metrics", "timeseries", r#"{"options":{"expireAfterSeconds":1},"type":"timeseries"}"#),
    ])
    .block("orders", &[doc! { "_id": 1, "n": i64::MAX }, doc! {}])
    .block("users", &[doc! { "_id": "a", "ff": -1_i32, "text": &long }])
    .block("orders", &[doc! { "_id": 3, "b": vec![0xff_i32; 9] }])
    .end("orders", 42)
    .block("empty", &[])
    .end("empty", 0)
    .block("cheap", &[])
    .end("cheap", 0)
    .block("system.buckets.metrics", &[doc! { "_id": 1 }, doc! { "_id": 2 }])
    .end("users", -7)
    .end("system.buckets.metrics", 9)
    .0
}

/// A reader that hands out at most so many bytes at once.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn read(stream: &[u8], piece: usize, hidden: &[&str]) -> Result<(Vec<u8>, Vec<Namespace>), String> {
    let without_documents = hidden.iter().map(|name| (*name).to_owned()).collect();
    let choice = Choice { without_documents, ..Choice::default() };
    let from = Pieces(stream, piece);
    let mut reader = ArchiveReader::new(from, "mongodump".into(), choice, Progress::new());
    let mut out = Vec::new();
    reader.read_to_end(&mut out).map_err(|error| match error.downcast::<Error>() {
        Ok(Error::Server(ServerError::Incomplete { detail, .. })) => detail,
        other => panic!("another error: {other:?}"),
    })?;
    let contents = reader.contents().expect("a stream that was read to its end has contents");
    Ok((out, contents.namespaces()))
}

fn counts(namespaces: &[Namespace]) -> Vec<(&str, u64)> {
    namespaces.iter().map(|found| (found.collection.as_str(), found.documents)).collect()
}

#[test]
fn a_stream_is_passed_on_and_counted_wherever_it_is_cut() {
    let stream = sample();
    for piece in (1..70).chain([stream.len() - 1, stream.len()]) {
        let (out, namespaces) = read(&stream, piece, &[]).unwrap();
        assert!(out == stream, "in pieces of {piece}");
        assert_eq!(
            counts(&namespaces),
            [
                ("cheap", 0),
                ("empty", 0),
                ("metrics", 0),
                ("orders", 3),
                ("users", 1),
                ("system.buckets.metrics", 2)
            ]
        );
    }
}

#[test]
fn kinds_indexes_and_expiry_are_read_from_the_descriptions() {
    let (_, namespaces) = read(&sample(), 4096, &[]).unwrap();
    let of = |name: &str| namespaces.iter().find(|found| found.collection == name).unwrap();
    assert_eq!(of("cheap").kind, NamespaceKind::View);
    assert_eq!(of("metrics").kind, NamespaceKind::TimeSeries);
    assert_eq!(of("orders").indexes, ["n_1"]);
    assert!(of("users").indexes.is_empty());
    let expire = |name: &str| of(name).expires;
    assert!(expire("orders") && expire("metrics") && expire("system.buckets.metrics"));
    assert!(!expire("users") && !expire("cheap"));
}

#[test]
fn a_stream_that_ends_anywhere_else_is_incomplete() {
    let stream = sample();
    for length in 0..stream.len() {
        assert!(read(&stream[..length], 13, &[]).is_err(), "cut at {length} of {}", stream.len());
    }
}

#[test]
fn a_stream_says_what_is_missing() {
    let missing = |stream: &[u8]| read(stream, 4096, &[]).unwrap_err();
    assert_eq!(missing(b""), "it ends within the list of collections");
    let begun = Sample::new(&[("orders", "collection", "")]);
    assert_eq!(missing(&begun.0), "the end of `orders` is missing");
    let begun = begun.block("orders", &[doc! { "_id": 1 }]);
    assert_eq!(missing(&begun.0), "the end of `orders` is missing");
    assert_eq!(missing(&begun.0[..begun.0.len() - 4]), "it ends in the middle of `orders`");
    assert_eq!(missing(b"PK\x03\x04"), "it does not begin like an archive of mongodump");
}

#[test]
fn what_no_tool_writes_is_refused() {
    let start = || Sample::new(&[("orders", "collection", "")]);
    let ended = || start().end("orders", 0);
    let refused = [
        ended().block("orders", &[]).0,
        start().block("orders", &[]).end("orders", 0).end("orders", 0).0,
        Sample::new(&[("a", "collection", ""), ("a", "collection", "")]).end("a", 0).0,
        [ended().0, END.to_vec()].concat(),
        [ended().0, 4_u32.to_le_bytes().to_vec()].concat(),
        [ended().0, doc! { "db": "shop" }.to_vec().unwrap(), END.to_vec()].concat(),
    ];
    for (number, stream) in refused.iter().enumerate() {
        assert!(read(stream, 4096, &[]).is_err(), "number {number}");
    }
    assert!(read(&ended().0, 4096, &[]).is_ok());
}

#[test]
fn a_hidden_collection_keeps_its_description_and_loses_its_documents() {
    let stream = sample();
    let whole = read(&stream, 4096, &[]).unwrap().0;
    for piece in [1, 7, 4096] {
        let (out, namespaces) = read(&stream, piece, &["orders"]).unwrap();
        assert_eq!(counts(&namespaces)[3], ("orders", 0));
        assert!(out.len() < whole.len());
        // What comes out is a stream of its own, with the checksum of nothing.
        let (again, found) = read(&out, 5, &[]).unwrap();
        assert_eq!((&again, &found), (&out, &namespaces));
        let empty = doc! { "db": "shop", "collection": "orders", "EOF": true, "CRC": 0_i64 };
        let empty = empty.to_vec().unwrap();
        assert!(out.windows(empty.len()).any(|window| window == empty));
    }
}

#[test]
fn progress_names_the_collection_and_counts_documents() {
    let stream = sample();
    let progress = Progress::new();
    progress.enter(crate::progress::Phase::Storing, 0);
    let from = Pieces(&stream, 4096);
    let mut reader = ArchiveReader::new(from, String::new(), Choice::default(), progress.clone());
    io::copy(&mut reader, &mut io::sink()).unwrap();
    let reading = progress.read();
    assert_eq!(reading.rows, 6);
    assert_eq!(reading.object.as_deref(), Some("system.buckets.metrics (5 of 5)"));
}

/// A stream of a whole server: two databases, the one of the users, and a log.
fn whole_server() -> Vec<u8> {
    let mut sample = Sample(vec![0x6d, 0xe2, 0x99, 0x81]);
    sample.add(&doc! { "concurrent_collections": 4, "version": "0.1", "server_version": "6.0.5" });
    let names = [("shop", "a"), ("crm", "a"), ("admin", "system.users"), ("", "oplog")];
    for (database, collection) in names {
        sample.add(&doc! { "db": database, "collection": collection, "metadata": "", "type": "" });
    }
    sample.0.extend(END);
    for (database, collection) in names {
        let header =
            |end: bool| doc! { "db": database, "collection": collection, "EOF": end, "CRC": 5_i64 };
        sample.add(&header(false));
        let nested = |names: &[&str]| {
            let nested: Vec<_> = names.iter().map(|ns| doc! { "op": "i", "ns": *ns }).collect();
            doc! { "op": "c", "ns": "admin.$cmd", "o": { "applyOps": nested } }
        };
        let operations = [
            doc! { "op": "n", "ns": "" },
            doc! { "op": "i", "ns": "shop.a" },
            doc! { "op": "i", "ns": "admin.system.users" },
            doc! { "op": "d", "ns": "production.a" },
            nested(&["shop.a", "shop.b"]),
            nested(&["production.a"]),
            doc! { "op": "c", "ns": "admin.$cmd", "o": { "commitTransaction": 1 } },
            doc! { "op": "c", "ns": "admin.$cmd", "o": { "shutdown": 1 } },
        ];
        let documents =
            if database.is_empty() { operations.to_vec() } else { vec![doc! { "_id": database }] };
        for document in &documents {
            sample.add(document);
        }
        sample.0.extend(END);
        sample.add(&header(true));
        sample.0.extend(END);
    }
    sample.0
}

fn written(stream: &[u8], databases: &[&str], piece: usize) -> io::Result<(Vec<u8>, u64)> {
    let databases = databases.iter().map(|name| (*name).to_owned()).collect();
    let choice = Choice { databases: Some(databases), ..Choice::default() };
    let mut writer = ArchiveWriter::new(Vec::new(), choice);
    stream.chunks(piece).try_for_each(|chunk| writer.write_all(chunk))?;
    Ok(writer.into_parts())
}

#[test]
fn only_the_chosen_databases_and_their_operations_go_through() {
    let stream = whole_server();
    for piece in [1, 3, 4096] {
        let (out, operations) = written(&stream, &["shop"], piece).unwrap();
        assert_eq!(operations, 3);
        let (again, namespaces) = read(&out, 4096, &[]).unwrap();
        assert_eq!(again, out);
        assert_eq!(counts(&namespaces), [("oplog", 3), ("a", 1)]);
        let text = String::from_utf8_lossy(&out);
        assert!(
            !["crm", "production", "system.users", "shutdown"]
                .iter()
                .any(|word| text.contains(word))
        );
    }
    let (out, operations) = written(&stream, &["crm"], 4096).unwrap();
    assert_eq!(
        (operations, counts(&read(&out, 9, &[]).unwrap().1)),
        (1, vec![("oplog", 1), ("a", 1)])
    );
}

#[test]
fn an_operation_that_reaches_another_database_as_well_is_refused() {
    let stream = whole_server();
    // The transaction on `shop.a` and `shop.b`, with one of the two elsewhere.
    let at = stream.windows(7).position(|window| window == b"shop.b\0").unwrap();
    let mut stream = stream;
    stream[at..at + 6].copy_from_slice(b"prod.b");
    let error = written(&stream, &["shop"], 4096).unwrap_err();
    assert!(error.to_string().contains("concerns other databases"), "{error}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), piece in 1_usize..64) {
        let mut stream = sample();
        for (index, byte) in damage {
            let at = index.index(stream.len());
            stream[at] = byte;
        }
        let _ = read(&stream, piece, &[]);
        let _ = written(&stream, &["shop"], piece);
    }
}
