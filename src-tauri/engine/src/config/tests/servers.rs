//! Servers in the file: what is understood, what is refused and in which words.

use std::path::PathBuf;

use super::{STORAGE, Scene, problems, read};
use crate::config::{Config, ConnectionSettings, SecretSource, Selection, ServerSettings, TlsMode};
use crate::secret::Secret;

fn connection(table: &str) -> ConnectionSettings {
    read(&format!("{table}\n{STORAGE}")).profiles.remove(0).connection
}

/// What is wrong with `lines` in the table of a PostgreSQL server, without the place.
#[track_caller]
fn refused(lines: &str) -> String {
    let found = problems(&format!("[databases.postgres]\nhost = \"h\"\n{lines}\n{STORAGE}"));
    let (place, message) = found.split_once(": ").unwrap();
    assert_eq!(place, "line 3", "{found}");
    message.to_owned()
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn every_key_of_a_server_is_understood() {
    let table = r#"[databases.events]
engine = "mongodb"
docker = "events-db"
port = 27017
user = "backup"
password = { env = "EVENTS_PASSWORD" }
tls = "require"
ca_file = "ca.pem"
tools = "~/mongo/bin"
auth_database = "users"
databases = ["events", "archive_*"]
exclude_databases = ["archive_old?"]
tables = ["log*"]
exclude_tables = ["log_tmp"]
structure_only = ["log_debug"]
globals = true
jobs = 4
"#;
    let expected = ConnectionSettings {
        host: String::new(),
        port: 27017,
        user: "backup".to_owned(),
        password: Some(SecretSource::Env("EVENTS_PASSWORD".to_owned())),
        databases: texts(&["events", "archive_*"]),
        paths: Vec::new(),
        server: ServerSettings {
            container: Some("events-db".to_owned()),
            tls: Some(TlsMode::Require),
            ca_file: Some(PathBuf::from("/etc/kronos/ca.pem")),
            tools: Some(dirs::home_dir().unwrap().join("mongo/bin")),
            auth_database: Some("users".to_owned()),
            selection: Selection {
                exclude_databases: texts(&["archive_old?"]),
                tables: texts(&["log*"]),
                exclude_tables: texts(&["log_tmp"]),
                structure_only: texts(&["log_debug"]),
            },
            globals: true,
            lock_tables: false,
            jobs: Some(4),
        },
    };
    assert_eq!(connection(table), expected);
    assert!(connection("[databases.mysql]\nhost = \"h\"\nlock_tables = true").server.lock_tables);
}

#[test]
fn a_host_alone_means_all_databases_with_the_defaults() {
    let found = connection("[databases.postgres]\nhost = \"/run/postgresql\"");
    let expected =
        ConnectionSettings { host: "/run/postgresql".to_owned(), ..ConnectionSettings::default() };
    assert_eq!(found, expected);
    assert_eq!(found.tls(), TlsMode::Prefer);
    assert_eq!(connection("[databases.mysql]\nhost = \"db.lan\"").tls(), TlsMode::Verify);
    assert_eq!(connection("[databases.mysql]\ndocker = \"db\"").tls(), TlsMode::Prefer);
    assert_eq!(connection("[databases.mysql]\nhost = \"::1\"").tls(), TlsMode::Prefer);
}

#[test]
fn every_reference_to_a_password_is_understood() {
    let password = |value: &str| {
        connection(&format!("[databases.mysql]\nhost = \"h\"\npassword = {value}")).password
    };
    let plain = |text: &str| Some(SecretSource::Plain(Secret::new(text)));
    assert_eq!(password("\"\""), None);
    assert_eq!(password("\"p$a\\\"b'c\\\\d@e#\\n🔑\""), plain("p$a\"b'c\\d@e#\n🔑"));
    let env = Some(SecretSource::Env("PW".to_owned()));
    assert_eq!(password("{ env = \"PW\" }"), env);
    let table = "[databases.mysql]\nhost = \"h\"\n[databases.mysql.password]\nenv = \"PW\"";
    assert_eq!(connection(table).password, env);
    assert_eq!(
        password("{ file = \"pw.txt\" }"),
        Some(SecretSource::File(PathBuf::from("/etc/kronos/pw.txt")))
    );
    assert_eq!(
        password("{ keychain = \"config-1/shop\" }"),
        Some(SecretSource::Keychain("config-1/shop".to_owned()))
    );
    let command = |words: &[&str]| Some(SecretSource::Command(texts(words)));
    assert_eq!(
        password("{ command = [\"pass\", \"show\", \"\", \"show\"] }"),
        command(&["pass", "show", "", "show"])
    );
    assert_eq!(password("{ command = [\"bin/pw\"] }"), command(&["/etc/kronos/bin/pw"]));
}

#[test]
fn a_wrong_reference_to_a_password_is_refused() {
    let cases = [
        (
            "{}",
            "`databases.postgres.password`: Say where the password is, with `env`, `file`, `command` or `keychain`",
        ),
        (
            "{ env = \"A\", file = \"b\" }",
            "`databases.postgres.password.file`: Only one of `env`, `file`, `command` and `keychain` can stand here",
        ),
        (
            "{ comand = [\"x\"] }",
            "`databases.postgres.password.comand`: Kronos knows no such key (did you mean `command`?)",
        ),
        ("{ env = \"\" }", "`databases.postgres.password.env`: This must not be empty"),
        (
            "{ env = \"a=b\" }",
            "`databases.postgres.password.env`: This is not the name of a variable",
        ),
        ("{ env = 3 }", "`databases.postgres.password.env`: This must be text, not a number"),
        (
            "{ file = \"~x\" }",
            "`databases.postgres.password.file`: `~` can only stand alone or before a slash, as in `~/shop.db`",
        ),
        (
            "{ command = \"pass show\" }",
            "`databases.postgres.password.command`: This must be a list of texts, not text",
        ),
        ("{ command = [] }", "`databases.postgres.password.command`: This list must not be empty"),
        ("{ command = [\" \"] }", "`databases.postgres.password.command`: The command is empty"),
        (
            "{ command = [\"a\", 1] }",
            "`databases.postgres.password.command`: Every entry must be text, not a number",
        ),
        ("\"a\\u0000\"", "`databases.postgres.password`: A zero byte cannot stand here"),
    ];
    for (value, expected) in cases {
        assert_eq!(refused(&format!("password = {value}")), expected);
    }
}

#[test]
fn wrong_values_are_refused() {
    let cases = [
        (
            "tls = \"verify-full\"",
            "tls`: `verify-full` is not one of `off`, `prefer`, `require`, `verify`",
        ),
        ("tls = true", "tls`: This must be text, not `true` or `false`"),
        ("jobs = 0", "jobs`: This must be a number from 1 to 64"),
        ("globals = \"yes\"", "globals`: This must be `true` or `false`, not text"),
        ("auth_database = \"admin\"", "auth_database`: This is only for MongoDB"),
        ("lock_tables = true", "lock_tables`: This is only for MySQL/MariaDB"),
        (
            "docker = \"-it\"",
            "docker`: The name of a container has letters, digits, `_`, `.` and `-`, and begins with one of the first two",
        ),
        ("docker = \"\"", "docker`: This must not be empty"),
        (
            "databases = []",
            "databases`: This list must not be empty; leave the key out to take all of them",
        ),
        (
            "tables = []",
            "tables`: This list must not be empty; leave the key out to take all of them",
        ),
        ("structure_only = [\"a\", \"a\"]", "structure_only`: `a` stands here twice"),
        (
            "exclude_tables = [\"a[\"]",
            "exclude_tables`: `a[`: This is not a pattern: unclosed character class; missing ']'; write `[[]` for a `[` in a name",
        ),
        (
            "ca_file = \"~x\"",
            "ca_file`: `~` can only stand alone or before a slash, as in `~/shop.db`",
        ),
        (
            "exclude_table = [\"a\"]",
            "exclude_table`: Kronos knows no such key (did you mean `exclude_tables`?)",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(refused(line), format!("`databases.postgres.{expected}"));
    }
}

#[test]
fn a_host_is_a_host_and_nothing_else() {
    let host = |host: &str| {
        let found = problems(&format!("[databases.mysql]\nhost = {host:?}\n{STORAGE}"));
        let message = found.strip_prefix("line 2: `databases.mysql.host`: ").unwrap();
        message.to_owned()
    };
    assert_eq!(host("mysql://u:pw@h/db"), "Write only the name of the host here, not a whole URL");
    assert_eq!(host("h:3306"), "Write only the host here, and its port under `port`");
    assert_eq!(host("[::1]:3306"), "Write only the host here, and its port under `port`");
    assert_eq!(host("a,b"), "Only one server can stand here");
    assert_eq!(host("u@h"), "Write the user under `user`, not before the host");
    for strange in ["-h", "a b", "a/b", "a\\b"] {
        assert_eq!(host(strange), "This is not the name or the address of a host");
    }
    let missing = problems(&format!("[databases.mysql]\n{STORAGE}"));
    assert_eq!(missing, "line 1: `databases.mysql.host`: This key is missing");
}

#[test]
fn files_have_nothing_of_a_server() {
    let found = problems(&format!("[databases.sqlite]\npath = \"/a\"\ntls = \"off\"\n{STORAGE}"));
    assert_eq!(
        found,
        "line 3: `databases.sqlite.tls`: This is only for a server; SQLite has files"
    );
}

#[test]
fn what_works_but_is_unwise_is_a_warning() {
    let table = "[databases.mysql]\nhost = \"h\"\ntls = \"off\"\nca_file = \"/ca.pem\"\n";
    let config = read(&format!("{table}{STORAGE}"));
    assert_eq!(config.warnings, ["line 4: `ca_file` has no meaning while `tls` is `off`"]);
}

#[cfg(unix)]
#[test]
fn a_password_file_that_others_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let table = "[databases.mysql]\nhost = \"h\"\npassword = { file = \"pw\" }\n";
    let scene = Scene::new(&format!("{table}{STORAGE}"));
    std::fs::set_permissions(scene.path(), PermissionsExt::from_mode(0o600)).unwrap();
    let file = scene.path().with_file_name("pw");
    let load = || -> Config { scene.file().load().unwrap() };
    assert_eq!(load().warnings, Vec::<String>::new());
    std::fs::write(&file, "x").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    let expected = format!(
        "The password file `{}` of `mysql` is open to other users of this computer; run `chmod 600` on it",
        file.display()
    );
    assert_eq!(load().warnings, [expected]);
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(load().warnings, Vec::<String>::new());
}
