//! The loaded databases beside what the backup recorded.
//!
//! Owns the count. Two things may make a difference that is no loss: documents that expire, which the
//! server deletes by itself, and the log of operations, which was replayed after the count in the
//! dump. There mongorestore's own count of what it loaded has to be the recorded one.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use mongodb::Database;
use mongodb::bson::{Document, doc};

use super::catalogue;
use super::connect::Session;
use super::facts::expiring;
use super::restore::CLAIM;
use super::stream::NamespaceKind;
use super::target::Target;
use crate::contents::{DatabaseFacts, ObjectCount, ObjectKind};
use crate::error::{Error, LoadError, RestoreError, Result, ServerError};

/// What a comparison found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) collections: u64,
    pub(super) documents: u64,
    pub(super) warnings: Vec<String>,
}

/// What mongorestore has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Loaded {
    /// Documents that it says it has loaded, when it also says that none failed.
    documents: Option<u64>,
    /// Operations of the log that it was given to replay afterwards.
    operations: u64,
}

impl Loaded {
    /// Reads what it `said` last.
    pub(super) fn new(said: &[String], operations: u64) -> Self {
        Self { documents: loaded(said), operations }
    }
}

/// Compares every collection, view and index.
pub(super) async fn compare(
    session: &Session,
    target: &Target,
    expected: &DatabaseFacts,
    loaded: &Loaded,
) -> Result<Found> {
    let mut found = Found::default();
    let expiring = expiring(expected);
    let is_loaded = loaded.documents == Some(total(target, expected));
    for name in target.databases() {
        let database = session.client.database(name);
        let present = present(session, &database).await?;
        for recorded in expected.objects.iter().filter(|object| object.kind != ObjectKind::Index) {
            let Some(object) = belonging(target, name, recorded) else { continue };
            if !present.contains(&object.name) {
                // The log may have dropped it.
                let is_dropped = loaded.operations > 0 && is_loaded;
                is_dropped.then_some(()).ok_or_else(|| missing(&object.name))?;
                found.warnings.push(format!("`{}` was dropped while the dump ran", object.name));
            } else if object.rows.is_some() {
                let may_differ = loaded.operations > 0 || expiring.contains(&recorded.name);
                let rows = count(session, &database, &object, is_loaded).await?;
                settle(&object, rows, may_differ && is_loaded, &mut found)?;
            }
        }
        if loaded.operations == 0 {
            indexes(session, &database, target, name, expected).await?;
        }
    }
    found.warnings.extend(notes(target, &expiring));
    Ok(found)
}

/// Counts everything, where nothing was recorded.
pub(super) async fn count_all(session: &Session, target: &Target) -> Result<Found> {
    let (mut found, mut is_empty) = (Found::default(), true);
    for name in target.databases() {
        let database = session.client.database(name);
        let listed = catalogue::list(session, &database).await?;
        is_empty &= listed.iter().all(|(name, _)| name == CLAIM);
        let collections =
            listed.iter().filter(|(name, kind)| *kind != NamespaceKind::View && name != CLAIM);
        for (name, _) in collections {
            let counted = database.collection::<Document>(name).count_documents(doc! {}).await;
            let failed =
                |error| session.failures.of(&error, &format!("{}.{name}", database.name()));
            found.documents += counted.map_err(failed)?;
            found.collections += 1;
        }
    }
    // The tool calls that a success; the server would not even have the new database.
    if is_empty { Err(holds_nothing()) } else { Ok(found) }
}

fn holds_nothing() -> Error {
    LoadError::Unfit {
        dump: "The dump".to_owned(),
        detail: "nothing of the database that was asked for is in it".to_owned(),
        next_step: "Choose a database that is in it; `kronos inspect` lists them".to_owned(),
    }
    .into()
}

/// The object as it is called inside of `database`, if it is one of it.
fn belonging(target: &Target, database: &str, object: &ObjectCount) -> Option<ObjectCount> {
    let name = match target {
        Target::Database(_) => object.name.clone(),
        Target::Inside { prefix, .. } => format!("{prefix}.{}", object.name),
        Target::Server(_) => object.name.strip_prefix(database)?.strip_prefix('.')?.to_owned(),
    };
    Some(ObjectCount { name, ..object.clone() })
}

fn total(target: &Target, expected: &DatabaseFacts) -> u64 {
    let of = |name: &String| {
        let objects = expected.objects.iter().filter_map(|object| belonging(target, name, object));
        objects.filter_map(|object| object.rows).sum::<u64>()
    };
    target.databases().iter().map(of).sum()
}

