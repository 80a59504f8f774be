//! Starting to load what another program has dumped.
//!
//! Owns the way from a path to the profile whose server takes it. The load itself belongs to `load`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Engine;
use super::edits::rejected;
use super::restores::new_target;
use crate::config::ConnectionSettings;
use crate::database;
use crate::error::{LoadError, Result};
use crate::event::{RunKind, RunResult};
use crate::ids::{EngineKind, RunId};
use crate::load::{self, Allowed, LoadPlan, LoadRequest};
use crate::look::{ForeignLook, Look};
use crate::run::RunSpec;

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
}

impl Engine {
    /// What is to be known before the dump at `path` is loaded. Changes nothing.
    pub async fn load_plan(&self, path: PathBuf, order: &LoadOrder) -> Result<LoadPlan> {
        load::plan(&self.load_request(path, order).await?).await
    }

    /// Starts to load the dump that another program has left at `path` into a new database.
    pub async fn start_load(&self, path: PathBuf, order: &LoadOrder) -> Result<RunId> {
        let request = self.load_request(path, order).await?;
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
