//! What of one database goes into its dump, and what stays behind.
//!
//! Owns the decision about each object. A view over a table that is left out could not be made again, so it
//! is left out, too; a trigger goes with its table.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::catalog::{self, Catalog, Table};
use super::script::{Contents, Item, ItemKind};
use super::selection::{Selected, Share};
use super::session::{Session, identifier};
use crate::contents::{DatabaseFacts, LeftOut, LeftOutPart, ObjectCount};
use crate::error::Result;

/// What is expected in the dump of one database.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    /// The catalogue just before the dump.
    pub(super) catalog: Catalog,
    /// Tables and views that are left out.
    pub(super) left_out: BTreeSet<String>,
    /// Tables that are taken without their rows.
    pub(super) structure_only: BTreeSet<String>,
}

impl Expected {
    /// Reads the catalogue of `database` and applies the selection to it.
    pub(super) async fn read(
        session: &mut Session,
        database: &str,
        selected: &Selected,
    ) -> Result<Self> {
        let catalog = Catalog::read(session, database).await?;
        let names = |share| {
            let tables =
                catalog.tables.iter().filter(move |table| share_of(selected, table) == share);
            tables.map(|table| table.item.name.clone()).collect::<BTreeSet<_>>()
        };
        let (mut left_out, structure_only) = (names(Share::Nothing), names(Share::Structure));
        if !left_out.is_empty() {
            let views = catalog::view_texts(session, database).await?;
            leave_out_dependents(&mut left_out, database, &views);
        }
        wait_for_a_later_second(session, &catalog).await?;
        Ok(Self { catalog, left_out, structure_only })
    }

