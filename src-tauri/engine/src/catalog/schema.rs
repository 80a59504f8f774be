//! The tables of the catalog as a list of steps; `PRAGMA user_version` counts those that were taken.
//!
//! Owns the SQL that shapes the file. A step is never changed once it was published: a new one is
//! added at the end.

use rusqlite::{Connection, TransactionBehavior};

/// All steps, in order. Instants are microseconds since 1970, UTC.
///
/// The big column comes last, so that a list of backups does not have to read past it.
const STEPS: [&str; 3] = ["
    CREATE TABLE backups (
        storage TEXT NOT NULL,
        id TEXT NOT NULL,
        profile TEXT NOT NULL,
        engine TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        stored_bytes INTEGER NOT NULL,
        raw_bytes INTEGER NOT NULL,
        databases INTEGER NOT NULL,
        tables INTEGER NOT NULL,
        row_count INTEGER NOT NULL,
        archive TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('verified', 'damaged', 'missing')),
        verified_at INTEGER NOT NULL,
        seal INTEGER NOT NULL,
        warnings TEXT NOT NULL,
        sidecar TEXT NOT NULL,
        PRIMARY KEY (storage, id)
    ) STRICT;
    CREATE TABLE runs (
        id TEXT PRIMARY KEY NOT NULL,
        kind TEXT NOT NULL,
        profile TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        ended INTEGER NOT NULL CHECK (ended IN (0, 1)),
        view TEXT NOT NULL
    ) STRICT;
    CREATE INDEX runs_by_time ON runs (started_at, id);
    CREATE INDEX runs_by_profile ON runs (profile, kind, started_at, id) WHERE ended;
", "
    ALTER TABLE backups RENAME TO earlier;
    CREATE TABLE backups (
        storage TEXT NOT NULL,
        id TEXT NOT NULL,
        profile TEXT NOT NULL,
        engine TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        stored_bytes INTEGER NOT NULL,
        raw_bytes INTEGER NOT NULL,
        databases INTEGER NOT NULL,
        tables INTEGER NOT NULL,
        row_count INTEGER NOT NULL,
        archive TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('verified', 'damaged', 'missing')),
        verified_at INTEGER NOT NULL,
        seal INTEGER NOT NULL,
        warnings TEXT NOT NULL,
        safety TEXT,
        sidecar TEXT NOT NULL,
        PRIMARY KEY (storage, id)
    ) STRICT;
    INSERT INTO backups SELECT storage, id, profile, engine, created_at, stored_bytes, raw_bytes,
        databases, tables, row_count, archive, sha256, status, verified_at, seal, warnings, NULL, sidecar
        FROM earlier;
    DROP TABLE earlier;
", "
    CREATE TABLE restore_tests (
        storage TEXT NOT NULL,
        id TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        test TEXT NOT NULL,
        PRIMARY KEY (storage, id)
    ) STRICT;
"];

/// How many steps this version knows.
pub fn newest() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// How many steps the file has taken, and whether it has any table or index. One statement, so that
/// another process that migrates meanwhile cannot get between the two. Fails on a version that no step
/// leads to.
pub fn version(connection: &Connection) -> rusqlite::Result<(u32, bool)> {
    let sql = "SELECT user_version, EXISTS (SELECT 1 FROM sqlite_schema) FROM pragma_user_version";
    connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Takes the steps that are still to take. Two processes may do so at once: the version is read again
/// under the write lock.
pub fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (taken, _) = version(&transaction)?;
    for (number, step) in (1..).zip(STEPS).filter(|(number, _)| *number > taken) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.commit()
}

/// Whether the file has exactly the tables that all steps make. A flipped bit in the text of the schema
/// passes SQLite's own check and would fail every later query.
pub fn is_as_migrated(connection: &Connection) -> rusqlite::Result<bool> {
    let mut fresh = Connection::open_in_memory()?;
    migrate(&mut fresh)?;
    Ok(text(connection)? == text(&fresh)?)
}

fn text(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare(
            "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || sql FROM sqlite_schema
             WHERE sql IS NOT NULL ORDER BY 1",
        )?
        .query_map([], |row| row.get(0))?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_first_version_knew_is_still_known() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(STEPS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        let row = "INSERT INTO backups VALUES ('disk', 'a', 'shop', 'sqlite', 1, 2, 3, 4, 5, 6, 'a.tar.gz',
                   'ab', 'damaged', 7, 8, '[]', '{\"sidecar\": 1}')";
        connection.execute_batch(row).unwrap();
        migrate(&mut connection).unwrap();
        assert!(is_as_migrated(&connection).unwrap());
        let sql = "SELECT id, row_count, status, seal, safety, sidecar FROM backups";
        let found = connection.query_row(sql, [], |row| {
            let texts: (String, u32, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((texts, row.get::<_, u32>(3)?, row.get::<_, Option<String>>(4)?, row.get(5)?))
        });
        let texts = ("a".to_owned(), 6, "damaged".to_owned());
        assert_eq!(found.unwrap(), (texts, 8, None, "{\"sidecar\": 1}".to_owned()));
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap(), (3, true));
    }
}
