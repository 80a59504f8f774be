//! The SQLite connection against real files: what their tests share.

mod bad_sources;
mod dump;
mod restore;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::*;
use crate::cancel::CancellationToken;
use crate::contents::{DatabaseFacts, ObjectCount, ObjectKind};
use crate::database::DumpReport;
use crate::progress::Progress;

fn files(paths: &[PathBuf]) -> SqliteFiles {
    SqliteFiles { paths: paths.to_vec() }
}

/// A database of a few hundred rows.
fn sample(path: &Path, setup: &str) -> Connection {
    let database = Connection::open(path).unwrap();
    database.execute_batch(setup).unwrap();
    database
        .execute_batch(
            "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
             CREATE INDEX item_name ON item (name);
             CREATE VIEW short AS SELECT * FROM item WHERE length(name) < 9;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO item SELECT i, 'item ' || i FROM n;",
        )
        .unwrap();
    database
}

fn scope(folder: &Path) -> WorkScope {
    WorkScope {
        scratch: folder.to_owned(),
        progress: Progress::new(),
        cancel: CancellationToken::new(),
    }
}

/// Dumps everything and returns the bytes of each unit.
async fn dump(files: &SqliteFiles, scope: &WorkScope) -> Result<(Vec<Vec<u8>>, DumpReport)> {
    let plan = files.plan(&scope.cancel).await?;
    let mut stream = files.dump(&plan, scope).await?;
    let mut units = Vec::new();
    while let Some(mut unit) = stream.next_unit()? {
        let mut bytes = Vec::new();
        unit.reader.read_to_end(&mut bytes).unwrap();
        assert_eq!(Some(bytes.len() as u64), unit.size);
        units.push(bytes);
    }
    Ok((units, stream.finish()?))
}

fn rows(path: &Path) -> i64 {
    let database = Connection::open(path).unwrap();
    database.query_row("SELECT count(*) FROM item", [], |row| row.get(0)).unwrap()
}

fn dumped(size: u64) -> DumpedDatabase {
    DumpedDatabase {
        name: "shop.db".to_owned(),
        size,
        server: ServerInfo::default(),
        facts: DatabaseFacts::default(),
        only: None,
        is_part: false,
    }
}

/// A restore to a file needs no scratch folder.
fn work() -> WorkScope {
    WorkScope {
        scratch: PathBuf::new(),
        progress: Progress::new(),
        cancel: CancellationToken::new(),
    }
}

fn image(folder: &Path) -> Vec<u8> {
    let path = folder.join("image.db");
    drop(sample(&path, ""));
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(path).unwrap();
    bytes
}

fn facts() -> DatabaseFacts {
    let objects = vec![
        ObjectCount { kind: ObjectKind::Table, name: "item".into(), rows: Some(500) },
        ObjectCount { kind: ObjectKind::Index, name: "item_name".into(), rows: None },
        ObjectCount { kind: ObjectKind::View, name: "short".into(), rows: None },
    ];
    DatabaseFacts { objects, ..DatabaseFacts::default() }
}
