//! What was to happen, written down on the server before it happens.
//!
//! Owns the database that keeps what was replaced, as long as it is no more than a journal: the journal, its
//! seal, and the mark that says how far the swap is. The mark changes in the same statement that moves the
//! tables. The statements in a journal are run with the rights of whoever finds it, so a journal counts only if its
//! seal is a view that was made by the same user: to make one in the name of another takes an administrator.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::super::rows::hex;
use super::super::session::{Session, identifier, literal};
use super::side::Side;
use crate::error::Result;

const JOURNAL: &str = "kronos_journal";
const SEAL: &str = "kronos_seal";
const PENDING: &str = "kronos_swap_pending";
const MOVED: &str = "kronos_swap_moved";
/// So that no statement is longer than any server takes.
const PART: usize = 512 * 1024;

/// A swap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    /// The database that is replaced.
    pub target: String,
    /// The loaded one.
    pub beside: String,
    /// What gives way.
    pub old: Side,
    /// What comes.
    pub new: Side,
    /// Seconds since 1970.
    replaced_at: i64,
}

/// How far a swap is that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The tables have not moved.
    Pending,
    /// All of them have.
    Moved,
}

impl Journal {
    /// Of a swap that begins now.
    pub fn new(target: &str, beside: &str, old: Side, new: Side, now: Timestamp) -> Self {
        let (target, beside) = (target.to_owned(), beside.to_owned());
        Self { target, beside, old, new, replaced_at: now.as_second() }
    }

    /// For how long the replaced database has been kept.
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        SignedDuration::from_secs(now.as_second().saturating_sub(self.replaced_at))
    }

    /// Whether a table of one of the two could be taken for the journal.
    pub fn names_collide(&self) -> bool {
        let names = [JOURNAL, SEAL, PENDING, MOVED];
        let programs = [&self.old, &self.new].into_iter().flat_map(|side| &side.programs);
        let tables = self.old.tables.iter();
        tables
            .chain(programs.map(|program| &program.name))
            .any(|name| names.contains(&name.as_str()))
    }

    /// Writes it into the new database `kept` and seals it.
    pub async fn write(&self, session: &mut Session, kept: &str) -> Result<()> {
        session.execute(&self.old.creation(kept)).await?;
        let table = full(kept, JOURNAL);
        session
            .execute(&format!(
                "CREATE TABLE {table} (id INT PRIMARY KEY, part LONGBLOB NOT NULL) ENGINE = InnoDB"
            ))
            .await?;
        let text = serde_json::to_vec(self)
            .map_err(|error| crate::error::Error::Internal(format!("a journal: {error}")))?;
        for (id, part) in text.chunks(PART).enumerate() {
            let insert = format!("INSERT INTO {table} VALUES (?, ?)");
            session.rows::<u8>(&insert, (id, part)).await?;
        }
        let digest = literal(&hex(&Sha256::digest(&text)));
        session
            .execute(&format!("CREATE VIEW {} AS SELECT {digest} AS journal", full(kept, SEAL)))
            .await
    }

    /// Says that the swap begins.
    pub async fn begin(&self, session: &mut Session, kept: &str) -> Result<()> {
        let mark = full(kept, PENDING);
        session.execute(&format!("CREATE TABLE {mark} (id INT PRIMARY KEY) ENGINE = InnoDB")).await
    }
}

/// Tries whether a trigger could be made again that acts with the rights of `definer`.
pub(super) async fn try_trigger(session: &mut Session, kept: &str, definer: &str) -> Result<()> {
    let (trial, table) = (full(kept, "kronos_trial"), full(kept, JOURNAL));
    session
        .execute(&format!(
            "CREATE {definer}TRIGGER {trial} BEFORE DELETE ON {table} FOR EACH ROW SET @kronos = 1"
        ))
        .await?;
    session.execute(&format!("DROP TRIGGER {trial}")).await
}

/// Says that the swap has ended and all of the new database is there.
pub(super) async fn end(session: &mut Session, kept: &str) -> Result<()> {
    session.execute(&format!("DROP TABLE {}", full(kept, MOVED))).await
}

/// The last words of the statement that moves the tables of a swap in this state: the other state.
pub(super) fn turn(kept: &str, from: State) -> String {
    let (from, to) = if from == State::Pending { (PENDING, MOVED) } else { (MOVED, PENDING) };
    format!("{} TO {}", full(kept, from), full(kept, to))
}

/// What of `tables` is not the journal's.
pub(super) fn without_journal(tables: Vec<String>) -> Vec<String> {
    let names = [JOURNAL, SEAL, PENDING, MOVED];
    tables.into_iter().filter(|table| !names.contains(&table.as_str())).collect()
}

/// Whether it is a view that belongs to the journal.
pub(super) fn is_seal(name: &str) -> bool {
    name == SEAL
}

/// All databases with a swap that has not ended.
pub(super) async fn unfinished(session: &mut Session) -> Result<Vec<String>> {
    let question =
        "SELECT DISTINCT TABLE_SCHEMA FROM information_schema.TABLES WHERE TABLE_NAME IN (?, ?)";
    session.rows(question, (PENDING, MOVED)).await
}

/// How far the swap is; `None` when it has ended or never begun.
pub(super) async fn state(session: &mut Session, kept: &str) -> Result<Option<State>> {
    let question = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?, ?)";
    let marks: Vec<String> = session.rows(question, (kept, PENDING, MOVED)).await?;
    Ok(match marks.first().map(String::as_str) {
        Some(PENDING) => Some(State::Pending),
        Some(_) => Some(State::Moved),
        None => None,
    })
}

/// Reads the journal in `kept`; `None` when there is none that this user has sealed.
pub(super) async fn read(session: &mut Session, kept: &str) -> Result<Option<Journal>> {
    let question = "SELECT VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? \
                    AND DEFINER = CURRENT_USER()";
    let seals: Vec<String> = session.rows(question, (kept, SEAL)).await?;
    let Some(seal) = seals.first() else { return Ok(None) };
    let question = format!("SELECT part FROM {} ORDER BY id", full(kept, JOURNAL));
    let text = match session.rows::<Vec<u8>>(&question, ()).await {
        Ok(parts) => parts.concat(),
        // Whoever carries the swap out has ended it just now.
        Err(_) if !has_journal(session, kept).await? => return Ok(None),
        Err(error) => return Err(error),
    };
    if !seal.contains(&hex(&Sha256::digest(&text))) {
        return Ok(None);
    }
    Ok(serde_json::from_slice(&text).ok())
}

async fn has_journal(session: &mut Session, kept: &str) -> Result<bool> {
    let question = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
    Ok(!session.rows::<String>(question, (kept, JOURNAL)).await?.is_empty())
}

fn full(database: &str, table: &str) -> String {
    format!("{}.{}", identifier(database), identifier(table))
}
