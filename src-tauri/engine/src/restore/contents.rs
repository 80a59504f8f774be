//! What the rows of a restored database hold, compared with what the dump in the archive says.
//!
//! Owns the second dump: the scratch database is read again by the dump of every backup, so what a value looks
//! like is written by the same hand twice. The bytes of the first are bound to the manifest by their hash.

use std::collections::BTreeMap;
use std::path::Path;

use super::performer::RestoreRequest;
use super::scratch::Scratch;
use crate::archive::Manifest;
use crate::cancel::CancelCheck;
use crate::config::{ConnectionSettings, Selection};
use crate::contents::{DatabaseFacts, ServerInfo};
use crate::context::RunContext;
use crate::database::{self, Digests, DumpPlace, DumpStream, ROWS_WRITTEN, WorkScope};
use crate::error::{Error, ErrorCode, RestoreError, Result};
use crate::ids::EngineKind;
use crate::progress::Phase;

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// What was compared.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// Tables in which the rows hold the same.
    pub tables: u64,
    /// Why there are none, where there could have been.
    pub warning: Option<String>,
}

/// Compares what `restore` has made with the `dumped` rows of the archive.
pub(super) async fn compare(
    restore: &RestoreRequest,
    (manifest, facts): (&Manifest, &DatabaseFacts),
    dumped: &Digests,
    context: &RunContext,
) -> Result<Held> {
    let tables = tables_in(facts, dumped)?;
    let again = match dump_again(restore, manifest, context).await {
        Ok(again) => again,
        Err(Error::Cancelled) => return Err(Error::Cancelled),
        // Whoever may restore need not be able to dump.
        Err(error) if is_lasting(&error) => return Ok(Held::by_number(&error.to_string())),
        Err(error) => {
            return Err(no_verdict("the restored database could not be read again", error));
        }
    };
    let made = (&manifest.header.server, &facts.properties);
    let now = (&again.server, &again.properties);
    let why = other_letters(manifest.header.engine, made, now);
    judge(tables, dumped, &again.digests, why)
}

/// The restored database, dumped again.
struct Again {
    digests: Digests,
    server: ServerInfo,
    properties: BTreeMap<String, String>,
}

/// What a difference between both dumps says, where `why` is the reason for which the second one may write the same
/// values in other letters. Such a reason explains no other number and no value that is none of a table.
fn judge(tables: u64, dumped: &Digests, again: &Digests, why: Option<String>) -> Result<Held> {
    let differing = match (dumped.difference(again), why) {
        (None, _) => return Ok(Held { tables, warning: None }),
        (Some(detail), None) => return Err(RestoreError::Mismatch { detail }.into()),
        (Some(_), Some(why)) => (dumped.rewritten(again), why),
    };
    if let Some(detail) = dumped.lost(again) {
        return Err(RestoreError::Mismatch { detail }.into());
    }
    let (names, why) = differing;
    let warning =
        format!("The rows of {} were compared by their number only: {why}", listed(&names));
    Ok(Held { tables: tables.saturating_sub(names.len() as u64), warning: Some(warning) })
}

/// The first of these names, quoted.
fn listed(names: &[String]) -> String {
    const LISTED: usize = 10;
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = match names.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.join(", ") + &more
}

/// How many tables are compared: each is in the dump with as many rows as the manifest says. Where the dump has
/// names in letters that are not known, those tables are so together.
fn tables_in(facts: &DatabaseFacts, dumped: &Digests) -> Result<u64> {
    let (mut tables, mut unknown) = (0, Vec::new());
    for table in facts.objects.iter().filter(|object| object.is_table()) {
        let Some(rows) = table.rows.filter(|_| dumped.compares(&table.name)) else { continue };
        tables += 1;
        if !dumped.knows(&table.name) {
            unknown.push(rows);
            continue;
        }
        let (name, found) = (&table.name, dumped.rows(&table.name));
        if found != rows {
            let detail = format!("the dump holds {found} rows of `{name}` instead of {rows}");
            return Err(RestoreError::Mismatch { detail }.into());
        }
    }
    unknown.retain(|rows| *rows > 0);
    unknown.sort_unstable();
    let found = dumped.rows_of_unknown();
    if found != unknown {
        let sum = |numbers: &[u64]| numbers.iter().sum::<u64>();
        let (found, wanted) = (sum(&found), sum(&unknown));
        let detail = format!(
            "the dump holds {found} rows of tables whose names it does not write in UTF-8, instead of {wanted}"
        );
        return Err(RestoreError::Mismatch { detail }.into());
    }
    Ok(tables)
}

