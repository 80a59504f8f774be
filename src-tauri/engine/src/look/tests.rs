//! Real files under names that lie, in every compression, cut, changed, and things that are no files.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ::mongodb::bson::{Document, doc};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::contents::ObjectKind;
use crate::error::{ArchiveError, Error};

const WRAPPINGS: [Wrapping; 5] =
    [Wrapping::None, Wrapping::Gzip, Wrapping::Zstd, Wrapping::Xz, Wrapping::Bzip2];

fn wrap(wrapping: Wrapping, bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    match wrapping {
        Wrapping::None => return bytes.to_vec(),
        Wrapping::Gzip => {
            flate2::read::GzEncoder::new(bytes, flate2::Compression::default())
                .read_to_end(&mut packed)
                .unwrap();
        }
        Wrapping::Zstd => packed = zstd::encode_all(bytes, 3).unwrap(),
        Wrapping::Xz => {
            liblzma::read::XzEncoder::new(bytes, 6).read_to_end(&mut packed).unwrap();
        }
        Wrapping::Bzip2 => {
            bzip2::read::BzEncoder::new(bytes, bzip2::Compression::best())
                .read_to_end(&mut packed)
                .unwrap();
        }
    }
    packed
}

/// A folder for one test.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn look(&self, bytes: &[u8]) -> Look {
        let path = self.path("shop.tar.gz");
        fs::write(&path, bytes).unwrap();
        look(&path).unwrap()
    }
}

fn database(path: &Path) -> Vec<u8> {
    let database = Connection::open(path).unwrap();
    database
        .execute_batch(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, text); CREATE INDEX i ON orders (text);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
             INSERT INTO orders SELECT i, 'order ' || i FROM n",
        )
        .unwrap();
    drop(database);
    fs::read(path).unwrap()
}

fn mongo_archive() -> Vec<u8> {
    let mut bytes = super::mongodb::MAGIC.to_vec();
    let mut add = |document: &Document| bytes.extend(document.to_vec().unwrap());
    add(&doc! { "version": "0.1", "server_version": "6.0.5", "tool_version": "100.13.0" });
    let indexes = r#"{"indexes":[{"name":"_id_"},{"name":"n_1"}]}"#;
    add(&doc! { "db": "shop", "collection": "orders", "metadata": indexes, "type": "collection" });
    add(&doc! { "db": "shop", "collection": "recent", "metadata": "", "type": "view" });
    bytes.extend([0xff; 4]);
    bytes.extend(
        doc! { "db": "shop", "collection": "orders", "EOF": true, "CRC": 0_i64 }.to_vec().unwrap(),
    );
    bytes.extend([0xff; 4]);
    bytes
}

/// What each file is, and the name of one table in it.
fn samples(desk: &Desk) -> Vec<(DumpForm, Option<SqlDialect>, Vec<u8>, &'static str)> {
    let custom: [&[u8]; 4] = [
        include_bytes!("../database/postgres/custom_format/tests/pg13-by-pg_dump15.dump"),
        include_bytes!("../database/postgres/custom_format/tests/pg15-by-pg_dump15.dump"),
        include_bytes!("../database/postgres/custom_format/tests/pg15-by-pg_dump16.dump"),
        include_bytes!("../database/postgres/custom_format/tests/pg18-by-pg_dump18.dump"),
    ];
    let custom = custom.map(|dump| (DumpForm::PgCustom, None, dump.to_vec(), "public.orders"));
    let script =
        |dialect, text: &[u8], table| (DumpForm::SqlScript, Some(dialect), text.to_vec(), table);
    let mysql = include_bytes!("../database/mysql/script/tests/mysql.sql");
    let mariadb = include_bytes!("../database/mysql/script/tests/mariadb.sql");
    let sqlite =
        b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE orders (x);\nCOMMIT;\n";
    let postgres = b"--\n-- PostgreSQL database dump\n--\n\nSET x = 1;\nCREATE TABLE public.orders (id int);\n\
        --\n-- PostgreSQL database dump complete\n--\n\n";
    let more = [
        script(SqlDialect::Mysql, mysql, ""),
        script(SqlDialect::Mariadb, mariadb, ""),
        script(SqlDialect::Sqlite, sqlite, "orders"),
        script(SqlDialect::Postgres, postgres, "public.orders"),
        script(SqlDialect::Unknown, b"CREATE TABLE orders (x int);", "orders"),
        (DumpForm::SqliteFile, None, database(&desk.path("made.db")), "orders"),
        (DumpForm::MongoArchive, None, mongo_archive(), "orders"),
    ];
    custom.into_iter().chain(more).collect()
}

