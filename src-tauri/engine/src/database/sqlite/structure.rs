//! The structure of a database out of its file.
//!
//! Owns which statements of the schema count: all that a user made.

use std::ops::ControlFlow;

use rusqlite::Connection;

use super::super::reading::{DumpPlace, DumpReader};
use super::super::structure::Structure;
use super::scratch_copy::ScratchCopy;
use crate::error::Result;

/// Reads the schema.
pub struct StructureReader {
    copy: ScratchCopy,
}

impl StructureReader {
    /// Makes the file into which the database goes: only a whole one can be asked.
    pub fn create(place: DumpPlace) -> Result<Self> {
        Ok(Self { copy: ScratchCopy::create(place)? })
    }
}

impl DumpReader for StructureReader {
    type Found = Structure;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        self.copy.write(bytes)?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self: Box<Self>) -> Result<Structure> {
        self.copy.ask(structure)
    }
}

pub(super) fn structure(file: &Connection) -> rusqlite::Result<Structure> {
    // Tables that belong to a virtual one are its own business, as in the manifest.
    let mut statement = file.prepare(
        "SELECT coalesce((SELECT 'virtual table' FROM pragma_table_list l
                 WHERE l.schema = 'main' AND l.name = s.name AND l.type = 'virtual'), s.type), s.name, s.sql
         FROM sqlite_schema s
         WHERE s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND s.sql IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM pragma_table_list l WHERE l.schema = 'main' AND l.name = s.name AND l.type = 'shadow')
         ORDER BY s.rowid",
    )?;
    let mut found = Structure::default();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name, sql): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        found.define(&kind, name, sql.as_bytes());
    }
    for setting in ["user_version", "application_id"] {
        let value: i64 = file.query_row(&format!("PRAGMA {setting}"), [], |row| row.get(0))?;
        found.define("setting", setting.to_owned(), &value.to_le_bytes());
    }
    Ok(found)
}
