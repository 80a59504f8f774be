//! Some tables of a backup instead of all of them.
//!
//! Owns what the names and patterns of a person mean: refused when they mean nothing. What hangs on a table
//! (its indexes, its sequences, its triggers) is known to the engine of the database only.

use std::collections::BTreeSet;

use crate::archive::Unit;
use crate::config::NamePatterns;
use crate::contents::{ObjectCount, ObjectKind};
use crate::error::{RestoreError, Result};

/// The most names that a message lists.
const LISTED: usize = 5;

/// The names of what `patterns` mean in `unit`. Where names have `schemas`, a pattern without a dot means
/// the table in each of them.
pub(super) fn chosen(unit: &Unit, patterns: &[String], schemas: bool) -> Result<BTreeSet<String>> {
    let mut chosen = BTreeSet::new();
    for pattern in patterns {
        let wanted = NamePatterns::of(std::slice::from_ref(pattern));
        let is_bare = schemas && !pattern.contains('.');
        let means = |object: &&ObjectCount| {
            let bare = object.name.split_once('.').map(|(_, name)| name).filter(|_| is_bare);
            is_choosable(object)
                && (wanted.have(&object.name) || bare.is_some_and(|name| wanted.have(name)))
        };
        let mut meant = unit.objects.iter().filter(means).peekable();
        if meant.peek().is_none() {
            return Err(nothing(unit, pattern).into());
        }
        chosen.extend(meant.map(|object| object.name.clone()));
    }
    if chosen.is_empty() {
        return Err(RestoreError::NoTables.into());
    }
    Ok(chosen)
}

/// Whether a person can ask for it by its name.
pub(super) fn is_choosable(object: &ObjectCount) -> bool {
    object.is_table()
        || matches!(
            object.kind,
            ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Sequence
        )
}

fn nothing(unit: &Unit, pattern: &str) -> RestoreError {
    let tables = unit.objects.iter().filter(|object| object.is_table());
    RestoreError::NoSuchTable {
        pattern: pattern.to_owned(),
        database: unit.name.clone(),
        tables: tables.map(|object| object.name.clone()).collect(),
    }
}

/// The tables and collections with rows that are not wanted, for a person.
pub(super) fn left_out(unit: &Unit, wanted: &BTreeSet<String>) -> Option<String> {
    let tables = unit.objects.iter().filter(|object| object.is_table());
    let left_out = tables.filter(|object| !wanted.contains(&object.name));
    let names: Vec<String> = left_out.map(|object| format!("`{}`", object.name)).collect();
    let rest = names.len().saturating_sub(LISTED);
    let shown = names.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    (!names.is_empty())
        .then(|| format!("Left out, because only some tables were asked for: {shown}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(names: &[(&str, ObjectKind)]) -> Unit {
        let object = |(name, kind): &(&str, ObjectKind)| ObjectCount {
            kind: *kind,
            name: (*name).to_owned(),
            rows: Some(1),
        };
        Unit {
            name: "shop".to_owned(),
            source: String::new(),
            size: 0,
            sha256: String::new(),
            parts: Vec::new(),
            objects: names.iter().map(object).collect(),
            properties: std::collections::BTreeMap::default(),
            kind: crate::contents::UnitKind::Database,
            left_out: Vec::new(),
        }
    }

    #[test]
    fn names_and_patterns_mean_tables_and_one_that_means_none_is_refused() {
        use ObjectKind::{Index, Table, View};
        let unit = unit(&[
            ("public.orders", Table),
            ("public.log_1", Table),
            ("public.log_2", Table),
            ("public.all", View),
            ("public.log_index", Index),
        ]);
        let chosen = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            chosen(&unit, &texts, true).map(|names| names.into_iter().collect::<Vec<_>>().join(" "))
        };
        assert_eq!(chosen(&["public.orders"]).unwrap(), "public.orders");
        assert_eq!(
            chosen(&["orders", "log_*"]).unwrap(),
            "public.log_1 public.log_2 public.orders"
        );
        assert_eq!(chosen(&["orders", "orders"]).unwrap(), "public.orders");
        assert_eq!(chosen(&["all"]).unwrap(), "public.all");
        let error = chosen(&["orders", "log_index"]).unwrap_err().to_string();
        let expected =
            "`log_index` is no table of `shop`: public.orders, public.log_1, public.log_2";
        assert_eq!(error, expected);
        assert!(chosen(&[]).is_err());
        let left_out = left_out(&unit, &BTreeSet::from(["public.orders".to_owned()]));
        assert!(left_out.unwrap().ends_with(": `public.log_1`, `public.log_2`"));
    }
}
