//! What is in a MongoDB database: collections with their options, indexes, views, users and roles, and
//! the bytes of every document.

use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};

use super::{Listing, RowDigest};
use crate::servers::MongoSession;

/// Everything in the database of this name.
pub fn snapshot_of(session: &MongoSession, database: &str) -> Listing {
    let mut listing = Listing::default();
    for mut collection in documents(session, database, doc! { "listCollections": 1 }, "cursor") {
        let name = collection.get_str("name").unwrap().to_owned();
        let kind = collection.get_str("type").unwrap().to_owned();
        // What Kronos keeps of a replaced database for a day is looked for by its own tests.
        let is_kept = ["__kronos_before_", "kronos_restoring_", "kronos_journal"];
        if is_kept.iter().any(|beginning| name.starts_with(beginning)) {
            continue;
        }
        if name == "system.views" {
            continue; // holds the definitions of the views with the name of the database
        }
        if let Ok(info) = collection.get_document_mut("info") {
            info.remove("uuid");
        }
        listing.object(&kind, &name, neutral(&collection, database));
        if kind == "collection" {
            for index in documents(session, database, doc! { "listIndexes": &name }, "cursor") {
                let index_name = format!("{name} {}", index.get_str("name").unwrap());
                listing.object("index", &index_name, neutral(&index, database));
            }
        }
        if kind != "view" {
            listing.rows.insert(name.clone(), rows(session, database, &name));
        }
    }
    listing
}

/// Users and roles of the database, without what a copy gets anew.
pub fn access_of(session: &MongoSession, database: &str) -> Listing {
    let mut listing = Listing::default();
    let users = doc! { "usersInfo": 1, "showCredentials": true };
    for (kind, command) in
        [("users", users), ("roles", doc! { "rolesInfo": 1, "showPrivileges": true })]
    {
        let answer = session.command(database, command);
        for entry in answer.get_array(kind).unwrap() {
            let mut entry = entry.as_document().unwrap().clone();
            let name = entry.get_str(&kind[..4]).unwrap().to_owned();
            entry.remove("userId");
            entry.remove("_id");
            listing.object(kind, &name, neutral(&entry, database));
        }
    }
    listing
}

/// The text of a document without the name of its database.
fn neutral(document: &Document, database: &str) -> String {
    sorted(document).to_string().replace(database, "DATABASE")
}

/// The document with its keys in order: mongorestore mixes those of options, where order says nothing.
/// It does in the key of an index and in a pipeline.
fn sorted(document: &Document) -> Document {
    let mut entries: Vec<_> = document.iter().collect();
    entries.sort_by_key(|(name, _)| name.to_owned());
    let inner = |name: &str, value: &Bson| match value {
        Bson::Document(inner) if name != "key" => Bson::Document(sorted(inner)),
        other => other.clone(),
    };
    entries.into_iter().map(|(name, value)| (name.clone(), inner(name, value))).collect()
}

fn documents(
    session: &MongoSession,
    database: &str,
    mut command: Document,
    field: &str,
) -> Vec<Document> {
    command.insert("cursor", doc! { "batchSize": 10_000 });
    let answer = session.command(database, command);
    let cursor = answer.get_document(field).unwrap();
    assert_eq!(cursor.get_i64("id").unwrap(), 0, "more than one batch");
    let batch = cursor.get_array("firstBatch").unwrap();
    batch.iter().map(|entry| entry.as_document().unwrap().clone()).collect()
}

fn rows(session: &MongoSession, database: &str, collection: &str) -> (u64, String) {
    session.wait(async {
        let collection = session.database(database).collection::<RawDocumentBuf>(collection);
        let mut cursor = collection.find(doc! {}).await.unwrap();
        let mut digest = RowDigest::default();
        while let Some(document) = cursor.try_next().await.unwrap() {
            digest.row(&vec![Some(document.as_bytes().to_vec())]);
        }
        digest.finish()
    })
}
