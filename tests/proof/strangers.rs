//! Other users of the same computer: what Kronos may not read it says in a sentence, and what Kronos
//! writes nobody else can read, whatever the umask.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::{Ran, TestContext, files_in};
use crate::faults::tool;

#[test]
fn without_the_right_to_read_there_is_a_sentence() {
    let context = shop();
    make_reachable(&context);
    let shop = context.data("shop.db");
    let refusals = [
        (shop.clone(), "permission_denied"),
        (context.data(""), "permission_denied"),
        (context.backups(), "storage_unavailable"),
    ];
    let mut refused = 0;
    for (path, code) in refusals {
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        let ran = as_somebody(&context, &["backup", "--json"]);
        fs::set_permissions(&path, before).unwrap();
        assert_eq!(ran.code, 1, "{}: {ran:?}", path.display());
        assert!(ran.stdout.contains(&format!("\"{code}\"")), "{}: {ran:?}", path.display());
        assert!(ran.stderr.contains("hint:"), "{ran:?}");
        refused += 1;
    }
    assert_eq!(context.archives().len(), 0);
    let allowed = as_somebody(&context, &["backup", "--json"]);
    assert_eq!(allowed.code, 0, "{allowed:?}");
    unreadable_list(&context);
    crate::say(&format!("strangers: {refused} refused with a sentence, then 1 allowed"));
}

/// A storage that may not be looked into any more: the list still comes, from the catalog.
fn unreadable_list(context: &TestContext) {
    fs::set_permissions(context.backups(), Permissions::from_mode(0o000)).unwrap();
    let list = as_somebody(context, &["list", "--json"]);
    let verify = as_somebody(context, &["verify", "shop"]);
    fs::set_permissions(context.backups(), Permissions::from_mode(0o777)).unwrap();
    assert_eq!((list.code, list.lines().len()), (0, 1), "{list:?}");
    assert!(matches!(verify.code, 1 | 4), "{verify:?}");
    assert!(verify.stderr.contains("hint:"), "{verify:?}");
}

#[test]
fn what_kronos_writes_is_private_whatever_the_umask() {
    let context = shop();
    let mut command = Command::new("sh");
    let backup = context.command(["backup"]);
    command.args(["-c", "umask 000; exec \"$0\" backup"]).arg(backup.get_program());
    command.env_clear().current_dir(context.root());
    command.envs(backup.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    let state = context.root().join("state/kronos");
    let (mut files, mut folders) = (0, 0);
    for path in [context.backups(), state].iter().flat_map(|folder| tree(folder)) {
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o777;
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{} has mode {mode:o}", path.display());
        (files, folders) = if path.is_dir() { (files, folders + 1) } else { (files + 1, folders) };
    }
    crate::say(&format!(
        "strangers: {files} files 0600 and {folders} folders 0700 under umask 000"
    ));
    assert!(files >= 4 && folders >= 4, "archive, record, catalog and log; their folders");
}

fn shop() -> TestContext {
    let context = TestContext::new();
    let path = context.database("shop.db", 100);
    let profile = format!("[databases.shop]\nengine = \"sqlite\"\npath = {path:?}\n\n");
    context.config(&(profile + &context.storage_table()));
    context
}

/// Lets another user into the folders of the test, as on a shared computer.
fn make_reachable(context: &TestContext) {
    fs::create_dir(context.backups()).unwrap();
    fs::create_dir(context.root().join("state")).unwrap();
    fs::copy(assert_cmd::cargo::cargo_bin!("kronos"), context.root().join("kronos")).unwrap();
    for path in tree(context.root()) {
        let mode = if path.is_dir() || path.ends_with("kronos") { 0o777 } else { 0o666 };
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
}

/// Runs `kronos` as a user without special rights: root may read everything.
fn as_somebody(context: &TestContext, words: &[&str]) -> Ran {
    let kronos = context.root().join("kronos");
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new(tool("setpriv", "util-linux"));
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(kronos);
        command
    } else {
        Command::new(kronos)
    };
    let like = context.command(words);
    command.args(words).env_clear().current_dir(context.root());
    command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.output().unwrap().into()
}

fn tree(folder: &Path) -> Vec<PathBuf> {
    let below = files_in(folder)
        .into_iter()
        .flat_map(|path| if path.is_dir() { tree(&path) } else { vec![path] });
    [folder.to_owned()].into_iter().chain(below).collect()
}
