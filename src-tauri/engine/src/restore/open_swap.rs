//! The note on this computer that a database of a server is being replaced: no server ends a swap of several steps
//! by itself when the one who swaps is killed, and whoever comes next has to know that there is something to end.
//!
//! Owns the note: which database, in whose profile, on which server. How a swap is ended belongs to the engine
//! of the database.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::performer::RestoreRequest;
use crate::config::{Config, Profile};
use crate::database::{self, RestoreTarget};
use crate::error::{Error, ErrorCode, Result};
use crate::files;
use crate::ids::{EngineKind, RunId};
use crate::state_dir::StateDir;

/// The ending of a note, which bears the name of its run.
const ENDING: &str = "swap";

/// What a note says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    engine: EngineKind,
    /// The profile whose server has it.
    profile: String,
    /// The server, so that a profile that names another one by now is not mistaken for it.
    server: String,
    /// The database.
    database: String,
}

/// A note that is on disk and locked. Dropping it leaves it to the next start.
#[derive(Debug)]
pub struct OpenSwap {
    note: Note,
    path: PathBuf,
    _locked: File,
}

impl OpenSwap {
    /// Writes the note of a restore that is going to replace a database on a server; other restores need none.
    pub(super) fn write(
        request: &RestoreRequest,
        engine: EngineKind,
        run: &RunId,
    ) -> Result<Option<Self>> {
        let (RestoreTarget::ReplaceDatabase { name, .. }, Some(replacement)) =
            (&request.target, &request.replacement)
        else {
            return Ok(None);
        };
        let note = Note {
            engine,
            profile: replacement.profile.clone(),
            server: database::server_name(engine, &request.connection)?,
            database: name.clone(),
        };
        let path = request.state.pending().join(format!("{run}.{ENDING}"));
        let text = serde_json::to_vec(&note).map_err(|error| Error::Internal(error.to_string()))?;
        let written = files::note::write(&path, &text);
        let locked = written.map_err(|error| Error::file("write", &path, error))?;
        Ok(Some(Self { note, path, _locked: locked }))
    }

    /// Removes the note, unless nobody knows whether that was the end.
    pub(super) fn over(self, failure: Option<&Error>) {
        use ErrorCode::{Internal, NoAnswer, OutcomeUnknown, ServerUnreachable, TlsFailed};
        let unknown = [Internal, NoAnswer, OutcomeUnknown, ServerUnreachable, TlsFailed];
        if !failure.is_some_and(|error| unknown.contains(&error.code())) {
            self.remove();
        }
    }

    /// The database, and the profile that says how to reach it.
    pub(crate) fn names(&self) -> (&str, &str) {
        (&self.note.database, &self.note.profile)
    }

    /// Ends the swap, reached as `config` says now, and removes the note. Returns what came of it; `None` when no
    /// profile leads to that server any more.
    pub(crate) async fn settle(self, config: &Config) -> Result<Option<Vec<String>>> {
        let Note { engine, profile, server: there, database } = &self.note;
        let leads_there = |profile: &&Profile| {
            profile.engine == *engine
                && database::server_name(*engine, &profile.connection)
                    .is_ok_and(|name| name == *there)
        };
        // It may have been renamed since.
        let named = config.profile(profile).ok().filter(leads_there);
        let Some(profile) = named.or_else(|| config.profiles.iter().find(leads_there)) else {
            return Ok(None);
        };
        let connection = database::connect(*engine, &profile.connection)?;
        let target = database::restore_target(*engine, database.as_ref())?;
        let said = connection.settle(&target).await?;
        self.remove();
        Ok(Some(said))
    }

    fn remove(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, note = %self.path.display(), "a note is still there");
        }
    }
}

/// The notes of processes that are dead, each locked by us from now on.
pub(crate) fn open_swaps(state: &StateDir) -> Vec<OpenSwap> {
    let entries = fs::read_dir(state.pending()).into_iter().flatten().flatten();
    entries.filter_map(|entry| take_over(&entry.path())).collect()
}

fn take_over(path: &Path) -> Option<OpenSwap> {
    path.extension().filter(|end| *end == ENDING)?;
    let (locked, text) = files::note::take_over(path)?;
    let note = serde_json::from_slice(&text).ok()?;
    Some(OpenSwap { note, path: path.to_owned(), _locked: locked })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(root: &Path, name: &str, port: u16) -> Config {
        let path = root.join("config.toml");
        let text = format!(
            "[databases.{name}]\nengine = \"mysql\"\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"u\"\n\
             [storage]\ntype = \"local\"\npath = {root:?}\n"
        );
        fs::write(&path, text).unwrap();
        crate::config::load(&path).unwrap()
    }

    /// A note of a process that is dead, of a server where nobody listens.
    fn dead(state: &StateDir, config: &Config) {
        let profile = config.profile("shop").unwrap();
        let note = Note {
            engine: profile.engine,
            profile: profile.name.clone(),
            server: database::server_name(profile.engine, &profile.connection).unwrap(),
            database: "shop".to_owned(),
        };
        let text = serde_json::to_vec(&note).unwrap();
        drop(files::note::write(&state.pending().join("run.swap"), &text).unwrap());
    }

    #[tokio::test]
    async fn a_note_stays_until_its_own_server_has_answered() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::for_config(root.path(), &root.path().join("config.toml"));
        state.create().unwrap();
        let config_then = config(root.path(), "shop", 1);
        dead(&state, &config_then);
        let [swap] = open_swaps(&state).try_into().unwrap();
        assert!(open_swaps(&state).is_empty(), "whoever has it, has it alone");
        swap.settle(&config_then).await.unwrap_err();
        let [swap] = open_swaps(&state).try_into().unwrap();
        let renamed = config(root.path(), "renamed", 1);
        swap.settle(&renamed).await.unwrap_err();
        let [swap] = open_swaps(&state).try_into().unwrap();
        let elsewhere = config(root.path(), "shop", 2);
        assert_eq!(swap.settle(&elsewhere).await.unwrap(), None, "that is another server");
        let [swap] = open_swaps(&state).try_into().unwrap();
        assert_eq!(swap.settle(&Config::default()).await.unwrap(), None);
        let [swap] = open_swaps(&state).try_into().unwrap();
        swap.over(Some(&Error::Cancelled));
        assert!(open_swaps(&state).is_empty());
    }

    #[test]
    fn the_note_of_a_restore_whose_end_is_unknown_stays() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::for_config(root.path(), &root.path().join("config.toml"));
        state.create().unwrap();
        dead(&state, &config(root.path(), "shop", 1));
        let [swap] = open_swaps(&state).try_into().unwrap();
        let lost = crate::error::RestoreError::SwapInterrupted { target: "shop".to_owned() };
        swap.over(Some(&lost.into()));
        let [swap] = open_swaps(&state).try_into().unwrap();
        swap.over(None);
        assert!(open_swaps(&state).is_empty());
    }
}
