//! `kronos inspect` of what Kronos did not make, of what nobody can read, and of names that play with the
//! terminal.

use std::fs;
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;

use crate::assert_output;
use crate::support::{Ran, TestContext};

const SCRIPT: &str = "-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
-- Server version\t9.7.4

DROP TABLE IF EXISTS `orders`;
CREATE TABLE `orders` (`id` int);
INSERT INTO `orders` VALUES (1),(2);
USE `precious`;
\\! touch stolen
-- Dump completed on 2026-11-22 13:54:01
";

fn inspect(context: &TestContext, path: &Path) -> Ran {
    context.run(["inspect".as_ref(), path.as_os_str()])
}

#[test]
fn a_script_shows_what_it_would_do() {
    let context = TestContext::new();
    fs::write(context.data("shop.jpg"), SCRIPT).unwrap();
    let ran = context.run(["inspect", "data/shop.jpg"]);
    assert_output!(context, ran);
    assert!(!context.data("stolen").exists() && !context.root().join("stolen").exists());
}

#[test]
fn a_packed_database_is_one_line_of_json() {
    let context = TestContext::new();
    context.database("shop.db", 10);
    let status = Command::new("bzip2").arg(context.data("shop.db")).status().unwrap();
    assert!(status.success());
    let ran = context.ok(["inspect", "data/shop.db.bz2", "--json"]);
    let line = &ran.lines()[0];
    assert_eq!(line["record"], "dump");
    assert_eq!(line["form"], "sqlite_file");
    assert_eq!(line["compression"], "bzip2");
    assert_eq!(line["engine"], "sqlite");
    let names: Vec<_> =
        line["objects"].as_array().unwrap().iter().map(|object| &object["name"]).collect();
    assert_eq!(names, ["notes", "orders"]);
}

/// Everything that was ever dropped on a backup program by mistake.
fn bad_files(context: &TestContext) -> Vec<String> {
    context.published("config.toml");
    context.database("shop.db", 1000);
    context.ok(["backup"]);
    let archive = fs::read(&context.archives()[0]).unwrap();
    let database = fs::read(context.data("shop.db")).unwrap();
    let gzip = |bytes: &[u8]| packed("gzip", context, bytes);
    let middle = archive.len() / 2;
    let mut flipped = archive.clone();
    flipped[20] ^= 0xff;
    let mut seal = archive.clone();
    let end = seal.len() - 40;
    seal[end] ^= 0xff;
    let mut bad_header = database.clone();
    bad_header[100..200].fill(0xff);
    let tar = unpacked(&archive, context);
    let script = SCRIPT.as_bytes();
    let noise: Vec<u8> =
        (0..5000_u32).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    let files: Vec<Vec<u8>> = vec![
        vec![],
        vec![0],
        vec![0; 5000],
        noise,
        b"hello".to_vec(),
        b"Dear reader; here is a letter.".to_vec(),
        b"{\"a\":1}".to_vec(),
        b"<html><body>CREATE TABLE</body></html>".to_vec(),
        b"a,b\n1,2\n".to_vec(),
        b"#!/bin/sh\nrm -rf /;\n".to_vec(),
        b"\x89PNG\r\n\x1a\n0000".to_vec(),
        b"%PDF-1.7\n".to_vec(),
        b"\x7fELF\x02\x01\x01".to_vec(),
        b"PK\x03\x04half a zip".to_vec(),
        b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(),
        b"Rar!\x1a\x07\x01\0".to_vec(),
        b"\xff\xfeC\0R\0E\0A\0T\0E\0".to_vec(),
        b"PGDMP".to_vec(),
        b"PGDMP\x01\x20\x00\x04\x08\x01".to_vec(),
        b"PGDMP\x01\x0e\x00\x04\x08\x05garbage".to_vec(),
        b"\x6d\xe2\x99\x81".to_vec(),
        b"\x6d\xe2\x99\x81\x05\0\0\0\0\xff\xff".to_vec(),
        b"SQLite format 3\0".to_vec(),
        bad_header,
        database[..database.len() / 2].to_vec(),
        archive[..10].to_vec(),
        archive[..middle].to_vec(),
        archive[..archive.len() - 1].to_vec(),
        [&archive[..], b"more"].concat(),
        [&archive[..], &archive[..]].concat(),
        flipped,
        seal,
        tar.clone(),
        gzip(&tar),
        gzip(b""),
        gzip(b"hello"),
        gzip(&gzip(script)),
        gzip(script)[..60].to_vec(),
        packed("xz", context, &database)[..600].to_vec(),
        packed("bzip2", context, &database)[..600].to_vec(),
        packed("zstd", context, &database)[..600].to_vec(),
        b"age-encryption.org/v1\n-> X25519 x\n".to_vec(),
        b"-----BEGIN PGP MESSAGE-----\n\n".to_vec(),
        b"Salted__12345678".to_vec(),
    ];
    let mut names = Vec::new();
    for (number, bytes) in files.into_iter().enumerate() {
        // The name promises an archive.
        let name = format!("data/bad{number}.tar.gz");
        fs::write(context.root().join(&name), bytes).unwrap();
        names.push(name);
    }
    names
}

/// What one of the stock tools makes of `bytes`.
fn packed(tool: &str, context: &TestContext, bytes: &[u8]) -> Vec<u8> {
    let path = context.data("to-pack");
    fs::write(&path, bytes).unwrap();
    let output = Command::new(tool).arg("-c").arg(&path).output().unwrap();
    assert!(output.status.success(), "{tool}");
    output.stdout
}

