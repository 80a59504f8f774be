//! What a dump held, as the facts that an archive keeps and a restore compares.
//!
//! Owns the translation from collections to objects.

use std::collections::{BTreeMap, BTreeSet};

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

/// The databases in a backup of a whole server, without the one that holds the users.
pub fn databases_in(facts: &DatabaseFacts) -> Vec<String> {
    let names = facts.objects.iter().filter_map(|object| object.name.split_once('.'));
    let mut names: Vec<String> = names.map(|(database, _)| database.to_owned()).collect();
    names.retain(|name| !belongs_to_server(name));
    names.sort_unstable();
    names.dedup();
    names
}

/// The facts of one database out of those of a whole server.
pub fn within(facts: &DatabaseFacts, database: &str) -> DatabaseFacts {
    let of_it = |name: &str| Some(name.strip_prefix(database)?.strip_prefix('.')?.to_owned());
    let objects = facts
        .objects
        .iter()
        .filter_map(|object| Some(ObjectCount { name: of_it(&object.name)?, ..object.clone() }));
    let expiring: Vec<String> = expiring(facts).iter().filter_map(|name| of_it(name)).collect();
    let properties = (!expiring.is_empty())
        .then(|| (EXPIRING.to_owned(), serde_json::json!(expiring).to_string()));
    DatabaseFacts {
        objects: objects.collect(),
        properties: properties.into_iter().collect(),
        left_out: Vec::new(),
    }
}

/// The collections whose documents expire.
pub(super) fn expiring(facts: &DatabaseFacts) -> BTreeSet<String> {
    let recorded = facts.properties.get(EXPIRING);
    recorded.and_then(|names| serde_json::from_str(names).ok()).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_a_server_has_its_own_names_and_no_others() {
        let object = |kind, name: &str, rows| ObjectCount { kind, name: name.to_owned(), rows };
        let facts = DatabaseFacts {
            objects: vec![
                object(ObjectKind::Collection, "shop.a.b", Some(2)),
                object(ObjectKind::Index, "shop.a.b.n_1", None),
                object(ObjectKind::Collection, "shopping.a", Some(3)),
                object(ObjectKind::Collection, "admin.system.users", Some(1)),
            ],
            properties: BTreeMap::from([(
                EXPIRING.to_owned(),
                r#"["shop.a.b","shopping.a"]"#.to_owned(),
            )]),
            left_out: Vec::new(),
        };
        assert_eq!(databases_in(&facts), ["shop", "shopping"]);
        let shop = within(&facts, "shop");
        let names: Vec<&str> = shop.objects.iter().map(|object| object.name.as_str()).collect();
        assert_eq!(names, ["a.b", "a.b.n_1"]);
        assert_eq!(expiring(&shop), BTreeSet::from(["a.b".to_owned()]));
        assert!(within(&facts, "other").objects.is_empty());
    }
}
