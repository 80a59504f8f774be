//! Checking a copy (or a restored file) and listing what is inside.
//!
//! Owns the check's thread, `quick_check`, the row counts and the properties that a restore compares. Works only on
//! files that nobody else can change, opened as immutable: no locks, no `-wal`, no `-shm`.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode as SqliteCode, InterruptHandle, OpenFlags, Row};

use crate::cancel::{CancelCheck, CancellationToken};
use crate::contents::{DatabaseFacts, ObjectCount, ObjectKind};
use crate::error::Error;

/// How often a waiting thread looks for the end of a check, and for the user's cancel.
const POLL: Duration = Duration::from_millis(20);

/// Bytes that stand for themselves in a SQLite file URI.
const URI_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// Pragmas whose values have to survive a restore.
const PROPERTIES: [&str; 6] =
    ["page_size", "page_count", "encoding", "user_version", "application_id", "auto_vacuum"];

/// What a check found in an intact file.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Objects, rows and properties.
    pub facts: DatabaseFacts,
    /// What could not be checked, each one sentence.
    pub warnings: Vec<String>,
}

/// Why a file did not pass.
#[derive(Debug)]
pub(super) enum CheckError {
    /// The engine's own check found damage.
    Corrupt(String),
    /// The check could not be carried out.
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for CheckError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(SqliteCode::DatabaseCorrupt | SqliteCode::NotADatabase) => {
                Self::Corrupt(error.to_string())
            }
            _ => Self::Failed(error),
        }
    }
}

/// A check on a thread of its own. Dropping it ends it.
pub(super) struct RunningCheck {
    interrupt: InterruptHandle,
    thread: Option<JoinHandle<Result<Findings, CheckError>>>,
}

impl RunningCheck {
    /// Starts to check the file at `path`, which nobody writes to.
    pub fn start(path: &Path) -> rusqlite::Result<Self> {
        Ok(Self::spawn(open_immutable(path)?, check))
    }

    /// Starts the longest check that SQLite has: every index is compared with its table. Finds no facts.
    pub fn of_integrity(path: &Path) -> rusqlite::Result<Self> {
        let work = |file: &Connection| {
            let mut findings = Findings::default();
            own_check(file, "integrity_check", &mut findings.warnings)?;
            Ok(findings)
        };
        Ok(Self::spawn(open_immutable(path)?, work))
    }

    fn spawn(
        connection: Connection,
        work: impl FnOnce(&Connection) -> Result<Findings, CheckError> + Send + 'static,
    ) -> Self {
        let interrupt = connection.get_interrupt_handle();
        let thread = std::thread::spawn(move || work(&connection));
        Self { interrupt, thread: Some(thread) }
    }

    /// Waits for its end, or ends it when the user cancels.
    pub fn join(
        mut self,
        cancel: &CancellationToken,
    ) -> Result<Result<Findings, CheckError>, Error> {
        cancel.check()?;
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            cancel.check()?;
            std::thread::sleep(POLL);
        }
        let thread = self.thread.take();
        let joined = thread.map(JoinHandle::join).transpose();
        joined.ok().flatten().ok_or_else(|| Error::Internal("a check panicked".into()))
    }
}

impl Drop for RunningCheck {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        // An interrupt that comes between two statements is lost, so it is repeated.
        while !thread.is_finished() {
            self.interrupt.interrupt();
            std::thread::sleep(POLL);
        }
        // The run has its reason already; what an interrupted check says adds nothing.
        let _ = thread.join();
    }
}

/// Opens a file that nobody writes to.
pub(super) fn open_immutable(path: &Path) -> rusqlite::Result<Connection> {
    let encoded = percent_encode(path.as_os_str().as_encoded_bytes(), URI_PATH);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = Connection::open_with_flags(format!("file:{encoded}?immutable=1"), flags)?;
    file.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0",
    )?;
    Ok(file)
}

/// Checks the structure and counts the rows.
fn check(file: &Connection) -> Result<Findings, CheckError> {
    let mut findings = Findings::default();
    own_check(file, "quick_check", &mut findings.warnings)?;
    for (name, kind) in tables(file)? {
        let rows = match kind {
            ObjectKind::Table => count_rows(file, &name, &mut findings.warnings)?,
            _ => None,
        };
        findings.facts.objects.push(ObjectCount { kind, name, rows });
    }
    findings.facts.objects.extend(other_objects(file)?);
    findings.facts.properties = properties(file)?;
    Ok(findings)
}

