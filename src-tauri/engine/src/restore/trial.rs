//! A restore test: every database of a backup restored to a scratch place, compared, and removed again.
//!
//! Owns the order, and the words for what was compared. The restore is the ordinary one; a test that went
//! another way would prove nothing.

use std::sync::Arc;

use super::contents::{self, Held};
use super::performer::{RestoreReport, RestoreRequest, facts_of, perform_verified};
use super::scratch_place::{ClaimedPlace, PlacePlan};
use super::source::ArchiveSource;
use crate::archive::{Manifest, Sidecar, Unit};
use crate::backup::verify_reader;
use crate::cancel::CancelCheck;
use crate::config::ConnectionSettings;
use crate::contents::{RestoreTest, TestOutcome};
use crate::context::RunContext;
use crate::database::{self, Restored};
use crate::error::{Error, Result};
use crate::progress::Phase;
use crate::state_dir::StateDir;
use crate::units;

/// What to test, and on which server.
#[derive(Clone)]
pub struct TestRequest {
    /// The archive.
    pub source: Arc<dyn ArchiveSource>,
    /// Its commit record.
    pub sidecar: Sidecar,
    /// The profile whose server takes the scratch databases; of files the one of the backup.
    pub profile: String,
    /// How to reach it; means nothing for files.
    pub connection: ConnectionSettings,
    /// Where working files and the notes of scratch places are.
    pub state: StateDir,
    /// Who asks, for the note in a lock.
    pub owner: &'static str,
}

/// A test that was passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// What was compared.
    pub test: RestoreTest,
    /// Things to look at, each one sentence.
    pub warnings: Vec<String>,
}

/// Restores every database of the backup, compares it and removes it again.
pub async fn test(request: &TestRequest, context: &RunContext) -> Result<Tested> {
    context.progress.enter(Phase::Preparing, 0);
    let (reader, size) = request.source.open().await?;
    context.progress.enter(Phase::Verifying, size);
    let (name, sidecar) = (request.source.name(), &request.sidecar);
    let manifest = verify_reader(reader, &name, Some(sidecar), context).await?.manifest;
    let mut found = Found::default();
    for unit in manifest.databases() {
        let within = parts(&manifest, unit);
        for part in within.iter().cloned().map(Some).chain(within.is_empty().then_some(None)) {
            context.cancel.check()?;
            let tried = Tried { request, manifest: &manifest, unit, part: part.clone() };
            match (tried.run(context, &mut found.warnings).await, part) {
                (Err(error), Some(part)) if database::may_want_log(&error) => {
                    found.unsaid.push((part, error));
                }
                (outcome, _) => found.add(outcome?),
            }
        }
        found.warnings.extend((!within.is_empty()).then(|| ONE_BY_ONE.to_owned()));
    }
    found.check_said()?;
    let mut test = RestoreTest::new(context.clock.now(), TestOutcome::Passed, found.sentence());
    (test.tables, test.rows) = (found.tables, found.rows);
    Ok(Tested { test, warnings: found.warnings })
}

/// What is not tried of a dump that holds a whole server.
const ONE_BY_ONE: &str = "Its databases were tested one by one, as the dump read them: users, roles and the log of \
                          operations that brings all of them to one moment were not tried";

/// The databases of a unit that holds a whole server.
fn parts(manifest: &Manifest, unit: &Unit) -> Vec<String> {
    database::databases_within(manifest.header.engine, &unit.name, &facts_of(unit))
}

/// What was compared in one database.
struct One {
    restored: Restored,
    /// Tables in which the rows hold the same.
    held: u64,
    more: Option<&'static str>,
}

/// One database that is tried.
struct Tried<'a> {
    request: &'a TestRequest,
    manifest: &'a Manifest,
    unit: &'a Unit,
    /// Set when the unit holds a whole server.
    part: Option<String>,
}

impl Tried<'_> {
    async fn run(&self, context: &RunContext, warnings: &mut Vec<String>) -> Result<One> {
        let Self { request, manifest, unit, .. } = self;
        let engine = manifest.header.engine;
        let plan = PlacePlan::new(&request.state, engine, &request.profile, &request.connection);
        let target = plan.target()?;
        let place = plan.claim(context.clock.now())?;
        let restore = RestoreRequest {
            source: request.source.clone(),
            sidecar: Some(request.sidecar.clone()),
            // Two databases may have one name, never one member.
            database: Some(unit.parts.first().map_or(&unit.name, |part| &part.member).clone()),
            target,
            connection: request.connection.clone(),
            state: request.state.clone(),
            owner: request.owner,
            replacement: None,
            only: None,
            part: self.part.clone(),
            scratch: None,
        };
        let outcome = self.restore_and_examine(&restore, context).await;
        warnings.extend(removed(place).await);
        outcome
    }

    async fn restore_and_examine(
        &self,
        restore: &RestoreRequest,
        context: &RunContext,
    ) -> Result<One> {
        let (manifest, unit) = (self.manifest, self.unit);
        let engine = manifest.header.engine;
        let name = self.part.as_ref().unwrap_or(&unit.name);
        let listener = database::digest_reader(engine, contents::place(restore, name));
        let made = perform_verified(restore, manifest.clone(), None, listener, context).await;
        let (RestoreReport { mut restored, .. }, dumped) = made?;
        let mut held = Held::default();
        if let Some(dumped) = dumped {
            let facts = match &self.part {
                Some(part) => database::facts_within(&facts_of(unit), part),
                None => facts_of(unit),
            };
            held = contents::compare(restore, (manifest, &facts), &dumped, context).await?;
            restored.warnings.extend(held.warning);
        }
        let connection = database::connect(engine, &restore.connection)?;
        let more = connection.examine(&restore.target, &unit.sha256, &context.cancel).await?;
        Ok(One { restored, held: held.tables, more })
    }
}

