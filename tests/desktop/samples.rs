//! Databases to back up, and a witness that compares two of them.
//!
//! Owns no code of the engine: what is written and read here goes through SQLite alone.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::desk::Desk;
use crate::page::Page;
use crate::wait::until;

/// A small shop: three tables, a view, 1 530 rows.
pub fn shop(path: &Path) -> PathBuf {
    let shop = Connection::open(path).unwrap();
    shop.execute_batch(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, photo BLOB);
         CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, total REAL);
         CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);
         CREATE VIEW spent AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
           INSERT INTO customers SELECT i, 'Kundin Nº ' || i || ' 🛒', randomblob(200) FROM n;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
           INSERT INTO orders SELECT i, i % 500 + 1, i * 1.37 FROM n;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)
           INSERT INTO notes SELECT i, CASE i % 3 WHEN 0 THEN NULL ELSE 'line' || char(10) || i END FROM n;",
    )
    .unwrap();
    path.to_owned()
}

/// A database that takes a while: about `megabytes` of noise that no compressor can shrink.
pub fn large(path: &Path, megabytes: u32) -> PathBuf {
    let large = Connection::open(path).unwrap();
    large
        .execute_batch(&format!(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 32768;
             CREATE TABLE noise (id INTEGER PRIMARY KEY, bytes BLOB);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {megabytes})
               INSERT INTO noise SELECT i, randomblob(1000000) FROM n;"
        ))
        .unwrap();
    path.to_owned()
}

/// A window over one small database, and a backup of it.
pub struct Sample {
    pub page: Page,
    pub source: PathBuf,
    /// The archive, where Kronos knows nothing of it.
    pub file: PathBuf,
}

/// Opens the window and backs a small shop up.
pub async fn sample(desk: &mut Desk) -> Sample {
    let home = desk.home();
    let source = shop(&home.join("shop.db"));
    let config = desk.write_config("");
    let page = Page::open(desk, &config).await;
    let file = archive(&page, &source, &home.join("elsewhere")).await;
    Sample { page, source, file }
}

/// Has the window back up a database, and puts the archive where Kronos knows nothing of it: what another
/// computer would get.
pub async fn archive(page: &Page, source: &Path, folder: &Path) -> PathBuf {
    let name = source.file_stem().unwrap().to_str().unwrap();
    let draft = json!({ "name": name, "engine": "sqlite", "paths": [source], "server": null, "storage": null });
    page.invoke("profile_save", json!({ "original": null, "draft": draft })).await.unwrap();
    page.invoke("backup_start", json!({ "profiles": [name] })).await.unwrap();
    let list = until("backup", async || {
        let list = page.invoke("backups_list", json!({})).await.unwrap();
        list[0]["id"].is_string().then_some(list)
    })
    .await;
    let id = json!({ "id": list[0]["id"] });
    let details = page.invoke("backup_details", id).await.unwrap();
    let stored = PathBuf::from(details["location"].as_str().unwrap());
    std::fs::create_dir_all(folder).unwrap();
    let file = folder.join(stored.file_name().unwrap());
    std::fs::copy(&stored, &file).unwrap();
    file
}

/// Every file below a folder with its size, its time of change and the SHA-256 of its bytes: two equal
/// listings mean that nothing was written in between.
pub fn listing(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_dir() {
            lines.extend(listing(&path));
        }
        let mut line =
            format!("{} {} {:?}", path.display(), metadata.len(), metadata.modified().unwrap());
        if metadata.is_file() {
            for byte in Sha256::digest(std::fs::read(&path).unwrap()) {
                write!(line, "{byte:02x}").expect("a text takes every text");
            }
        }
        lines.push(line);
    }
    lines.sort();
    lines
}

/// A line for each table: its name, its number of rows, a SHA-256 over them; and one for the schema.
pub fn digests(path: &Path) -> Vec<String> {
    let database = Connection::open(path).unwrap();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut query = database.prepare(names).unwrap();
    let names = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut lines: Vec<String> = names
        .map(|name| name.unwrap())
        .map(|name| {
            format!(
                "{name} {}",
                digest(&database, &format!("SELECT * FROM \"{name}\" ORDER BY rowid"))
            )
        })
        .collect();
    lines.push(digest(
        &database,
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name",
    ));
    lines
}

fn digest(database: &Connection, select: &str) -> String {
    let mut query = database.prepare(select).unwrap();
    let columns = query.column_count();
    let mut rows = query.query([]).unwrap();
    let (mut count, mut digest) = (0, Sha256::new());
    while let Some(row) = rows.next().unwrap() {
        count += 1;
        for column in 0..columns {
            let (kind, bytes) = encoded(row.get_ref(column).unwrap());
            digest.update([kind]);
            digest.update(bytes.len().to_le_bytes());
            digest.update(bytes);
        }
    }
    let mut line = format!("{count} ");
    for byte in digest.finalize() {
        write!(line, "{byte:02x}").expect("a text takes every text");
    }
    line
}

/// Kind and bytes: the number 1 and the text '1' differ.
fn encoded(value: ValueRef<'_>) -> (u8, Vec<u8>) {
    match value {
        ValueRef::Null => (b'n', Vec::new()),
        ValueRef::Integer(number) => (b'i', number.to_le_bytes().to_vec()),
        ValueRef::Real(number) => (b'r', number.to_bits().to_le_bytes().to_vec()),
        ValueRef::Text(text) => (b't', text.to_vec()),
        ValueRef::Blob(blob) => (b'b', blob.to_vec()),
    }
}
