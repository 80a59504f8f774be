//! The last restore test of each backup.
//!
//! Owns the table `restore_tests`. The records in the storages are the truth; a row of this table is all
//! there is only where a storage could not take one.

use rusqlite::{OptionalExtension, params};

use super::Catalog;
use super::values::{json, skip_unreadable, text};
use crate::archive::TestRecord;
use crate::contents::RestoreTest;
use crate::error::Result;
use crate::ids::BackupId;

impl Catalog {
    /// Notes a test of a backup in `storage`, unless a later one is known. One that failed is always noted: a
    /// clock that was ahead must not hide it.
    pub fn put_restore_test(&self, storage: &str, record: &TestRecord) -> Result<()> {
        let (id, sha256) = (record.backup.as_str(), record.sha256.as_str());
        self.run(|connection| {
            let sql =
                "SELECT test FROM restore_tests WHERE storage = ?1 AND id = ?2 AND sha256 = ?3";
            let known = connection
                .query_row(sql, [storage, id, sha256], |row| json::<RestoreTest>(row, 0))
                .optional();
            let known = skip_unreadable(known).transpose()?.flatten();
            if record.test.has_passed() && known.is_some_and(|known| known.at > record.test.at) {
                return Ok(());
            }
            let sql = "INSERT OR REPLACE INTO restore_tests (storage, id, sha256, test)
                       VALUES (?1, ?2, ?3, ?4)";
            connection.execute(sql, params![storage, id, sha256, text(&record.test)?])?;
            Ok(())
        })
    }

    /// The test of a backup of `storage` that is known.
    pub(super) fn restore_test(&self, storage: &str, id: &BackupId) -> Result<Option<RestoreTest>> {
        let sql = "SELECT test FROM restore_tests WHERE storage = ?1 AND id = ?2";
        self.run(|connection| {
            let found =
                connection.query_row(sql, [storage, id.as_str()], |row| json(row, 0)).optional();
            Ok(skip_unreadable(found).transpose()?.flatten())
        })
    }
}
