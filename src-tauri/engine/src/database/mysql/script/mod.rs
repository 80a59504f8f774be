//! The script that a dump tool writes, read while it goes by.
//!
//! Owns what a script holds: which objects it makes, how many rows it inserts per table, whether it is
//! complete. It changes nothing and keeps nothing but one statement's beginning.

mod choice;
mod copy;
mod head;
mod scanner;

use std::collections::BTreeMap;

pub(super) use choice::ChoiceFilter;
pub(super) use copy::CopyFilter;
pub(crate) use head::{Token, Tokens};
pub(super) use head::{
    columns_of_insert, columns_of_table, computed_columns_of, state_at, without_database,
};
pub(super) use scanner::Scanner;

use serde::{Deserialize, Serialize};

use crate::contents::ObjectKind;

/// The kind of an object, finer than [`ObjectKind`]: a function and a procedure may share a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum ItemKind {
    /// A table, also one with system versioning.
    Table,
    /// A sequence of MariaDB.
    Sequence,
    /// A view.
    View,
    /// A trigger.
    Trigger,
    /// A stored function.
    Function,
    /// A stored procedure.
    Procedure,
    /// A package of MariaDB, its declaration.
    Package,
    /// A package of MariaDB, its body.
    PackageBody,
    /// A scheduled event.
    Event,
}

impl ItemKind {
    /// The kind in the words of all engines.
    pub(super) fn object_kind(self) -> ObjectKind {
        match self {
            Self::Table => ObjectKind::Table,
            Self::Sequence => ObjectKind::Sequence,
            Self::View => ObjectKind::View,
            Self::Trigger => ObjectKind::Trigger,
            Self::Function | Self::Procedure | Self::Package | Self::PackageBody => {
                ObjectKind::Routine
            }
            Self::Event => ObjectKind::Event,
        }
    }

    /// The kind of a program by the word of the server's catalogue.
    pub(super) fn of_noun(noun: &str) -> Option<Self> {
        let programs = [
            Self::View,
            Self::Trigger,
            Self::Function,
            Self::Procedure,
            Self::Package,
            Self::PackageBody,
            Self::Event,
        ];
        programs.into_iter().find(|kind| kind.noun().eq_ignore_ascii_case(noun))
    }

    /// What a person calls it.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Sequence => "sequence",
            Self::View => "view",
            Self::Trigger => "trigger",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Package => "package",
            Self::PackageBody => "package body",
            Self::Event => "event",
        }
    }
}

/// An object by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Item {
    /// What it is.
    pub(super) kind: ItemKind,
    /// Its bare name.
    pub(super) name: String,
}

/// Who wants more of a script than its counts.
pub(super) trait Watcher {
    /// A statement has ended that makes something; of one that is longer than 1 MiB this is the beginning.
    fn made(&mut self, item: &Item, statement: &[u8]);

    /// An `INSERT` into `table` has come to its first row; `head` is all before it.
    fn rows_begin(&mut self, table: &str, head: &[u8]);

    /// The next piece of the rows, from behind the first parenthesis to the semicolon, and what of them it is.
    fn rows(&mut self, text: &[u8], part: Part);
}

/// What a piece of rows is; it is never more than one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// What stands between two rows, or behind the last.
    Between,
    /// Values, and what opens and closes texts and rows.
    Values,
    /// A text, with the quote at its end.
    Text,
}

/// Nobody does.
impl Watcher for () {
    fn made(&mut self, _: &Item, _: &[u8]) {}

    fn rows_begin(&mut self, _: &str, _: &[u8]) {}

    fn rows(&mut self, _: &[u8], _: Part) {}
}

/// What a complete script holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// The objects that it makes, each with the number of rows that it inserts.
    pub(super) items: BTreeMap<Item, u64>,
    /// Bytes of its longest statement: what a server must accept in one packet.
    pub(super) longest_statement: u64,
    /// Rows of all tables.
    pub(super) rows: u64,
}

impl Contents {
    /// Adds what another script of the same database holds.
    pub(super) fn merge(&mut self, other: Self) {
        for (item, rows) in other.items {
            *self.items.entry(item).or_default() += rows;
        }
        self.longest_statement = self.longest_statement.max(other.longest_statement);
        self.rows += other.rows;
    }
}

#[cfg(test)]
mod tests;
