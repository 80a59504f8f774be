//! What of a stream goes on and what stays behind.
//!
//! Owns the choice by database, by collection and, for the log of operations, by what an operation
//! concerns: a log is replayed with all rights, so nothing in it may reach another database.

use std::collections::BTreeSet;

use mongodb::bson::{RawBsonRef, RawDocument};

/// The database of the log of operations is the empty one.
pub(super) const LOG: &str = "";

/// Prefix of the collection that holds the documents of a time series.
pub(in super::super) const BUCKETS: &str = "system.buckets.";

/// Which parts of a stream are wanted.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Choice {
    /// Collections of which only the description is wanted.
    pub(in super::super) without_documents: BTreeSet<String>,
    /// The only databases that are wanted; `None` means all.
    pub(in super::super) databases: Option<BTreeSet<String>>,
    /// The only collections, views and time series that are wanted; `None` means all.
    pub(in super::super) collections: Option<BTreeSet<String>>,
    /// Whether the log of operations stays behind: it names databases, and cannot be replayed on others.
    pub(in super::super) without_log: bool,
}

/// What becomes of the documents of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// They go on.
    Passed,
    /// They stay behind; that there is such a collection goes on.
    Emptied,
    /// All of it stays behind.
    Removed,
    /// They are operations, looked at one by one.
    Sifted,
}

impl Choice {
    pub(super) fn fate(&self, database: &str, collection: &str) -> Fate {
        match &self.databases {
            _ if database == LOG && self.without_log => Fate::Removed,
            Some(_) if database == LOG => Fate::Sifted,
            Some(wanted) if !wanted.contains(database) => Fate::Removed,
            _ if !self.takes(collection) => Fate::Removed,
            _ if self.without_documents.contains(collection) => Fate::Emptied,
            _ => Fate::Passed,
        }
    }

    /// The documents of a time series are in a collection of another name.
    pub(in super::super) fn takes(&self, collection: &str) -> bool {
        let Some(wanted) = &self.collections else { return true };
        wanted.contains(collection)
            || collection.strip_prefix(BUCKETS).is_some_and(|series| wanted.contains(series))
    }

    /// Whether an operation concerns the wanted databases.
    ///
    /// # Errors
    /// When it concerns them and others, so that it can neither be replayed nor left out.
    pub(super) fn wants(&self, operation: &[u8]) -> Result<bool, String> {
        let unreadable = |error| format!("an operation in its log cannot be read: {error}");
        let operation =
            RawDocument::from_bytes(operation).map_err(|error| unreadable(error.to_string()))?;
        let Some(wanted) = &self.databases else { return Ok(true) };
        let is_wanted = |namespace: &str| {
            namespace.split_once('.').is_some_and(|(database, _)| wanted.contains(database))
        };
        let namespace = operation.get_str("ns").map_err(|error| unreadable(error.to_string()))?;
        if namespace != "admin.$cmd" {
            return Ok(is_wanted(namespace));
        }
        let command = operation.get_document("o").map_err(|error| unreadable(error.to_string()))?;
        let Ok(operations) = command.get_array("applyOps") else {
            // The end of a transaction whose operations came before.
            return Ok(command.get("commitTransaction").is_ok_and(|end| end.is_some())
                || command.get("abortTransaction").is_ok_and(|end| end.is_some()));
        };
        let concerned = operations.into_iter().map(|nested| match nested {
            Ok(RawBsonRef::Document(nested)) => nested.get_str("ns").is_ok_and(is_wanted),
            _ => false,
        });
        let concerned: BTreeSet<bool> = concerned.collect();
        match (concerned.contains(&true), concerned.contains(&false)) {
            (true, true) => {
                Err("a transaction in its log concerns other databases, too".to_owned())
            }
            (is_concerned, _) => Ok(is_concerned),
        }
    }
}