impl Held {
    fn by_number(why: &str) -> Self {
        Self { tables: 0, warning: Some(format!("Rows were compared by their number only: {why}")) }
    }
}

fn is_lasting(error: &Error) -> bool {
    let code = error.code();
    matches!(code, ErrorCode::RightMissing | ErrorCode::ToolMissing | ErrorCode::ToolUnfit)
}

/// A failure that says nothing about the backup.
pub(super) fn no_verdict(why: &str, cause: Error) -> Error {
    RestoreError::NoVerdict { why: why.to_owned(), cause: Box::new(cause) }.into()
}

/// Why the same values may be written in other letters than in the backup.
fn other_letters(
    engine: EngineKind,
    (maker, then): (&ServerInfo, &BTreeMap<String, String>),
    (server, now): (&ServerInfo, &BTreeMap<String, String>),
) -> Option<String> {
    let is_same = |one: &str, other: &str| database::is_same_series(engine, one, other);
    if !is_same(&server.version, &maker.version) || !is_same(&server.tool, &maker.tool) {
        let shown = |server: &ServerInfo| format!("{} and {}", server.version, server.tool);
        let (server, maker) = (shown(server), shown(maker));
        return Some(format!(
            "{server} may write them in other letters than {maker}, which made the backup"
        ));
    }
    match (then.get(ROWS_WRITTEN), now.get(ROWS_WRITTEN)) {
        (then, now) if then == now => None,
        (Some(then), Some(now)) => Some(format!(
            "the backup wrote them as `{then}`, and the server is set to write them as `{now}`"
        )),
        _ => Some(
            "the backup does not say in which time zone and in which form they were written"
                .to_owned(),
        ),
    }
}

/// Dumps the restored database to nowhere.
async fn dump_again(
    restore: &RestoreRequest,
    manifest: &Manifest,
    context: &RunContext,
) -> Result<Again> {
    let engine = manifest.header.engine;
    let name = restore.target.database_name()?.to_owned();
    let connection = database::connect(engine, &alone(&restore.connection, &name))?;
    let plan = connection.plan(&context.cancel).await?;
    context.progress.enter(Phase::Comparing, plan.raw_bytes());
    let scratch = Scratch::create(&restore.state, &context.run)?;
    let scope = WorkScope {
        scratch: scratch.path().to_owned(),
        progress: context.progress.clone(),
        cancel: context.cancel.clone(),
    };
    let dump = connection.dump(&plan, &scope).await?;
    let (context, place) = (context.clone(), place(restore, &name));
    let read = move || {
        let _scratch = scratch;
        digests(dump, engine, place, &context)
    };
    let (digests, facts) = tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|panic| Err(Error::Internal(format!("a comparison ended: {panic}"))))?;
    let properties = facts.into_iter().next().map(|facts| facts.properties).unwrap_or_default();
    Ok(Again { digests, server: plan.server, properties })
}

/// The same server with nothing but the database `name`, and all of that.
fn alone(connection: &ConnectionSettings, name: &str) -> ConnectionSettings {
    let mut alone = connection.clone();
    alone.databases = vec![name.to_owned()];
    (alone.server.selection, alone.server.globals) = (Selection::default(), false);
    alone
}

/// The dump of the database `name`.
pub(super) fn place(restore: &RestoreRequest, name: &str) -> DumpPlace {
    let scratch = Path::new("").to_owned();
    DumpPlace { archive: restore.source.name(), database: name.to_owned(), scratch }
}

fn digests(
    mut dump: Box<dyn DumpStream>,
    engine: EngineKind,
    place: DumpPlace,
    context: &RunContext,
) -> Result<(Digests, Vec<DatabaseFacts>)> {
    let nothing = || Error::Internal("there is nothing to compare a scratch database with".into());
    let mut reader = database::digest_reader(engine, place).ok_or_else(nothing)?;
    let mut piece = vec![0; PIECE];
    while let Some(mut unit) = dump.next_unit()? {
        loop {
            context.cancel.check()?;
            let count = unit.reader.read(&mut piece).map_err(Error::of_stream)?;
            if count == 0 {
                break;
            }
            context.progress.add(count as u64);
            // Every row is wanted.
            let _ = reader.feed(&piece[..count])?;
        }
    }
    let report = dump.finish()?;
    Ok((reader.finish()?, report.databases))
}

#[cfg(test)]
mod tests;
