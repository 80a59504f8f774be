//! Scratch places: databases that Kronos makes under a name of its own and removes again.
//!
//! Owns the note of each place, which is written before anything is made: what no note of this
//! installation names is never removed. A note whose lock can be taken belongs to nobody who lives; then an
//! unfinished place goes at once, and a kept one when its time has come. How a database is removed
//! belongs to its engine.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::config::ConnectionSettings;
use crate::database::{self, RestoreTarget};
use crate::error::{Error, RestoreError, Result};
use crate::files;
use crate::ids::EngineKind;
use crate::state_dir::StateDir;

/// How long a place is kept for somebody who wants to look into it.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// The ending of the note of a place that is being made or tested.
const MAKING: &str = "making";
/// The ending of the note of a place that is kept.
const KEEPING: &str = "kept";

/// What the note of a place says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    engine: EngineKind,
    /// The profile whose server has it; of a file the one of the backup.
    profile: String,
    /// Its server, as a person writes it; empty for a file, and where it was not written down.
    #[serde(default)]
    server: String,
    /// Its name: that of the database, or of the file without its ending.
    name: String,
    /// From when on it is removed when it is kept, UTC.
    removed_after: Timestamp,
}

impl Note {
    /// What stands in the database itself.
    fn mark(&self) -> String {
        let at = self.removed_after.strftime("%Y-%m-%dT%H:%M:%SZ");
        format!("Scratch place of Kronos; it is removed after {at}")
    }

    fn target(&self, folder: &Path) -> Result<RestoreTarget> {
        if database::lives_on_server(self.engine) {
            return database::restore_target(self.engine, self.name.as_ref());
        }
        let file = folder.join(format!("{}.sqlite", self.name));
        database::restore_target(self.engine, file.as_os_str())
    }
}

/// A place that nothing has been made at yet.
#[derive(Clone)]
pub struct PlacePlan {
    engine: EngineKind,
    profile: String,
    name: String,
    folder: PathBuf,
    connection: ConnectionSettings,
}

impl PlacePlan {
    /// A place for a database of `engine` on the server `connection` of `profile`.
    pub(crate) fn new(
        state: &StateDir,
        engine: EngineKind,
        profile: &str,
        connection: &ConnectionSettings,
    ) -> Self {
        Self {
            engine,
            profile: profile.to_owned(),
            name: database::new_scratch_name(profile),
            folder: state.places(),
            connection: connection.clone(),
        }
    }

    /// Where it is going to be.
    pub(crate) fn target(&self) -> Result<RestoreTarget> {
        self.note(Timestamp::UNIX_EPOCH).target(&self.folder)
    }

    fn note(&self, removed_after: Timestamp) -> Note {
        let (profile, name) = (self.profile.clone(), self.name.clone());
        Note { engine: self.engine, profile, server: String::new(), name, removed_after }
    }

    /// Writes the note. From now on the place is removed again, whatever happens.
    pub(crate) fn claim(self, now: Timestamp) -> Result<ClaimedPlace> {
        let server = database::server_name(self.engine, &self.connection)?;
        let note = Note { server, ..self.note(now.saturating_add(KEPT).unwrap_or(now)) };
        let path = self.folder.join(format!("{}.{MAKING}", self.name));
        let text = serde_json::to_vec_pretty(&note)
            .map_err(|error| Error::Internal(format!("a note cannot be written: {error}")))?;
        let written =
            files::create_private_dir(&self.folder).and_then(|()| files::note::write(&path, &text));
        let lock = written.map_err(|error| Error::file("create", &path, error))?;
        Ok(ClaimedPlace {
            note,
            path,
            folder: self.folder,
            connection: self.connection,
            _lock: lock,
        })
    }
}

/// A place whose note is on disk and locked. Dropping it leaves both to the next start.
pub struct ClaimedPlace {
    note: Note,
    path: PathBuf,
    folder: PathBuf,
    connection: ConnectionSettings,
    _lock: File,
}

impl ClaimedPlace {
    /// The profile that says how to reach it.
    pub(crate) fn profile(&self) -> &str {
        &self.note.profile
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.note.name
    }

    /// The same place, reached as the configuration says now. Fails when that leads to another server,
    /// where nothing of this name was ever made.
    pub(crate) fn reached_by(self, connection: ConnectionSettings) -> Result<Self> {
        let found = database::server_name(self.note.engine, &connection)?;
        if self.note.server.is_empty() || self.note.server == found {
            return Ok(Self { connection, ..self });
        }
        let (target, expected) = (self.note.name, self.note.server);
        Err(RestoreError::ScratchElsewhere { target, expected, found }.into())
    }

    /// Whether it is a database on a server.
    pub(crate) fn is_on_server(&self) -> bool {
        database::lives_on_server(self.note.engine)
    }

    /// Keeps what was made there until its time has come.
    pub(crate) async fn keep(mut self) -> Result<Timestamp> {
        let connection = database::connect(self.note.engine, &self.connection)?;
        connection.mark_scratch(&self.note.target(&self.folder)?, &self.note.mark()).await?;
        let kept = self.path.with_extension(KEEPING);
        let renamed = files::rename_new(&self.path, &kept);
        renamed.map_err(|error| Error::file("rename", &self.path, error))?;
        self.path = kept;
        Ok(self.note.removed_after)
    }

