//! What is in a finished dump: the catalogue of its moment joined with what went by.
//!
//! Owns the comparison of both, by OID: the dump writes names in the encoding of its database.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::catalogue::Relation;
use super::custom_format::{Entry, Found, Malformed};
use super::quote;
use super::snapshot::Snapshot;
use crate::contents::{DatabaseFacts, ObjectCount, ObjectKind};

/// The OID of `pg_class`, by which the table of contents marks relations.
const PG_CLASS: u32 = 1259;
/// The OID of `pg_constraint`.
const PG_CONSTRAINT: u32 = 2606;
/// What holds the rows of a table.
const ROWS: &str = "TABLE DATA";

/// The property with the entries that cannot be restored because what they refer to was left out.
pub(super) const SKIPPED_ENTRIES: &str = "skipped_entries";
/// The property with the roles that the objects of the database name, as a JSON list.
pub(super) const ROLES: &str = "roles";
/// The property with those of them that a restore cannot do without, as a JSON list.
pub(super) const NEEDED_ROLES: &str = "needed_roles";
/// The property with the number of subscriptions.
const SUBSCRIPTIONS: &str = "subscriptions";
/// The property with the number of event triggers.
const EVENT_TRIGGERS: &str = "event_triggers";
/// The longest text that a record of an archive takes.
const MAX_TEXT: usize = 60 << 10;

/// Every relation that was there and chosen has to be in the dump, with rows where it has any.
pub(super) fn check_complete(found: &Found, snapshot: &Snapshot) -> Result<(), Malformed> {
    let entries = || found.contents.entries.iter();
    let described: HashSet<u32> =
        entries().filter(|entry| entry.catalogue == PG_CLASS).map(|entry| entry.oid).collect();
    let with_rows = rows_by_table(found);
    let chosen = &snapshot.chosen;
    for relation in &snapshot.catalogue.relations {
        if relation.kind == 'S' || chosen.excluded.contains(&relation.oid) {
            continue;
        }
        let wants_rows = chosen.takes_rows(relation, snapshot.catalogue.is_standby);
        let name = relation.shown();
        if !described.contains(&relation.oid) {
            return Err(Malformed(format!("`{name}` is not in it")));
        }
        if wants_rows && !with_rows.contains_key(&relation.oid) {
            return Err(Malformed(format!("the rows of `{name}` are not in it")));
        }
    }
    Ok(())
}

fn rows_by_table(found: &Found) -> HashMap<u32, u64> {
    let data = found.contents.entries.iter().filter(|entry| entry.kind == ROWS);
    data.filter_map(|entry| Some((entry.oid, entry.rows?))).collect()
}

/// What the manifest says about the database.
pub(super) fn collect(
    found: &Found,
    snapshot: &Snapshot,
    mut properties: BTreeMap<String, String>,
) -> DatabaseFacts {
    let mut objects = relations(found, snapshot);
    objects.extend(found.contents.entries.iter().filter_map(other));
    if found.large_objects > 0 {
        objects.push(ObjectCount {
            kind: ObjectKind::LargeObjects,
            name: "large objects".to_owned(),
            rows: Some(found.large_objects),
        });
    }
    let catalogue = &snapshot.catalogue;
    let mut roles: Vec<&str> = catalogue.roles.iter().map(String::as_str).collect();
    // What the first superuser owns is not listed by the server.
    roles.extend(found.contents.entries.iter().map(|entry| entry.owner.as_str()));
    roles.retain(|role| !role.is_empty() && !role.starts_with("pg_"));
    roles.sort_unstable();
    roles.dedup();
    let mut keep = |name: &str, value: String| {
        if !value.is_empty() && value != "[]" && value.len() <= MAX_TEXT {
            properties.insert(name.to_owned(), value);
        }
    };
    keep(ROLES, serde_json::to_string(&roles).unwrap_or_default());
    keep(NEEDED_ROLES, serde_json::to_string(&catalogue.needed_roles).unwrap_or_default());
    keep(SKIPPED_ENTRIES, skipped(found, snapshot));
    let number = |count: u64| if count > 0 { count.to_string() } else { String::new() };
    keep(SUBSCRIPTIONS, number(catalogue.subscriptions));
    keep(EVENT_TRIGGERS, number(catalogue.event_triggers));
    keep("dumped_by", found.contents.tool.clone());
    keep("dumped_from", found.contents.server.clone());
    DatabaseFacts { objects, properties, left_out: snapshot.chosen.left_out(catalogue) }
}

/// The entries of foreign keys whose target was left out, as a list of numbers.
fn skipped(found: &Found, snapshot: &Snapshot) -> String {
    let cut = &snapshot.chosen.cut_foreign_keys;
    let entries = found
        .contents
        .entries
        .iter()
        .filter(|entry| entry.catalogue == PG_CONSTRAINT && cut.contains(&entry.oid));
    entries.map(|entry| entry.id.to_string()).collect::<Vec<_>>().join(",")
}

fn relations(found: &Found, snapshot: &Snapshot) -> Vec<ObjectCount> {
    let rows = rows_by_table(found);
    let described: HashSet<u32> = found
        .contents
        .entries
        .iter()
        .filter(|entry| entry.catalogue == PG_CLASS)
        .map(|entry| entry.oid)
        .collect();
    let is_in = |relation: &&Relation| described.contains(&relation.oid);
    let count = |relation: &Relation| ObjectCount {
        kind: relation.object_kind(),
        name: relation.shown(),
        rows: rows.get(&relation.oid).copied().filter(|_| relation.has_rows()),
    };
    snapshot.catalogue.relations.iter().filter(is_in).map(count).collect()
}

/// What the table of contents holds besides relations.
fn other(entry: &Entry) -> Option<ObjectCount> {
    let kind = match entry.kind.as_str() {
        "INDEX" => ObjectKind::Index,
        "TRIGGER" | "EVENT TRIGGER" => ObjectKind::Trigger,
        "FUNCTION" | "PROCEDURE" | "AGGREGATE" => ObjectKind::Routine,
        "EXTENSION" => ObjectKind::Extension,
        "SCHEMA" => ObjectKind::Schema,
        _ => return None,
    };
    let name = match kind {
        ObjectKind::Extension | ObjectKind::Schema => entry.name.clone(),
        _ => quote::shown(&entry.schema, &entry.name),
    };
    Some(ObjectCount { kind, name, rows: None })
}

/// What somebody who has restored this database should know.
pub(super) fn advice(facts: &DatabaseFacts) -> Vec<String> {
    let number = |name: &str| facts.properties.get(name).and_then(|text| text.parse::<u64>().ok());
    let mut advice = Vec::new();
    if number(SUBSCRIPTIONS).is_some() {
        advice.push("Subscriptions to other servers are disabled in the copy".to_owned());
    }
    if number(EVENT_TRIGGERS).is_some() {
        advice.push("Event triggers act in the copy, too".to_owned());
    }
    if let Some(entries) = facts.properties.get(SKIPPED_ENTRIES) {
        let count = entries.split(',').count();
        advice
            .push(format!("Foreign keys to tables that were left out were not restored: {count}"));
    }
    if facts.properties.contains_key("acl") {
        advice.push("The grants of the database itself were not restored".to_owned());
    }
    advice
}
