//! The name under which a database is loaded that is going to replace another, and what the dead leave.
//!
//! Owns the claim on such a name, which is held as long as the restore lives, and the removal of what nobody
//! claims any more.

use jiff::Timestamp;

use super::super::session::{Access, Session, identifier};
use super::super::target::UNFINISHED;
use super::{journal, lock};
use crate::database::connection::PREVIOUS_KEPT;
use crate::database::names;
use crate::error::Result;

/// A name that nobody else uses as long as this lives.
pub(in super::super) struct Claim {
    /// Ends with the claim, and the server gives the lock back.
    _session: Session,
    /// The name.
    pub(in super::super) name: String,
}

impl Claim {
    /// Claims a new name.
    pub(in super::super) async fn new(access: &Access) -> Result<Self> {
        let (mut session, name) = (Session::open(access).await?, names::unfinished());
        // A large dump may take longer than a server waits for an idle session.
        session.execute("SET SESSION wait_timeout = 2147483").await?;
        lock::take(&mut session, &name, 0).await?;
        Ok(Self { _session: session, name })
    }
}

/// Removes what earlier restores have left: databases of exactly our name that nobody claims, and what was
/// replaced more than a day ago. What cannot be removed stays.
pub(in super::super) async fn clear_up(session: &mut Session) -> Result<()> {
    let ours =
        "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '%kronos\\_%'";
    for name in session.rows::<String>(ours, ()).await? {
        let is_ours = names::is_unfinished(&name) || names::is_previous(&name);
        // What is seen before the lock is held may be another thing by then.
        if !is_ours || !lock::take(session, &name, 0).await? {
            continue;
        }
        let is_over = if names::is_unfinished(&name) {
            is_marked_or_empty(session, &name, UNFINISHED).await?
        } else {
            is_expired(session, &name).await?
        };
        if is_over {
            let removed = session.execute(&format!("DROP DATABASE {}", identifier(&name))).await;
            tracing::info!(
                name,
                removed = removed.is_ok(),
                "an earlier restore had left a database"
            );
        }
        lock::release(session, &name).await?;
    }
    Ok(())
}

async fn is_marked_or_empty(session: &mut Session, name: &str, mark: &str) -> Result<bool> {
    let question = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?";
    let tables: Vec<String> = session.rows(question, (name,)).await?;
    Ok(tables.is_empty() || tables.iter().any(|table| table == mark))
}

/// One without a journal is left from a restore that had not begun to swap; it keeps nothing.
async fn is_expired(session: &mut Session, name: &str) -> Result<bool> {
    if journal::state(session, name).await?.is_some() {
        return Ok(false);
    }
    match journal::read(session, name).await? {
        Some(journal) => Ok(journal.age(Timestamp::now()) >= PREVIOUS_KEPT),
        None => is_marked_or_empty(session, name, "").await,
    }
}
