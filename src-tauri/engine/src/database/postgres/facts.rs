//! What is in a finished dump: the catalogue of its moment joined with what went by.
//!
//! Owns the comparison of both, by OID: the dump writes names in the encoding of its database.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::digest::ROWS_WRITTEN;
use super::capture::DUMP_ZONE;
use super::catalogue::{Catalogue, MAX_TEXT, Relation};
use super::custom_format::{Entry, Found, Malformed};
use super::quote;
use super::selection::Chosen;
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

/// A finished dump and what was there when it was made.
pub(super) struct Moment<'a> {
    /// What went by.
    pub found: &'a Found,
    /// What was there.
    pub catalogue: &'a Catalogue,
    /// What of it was to be dumped.
    pub chosen: &'a Chosen,
}

impl Moment<'_> {
    /// Every relation that was there and chosen has to be in the dump, with rows where it has any.
    pub fn check_complete(&self) -> Result<(), Malformed> {
        let (described, with_rows, chosen) = (self.described(), self.rows_by_table(), self.chosen);
        for relation in &self.catalogue.relations {
            if relation.kind == 'S' || chosen.excluded.contains(&relation.oid) {
                continue;
            }
            let wants_rows = chosen.takes_rows(relation, self.catalogue.is_standby);
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

    fn rows_by_table(&self) -> HashMap<u32, u64> {
        let data = self.found.contents.entries.iter().filter(|entry| entry.kind == ROWS);
        data.filter_map(|entry| Some((entry.oid, entry.rows?))).collect()
    }

    /// The OIDs of the relations that the dump can create.
    fn described(&self) -> HashSet<u32> {
        let entries = self.found.contents.entries.iter();
        entries.filter(|entry| entry.catalogue == PG_CLASS).map(|entry| entry.oid).collect()
    }

    /// What the manifest says about the database, whose own properties are `properties`.
    pub fn facts(&self, mut properties: BTreeMap<String, String>) -> DatabaseFacts {
        let (found, catalogue) = (self.found, self.catalogue);
        let mut objects = self.relations();
        objects.extend(found.contents.entries.iter().filter_map(other));
        if found.large_objects > 0 {
            objects.push(ObjectCount {
                kind: ObjectKind::LargeObjects,
                name: "large objects".to_owned(),
                rows: Some(found.large_objects),
            });
        }
        let mut keep = |name: &str, value: String| {
            if !value.is_empty() && value != "[]" && value.len() < MAX_TEXT {
                properties.insert(name.to_owned(), value);
            }
        };
        keep(ROLES, serde_json::to_string(&self.roles()).unwrap_or_default());
        keep(NEEDED_ROLES, serde_json::to_string(&catalogue.needed_roles).unwrap_or_default());
        keep(SKIPPED_ENTRIES, self.skipped());
        let number = |count: u64| if count > 0 { count.to_string() } else { String::new() };
        keep(SUBSCRIPTIONS, number(catalogue.subscriptions));
        keep(EVENT_TRIGGERS, number(catalogue.event_triggers));
        keep(ROWS_WRITTEN, format!("{DUMP_ZONE}, {}", catalogue.rows_written));
        keep("dumped_by", found.contents.tool.clone());
        keep("dumped_from", found.contents.server.clone());
        DatabaseFacts { objects, properties, left_out: self.chosen.left_out(catalogue) }
    }

    /// The roles that the objects name.
    fn roles(&self) -> Vec<&str> {
        let listed = self.catalogue.roles.iter().map(String::as_str);
        // What the first superuser owns is not listed by the server.
        let owners = self.found.contents.entries.iter().map(|entry| entry.owner.as_str());
        let mut roles: Vec<&str> = listed.chain(owners).collect();
        roles.retain(|role| !role.is_empty() && !role.starts_with("pg_"));
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The entries of foreign keys whose target was left out, as a list of numbers.
    fn skipped(&self) -> String {
        let cut = &self.chosen.cut_foreign_keys;
        let entries = self.found.contents.entries.iter();
        let is_cut = |entry: &&Entry| entry.catalogue == PG_CONSTRAINT && cut.contains(&entry.oid);
        entries.filter(is_cut).map(|entry| entry.id.to_string()).collect::<Vec<_>>().join(",")
    }

    fn relations(&self) -> Vec<ObjectCount> {
        let (rows, described) = (self.rows_by_table(), self.described());
        let is_in = |relation: &&Relation| described.contains(&relation.oid);
        let count = |relation: &Relation| ObjectCount {
            kind: relation.object_kind(),
            name: relation.shown(),
            rows: rows.get(&relation.oid).copied().filter(|_| relation.has_rows()),
        };
        self.catalogue.relations.iter().filter(is_in).map(count).collect()
    }
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
/// `replaces` another, whose grants it takes over.
pub(super) fn advice(facts: &DatabaseFacts, replaces: bool) -> Vec<String> {
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
    if facts.properties.contains_key("acl") && !replaces {
        advice.push("The grants of the database itself were not restored".to_owned());
    }
    advice
}
