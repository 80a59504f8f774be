//! Tests of the configuration: what loads, what is refused, what an edit leaves alone.

mod concurrency;
mod connection_url;
mod edit_files;
mod edit_profile;
mod edit_server;
mod edit_storage;
mod environment;
mod files;
mod problems;
mod properties;
mod secrets;
mod servers;
mod values;

use std::path::{Path, PathBuf};

use super::{Config, ConfigFile, ProfileEdit, StorageEdit, parse};
use crate::error::{ConfigError, Error, Result};
use crate::ids::EngineKind;

/// The published files, unchanged.
const PUBLISHED: &str = r#"[databases.sqlite]
host = "/srv/app/data"
port = 0
user = ""
password = ""
databases = ["shop.db"]

[storage]
type_ = "local"
path = "/srv/backups"
"#;
const PUBLISHED_FULL: &str = r#"[databases.sqlite]
host = "/srv/app/data"
port = 0
user = ""
password = ""
databases = ["shop.db", "sessions.db"]

[databases.mysql]
host = "localhost"
port = 3306
user = "backup"
password = "secret"
databases = ["blog", "tracker"]

[databases.postgres]
host = "localhost"
port = 5432
user = "postgres"
password = "secret"
databases = ["orders", "billing"]

[databases.mongodb]
host = "localhost"
port = 27017
user = "admin"
password = "secret"
databases = ["events", "profiles"]

[schedule]
cron = "0 2 * * *"

[storage]
type_ = "s3"
bucket = "team-backups"
region = "eu-central-1"
access_key = "AKIAEXAMPLE"
secret_key = "secret"
"#;
const EXAMPLE: &str = include_str!("../../../../../examples/config.toml");
const EXAMPLE_FULL: &str = include_str!("../../../../../examples/full_config.toml");

/// A storage table, so that a test about profiles has one.
const STORAGE: &str = "[storage]\ntype = \"local\"\npath = \"/b\"\n";

fn read(text: &str) -> Config {
    parse(text, Path::new("/etc/kronos/config.toml")).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// All problems of a file, one line each.
fn problems(text: &str) -> String {
    match parse(text, Path::new("/etc/kronos/config.toml")) {
        Err(Error::Config(ConfigError::Invalid { problems, .. })) => {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        }
        other => panic!("not refused: {other:?}\n{text}"),
    }
}

/// A configuration file in a folder of its own.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(text: &str) -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(scene.path(), text).unwrap();
        scene
    }

    fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn file(&self) -> ConfigFile {
        ConfigFile::new(self.path())
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    /// All names in the folder, sorted.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn sqlite(name: &str, paths: &[&str]) -> ProfileEdit {
    ProfileEdit {
        name: name.to_owned(),
        engine: EngineKind::Sqlite,
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        server: None,
        storage: None,
        protected: None,
        tag: String::new(),
    }
}

fn folder(name: &str, path: &str) -> StorageEdit {
    StorageEdit { name: name.to_owned(), path: path.to_owned() }
}

/// The form field and the message of a refusal.
fn refusal<T: std::fmt::Debug>(result: Result<T>) -> (&'static str, String) {
    match result {
        Err(Error::Config(ConfigError::Rejected { field, message })) => (field, message),
        other => panic!("not rejected: {other:?}"),
    }
}
