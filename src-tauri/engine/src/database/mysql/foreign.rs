//! Loading a script of another program into a new database.
//!
//! Owns the order: look for what must be left alone, make the database, pass the script through the gate, count.
//! The client is the one of every restore: it obeys no command but `DELIMITER`.

use std::io::{self, Write};

use super::super::foreign::{ForeignDump, ForeignForm, Gate, LoadRisk, LoadSink, Speech};
use super::super::{DumpedDatabase, RestoreTarget, Restored, WorkScope};
use super::catalog;
use super::foreign_rules::MysqlRules;
use super::restore::NewDatabase;
use super::session::{Access, Session};
use super::target::Target;
use crate::cancel::CancellationToken;
use crate::config::ConnectionSettings;
use crate::contents::{DatabaseFacts, ServerInfo};
use crate::error::{Error, LoadError, Result};

/// A script being loaded.
struct Script {
    gate: Option<Gate<MysqlRules>>,
    database: Option<NewDatabase>,
}

/// Says why `dump` cannot be loaded, and what it could do.
pub(super) async fn check(
    settings: &ConnectionSettings,
    new: &RestoreTarget,
    dump: &ForeignDump,
) -> Result<LoadRisk> {
    let target = Target::check(settings, new, &as_dumped(dump)?).await?;
    let sentence = "Kronos refuses what names another database, a user, a file or the server; it cannot see what \
                    a function or a trigger in the dump puts together while it runs";
    Ok(LoadRisk {
        user: target.access.who.user,
        sentences: vec![sentence.to_owned()],
        is_unlimited: false,
    })
}

/// Makes the database and starts the client.
pub(super) async fn start(
    settings: &ConnectionSettings,
    new: &RestoreTarget,
    dump: &ForeignDump,
    scope: &WorkScope,
) -> Result<Box<dyn LoadSink>> {
    let dumped = as_dumped(dump)?;
    let target = Target::check(settings, new, &dumped).await?;
    let rules = rules(&target.access, &target.name).await?;
    let database = NewDatabase::create(target, &dumped, scope).await?;
    let gate = Gate::new(Speech::Mysql, rules);
    Ok(Box::new(Script { gate: Some(gate), database: Some(database) }))
}

async fn rules(access: &Access, name: &str) -> Result<MysqlRules> {
    let mut session = Session::open(access).await?;
    let mut others = catalog::databases(&mut session).await?;
    let modes: Vec<String> = session.rows("SELECT @@GLOBAL.sql_mode", ()).await?;
    session.close().await;
    others.retain(|other| other != name);
    Ok(MysqlRules::new(others, modes.first().map_or("", String::as_str)))
}

fn as_dumped(dump: &ForeignDump) -> Result<DumpedDatabase> {
    if dump.form != ForeignForm::Script {
        return Err(Error::Internal("only a script can be loaded there".to_owned()));
    }
    Ok(DumpedDatabase {
        name: dump.source.clone().unwrap_or_default(),
        size: dump.size,
        // The server knows best what of it is too new.
        server: ServerInfo::default(),
        facts: DatabaseFacts::default(),
        only: None,
        is_part: false,
    })
}

impl Script {
    /// A statement that was refused may have begun; the client must not run the half of it.
    fn settled<T>(&mut self, outcome: io::Result<T>) -> io::Result<T> {
        if let (Err(error), Some(database)) = (&outcome, &mut self.database)
            && error.get_ref().and_then(|inner| inner.downcast_ref()).is_some_and(is_refusal)
        {
            database.stop();
        }
        outcome
    }
}

fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::Load(LoadError::NotLoaded { .. }))
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (Some(gate), Some(database)) = (&mut self.gate, &mut self.database) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let passed = gate.pass(bytes, database);
        self.settled(passed)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LoadSink for Script {
    fn finish(mut self: Box<Self>, cancel: &CancellationToken) -> Result<Restored> {
        let (Some(gate), Some(database)) = (self.gate.take(), &mut self.database) else {
            return Err(Error::Internal("a script was loaded twice".to_owned()));
        };
        let passed = gate.finish(database);
        let passed = self.settled(passed).map_err(Error::of_stream)?;
        let database = self.database.take();
        let database =
            database.ok_or_else(|| Error::Internal("a script was loaded twice".into()))?;
        let mut restored = database.finish_counted(cancel)?;
        restored.warnings.splice(0..0, passed.warnings());
        Ok(restored)
    }
}
