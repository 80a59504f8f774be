//! A restore test: every database of a backup restored to a scratch place, compared, and removed again.
//!
//! Owns the order, and the words for what was compared. The restore is the ordinary one; a test that went
//! another way would prove nothing.

use std::sync::Arc;

use super::performer::{RestoreRequest, perform_verified};
use super::scratch_place::{ClaimedPlace, PlacePlan};
use super::source::ArchiveSource;
use crate::archive::{Manifest, Sidecar, Unit};
use crate::backup::verify_reader;
use crate::cancel::CancelCheck;
use crate::config::ConnectionSettings;
use crate::contents::{RestoreTest, TestOutcome};
use crate::context::RunContext;
use crate::database::{self, Restored};
use crate::error::{RestoreError, Result};
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
        context.cancel.check()?;
        let one = try_one(request, &manifest, unit, context, &mut found.warnings).await?;
        found.add(one);
    }
    let mut test = RestoreTest::new(context.clock.now(), TestOutcome::Passed, found.sentence());
    (test.tables, test.rows) = (found.tables, found.rows);
    Ok(Tested { test, warnings: found.warnings })
}

/// What was compared in one database.
type One = (Restored, Option<&'static str>);

async fn try_one(
    request: &TestRequest,
    manifest: &Manifest,
    unit: &Unit,
    context: &RunContext,
    warnings: &mut Vec<String>,
) -> Result<One> {
    let engine = manifest.header.engine;
    if database::holds_whole_server(engine, &unit.name) {
        return Err(RestoreError::CannotTest.into());
    }
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
        scratch: None,
    };
    let outcome = restore_and_examine(&restore, manifest, unit, context).await;
    warnings.extend(removed(place).await);
    outcome
}

async fn restore_and_examine(
    restore: &RestoreRequest,
    manifest: &Manifest,
    unit: &Unit,
    context: &RunContext,
) -> Result<One> {
    let report = perform_verified(restore, manifest.clone(), None, context).await?;
    let connection = database::connect(manifest.header.engine, &restore.connection)?;
    let more = connection.examine(&restore.target, &unit.sha256, &context.cancel).await?;
    Ok((report.restored, more))
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
    more: Option<&'static str>,
    warnings: Vec<String>,
}

impl Found {
    fn add(&mut self, (restored, more): One) {
        // What was done with one of them only is not said of all.
        self.more = if self.databases == 0 || self.more == more { more } else { None };
        self.databases += 1;
        self.tables += restored.tables;
        self.rows += restored.rows;
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
            let tables = counted(self.tables, "table", "tables");
            text.push_str(&format!(
                "{tables} with {} as in the backup",
                counted(self.rows, "row", "rows")
            ));
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

    #[test]
    fn the_sentence_says_what_was_compared_and_nothing_else() {
        let found = |databases, tables, rows, more| Found {
            databases,
            tables,
            rows,
            more,
            warnings: Vec::new(),
        };
        let cases = [
            (found(1, 2, 1530, None), "2 tables with 1 530 rows as in the backup"),
            (
                found(2, 1, 1, Some("integrity_check")),
                "2 databases, 1 table with 1 row as in the backup; integrity_check as well",
            ),
            (found(1, 0, 0, None), "loaded; there is no table whose rows could be compared"),
        ];
        for (found, sentence) in cases {
            assert_eq!(found.sentence().replace('\u{202f}', " "), sentence);
        }
    }
}
