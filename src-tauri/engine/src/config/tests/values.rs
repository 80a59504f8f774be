//! What correct files mean.

use std::path::{Path, PathBuf};

use super::{EXAMPLE, EXAMPLE_FULL, PUBLISHED, PUBLISHED_FULL, STORAGE, read};
use crate::config::{
    Appearance, Codec, CompressionSettings, ConnectionSettings, Schedule, SecretSource,
    ServerSettings, Settings, StorageKind, parse,
};
use crate::ids::EngineKind;
use crate::secret::Secret;

fn local(path: &str) -> StorageKind {
    StorageKind::Local { path: PathBuf::from(path) }
}

#[test]
fn the_published_file_loads_unchanged() {
    let config = read(PUBLISHED);
    assert_eq!(config.profiles.len(), 1);
    let profile = &config.profiles[0];
    assert_eq!((profile.name.as_str(), profile.engine), ("sqlite", EngineKind::Sqlite));
    assert_eq!(
        profile.connection,
        ConnectionSettings {
            host: "/srv/app/data".to_owned(),
            databases: vec!["shop.db".to_owned()],
            ..ConnectionSettings::default()
        }
    );
    assert_eq!(profile.compression, CompressionSettings { codec: Codec::Gzip, level: 3 });
    assert_eq!(config.storages[0].name, "default");
    assert_eq!(config.storages[0].kind, local("/srv/backups"));
    assert_eq!(config.storage_of(profile).unwrap().name, "default");
    assert_eq!(config.schedule, None);
    assert_eq!(config.settings, Settings::default());
    assert_eq!(config.warnings, Vec::<String>::new());
}

#[test]
fn the_published_full_file_loads_unchanged() {
    let config = read(PUBLISHED_FULL);
    let names: Vec<_> = config.profiles.iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["sqlite", "mysql", "postgres", "mongodb"]);
    let mysql = &config.profiles[1];
    assert_eq!(mysql.engine, EngineKind::Mysql);
    assert_eq!(
        mysql.connection,
        ConnectionSettings {
            host: "localhost".to_owned(),
            port: 3306,
            user: "backup".to_owned(),
            password: Some(SecretSource::Plain(Secret::new("secret"))),
            databases: vec!["blog".to_owned(), "tracker".to_owned()],
            paths: Vec::new(),
            server: ServerSettings::default(),
        }
    );
    assert_eq!(config.schedule, Some(Schedule { cron: "0 2 * * *".to_owned() }));
    assert_eq!(
        config.storages[0].kind,
        StorageKind::S3 {
            bucket: "team-backups".to_owned(),
            region: "eu-central-1".to_owned(),
            access_key: "AKIAEXAMPLE".to_owned(),
            secret_key: Some(Secret::new("secret")),
        }
    );
    assert_eq!(
        config.warnings,
        [
            "line 12: The password of `mysql` stands in plain text in this file",
            "line 19: The password of `postgres` stands in plain text in this file",
            "line 26: The password of `mongodb` stands in plain text in this file",
            "line 37: The secret key of `default` stands in plain text in this file",
        ]
    );
    assert!(!format!("{config:?}").contains("\"secret\""));
}

#[test]
fn the_examples_load() {
    let small = read(EXAMPLE);
    assert_eq!(small.profiles[0].connection.databases, ["shop.db", "sessions.db"]);
    assert_eq!(small.warnings, Vec::<String>::new());
    let full = read(EXAMPLE_FULL);
    let names: Vec<_> = full.profiles.iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["sqlite", "notes", "media library", "mysql", "postgres", "mongodb"]);
    let postgres = &full.profiles[4].connection;
    assert_eq!(postgres.server.selection.structure_only, ["audit.log_*"]);
    assert_eq!(full.profiles[5].connection.server.container.as_deref(), Some("events-db"));
    let storages: Vec<_> = full.storages.iter().map(|storage| storage.name.as_str()).collect();
    assert_eq!(storages, ["default", "usb", "offsite"]);
    assert_eq!(full.storage_of(&full.profiles[1]).unwrap().name, "usb");
    assert_eq!(full.profiles[2].compression, CompressionSettings { codec: Codec::Zstd, level: 9 });
    assert_eq!(full.warnings.len(), 2);
}

