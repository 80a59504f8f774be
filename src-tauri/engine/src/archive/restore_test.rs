//! The record of a restore test, `<id>.<when>.restore-test` beside the archive.
//!
//! Owns its shape, its name and its limits. It is an object of its own because a storage never replaces
//! one, and because a commit record is never touched again. Whoever can write to the storage can write
//! one, so it is worth as much as the date of the last check in a commit record.

use serde::{Deserialize, Serialize};

use super::hash::is_sha256;
use crate::contents::RestoreTest;
use crate::error::{ArchiveError, Result};
use crate::ids::BackupId;

/// The longest record; a longer one is none.
pub const MAX_TEST_RECORD: usize = 64 << 10;
const END: &str = ".restore-test";

/// A test with what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestRecord {
    /// The backup.
    pub backup: BackupId,
    /// SHA-256 of the archive that was restored: another archive of this name was not tested.
    pub sha256: String,
    /// The test.
    pub test: RestoreTest,
}

impl TestRecord {
    /// The name of its object.
    pub fn object_name(&self) -> String {
        Self::name_of(&self.backup, &self.test)
    }

    /// The name of the object with a test of `backup`.
    pub fn name_of(backup: &BackupId, test: &RestoreTest) -> String {
        format!("{backup}.{}{END}", test.at.strftime("%Y%m%dT%H%M%S%3fZ"))
    }

    /// The id of the backup that an object of this name is about.
    pub fn backup_named(object: &str) -> &str {
        let stem = object.strip_suffix(END).unwrap_or(object);
        stem.rsplit_once('.').map_or(stem, |(id, _)| id)
    }

    /// Whether an object of this name is a record of a test.
    pub fn is_named(object: &str) -> bool {
        object.ends_with(END)
    }

    /// The record as the bytes of its object.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        super::records::encode(self)
    }

    /// Reads a record, whoever wrote it.
    pub fn from_json(object: &str, bytes: &[u8]) -> Result<Self> {
        let refused = |what: &str| {
            let detail = format!("it is no record of a restore test: {what}");
            ArchiveError::Damaged { archive: object.to_owned(), detail }
        };
        if bytes.len() > MAX_TEST_RECORD {
            return Err(refused("it is too long").into());
        }
        let record: Self =
            serde_json::from_slice(bytes).map_err(|_| refused("it is not as Kronos writes it"))?;
        let is_about = Self::backup_named(object) == record.backup.as_str();
        if !is_about || !is_sha256(&record.sha256) {
            return Err(refused("it speaks for another archive").into());
        }
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::TestOutcome;

    fn record() -> TestRecord {
        let at = "2026-11-23T04:05:06.789Z".parse().unwrap();
        let test = RestoreTest::new(at, TestOutcome::Passed, "3 tables".to_owned());
        let backup = BackupId::from_text("shop_20261122T135401.250Z_k3v9x0");
        TestRecord { backup, sha256: "ab".repeat(32), test }
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_no_other_is_believed() {
        let record = record();
        let name = record.object_name();
        assert_eq!(name, "shop_20261122T135401.250Z_k3v9x0.20261123T040506789Z.restore-test");
        assert!(TestRecord::is_named(&name));
        let bytes = record.to_json().unwrap();
        assert_eq!(TestRecord::from_json(&name, &bytes).unwrap(), record);
        assert!(TestRecord::from_json("other.20261123T040506789Z.restore-test", &bytes).is_err());
        assert!(TestRecord::from_json(&name, b"{}").is_err());
        assert!(TestRecord::from_json(&name, &bytes[..bytes.len() - 9]).is_err());
        let long = [bytes, vec![b' '; MAX_TEST_RECORD]].concat();
        assert!(TestRecord::from_json(&name, &long).is_err());
    }

    #[test]
    fn a_test_is_recent_for_thirty_days() {
        let test = record().test;
        assert_eq!(test.fresh_until, "2026-12-23T04:05:06.789Z".parse().unwrap());
    }
}