#[test]
fn every_form_is_recognised_in_every_compression_whatever_its_name() {
    let desk = Desk::new();
    let mut seen = 0;
    for (form, dialect, bytes, table) in samples(&desk) {
        for wrapping in WRAPPINGS {
            let what = format!("{form:?} {dialect:?} in {wrapping:?}");
            let Look::Foreign(look) = desk.look(&wrap(wrapping, &bytes)) else {
                panic!("{what}: {:?}", desk.look(&wrap(wrapping, &bytes)));
            };
            assert_eq!(
                (look.form, look.dialect, look.compression),
                (form, dialect, wrapping),
                "{what}"
            );
            let has = |name: &str| look.objects.iter().any(|object| object.name == name);
            assert!(
                !look.objects.is_empty() && (table.is_empty() || has(table)),
                "{what}: {look:?}"
            );
            assert!(look.is_complete, "{what}");
            assert_eq!(look.runs_code, form == DumpForm::SqlScript, "{what}");
            seen += 1;
        }
    }
    assert_eq!(seen, 55);
}

#[test]
fn a_head_tells_where_a_dump_is_from() {
    let desk = Desk::new();
    let Look::Foreign(look) = desk
        .look(include_bytes!("../database/postgres/custom_format/tests/pg18-by-pg_dump18.dump"))
    else {
        panic!("not recognised")
    };
    assert_eq!(look.engine, Some(EngineKind::Postgres));
    assert!(look.server.as_ref().unwrap().starts_with("PostgreSQL 18."), "{look:?}");
    assert!(look.tool.as_ref().unwrap().starts_with("pg_dump 18."), "{look:?}");
    assert!(look.source.is_some() && look.made_at.as_ref().unwrap().starts_with("20"), "{look:?}");
    let kinds: BTreeSet<_> = look.objects.iter().map(|object| object.kind).collect();
    for kind in [ObjectKind::Table, ObjectKind::View, ObjectKind::Index, ObjectKind::Routine] {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
    let Look::Foreign(look) = desk.look(&mongo_archive()) else { panic!("not recognised") };
    assert_eq!(look.server.as_deref(), Some("MongoDB 6.0.5"));
    assert_eq!(look.tool.as_deref(), Some("mongodump 100.13.0"));
    assert_eq!(look.source.as_deref(), Some("shop"));
    let names: Vec<_> =
        look.objects.iter().map(|object| (object.kind, object.name.as_str())).collect();
    let expected = [
        (ObjectKind::Collection, "orders"),
        (ObjectKind::View, "recent"),
        (ObjectKind::Index, "orders.n_1"),
    ];
    assert_eq!(names, expected);
}

#[test]
fn nothing_panics_and_nothing_hangs_however_a_file_is_cut_or_changed() {
    let desk = Desk::new();
    for (form, _, bytes, _) in samples(&desk) {
        for wrapping in WRAPPINGS {
            let packed = wrap(wrapping, &bytes);
            let step = (packed.len() / 25).max(1);
            for length in (0..packed.len()).step_by(step) {
                desk.look(&packed[..length]);
                let mut changed = packed.clone();
                changed[length] ^= 0x55;
                desk.look(&changed);
            }
            if wrapping != Wrapping::None {
                let cut = desk.look(&packed[..packed.len() - 1]);
                let is_refused = matches!(cut, Look::Damaged(_));
                // A table of contents and the descriptions come long before the end.
                let is_listed = matches!(form, DumpForm::PgCustom | DumpForm::MongoArchive);
                assert!(is_refused || is_listed, "{form:?} in {wrapping:?}: {cut:?}");
            }
        }
    }
}

#[test]
fn a_database_that_is_cut_says_how_much_is_missing() {
    let desk = Desk::new();
    let bytes = database(&desk.path("made.db"));
    let Look::Damaged(look) = desk.look(&bytes[..bytes.len() - 1]) else { panic!("accepted") };
    let (found, all) = (bytes.len() - 1, bytes.len());
    assert!(
        look.sentence.ends_with(&format!("is cut short after {found} bytes of {all}")),
        "{look:?}"
    );
    assert_eq!(look.code, ErrorCode::ArchiveDamaged);
    let Look::Damaged(_) = desk.look(&mongo_archive()[..200]) else { panic!("accepted") };
}

#[test]
fn what_lies_beside_a_database_is_said() {
    let desk = Desk::new();
    let path = desk.path("a.db");
    database(&path);
    fs::write(desk.path("a.db-wal"), "x").unwrap();
    let Look::Foreign(found) = look(&path).unwrap() else { panic!("not recognised") };
    assert!(
        found.findings.iter().any(|finding| finding.sentence.contains("a.db-wal")),
        "{found:?}"
    );
    assert_eq!(fs::read(desk.path("a.db-wal")).unwrap(), b"x");
    assert!(!desk.path("a.db-shm").exists());
}

#[test]
fn a_small_file_that_unpacks_to_a_huge_one_costs_no_more_than_any_other() {
    let desk = Desk::new();
    let mut bomb = b"-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)\n".to_vec();
    bomb.resize(48 << 20, b'\n');
    for wrapping in WRAPPINGS.into_iter().skip(1) {
        let packed = wrap(wrapping, &bomb);
        assert!(packed.len() < bomb.len() / 400, "{wrapping:?}: {}", packed.len());
        let Look::Foreign(look) = desk.look(&packed) else {
            panic!("{wrapping:?}: not recognised")
        };
        assert!(!look.is_complete, "{wrapping:?}");
    }
    let zeros = vec![0; 48 << 20];
    for wrapping in WRAPPINGS.into_iter().skip(1) {
        assert!(matches!(desk.look(&wrap(wrapping, &zeros)), Look::Unknown(_)), "{wrapping:?}");
    }
}

#[test]
fn other_peoples_streams_with_the_first_bytes_of_an_archive_are_no_archives() {
    let desk = Desk::new();
    let script = b"CREATE TABLE orders (x int);";
    // What `bgzip` and `pzstd` write.
    let mut bgzip = flate2::GzBuilder::new().extra(vec![b'B', b'C', 2, 0, 0, 0]);
    bgzip = bgzip.operating_system(255);
    let mut encoder = bgzip.write(Vec::new(), flate2::Compression::default());
    encoder.write_all(script).unwrap();
    let frame = zstd::encode_all(&script[..], 3).unwrap();
    let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
    let pzstd = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0][..], &length, &frame].concat();
    for packed in [encoder.finish().unwrap(), pzstd] {
        let look = desk.look(&packed);
        assert!(matches!(look, Look::Foreign(_)), "{look:?}");
    }
}

