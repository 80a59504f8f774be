//! What a dump held, as the facts that an archive keeps and a restore compares.
//!
//! Owns the translation from collections to objects.

use std::collections::BTreeMap;

use super::catalogue::{Catalogue, belongs_to_server};
use super::stream::{Namespace, NamespaceKind};
use crate::contents::{DatabaseFacts, LeftOut, LeftOutPart, ObjectCount, ObjectKind};
use crate::error::{Error, Result, ServerError};

/// Property that names the collections whose documents expire.
pub(super) const EXPIRING: &str = "expiring_collections";

/// The facts of one database.
pub(super) fn of_database(namespaces: &[Namespace], left_out: Vec<LeftOut>) -> DatabaseFacts {
    DatabaseFacts { left_out, ..of(namespaces, |namespace| namespace.collection.clone()) }
}

/// The facts of a whole server, whose collections are called `database.collection`.
pub(super) fn of_server(namespaces: &[Namespace]) -> DatabaseFacts {
    of(namespaces, |namespace| format!("{}.{}", namespace.database, namespace.collection))
}

fn of(namespaces: &[Namespace], name: impl Fn(&Namespace) -> String) -> DatabaseFacts {
    // The log of operations has no database: it is no collection of the user's.
    let namespaces = || namespaces.iter().filter(|namespace| !namespace.database.is_empty());
    let expiring = namespaces()
        .filter(|namespace| namespace.expires && !belongs_to_server(&namespace.database));
    let expiring: Vec<String> = expiring.map(&name).collect();
    let mut properties = BTreeMap::new();
    if !expiring.is_empty() {
        properties.insert(EXPIRING.to_owned(), serde_json::json!(expiring).to_string());
    }
    let objects = namespaces().flat_map(|namespace| objects(namespace, name(namespace))).collect();
    DatabaseFacts { objects, properties, left_out: Vec::new() }
}

/// The collection or view, and its indexes.
fn objects(namespace: &Namespace, name: String) -> Vec<ObjectCount> {
    // A time series is a view over the collection that holds its documents.
    let is_collection = namespace.kind == NamespaceKind::Collection;
    let indexes = namespace.indexes.iter().map(|index| ObjectCount {
        kind: ObjectKind::Index,
        name: format!("{name}.{index}"),
        rows: None,
    });
    let indexes: Vec<_> = indexes.collect();
    let itself = ObjectCount {
        kind: if is_collection { ObjectKind::Collection } else { ObjectKind::View },
        rows: is_collection.then_some(namespace.documents),
        name,
    };
    std::iter::once(itself).chain(indexes).collect()
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
    let left_out: Vec<&str> = expected.names_without(LeftOutPart::Everything).collect();
    match of_this().find(|namespace| left_out.contains(&namespace.collection.as_str())) {
        Some(extra) => changed(format!("`{}` is left out and is in the dump", extra.collection)),
        None => Ok(()),
    }
}
