//! Looking into the databases of an archive without restoring them.
//!
//! Owns the way from an archive to a reader of one of its dumps, and the first rows of a table. No server and
//! no tool is needed. What the bytes of a dump mean belongs to `database`, what those of an archive mean
//! to `archive`.

mod archive;
mod table;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use archive::{OpenedArchive, ReadThrough};
pub use table::TableRows;

use crate::context::RunContext;
use crate::database::{self, WantedRows};
use crate::error::Result;
use crate::state_dir::StateDir;

/// Rows that are shown when nobody says how many.
pub const DEFAULT_ROWS: usize = 100;

/// Which rows to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct BrowseOrder {
    /// The database in the archive; may be `None` when it holds only one.
    pub database: Option<String>,
    /// The table or collection. A name without its schema is enough when no other has it.
    pub table: String,
    /// How many rows at most.
    pub limit: usize,
}

/// Reads the first rows of a table, and no further than it takes.
pub async fn first_rows(
    archive: &OpenedArchive,
    order: &BrowseOrder,
    state: &StateDir,
    context: &RunContext,
) -> Result<TableRows> {
    let (index, unit) = archive.choose(order.database.as_deref())?;
    let table = table::find(unit, &order.table)?;
    let wanted = WantedRows { table: table.name.clone(), limit: order.limit };
    let engine = archive.manifest().header.engine;
    let make = move |place| database::row_reader(engine, place, wanted);
    let read = archive.read_dump(index, make, state, context).await?;
    Ok(TableRows {
        database: unit.name.clone(),
        table: table.name.clone(),
        columns: read.found.columns,
        rows: read.found.rows,
        is_complete: read.found.is_complete,
        rows_in_backup: table.rows,
        is_checked: read.is_whole,
    })
}
