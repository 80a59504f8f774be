//! The watch over locks: does the tool wait for another session, and for whom.
//!
//! Owns the question to the server while a dump runs. Neither tool can be told how long to wait, and the
//! servers' own limit is a day or a year.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::flavour::Flavour;
use super::session::{Access, Session};
use crate::error::{Error, Result, ServerError};

/// How long the tool may wait for one lock.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_secs(3);

/// Watches one database while its tool runs; dropping it ends the watch.
pub(super) struct LockWatch {
    found: Arc<OnceLock<Waiting>>,
    stop: CancellationToken,
}

/// A lock for which the tool waited too long.
#[derive(Debug)]
struct Waiting {
    object: String,
    blocker: String,
}

impl LockWatch {
    /// Watches the tool that reads `database`, and cancels `tool` when it has waited too long.
    pub(super) fn start(access: &Access, database: &str, tool: CancellationToken) -> Self {
        let (found, stop) = (Arc::new(OnceLock::new()), tool.child_token());
        let (access, database) = (access.clone(), database.to_owned());
        let (seen, ended) = (Arc::clone(&found), stop.clone());
        tokio::spawn(async move {
            let waiting = ended.run_until_cancelled(watch(&access, &database)).await;
            if let Some(Ok(waiting)) = waiting {
                let _ = seen.set(waiting);
                tool.cancel();
            }
        });
        Self { found, stop }
    }

    /// The lock, when `error` is the end of a tool that waited too long.
    pub(super) fn explain(&self, error: Error) -> Error {
        match self.found.get() {
            Some(waiting) => ServerError::Locked {
                object: waiting.object.clone(),
                blocker: waiting.blocker.clone(),
                seconds: PATIENCE.as_secs(),
            }
            .into(),
            None => error,
        }
    }
}

impl Drop for LockWatch {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Ends when a call of a dump tool has waited too long.
async fn watch(access: &Access, database: &str) -> Result<Waiting> {
    let mut session = None;
    let mut since: Option<(u64, Instant)> = None;
    loop {
        tokio::time::sleep(PAUSE).await;
        let session = match &mut session {
            Some(session) => session,
            none => none.insert(Session::open(access).await?),
        };
        let waiting = waiting_thread(session, database).await?;
        since = match (since, waiting) {
            (Some((before, start)), Some(now)) if before == now => Some((now, start)),
            (_, now) => now.map(|now| (now, Instant::now())),
        };
        let is_late = |(_, start): &(u64, Instant)| start.elapsed() >= PATIENCE;
        if let Some((thread, _)) = since.filter(is_late) {
            let object = database.to_owned();
            return Ok(blocker(session, thread)
                .await
                .unwrap_or_else(|| Waiting { object, blocker: "another session".to_owned() }));
        }
    }
}

/// The thread of a dump tool that waits for a lock in `database`: our own user's threads can be seen
/// without any right, and both tools write the same hint into what they ask.
async fn waiting_thread(session: &mut Session, database: &str) -> Result<Option<u64>> {
    let threads: Vec<u64> = session
        .rows(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE (STATE LIKE 'Waiting for %lock%' OR STATE \
             LIKE 'Waiting for table flush%' OR STATE LIKE 'Waiting for backup%') AND (INFO LIKE \
             '%!40001 SQL_NO_CACHE%' OR INFO LIKE 'SHOW %' OR INFO LIKE 'FLUSH %') AND (DB = ? OR DB IS NULL) AND \
             USER = SUBSTRING_INDEX(USER(), '@', 1)",
            (database,),
        )
        .await?;
    Ok(threads.first().copied())
}

/// Schema, table, thread, user and seconds of a session that holds a lock.
type Holder = (String, String, u64, Option<String>, Option<u64>);

/// Who holds what `thread` waits for, where the server tells.
async fn blocker(session: &mut Session, thread: u64) -> Option<Waiting> {
    if session.version.flavour == Flavour::MariaDb {
        return None;
    }
    let rows: Vec<Holder> = session
        .rows(
            "SELECT w.OBJECT_SCHEMA, w.OBJECT_NAME, t.PROCESSLIST_ID, t.PROCESSLIST_USER, t.PROCESSLIST_TIME FROM \
             performance_schema.metadata_locks w JOIN performance_schema.threads me ON me.THREAD_ID = \
             w.OWNER_THREAD_ID AND w.LOCK_STATUS = 'PENDING' JOIN performance_schema.metadata_locks h ON \
             h.LOCK_STATUS = 'GRANTED' AND h.OBJECT_SCHEMA = w.OBJECT_SCHEMA AND h.OBJECT_NAME = w.OBJECT_NAME AND \
             h.OWNER_THREAD_ID <> w.OWNER_THREAD_ID JOIN performance_schema.threads t ON t.THREAD_ID = \
             h.OWNER_THREAD_ID WHERE me.PROCESSLIST_ID = ? AND t.PROCESSLIST_ID IS NOT NULL",
            (thread,),
        )
        .await
        .ok()?;
    let (schema, table, id, user, seconds) = rows.into_iter().next()?;
    let user = user.unwrap_or_default();
    let blocker = format!("session {id} of `{user}` (for {} s)", seconds.unwrap_or_default());
    Some(Waiting { object: format!("{schema}.{table}"), blocker })
}
