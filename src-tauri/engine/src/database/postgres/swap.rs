//! The moment in which a loaded database takes the name of another.
//!
//! Owns one transaction: the old database gets another name and takes no connections any more, the new one
//! gets the old one's name. The server lets nobody connect to a database that is being renamed, so nothing
//! has to be switched off before, and whenever it is killed there is either nothing of it or all of it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_postgres::error::SqlState;

use super::access::Access;
use super::quote::{identifier, literal};
use super::server::open_any;
use super::session::Session;
use super::standing;
use crate::database::connection::PREVIOUS_KEPT;
use crate::database::{Previous, names};
use crate::error::{RestoreError, Result};

/// The longest name.
const MAX_NAME: usize = 63;
/// What the comment of a replaced database begins with; the time follows, in seconds since 1970.
const MARK: &str = "Replaced by a restore of Kronos; it may be dropped. Replaced at: ";
/// How long to try when others are connected and may be disconnected.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(200);

/// What takes which place.
pub(super) struct Swap<'a> {
    /// The server.
    pub access: &'a Access,
    /// The loaded database.
    pub new: &'a str,
    /// The comment that it gets.
    pub comment: Option<&'a String>,
    /// The database that it replaces.
    pub target: &'a str,
    /// Whether others may be disconnected.
    pub disconnect: bool,
}

impl Swap<'_> {
    /// Carries it out.
    pub async fn carry_out(&self) -> Result<Previous> {
        let admin = open_any(self.access).await?;
        // Loading takes its time, and somebody may have made one meanwhile.
        standing::check_attached(self.access, &admin, self.target).await?;
        let now = Timestamp::now();
        let previous = names::previous(self.target, now, MAX_NAME);
        let statements = self.statements(&previous, now, &remark(&admin, self.target).await?);
        let pid: i32 = admin.one("SELECT pg_backend_pid()", &[]).await?.get(0);
        let numbers = self.numbers(&admin).await?;
        let begun = Instant::now();
        let mut disconnected = 0;
        loop {
            let attempt = admin.attempt(&statements);
            let (outcome, ended) = tokio::join!(attempt, self.keep_out(begun, &numbers));
            disconnected += ended;
            let Err(error) = outcome else { break };
            if admin.run("ROLLBACK").await.is_err() {
                self.find_out(pid, &previous).await?;
                break;
            }
            match error.code() {
                Some(code) if is_in_the_way(code) => self.wait(&admin, begun).await?,
                _ => return Err(admin.against().asking(&error)),
            }
        }
        let kept_until = now.saturating_add(PREVIOUS_KEPT).unwrap_or(now);
        let kept_as = format!("{}/{previous}", self.access.shown());
        Ok(Previous { kept_as, kept_until, disconnected })
    }

    fn statements(&self, previous: &str, now: Timestamp, remark: &str) -> String {
        let (new, target, old) =
            (identifier(self.new), identifier(self.target), identifier(previous));
        let comment = self.comment.map_or("NULL".to_owned(), |comment| literal(comment));
        let mark = literal(&format!("{MARK}{}{remark}", now.as_second()));
        format!(
            "BEGIN; ALTER DATABASE {target} RENAME TO {old}; ALTER DATABASE {new} RENAME TO {target}; \
             ALTER DATABASE {old} WITH ALLOW_CONNECTIONS false; COMMENT ON DATABASE {old} IS {mark}; \
             COMMENT ON DATABASE {target} IS {comment}; COMMIT"
        )
    }

    /// The numbers of the databases that nobody may be connected to, the replaced one first: by their names
    /// the first programs in the new database would be taken for the last ones in the old.
    async fn numbers(&self, admin: &Session) -> Result<Vec<u32>> {
        let sql =
            "SELECT oid FROM pg_database WHERE datname IN ($1, $2) ORDER BY datname = $1 DESC";
        let rows = admin.all(sql, &[&self.target, &self.new]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Ends the connections of others, if that is allowed, and counts them. The server waits for a moment
    /// before it refuses to rename a database with connections, and lets no new ones in meanwhile. What could
    /// not be ended is named when the swap fails for it. Nobody has a claim to the new database yet.
    async fn keep_out(&self, begun: Instant, numbers: &[u32]) -> u32 {
        let is_again = begun.elapsed() > PAUSE;
        if is_again {
            tokio::time::sleep(PAUSE).await;
        }
        let databases = match (self.disconnect, is_again) {
            (true, _) => numbers,
            (false, true) => numbers.get(1..).unwrap_or_default(),
            (false, false) => return 0,
        };
        let ended = self.end_others(databases).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "connections could not be ended");
            0
        });
        if self.disconnect { ended } else { 0 }
    }

    async fn end_others(&self, databases: &[u32]) -> Result<u32> {
        let session = open_any(self.access).await?;
        let others = "SELECT pid FROM pg_stat_activity WHERE datid = ANY($1) AND pid <> pg_backend_pid() \
             AND COALESCE(backend_type, '') NOT IN ('autovacuum worker', 'parallel worker')";
        let mut ended = 0;
        for row in session.all(others, &[&databases]).await? {
            // One that this user may not end keeps none of the others.
            let pid: i32 = row.get(0);
            let end = session.one("SELECT pg_terminate_backend($1)", &[&pid]).await;
            ended += u32::from(end.is_ok_and(|row| row.get(0)));
        }
        Ok(ended)
    }

    /// Waits before the next try, or says who is in the way.
    async fn wait(&self, admin: &Session, begun: Instant) -> Result<()> {
        let is_over = begun.elapsed() >= PATIENCE;
        let mut programs = standing::programs(admin, self.target).await?;
        if programs.is_empty() && is_over {
            programs.push("another run of Kronos, or a program that comes and goes".to_owned());
        }
        if is_over || !(self.disconnect || programs.is_empty()) {
            return Err(standing::in_use(self.access, self.target, programs));
        }
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }

    /// The connection broke: looks whether the swap took place, as soon as the session `pid`, which might
    /// still carry it out, is gone.
    async fn find_out(&self, pid: i32, previous: &str) -> Result<()> {
        let unknown = || RestoreError::SwapUnknown { target: self.target.to_owned() };
        let admin = open_any(self.access).await.map_err(|_| unknown())?;
        let begun = Instant::now();
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND \
             application_name = 'kronos'";
        while !admin.all(end, &[&pid]).await.map_err(|_| unknown())?.is_empty() {
            if begun.elapsed() >= PATIENCE {
                return Err(unknown().into());
            }
            tokio::time::sleep(PAUSE).await;
        }
        let sql = "SELECT datname::text FROM pg_database WHERE datname IN ($1, $2)";
        let rows = admin.all(sql, &[&previous, &self.new]).await.map_err(|_| unknown())?;
        let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        match names.as_slice() {
            [name] if *name == previous => Ok(()),
            [_] => Err(admin.against().failed("the connection broke before the swap".to_owned())),
            _ => Err(unknown().into()),
        }
    }
}

