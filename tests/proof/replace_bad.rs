//! Archives that are bad in many ways, and a precious database that was to be replaced by each: nothing of it
//! changes, and not even a safety backup is made.

use std::path::{Path, PathBuf};

use crate::cli::{TestContext, files_in};
use crate::digest::sha256;
use crate::faults::tool;

/// Writes one bad archive for every kind and returns its name.
fn bad_archives(good: &Path, folder: &Path) -> Vec<(String, PathBuf)> {
    let bytes = std::fs::read(good).unwrap();
    let mut made = Vec::new();
    let mut add = |kind: &str, content: &[u8]| {
        let path = folder.join(format!("{}.tar.gz", made.len()));
        std::fs::write(&path, content).unwrap();
        made.push((kind.to_owned(), path));
    };
    for part in 0..14 {
        let length = bytes.len() * part / 14;
        add(&format!("cut to {length} bytes"), &bytes[..length]);
    }
    add("without its last byte", &bytes[..bytes.len() - 1]);
    for part in 0..16 {
        let at = (bytes.len() - 1) * part / 15;
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (part % 8);
        add(&format!("a bit flipped at {at}"), &flipped);
    }
    let half = bytes.len() / 2;
    add("with a tail", &[&bytes, b"tail".as_slice()].concat());
    add("twice", &[bytes.as_slice(), &bytes].concat());
    add("its halves the other way round", &[&bytes[half..], &bytes[..half]].concat());
    add("a hole of zeros", &[&bytes[..half], &[0; 512], &bytes[half + 512..]].concat());
    add("without its middle", &[&bytes[..half], &bytes[half + 512..]].concat());
    add("zeros", &[0; 4096]);
    add("text", b"CREATE TABLE orders (id);");
    add("a SQLite file", b"SQLite format 3\0");
    add("a ZIP", b"PK\x03\x04 something");
    add("another tar.gz", &repacked(good, folder, |_| {}));
    add("more rows in its manifest", &repacked(good, folder, |tar| change(tar, b"2000", b"2001")));
    add(
        "another table in its manifest",
        &repacked(good, folder, |tar| change(tar, b"orders", b"ordres")),
    );
    made
}

/// Unpacked, changed and packed by `gzip` again.
fn repacked(good: &Path, folder: &Path, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let gzip = tool("gzip", "gzip");
    let unpacked = std::process::Command::new(&gzip).arg("-dc").arg(good).output().unwrap();
    let mut tar = unpacked.stdout;
    change(&mut tar);
    let path = folder.join("repacked.tar");
    std::fs::write(&path, tar).unwrap();
    let packed = std::process::Command::new(gzip).arg("-c").arg(&path).output().unwrap().stdout;
    std::fs::remove_file(path).unwrap();
    packed
}

fn change(tar: &mut [u8], from: &[u8], to: &[u8]) {
    let found: Vec<usize> =
        (0..tar.len() - from.len()).filter(|at| tar[*at..].starts_with(from)).collect();
    assert!(!found.is_empty());
    for at in found {
        tar[at..at + to.len()].copy_from_slice(to);
    }
}

#[test]
fn a_bad_archive_never_touches_a_precious_database() {
    let context = TestContext::new();
    let path = context.database("shop.db", 2000);
    let profile = format!("[databases.shop]\nengine = \"sqlite\"\npath = {path:?}\n\n");
    context.config(&(profile + &context.storage_table()));
    context.ok(["backup"]);
    let good = context.archives().remove(0);
    rusqlite::Connection::open(&path).unwrap().execute_batch("DELETE FROM notes").unwrap();
    let precious = sha256(&path);
    let folder = context.root().join("bad");
    std::fs::create_dir(&folder).unwrap();
    let mut bad = bad_archives(&good, &folder);
    // With the record of another archive beside it, and with a record that is none.
    for (number, record) in
        [std::fs::read(format!("{}.json", good.display())).unwrap(), b"{}".to_vec()]
            .iter()
            .enumerate()
    {
        let path = folder.join(format!("record{number}.tar.gz"));
        let mut bytes = std::fs::read(&good).unwrap();
        bytes[200] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        std::fs::write(format!("{}.json", path.display()), record).unwrap();
        bad.push((format!("with a wrong record {number}"), path));
    }
    bad.push(("a folder".to_owned(), folder.clone()));
    bad.push(("gone".to_owned(), folder.join("gone.tar.gz")));
    let kept = files_in(&context.data("")).len();
    let stored = files_in(&context.backups()).len();
    for (kind, archive) in &bad {
        let target = path.to_str().unwrap();
        let words =
            ["restore", archive.to_str().unwrap(), "--to", target, "--replace", "--confirm"];
        let ran = context.run(words.into_iter().chain(["shop.db"]));
        assert!(ran.code != 0, "{kind}: {ran:?}");
        assert_eq!(sha256(&path), precious, "{kind}");
        assert_eq!(files_in(&context.data("")).len(), kept, "{kind}");
        assert_eq!(
            files_in(&context.backups()).len(),
            stored,
            "{kind}: a safety backup for nothing"
        );
    }
    crate::say(&format!("replace, bad archives: {} kinds, changed 0", bad.len()));
    assert!(bad.len() >= 40, "only {} kinds", bad.len());
}
