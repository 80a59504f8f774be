//! What comes back is what was there: every table, every value with its type, every object, through
//! backup, verify and restore, and by hand with nothing but the commands of the archive's own text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::{TestContext, files_in};
use crate::digest::{Contents, contents};
use crate::faults::tool;
use crate::nasty::{self, Variant};
use crate::scaled;

#[test]
fn every_variant_of_the_nasty_database_comes_back_twice() {
    let (mut rows, mut tables, mut trips) = (0, 0, 0);
    for variant in variants() {
        for codec in ["gzip", "zstd"] {
            let context = TestContext::new();
            configure(&context, codec);
            let path = context.data("nasty.db");
            let connection = nasty::create(&path, variant);
            let before = contents(&path);
            assert!(before.schema.len() > 25 && before.rows() > 1000, "{before:?}");
            trips += through_kronos(&context, &before);
            trips += by_hand(&context, &before, codec);
            assert_eq!(before, contents(&path), "the source has changed: {variant:?}");
            (rows, tables) = (rows + before.rows(), tables + before.tables.len());
            drop(connection);
        }
    }
    crate::say(&format!(
        "round trip: {trips} restores equal, {tables} tables, {rows} rows, different 0"
    ));
    assert!(trips >= 16);
}

#[test]
fn the_published_profile_with_several_files_comes_back() {
    let context = TestContext::new();
    let names = ["shop.db", "Ünïcode 🗝.db", "it's \"quoted\".sqlite"];
    let list = names.map(|name| format!("{name:?}")).join(", ");
    context.config(&format!(
        "[databases.sqlite]\nhost = {:?}\nport = 0\nuser = \"\"\npassword = \"\"\n\
         databases = [{list}]\n\n{}",
        context.data(""),
        context.storage_table()
    ));
    for (name, variant) in names.iter().zip(variants()) {
        nasty::create(&context.data(name), Variant { largest_blob: 1000, ..variant });
    }
    context.ok(["backup"]);
    let id = context.id();
    context.ok(["verify", &id]);
    for name in names {
        let target = context.root().join(format!("restored {name}"));
        context.ok(["restore", &id, "--database", name, "--to", target.to_str().unwrap()]);
        assert_eq!(contents(&context.data(name)), contents(&target), "{name}");
    }
    crate::say(&format!("round trip: {} files of one published profile equal", names.len()));
}

fn variants() -> Vec<Variant> {
    let plain = Variant {
        journal: "delete",
        page_size: 4096,
        encoding: "UTF-8",
        auto_vacuum: 0,
        largest_blob: 30_000_000,
    };
    let small = Variant { largest_blob: 200_000, ..plain };
    let mut variants = vec![
        plain,
        Variant { journal: "wal", page_size: 512, encoding: "UTF-16le", auto_vacuum: 1, ..small },
        Variant { journal: "wal", page_size: 65536, encoding: "UTF-16be", auto_vacuum: 2, ..small },
        Variant { journal: "truncate", page_size: 1024, ..small },
    ];
    for page_size in scaled(vec![], vec![512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]) {
        for journal in ["delete", "wal", "persist"] {
            variants.push(Variant { journal, page_size, ..small });
        }
    }
    variants
}

fn configure(context: &TestContext, codec: &str) {
    context.config(&format!(
        "[databases.nasty]\nengine = \"sqlite\"\npath = {:?}\n\n[compression]\ncodec = {codec:?}\n\n{}",
        context.data("nasty.db"),
        context.storage_table()
    ));
}

fn through_kronos(context: &TestContext, before: &Contents) -> usize {
    let ran = context.run(["backup"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let archive = context.archives().pop().unwrap();
    let archive = archive.to_str().unwrap();
    context.ok(["verify", archive]);
    let target = context.root().join("restored.db");
    context.ok(["restore", archive, "--to", target.to_str().unwrap()]);
    assert_eq!(*before, contents(&target), "{archive}");
    1
}

/// Takes `RESTORE.md` out of the archive and runs every command in it, without Kronos.
fn by_hand(context: &TestContext, before: &Contents, codec: &str) -> usize {
    tool("tar", "tar");
    tool("zstd", "zstd");
    let archive = context.archives().pop().unwrap();
    let unpack = if codec == "gzip" { "-xzOf" } else { "-I zstd -xOf" };
    let text =
        shell(&context.backups(), &format!("tar {unpack} '{}' RESTORE.md", archive.display()));
    let blocks: Vec<&str> =
        text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 3, "{text}");
    let said: String = blocks.iter().map(|block| shell(&context.backups(), block)).collect();
    let folder = unpacked(&context.backups());
    let record = fs::read_to_string(format!("{}.json", archive.display())).unwrap();
    let manifest = fs::read_to_string(folder.join("manifest.json")).unwrap();
    for hash in said.split_whitespace().filter(|word| word.len() == 64) {
        assert!(record.contains(hash) || manifest.contains(hash), "{hash}");
    }
    let units = files_in(&folder.join("data"));
    assert_eq!(units.len(), 1, "{units:?}");
    assert_eq!(*before, contents(&units[0]), "by hand: {}", archive.display());
    1
}

fn unpacked(folder: &Path) -> PathBuf {
    let mut folders = files_in(folder);
    folders.retain(|path| path.is_dir());
    folders.pop().expect("the commands made a folder")
}

fn shell(folder: &Path, commands: &str) -> String {
    let output = Command::new("sh").args(["-euc", commands]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{commands}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