#[test]
fn every_shape_of_a_profile_is_understood() {
    let tables = [
        ("[databases.a]\nengine = \"sqlite\"\npath = \"/x/a.db\"\n", vec!["/x/a.db"]),
        (
            "[databases.a]\nengine = \"sqlite\"\npaths = [\"/a.db\", \"/b.db\"]\n",
            vec!["/a.db", "/b.db"],
        ),
        ("[databases.sqlite]\npath = \"a.db\"\n", vec!["/etc/kronos/a.db"]),
        ("[databases.sqlite]\npath = \"./../x//a.db\"\n", vec!["/etc/kronos/../x/a.db"]),
        (
            "[databases.sqlite]\npath = '/a b.db'\nhost = \"\"\nport = 0\ndatabases = []\n",
            vec!["/a b.db"],
        ),
        ("databases.a.engine = \"sqlite\"\ndatabases.a.path = \"/a.db\"\n", vec!["/a.db"]),
        ("databases = { a = { engine = \"sqlite\", path = \"/a.db\" } }\n", vec!["/a.db"]),
        ("[databases]\na = { engine = \"sqlite\", path = \"/a.db\" }\n", vec!["/a.db"]),
    ];
    for (table, expected) in tables {
        let config = read(&format!("{table}{STORAGE}"));
        let expected: Vec<_> = expected.into_iter().map(PathBuf::from).collect();
        assert_eq!(config.profiles[0].connection.paths, expected, "{table}");
        assert_eq!(config.profiles[0].connection.host, "", "{table}");
    }
}

#[test]
fn home_and_relative_folders_become_absolute() {
    let home = dirs::home_dir().unwrap();
    let text = "[databases.sqlite]\nhost = \"~/data\"\ndatabases = [\"a.db\", \"old/b.db\"]\n\
                [storage]\ntype_ = \"local\"\npath = \"~\"\n[storages.b]\ntype = \"local\"\npath = \"b/\"\n";
    let config = read(text);
    assert_eq!(Path::new(&config.profiles[0].connection.host), home.join("data"));
    assert_eq!(config.storages[0].kind, StorageKind::Local { path: home });
    assert_eq!(config.storages[1].kind, local("/etc/kronos/b"));
    let here = std::env::current_dir().unwrap();
    let config = parse(text, Path::new("config.toml")).unwrap();
    assert_eq!(config.storages[1].kind, StorageKind::Local { path: here.join("b") });
}

#[test]
fn compression_is_inherited_key_by_key() {
    let cases = [
        ("", "", (Codec::Gzip, 3)),
        ("", "{ level = \"balanced\" }", (Codec::Gzip, 3)),
        ("", "{ codec = \"zstd\" }", (Codec::Zstd, 3)),
        ("", "{ codec = \"gzip\", level = 12 }", (Codec::Gzip, 12)),
        ("codec = \"zstd\"\nlevel = \"max\"", "", (Codec::Zstd, 19)),
        ("codec = \"zstd\"\nlevel = 7", "{ codec = \"zstd\" }", (Codec::Zstd, 7)),
        ("codec = \"zstd\"\nlevel = 7", "{ codec = \"gzip\" }", (Codec::Gzip, 3)),
        ("codec = \"zstd\"\nlevel = 7", "{ level = \"fast\" }", (Codec::Zstd, 1)),
        ("level = \"small\"", "{}", (Codec::Gzip, 8)),
    ];
    for (global, own, (codec, level)) in cases {
        let own = if own.is_empty() { String::new() } else { format!("compression = {own}\n") };
        let text = format!(
            "[databases.sqlite]\npath = \"/a.db\"\n{own}{STORAGE}[compression]\n{global}\n"
        );
        assert_eq!(
            read(&text).profiles[0].compression,
            CompressionSettings { codec, level },
            "{text}"
        );
    }
}

#[test]
fn settings_are_read() {
    let config = read("[settings]\nnotifications = false\nappearance = \"dark\"\n");
    assert_eq!(config.settings, Settings { notifications: false, appearance: Appearance::Dark });
}

#[test]
fn what_has_no_meaning_is_a_warning() {
    let text = "[databases.sqlite]\npath = \"/a.db\"\nport = 5\nuser = \"u\"\n\
                [storage]\ntype = \"local\"\npath = \"/b\"\nbucket = \"b\"\nregion = \"\"\n";
    assert_eq!(
        read(text).warnings,
        [
            "line 3: `port` has no meaning for SQLite, as in `sqlite`",
            "line 4: `user` has no meaning for SQLite, as in `sqlite`",
            "line 8: `bucket` has no meaning for a local storage such as `default`",
        ]
    );
}

#[test]
fn a_file_with_only_comments_is_a_configuration_without_databases() {
    let config = read("# nothing yet\n");
    assert!(config.profiles.is_empty() && config.storages.is_empty());
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let text = format!("\u{feff}{}", PUBLISHED_FULL.replace('\n', "\r\n"));
    assert_eq!(read(&text), read(PUBLISHED_FULL));
}
