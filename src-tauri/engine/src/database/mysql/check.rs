//! The comparison of a loaded database with its backup, and what makes it safe to use.
//!
//! Owns the counts, the events that stay switched off, and what a person should know about the copy.

use std::collections::BTreeSet;

use super::catalog::Catalog;
use super::script::{Item, ItemKind};
use super::session::{Session, identifier, literal};
use super::target::{Target, UNFINISHED};
use crate::contents::{DatabaseFacts, ObjectCount, ObjectKind};
use crate::error::{RestoreError, Result};

/// What the comparison found.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Tables, all counted.
    pub(super) tables: u64,
    /// Their rows.
    pub(super) rows: u64,
    /// Things to know.
    pub(super) warnings: Vec<String>,
}

/// One comparison.
pub(super) struct Check<'a> {
    /// What was loaded.
    pub(super) target: &'a Target,
    /// The database's name when it was dumped.
    pub(super) source: &'a str,
    /// What the backup recorded; `None` when nobody has recorded anything.
    pub(super) expected: Option<&'a DatabaseFacts>,
}

impl Check<'_> {
    /// Compares, removes the mark, and lets the server count its keys anew. `events` were switched off.
    pub(super) async fn run(&self, events: &[String]) -> Result<Compared> {
        let mut session = Session::open(&self.target.access).await?;
        let mut catalog = Catalog::read(&mut session, &self.target.name).await?;
        catalog.tables.retain(|table| table.item.name != UNFINISHED);
        self.switch_off_events(&mut session).await?;
        let mut compared = match self.expected {
            Some(expected) => {
                compare_names(&catalog, expected)?;
                self.compare_rows(&mut session, &catalog, expected).await?
            }
            None => self.count_rows(&mut session, &catalog).await?,
        };
        self.analyze(&mut session, &catalog).await?;
        compared.warnings = self.warnings(&mut session, events).await?;
        // What replaces another goes on being unfinished until it has its place.
        if self.target.replaces.is_none() {
            session.execute(&format!("DROP TABLE {}", self.full(UNFINISHED))).await?;
        }
        session.close().await;
        Ok(compared)
    }

    fn full(&self, name: &str) -> String {
        format!("{}.{}", identifier(&self.target.name), identifier(name))
    }

    /// Every event of the copy is off. Those that the script made so stay as they are: altering one would
    /// give it this session's modes.
    async fn switch_off_events(&self, session: &mut Session) -> Result<()> {
        let question = "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? AND \
                        STATUS = 'ENABLED'";
        let enabled: Vec<String> = session.rows(question, (self.target.name.as_str(),)).await?;
        for event in enabled {
            session.execute(&format!("ALTER EVENT {} DISABLE", self.full(&event))).await?;
        }
        Ok(())
    }

    async fn count_rows(&self, session: &mut Session, catalog: &Catalog) -> Result<Compared> {
        let mut counted = Compared::default();
        for table in catalog.tables.iter().filter(|table| table.has_rows()) {
            counted.tables += 1;
            let question = format!("SELECT COUNT(*) FROM {}", self.full(&table.item.name));
            counted.rows += session.number(&question).await?;
        }
        Ok(counted)
    }

    async fn compare_rows(
        &self,
        session: &mut Session,
        catalog: &Catalog,
        expected: &DatabaseFacts,
    ) -> Result<Compared> {
        let mut compared = Compared::default();
        for object in expected.objects.iter().filter(|object| is_table(object)) {
            let Some(wanted) = object.rows else { continue };
            compared.tables += 1;
            let is_versioned = catalog.table(&object.name).is_some_and(|table| table.versioned);
            let history = if is_versioned { " FOR SYSTEM_TIME ALL" } else { "" };
            let question = format!("SELECT COUNT(*) FROM {}{history}", self.full(&object.name));
            let found = session.number(&question).await?;
            if found != wanted {
                let name = &object.name;
                return Err(mismatch(format!("`{name}` has {found} rows instead of {wanted}")));
            }
            compared.rows += found;
        }
        Ok(compared)
    }

    async fn analyze(&self, session: &mut Session, catalog: &Catalog) -> Result<()> {
        for table in catalog.tables.iter().filter(|table| table.has_rows()) {
            let statement =
                format!("ANALYZE NO_WRITE_TO_BINLOG TABLE {}", self.full(&table.item.name));
            session.execute(&statement).await?;
        }
        Ok(())
    }

    async fn warnings(&self, session: &mut Session, events: &[String]) -> Result<Vec<String>> {
        let mut warnings = Vec::new();
        if !events.is_empty() && self.target.replaces.is_none() {
            warnings.push(format!(
                "events are switched off in the copy: {}; switch one on with ALTER EVENT … ENABLE",
                listed(events)
            ));
        }
        let is_elsewhere = !self.source.is_empty() && self.source != self.target.final_name();
        let naming = if is_elsewhere { self.naming_the_source(session).await? } else { Vec::new() };
        if !naming.is_empty() {
            warnings.push(format!(
                "these name the database `{}` in their text and act on it, not on the copy: {}",
                self.source,
                listed(&naming)
            ));
        }
        let definers = self.missing_definers(session).await.unwrap_or_default();
        if !definers.is_empty() {
            warnings.push(format!(
                "these users do not exist on this server, and what they defined fails when it is used: {}",
                listed(&definers)
            ));
        }
        Ok(warnings)
    }

    /// Routines, triggers, events and defaults whose text names the database that they came from.
    async fn naming_the_source(&self, session: &mut Session) -> Result<Vec<String>> {
        let name = literal(&self.target.name);
        let source = self.source;
        let mentions = |column: &str| {
            let texts = [format!("{}.", identifier(source)), format!("{source}.")];
            let found = texts.map(|text| format!("LOCATE({}, {column}) > 0", literal(&text)));
            format!("({})", found.join(" OR "))
        };
        let question = format!(
            "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = {name} AND {} \
             UNION SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {name} AND {} \
             UNION SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = {name} AND {} \
             UNION SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME) FROM information_schema.COLUMNS WHERE \
             TABLE_SCHEMA = {name} AND {}",
            mentions("ROUTINE_DEFINITION"),
            mentions("EVENT_DEFINITION"),
            mentions("ACTION_STATEMENT"),
            // A default that draws from a sequence keeps the name of the sequence's database.
            mentions("COLUMN_DEFAULT"),
        );
        session.rows(&question, ()).await
    }

    /// Needs the right to read the list of users; who has it not is told nothing.
    async fn missing_definers(&self, session: &mut Session) -> Result<Vec<String>> {
        let name = literal(&self.target.name);
        let question = format!(
            "SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = {name} \
             UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {name} \
             UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = {name} \
             UNION SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = {name}"
        );
        let definers: Vec<String> = session.rows(&question, ()).await?;
        let users: Vec<String> =
            session.rows("SELECT CONCAT(User, '@', Host) FROM mysql.user", ()).await?;
        let users: BTreeSet<String> = users.into_iter().collect();
        Ok(definers.into_iter().filter(|definer| !users.contains(definer)).collect())
    }
}

