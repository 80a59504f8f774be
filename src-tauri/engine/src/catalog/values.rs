//! How values become columns and columns values again.
//!
//! Owns the spelling of a status and of an instant in the file, and what happens to a column that makes
//! no sense: it is an error of its row alone.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::de::DeserializeOwned;

use crate::view::BackupStatus;

/// Leaves out a row whose values make no sense: one bad row must not hide the good ones.
pub fn skip_unreadable<T>(row: rusqlite::Result<T>) -> Option<rusqlite::Result<T>> {
    match row {
        Err(error) if error.sqlite_error_code().is_none() => {
            tracing::warn!(%error, "a row of the catalog is left out");
            None
        }
        row => Some(row),
    }
}

/// How a status is spelled in the file.
pub fn status_text(status: BackupStatus) -> &'static str {
    match status {
        BackupStatus::Verified => "verified",
        BackupStatus::Damaged => "damaged",
        BackupStatus::Missing => "missing",
        // Never stored: it is true of a moment, and the schema refuses it.
        BackupStatus::Unreachable => "unreachable",
    }
}

/// Reads a status.
pub fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<BackupStatus> {
    use BackupStatus::{Damaged, Missing, Verified};
    let value: String = row.get(column)?;
    let known = [Verified, Damaged, Missing];
    known.into_iter().find(|s| status_text(*s) == value).ok_or_else(|| foreign(column, &value))
}

/// SQLite's integers end at half of ours; nothing real gets there.
pub fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Reads a number that cannot be negative.
pub fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// Reads an instant, in microseconds since 1970.
pub fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let value: i64 = row.get(column)?;
    Timestamp::from_microsecond(value).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, Box::new(error))
    })
}

/// Writes a value as JSON.
pub fn text(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    let wrong = |error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
    serde_json::to_string(value).map_err(wrong)
}

/// Reads a value from JSON.
pub fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let value = row.get_ref(column)?.as_str()?;
    serde_json::from_str(value).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// Reads a value from JSON, where there is one.
pub fn optional_json<T: DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => json(row, column).map(Some),
    }
}

/// The error of a column whose value Kronos has not written.
pub fn foreign(column: usize, value: &str) -> rusqlite::Error {
    let error = format!("`{value}` is not a value of this column");
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}
