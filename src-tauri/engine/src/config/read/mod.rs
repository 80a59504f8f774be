//! From TOML text to checked values: one file per part of the configuration.
//!
//! Owns the order in which the parts are read and what holds between them. `section` owns types and
//! missing keys, `findings` the list of problems.

mod findings;
mod names;
mod options;
mod password;
mod profiles;
mod section;
mod servers;
mod storages;
mod suggest;
mod syntax;

use std::path::Path;

use toml_edit::Document;

pub(super) use names::check_name;
pub(super) use storages::PUBLISHED;

use self::findings::Findings;
use self::section::Section;
use super::model::Config;
use crate::error::ConfigProblem;

const TABLES: &[&str] =
    &["databases", "storage", "storages", "schedule", "compression", "settings"];

/// Reads the whole text. Every problem is found in one go, in file order; `base` is the folder for
/// relative paths.
pub(super) fn config(text: &str, base: &Path) -> Result<Config, Vec<ConfigProblem>> {
    let mut found = Findings::new(text, base);
    if text.trim().is_empty() {
        // An empty file is what a crash or a full disk leaves behind. Taking it for "no databases"
        // would silently stop every backup.
        let message =
            "The file is empty; put the configuration back, or delete the file to start again";
        found.report(Some(1), String::new(), message);
        return Err(found.into_problems());
    }
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => return Err(vec![syntax::problem(&error, text, &found)]),
    };
    let root = Section::root(document.as_table());
    root.refuse_unknown(TABLES, &mut found);
    let compression = options::file_compression(&root, &mut found);
    let names = storages::names(&root);
    let storages = storages::read(&root, &mut found);
    let profiles = profiles::read(&root, &profiles::Context { compression, names }, &mut found);
    let schedule = options::schedule(&root, &mut found);
    let settings = options::settings(&root, &mut found);
    let warnings = found.finish()?;
    Ok(Config { profiles, storages, schedule, settings, warnings })
}
