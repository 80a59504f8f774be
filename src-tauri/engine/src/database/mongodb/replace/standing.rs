//! A database that is to be replaced: whether it can be, what is in it, and who works in it.
//!
//! Owns the questions and the refusals. The swap itself belongs to `swap`.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use mongodb::bson::{Document, doc};

use super::super::catalogue::{self, belongs_to_server};
use super::super::connect::Session;
use super::super::server::{Deployment, Server};
use super::super::stream::NamespaceKind;
use super::{hidden, settle};
use crate::config::{ConnectionSettings, Selection};
use crate::database::{DumpedDatabase, ProbedObject, Standing, tls};
use crate::error::{Error, RestoreError, Result};

/// The longest name of a collection together with its database, and that of servers before 4.4.
const LONGEST: usize = 255;
const LONGEST_OLD: usize = 120;

/// What is in the database `name`.
pub(in super::super) async fn look(
    session: &Session,
    server: &Server,
    settings: &ConnectionSettings,
    name: &str,
) -> Result<Standing> {
    check_exists(session, name).await?;
    for said in settle::settle(session, name).await? {
        tracing::warn!("{said}");
    }
    let found = catalogue::read(session, name.to_owned(), &Selection::default()).await?;
    let size = found.size();
    let collections = found.taken.into_iter().filter(|entry| entry.kind != NamespaceKind::View);
    let collections = collections.map(|entry| ProbedObject {
        name: entry.name,
        size: entry.size,
        rows: entry.rows,
    });
    Ok(Standing {
        name: name.to_owned(),
        shown: session.source(name),
        host: session.login.title.clone(),
        is_remote: tls::is_remote(settings, &settings.host),
        server: super::super::info(server, None),
        size,
        tables: collections.collect(),
        is_estimated: true,
        newest_change: None,
        programs: programs(&operations(session, name).await?),
        can_disconnect: true,
    })
}

async fn check_exists(session: &Session, name: &str) -> Result<()> {
    let target = session.source(name);
    if belongs_to_server(name) {
        return Err(unusable(target, "it belongs to the server itself".to_owned()));
    }
    if catalogue::database_names(session).await?.iter().any(|there| there == name) {
        return Ok(());
    }
    Err(RestoreError::NothingToReplace { target }.into())
}

fn unusable(target: String, detail: String) -> Error {
    RestoreError::TargetUnusable { target, detail }.into()
}

/// Says why the database `name` cannot give way to `dumped`, or what came of an earlier swap.
pub(in super::super) async fn check(
    session: &Session,
    server: &Server,
    (name, disconnect): (&str, bool),
    dumped: &DumpedDatabase,
) -> Result<Vec<String>> {
    check_exists(session, name).await?;
    let said = settle::settle(session, name).await?;
    if server.deployment == Deployment::Router {
        let detail = "collections of a sharded cluster are not replaced".to_owned();
        return Err(unusable(session.source(name), detail));
    }
    let there = catalogue::list(session, &session.client.database(name)).await?;
    let series = there.iter().filter(|(_, kind)| *kind == NamespaceKind::TimeSeries);
    let fixed = there.iter().filter(|(name, _)| name.starts_with("system."));
    let fixed = series.chain(fixed).map(|(name, _)| name.as_str());
    let coming = dumped.facts.objects.iter().map(|object| object.name.as_str());
    let coming = coming.filter(|name| name.starts_with("system."));
    if let Some(one) = fixed.chain(coming).next() {
        let one = one.strip_prefix("system.buckets.").unwrap_or(one);
        let detail = format!(
            "`{one}` is a time series or belongs to the system, and MongoDB renames neither; restore to a new \
             database instead"
        );
        return Err(unusable(session.source(name), detail));
    }
    check_lengths(session, server, name, &there, dumped)?;
    let programs = programs(&operations(session, name).await?);
    if programs.is_empty() || disconnect { Ok(said) } else { Err(in_use(session, name, programs)) }
}

/// Hidden names are longer.
fn check_lengths(
    session: &Session,
    server: &Server,
    database: &str,
    there: &[(String, NamespaceKind)],
    dumped: &DumpedDatabase,
) -> Result<()> {
    let is_old = (server.version.major, server.version.minor) < (4, 4);
    let longest = if is_old { LONGEST_OLD } else { LONGEST };
    let prefix = hidden::name(&hidden::previous(), "").len();
    let coming = dumped.facts.objects.iter().filter(|object| object.rows.is_some());
    let names = there.iter().map(|(name, _)| name).chain(coming.map(|object| &object.name));
    let too_long = |name: &&String| database.len() + 1 + prefix + name.len() > longest;
    let Some(name) = names.filter(|name| !hidden::is_hidden(name)).find(too_long) else {
        return Ok(());
    };
    let detail = format!(
        "the name of the collection `{name}` is too long for the name that it would have while it changes places"
    );
    Err(unusable(session.source(database), detail))
}

pub(super) fn in_use(session: &Session, name: &str, programs: Vec<String>) -> Error {
    RestoreError::InUse { target: session.source(name), programs, can_disconnect: true }.into()
}

/// What a step waited for that nobody could name.
pub(super) fn held(session: &Session, name: &str) -> Error {
    let programs = vec!["a transaction that is open; the server ends it after a minute".to_owned()];
    RestoreError::InUse { target: session.source(name), programs, can_disconnect: false }.into()
}

/// What others do in a database just now. A program that is connected and does nothing is in nobody's way: it sees
/// the new collections from the moment they are there. In which database an open transaction has worked, the server
/// does not say; it is met by the first step that waits for it.
pub(super) async fn operations(session: &Session, name: &str) -> Result<Vec<Document>> {
    let mut found = Vec::new();
    for all in [true, false] {
        let stages = [
            doc! { "$currentOp": { "allUsers": all } },
            doc! { "$match": { "client": { "$exists": true }, "appName": { "$ne": "kronos" } } },
        ];
        let command = doc! { "aggregate": 1, "pipeline": stages.as_slice(), "cursor": {} };
        let cursor = session.client.database("admin").run_cursor_command(command).await;
        match cursor {
            Ok(cursor) => {
                let failed = |error| session.failures.of(&error, &session.login.title);
                found = cursor.try_collect().await.map_err(failed)?;
                break;
            }
            // Who may not see the others' still sees its own.
            Err(error) if all => tracing::debug!(%error, "operations of others are hidden"),
            Err(error) => return Err(session.failures.of(&error, &session.login.title)),
        }
    }
    let beginning = format!("{name}.");
    found.retain(|operation| {
        operation.get_str("ns").is_ok_and(|namespace| namespace.starts_with(&beginning))
    });
    Ok(found)
}

/// Who they are: `mongosh from 10.0.0.3:51234 (2)`.
pub(super) fn programs(operations: &[Document]) -> Vec<String> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for operation in operations {
        let text = |key: &str| operation.get_str(key).unwrap_or_default();
        let program = Some(text("appName")).filter(|name| !name.is_empty()).unwrap_or("a program");
        *counts.entry(format!("{program} from {}", text("client"))).or_default() += 1;
    }
    let shown = |(who, count)| if count > 1 { format!("{who} ({count})") } else { who };
    counts.into_iter().map(shown).collect()
}

/// Ends them; returns how many the server agreed to end. What could not be ended is named when the swap fails for
/// it.
pub(super) async fn end_all(session: &Session, operations: &[Document]) -> u32 {
    let mut ended = 0;
    for operation in operations {
        let Some(id) = operation.get("opid") else { continue };
        let command = doc! { "killOp": 1, "op": id.clone() };
        ended += u32::from(session.admin(command).await.is_ok());
    }
    ended
}