fn unpacked(archive: &[u8], context: &TestContext) -> Vec<u8> {
    let path = context.data("to-unpack.gz");
    fs::write(&path, archive).unwrap();
    let output = Command::new("gzip").arg("-dc").arg(&path).output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn forty_kinds_of_bad_file_get_one_sentence_each() {
    let context = TestContext::new();
    let names = bad_files(&context);
    assert!(names.len() >= 40, "{}", names.len());
    for name in &names {
        let before = fs::read(context.root().join(name)).unwrap();
        let ran = context.run(["inspect", name]);
        assert!(ran.code == 1 || ran.code == 4, "{name}: {ran:?}");
        assert_eq!(ran.stdout, "", "{name}");
        // What was not done, why, and the next step.
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), 3, "{name}: {ran:?}");
        assert!(lines[1].contains(&format!("{name}`")), "{name}: {ran:?}");
        assert!(!lines[1].ends_with('.') && lines[2].contains("hint:"), "{name}: {ran:?}");
        assert!(!ran.stderr.contains("panick") && !ran.stderr.contains("os error"), "{ran:?}");
        assert_eq!(fs::read(context.root().join(name)).unwrap(), before, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_answered_at_once() {
    let context = TestContext::new();
    let fifo = Command::new("mkfifo").arg(context.data("pipe")).status().unwrap();
    assert!(fifo.success());
    std::os::unix::fs::symlink("nowhere", context.data("link")).unwrap();
    for (path, code) in [
        ("data/pipe", 1),
        ("data", 1),
        ("/dev/zero", 1),
        ("/dev/full", 1),
        ("data/link", 4),
        ("data/gone", 4),
    ] {
        let ran = context.run(["inspect", path]);
        assert_eq!(ran.code, code, "{path}: {ran:?}");
        assert_eq!(ran.stderr.lines().count(), 3, "{path}: {ran:?}");
    }
}

/// Names that move the cursor, colour the screen, turn lines around, end them, or look like ours.
const PAYLOADS: [&str; 14] = [
    "a\nb",
    "a\r\nb",
    "\u{1b}[2J",
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;http://x\u{7}link",
    "\u{9b}31m",
    "\u{202e}gpj.exe",
    "\u{2066}x\u{2069}",
    "\u{200f}rtl",
    "\u{2028}line",
    "tab\there",
    "back\u{8}\u{8}space",
    "✓ every hash compared",
];

fn assert_harmless(what: &str, text: &str) {
    let is_bad = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(is_bad), "{what}: {text:?}");
}

#[test]
fn names_that_play_with_the_terminal_are_written_out() {
    let context = TestContext::new();
    context.published("config.toml");
    let lines_of = |payloads: &[&str]| {
        let _ = fs::remove_file(context.data("shop.db"));
        let database = Connection::open(context.data("shop.db")).unwrap();
        for payload in payloads {
            let name = payload.replace('"', "\"\"");
            database.execute_batch(&format!("CREATE TABLE \"{name}\" (x)")).unwrap();
        }
        drop(database);
        for archive in context.archives() {
            fs::remove_file(archive).unwrap();
        }
        let _ = fs::remove_dir_all(context.backups());
        context.ok(["backup"]);
        let archive = context.archives().remove(0);
        let stored = context.ok(["inspect", &context.id()]);
        let by_path = inspect(&context, &archive);
        let foreign = context.ok(["inspect", "data/shop.db"]);
        let verified = context.run(["verify", &context.id()]);
        [stored, by_path, foreign, verified]
    };
    let plain: Vec<String> = (0..PAYLOADS.len()).map(|number| format!("t{number}")).collect();
    let plain = lines_of(&plain.iter().map(String::as_str).collect::<Vec<_>>());
    let hostile = lines_of(&PAYLOADS);
    for (plain, hostile) in plain.iter().zip(&hostile) {
        assert_harmless("stdout", &hostile.stdout);
        assert_harmless("stderr", &hostile.stderr);
        // No name makes a line of its own.
        let count = |ran: &Ran| ran.stdout.lines().count();
        assert_eq!(count(plain), count(hostile), "{}", hostile.stdout);
    }
    assert!(hostile[0].stdout.contains("\\u{1b}[31mred\\u{1b}[0m"), "{}", hostile[0].stdout);
    let json = context.ok(["inspect", &context.id(), "--json"]);
    assert_harmless("json", json.stdout.trim_end());
    let objects = &json.lines()[0]["units"][0]["objects"];
    let names: Vec<_> = objects.as_array().unwrap().iter().map(|object| &object["name"]).collect();
    for payload in PAYLOADS {
        assert!(names.iter().any(|name| *name == payload), "{payload:?} in {names:?}");
    }
}

#[cfg(unix)]
#[test]
fn paths_that_play_with_the_terminal_are_written_out() {
    use std::os::unix::ffi::OsStrExt;
    let context = TestContext::with_shop();
    for payload in PAYLOADS {
        let path = context.data("").join(payload.replace('/', "-"));
        fs::write(&path, "no backup").unwrap();
        for verb in ["inspect", "verify"] {
            let ran = context.run([verb.as_ref(), path.as_os_str()]);
            assert_ne!(ran.code, 0, "{ran:?}");
            assert_harmless(verb, &ran.stderr);
            assert_harmless(verb, &ran.stdout);
        }
        fs::remove_file(path).unwrap();
    }
    let path = context.data("").join(std::ffi::OsStr::from_bytes(b"\xff\x1b[2J.sql"));
    fs::write(&path, SCRIPT).unwrap();
    let ran = inspect(&context, &path);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_harmless("inspect", &ran.stdout);
}
