//! Some tables of a script in a new database.
//!
//! Owns what follows from a choice on the server: the foreign keys to tables that are not there, and what the
//! comparison has to expect.

use std::collections::BTreeSet;
use std::io;

use super::script::ChoiceFilter;
use super::session::{Access, Session, identifier};
use crate::contents::{DatabaseFacts, ObjectKind};
use crate::error::Result;

/// A choice of tables while its script goes by.
pub(super) struct Chosen {
    only: BTreeSet<String>,
    filter: ChoiceFilter,
}

/// A choice of tables whose script has gone by.
pub(super) struct Loaded {
    only: BTreeSet<String>,
    triggers: BTreeSet<String>,
}

impl Chosen {
    /// The tables, views and sequences `only`.
    pub(super) fn new(only: BTreeSet<String>) -> Self {
        Self { filter: ChoiceFilter::new(only.clone()), only }
    }

    /// Passes the next piece of the script on, as far as it is wanted.
    pub(super) fn pass(
        &mut self,
        bytes: &[u8],
        on: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        self.filter.pass(bytes, on)
    }

    /// Passes on what is still held.
    pub(super) fn finish(self, on: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<Loaded> {
        Ok(Loaded { only: self.only, triggers: self.filter.finish(on)? })
    }
}

impl Loaded {
    /// What is expected of the chosen tables, and what was left out.
    pub(super) fn narrowed(&self, expected: &DatabaseFacts) -> (DatabaseFacts, Option<String>) {
        let narrowed = expected.narrowed(|object| match object.kind {
            ObjectKind::Trigger => self.triggers.contains(&object.name),
            _ => object.is_choosable() && self.only.contains(&object.name),
        });
        (narrowed, expected.others_than(&self.only))
    }
}

/// Drops the foreign keys to tables that are not there: with them no row could be added. Returns what to
/// know.
pub(super) async fn cut_foreign_keys(access: &Access, database: &str) -> Result<Vec<String>> {
    let mut session = Session::open(access).await?;
    let question = "SELECT DISTINCT TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_NAME \
        FROM information_schema.KEY_COLUMN_USAGE AS k WHERE TABLE_SCHEMA = ? \
        AND REFERENCED_TABLE_SCHEMA = TABLE_SCHEMA AND NOT EXISTS (SELECT 1 FROM information_schema.TABLES AS t \
        WHERE t.TABLE_SCHEMA = k.TABLE_SCHEMA AND t.TABLE_NAME = k.REFERENCED_TABLE_NAME)";
    let dangling: Vec<(String, String, String)> = session.rows(question, (database,)).await?;
    if !dangling.is_empty() {
        session.execute("SET foreign_key_checks = 0").await?;
    }
    let mut cut = Vec::new();
    for (table, key, other) in dangling {
        let (place, name) = (identifier(database), identifier(&table));
        let statement = format!("ALTER TABLE {place}.{name} DROP FOREIGN KEY {}", identifier(&key));
        session.execute(&statement).await?;
        cut.push(format!(
            "The foreign key `{key}` of `{table}` was left out, because `{other}` was left out"
        ));
    }
    session.close().await;
    Ok(cut)
}
