//! `kronos verify`.

use std::fs;
use std::path::Path;

use crate::assert_output;
use crate::support::TestContext;

fn backed_up() -> TestContext {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    context
}

fn flip_a_byte(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_good_backup_passes_by_its_id() {
    let context = backed_up();
    let ran = context.run(["verify", &context.id()]);
    assert_output!(context, ran);
}

#[test]
fn a_good_backup_passes_as_a_file() {
    let context = backed_up();
    let archive = context.archives().remove(0);
    let name = Path::new("backups").join(archive.file_name().unwrap());
    let ran = context.run(["verify".as_ref(), name.as_os_str()]);
    assert_output!(context, ran);
}

#[test]
fn a_flipped_byte_is_found_and_remembered() {
    let context = backed_up();
    flip_a_byte(&context.archives()[0]);
    let ran = context.run(["verify", &context.id()]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("is damaged"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: Use another backup"), "{}", ran.stderr);
    assert_eq!(context.ok(["list", "--json"]).lines()[0]["status"], "damaged");
    let archive = context.archives().remove(0);
    assert_eq!(context.run(["verify".as_ref(), archive.as_os_str()]).code, 4);
}

#[test]
fn overwritten_first_bytes_are_damage_too() {
    let context = backed_up();
    let path = context.archives().remove(0);
    let mut bytes = fs::read(&path).unwrap();
    bytes[..16].fill(0);
    fs::write(&path, bytes).unwrap();
    assert_eq!(context.run(["verify", &context.id()]).code, 4);
}

#[test]
fn one_damaged_backup_among_good_ones_decides() {
    let context = backed_up();
    context.ok(["backup"]);
    let archives = context.archives();
    flip_a_byte(&archives[0]);
    let ran = context.run(["verify".as_ref(), archives[0].as_os_str(), archives[1].as_os_str()]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_eq!(ran.stderr.matches("whole and unchanged").count(), 1, "{}", ran.stderr);
}

#[test]
fn a_missing_archive_is_a_finding() {
    let context = backed_up();
    fs::remove_file(&context.archives()[0]).unwrap();
    let ran = context.run(["verify", "backups/gone.tar.gz"]);
    assert_output!(context, ran);
}

#[test]
fn a_backup_whose_archive_is_gone_is_listed_as_missing_and_fails() {
    let context = backed_up();
    let id = context.id();
    fs::remove_file(&context.archives()[0]).unwrap();
    let ran = context.run(["verify", &id]);
    assert_output!(context, ran);
    let ran = context.run(["list"]);
    assert_output!(context, ran);
}

#[test]
fn an_unknown_id_is_a_mistake() {
    let context = backed_up();
    let ran = context.run(["verify", "blog_2026"]);
    assert_output!(context, ran);
}
