//! What a profile takes and what it leaves out, by name.
//!
//! Owns the patterns: `*` and `?`, everything else as it stands.

use globset::{GlobBuilder, GlobMatcher};

use crate::config::ConnectionSettings;
use crate::error::{Result, ServerError};

/// Databases that belong to the server itself.
const SYSTEM: [&str; 5] = ["information_schema", "performance_schema", "mysql", "sys", "ndbinfo"];

/// A list of patterns.
#[derive(Debug, Clone, Default)]
struct Patterns(Vec<(String, GlobMatcher)>);

impl Patterns {
    fn of(texts: &[String]) -> Result<Self> {
        let compiled = texts.iter().map(|text| {
            // Only `*` and `?` mean something; the other signs of globs stand for themselves.
            let plain = text.chars().map(|character| match character {
                '[' | ']' | '{' | '}' | '!' => format!("[{character}]"),
                other => other.to_string(),
            });
            let plain: String = plain.collect();
            let glob = GlobBuilder::new(&plain).backslash_escape(false).build();
            let glob = glob.map_err(|error| ServerError::Failed {
                object: text.clone(),
                detail: format!("it is not a pattern: {}", error.kind()),
            })?;
            Ok((text.clone(), glob.compile_matcher()))
        });
        compiled.collect::<Result<_>>().map(Self)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(text, glob)| text == name || glob.is_match(name))
    }
}

/// The selection of a profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Selected {
    databases: Patterns,
    not_databases: Patterns,
    tables: Patterns,
    not_tables: Patterns,
    structure_only: Patterns,
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
    pub(super) fn of(settings: &ConnectionSettings) -> Result<Self> {
        let selection = &settings.server.selection;
        Ok(Self {
            databases: Patterns::of(&settings.databases)?,
            not_databases: Patterns::of(&selection.exclude_databases)?,
            tables: Patterns::of(&selection.tables)?,
            not_tables: Patterns::of(&selection.exclude_tables)?,
            structure_only: Patterns::of(&selection.structure_only)?,
        })
    }

    /// The databases of the profile among those `on_server`.
    ///
    /// # Errors
    /// The first name without a wildcard that is not there, or that nothing is there at all.
    pub(super) fn databases(&self, on_server: &[String]) -> Result<Vec<String>, String> {
        let is_name = |text: &str| !text.contains(['*', '?']);
        let mut names = self.databases.0.iter().map(|(text, _)| text);
        if let Some(missing) = names.find(|text| is_name(text) && !on_server.contains(text)) {
            return Err(missing.clone());
        }
        let taken: Vec<String> = on_server
            .iter()
            .filter(|name| !SYSTEM.iter().any(|system| name.eq_ignore_ascii_case(system)))
            .filter(|name| self.databases.is_empty() || self.databases.has(name))
            .filter(|name| !self.not_databases.has(name))
            .cloned()
            .collect();
        if taken.is_empty() {
            let patterns = self.databases.0.iter().map(|(text, _)| text.as_str());
            let patterns = patterns.collect::<Vec<_>>().join(", ");
            return Err(if patterns.is_empty() { "*".to_owned() } else { patterns });
        }
        Ok(taken)
    }

    /// How much of the table or view `name` is taken.
    pub(super) fn share(&self, name: &str) -> Share {
        if self.not_tables.has(name) || !(self.tables.is_empty() || self.tables.has(name)) {
            Share::Nothing
        } else if self.structure_only.has(name) {
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
            .unwrap()
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
