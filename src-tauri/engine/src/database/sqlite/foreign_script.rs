//! A script for SQLite, carried out by SQLite itself and by no shell.
//!
//! Owns what a script may not do: reach another file, load code, change how the file is read. Commands with a
//! dot are for the shell of SQLite and are refused.

use std::io::{self, Write};
use std::path::PathBuf;

use rusqlite::config::DbConfig;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Batch, Connection};

use super::super::WorkScope;
use super::super::foreign::{Gate, Rules, Speech, Token, Verdict};
use crate::error::{DatabaseError, Error, LoadError, Result};
use crate::files;

/// Steps of SQLite between two looks at the cancel token.
const STEPS: i32 = 100_000;
/// Settings that are part of a database, or of how it is filled.
const KEPT: [&str; 8] = [
    "foreign_keys",
    "defer_foreign_keys",
    "user_version",
    "application_id",
    "encoding",
    "page_size",
    "auto_vacuum",
    "recursive_triggers",
];
/// Settings that only make the filling faster or safer.
const IGNORED: [&str; 10] = [
    "journal_mode",
    "synchronous",
    "locking_mode",
    "cache_size",
    "temp_store",
    "mmap_size",
    "busy_timeout",
    "wal_checkpoint",
    "optimize",
    "legacy_alter_table",
];

/// What stands at the beginning of a line and is for the shell.
struct SqliteRules;

impl Rules for SqliteRules {
    fn token(&mut self, token: &Token<'_>, _in_block: bool) -> std::result::Result<(), String> {
        match token {
            Token::Command(line) => {
                let word = line.split_whitespace().next().unwrap_or(".");
                let word: String = word.chars().filter(char::is_ascii_graphic).take(20).collect();
                Err(format!("has a command for the shell of SQLite, `{}`", word.replace('`', "'")))
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self) -> std::result::Result<Verdict, String> {
        Ok(Verdict::Pass)
    }

    fn only_inserts(&self) -> bool {
        false
    }
}

/// A script that fills a database in the private folder.
pub(super) struct Script {
    gate: Gate<SqliteRules>,
    filling: Filling,
}

struct Filling {
    database: Connection,
    path: PathBuf,
    /// The beginning of a trigger, whose body has semicolons.
    begun: Vec<u8>,
}

impl Script {
    pub(super) fn create(scope: &WorkScope) -> Result<Self> {
        let path = scope.scratch.join("foreign.sqlite");
        let unwritable =
            |source| DatabaseError::Scratch { path: path.display().to_string(), source };
        files::create_private(&path).map_err(unwritable)?;
        let cancel = scope.cancel.clone();
        let open = || -> rusqlite::Result<Connection> {
            let mut database = Connection::open(&path)?;
            database.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            database.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
            database.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
            // It is thrown away when anything fails.
            database.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF")?;
            database.progress_handler(STEPS, Some(move || cancel.is_cancelled()))?;
            database.authorizer(Some(authorize))?;
            Ok(database)
        };
        let database = open().map_err(|error| failed(&error))?;
        let filling = Filling { database, path, begun: Vec::new() };
        Ok(Self { gate: Gate::new(Speech::Sqlite, SqliteRules), filling })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gate.pass(bytes, &mut self.filling)?;
        Ok(bytes.len())
    }

    /// The finished database, and what was left out.
    pub(super) fn finish(self) -> Result<(PathBuf, Vec<String>)> {
        let Self { gate, mut filling } = self;
        let passed = gate.finish(&mut filling).map_err(|error| {
            error.downcast().unwrap_or_else(|error| Error::Internal(error.to_string()))
        })?;
        let is_open = !filling.database.is_autocommit();
        if is_open || !filling.begun.trim_ascii().is_empty() {
            let what = "ends in the middle of a transaction or a trigger".to_owned();
            return Err(LoadError::NotLoaded { what, line: 0 }.into());
        }
        filling.database.close().map_err(|(_, error)| failed(&error))?;
        Ok((filling.path, passed.warnings()))
    }
}

impl Write for Filling {
    /// Takes one whole statement, or a part of a trigger that ends with a semicolon.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let text = String::from_utf8_lossy(&self.begun);
        match run(&self.database, &text) {
            Ok(()) => self.begun.clear(),
            Err(error) if is_begun_trigger(&text, &error) => {}
            Err(error) => return Err(io::Error::other(failed(&error))),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn run(database: &Connection, text: &str) -> rusqlite::Result<()> {
    let mut batch = Batch::new(database, text);
    while let Some(mut statement) = batch.next()? {
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
    }
    Ok(())
}

fn is_begun_trigger(text: &str, error: &rusqlite::Error) -> bool {
    let is_trigger = text.to_ascii_lowercase().contains("trigger");
    is_trigger && error.to_string().contains("incomplete input")
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } | AuthAction::Unknown { .. } => {
            Authorization::Deny
        }
        AuthAction::Pragma { pragma_name, .. } => {
            let is = |name: &&str| pragma_name.eq_ignore_ascii_case(name);
            match (KEPT.iter().any(|name| is(name)), IGNORED.iter().any(|name| is(name))) {
                (true, _) => Authorization::Allow,
                (_, true) => Authorization::Ignore,
                _ => Authorization::Deny,
            }
        }
        AuthAction::Function { function_name }
            if function_name.eq_ignore_ascii_case("load_extension") =>
        {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}

fn failed(error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{AuthorizationForStatementDenied, OperationInterrupted};
    match error.sqlite_error_code() {
        Some(OperationInterrupted) => Error::Cancelled,
        Some(AuthorizationForStatementDenied) => {
            let what = "reaches another file, loads code, or changes a setting that is not its own"
                .to_owned();
            LoadError::NotLoaded { what, line: 0 }.into()
        }
        _ => LoadError::Unfit {
            dump: "The script".to_owned(),
            detail: error.to_string(),
            next_step:
                "Correct the statement, or dump the database again with `sqlite3 FILE .dump`"
                    .to_owned(),
        }
        .into(),
    }
}