/// How many documents mongorestore says it has loaded, when it also says that none failed.
fn loaded(said: &[String]) -> Option<u64> {
    let line = said.iter().rev().find(|line| line.contains("restored successfully"))?;
    let (before, after) = line.split_once(" document(s) restored successfully")?;
    after.contains(" 0 document(s) failed").then_some(())?;
    before.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn settle(object: &ObjectCount, rows: u64, may_differ: bool, found: &mut Found) -> Result<()> {
    let wanted = object.rows.unwrap_or(0);
    found.collections += 1;
    found.documents += rows;
    if rows == wanted {
        return Ok(());
    }
    let difference = format!("`{}` has {rows} documents instead of {wanted}", object.name);
    if !may_differ {
        return Err(RestoreError::Mismatch { detail: difference }.into());
    }
    found.warnings.push(format!(
        "{difference}: all were loaded, and then the log of operations or their expiry changed them"
    ));
    Ok(())
}

fn missing(name: &str) -> Error {
    RestoreError::Mismatch { detail: format!("`{name}` is missing") }.into()
}

/// The names of everything in `database`.
async fn present(session: &Session, database: &Database) -> Result<BTreeSet<String>> {
    let names = database.list_collection_names().await;
    let names = names.map_err(|error| session.failures.of(&error, database.name()))?;
    Ok(names.into_iter().collect())
}

/// Counts the documents of a collection. Those of a time series may be loaded with fewer rights than it
/// takes to count them; then what mongorestore counted has to do.
async fn count(
    session: &Session,
    database: &Database,
    object: &ObjectCount,
    is_loaded: bool,
) -> Result<u64> {
    let name = object.name.as_str();
    let counted = database.collection::<Document>(name).count_documents(doc! {}).await;
    let counted = counted
        .map_err(|error| session.failures.of(&error, &format!("{}.{name}", database.name())));
    match counted {
        Err(Error::Server(ServerError::RightMissing { .. }))
            if is_loaded && name.starts_with("system.") =>
        {
            Ok(object.rows.unwrap_or(0))
        }
        counted => counted,
    }
}

/// Compares the indexes of every collection with the recorded ones.
async fn indexes(
    session: &Session,
    database: &Database,
    target: &Target,
    name: &str,
    expected: &DatabaseFacts,
) -> Result<()> {
    let of_this = |object: &ObjectCount| belonging(target, name, object);
    let recorded: BTreeSet<String> = expected
        .objects
        .iter()
        .filter(|object| object.kind == ObjectKind::Index)
        .filter_map(|object| of_this(object).map(|object| object.name))
        .collect();
    // What holds a time series has no indexes of its own that a dump would know.
    let collections = expected.objects.iter().filter(|object| object.rows.is_some());
    let mut there = BTreeSet::new();
    let collections = collections.filter_map(of_this);
    for collection in collections.filter(|collection| !collection.name.starts_with("system.")) {
        let failed = |error| session.failures.of(&error, &format!("{name}.{}", collection.name));
        let list = doc! { "listIndexes": collection.name.as_str() };
        let cursor = database.run_cursor_command(list).await.map_err(failed)?;
        let listed: Vec<Document> = cursor.try_collect().await.map_err(failed)?;
        let names = listed.iter().filter_map(|index| index.get_str("name").ok());
        there.extend(names.map(|index| format!("{}.{index}", collection.name)));
    }
    match recorded.iter().find(|index| !there.contains(*index)) {
        Some(index) => Err(missing(index)),
        None => Ok(()),
    }
}

fn notes(target: &Target, expiring: &BTreeSet<String>) -> Vec<String> {
    let mut notes = Vec::new();
    if !expiring.is_empty() && !matches!(target, Target::Inside { .. }) {
        // The user knows a time series by its own name.
        let known = expiring.iter().filter(|name| !name.contains("system.buckets."));
        let names: Vec<&str> = known.map(String::as_str).collect();
        notes.push(format!(
            "The server deletes documents that are too old, in the copy as well: `{}`",
            names.join("`, `")
        ));
    }
    if matches!(target, Target::Server(_)) {
        notes.push(
            "Users and roles are in the backup and were not added to this server; RESTORE.md in the \
             archive says how"
                .to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mongorestore_says_at_its_end_is_understood() {
        let said = |text: &str| loaded(&[text.to_owned(), "done".to_owned()]);
        let at = "2026-11-22T22:00:00.000+0000\t";
        assert_eq!(
            said(&format!(
                "{at}1090 document(s) restored successfully. 0 document(s) failed to restore."
            )),
            Some(1090)
        );
        assert_eq!(
            said(&format!(
                "{at}9 document(s) restored successfully. 1 document(s) failed to restore."
            )),
            None
        );
        assert_eq!(said("nothing"), None);
    }

    #[test]
    fn a_difference_is_a_failure_unless_everything_was_loaded() {
        let object = ObjectCount { kind: ObjectKind::Collection, name: "a".into(), rows: Some(2) };
        let mut found = Found::default();
        assert!(settle(&object, 1, false, &mut found).is_err());
        settle(&object, 1, true, &mut found).unwrap();
        settle(&object, 2, false, &mut found).unwrap();
        assert_eq!((found.documents, found.warnings.len()), (4, 1));
    }
}
