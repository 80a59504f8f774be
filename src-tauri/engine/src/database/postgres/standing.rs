//! A database that is to be replaced: whether it can be, and what is in it.
//!
//! Owns the questions and the refusals. The swap itself belongs to `swap`.

use super::access::Access;
use super::catalogue::{self, Relation};
use super::server::{open_any, version_text};
use super::session::Session;
use crate::contents::ServerInfo;
use crate::database::{ProbedObject, Standing, tls};
use crate::error::{Error, RestoreError, Result};

/// Databases that belong to the server.
const OF_SERVER: [&str; 3] = ["postgres", "template0", "template1"];

/// What is in the database `name`.
pub(super) async fn look(access: &Access, name: &str) -> Result<Standing> {
    let admin = open_any(access).await?;
    check_exists(access, &admin, name).await?;
    let programs = programs(&admin, name).await?;
    let session = Session::open(access, name).await?;
    let relations = catalogue::read(&session).await?.relations;
    let row = session.one("SELECT pg_database_size(current_database())", &[]).await?;
    Ok(Standing {
        name: name.to_owned(),
        shown: format!("{}/{name}", access.shown()),
        host: access.shown(),
        is_remote: tls::is_remote(access.settings(), &access.host),
        server: ServerInfo {
            version: format!("PostgreSQL {}", version_text(session.version)),
            identity: catalogue::identity(&session).await,
            ..ServerInfo::default()
        },
        size: row.get::<_, i64>(0).unsigned_abs(),
        tables: relations.iter().filter(|relation| relation.has_rows()).map(table).collect(),
        is_estimated: true,
        newest_change: None,
        programs,
        can_disconnect: true,
    })
}

fn table(relation: &Relation) -> ProbedObject {
    ProbedObject { name: relation.shown(), size: relation.size, rows: relation.rows }
}

async fn check_exists(access: &Access, admin: &Session, name: &str) -> Result<()> {
    let target = format!("{}/{name}", access.shown());
    if OF_SERVER.contains(&name) {
        let detail = "it belongs to the server itself".to_owned();
        return Err(RestoreError::TargetUnusable { target, detail }.into());
    }
    let found = admin.all("SELECT FROM pg_database WHERE datname = $1", &[&name]).await?;
    if found.is_empty() {
        return Err(RestoreError::NothingToReplace { target }.into());
    }
    Ok(())
}

/// Says why the database `name` cannot give way.
pub(super) async fn check(
    access: &Access,
    admin: &Session,
    name: &str,
    disconnect: bool,
) -> Result<()> {
    check_exists(access, admin, name).await?;
    let sql = "SELECT pg_has_role(datdba, 'USAGE'), pg_get_userbyid(datdba)::text \
               FROM pg_database WHERE datname = $1";
    let row = admin.one(sql, &[&name]).await?;
    if !row.get::<_, bool>(0) {
        let target = format!("{}/{name}", access.shown());
        let owner: String = row.get(1);
        let detail = format!("only its owner `{owner}` or a superuser may rename it");
        return Err(RestoreError::TargetUnusable { target, detail }.into());
    }
    check_attached(access, admin, name).await?;
    let programs = programs(admin, name).await?;
    if programs.is_empty() || disconnect { Ok(()) } else { Err(in_use(access, name, programs)) }
}

/// What belongs to the database on the server and would go with the old one, without anybody there: a slot
/// keeps the server's log until its disk is full, a subscription that of another one, and a prepared transaction
/// keeps its locks.
pub(super) async fn check_attached(access: &Access, admin: &Session, name: &str) -> Result<()> {
    let questions = [
        (
            "SELECT slot_name::text FROM pg_replication_slots WHERE database = $1",
            "the logical replication slot `{}` belongs to it; drop it first (pg_drop_replication_slot), and \
             make it anew afterwards",
        ),
        (
            "SELECT gid FROM pg_prepared_xacts WHERE database = $1",
            "the prepared transaction `{}` is open in it; end it first (COMMIT PREPARED or ROLLBACK PREPARED)",
        ),
        (
            "SELECT s.subname::text FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid \
             WHERE d.datname = $1",
            "the subscription `{}` writes into it; drop it first (DROP SUBSCRIPTION), and make it anew afterwards",
        ),
    ];
    // PostgreSQL 9 has no subscriptions.
    let asked = if admin.version >= 100_000 { 3 } else { 2 };
    for (question, sentence) in questions.into_iter().take(asked) {
        if let Some(row) = admin.all(question, &[&name]).await?.first() {
            let target = format!("{}/{name}", access.shown());
            let detail = sentence.replace("{}", row.get(0));
            return Err(RestoreError::TargetUnusable { target, detail }.into());
        }
    }
    Ok(())
}

pub(super) fn in_use(access: &Access, name: &str, programs: Vec<String>) -> Error {
    let target = format!("{}/{name}", access.shown());
    RestoreError::InUse { target, programs, can_disconnect: true }.into()
}

/// Who is connected to the database `name`, but for what the server ends by itself and for Kronos, whose
/// sessions may take a moment to end: `psql (2)`. Of others' sessions a user without rights is not told what
/// they are.
pub(super) async fn programs(admin: &Session, name: &str) -> Result<Vec<String>> {
    let sql = "SELECT name || CASE WHEN count(*) > 1 THEN ' (' || count(*) || ')' ELSE '' END FROM ( \
         SELECT CASE WHEN backend_type NOT IN ('client backend', 'walsender') THEN backend_type \
         ELSE COALESCE(NULLIF(application_name, ''), usename::text, 'a program') END AS name \
         FROM pg_stat_activity WHERE datname = $1 AND application_name IS DISTINCT FROM 'kronos' \
         AND COALESCE(backend_type, '') NOT IN ('autovacuum worker', 'parallel worker')) AS programs \
         GROUP BY name ORDER BY name";
    let rows = admin.all(sql, &[&name]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
