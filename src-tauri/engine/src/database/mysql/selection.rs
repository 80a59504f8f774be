//! What a profile takes and what it leaves out, by name.
//!
//! Owns the choice and the databases that are never meant. What a pattern means belongs to `config`.

use super::super::names;
use crate::config::{ConnectionSettings, NamePatterns};

/// Databases that belong to the server itself.
const SYSTEM: [&str; 5] = ["information_schema", "performance_schema", "mysql", "sys", "ndbinfo"];

/// Whether it is a database of the server's own.
pub(super) fn is_of_server(name: &str) -> bool {
    SYSTEM.iter().any(|system| name.eq_ignore_ascii_case(system))
}

/// The selection of a profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Selected {
    databases: NamePatterns,
    not_databases: NamePatterns,
    tables: NamePatterns,
    not_tables: NamePatterns,
    structure_only: NamePatterns,
}

/// How much of a table is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// All of it.
    All,
    /// Its structure.
    Structure,
    /// Nothing.
    Nothing,
}

impl Selected {
    /// Reads the patterns of a profile.
    pub(super) fn of(settings: &ConnectionSettings) -> Self {
        let selection = &settings.server.selection;
        Self {
            databases: NamePatterns::of(&settings.databases),
            not_databases: NamePatterns::of(&selection.exclude_databases),
            tables: NamePatterns::of(&selection.tables),
            not_tables: NamePatterns::of(&selection.exclude_tables),
            structure_only: NamePatterns::of(&selection.structure_only),
        }
    }

    /// The databases of the profile among those `on_server`.
    ///
    /// # Errors
    /// The first name without a wildcard that is not there, or that nothing is there at all.
    pub(super) fn databases(&self, on_server: &[String]) -> Result<Vec<String>, String> {
        let is_there = |name: &str| on_server.iter().any(|there| there == name);
        if let Some(missing) = self.databases.names().find(|name| !is_there(name)) {
            return Err(missing.to_owned());
        }
        let taken: Vec<String> = on_server
            .iter()
            .filter(|name| !is_of_server(name))
            .filter(|name| self.databases.take(name))
            .filter(|name| !names::is_ours(name) || self.databases.names().any(|own| own == *name))
            .filter(|name| !self.not_databases.have(name))
            .cloned()
            .collect();
        if taken.is_empty() {
            return Err(self.databases.shown());
        }
        Ok(taken)
    }

    /// How much of the table or view `name` is taken.
    pub(super) fn share(&self, name: &str) -> Share {
        if self.not_tables.have(name) || !self.tables.take(name) {
            Share::Nothing
        } else if self.structure_only.have(name) {
            Share::Structure
        } else {
            Share::All
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Selection, ServerSettings};

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn selected(databases: &[&str], selection: Selection) -> Selected {
        let server = ServerSettings { selection, ..ServerSettings::default() };
        let databases = texts(databases);
        Selected::of(&ConnectionSettings { databases, server, ..ConnectionSettings::default() })
    }

    #[test]
    fn databases_are_chosen_by_name_and_pattern_and_never_the_servers_own() {
        let server = texts(&["crm", "mysql", "shop_de", "shop_fr", "shop_test", "sys", "a[1]"]);
        let chosen = |databases: &[&str], not: &[&str]| {
            let selection = Selection { exclude_databases: texts(not), ..Selection::default() };
            selected(databases, selection).databases(&server).map(|names| names.join(" "))
        };
        assert_eq!(chosen(&[], &[]).unwrap(), "crm shop_de shop_fr shop_test a[1]");
        assert_eq!(chosen(&["shop_*"], &["*_test"]).unwrap(), "shop_de shop_fr");
        assert_eq!(chosen(&["a[1]", "crm"], &[]).unwrap(), "crm a[1]");
        assert_eq!(chosen(&["shop_??"], &[]).unwrap(), "shop_de shop_fr");
        assert_eq!(chosen(&["crm", "gone"], &[]).unwrap_err(), "gone");
        assert_eq!(chosen(&["x*"], &[]).unwrap_err(), "x*");
        assert_eq!(chosen(&["mysql"], &[]).unwrap_err(), "mysql");
        let kept = "shop__kronos_before_20261122_135401_1f2e";
        let server = texts(&["kronos_restoring_0123456789abcdef", kept, "shop"]);
        let taken =
            |databases: &[&str]| selected(databases, Selection::default()).databases(&server);
        assert_eq!(taken(&[]).unwrap(), ["shop"]);
        assert_eq!(taken(&["shop*"]).unwrap(), ["shop"]);
        assert_eq!(taken(&[kept]).unwrap(), [kept]);
    }

    #[test]
    fn tables_are_taken_wholly_partly_or_not() {
        let selection = Selection {
            tables: texts(&["o*", "log?"]),
            exclude_tables: texts(&["old*"]),
            structure_only: texts(&["log1"]),
            ..Selection::default()
        };
        let selected = selected(&[], selection);
        let shares =
            ["orders", "old_orders", "log1", "log2", "x", "{o}"].map(|name| selected.share(name));
        let (all, structure, nothing) = (Share::All, Share::Structure, Share::Nothing);
        assert_eq!(shares, [all, nothing, structure, all, nothing, nothing]);
    }
}
