//! Saving servers: what the text looks like afterwards, and what is refused.

use super::{PUBLISHED, PUBLISHED_FULL, STORAGE, Scene, refusal, sqlite};
use crate::config::{
    PasswordEdit, ProfileEdit, SecretSource, Selection, ServerEdit, TlsMode, parse,
};
use crate::error::ErrorCode;
use crate::ids::EngineKind;
use crate::secret::Secret;

fn server(name: &str, engine: EngineKind, form: ServerEdit) -> ProfileEdit {
    ProfileEdit { engine, server: Some(form), ..sqlite(name, &[]) }
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[track_caller]
fn saved(text: &str, original: Option<&str>, edit: &ProfileEdit) -> String {
    let scene = Scene::new(text);
    let edited = scene.file().save_profile(original, edit).unwrap();
    assert_eq!(edited.config, scene.file().load().unwrap());
    scene.text()
}

/// The form of the published MySQL server as it stands in the file.
fn published() -> ServerEdit {
    ServerEdit {
        host: "localhost".to_owned(),
        port: Some(3306),
        user: "backup".to_owned(),
        password: PasswordEdit::Keep,
        databases: texts(&["blog", "tracker"]),
        ..ServerEdit::default()
    }
}

#[test]
fn a_new_server_is_written_without_its_defaults() {
    let form = ServerEdit { host: "db.lan".to_owned(), ..ServerEdit::default() };
    let text = saved(PUBLISHED, None, &server("shop", EngineKind::Postgres, form));
    let table = "\n[databases.shop]\nengine = \"postgres\"\nhost = \"db.lan\"\n\n[storage]";
    assert_eq!(text, PUBLISHED.replace("\n[storage]", table));
}

#[test]
fn everything_that_a_form_says_is_written_and_read() {
    let form = ServerEdit {
        host: "db.lan".to_owned(),
        port: Some(27018),
        user: "backup".to_owned(),
        password: PasswordEdit::Set(SecretSource::Env("PW".to_owned())),
        container: "events-db".to_owned(),
        tls: Some(TlsMode::Verify),
        ca_file: "~/ca.pem".to_owned(),
        tools: "/opt/mongo/bin".to_owned(),
        auth_database: "users".to_owned(),
        databases: texts(&["events"]),
        selection: Selection {
            exclude_databases: texts(&["a"]),
            tables: texts(&["b*"]),
            exclude_tables: texts(&["c"]),
            structure_only: texts(&["d"]),
        },
        globals: true,
        lock_tables: false,
        jobs: Some(4),
    };
    let text = saved(PUBLISHED, None, &server("mongodb", EngineKind::Mongodb, form.clone()));
    let table = r#"
[databases.mongodb]
docker = "events-db"
host = "db.lan"
port = 27018
user = "backup"
password = { env = "PW" }
auth_database = "users"
tls = "verify"
ca_file = "~/ca.pem"
tools = "/opt/mongo/bin"
databases = ["events"]
exclude_databases = ["a"]
tables = ["b*"]
exclude_tables = ["c"]
structure_only = ["d"]
globals = true
jobs = 4

[storage]"#;
    assert_eq!(text, PUBLISHED.replace("\n[storage]", table));
    let edit = server("mongodb", EngineKind::Mongodb, form);
    assert_eq!(saved(&text, Some("mongodb"), &edit), text);
    let bare = ServerEdit { container: "events-db".to_owned(), ..ServerEdit::default() };
    assert_eq!(
        saved(&text, Some("mongodb"), &server("mongodb", EngineKind::Mongodb, bare)),
        PUBLISHED.replace(
            "\n[storage]",
            "\n[databases.mongodb]\ndocker = \"events-db\"\nglobals = false\n\n[storage]"
        )
    );
}

#[test]
fn only_what_changed_is_touched() {
    let edit = |form: ServerEdit| server("mysql", EngineKind::Mysql, form);
    let same = |form| saved(PUBLISHED_FULL, Some("mysql"), &edit(form));
    assert_eq!(same(published()), PUBLISHED_FULL);
    let moved = ServerEdit { host: "db.lan".to_owned(), port: None, ..published() };
    let one =
        PUBLISHED_FULL.replacen("host = \"localhost\"\nport = 3306\n", "host = \"db.lan\"\n", 1);
    assert_eq!(same(moved), one);
    let more = ServerEdit { databases: texts(&["blog", "tracker", "wiki_*"]), ..published() };
    assert_eq!(same(more), PUBLISHED_FULL.replace("\"tracker\"]", "\"tracker\", \"wiki_*\"]"));
    let all = ServerEdit { databases: Vec::new(), ..published() };
    assert_eq!(same(all), PUBLISHED_FULL.replace("databases = [\"blog\", \"tracker\"]\n", ""));
}

#[test]
fn comments_and_relative_paths_stay() {
    let text = format!(
        "# about\n[databases.mysql] # head\n# the host\nhost = \"h\" # here\nca_file = \"ca.pem\"\n\
         globals = true # roles\npassword = {{ file = \"pw\" }} # secret\ntables = [\n  \"a\", # first\n  \"b\",\n]\n\n{STORAGE}"
    );
    let scene = Scene::new(&text);
    let form = ServerEdit {
        host: "h2".to_owned(),
        password: PasswordEdit::Keep,
        ca_file: scene.folder.path().join("ca.pem").to_str().unwrap().to_owned(),
        selection: Selection { tables: texts(&["a", "b", "c"]), ..Selection::default() },
        ..ServerEdit::default()
    };
    scene.file().save_profile(Some("mysql"), &server("mysql", EngineKind::Mysql, form)).unwrap();
    assert_eq!(
        scene.text(),
        text.replace("host = \"h\"", "host = \"h2\"")
            .replace("globals = true", "globals = false")
            .replace("  \"b\",\n", "  \"b\",\n  \"c\",\n")
    );
}

#[test]
fn a_password_changes_its_place() {
    let with = |password| ServerEdit { password, ..published() };
    let edit = |source| server("mysql", EngineKind::Mysql, with(PasswordEdit::Set(source)));
    let plain = "password = \"secret\"\ndatabases = [\"blog\"";
    let after = |line: &str| PUBLISHED_FULL.replace(plain, &plain.replace("\"secret\"", line));
    let entry = SecretSource::Keychain("config-1/mysql-2".to_owned());
    let text = saved(PUBLISHED_FULL, Some("mysql"), &edit(entry));
    assert_eq!(text, after("{ keychain = \"config-1/mysql-2\" }"));
    let command = SecretSource::Command(texts(&["pass", "a b"]));
    assert_eq!(
        saved(&text, Some("mysql"), &edit(command)),
        after("{ command = [\"pass\", \"a b\"] }")
    );
    let file = edit(SecretSource::File("/run/pw".into()));
    assert_eq!(saved(&text, Some("mysql"), &file), after("{ file = \"/run/pw\" }"));
    let none = server("mysql", EngineKind::Mysql, with(PasswordEdit::Remove));
    assert_eq!(
        saved(&text, Some("mysql"), &none),
        PUBLISHED_FULL.replace(plain, "databases = [\"blog\"")
    );
}

#[test]
fn a_password_in_a_table_of_its_own_is_replaced() {
    let text = format!(
        "[databases.mysql]\nhost = \"h\"\n\n# keep me\n\n[databases.mysql.password]\nenv = \"A\"\n\n{STORAGE}"
    );
    let form = ServerEdit {
        host: "h".to_owned(),
        password: PasswordEdit::Set(SecretSource::Env("B".to_owned())),
        ..ServerEdit::default()
    };
    assert_eq!(
        saved(&text, Some("mysql"), &server("mysql", EngineKind::Mysql, form)),
        format!(
            "[databases.mysql]\nhost = \"h\"\npassword = {{ env = \"B\" }}\n\n# keep me\n\n{STORAGE}"
        )
    );
}

#[test]
fn a_password_is_never_written_into_the_file() {
    let scene = Scene::new(PUBLISHED_FULL);
    let password = PasswordEdit::Set(SecretSource::Plain(Secret::new("hunter2")));
    let form = ServerEdit { password, ..published() };
    let edit = server("mysql", EngineKind::Mysql, form);
    let error = scene.file().save_profile(Some("mysql"), &edit).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Internal);
    assert_eq!(scene.text(), PUBLISHED_FULL);
}

