//! What a database holds, as the server's own catalogue tells it.
//!
//! Owns the questions to `information_schema`. What the user may not see is not in it: see `rights`.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::script::{Item, ItemKind};
use super::session::Session;
use crate::error::Result;

/// Engines whose tables show one moment within a transaction.
const TRANSACTIONAL: [&str; 5] = ["InnoDB", "RocksDB", "ROCKSDB", "TokuDB", "ndbcluster"];
/// Engines whose rows are elsewhere: the tools take the structure only.
const WITHOUT_ROWS: [&str; 7] =
    ["MRG_MyISAM", "MRG_MYISAM", "FEDERATED", "BLACKHOLE", "CONNECT", "SPIDER", "OQGRAPH"];

/// One table, view or sequence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    /// Its kind and name.
    pub(super) item: Item,
    /// Its storage engine; empty for a view.
    pub(super) engine: String,
    /// Its rows, as the server estimates them.
    pub(super) rows: Option<u64>,
    /// Bytes of its rows.
    pub(super) data: u64,
    /// Bytes of its indexes.
    pub(super) indexes: u64,
    /// Whether old versions of its rows are kept in it.
    pub(super) versioned: bool,
    /// The collation of its texts.
    collation: String,
    pub(super) created: String,
}

impl Table {
    /// Whether it is a table with rows of its own.
    pub(super) fn has_rows(&self) -> bool {
        self.item.kind == ItemKind::Table && !WITHOUT_ROWS.contains(&self.engine.as_str())
    }

    /// Whether reading it in a transaction shows the transaction's moment.
    pub(super) fn is_transactional(&self) -> bool {
        !self.has_rows() || TRANSACTIONAL.contains(&self.engine.as_str())
    }
}

/// A trigger, which goes with its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trigger {
    /// Its name.
    pub(super) name: String,
    /// Its table.
    pub(super) table: String,
}

/// All of one database.
#[derive(Debug, Clone, Default)]
pub(super) struct Catalog {
    /// The character set of new tables.
    pub(super) character_set: String,
    /// The collation of new tables.
    pub(super) collation: String,
    /// Tables, views and sequences, by name.
    pub(super) tables: Vec<Table>,
    /// Triggers.
    pub(super) triggers: Vec<Trigger>,
    /// Routines and events.
    pub(super) others: Vec<Item>,
    /// Whether a table has columns that the server computes.
    pub(super) has_computed: bool,
    pub(super) collations: BTreeSet<String>,
    pub(super) columns: BTreeMap<String, u64>,
}

