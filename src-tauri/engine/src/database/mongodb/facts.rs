//! What a dump held, as the facts that an archive keeps and a restore compares.
//!
//! Owns the translation from collections to objects.

use std::collections::BTreeMap;

use super::catalogue::Catalogue;
use super::stream::{Namespace, NamespaceKind};
use crate::contents::{DatabaseFacts, LeftOut, ObjectCount, ObjectKind};
use crate::error::{Error, Result, ServerError};

/// Property that names the collections whose documents expire.
pub(super) const EXPIRING: &str = "expiring_collections";

/// The facts of one database.
pub(super) fn of_database(namespaces: &[Namespace], left_out: Vec<LeftOut>) -> DatabaseFacts {
    let mut facts =
        DatabaseFacts { objects: objects(namespaces, false), left_out, ..Default::default() };
    add_expiring(&mut facts.properties, namespaces);
    facts
}

/// The facts of a whole server, whose collections are called `database.collection`.
pub(super) fn of_server(namespaces: &[Namespace]) -> DatabaseFacts {
    let mut facts = DatabaseFacts { objects: objects(namespaces, true), ..Default::default() };
    add_expiring(&mut facts.properties, namespaces);
    facts
}

fn add_expiring(properties: &mut BTreeMap<String, String>, namespaces: &[Namespace]) {
    let expiring = namespaces.iter().filter(|namespace| namespace.expires);
    let names: Vec<&str> = expiring.map(|namespace| namespace.collection.as_str()).collect();
    if !names.is_empty() {
        properties.insert(EXPIRING.to_owned(), serde_json::json!(names).to_string());
    }
}

fn objects(namespaces: &[Namespace], with_database: bool) -> Vec<ObjectCount> {
    let mut objects = Vec::new();
    // The log of operations has no database: it is no collection of the user's.
    for namespace in namespaces.iter().filter(|namespace| !namespace.database.is_empty()) {
        let name = if with_database {
            format!("{}.{}", namespace.database, namespace.collection)
        } else {
            namespace.collection.clone()
        };
        // A time series is a view over the collection that holds its documents.
        let is_collection = namespace.kind == NamespaceKind::Collection;
        objects.push(ObjectCount {
            kind: if is_collection { ObjectKind::Collection } else { ObjectKind::View },
            rows: is_collection.then_some(namespace.documents),
            name: name.clone(),
        });
        let indexes = namespace.indexes.iter().map(|index| ObjectCount {
            kind: ObjectKind::Index,
            name: format!("{name}.{index}"),
            rows: None,
        });
        objects.extend(indexes);
    }
    objects
}

/// Compares what was expected with what the dump held.
pub(super) fn compare(expected: &Catalogue, namespaces: &[Namespace]) -> Result<()> {
    let database = expected.database.as_str();
    let changed = |detail: String| -> Result<()> {
        let database = database.to_owned();
        Err(Error::from(ServerError::ChangedWhileReading { database, detail }))
    };
    let of_this = || namespaces.iter().filter(|namespace| namespace.database == database);
    for entry in &expected.taken {
        if !of_this().any(|namespace| namespace.collection == entry.name) {
            return changed(format!("`{}` was there and is not in the dump", entry.name));
        }
    }
    let left_out: Vec<&str> =
        expected.names_without(crate::contents::LeftOutPart::Everything).collect();
    match of_this().find(|namespace| left_out.contains(&namespace.collection.as_str())) {
        Some(extra) => changed(format!("`{}` is left out and is in the dump", extra.collection)),
        None => Ok(()),
    }
}