#[test]
fn entries_of_the_keychain_that_nothing_names_any_more_are_released() {
    let entry = |name: &str| SecretSource::Keychain(name.to_owned());
    let form = |password| ServerEdit { password, ..published() };
    let edit = |name: &str, password| server(name, EngineKind::Mysql, form(password));
    let scene = Scene::new(STORAGE);
    let file = scene.file();
    let save = |original, edit| file.save_profile(original, &edit).unwrap().released;
    assert!(save(None, edit("a", PasswordEdit::Set(entry("1")))).is_empty());
    assert!(save(None, edit("b", PasswordEdit::Set(entry("1")))).is_empty());
    assert!(save(Some("a"), edit("c", PasswordEdit::Keep)).is_empty());
    assert!(save(Some("c"), edit("c", PasswordEdit::Set(entry("2")))).is_empty());
    assert_eq!(save(Some("b"), edit("b", PasswordEdit::Remove)), ["1"]);
    assert_eq!(file.remove_profile("c").unwrap().released, ["2"]);
}

#[test]
fn a_check_says_the_same_and_changes_nothing() {
    let scene = Scene::new(PUBLISHED);
    let good = ServerEdit { host: "h".to_owned(), ..ServerEdit::default() };
    let check = |form| scene.file().check_profile(None, &server("shop", EngineKind::Mysql, form));
    check(good).unwrap();
    assert_eq!(refusal(check(ServerEdit::default())).0, "host");
    assert_eq!(scene.text(), PUBLISHED);
    assert!(!scene.file().previous_path().exists());
}