    /// The tables, views and sequences that are taken.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.catalog.tables.iter().filter(|table| !self.left_out.contains(&table.item.name))
    }

    /// The tables whose rows are taken.
    pub(super) fn tables_with_rows(&self) -> impl Iterator<Item = &Table> {
        let is_whole = |table: &&Table| !self.structure_only.contains(&table.item.name);
        self.tables().filter(|table| table.has_rows()).filter(is_whole)
    }

    /// Every object that has to be in the dump.
    pub(super) fn items(&self) -> impl Iterator<Item = Item> {
        let triggers = self.catalog.triggers.iter();
        let triggers = triggers.filter(|trigger| !self.left_out.contains(&trigger.table));
        let triggers =
            triggers.map(|trigger| Item { kind: ItemKind::Trigger, name: trigger.name.clone() });
        let tables = self.tables().map(|table| table.item.clone());
        tables.chain(triggers).chain(self.catalog.others.iter().cloned())
    }

    /// The first object that has to be in the dump and is not.
    pub(super) fn missing_in(&self, contents: &Contents) -> Option<Item> {
        self.items().find(|item| !contents.items.contains_key(item))
    }

    /// A table in the dump that was made after the look and that the selection does not want, or not
    /// with its rows.
    pub(super) fn made_outside(&self, selected: &Selected, contents: &Contents) -> Option<String> {
        let is_new =
            |item: &&Item| item.kind == ItemKind::Table && self.catalog.table(&item.name).is_none();
        let mut made = contents.items.keys().filter(is_new);
        let outside = made.find(|item| !matches!(selected.share(&item.name), Share::All));
        outside.map(|item| item.name.clone())
    }

    /// What the dump holds, in the words of all engines.
    pub(super) fn facts(&self, contents: &Contents) -> DatabaseFacts {
        let known: BTreeSet<Item> = self.items().collect();
        // Made between the look at the catalogue and the dump's own moment: it is in the dump.
        let newer =
            contents.items.iter().filter(|(item, _)| !known.contains(item) && !is_program(item));
        let newer = newer.map(|(item, rows)| ObjectCount {
            rows: (item.kind == ItemKind::Table).then_some(*rows),
            kind: item.kind.object_kind(),
            name: item.name.clone(),
        });
        let expected = known.iter().map(|item| ObjectCount {
            rows: self.rows_of(item, contents),
            kind: item.kind.object_kind(),
            name: item.name.clone(),
        });
        let mut objects: Vec<ObjectCount> = expected.chain(newer).collect();
        objects.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        DatabaseFacts {
            objects,
            properties: self.properties(contents),
            left_out: self.left_out_list(),
        }
    }

    /// Rows that the dump inserts; of tables whose rows are elsewhere nobody knows them.
    fn rows_of(&self, item: &Item, contents: &Contents) -> Option<u64> {
        let table = self.catalog.table(&item.name).filter(|table| table.item == *item)?;
        table.has_rows().then(|| contents.items.get(item).copied().unwrap_or_default())
    }

    fn properties(&self, contents: &Contents) -> BTreeMap<String, String> {
        let catalog = &self.catalog;
        let collations: Vec<&str> = catalog.collations().collect();
        let engines: BTreeSet<&str> = self
            .tables()
            .filter(|table| table.item.kind == ItemKind::Table)
            .map(|table| table.engine.as_str())
            .collect();
        let engines: Vec<&str> = engines.into_iter().collect();
        let mut properties = BTreeMap::from([
            ("character_set".to_owned(), catalog.character_set.clone()),
            ("collation".to_owned(), catalog.collation.clone()),
            ("collations".to_owned(), collations.join(", ")),
            ("engines".to_owned(), engines.join(", ")),
            ("longest_statement".to_owned(), contents.longest_statement.to_string()),
        ]);
        if catalog.has_computed {
            properties.insert("computed_columns".to_owned(), "yes".to_owned());
        }
        if self.tables().any(|table| table.versioned) {
            properties.insert("system_versioning".to_owned(), "yes".to_owned());
        }
        properties
    }

    fn left_out_list(&self) -> Vec<LeftOut> {
        let whole = self.left_out.iter().map(|name| (name, LeftOutPart::Everything));
        let rows = self.structure_only.iter().map(|name| (name, LeftOutPart::Rows));
        whole.chain(rows).map(|(name, what)| LeftOut { name: name.clone(), what }).collect()
    }

    /// Bytes of the rows that are taken.
    pub(super) fn size(&self) -> u64 {
        self.tables_with_rows().map(|table| table.data).sum()
    }

    /// The tables whose rows do not belong to one moment without a lock: `sessions (MyISAM)`.
    pub(super) fn without_transactions(&self) -> Vec<String> {
        let tables = self.tables_with_rows().filter(|table| !table.is_transactional());
        tables.map(|table| format!("`{}` ({})", table.item.name, table.engine)).collect()
    }
}

fn share_of(selected: &Selected, table: &Table) -> Share {
    match selected.share(&table.item.name) {
        Share::Structure if !table.has_rows() => Share::All,
        share => share,
    }
}

/// Adds every view that names something left out, and the views over those.
fn leave_out_dependents(
    left_out: &mut BTreeSet<String>,
    database: &str,
    views: &[(String, Option<String>)],
) {
    let full = |name: &str| format!("{}.{}", identifier(database), identifier(name));
    loop {
        let gone: Vec<String> = left_out.iter().map(|name| full(name)).collect();
        let depends = |text: &str| gone.iter().any(|name| text.contains(name.as_str()));
        let more: Vec<String> = views
            .iter()
            .filter(|(name, text)| !left_out.contains(name) && text.as_deref().is_some_and(depends))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            return;
        }
        left_out.extend(more);
    }
}

/// Whether it is one of the objects whose text may hold anything, also what looks like another object.
fn is_program(item: &Item) -> bool {
    !matches!(item.kind, ItemKind::Table | ItemKind::Sequence | ItemKind::View)
}

