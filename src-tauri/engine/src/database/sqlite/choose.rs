//! Some tables of a restored file, with what hangs on them, in a file of their own.
//!
//! Owns what hangs on a table: its indexes, its triggers, the hidden tables of a virtual one. Everything else
//! is struck out of the schema of the extracted file, which nobody else has seen, and `VACUUM INTO` copies
//! what is left: the only way to copy a table that keeps the numbers of its rows.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::check::{other_objects, tables};
use super::rows::quoted;
use crate::cancel::CancellationToken;
use crate::contents::{ObjectCount, ObjectKind};
use crate::error::{Error, RestoreError, Result};

/// Where a file says whether it wants a write-ahead log, and what it says then.
const JOURNAL: (u64, [u8; 2]) = (18, [2, 2]);
const NO_WAL: [u8; 2] = [1, 1];

/// What a file of its own holds.
pub(super) struct Chosen {
    /// Tables without their rows, indexes, triggers and views.
    pub(super) objects: Vec<ObjectCount>,
    /// What was left out although it hangs on a table, each one sentence.
    pub(super) warnings: Vec<String>,
}

/// Copies the tables and views `only` out of `full`, which is ruined by it, into the empty file `to`.
pub(super) fn choose(
    full: &Path,
    to: (&Path, &mut File),
    only: &BTreeSet<String>,
    cancel: &CancellationToken,
) -> Result<Chosen> {
    let (path, file) = to;
    let broken = |error: io::Error| Error::file("write", path, error);
    // Without a log of its own the extracted file leaves nothing beside it, whenever this ends.
    let wants_wal = set_journal(&mut open(full).map_err(broken)?, NO_WAL).map_err(broken)?;
    let work = || -> rusqlite::Result<Chosen> {
        prune(full, only)?;
        let pruned = connect(full, cancel)?;
        let warnings = settle(&pruned)?;
        let mut objects: Vec<ObjectCount> = tables(&pruned)?
            .into_iter()
            .map(|(name, kind)| ObjectCount { kind, name, rows: None })
            .collect();
        objects.extend(other_objects(&pruned)?);
        pruned.execute("VACUUM INTO ?1", [path.to_str()])?;
        Ok(Chosen { objects, warnings })
    };
    let chosen = work().map_err(|error| refused(&error, path, cancel))?;
    if wants_wal {
        set_journal(file, JOURNAL.1).map_err(broken)?;
    }
    file.sync_all().map_err(broken)?;
    Ok(chosen)
}

fn open(path: &Path) -> io::Result<File> {
    crate::files::open_plain(path, true)
}

/// Writes what the file says about its journal. Returns whether it wanted a write-ahead log.
fn set_journal(file: &mut File, mode: [u8; 2]) -> io::Result<bool> {
    let mut before = [0; 2];
    file.seek(SeekFrom::Start(JOURNAL.0))?;
    file.read_exact(&mut before)?;
    file.seek(SeekFrom::Start(JOURNAL.0))?;
    file.write_all(&mode)?;
    Ok(before == JOURNAL.1)
}

fn refused(error: &rusqlite::Error, path: &Path, cancel: &CancellationToken) -> Error {
    if cancel.is_cancelled() {
        return Error::Cancelled;
    }
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) {
        return Error::file("write", path, io::ErrorKind::StorageFull.into());
    }
    RestoreError::CannotTakeOut { detail: error.to_string() }.into()
}

/// Opens the extracted file. Its schema may be anybody's, so nothing in it is trusted.
fn connect(full: &Path, cancel: &CancellationToken) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(full, flags)?;
    connection.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;
         PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY",
    )?;
    let cancel = cancel.clone();
    connection.progress_handler(10_000, Some(move || cancel.is_cancelled()))?;
    Ok(connection)
}

/// Strikes everything out of the schema that is not wanted. The pages stay behind; nobody copies them.
fn prune(full: &Path, only: &BTreeSet<String>) -> rusqlite::Result<()> {
    let mut connection = connect(full, &CancellationToken::new())?;
    let kept = serde_json::Value::from_iter(with_hidden(&connection, only)?).to_string();
    let statistics: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE name GLOB 'sqlite_stat[1-4]'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let counters = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence')";
    let counts: bool = connection.query_row(counters, [], |row| row.get(0))?;
    let pruning = connection.transaction()?;
    let unwanted = "COLLATE NOCASE NOT IN (SELECT value FROM json_each(?1))";
    if counts {
        pruning.execute(&format!("DELETE FROM sqlite_sequence WHERE name {unwanted}"), [&kept])?;
    }
    for table in statistics {
        pruning
            .execute(&format!("DELETE FROM {} WHERE tbl {unwanted}", quoted(&table)), [&kept])?;
    }
    pruning.execute_batch("PRAGMA writable_schema = ON")?;
    pruning.execute(
        &format!(
            "DELETE FROM sqlite_schema WHERE tbl_name {unwanted}
             AND (type != 'table' OR name NOT LIKE 'sqlite\\_%' ESCAPE '\\')"
        ),
        [&kept],
    )?;
    pruning.commit()
}

