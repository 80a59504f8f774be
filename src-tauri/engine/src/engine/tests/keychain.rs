//! Typed passwords and a real Secret Service: kept, replaced, removed; locked or absent, refused.
//!
//! Each test runs itself once more in a D-Bus session and a home folder of its own, because the keychain is
//! found through the environment of the process.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::servers::{STORAGE, form, postgres};
use super::*;
use crate::config::SecretSource;
use crate::error::{Error, ErrorCode};
use crate::view::{PasswordDraft, ProfileDraft};

const NASTY: &str = "p$a\"b'c\\d@e#f%41g:h;i j\nkü🔑";

/// Says in which world the process is.
const WORLD: &str = "KRONOS_TEST_KEYCHAIN";

/// Runs the test `name` in a world of its own; inside it, returns its folder.
fn in_its_own_world(name: &str, with_bus: bool) -> Option<PathBuf> {
    if let Some(root) = std::env::var_os(WORLD) {
        return Some(root.into());
    }
    let root = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    let mut command = Command::new(if with_bus { "timeout" } else { "env" });
    if with_bus {
        command.args(["--kill-after=5", "120", "dbus-run-session", "--"]);
    }
    command.arg(test).args(["--exact", &format!("engine::tests::keychain::{name}"), "--nocapture"]);
    command.env(WORLD, root.path()).env("HOME", root.path()).env("XDG_RUNTIME_DIR", root.path());
    command.env("XDG_DATA_HOME", root.path().join("data"));
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    for name in ["DISPLAY", "WAYLAND_DISPLAY"] {
        command.env_remove(name);
    }
    let output = command.stdin(Stdio::null()).output().expect("dbus is installed");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    None
}

/// gnome-keyring with an unlocked keychain, until it is dropped.
struct Keyring(Child);

impl Keyring {
    fn start() -> Self {
        let mut daemon = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring is installed");
        daemon.stdin.take().unwrap().write_all(b"test").unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let keyring = Self(daemon);
        while !Keyring::answers() {
            assert!(Instant::now() < deadline, "gnome-keyring does not answer");
            std::thread::sleep(Duration::from_millis(10));
        }
        keyring
    }

    fn answers() -> bool {
        let owner = dbus(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            &["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"],
        );
        String::from_utf8_lossy(&owner.stdout).contains("true")
    }

