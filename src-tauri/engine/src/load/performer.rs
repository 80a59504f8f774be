//! One load, from the look to the finished database; read [`perform`] from top to bottom.
//!
//! Owns the consent: what is code does not run before somebody has said that it may, and not with the rights of
//! a superuser unless that was said, too.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::plan::{LoadPlan, is_code, said};
use super::seal::Seal;
use super::{dump, folder};
use crate::cancel::CancelCheck;
use crate::config::ConnectionSettings;
use crate::context::RunContext;
use crate::database::{
    self, DatabaseConnection, ForeignDump, ForeignForm, LoadRisk, LoadSink, RestoreTarget,
    Restored, WorkScope,
};
use crate::error::{Error, LoadError, Result};
use crate::ids::EngineKind;
use crate::look::{self, DumpForm, ForeignLook};
use crate::progress::Phase;
use crate::restore::Scratch;
use crate::state_dir::StateDir;

const PIECE: usize = 256 << 10;

/// What to load, and where to.
#[derive(Debug, Clone)]
pub struct LoadRequest {
    /// The file or folder.
    pub path: PathBuf,
    /// What is there.
    pub look: ForeignLook,
    /// The engine that it was made for.
    pub engine: EngineKind,
    /// The database in it, where it holds several.
    pub database: Option<String>,
    /// What is made.
    pub target: RestoreTarget,
    /// The server that takes it; means nothing for a file.
    pub connection: ConnectionSettings,
    /// Where working files may be.
    pub state: StateDir,
    /// What somebody has agreed to.
    pub allowed: Allowed,
    /// What the dump was like when somebody looked at it, if that was before.
    pub seal: Option<Seal>,
}

/// What somebody has agreed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowed {
    /// That it runs.
    pub code: bool,
    /// That it runs with the rights of a superuser.
    pub unlimited: bool,
}

/// What is to be known before a load; refuses what cannot be loaded. Changes nothing.
pub async fn plan(request: &LoadRequest) -> Result<LoadPlan> {
    let (_, _, risk) = check(request).await?;
    Ok(said(request, risk))
}

/// Fails when the dump is not what somebody has looked at.
pub async fn unchanged(request: &LoadRequest) -> Result<()> {
    let Some(looked_at) = &request.seal else { return Ok(()) };
    let now = sealed(&request.path).await?;
    // Programs may go on writing to a database in its place; one moment of it is taken.
    let in_place = request.look.form == DumpForm::SqliteFile;
    let is_same = if in_place { now.is_same_place(looked_at) } else { now == *looked_at };
    if is_same { Ok(()) } else { Err(changed(&request.path)) }
}

/// Loads a dump.
pub async fn perform(request: &LoadRequest, context: &RunContext) -> Result<Restored> {
    context.progress.enter(Phase::Preparing, 0);
    let begun = sealed(&request.path).await?;
    let (connection, dump, risk) = check(request).await?;
    consent(request, &risk)?;
    let size = request.look.stored_bytes;
    context.progress.enter(Phase::Loading, size);
    context.progress.object(&dump.source.clone().unwrap_or_else(|| request.look.location.clone()));
    let scratch = Scratch::create(&request.state, &context.run)?;
    let scope = WorkScope {
        scratch: scratch.path().to_owned(),
        progress: context.progress.clone(),
        cancel: context.cancel.clone(),
    };
    let sink = connection.load(&request.target, &dump, &scope).await?;
    let in_place = matches!(dump.form, ForeignForm::File(_) | ForeignForm::Folder(_));
    let (path, context) = (request.path.clone(), context.clone());
    let chain = move || {
        let from = if in_place { None } else { Some((path, begun)) };
        fill(sink, from, &context)
    };
    let loaded = tokio::task::spawn_blocking(chain)
        .await
        .unwrap_or_else(|panic| Err(Error::Internal(format!("the load ended: {panic}"))));
    let mut restored = loaded?;
    restored.warnings.push(
        "Nothing was compared: a dump of another program does not say how many rows it holds"
            .to_owned(),
    );
    Ok(restored)
}

type Checked = (Box<dyn DatabaseConnection>, ForeignDump, LoadRisk);

/// Everything that can be refused before a byte is written.
async fn check(request: &LoadRequest) -> Result<Checked> {
    unchanged(request).await?;
    let (path, look, database) =
        (request.path.clone(), request.look.clone(), request.database.clone());
    let described = move || {
        let dump = dump::of(&path, &look, database.as_deref())?;
        if let ForeignForm::Folder(_) = &dump.form {
            folder::check(&path)?;
        }
        Ok(dump)
    };
    let dump = tokio::task::spawn_blocking(described).await.unwrap_or_else(|panic| {
        Err(Error::Internal(format!("the look at a dump ended: {panic}")))
    })?;
    let connection = database::connect(request.engine, &request.connection)?;
    let risk = connection.check_load(&request.target, &dump).await?;
    Ok((connection, dump, risk))
}

async fn sealed(path: &Path) -> Result<Seal> {
    let at = path.to_owned();
    let seal = tokio::task::spawn_blocking(move || Seal::of(&at)).await;
    let seal = seal.unwrap_or_else(|panic| Err(io::Error::other(panic)));
    seal.map_err(|error| Error::file("read", path, error))
}

fn changed(path: &Path) -> Error {
    LoadError::Changed { dump: path.display().to_string() }.into()
}

fn consent(request: &LoadRequest, risk: &LoadRisk) -> Result<()> {
    let dump = request.look.location.clone();
    if is_code(&request.look) && !request.allowed.code {
        return Err(LoadError::NotAllowed { dump }.into());
    }
    if is_code(&request.look) && risk.is_unlimited && !request.allowed.unlimited {
        return Err(LoadError::Unlimited { dump, user: risk.user.clone() }.into());
    }
    Ok(())
}

/// Hands all bytes of the file at `from` to the database, until the run is cancelled.
fn fill(
    mut sink: Box<dyn LoadSink>,
    from: Option<(PathBuf, Seal)>,
    context: &RunContext,
) -> Result<Restored> {
    if let Some((path, seal)) = from {
        let progress = context.progress.clone();
        let mut from = look::unpacked(&path, move |count| progress.add(count))?;
        let mut piece = vec![0; PIECE];
        loop {
            context.cancel.check()?;
            let count = match from.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(&path, &error)),
            };
            sink.write_all(&piece[..count]).map_err(|error| match error.downcast::<Error>() {
                Ok(error) => error,
                Err(error) => Error::Internal(format!("writing to a database: {error}")),
            })?;
        }
        // What was read would be a mixture of two dumps.
        if !Seal::of(&path).is_ok_and(|now| now == seal) {
            return Err(changed(&path));
        }
    }
    context.progress.enter(Phase::Finishing, 0);
    context.cancel.check()?;
    sink.finish(&context.cancel)
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    LoadError::Unfit {
        dump: path.display().to_string(),
        detail: format!("it is damaged or cut short: {error}"),
        next_step: "Fetch it again from where it came, or use another one".to_owned(),
    }
    .into()
}