type TableRow = (
    String,
    Option<String>,
    Option<String>,
    Option<u64>,
    Option<u64>,
    Option<u64>,
    Option<String>,
    Option<String>,
);
type ColumnRow = (
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// Compares a column of the catalogue with the database's name to the letter; the first half alone
/// lets the server look into one database only.
macro_rules! in_database {
    ($before:literal, $column:literal) => {
        concat!(
            $before,
            " WHERE ",
            $column,
            " = ? AND CAST(",
            $column,
            " AS BINARY) = CAST(? AS BINARY)"
        )
    };
}

impl Catalog {
    /// Asks about the database `name`, which exists.
    pub(super) async fn read(session: &mut Session, name: &str) -> Result<Self> {
        let mut catalog = Self::default();
        let schema: Vec<(String, String)> = session
            .rows(
                in_database!(
                    "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM \
                     information_schema.SCHEMATA",
                    "SCHEMA_NAME"
                ),
                (name, name),
            )
            .await?;
        (catalog.character_set, catalog.collation) = schema.into_iter().next().unwrap_or_default();
        catalog.read_tables(session, name).await?;
        catalog.read_columns(session, name).await?;
        catalog.read_programs(session, name).await?;
        Ok(catalog)
    }

    async fn read_tables(&mut self, session: &mut Session, name: &str) -> Result<()> {
        let rows: Vec<TableRow> = session
            .rows(
                in_database!(
                    "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH, INDEX_LENGTH, \
                     CAST(CREATE_TIME AS CHAR), TABLE_COLLATION FROM information_schema.TABLES",
                    "TABLE_SCHEMA"
                ),
                (name, name),
            )
            .await?;
        let tables = rows.into_iter().filter_map(table);
        self.tables = tables.collect();
        self.tables.sort_by(|a, b| a.item.name.cmp(&b.item.name));
        self.collations = self.tables.iter().map(|table| table.collation.clone()).collect();
        self.collations.insert(self.collation.clone());
        Ok(())
    }

    async fn read_columns(&mut self, session: &mut Session, name: &str) -> Result<()> {
        let rows: Vec<ColumnRow> = session
            .rows(
                in_database!(
                    "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, EXTRA, \
                     CAST(ORDINAL_POSITION AS CHAR), IS_NULLABLE FROM information_schema.COLUMNS",
                    "TABLE_SCHEMA"
                ),
                (name, name),
            )
            .await?;
        for (table, column, kind, collation, extra, position, nullable) in rows {
            let mut hasher = DefaultHasher::new();
            (&column, &kind, &collation, &extra, &position, &nullable).hash(&mut hasher);
            // Added up, so that the order of the answer does not matter.
            let sum = self.columns.entry(table).or_default();
            *sum = sum.wrapping_add(hasher.finish());
            self.collations.extend(collation);
            let extra = extra.unwrap_or_default();
            self.has_computed |=
                ["VIRTUAL GENERATED", "STORED GENERATED"].iter().any(|text| extra.contains(text));
        }
        self.collations.remove("");
        Ok(())
    }

    async fn read_programs(&mut self, session: &mut Session, name: &str) -> Result<()> {
        let triggers: Vec<(String, String)> = session
            .rows(
                in_database!(
                    "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS",
                    "TRIGGER_SCHEMA"
                ),
                (name, name),
            )
            .await?;
        self.triggers = triggers.into_iter().map(|(name, table)| Trigger { name, table }).collect();
        let routines: Vec<(String, String)> = session
            .rows(
                in_database!(
                    "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES",
                    "ROUTINE_SCHEMA"
                ),
                (name, name),
            )
            .await?;
        self.others =
            routines.into_iter().filter_map(|(kind, name)| routine(&kind, name)).collect();
        let events: Vec<String> = session
            .rows(
                in_database!("SELECT EVENT_NAME FROM information_schema.EVENTS", "EVENT_SCHEMA"),
                (name, name),
            )
            .await?;
        self.others.extend(events.into_iter().map(|name| Item { kind: ItemKind::Event, name }));
        Ok(())
    }

    /// The names of all collations in use.
    pub(super) fn collations(&self) -> impl Iterator<Item = &str> {
        self.collations.iter().map(String::as_str)
    }

    /// What tells the tables apart from their successors: two catalogues with the same value for a table
    /// have seen the same table.
    pub(super) fn fingerprint(&self, table: &Table) -> (String, String, Option<u64>) {
        let columns = self.columns.get(&table.item.name).copied();
        (table.created.clone(), table.engine.clone(), columns)
    }

    /// The table of this name.
    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.item.name == name)
    }
}

fn table(row: TableRow) -> Option<Table> {
    let (name, kind, engine, rows, data, indexes, created, collation) = row;
    let kind = kind.unwrap_or_default();
    let item_kind = match kind.as_str() {
        "VIEW" => ItemKind::View,
        "SEQUENCE" => ItemKind::Sequence,
        "TEMPORARY" | "SYSTEM VIEW" => return None,
        _ => ItemKind::Table,
    };
    Some(Table {
        item: Item { kind: item_kind, name },
        engine: engine.unwrap_or_default(),
        rows,
        data: data.unwrap_or_default(),
        indexes: indexes.unwrap_or_default(),
        versioned: kind == "SYSTEM VERSIONED",
        collation: collation.unwrap_or_default(),
        created: created.unwrap_or_default(),
    })
}

fn routine(kind: &str, name: String) -> Option<Item> {
    Some(Item { kind: ItemKind::of_noun(kind)?, name })
}

/// The databases that the user can see, by name.
pub(super) async fn databases(session: &mut Session) -> Result<Vec<String>> {
    let mut names: Vec<String> =
        session.rows("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA", ()).await?;
    names.sort();
    Ok(names)
}

/// The definitions of the views of a database, by name. They name every table in full.
pub(super) async fn view_texts(
    session: &mut Session,
    name: &str,
) -> Result<Vec<(String, Option<String>)>> {
    session
        .rows(
            in_database!(
                "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS",
                "TABLE_SCHEMA"
            ),
            (name, name),
        )
        .await
}
