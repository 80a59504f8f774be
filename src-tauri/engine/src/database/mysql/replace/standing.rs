//! A database that is to be replaced: whether it can be, what is in it, and who uses it.
//!
//! Owns the questions and the refusals. The swap itself belongs to `swap`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mysql_async::{Params, Row};

use super::super::catalog::{self, Catalog};
use super::super::look::server_info;
use super::super::script::ItemKind;
use super::super::selection::is_of_server;
use super::super::session::{Access, Session};
use super::settle::settle;
use crate::config::ConnectionSettings;
use crate::database::{ProbedObject, Standing, tls};
use crate::error::{Error, RestoreError, Result};

/// What is in the database `name`.
pub(in super::super) async fn look(settings: &ConnectionSettings, name: &str) -> Result<Standing> {
    let access = Access::of(settings).await?;
    let mut session = Session::open(&access).await?;
    for said in settle(&mut session, &[name.to_owned()]).await? {
        tracing::warn!("{said}");
    }
    check_exists(&mut session, &access, name).await?;
    let catalog = Catalog::read(&mut session, name).await?;
    let tables: Vec<ProbedObject> = catalog
        .tables
        .iter()
        .filter(|table| table.item.kind == ItemKind::Table)
        .map(|table| ProbedObject {
            name: table.item.name.clone(),
            size: table.data + table.indexes,
            rows: table.rows,
        })
        .collect();
    let standing = Standing {
        name: name.to_owned(),
        shown: shown(&access, name),
        host: access.who.server.clone(),
        is_remote: tls::is_remote(settings, &settings.host),
        server: server_info(&mut session).await,
        size: tables.iter().map(|table| table.size).sum(),
        tables,
        is_estimated: true,
        newest_change: newest_change(&mut session, name).await,
        programs: programs(&mut session, name).await?,
        can_disconnect: true,
    };
    session.close().await;
    Ok(standing)
}

fn shown(access: &Access, name: &str) -> String {
    format!("{}/{name}", access.who.server)
}

/// Servers forget it when they start.
async fn newest_change(session: &mut Session, name: &str) -> Option<Timestamp> {
    let question = "SELECT CAST(UNIX_TIMESTAMP(MAX(UPDATE_TIME)) AS SIGNED) FROM information_schema.TABLES \
                    WHERE TABLE_SCHEMA = ?";
    let newest: Vec<Option<i64>> = session.rows(question, (name,)).await.ok()?;
    Timestamp::from_second(newest.first().copied().flatten()?).ok()
}

async fn check_exists(session: &mut Session, access: &Access, name: &str) -> Result<()> {
    let target = shown(access, name);
    if is_of_server(name) {
        let detail = "it belongs to the server itself".to_owned();
        return Err(RestoreError::TargetUnusable { target, detail }.into());
    }
    if catalog::databases(session).await?.iter().any(|database| database == name) {
        return Ok(());
    }
    Err(RestoreError::NothingToReplace { target }.into())
}

/// Says why the database `name` cannot give way.
pub(in super::super) async fn check(
    session: &mut Session,
    access: &Access,
    name: &str,
    disconnect: bool,
) -> Result<()> {
    check_exists(session, access, name).await?;
    check_references(session, access, name).await?;
    let programs = programs(session, name).await?;
    if programs.is_empty() || disconnect { Ok(()) } else { Err(in_use(access, name, programs)) }
}

/// A foreign key from another database would go with the table that gives way.
pub(super) async fn check_references(
    session: &mut Session,
    access: &Access,
    name: &str,
) -> Result<()> {
    let question = "SELECT CONCAT('`', TABLE_SCHEMA, '`.`', TABLE_NAME, '`') FROM \
                    information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA = ? AND TABLE_SCHEMA <> ?";
    let tables: Vec<String> = session.rows(question, (name, name)).await?;
    let Some(table) = tables.first() else { return Ok(()) };
    let detail = format!(
        "{table} of another database refers to it by a foreign key, which would stay with the old tables"
    );
    Err(RestoreError::TargetUnusable { target: shown(access, name), detail }.into())
}

pub(super) fn in_use(access: &Access, name: &str, mut programs: Vec<String>) -> Error {
    if programs.is_empty() {
        programs.push("a session that holds a lock on one of its tables".to_owned());
    }
    RestoreError::InUse { target: shown(access, name), programs, can_disconnect: true }.into()
}

/// Who is connected to the database `name`, but for this session: `app from 10.0.0.3 (2)`. Of others' sessions
/// a user without the right PROCESS is told nothing; what they hold is found by the swap.
pub(super) async fn programs(session: &mut Session, name: &str) -> Result<Vec<String>> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for connected in connected(session, name).await? {
        *counts.entry(connected.who).or_default() += 1;
    }
    let shown = |(who, count)| if count > 1 { format!("{who} ({count})") } else { who };
    Ok(counts.into_iter().map(shown).collect())
}

/// As whom the server itself carries out what it gets from another one. Nobody who agrees that programs are
/// disconnected means that: it would stop until somebody starts it again.
const REPLICATION: &str = "system user ";

/// Ends the connections of others to the database `name` and counts them. What could not be ended is named when
/// the swap fails for it.
pub(super) async fn end_others(session: &mut Session, name: &str) -> Result<u32> {
    let mut ended = 0;
    for Connected { id, who } in connected(session, name).await? {
        if who.starts_with(REPLICATION) {
            continue;
        }
        ended += u32::from(session.execute(&format!("KILL CONNECTION {id}")).await.is_ok());
    }
    Ok(ended)
}

struct Connected {
    id: u64,
    who: String,
}

/// The table of the same name in `information_schema` fails on MySQL while anybody's statement holds certain
/// characters.
async fn connected(session: &mut Session, name: &str) -> Result<Vec<Connected>> {
    let own = session.rows::<u64>("SELECT CONNECTION_ID()", ()).await?;
    let mut all = Vec::new();
    for mut row in session.rows::<Row>("SHOW PROCESSLIST", Params::Empty).await? {
        let id: u64 = row.take("Id").unwrap_or_default();
        let mut text = |column: &str| row.take::<Option<String>, _>(column).flatten();
        let (user, host, database) = (text("User"), text("Host"), text("db"));
        if database.as_deref() != Some(name) || own.contains(&id) {
            continue;
        }
        let host = host.unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host);
        let user = user.unwrap_or_default();
        all.push(Connected { id, who: format!("{user} from {host}") });
    }
    Ok(all)
}
