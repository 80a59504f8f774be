//! The moment that a dump shows: every table is locked first, then the snapshot is taken.
//!
//! Owns that order. A snapshot that is older than its locks loses rows silently: TRUNCATE and rewriting
//! ALTER empty a table also for those who look at an older moment.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;

use super::access::Access;
use super::catalogue::{self, Catalogue, Relation};
use super::selection::Chosen;
use super::session::Session;
use crate::cancel::CancellationToken;
use crate::error::{Error, Result, ServerError};
use crate::progress::Progress;

/// How long Kronos waits for locks, all attempts together.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts, so that whoever queued behind us gets his turn.
const PAUSE: Duration = Duration::from_millis(300);
/// Tables in one statement.
const BATCH: usize = 500;
/// How often tables may come and go while they are being locked.
const MAX_CHANGES: u32 = 20;

/// A moment of one database that stays readable for as long as this lives.
pub(super) struct Snapshot {
    /// Its name, which another session gives to see the same moment.
    pub id: String,
    /// What is there in that moment.
    pub catalogue: Catalogue,
    /// What of it is dumped.
    pub chosen: Chosen,
    _session: Session,
}

/// How an attempt to lock ended.
enum Attempt {
    Locked,
    /// Somebody else holds a lock.
    Waited,
    /// A table is not there any more.
    Changed,
}

impl Snapshot {
    /// Locks everything that will be dumped of `database` and takes the snapshot.
    pub async fn take(
        access: &Access,
        database: &str,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        let taking = Self::patiently(access, database, progress);
        let taking = cancel.run_until_cancelled(taking).await;
        taking.unwrap_or(Err(Error::Cancelled))
    }

    async fn patiently(access: &Access, database: &str, progress: &Progress) -> Result<Self> {
        let observer = Session::open(access, database).await?;
        let session = Session::open(access, database).await?;
        let (begun, mut changes) = (Instant::now(), 0);
        loop {
            let wanted = lockable(access, &catalogue::read(&observer).await?);
            begin(&session).await?;
            match lock(&session, &wanted).await? {
                Attempt::Locked => {
                    let (id, catalogue, chosen) = freeze(access, &session).await?;
                    if lockable(access, &catalogue).is_subset(&wanted) {
                        return Ok(Self { id, catalogue, chosen, _session: session });
                    }
                    changes += 1;
                }
                Attempt::Changed => changes += 1,
                Attempt::Waited if begun.elapsed() >= PATIENCE => {
                    return Err(blocked(&observer, &wanted, begun).await?);
                }
                Attempt::Waited => progress.object(&format!("{database}, waiting for a lock")),
            }
            session.run("ROLLBACK").await?;
            if changes == MAX_CHANGES {
                let detail = "tables come and go faster than they can be locked".to_owned();
                return Err(observer.against().changed(detail));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A table that has to be locked: its OID and its name in SQL.
type Wanted = HashSet<(u32, String)>;

fn lockable(access: &Access, catalogue: &Catalogue) -> Wanted {
    let chosen = Chosen::new(&access.settings().server.selection, catalogue);
    let dumped = catalogue
        .relations
        .iter()
        .filter(|relation| relation.is_lockable() && !chosen.excluded.contains(&relation.oid));
    dumped.map(|relation| (relation.oid, relation.quoted())).collect()
}

async fn begin(session: &Session) -> Result<()> {
    session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    if session.version >= 170_000 {
        session.run("SET LOCAL transaction_timeout = 0").await?;
    }
    Ok(())
}

/// Tries to lock all tables. None of these statements takes a snapshot.
async fn lock(session: &Session, wanted: &Wanted) -> Result<Attempt> {
    let mut names: Vec<&str> = wanted.iter().map(|(_, name)| name.as_str()).collect();
    names.sort_unstable();
    for batch in names.chunks(BATCH) {
        let list = batch.iter().map(|name| format!("ONLY {name}")).collect::<Vec<_>>().join(", ");
        let statement = format!("LOCK TABLE {list} IN ACCESS SHARE MODE");
        let Err(error) = session.attempt(&statement).await else { continue };
        let gone = [
            &SqlState::UNDEFINED_TABLE,
            &SqlState::INVALID_SCHEMA_NAME,
            &SqlState::WRONG_OBJECT_TYPE,
        ];
        return match error.code() {
            Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => Ok(Attempt::Waited),
            Some(code) if *code == SqlState::T_R_DEADLOCK_DETECTED => Ok(Attempt::Waited),
            Some(code) if gone.contains(&code) => Ok(Attempt::Changed),
            Some(code) if *code == SqlState::OUT_OF_MEMORY => {
                let detail = format!(
                    "the server has no room for the locks of {} tables; let an administrator raise \
                     `max_locks_per_transaction`",
                    names.len()
                );
                Err(session.against().failed(detail))
            }
            _ => Err(session.against().asking(&error)),
        };
    }
    Ok(Attempt::Locked)
}

/// Takes the snapshot, now that nobody can rewrite a table any more.
async fn freeze(access: &Access, session: &Session) -> Result<(String, Catalogue, Chosen)> {
    let id = session.one("SELECT pg_export_snapshot()", &[]).await?.get(0);
    let catalogue = catalogue::read(session).await?;
    let chosen = Chosen::new(&access.settings().server.selection, &catalogue);
    Ok((id, catalogue, chosen))
}

/// Who holds, or waits for, a lock that shuts everybody out.
async fn blocked(observer: &Session, wanted: &Wanted, since: Instant) -> Result<Error> {
    let oids: Vec<u32> = wanted.iter().map(|(oid, _)| *oid).collect();
    let sql = "SELECT l.relation, a.pid, COALESCE(NULLIF(a.application_name, ''), 'no name'), \
         COALESCE(extract(epoch FROM now() - a.xact_start), 0)::int8 \
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.relation = ANY($1) \
         AND l.mode = 'AccessExclusiveLock' AND l.database = (SELECT oid FROM pg_database WHERE datname = \
         current_database()) ORDER BY l.granted DESC, a.xact_start LIMIT 1";
    let rows = observer.all(sql, &[&oids]).await?;
    let (object, blocker) = match rows.first() {
        Some(row) => {
            let oid: u32 = row.get(0);
            let catalogue = catalogue::read(observer).await?;
            let table = catalogue.relations.iter().find(|relation| relation.oid == oid);
            let (pid, application, seconds): (i32, String, i64) =
                (row.get(1), row.get(2), row.get(3));
            let name = table.map(Relation::shown).unwrap_or_default();
            (name, format!("process {pid} ({application}) since {}", duration(seconds)))
        }
        None => (observer.database().to_owned(), "a session that has just ended".to_owned()),
    };
    Ok(ServerError::Locked { object, blocker, seconds: since.elapsed().as_secs() }.into())
}

fn duration(seconds: i64) -> String {
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}
