//! Starting to load what another program has dumped.
//!
//! Owns the way from a path to the profile whose server takes it. The load itself belongs to `load`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Engine;
use super::backups::{restore_profiles, suggested_load};
use super::edits::rejected;
use super::restores::new_target;
use crate::config::ConnectionSettings;
use crate::database;
use crate::error::{LoadError, Result};
use crate::event::{RunKind, RunResult};
use crate::ids::{EngineKind, RunId};
use crate::load::{self, Allowed, LoadPlan, LoadRequest, Seal};
use crate::look::{ForeignLook, Look};
use crate::run::RunSpec;
use crate::view::LoadDraft;

/// What to load, and where to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadOrder {
    /// The path of the new file, or the name of the new database.
    pub target: OsString,
    /// The profile whose server takes it; `None` means the only one of that engine.
    pub profile: Option<String>,
    /// The database in the dump, where it holds several.
    pub database: Option<String>,
    /// What somebody has agreed to.
    pub allowed: Allowed,
    /// What the dump was like when somebody looked at it; it is refused when it has changed since.
    pub seal: Option<Seal>,
}

impl From<&LoadDraft> for LoadOrder {
    fn from(draft: &LoadDraft) -> Self {
        Self {
            target: draft.target.clone().into(),
            profile: draft.profile.clone(),
            database: draft.database.clone(),
            allowed: Allowed { code: draft.run_its_code, unlimited: draft.as_superuser },
            seal: Some(draft.seal.clone()),
        }
    }
}

/// Where a dump of another program can go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LoadPlaces {
    /// A file or database name offered as the target.
    pub suggested_target: String,
    /// Whether it becomes a database on a server; else it becomes a file.
    pub on_server: bool,
    /// The profiles whose server can take it; empty for files.
    pub profiles: Vec<String>,
    /// The databases in it of which one has to be chosen; empty where there is nothing to choose.
    pub databases: Vec<String>,
    /// What the dump was like when it was looked at.
    pub seal: Seal,
}

impl Engine {
    /// What is in the file or folder at `path`, and where it can go if another program has dumped it. Asks no
    /// server.
    pub async fn look_to_load(&self, path: PathBuf) -> Result<(Look, Option<LoadPlaces>)> {
        let at = path.clone();
        // Before the look: what is written while it reads has to be noticed later.
        let seal = tokio::task::spawn_blocking(move || Seal::of(&at)).await;
        let look = self.look(path.clone()).await?;
        let (Look::Foreign(foreign), Ok(Ok(seal))) = (&look, seal) else { return Ok((look, None)) };
        let places = foreign.engine.map(|engine| self.load_places(&path, foreign, engine, seal));
        let places = places.transpose()?;
        Ok((look, places))
    }

    fn load_places(
        &self,
        path: &Path,
        look: &ForeignLook,
        engine: EngineKind,
        seal: Seal,
    ) -> Result<LoadPlaces> {
        let config = self.config_or_empty()?;
        let own = look.source.as_ref().or(look.own_databases.first());
        Ok(LoadPlaces {
            suggested_target: suggested_load(engine, self.0.options.clock.now(), path, own),
            on_server: database::lives_on_server(engine),
            profiles: restore_profiles(&config, engine, own.map_or("", String::as_str)),
            databases: load::databases(look),
            seal,
        })
    }

    /// What is to be known before the dump at `path` is loaded. Changes nothing.
    pub async fn load_plan(&self, path: PathBuf, order: &LoadOrder) -> Result<LoadPlan> {
        load::plan(&self.load_request(path, order).await?).await
    }

    /// Starts to load the dump that another program has left at `path` into a new database.
    pub async fn start_load(&self, path: PathBuf, order: &LoadOrder) -> Result<RunId> {
        let request = self.load_request(path, order).await?;
        load::unchanged(&request).await?;
        let spec = spec(&request);
        self.0.runs.start(spec, move |context| async move {
            let restored = load::perform(&request, &context).await?;
            Ok(RunResult::Load {
                dump: request.look.location,
                target: restored.target,
                bytes: restored.bytes,
                tables: restored.tables,
                rows: restored.rows,
                warnings: restored.warnings,
            })
        })
    }

    async fn load_request(&self, path: PathBuf, order: &LoadOrder) -> Result<LoadRequest> {
        let look = match self.look(path.clone()).await? {
            Look::Foreign(look) => *look,
            Look::Damaged(look) | Look::Unknown(look) => {
                let (sentence, next_step, code) = (look.sentence, look.next_step, look.code);
                return Err(LoadError::NoDump { sentence, next_step, code }.into());
            }
            Look::Encrypted(look) => {
                let (sentence, next_step) = (look.sentence, look.next_step);
                let code = crate::error::ErrorCode::SourceEncrypted;
                return Err(LoadError::NoDump { sentence, next_step, code }.into());
            }
            Look::Archive(_) => {
                return Err(rejected("path", "This is a Kronos archive; restore it instead"));
            }
        };
        let Some(engine) = look.engine else {
            let detail = "nothing in it tells which database it was made for".to_owned();
            let next_step = "Load it by hand with the client of its database".to_owned();
            return Err(LoadError::Unfit { dump: look.location, detail, next_step }.into());
        };
        Ok(LoadRequest {
            target: new_target(engine, &order.target)?,
            connection: self.load_connection(engine, &look, order.profile.as_deref())?,
            path,
            look,
            engine,
            database: order.database.clone(),
            state: self.0.state.clone(),
            allowed: order.allowed,
            seal: order.seal.clone(),
        })
    }

    /// The server of the profile that is named, or of the only one that fits.
    fn load_connection(
        &self,
        engine: EngineKind,
        look: &ForeignLook,
        wanted: Option<&str>,
    ) -> Result<ConnectionSettings> {
        if !database::lives_on_server(engine) {
            return Ok(ConnectionSettings::default());
        }
        let config = self.config()?;
        let fits: Vec<_> =
            config.profiles.iter().filter(|profile| profile.engine == engine).collect();
        let profile = match (wanted, fits.as_slice()) {
            (Some(name), _) => config.profile(name)?,
            (None, [only]) => only,
            (None, []) => {
                let message =
                    format!("There is no profile of {} whose server could take it", engine.label());
                return Err(rejected("profile", &message));
            }
            (None, _) => {
                let message = "Several profiles could take it; name the one whose server is to";
                return Err(rejected("profile", message));
            }
        };
        if profile.engine != engine {
            let message =
                format!("The dump is for {}, and `{}` is not", engine.label(), profile.name);
            return Err(rejected("profile", &message));
        }
        tracing::info!(
            form = look.form_label,
            profile = profile.name,
            "a dump is going to be loaded"
        );
        Ok(profile.connection.clone())
    }
}

fn spec(request: &LoadRequest) -> RunSpec {
    let name = request.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| request.look.location.clone());
    RunSpec {
        kind: RunKind::Restore,
        backup: None,
        failure: format!("`{name}` was not loaded"),
        not_affected: "What was made for it was removed again".into(),
        on_server: database::lives_on_server(request.engine),
        replaces: false,
        profile: name,
    }
}