/// Servers write down in which second a table was made. Once the second of the youngest table is over, no
/// table that is emptied or replaced while the dump runs can have the same one.
async fn wait_for_a_later_second(session: &mut Session, catalog: &Catalog) -> Result<()> {
    let now: Vec<String> = session.rows("SELECT CAST(NOW() AS CHAR)", ()).await?;
    let is_young = |table: &Table| now.first().is_some_and(|now| table.created >= *now);
    if catalog.tables.iter().any(is_young) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// What changed in the tables of a dump between two looks, as a sentence; `None` when nothing did.
pub(super) fn change_between(before: &Expected, after: &Catalog) -> Option<String> {
    before.tables_with_rows().find_map(|table| {
        let name = &table.item.name;
        match after.table(name) {
            None => Some(format!("the table `{name}` was removed or renamed")),
            Some(now) if before.catalog.fingerprint(table) != after.fingerprint(now) => {
                Some(format!("the table `{name}` was altered, emptied or replaced"))
            }
            Some(_) => None,
        }
    })
}

/// A program that the dump holds although it was not there when the catalogue was read. The text of a program may
/// look like another one, so of programs only those count that are there afterwards.
pub(super) fn made_before_the_dump(
    before: &Expected,
    after: &Catalog,
    contents: &Contents,
) -> Option<Item> {
    let expected: BTreeSet<Item> = before.items().collect();
    let is_real = |item: &&Item| match item.kind {
        // The manifest records these.
        ItemKind::Table | ItemKind::Sequence | ItemKind::View => false,
        ItemKind::Trigger => after.triggers.iter().any(|trigger| trigger.name == item.name),
        _ => after.others.contains(item),
    };
    contents.items.keys().filter(|item| !expected.contains(item)).find(is_real).cloned()
}

/// Tables that were made while the dump ran and are not in it.
pub(super) fn made_meanwhile(
    before: &Expected,
    after: &Catalog,
    contents: &Contents,
) -> Vec<String> {
    let is_new = |table: &&Table| {
        before.catalog.table(&table.item.name).is_none()
            && !contents.items.contains_key(&table.item)
    };
    let made =
        after.tables.iter().filter(|table| table.item.kind == ItemKind::Table).filter(is_new);
    made.map(|table| table.item.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: ItemKind, name: &str) -> Item {
        Item { kind, name: name.to_owned() }
    }

    #[test]
    fn what_came_between_the_catalogue_and_the_dump_is_seen() {
        let before = Expected {
            catalog: Catalog { others: vec![item(ItemKind::Event, "e")], ..Catalog::default() },
            left_out: BTreeSet::new(),
            structure_only: BTreeSet::new(),
        };
        let after = Catalog { others: vec![item(ItemKind::Procedure, "p")], ..Catalog::default() };
        let found = |items: &[(ItemKind, &str)]| {
            let items = items.iter().map(|(kind, name)| (item(*kind, name), 0));
            let contents = Contents { items: items.collect(), ..Contents::default() };
            made_before_the_dump(&before, &after, &contents).map(|item| item.name)
        };
        assert_eq!(found(&[(ItemKind::Event, "e")]), None);
        assert_eq!(found(&[(ItemKind::Table, "fresh")]), None);
        assert_eq!(found(&[(ItemKind::Procedure, "p")]).unwrap(), "p");
        assert_eq!(found(&[(ItemKind::Procedure, "only text")]), None);
    }

    #[test]
    fn views_over_what_is_left_out_are_left_out_too() {
        let view = |name: &str, text: &str| (name.to_owned(), Some(text.to_owned()));
        let views = [
            view("v1", "select `shop`.`customers`.`id` AS `id` from `shop`.`customers`"),
            view("v2", "select `shop`.`v1`.`id` from `shop`.`v1`"),
            view("v3", "select `shop`.`customers_2`.`id` from `shop`.`customers_2`"),
            view("v4", "select `other`.`customers`.`id` from `other`.`customers`"),
        ];
        let mut left_out = BTreeSet::from(["customers".to_owned()]);
        leave_out_dependents(&mut left_out, "shop", &views);
        assert_eq!(left_out.into_iter().collect::<Vec<_>>(), ["customers", "v1", "v2"]);
    }
}