/// Every object is there, and no other.
fn compare_names(catalog: &Catalog, expected: &DatabaseFacts) -> Result<()> {
    let tables = catalog.tables.iter().map(|table| table.item.clone());
    let triggers = catalog.triggers.iter();
    let triggers =
        triggers.map(|trigger| Item { kind: ItemKind::Trigger, name: trigger.name.clone() });
    let found = tables.chain(triggers).chain(catalog.others.iter().cloned());
    let mut found: Vec<_> = found.map(|item| (item.kind.object_kind(), item.name)).collect();
    let mut wanted: Vec<_> =
        expected.objects.iter().map(|object| (object.kind, object.name.clone())).collect();
    found.sort();
    wanted.sort();
    for (kind, name) in &wanted {
        match found.iter().position(|item| item == &(*kind, name.clone())) {
            Some(place) => drop(found.swap_remove(place)),
            None => return Err(mismatch(format!("`{name}` is missing"))),
        }
    }
    match found.first() {
        Some((_, name)) => Err(mismatch(format!("`{name}` is not in the backup"))),
        None => Ok(()),
    }
}

fn is_table(object: &ObjectCount) -> bool {
    object.kind == ObjectKind::Table
}

fn mismatch(detail: String) -> crate::error::Error {
    RestoreError::Mismatch { detail }.into()
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
