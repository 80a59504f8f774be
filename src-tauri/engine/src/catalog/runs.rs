//! The history of runs.
//!
//! Owns the table `runs` and how far back it goes. Runs that are going on belong to the run registry,
//! and those that a crash ended to the journal of `backup`.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Catalog;
use super::values::{json, skip_unreadable, text};
use crate::error::Result;
use crate::event::{RunKind, RunView};
use crate::ids::RunId;

/// How many runs are kept: years for a daily backup of a few databases, a few megabytes.
const KEPT: u32 = 5000;

impl Catalog {
    /// Adds a run, or replaces what was known of it.
    pub fn put_run(&self, run: &RunView) -> Result<()> {
        self.run(|connection| {
            let transaction = connection.transaction()?;
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO runs (id, kind, profile, started_at, ended, view)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    run.id.as_str(),
                    text(&run.kind)?,
                    run.profile,
                    run.started_at.as_microsecond(),
                    run.state.is_final(),
                    text(run)?,
                ])?;
            forget_oldest(&transaction, KEPT)?;
            transaction.commit()
        })
    }

    /// What was last written down of a run, if anything was.
    pub fn run_of(&self, run: &RunId) -> Result<Option<RunView>> {
        let sql = "SELECT view FROM runs WHERE id = ?1";
        self.run(|connection| {
            let found = connection.query_row(sql, [run.as_str()], view).optional();
            Ok(skip_unreadable(found).transpose()?.flatten())
        })
    }

    /// The restore that was written down last of those that replace something and have not left it as it was.
    pub fn last_replacement(&self) -> Result<Option<RunView>> {
        let sql = "SELECT view FROM runs WHERE kind = ?1 ORDER BY rowid DESC";
        self.run(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let views =
                statement.query_map([text(&RunKind::Restore)?], view)?.filter_map(skip_unreadable);
            let mut replacing =
                views.filter(|view| view.as_ref().is_ok_and(RunView::may_have_replaced));
            replacing.next().transpose()
        })
    }

    /// The run of this kind and profile that ended last, however it ended: last by the order in which it
    /// was written down, because a clock can be wrong. One that cannot be read
    /// any more is passed over, as in the whole history.
    pub fn last_run(&self, kind: RunKind, profile: &str) -> Result<Option<RunView>> {
        let sql = "SELECT view FROM runs WHERE kind = ?1 AND profile = ?2 AND ended
                   ORDER BY rowid DESC";
        self.run(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let mut views = statement
                .query_map(params![text(&kind)?, profile], view)?
                .filter_map(skip_unreadable);
            views.next().transpose()
        })
    }

    /// The newest runs, newest first.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunView>> {
        let sql = "SELECT view FROM runs ORDER BY started_at DESC, id DESC LIMIT ?1";
        self.run(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map([limit], view)?.filter_map(skip_unreadable).collect()
        })
    }
}

fn view(row: &Row<'_>) -> rusqlite::Result<RunView> {
    json(row, 0)
}

/// Forgets what is older than the newest `kept` runs, but never the last one of a kind and profile: a database
/// that is backed up once a year still has a last run.
pub(super) fn forget_oldest(connection: &Connection, kept: u32) -> rusqlite::Result<()> {
    let sql = "DELETE FROM runs WHERE (started_at, id) < (
                   SELECT started_at, id FROM runs
                   ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET ?1 - 1)
               AND EXISTS (SELECT 1 FROM runs AS newer WHERE newer.profile = runs.profile AND newer.kind = runs.kind
                   AND newer.ended AND (newer.started_at, newer.id) > (runs.started_at, runs.id))";
    connection.prepare_cached(sql)?.execute([kept]).map(|_| ())
}