#[test]
fn what_the_form_of_a_server_must_not_say() {
    let base = || ServerEdit { host: "h".to_owned(), ..ServerEdit::default() };
    let cases: Vec<(ServerEdit, &str)> = vec![
        (ServerEdit { host: " ".to_owned(), ..base() }, "host"),
        (ServerEdit { host: "h:1".to_owned(), ..base() }, "host"),
        (ServerEdit { container: "-x".to_owned(), ..base() }, "container"),
        (ServerEdit { user: "a\0".to_owned(), ..base() }, "user"),
        (ServerEdit { auth_database: "a".to_owned(), ..base() }, "auth_database"),
        (ServerEdit { lock_tables: true, ..base() }, "lock_tables"),
        (ServerEdit { jobs: Some(0), ..base() }, "jobs"),
        (ServerEdit { jobs: Some(65), ..base() }, "jobs"),
        (ServerEdit { ca_file: "ca.pem".to_owned(), ..base() }, "ca_file"),
        (ServerEdit { tools: "bin".to_owned(), ..base() }, "tools"),
        (ServerEdit { databases: texts(&["a["]), ..base() }, "databases"),
        (ServerEdit { databases: texts(&["a", "a"]), ..base() }, "databases"),
        (ServerEdit { databases: texts(&[" "]), ..base() }, "databases"),
        (ServerEdit { password: PasswordEdit::Keep, ..base() }, "password"),
        (
            ServerEdit { password: PasswordEdit::Set(SecretSource::Env(String::new())), ..base() },
            "password",
        ),
    ];
    for (form, field) in cases {
        let scene = Scene::new(PUBLISHED);
        let edit = server("shop", EngineKind::Postgres, form);
        assert_eq!(refusal(scene.file().save_profile(None, &edit)).0, field);
        assert_eq!(scene.text(), PUBLISHED);
    }
    let form = ServerEdit { jobs: Some(64), ..base() };
    let scene = Scene::new(PUBLISHED);
    scene.file().save_profile(None, &server("shop", EngineKind::Postgres, form)).unwrap();
}

#[test]
fn typed_references_are_checked() {
    assert_eq!(refusal(PasswordEdit::typed("")).0, "password");
    assert_eq!(refusal(PasswordEdit::typed("a\0")).0, "password");
    assert_eq!(PasswordEdit::typed(" p\n").unwrap(), Secret::new(" p\n"));
    assert_eq!(refusal(PasswordEdit::file(" ")).0, "password");
    assert_eq!(refusal(PasswordEdit::file("pw")).0, "password");
    for wrong in ["", "\"a", "bin/pw"] {
        assert_eq!(refusal(PasswordEdit::command(wrong)).0, "password", "{wrong}");
    }
    let words = texts(&["pass", "show", "my shop"]);
    assert_eq!(
        PasswordEdit::command("pass show 'my shop'").unwrap(),
        PasswordEdit::Set(SecretSource::Command(words))
    );
}

#[test]
fn what_is_written_is_what_was_meant() {
    // Texts that need care in TOML.
    for nasty in ["a\"b", "a\\b", "a'b", "a\nb", "kü🔑", "a#b", "a]b", "\u{7f}"] {
        let form = ServerEdit {
            host: "h".to_owned(),
            user: nasty.to_owned(),
            password: PasswordEdit::Set(SecretSource::Command(texts(&["x", nasty]))),
            databases: vec![nasty.to_owned()],
            ..ServerEdit::default()
        };
        let text = saved(PUBLISHED, None, &server("shop", EngineKind::Mysql, form));
        let config = parse(&text, std::path::Path::new("/c.toml")).unwrap();
        let connection = &config.profile("shop").unwrap().connection;
        assert_eq!(
            (connection.user.as_str(), &connection.databases[0]),
            (nasty, &nasty.to_owned())
        );
        assert_eq!(connection.password, Some(SecretSource::Command(texts(&["x", nasty]))));
    }
}