#[test]
fn folders_are_recognised_by_what_is_in_them() {
    let desk = Desk::new();
    let dump = desk.path("dump");
    fs::create_dir_all(dump.join("shop")).unwrap();
    let documents = doc! { "a": 1 }.to_vec().unwrap();
    fs::write(dump.join("shop/orders.bson"), &documents).unwrap();
    fs::write(dump.join("shop/orders.metadata.json"), "{}").unwrap();
    fs::write(dump.join("shop/a%2Fb.bson"), &documents).unwrap();
    fs::write(dump.join("shop/recent.metadata.json"), "{}").unwrap();
    for path in [dump.clone(), dump.join("shop")] {
        let Look::Foreign(found) = look(&path).unwrap() else { panic!("{:?}", look(&path)) };
        assert_eq!((found.form, found.source.as_deref()), (DumpForm::MongoFolder, Some("shop")));
        let names: Vec<_> =
            found.objects.iter().map(|object| (object.kind, &*object.name)).collect();
        let collection = ObjectKind::Collection;
        assert_eq!(
            names,
            [(collection, "a/b"), (collection, "orders"), (ObjectKind::View, "recent")]
        );
    }
    fs::write(dump.join("shop/orders.bson"), &documents[..documents.len() - 1]).unwrap();
    assert!(matches!(look(&dump).unwrap(), Look::Damaged(_)));
    fs::write(dump.join("shop/orders.bson"), "no documents").unwrap();
    assert!(matches!(look(&dump).unwrap(), Look::Damaged(_)));
    for name in ["empty", "photos"] {
        fs::create_dir(desk.path(name)).unwrap();
    }
    fs::write(desk.path("photos/a.png"), "x").unwrap();
    for name in ["empty", "photos"] {
        assert!(matches!(look(&desk.path(name)).unwrap(), Look::Unknown(_)), "{name}");
    }
}

#[test]
fn a_path_that_does_not_lead_to_a_file_is_answered_at_once() {
    let desk = Desk::new();
    let said = |path: &Path| match look(path) {
        Err(Error::Archive(ArchiveError::Io { source, .. })) => source.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(said(&desk.path("gone")), "there is no such file");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(desk.path("gone"), desk.path("link")).unwrap();
        assert_eq!(said(&desk.path("link")), "it is a link to nothing");
        let status = std::process::Command::new("mkfifo").arg(desk.path("pipe")).status().unwrap();
        assert!(status.success());
        let _socket = std::os::unix::net::UnixListener::bind(desk.path("socket")).unwrap();
        let pipe = desk.path("pipe");
        std::os::unix::fs::symlink(&pipe, desk.path("pipe link")).unwrap();
        let cases = [
            (pipe, "it is a pipe"),
            (desk.path("pipe link"), "it is a pipe"),
            (desk.path("socket"), "it is a socket"),
            ("/dev/zero".into(), "it is a device"),
            ("/dev/null".into(), "it is a device"),
        ];
        for (path, what) in cases {
            let Look::Unknown(found) = look(&path).unwrap() else { panic!("{path:?}") };
            assert!(found.sentence.ends_with(what), "{found:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_is_a_name_like_any_other() {
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::new();
    let name = std::ffi::OsStr::from_bytes(b"sh\xffop \xf0.db");
    let path = desk.0.path().join(name);
    database(&desk.path("plain.db"));
    fs::rename(desk.path("plain.db"), &path).unwrap();
    let Look::Foreign(found) = look(&path).unwrap() else { panic!("not recognised") };
    assert!(found.objects.iter().any(|object| object.name == "orders"));
    fs::rename(&path, desk.0.path().join(std::ffi::OsStr::from_bytes(b"\xff\n\x1b[31m"))).unwrap();
    let path = desk.0.path().join(std::ffi::OsStr::from_bytes(b"\xff\n\x1b[31m"));
    fs::write(&path, "nothing").unwrap();
    let Look::Unknown(found) = look(&path).unwrap() else { panic!("accepted") };
    assert!(!found.sentence.contains(char::is_control), "{found:?}");
}