fn is_in_the_way(code: &SqlState) -> bool {
    [&SqlState::OBJECT_IN_USE, &SqlState::LOCK_NOT_AVAILABLE].contains(&code)
}

/// What the old comment was, for whoever wants the database back.
async fn remark(admin: &Session, target: &str) -> Result<String> {
    let sql = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1";
    let comment: Option<String> = admin.one(sql, &[&target]).await?.get(0);
    Ok(comment.map_or_else(String::new, |comment| format!(". Its comment was: {comment}")))
}

/// Drops what was replaced more than a day ago: databases of exactly our name with our comment that take no
/// connections. What cannot be dropped stays.
pub(super) async fn remove_old(admin: &Session) -> Result<()> {
    let sql = "SELECT d.datname::text, shobj_description(d.oid, 'pg_database') FROM pg_database d \
         WHERE d.datname LIKE '%\\_\\_kronos\\_before\\_%' AND NOT d.datallowconn \
         AND pg_has_role(d.datdba, 'USAGE')";
    for row in admin.all(sql, &[]).await? {
        let (name, comment): (String, Option<String>) = (row.get(0), row.get(1));
        if is_old(&name, comment.as_deref().unwrap_or_default(), Timestamp::now()) {
            let dropped = admin.attempt(&format!("DROP DATABASE {}", identifier(&name))).await;
            tracing::info!(
                name,
                removed = dropped.is_ok(),
                "a replaced database was kept long enough"
            );
        }
    }
    Ok(())
}

fn is_old(name: &str, comment: &str, now: Timestamp) -> bool {
    let since = comment.strip_prefix(MARK).map(|rest| rest.split('.').next().unwrap_or_default());
    let since = since.and_then(|text| Timestamp::from_second(text.parse().ok()?).ok());
    names::is_previous(name)
        && since.is_some_and(|since| now.duration_since(since) >= PREVIOUS_KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_old_marked_databases_are_dropped() {
        let now: Timestamp = "2026-11-22T13:54:01Z".parse().unwrap();
        let name = names::previous("shop", now, MAX_NAME);
        let comment = format!("{MARK}{}. Its comment was: x. y", now.as_second());
        let later = now + PREVIOUS_KEPT;
        assert!(is_old(&name, &comment, later));
        assert!(
            !is_old(&name, &comment, later - jiff::SignedDuration::from_secs(1)),
            "a young one"
        );
        assert!(!is_old(&name, "", later), "without our mark");
        assert!(!is_old("shop", &comment, later));
        assert!(!is_old("shop__kronos_before_mine", &comment, later));
    }
}
