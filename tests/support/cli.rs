//! One stranger's computer for one test: a home, a configuration, databases and backups of its own.
//!
//! Owns the folder, how `kronos` is called in it, and what is the same in every run of a test: times,
//! sizes, ids and paths are replaced before an output is compared with its snapshot.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kronos_engine::state_dir::StateDir;
use rusqlite::Connection;
use tempfile::TempDir;

/// A folder with everything that one test needs.
pub struct TestContext {
    root: TempDir,
}

/// How a call of `kronos` ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl TestContext {
    /// An empty home.
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("kronos-cli-").tempdir().unwrap();
        for folder in ["home", "data"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    /// The published configuration with `shop.db` in it, nothing changed but the paths.
    pub fn with_shop() -> Self {
        let context = Self::new();
        context.database("shop.db", 1000);
        context.published("config.toml");
        context
    }

    /// Several profiles, each one SQLite file: `name = "file"`.
    pub fn with_profiles(profiles: &[(&str, &str)]) -> Self {
        let context = Self::new();
        let mut text = String::new();
        for (name, file) in profiles {
            let path = context.data(file);
            text.push_str(&format!("[databases.{name}]\nengine = \"sqlite\"\npath = {path:?}\n\n"));
        }
        context.config(&(text + &context.storage_table()));
        context
    }

    /// Writes `examples/<name>` as `config.toml`, with its paths moved into this context.
    pub fn published(&self, name: &str) {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        let text = fs::read_to_string(example).unwrap();
        let moved = text
            .replace("/srv/shop/data", self.data("").to_str().unwrap().trim_end_matches('/'))
            .replace("/srv/backups", self.backups().to_str().unwrap())
            .replace("\"shop.db\", \"sessions.db\"", "\"shop.db\"");
        self.config(&moved);
    }

    pub fn config(&self, text: &str) {
        fs::write(self.config_path(), text).unwrap();
    }

    /// The table of a storage in this context.
    pub fn storage_table(&self) -> String {
        format!("[storage]\ntype_ = \"local\"\npath = {:?}\n", self.backups())
    }

    /// Makes a SQLite file with `rows` rows in `orders`.
    pub fn database(&self, name: &str, rows: u32) -> PathBuf {
        let path = self.data(name);
        let database = Connection::open(&path).unwrap();
        let tables = "CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
             CREATE TABLE notes (text TEXT);";
        database.execute_batch(tables).unwrap();
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO orders SELECT i, 'order ' || i FROM n";
        database.execute(fill, [rows]).unwrap();
        path
    }

    /// Makes a SQLite file of so many megabytes that do not compress.
    pub fn large_database(&self, name: &str, megabytes: u32) -> PathBuf {
        let path = self.data(name);
        let database = Connection::open(&path).unwrap();
        database.execute_batch("CREATE TABLE noise (bytes BLOB)").unwrap();
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO noise SELECT randomblob(1000000) FROM n";
        database.execute(fill, [megabytes]).unwrap();
        path
    }

    /// Calls `kronos` here and waits for its end.
    pub fn run<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Ran {
        self.command(words).output().unwrap().into()
    }

    /// Like [`Self::run`], for a command that has to succeed.
    pub fn ok<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Ran {
        let ran = self.run(words);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran
    }

    /// A call of `kronos` that knows nothing of the computer that the test runs on.
    pub fn command<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kronos"));
        command
            .args(words)
            .current_dir(self.root())
            .env_clear()
            .env("HOME", self.root().join("home"))
            .env("XDG_CONFIG_HOME", self.root().join("home/.config"))
            .env("XDG_STATE_HOME", self.root().join("state"))
            .env("TZ", "UTC");
        command
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn config_path(&self) -> PathBuf {
        self.root().join("config.toml")
    }

    pub fn data(&self, name: &str) -> PathBuf {
        self.root().join("data").join(name)
    }

    pub fn backups(&self) -> PathBuf {
        self.root().join("backups")
    }

    pub fn logs(&self) -> PathBuf {
        self.root().join("state/kronos/logs")
    }

    pub fn state(&self) -> StateDir {
        StateDir::for_config(&self.root().join("state/kronos"), &self.config_path())
    }

    /// The archives that are there, oldest first.
    pub fn archives(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = files_in(&self.backups());
        found.retain(|path| path.extension().is_some_and(|end| end == "gz" || end == "zst"));
        found.sort_by_key(|path| {
            path.file_name().unwrap().to_string_lossy().split('_').nth(1).map(str::to_owned)
        });
        found
    }

    /// The id of the only backup.
    pub fn id(&self) -> String {
        let archives = self.archives();
        let [archive] = archives.as_slice() else { panic!("{archives:?}") };
        archive.file_name().unwrap().to_str().unwrap().trim_end_matches(".tar.gz").to_owned()
    }

    /// An output with its exit code, without what differs from run to run.
    pub fn shown(&self, ran: &Ran) -> String {
        let text = format!(
            "exit code: {}\n----- stdout -----\n{}----- stderr -----\n{}",
            ran.code, ran.stdout, ran.stderr
        );
        text.replace(self.root().to_str().unwrap(), "[ROOT]")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Every line of stdout as JSON.
    pub fn lines(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The paths in a folder, hidden ones too; none when there is no folder.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// What is replaced in a snapshot: a pattern and its stand-in.
pub const FILTERS: [(&str, &str); 12] = [
    // How many phases are seen depends on the speed of the computer.
    (
        r"(?m)^[^ \n]+: (preparing|copying|storing|verifying|loading|comparing the contents|finishing)(, .*)?\n",
        "",
    ),
    (r"\d{8}T\d{6}\.\d{3}Z_[0-9a-z]{6}", "[ID]"),
    (r"\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}, (just now|\d+ min ago)", "[WHEN]"),
    (r"as it was at \d{2}:\d{2}:\d{2}", "as it was at [TIME]"),
    (r"restored_\d{4}", "restored_[DATE]"),
    (r"\b[0-9a-f]{64}\b", "[SHA256]"),
    (r"\bconfig-[0-9a-f]{8}\b", "config-[HASH]"),
    (r"in <?\d+(\.\d)? s\b", "in [TIME]"),
    (r"\d+(\.\d)? (B|kB|MB|GB|TB)\b", "[SIZE]"),
    (r"SQLite \d+\.\d+\.\d+", "SQLite [VERSION]"),
    (r"(kronos|Kronos) \d+\.\d+\.\d+", "$1 [VERSION]"),
    // The width of a column follows what was replaced above.
    (r"(\S)  +", "$1  "),
];
