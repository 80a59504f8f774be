//! Some tables of a backup instead of all of them.
//!
//! Owns what the names and patterns of a person mean: refused when they mean nothing. What hangs on a table
//! (its indexes, its sequences, its triggers) is known to the engine of the database only.

use std::collections::BTreeSet;

use crate::archive::Unit;
use crate::config::NamePatterns;
use crate::contents::ObjectCount;
use crate::error::{RestoreError, Result};

/// The names of what `patterns` mean in `unit`. Where names have `schemas`, a pattern without a dot means
/// the table in each of them.
pub(super) fn chosen(unit: &Unit, patterns: &[String], schemas: bool) -> Result<BTreeSet<String>> {
    let mut chosen = BTreeSet::new();
    for pattern in patterns {
        let wanted = NamePatterns::of(std::slice::from_ref(pattern));
        let is_bare = schemas && !pattern.contains('.');
        let is_wanted = |object: &&ObjectCount| {
            let bare = object.name.split_once('.').map(|(_, name)| name).filter(|_| is_bare);
            object.is_choosable()
                && (wanted.have(&object.name) || bare.is_some_and(|name| wanted.have(name)))
        };
        let mut meant = unit.objects.iter().filter(is_wanted).peekable();
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

fn nothing(unit: &Unit, pattern: &str) -> RestoreError {
    let tables = unit.objects.iter().filter(|object| object.is_table());
    RestoreError::NoSuchTable {
        pattern: pattern.to_owned(),
        database: unit.name.clone(),
        tables: tables.map(|object| object.name.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::ObjectKind;

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
        let facts = crate::contents::DatabaseFacts { objects: unit.objects, ..Default::default() };
        let others = facts.others_than(&BTreeSet::from(["public.orders".to_owned()]));
        assert!(others.unwrap().ends_with(": `public.log_1`, `public.log_2`"));
    }
}