/// Removes a place, also after a failure. Returns what to know when it is still there.
async fn removed(place: ClaimedPlace) -> Option<String> {
    let name = place.name().to_owned();
    let error = place.remove().await.err()?;
    Some(format!(
        "The scratch database `{name}` is still there, and the next start of Kronos removes it: {error}"
    ))
}

/// What was compared in all databases.
#[derive(Default)]
struct Found {
    databases: u64,
    tables: u64,
    rows: u64,
    held: u64,
    more: Option<&'static str>,
    warnings: Vec<String>,
    /// Databases of a whole server that could not be loaded for want of the log of operations, and how that ended.
    unsaid: Vec<(String, Error)>,
}

impl Found {
    /// Of a backup of which something is not known it is not said that it passed.
    fn check_said(&mut self) -> Result<()> {
        let unsaid = std::mem::take(&mut self.unsaid);
        let names: Vec<String> = unsaid.iter().map(|(name, _)| format!("`{name}`")).collect();
        let Some((_, first)) = unsaid.into_iter().next() else { return Ok(()) };
        let why = format!(
            "of {} databases {} came back as in the backup, but without the log of operations these could not be \
             loaded: {}",
            self.databases + names.len() as u64,
            self.databases,
            names.join(", ")
        );
        Err(contents::no_verdict(&why, first))
    }

    fn add(&mut self, One { restored, held, more }: One) {
        // What was done with one of them only is not said of all.
        self.more = if self.databases == 0 || self.more == more { more } else { None };
        self.databases += 1;
        self.tables += restored.tables;
        self.rows += restored.rows;
        self.held += held;
        self.warnings.extend(restored.warnings);
    }

    fn sentence(&self) -> String {
        let counted = |number: u64, one: &str, many: &str| {
            format!("{} {}", units::count(number), if number == 1 { one } else { many })
        };
        let mut text = match self.databases {
            1 => String::new(),
            databases => format!("{}, ", counted(databases, "database", "databases")),
        };
        if self.tables == 0 {
            text.push_str("loaded; there is no table whose rows could be compared");
        } else {
            let rows = counted(self.rows, "row", "rows");
            text.push_str(&format!("{} with {rows}", counted(self.tables, "table", "tables")));
            text.push_str(&match self.held {
                0 => " as in the backup".to_owned(),
                held if held == self.tables => ", contents equal".to_owned(),
                held => format!(" as in the backup, contents equal in {}", units::count(held)),
            });
        }
        if let Some(more) = self.more {
            text.push_str(&format!("; {more} as well"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RestoreError;

    #[test]
    fn the_sentence_says_what_was_compared_and_nothing_else() {
        let found = |databases, tables, rows, held, more| Found {
            databases,
            tables,
            rows,
            held,
            more,
            warnings: Vec::new(),
            unsaid: Vec::new(),
        };
        let cases = [
            (found(1, 2, 1530, 2, None), "2 tables with 1 530 rows, contents equal"),
            (
                found(1, 2, 1530, 1, None),
                "2 tables with 1 530 rows as in the backup, contents equal in 1",
            ),
            (
                found(2, 1, 1, 0, Some("integrity_check")),
                "2 databases, 1 table with 1 row as in the backup; integrity_check as well",
            ),
            (found(1, 0, 0, 0, None), "loaded; there is no table whose rows could be compared"),
        ];
        for (found, sentence) in cases {
            assert_eq!(found.sentence().replace('\u{202f}', " "), sentence);
        }
    }
    #[test]
    fn a_database_without_a_verdict_is_named_and_takes_it_from_all() {
        let mut found = Found { databases: 2, ..Found::default() };
        found.check_said().unwrap();
        let failed = |name: &str| (name.to_owned(), Error::Internal("duplicate key".to_owned()));
        found.unsaid = vec![failed("shop"), failed("log")];
        let error = found.check_said().unwrap_err();
        assert!(matches!(error, Error::Restore(RestoreError::NoVerdict { .. })));
        let said = error.to_string();
        let named = "of 4 databases 2 came back as in the backup, but without the log of operations these \
                     could not be loaded: `shop`, `log`: ";
        assert!(said.contains(named), "{said}");
    }
}
