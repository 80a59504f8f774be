//! What is on the server: databases, collections, their sizes, and what of it the profile takes.
//!
//! Owns the choice by names and patterns, and the rule which collections a dump holds at all.

use futures_util::{StreamExt, TryStreamExt};
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};

use super::connect::Session;
use super::replace::is_hidden;
use super::rights::Rights;
use super::stream::NamespaceKind;
use crate::config::{ConnectionSettings, NamePattern, NamePatterns, Selection};
use crate::contents::{LeftOut, LeftOutPart};
use crate::error::{Error, Result, ServerError};

/// Databases of the server itself.
const OF_THE_SERVER: [&str; 3] = ["admin", "config", "local"];
/// Questions that are under way at one time.
const AT_ONCE: usize = 8;

/// A collection, view or time series on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: NamespaceKind,
    /// Bytes of its documents.
    pub(super) size: u64,
    /// Its documents, as the server estimates them.
    pub(super) rows: Option<u64>,
}

/// A database, and what is taken of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Catalogue {
    pub(super) database: String,
    /// What a dump will hold.
    pub(super) taken: Vec<Entry>,
    /// What the profile keeps out of it.
    pub(super) left_out: Vec<LeftOut>,
    /// Collections that only Kronos uses, which no dump of a single database holds.
    pub(super) hidden: Vec<String>,
}

impl Catalogue {
    /// Bytes of all documents that are taken.
    pub(super) fn size(&self) -> u64 {
        self.taken.iter().map(|entry| entry.size).sum()
    }

    /// The names of everything of which `part` is left out.
    pub(super) fn names_without(&self, part: LeftOutPart) -> impl Iterator<Item = &str> {
        self.left_out.iter().filter(move |left| left.what == part).map(|left| left.name.as_str())
    }
}

/// The databases of the profile with everything in them, in the order of their names.
pub(super) async fn survey(
    session: &Session,
    settings: &ConnectionSettings,
) -> Result<Vec<Catalogue>> {
    let names = databases(session, settings).await?;
    let read = names.into_iter().map(|name| read(session, name, &settings.server.selection));
    futures_util::stream::iter(read).buffered(AT_ONCE).try_collect().await
}

/// The names of all databases that do not belong to the server itself.
pub(super) async fn database_names(session: &Session) -> Result<Vec<String>> {
    let listed = session.client.list_database_names().await;
    let mut names = listed.map_err(|error| session.failures.of(&error, &session.login.title))?;
    names.retain(|name| !OF_THE_SERVER.contains(&name.as_str()));
    names.sort_unstable();
    Ok(names)
}

