//! The rows of the list of backups.
//!
//! Owns the table `backups`: what a row says and how it is found. What is true about a storage belongs
//! to [`rebuild`](super::rebuild).

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use sha2::{Digest, Sha256};

use super::Catalog;
use super::sidecar::Summary;
use super::values::{
    count, foreign, instant, json, number, optional_json, skip_unreadable, status, status_text,
    text,
};
use crate::archive::Sidecar;
use crate::error::Result;
use crate::ids::{BackupId, EngineKind};
use crate::view::{BackupStatus, BackupView};

/// One row. It has exactly what a list shows, so it is what the list shows.
pub type BackupRecord = BackupView;

const SELECT: &str = "SELECT storage, id, profile, engine, created_at, stored_bytes, raw_bytes,
    databases, tables, row_count, archive, status, verified_at, warnings, safety,
    (SELECT test FROM restore_tests AS own WHERE own.storage = backups.storage AND own.id = backups.id
        AND own.sha256 = backups.sha256)";

impl Catalog {
    /// Adds a backup of `storage`, or replaces its row.
    pub fn put_backup(&self, storage: &str, sidecar: &Sidecar, status: BackupStatus) -> Result<()> {
        self.run(|connection| put(connection, storage, sidecar, status, sidecar.verified_at))
    }

    /// Notes what a check at `at` found. `Missing` compares no bytes and so leaves the date of the last
    /// comparison as it is. A row that does not exist is not made.
    pub fn set_status(
        &self,
        storage: &str,
        id: &BackupId,
        status: BackupStatus,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE backups SET status = ?3, verified_at = ?4, seal = ?5
                   WHERE storage = ?1 AND id = ?2";
        let id = id.as_str();
        self.run(|connection| {
            let transaction = connection.transaction()?;
            if let Some(known) = known(&transaction, storage, id)? {
                let compared = status != BackupStatus::Missing;
                let verified_at = if compared { at } else { known.verified_at };
                let seal = seal(storage, id, &known.sha256, status, verified_at);
                let at = verified_at.as_microsecond();
                transaction.execute(sql, params![storage, id, status_text(status), at, seal])?;
            }
            transaction.commit()
        })
    }

    /// Forgets a backup of `storage`. One that is not there is a success.
    pub fn remove_backup(&self, storage: &str, id: &BackupId) -> Result<()> {
        self.run(|connection| {
            for table in ["backups", "restore_tests"] {
                let sql = format!("DELETE FROM {table} WHERE storage = ?1 AND id = ?2");
                connection.execute(&sql, [storage, id.as_str()])?;
            }
            Ok(())
        })
    }

    /// All backups, newest first.
    pub fn backups(&self) -> Result<Vec<BackupRecord>> {
        self.list("ORDER BY created_at DESC, id DESC, storage", &[])
    }

    /// The backup of this id with its whole sidecar, in one of the storages that `is_wanted` accepts.
    /// When several of them hold it, the best one.
    pub fn backup(
        &self,
        id: &BackupId,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Option<(BackupRecord, Sidecar)>> {
        let sql = format!(
            "{SELECT}, sidecar FROM backups WHERE id = ?1
             ORDER BY status = 'verified' DESC, status = 'damaged' DESC, storage"
        );
        self.run(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([id.as_str()])?;
            while let Some(row) = rows.next()? {
                if is_wanted(row.get_ref(0)?.as_str()?) {
                    return Ok(Some((record(row)?, json(row, 16)?)));
                }
            }
            Ok(None)
        })
    }

    /// Forgets the rows of every storage but these: a folder that was moved leaves rows behind.
    pub fn keep_storages(&self, storages: &[String]) -> Result<()> {
        self.run(|connection| {
            for table in ["backups", "restore_tests"] {
                let wanted = "storage NOT IN (SELECT value FROM json_each(?1))";
                let sql = format!("DELETE FROM {table} WHERE {wanted}");
                connection.execute(&sql, [text(&storages)?])?;
            }
            Ok(())
        })
    }

    /// The newest verified backup of a profile, wherever it is; a safety backup is none.
    pub fn newest_good(&self, profile: &str) -> Result<Option<BackupRecord>> {
        let sql = "WHERE profile = ?1 AND status = 'verified' AND safety IS NULL
                   ORDER BY created_at DESC, id DESC, storage LIMIT 1";
        Ok(self.list(sql, &[&profile])?.pop())
    }

