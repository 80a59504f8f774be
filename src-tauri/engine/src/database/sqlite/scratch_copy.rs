//! A database file out of an archive, written to a private scratch file and opened with every defence that
//! SQLite has: the file may be hostile.
//!
//! Owns the file and the flags of its connection.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::super::reading::DumpPlace;
use super::check;
use crate::error::{Error, Result};
use crate::files;

/// The name in the scratch folder, which is one reader's alone.
const NAME: &str = "looked-into.sqlite";

/// A scratch file, removed with this value.
pub(super) struct ScratchCopy {
    place: DumpPlace,
    path: PathBuf,
    file: File,
}

impl ScratchCopy {
    /// Makes the empty file.
    pub fn create(place: DumpPlace) -> Result<Self> {
        let path = place.scratch.join(NAME);
        let file =
            files::create_private(&path).map_err(|error| Error::file("create", &path, error))?;
        Ok(Self { place, path, file })
    }

    /// Adds the next bytes of the database.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| Error::file("write", &self.path, error))
    }

    /// Asks the finished file. Nothing in it is trusted: functions with side effects are out of reach of
    /// its schema, pages are checked, nothing is ever written.
    pub fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let answer = || {
            let connection = check::open_immutable(&self.path)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            question(&connection)
        };
        answer().map_err(|error| self.place.damaged(error))
    }
}

impl Drop for ScratchCopy {
    fn drop(&mut self) {
        // What stays is removed with its folder.
        let _ = fs::remove_file(&self.path);
    }
}