/// Whether the server keeps this database for itself.
pub(super) fn belongs_to_server(name: &str) -> bool {
    OF_THE_SERVER.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// The names of the databases of the profile.
pub(super) async fn databases(
    session: &Session,
    settings: &ConnectionSettings,
) -> Result<Vec<String>> {
    let there = database_names(session).await?;
    let wanted = NamePatterns::of(&settings.databases);
    for pattern in wanted.iter() {
        if belongs_to_server(pattern.text()) {
            return Err(ServerError::Failed {
                object: pattern.text().to_owned(),
                detail: "it belongs to the server itself; `globals` takes its users and roles"
                    .to_owned(),
            }
            .into());
        }
        if !there.iter().any(|name| pattern.matches(name)) {
            return Err(absent(session, pattern).await?);
        }
    }
    let excluded = NamePatterns::of(&settings.server.selection.exclude_databases);
    let is_wanted = |name: &String| wanted.take(name) && !excluded.have(name);
    let chosen: Vec<String> = there.into_iter().filter(is_wanted).collect();
    if chosen.is_empty() {
        return Err(unknown(session, "*"));
    }
    Ok(chosen)
}

/// Why a database of the profile is not there: perhaps the user only does not see it.
async fn absent(session: &Session, pattern: &NamePattern) -> Result<Error> {
    let rights = Rights::ask(session).await?;
    let name = pattern.text();
    if !pattern.is_name() || rights.allow_listing() || rights.allow("find", name) {
        return Ok(unknown(session, name));
    }
    Ok(ServerError::RightMissing {
        user: session.login.user.clone(),
        object: session.source(name),
        detail: "it sees no database of this name".to_owned(),
        grant: session.failures.grant("backup", "admin"),
    }
    .into())
}

fn unknown(session: &Session, database: &str) -> Error {
    let server = session.login.title.clone();
    ServerError::UnknownDatabase { server, database: database.to_owned() }.into()
}

/// Reads one database's catalogue and sees that every collection in it can be read.
pub(super) async fn read(
    session: &Session,
    name: String,
    selection: &Selection,
) -> Result<Catalogue> {
    let database = session.client.database(&name);
    let listed = list(session, &database).await?;
    let mut left_out = Vec::new();
    let only = NamePatterns::of(&selection.tables);
    let never = NamePatterns::of(&selection.exclude_tables);
    let without_rows = NamePatterns::of(&selection.structure_only);
    let (mut chosen, mut hidden) = (Vec::new(), Vec::new());
    for (collection, kind) in listed {
        if is_hidden(&collection) {
            hidden.push(collection);
            continue;
        }
        if !only.take(&collection) || never.have(&collection) {
            left_out.push(LeftOut { name: collection, what: LeftOutPart::Everything });
            continue;
        }
        refuse_undumpable(session, &name, &collection)?;
        if kind != NamespaceKind::View && without_rows.have(&collection) {
            let name = collection.clone();
            left_out.push(LeftOut { name, what: LeftOutPart::Rows });
        }
        chosen.push((collection, kind));
    }
    let measured = chosen.into_iter().map(|(name, kind)| measure(session, &database, name, kind));
    let taken = futures_util::stream::iter(measured).buffered(AT_ONCE).try_collect().await?;
    Ok(Catalogue { database: name, taken, left_out, hidden })
}

/// Everything in `database` that mongodump looks at, in the order of the names.
pub(super) async fn list(
    session: &Session,
    database: &Database,
) -> Result<Vec<(String, NamespaceKind)>> {
    let failed = |error| session.failures.of(&error, database.name());
    let cursor = database.run_cursor_command(doc! { "listCollections": 1, "nameOnly": true }).await;
    let listed: Vec<Document> = cursor.map_err(failed)?.try_collect().await.map_err(failed)?;
    let mut entries: Vec<_> = listed
        .iter()
        .filter_map(|entry| {
            let name = entry.get_str("name").ok()?;
            let kind = NamespaceKind::of(entry.get_str("type").unwrap_or_default());
            is_of_user(name).then(|| (name.to_owned(), kind))
        })
        .collect();
    entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(entries)
}

/// Whether the collection is the user's: the server makes the others again by itself.
pub(super) fn is_of_user(collection: &str) -> bool {
    !collection.starts_with("system.") || collection == "system.js"
}

/// mongodump passes over such names without a word.
fn refuse_undumpable(session: &Session, database: &str, collection: &str) -> Result<()> {
    if !collection.contains('$') {
        return Ok(());
    }
    Err(ServerError::Failed {
        object: format!("{}.{collection}", session.source(database)),
        detail:
            "mongodump leaves out collections with `$` in their names; rename it, or name it in \
                 `exclude_tables`"
                .to_owned(),
    }
    .into())
}

/// The collection that holds the documents of `name`.
pub(super) fn documents_of(name: &str, kind: NamespaceKind) -> String {
    match kind {
        NamespaceKind::TimeSeries => format!("system.buckets.{name}"),
        NamespaceKind::Collection | NamespaceKind::View => name.to_owned(),
    }
}

async fn measure(
    session: &Session,
    database: &Database,
    name: String,
    kind: NamespaceKind,
) -> Result<Entry> {
    if kind == NamespaceKind::View {
        return Ok(Entry { name, kind, size: 0, rows: None });
    }
    let held_in = documents_of(&name, kind);
    let object = format!("{}.{held_in}", database.name());
    // What mongodump will do: a right that is missing shows now and not after an hour.
    let find = doc! { "find": held_in.as_str(), "limit": 1, "singleBatch": true };
    let found = database.run_command(find).await;
    found.map_err(|error| session.failures.of(&error, &object))?;
    let stats = database.run_command(doc! { "collStats": held_in.as_str() }).await;
    let stats = stats.unwrap_or_default();
    let number = |key: &str| stats.get(key).and_then(number);
    Ok(Entry { kind, size: number("size").unwrap_or(0), rows: number("count"), name })
}

/// A number, whichever type the server chose for it.
fn number(value: &Bson) -> Option<u64> {
    match value {
        Bson::Int32(number) => u64::try_from(*number).ok(),
        Bson::Int64(number) => u64::try_from(*number).ok(),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Bson::Double(number) if *number >= 0.0 => Some(*number as u64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_of_the_server_are_not_of_the_user() {
        assert!(is_of_user("orders") && is_of_user("system.js") && is_of_user("systemic"));
        assert!(!is_of_user("system.views") && !is_of_user("system.buckets.metrics"));
    }
}