    fn call(words: &[&str]) -> String {
        let output = dbus("org.freedesktop.secrets", "/org/freedesktop/secrets", words);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Number of entries that stand there under the name of Kronos.
    fn entries() -> usize {
        let search = "org.freedesktop.Secret.Service.SearchItems";
        Self::call(&[search, "dict:string:string:service,kronos"]).matches("object path").count()
    }

    fn lock() {
        let login = "array:objpath:/org/freedesktop/secrets/collection/login";
        Self::call(&["org.freedesktop.Secret.Service.Lock", login]);
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn dbus(name: &str, object: &str, words: &[&str]) -> Output {
    let mut command = Command::new("dbus-send");
    command.args(["--session", "--print-reply", &format!("--dest={name}"), object]).args(words);
    command.output().expect("dbus-send is installed")
}

fn typed(password: &str) -> ProfileDraft {
    let text = password.to_owned();
    postgres("shop", form("h", PasswordDraft::Typed { text }))
}

fn text(root: &Path) -> String {
    std::fs::read_to_string(root.join("config.toml")).unwrap()
}

async fn scene(root: &Path) -> Engine {
    std::fs::write(root.join("config.toml"), STORAGE).unwrap();
    open(root).await
}

fn source(engine: &Engine, profile: &str) -> SecretSource {
    let config = engine.config().unwrap();
    config.profile(profile).unwrap().connection.password.clone().unwrap()
}

async fn password(engine: &Engine, profile: &str) -> String {
    source(engine, profile).resolve().await.unwrap().expose().to_owned()
}

#[tokio::test]
async fn typed_passwords_are_kept_replaced_and_removed() {
    let name = "typed_passwords_are_kept_replaced_and_removed";
    let Some(root) = in_its_own_world(name, true) else { return };
    let _keyring = Keyring::start();
    let engine = scene(&root).await;
    engine.save_profile(None, &typed(NASTY)).await.unwrap();
    assert_eq!((password(&engine, "shop").await.as_str(), Keyring::entries()), (NASTY, 1));
    assert!(text(&root).contains("password = { keychain = \"config-"), "{}", text(&root));

    let kept = engine.state().await.unwrap().profiles.remove(0).draft;
    let renamed = ProfileDraft { name: "crm".to_owned(), ..kept };
    engine.save_profile(Some("shop"), &renamed).await.unwrap();
    assert_eq!((password(&engine, "crm").await.as_str(), Keyring::entries()), (NASTY, 1));

    let old = source(&engine, "crm");
    engine.save_profile(Some("crm"), &typed("new")).await.unwrap();
    assert_eq!((password(&engine, "shop").await.as_str(), Keyring::entries()), ("new", 1));
    let error = old.resolve().await.unwrap_err().to_string();
    assert!(error.ends_with("of the keychain: it is not there"), "{error}");

    engine.save_profile(None, &ProfileDraft { name: "b".to_owned(), ..typed("b") }).await.unwrap();
    assert_eq!(Keyring::entries(), 2);
    let without = postgres("b", form("h", PasswordDraft::None));
    engine.save_profile(Some("b"), &without).await.unwrap();
    assert_eq!(Keyring::entries(), 1);
    engine.remove_profile("shop").await.unwrap();
    assert_eq!(Keyring::entries(), 0);
}

#[tokio::test]
async fn a_save_that_fails_leaves_the_keychain_as_it_was() {
    let name = "a_save_that_fails_leaves_the_keychain_as_it_was";
    let Some(root) = in_its_own_world(name, true) else { return };
    let _keyring = Keyring::start();
    let engine = scene(&root).await;
    engine.save_profile(None, &typed("old")).await.unwrap();
    let file = root.join("config.toml");
    let modes = std::fs::metadata(&file).unwrap().permissions();
    let mut frozen = modes.clone();
    frozen.set_readonly(true);
    std::fs::set_permissions(&file, frozen).unwrap();
    assert!(engine.save_profile(Some("shop"), &typed("lost")).await.is_err());
    assert_eq!((password(&engine, "shop").await.as_str(), Keyring::entries()), ("old", 1));
    std::fs::set_permissions(&file, modes).unwrap();
    let refused = postgres("shop", form("", PasswordDraft::Typed { text: "lost".to_owned() }));
    assert!(engine.save_profile(Some("shop"), &refused).await.is_err());
    assert_eq!((password(&engine, "shop").await.as_str(), Keyring::entries()), ("old", 1));
}

#[tokio::test]
async fn an_entry_that_the_user_made_stays() {
    let Some(root) = in_its_own_world("an_entry_that_the_user_made_stays", true) else { return };
    let _keyring = Keyring::start();
    // The keychain's own client blocks, which a thread of the runtime must not.
    let entry = || keyring::Entry::new("kronos", "my shop")?.set_password("mine");
    std::thread::spawn(entry).join().unwrap().unwrap();
    let engine = scene(&root).await;
    let table = "[databases.postgres]\nhost = \"h\"\npassword = { keychain = \"my shop\" }\n";
    std::fs::write(root.join("config.toml"), format!("{table}{STORAGE}")).unwrap();
    assert_eq!(password(&engine, "postgres").await, "mine");
    engine.remove_profile("postgres").await.unwrap();
    assert_eq!(Keyring::entries(), 1);
}

#[tokio::test]
async fn a_locked_keychain_says_so_and_does_not_hang() {
    let name = "a_locked_keychain_says_so_and_does_not_hang";
    let Some(root) = in_its_own_world(name, true) else { return };
    let _keyring = Keyring::start();
    let engine = scene(&root).await;
    engine.save_profile(None, &typed("old")).await.unwrap();
    let before = text(&root);
    Keyring::lock();
    let started = Instant::now();
    let error = source(&engine, "shop").resolve().await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::SecretUnavailable);
    assert!(error.to_string().ends_with("the keychain is locked and was not opened"), "{error}");
    let error = engine.save_profile(Some("shop"), &typed("hunter2")).await.unwrap_err();
    refused_in_words(&error, &before, &root);
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn without_a_keychain_nothing_is_saved_in_plain_text() {
    let name = "without_a_keychain_nothing_is_saved_in_plain_text";
    let Some(root) = in_its_own_world(name, false) else { return };
    let engine = scene(&root).await;
    let error = engine.save_profile(None, &typed("hunter2")).await.unwrap_err();
    assert!(error.to_string().contains("no keychain answers on this computer"), "{error}");
    refused_in_words(&error, STORAGE, &root);
    let error = SecretSource::Keychain("x".to_owned()).resolve().await.unwrap_err().to_string();
    assert!(error.contains("the entry `x` of the keychain: no keychain answers"), "{error}");
}

/// The refusal names the other ways, and the file is as it was.
fn refused_in_words(error: &Error, before: &str, root: &Path) {
    assert_eq!(error.code(), ErrorCode::SecretUnavailable);
    let sentence = error.to_string();
    assert!(sentence.starts_with("The password was not saved, because the keychain"), "{sentence}");
    let hint = error.hint().unwrap();
    assert!(["variable", "file", "command"].iter().all(|way| hint.contains(way)), "{hint}");
    assert_eq!(text(root), before);
    assert!(!format!("{error:?} {sentence} {hint}").contains("hunter2"));
}