/// The wanted names with the tables in which wanted virtual tables keep what they hold.
fn with_hidden(
    connection: &Connection,
    only: &BTreeSet<String>,
) -> rusqlite::Result<BTreeSet<String>> {
    let sql = "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('shadow', 'virtual')";
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found = found.collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    let (hidden, seen): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(_, kind)| kind == "shadow");
    let mut kept = only.clone();
    for (name, _) in hidden {
        let owners = seen.iter().filter(|(owner, _)| {
            name.strip_prefix(owner.as_str()).is_some_and(|rest| rest.starts_with('_'))
        });
        if owners.max_by_key(|(owner, _)| owner.len()).is_some_and(|(own, _)| only.contains(own)) {
            kept.insert(name);
        }
    }
    Ok(kept)
}

/// Takes away what needs something that is gone: views and triggers, one after the other, because one may
/// use another. Says so, and which tables refer to one that is gone.
fn settle(pruned: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut warnings = Vec::new();
    while let Some((kind, name)) = broken_one(pruned)? {
        pruned.execute_batch(&format!("DROP {} {}", kind.word(), quoted(&name)))?;
        warnings.push(format!(
            "The {} `{name}` was left out, because it needs a table that was left out",
            kind.word()
        ));
    }
    for (table, other) in dangling(pruned)? {
        warnings.push(format!(
            "`{table}` refers to `{other}`, which was left out: a program that checks foreign keys \
             cannot add rows until that table is there"
        ));
    }
    Ok(warnings)
}

/// The first view or trigger that needs a table which is not there.
fn broken_one(pruned: &Connection) -> rusqlite::Result<Option<(ObjectKind, String)>> {
    let others = other_objects(pruned)?;
    for view in others.iter().filter(|object| object.kind == ObjectKind::View) {
        if missing(pruned, &format!("SELECT * FROM {}", quoted(&view.name))).is_some() {
            return Ok(Some((ObjectKind::View, view.name.clone())));
        }
    }
    let mut statement = pruned.prepare(
        "SELECT DISTINCT tbl_name FROM sqlite_schema WHERE type = 'trigger' ORDER BY tbl_name",
    )?;
    let tables = statement.query_map([], |row| row.get::<_, String>(0))?;
    for table in tables.collect::<rusqlite::Result<Vec<_>>>()? {
        if let Some(gone) = missing_in_changes(pruned, &table)? {
            return Ok(Some((ObjectKind::Trigger, culprit(pruned, &table, &gone)?)));
        }
    }
    Ok(None)
}

/// The table that `statement` needs and that is not there. It is compiled, never run.
fn missing(pruned: &Connection, statement: &str) -> Option<String> {
    let error = pruned.prepare(&format!("EXPLAIN {statement}")).err()?.to_string();
    let (_, rest) = error.split_once("no such table: ")?;
    let name = rest.split(" in ").next().unwrap_or(rest);
    Some(name.strip_prefix("main.").unwrap_or(name).to_owned())
}

/// The same for whatever changes rows of `table` and so calls its triggers.
fn missing_in_changes(pruned: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0";
    let mut statement = pruned.prepare(sql)?;
    let columns = statement.query_map([table], |row| row.get::<_, String>(0))?;
    let set: Vec<String> = columns
        .map(|name| name.map(|name| format!("{0} = {0}", quoted(&name))))
        .collect::<rusqlite::Result<_>>()?;
    let name = quoted(table);
    let changes = [
        format!("INSERT INTO {name} DEFAULT VALUES"),
        format!("UPDATE {name} SET {}", set.join(", ")),
        format!("DELETE FROM {name}"),
    ];
    Ok(changes.iter().find_map(|change| missing(pruned, change)))
}

/// The trigger of `table` that needs the table `gone`: the one that names it.
fn culprit(pruned: &Connection, table: &str, gone: &str) -> rusqlite::Result<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1
               ORDER BY instr(lower(sql), lower(?2)) = 0, name LIMIT 1";
    pruned.query_row(sql, [table, gone], |row| row.get(0))
}

/// Tables that refer to one which is not there, each with it.
fn dangling(pruned: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT DISTINCT here.name, other.\"table\"
               FROM pragma_table_list AS here JOIN pragma_foreign_key_list(here.name) AS other
               WHERE here.schema = 'main' AND here.type = 'table'
               AND NOT EXISTS (SELECT 1 FROM sqlite_schema AS there WHERE there.type = 'table'
                   AND there.name = other.\"table\" COLLATE NOCASE)
               ORDER BY 1, 2";
    let mut statement = pruned.prepare(sql)?;
    let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    pairs.collect()
}
