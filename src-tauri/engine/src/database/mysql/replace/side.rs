//! What a database consists of when it changes places: tables that move, programs that are made again, and
//! the character set that both stand in.
//!
//! Owns reading it, and making a database consist of it.

use serde::{Deserialize, Serialize};

use super::super::catalog::Catalog;
use super::super::script::ItemKind;
use super::super::session::{Session, identifier};
use super::programs::{self, Program};
use crate::error::Result;

/// One of the two databases of a swap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Side {
    /// Its tables and sequences.
    pub tables: Vec<String>,
    /// Its views, triggers, routines and events, in the order in which they can be made.
    pub programs: Vec<Program>,
    /// The character set of new tables.
    character_set: String,
    /// The collation of new tables.
    collation: String,
    /// Statements that give rights to single routines, which the server forgets when it drops one.
    pub grants: Vec<String>,
}

impl Side {
    /// Reads all of `database`.
    pub async fn read(session: &mut Session, database: &str) -> Result<Self> {
        let catalog = Catalog::read(session, database).await?;
        let tables = catalog.tables.iter().filter(|table| table.item.kind != ItemKind::View);
        Ok(Self {
            tables: tables.map(|table| table.item.name.clone()).collect(),
            programs: programs::read(session, database).await?,
            grants: programs::grants(session, database).await,
            character_set: catalog.character_set,
            collation: catalog.collation,
        })
    }

    /// Makes `database`, whose tables are these already, consist of this.
    pub async fn complete(&self, session: &mut Session, database: &str) -> Result<()> {
        programs::set(session, database, &self.programs).await?;
        programs::collate(session, database, &self.collation).await
    }

    /// The statement that makes an empty database for this.
    pub fn creation(&self, database: &str) -> String {
        let (name, collation) = (identifier(database), &self.collation);
        format!("CREATE DATABASE {name} CHARACTER SET {} COLLATE {collation}", self.character_set)
    }
}
