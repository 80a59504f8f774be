//! Forms of servers: what a host shows, and what it never gets.

use super::*;
use crate::config::{Selection, TlsMode};
use crate::error::ErrorCode;
use crate::ids::EngineKind;
use crate::view::{PasswordDraft, ProfileDraft, ServerDraft};

pub(super) const STORAGE: &str = "[storage]\ntype = \"local\"\npath = \"backups\"\n";

pub(super) fn form(host: &str, password: PasswordDraft) -> ServerDraft {
    ServerDraft {
        host: host.to_owned(),
        port: None,
        user: String::new(),
        password,
        container: String::new(),
        tls: None,
        ca_file: String::new(),
        tools: String::new(),
        auth_database: String::new(),
        databases: Vec::new(),
        selection: Selection::default(),
        globals: false,
        lock_tables: false,
        jobs: None,
    }
}

pub(super) fn postgres(name: &str, server: ServerDraft) -> ProfileDraft {
    ProfileDraft {
        name: name.to_owned(),
        engine: EngineKind::Postgres,
        paths: Vec::new(),
        server: Some(server),
        storage: None,
        protected: None,
        tag: String::new(),
    }
}

fn write(root: &Path, databases: &str) {
    std::fs::write(root.join("config.toml"), format!("{databases}\n{STORAGE}")).unwrap();
}

#[tokio::test]
async fn a_form_comes_back_as_it_was_saved() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "");
    let engine = open(root.path()).await;
    let saved = ServerDraft {
        port: Some(5433),
        user: "ada".to_owned(),
        tls: Some(TlsMode::Require),
        ca_file: "~/ca.pem".to_owned(),
        tools: "/opt/pg/bin".to_owned(),
        databases: vec!["shop".to_owned()],
        selection: Selection { tables: vec!["a*".to_owned()], ..Selection::default() },
        globals: true,
        jobs: Some(2),
        ..form("db.lan", PasswordDraft::Env { name: " PW ".to_owned() })
    };
    engine.save_profile(None, &postgres("shop", saved.clone())).await.unwrap();
    let shown = engine.state().await.unwrap().profiles.remove(0);
    let place = "the variable `PW`".to_owned();
    let expected = ServerDraft { password: PasswordDraft::Saved { place }, ..saved };
    assert!(shown.draft.server == Some(expected.clone()));
    assert_eq!((shown.on_server, shown.location.as_str()), (true, "shop on db.lan:5433"));
    let text = std::fs::read_to_string(root.path().join("config.toml")).unwrap();
    engine.save_profile(Some("shop"), &postgres("shop", expected)).await.unwrap();
    assert_eq!(std::fs::read_to_string(root.path().join("config.toml")).unwrap(), text);
}

#[tokio::test]
async fn no_picture_holds_a_password() {
    let root = tempfile::tempdir().unwrap();
    let places = [
        ("\"hunter2\"", "plain text in the configuration"),
        ("{ env = \"PW\" }", "the variable `PW`"),
        ("{ file = \"/run/pw\" }", "the file `/run/pw`"),
        ("{ command = [\"echo\", \"hunter2\"] }", "the command `echo`"),
        ("{ keychain = \"x\" }", "the keychain"),
    ];
    for (password, place) in places {
        write(root.path(), &format!("[databases.mysql]\nhost = \"h\"\npassword = {password}"));
        let state = open(root.path()).await.state().await.unwrap();
        let server = state.profiles[0].draft.server.as_ref().unwrap();
        assert!(server.password == PasswordDraft::Saved { place: place.to_owned() }, "{place}");
        assert!(!serde_json::to_string(&state).unwrap().contains("hunter2"), "{place}");
    }
    write(root.path(), "[databases.mysql]\nhost = \"h\"");
    let state = open(root.path()).await.state().await.unwrap();
    assert!(state.profiles[0].draft.server.as_ref().unwrap().password == PasswordDraft::None);
}

#[tokio::test]
async fn a_location_is_short() {
    let root = tempfile::tempdir().unwrap();
    let cases = [
        ("host = \"localhost\"", "localhost"),
        ("host = \"localhost\"\nport = 1\ndatabases = [\"a\", \"b\"]", "a, b on localhost:1"),
        ("host = \"::1\"\nport = 1", "[::1]:1"),
        ("host = \"/run/postgresql\"\nport = 5432", "/run/postgresql"),
        ("docker = \"db\"\nport = 5432", "docker: db"),
        ("docker = \"db\"\ndatabases = [\"a\", \"b\", \"c\", \"d\"]", "a, b, c, d in docker: db"),
        (
            "host = \"h\"\ndatabases = [\"a\", \"b\", \"c\", \"d\", \"e\"]",
            "a, b, c and 2 more on h",
        ),
    ];
    for (lines, expected) in cases {
        write(root.path(), &format!("[databases.postgres]\n{lines}"));
        let state = open(root.path()).await.state().await.unwrap();
        assert_eq!(state.profiles[0].location, expected);
    }
}

#[tokio::test]
async fn a_form_is_tried_out_with_the_saved_password() {
    let root = tempfile::tempdir().unwrap();
    let missing = root.path().join("pw");
    write(
        root.path(),
        &format!(
            "[databases.postgres]\nhost = \"127.0.0.1\"\nport = 1\npassword = {{ file = {missing:?} }}"
        ),
    );
    let engine = open(root.path()).await;
    let place = "the file".to_owned();
    let draft = postgres("postgres", form("127.0.0.1", PasswordDraft::Saved { place }));
    let error = engine.probe(None, &draft).await.unwrap_err();
    assert_eq!(error.to_string(), "There is no saved password; enter it again");
    let error = engine.probe(Some("nobody"), &draft).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unknown);
    let wrong = postgres("postgres", form("u:p@h", PasswordDraft::None));
    let error = engine.probe(Some("postgres"), &wrong).await.unwrap_err();
    assert_eq!(error.to_string(), "Write the user under `user`, not before the host");
}

#[test]
fn a_pasted_url_becomes_a_form() {
    let parsed =
        Engine::parse_url("postgres://ada:p%40ss@db.lan:5433/shop?sslmode=require&x=1").unwrap();
    let expected = ServerDraft {
        port: Some(5433),
        user: "ada".to_owned(),
        tls: Some(TlsMode::Require),
        databases: vec!["shop".to_owned()],
        ..form("db.lan", PasswordDraft::Typed { text: "p@ss".to_owned() })
    };
    assert_eq!(parsed.engine, EngineKind::Postgres);
    assert!(parsed.server == expected);
    assert_eq!(parsed.warnings, ["`x` in the URL is not used"]);
    assert!(!format!("{parsed:?}").contains("p@ss"));
    assert_eq!(Engine::parse_url("shop").unwrap_err().code(), ErrorCode::ConfigInvalid);
}