    /// The ids of all rows of one storage.
    pub(super) fn ids(&self, storage: &str) -> Result<Vec<BackupId>> {
        let sql = "SELECT id FROM backups WHERE storage = ?1";
        self.run(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let id = |row: &Row<'_>| row.get::<_, String>(0).map(BackupId::from_text);
            statement.query_map([storage], id)?.filter_map(skip_unreadable).collect()
        })
    }

    /// Brings a row up to date with a sidecar that was found and with what is seen of its archive.
    /// Returns the row's status and whether the row is new.
    pub(super) fn put_found(
        &self,
        storage: &str,
        sidecar: &Sidecar,
        seen: BackupStatus,
    ) -> Result<(BackupStatus, bool)> {
        self.run(|connection| {
            let transaction = connection.transaction()?;
            let id = sidecar.manifest.header.id.as_str();
            let known = known(&transaction, storage, id)?;
            let (mut status, mut verified_at) = (seen, sidecar.verified_at);
            if let Some(known) = &known
                && known.sha256 == sidecar.sha256
            {
                // The size alone cannot clear an archive whose bytes were found to be wrong.
                if seen == BackupStatus::Verified && known.status == BackupStatus::Damaged {
                    status = BackupStatus::Damaged;
                }
                verified_at = verified_at.max(known.verified_at);
            }
            put(&transaction, storage, sidecar, status, verified_at)?;
            transaction.commit()?;
            Ok((status, known.is_none()))
        })
    }

    fn list(&self, rest: &str, values: &[&dyn ToSql]) -> Result<Vec<BackupRecord>> {
        self.run(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("{SELECT} FROM backups {rest}"))?;
            let rows = statement.query_map(values, record)?;
            rows.filter_map(skip_unreadable).collect()
        })
    }
}

/// What only the catalog knows of a backup.
struct Known {
    sha256: String,
    status: BackupStatus,
    verified_at: Timestamp,
}

fn known(connection: &Connection, storage: &str, id: &str) -> rusqlite::Result<Option<Known>> {
    let sql = "SELECT sha256, status, verified_at, seal FROM backups
               WHERE storage = ?1 AND id = ?2";
    let row = |row: &Row<'_>| {
        let (sha256, status) = (row.get(0)?, status(row, 1)?);
        let known = Known { sha256, status, verified_at: instant(row, 2)? };
        let sealed = seal(storage, id, &known.sha256, known.status, known.verified_at);
        if row.get::<_, i64>(3)? == sealed { Ok(known) } else { Err(foreign(3, "this row")) }
    };
    // A row that makes no sense counts as none: its sidecar is about to replace it.
    let found = connection.query_row(sql, [storage, id], row).optional();
    skip_unreadable(found).unwrap_or(Ok(None))
}

/// A checksum over what no sidecar can correct. SQLite finds damage in its own structure, not in the
/// values, and a flipped bit must not turn into a date of the last check that never was.
fn seal(
    storage: &str,
    id: &str,
    sha256: &str,
    status: BackupStatus,
    verified_at: Timestamp,
) -> i64 {
    let at = verified_at.as_microsecond();
    let digest = Sha256::digest(format!("{storage}\n{id}\n{sha256}\n{status:?}\n{at}"));
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

fn put(
    connection: &Connection,
    storage: &str,
    sidecar: &Sidecar,
    status: BackupStatus,
    verified_at: Timestamp,
) -> rusqlite::Result<()> {
    let header = &sidecar.manifest.header;
    let summary = Summary::of(sidecar);
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO backups (storage, id, profile, engine, created_at, stored_bytes,
             raw_bytes, databases, tables, row_count, archive, sha256, status, verified_at, seal,
             warnings, safety, sidecar)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    )?;
    statement.execute(params![
        storage,
        header.id.as_str(),
        header.profile,
        header.engine.key(),
        header.created_at.as_microsecond(),
        number(sidecar.size),
        number(summary.raw_bytes),
        number(summary.databases),
        number(summary.tables),
        number(summary.rows),
        sidecar.archive,
        sidecar.sha256,
        status_text(status),
        verified_at.as_microsecond(),
        seal(storage, header.id.as_str(), &sidecar.sha256, status, verified_at),
        text(&sidecar.manifest.warnings)?,
        sidecar.safety.as_ref().map(text).transpose()?,
        text(sidecar)?,
    ])?;
    Ok(())
}

fn record(row: &Row<'_>) -> rusqlite::Result<BackupRecord> {
    let engine: String = row.get(3)?;
    Ok(BackupView {
        storage: row.get(0)?,
        id: BackupId::from_text(row.get::<_, String>(1)?),
        profile: row.get(2)?,
        engine: EngineKind::from_key(&engine).ok_or_else(|| foreign(3, &engine))?,
        created_at: instant(row, 4)?,
        stored_bytes: count(row, 5)?,
        raw_bytes: count(row, 6)?,
        databases: count(row, 7)?,
        tables: count(row, 8)?,
        rows: count(row, 9)?,
        archive: row.get(10)?,
        status: status(row, 11)?,
        verified_at: instant(row, 12)?,
        warnings: json(row, 13)?,
        safety: optional_json(row, 14)?,
        restore_test: optional_json(row, 15)?,
    })
}