/// Lets SQLite check the file with `pragma`, its `quick_check` or its `integrity_check`.
fn own_check(
    file: &Connection,
    pragma: &str,
    warnings: &mut Vec<String>,
) -> Result<(), CheckError> {
    let finding: rusqlite::Result<String> =
        file.query_row(&format!("PRAGMA {pragma}(1)"), [], |row| row.get(0));
    match finding.map_err(CheckError::from) {
        Ok(finding) if finding == "ok" => Ok(()),
        Ok(finding) => Err(CheckError::Corrupt(finding)),
        Err(CheckError::Failed(error)) if is_missing_extension(&error) => {
            warnings.push(format!("The structure could not be checked completely: {error}"));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Functions, collations and modules of the application are not known here; that is no damage.
fn is_missing_extension(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(SqliteCode::Unknown) || error.sqlite_error_code().is_none()
}

/// Tables that a user made: no `sqlite_…` tables and no shadow tables of virtual ones.
pub(super) fn tables(file: &Connection) -> rusqlite::Result<Vec<(String, ObjectKind)>> {
    let mut statement = file.prepare(
        "SELECT name, type FROM pragma_table_list
         WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         ORDER BY name",
    )?;
    let rows = statement.query_map([], |row: &Row| {
        let kind: String = row.get(1)?;
        let kind = if kind == "virtual" { ObjectKind::VirtualTable } else { ObjectKind::Table };
        Ok((row.get(0)?, kind))
    })?;
    rows.collect()
}

/// Counts the rows of `table`.
pub(super) fn rows_in(file: &Connection, table: &str) -> rusqlite::Result<u64> {
    let quoted = table.replace('"', "\"\"");
    file.query_row(&format!("SELECT count(*) FROM \"{quoted}\""), [], |row| row.get(0))
}

fn count_rows(
    file: &Connection,
    table: &str,
    warnings: &mut Vec<String>,
) -> Result<Option<u64>, CheckError> {
    match rows_in(file, table).map_err(CheckError::from) {
        Ok(rows) => Ok(Some(rows)),
        Err(CheckError::Failed(error)) if is_missing_extension(&error) => {
            warnings.push(format!("The rows of `{table}` could not be counted: {error}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Views, indexes and triggers that a user made.
pub(super) fn other_objects(file: &Connection) -> rusqlite::Result<Vec<ObjectCount>> {
    let mut statement = file.prepare(
        "SELECT type, name FROM sqlite_schema
         WHERE type IN ('view', 'index', 'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         ORDER BY type, name",
    )?;
    let rows = statement.query_map([], |row: &Row| {
        let kind: String = row.get(0)?;
        let kind = match kind.as_str() {
            "view" => ObjectKind::View,
            "index" => ObjectKind::Index,
            _ => ObjectKind::Trigger,
        };
        Ok(ObjectCount { kind, name: row.get(1)?, rows: None })
    })?;
    rows.collect()
}

fn properties(file: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    PROPERTIES
        .into_iter()
        .map(|name| {
            let value = file.query_row(&format!("PRAGMA {name}"), [], |row| {
                row.get_ref(0).map(|value| match value {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    other => {
                        String::from_utf8_lossy(other.as_bytes().unwrap_or_default()).into_owned()
                    }
                })
            })?;
            Ok((name.to_owned(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_check_under_way_ends_when_the_user_cancels() {
        let connection = Connection::open_in_memory().unwrap();
        // Without an interrupt this never ends, and neither would the test.
        let check = RunningCheck::spawn(connection, |connection| {
            let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                           SELECT count(*) FROM n";
            connection.query_row(endless, [], |_| Ok(()))?;
            Ok(Findings::default())
        });
        let cancel = CancellationToken::new();
        let user = cancel.clone();
        let cancelled = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            user.cancel();
            Instant::now()
        });
        let outcome = check.join(&cancel);
        assert!(matches!(outcome, Err(Error::Cancelled)), "{outcome:?}");
        assert!(cancelled.join().unwrap().elapsed() < Duration::from_mins(1));
    }
}
