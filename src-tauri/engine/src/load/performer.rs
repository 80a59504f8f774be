//! One load, from the look to the finished database; read [`perform`] from top to bottom.
//!
//! Owns the consent: what is code does not run before somebody has said that it may, and not with the rights of
//! a superuser unless that was said, too.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
use crate::look::{self, DumpForm, FindingLevel, ForeignLook};
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
}

/// What somebody has agreed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowed {
    /// That it runs.
    pub code: bool,
    /// That it runs with the rights of a superuser.
    pub unlimited: bool,
}

/// What is said before a dump is loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LoadPlan {
    /// The file or folder.
    pub dump: String,
    /// What it is: "SQL script for MariaDB".
    pub form_label: String,
    /// What would be made.
    pub target: String,
    /// The user with whose rights it would be loaded; empty for a file.
    pub user: String,
    /// Whether it is code, so that somebody has to agree that it runs.
    pub is_code: bool,
    /// Whether it could do everything on the server's computer, so that somebody has to agree to that.
    pub is_unlimited: bool,
    /// What to know before, each one sentence: what was seen in it, and what cannot be prevented.
    pub warnings: Vec<String>,
}

/// What is to be known before a load; refuses what cannot be loaded. Changes nothing.
pub async fn plan(request: &LoadRequest) -> Result<LoadPlan> {
    let (_, _, risk) = check(request).await?;
    Ok(said(request, risk))
}

/// Loads a dump.
pub async fn perform(request: &LoadRequest, context: &RunContext) -> Result<Restored> {
    context.progress.enter(Phase::Preparing, 0);
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
        let from = if in_place { None } else { Some(path) };
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

/// The definitions in `pg_dump`'s own formats are SQL like any other.
fn is_code(look: &ForeignLook) -> bool {
    look.runs_code
        || matches!(look.form, DumpForm::PgCustom | DumpForm::PgTar | DumpForm::PgDirectory)
}

fn said(request: &LoadRequest, risk: LoadRisk) -> LoadPlan {
    let look = &request.look;
    let is_code = is_code(look);
    let mut warnings = Vec::new();
    if is_code && !look.runs_code {
        warnings.push(
            "It is code: its definitions, functions and triggers are SQL that the server runs"
                .to_owned(),
        );
    }
    let seen = look.findings.iter().filter(|finding| finding.level == FindingLevel::Warning);
    warnings.extend(seen.map(|finding| finding.sentence.clone()));
    if is_code && !look.is_complete {
        warnings.push("Only its beginning was looked at; the rest may hold more".to_owned());
    }
    warnings.extend(risk.sentences);
    LoadPlan {
        dump: look.location.clone(),
        form_label: look.form_label.clone(),
        target: match &request.target {
            RestoreTarget::NewFile(path) | RestoreTarget::ReplaceFile(path) => {
                path.display().to_string()
            }
            RestoreTarget::NewDatabase(name) | RestoreTarget::ReplaceDatabase { name, .. } => {
                name.clone()
            }
        },
        user: risk.user,
        is_code,
        is_unlimited: is_code && risk.is_unlimited,
        warnings,
    }
}

/// Hands all bytes of the file at `from` to the database, until the run is cancelled.
fn fill(
    mut sink: Box<dyn LoadSink>,
    from: Option<PathBuf>,
    context: &RunContext,
) -> Result<Restored> {
    if let Some(path) = from {
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
    }
    context.progress.enter(Phase::Finishing, 0);
    context.cancel.check()?;
    sink.finish(&context.cancel)
}

fn unreadable(path: &std::path::Path, error: &io::Error) -> Error {
    LoadError::Unfit {
        dump: path.display().to_string(),
        detail: format!("it is damaged or cut short: {error}"),
        next_step: "Fetch it again from where it came, or use another one".to_owned(),
    }
    .into()
}
