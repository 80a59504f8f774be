//! What the rows of a restored database hold, compared with what the dump in the archive says.
//!
//! Owns the second dump: the scratch database is read again by the dump of every backup, so what a value looks
//! like is written by the same hand twice. The bytes of the first are bound to the manifest by their hash.

use std::path::Path;

use super::performer::RestoreRequest;
use super::scratch::Scratch;
use crate::archive::Manifest;
use crate::cancel::CancelCheck;
use crate::config::{ConnectionSettings, Selection};
use crate::contents::{DatabaseFacts, ServerInfo};
use crate::context::RunContext;
use crate::database::{self, Digests, DumpPlace, DumpStream, WorkScope};
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
    let (restored, server) = match dump_again(restore, manifest, context).await {
        Ok(found) => found,
        Err(Error::Cancelled) => return Err(Error::Cancelled),
        // Whoever may restore need not be able to dump.
        Err(error) if is_lasting(&error) => return Ok(Held::by_number(&error.to_string())),
        Err(error) => {
            return Err(no_verdict("the restored database could not be read again", error));
        }
    };
    match dumped.difference(&restored) {
        None => Ok(Held { tables, warning: None }),
        Some(detail) if is_same(&server, &manifest.header.server) => {
            Err(RestoreError::Mismatch { detail }.into())
        }
        // Another version may write the same value in other letters.
        Some(_) => Ok(Held::by_number(&other_version(&server, manifest))),
    }
}

/// How many tables are compared: each is in the dump with as many rows as the manifest says.
fn tables_in(facts: &DatabaseFacts, dumped: &Digests) -> Result<u64> {
    let mut tables = 0;
    for table in facts.objects.iter().filter(|object| object.is_table()) {
        let Some(rows) = table.rows.filter(|_| dumped.compares(&table.name)) else { continue };
        let (name, found) = (&table.name, dumped.rows(&table.name));
        if found != rows {
            let detail = format!("the dump holds {found} rows of `{name}` instead of {rows}");
            return Err(RestoreError::Mismatch { detail }.into());
        }
        tables += 1;
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

fn is_same(one: &ServerInfo, other: &ServerInfo) -> bool {
    (&one.version, &one.tool) == (&other.version, &other.tool)
}

fn other_version(server: &ServerInfo, manifest: &Manifest) -> String {
    let shown = |server: &ServerInfo| format!("{} and {}", server.version, server.tool);
    format!(
        "{} write them in other letters than {}, which made the backup",
        shown(server),
        shown(&manifest.header.server)
    )
}

/// Dumps the restored database to nowhere.
async fn dump_again(
    restore: &RestoreRequest,
    manifest: &Manifest,
    context: &RunContext,
) -> Result<(Digests, ServerInfo)> {
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
    let digests = tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|panic| Err(Error::Internal(format!("a comparison ended: {panic}"))))?;
    Ok((digests, plan.server))
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
) -> Result<Digests> {
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
    dump.finish()?;
    reader.finish()
}