    /// Removes what was made there, and then the note.
    pub(crate) async fn remove(self) -> Result<()> {
        let connection = database::connect(self.note.engine, &self.connection)?;
        let is_kept = self.path.extension().is_some_and(|end| end == KEEPING);
        let mark = is_kept.then(|| self.note.mark());
        connection.remove_scratch(&self.note.target(&self.folder)?, mark.as_deref()).await?;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::file("remove", &self.path, error))
            }
            _ => Ok(()),
        }
    }
}

/// The places whose time has come: unfinished ones that nobody works on, and kept ones that are too old.
pub(crate) fn due_places(state: &StateDir, now: Timestamp) -> Vec<ClaimedPlace> {
    let entries = fs::read_dir(state.places()).into_iter().flatten().flatten();
    entries.filter_map(|entry| due(&state.places(), entry.path(), now)).collect()
}

fn due(folder: &Path, path: PathBuf, now: Timestamp) -> Option<ClaimedPlace> {
    let (lock, text) = files::note::take_over(&path)?;
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let note = serde_json::from_slice::<Note>(&text).ok();
    let note = note.filter(|note| Some(note.name.as_str()) == stem)?;
    let is_due = path
        .extension()
        .is_some_and(|end| end == MAKING || (end == KEEPING && note.removed_after <= now));
    let connection = ConnectionSettings::default();
    let place = ClaimedPlace { note, path, folder: folder.to_owned(), connection, _lock: lock };
    is_due.then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(state: &StateDir, now: Timestamp) -> Vec<String> {
        let due = due_places(state, now);
        due.iter().map(|place| place.name().to_owned()).collect()
    }

    fn plan(state: &StateDir) -> PlacePlan {
        PlacePlan::new(state, EngineKind::Sqlite, "shop", &ConnectionSettings::default())
    }

    #[tokio::test]
    async fn a_living_place_stays_a_dead_one_goes_and_a_kept_one_has_its_day() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::for_config(root.path(), Path::new("/x/config.toml"));
        let now: Timestamp = "2026-11-23T04:00:00Z".parse().unwrap();
        let living = plan(&state).claim(now).unwrap();
        assert!(places(&state, now).is_empty());
        let dead = plan(&state).claim(now).unwrap();
        let name = dead.name().to_owned();
        drop(dead);
        assert_eq!(places(&state, now), [name]);
        let kept = plan(&state).claim(now).unwrap();
        let RestoreTarget::NewFile(file) = kept.note.target(&state.places()).unwrap() else {
            panic!()
        };
        let (name, until) = (kept.name().to_owned(), kept.keep().await.unwrap());
        fs::write(&file, "restored").unwrap();
        assert_eq!(until, "2026-11-24T04:00:00Z".parse().unwrap());
        for place in due_places(&state, now) {
            place.remove().await.unwrap();
        }
        assert!(file.exists(), "it has a day");
        assert_eq!(places(&state, until), [name]);
        for place in due_places(&state, until) {
            place.remove().await.unwrap();
        }
        assert!(!file.exists());
        drop(living);
        assert_eq!(fs::read_dir(state.places()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_place_is_removed_from_the_server_it_was_made_on_and_from_no_other() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::for_config(root.path(), Path::new("/x/config.toml"));
        let now: Timestamp = "2026-11-23T04:00:00Z".parse().unwrap();
        let on = |host: &str| ConnectionSettings {
            host: host.into(),
            databases: vec!["shop".into()],
            ..ConnectionSettings::default()
        };
        for engine in [EngineKind::Postgres, EngineKind::Mysql, EngineKind::Mongodb] {
            let plan = PlacePlan::new(&state, engine, "shop", &on("one.example"));
            let claimed = plan.claim(now).unwrap();
            assert!(claimed.note.server.contains("one.example"), "{engine:?}");
            assert!(!claimed.note.server.contains("shop"), "{engine:?}: {}", claimed.note.server);
            let claimed = claimed.reached_by(on("one.example")).unwrap();
            let error = claimed.reached_by(on("two.example")).err().unwrap().to_string();
            assert!(error.contains("one.example") && error.contains("two.example"), "{error}");
        }
        assert_eq!(places(&state, now).len(), 3, "the notes stay");
    }

    #[tokio::test]
    async fn a_note_that_names_anything_else_removes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::for_config(root.path(), Path::new("/x/config.toml"));
        state.create().unwrap();
        let now = Timestamp::now();
        let precious = state.root().join("shop.sqlite");
        fs::write(&precious, "precious").unwrap();
        for (file, name) in [("a.making", "../shop"), ("shop.kept", "../shop")] {
            let note = Note {
                engine: EngineKind::Sqlite,
                profile: "shop".to_owned(),
                server: String::new(),
                name: name.to_owned(),
                removed_after: now,
            };
            fs::write(state.places().join(file), serde_json::to_vec(&note).unwrap()).unwrap();
        }
        fs::write(state.places().join("torn.making"), "{").unwrap();
        assert!(places(&state, now).is_empty());
        assert!(precious.exists());
        assert_eq!(fs::read_dir(state.places()).unwrap().count(), 3);
    }
}
