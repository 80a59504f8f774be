//! Which database of an archive a restore takes, up to the content of the file that it makes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::performer::choose_unit;
use super::*;
use crate::backup::{self, BackupRequest};
use crate::cancel::CancellationToken;
use crate::clock::SystemClock;
use crate::config::{CompressionSettings, ConnectionSettings, Profile, StorageKind, StorageTarget};
use crate::context::RunContext;
use crate::database::RestoreTarget;
use crate::error::{Error, RestoreError, Result};
use crate::ids::{EngineKind, RunId};
use crate::progress::Progress;
use crate::state_dir::StateDir;
use crate::storage::{MemoryStorage, Storage};

fn context() -> RunContext {
    RunContext {
        run: RunId::generate(jiff::Timestamp::now()),
        cancel: CancellationToken::new(),
        progress: Progress::new(),
        clock: Arc::new(SystemClock),
    }
}

/// Two databases of one file name, each holding the name of its folder.
fn databases(root: &Path) -> Vec<PathBuf> {
    let make = |folder: &str| {
        std::fs::create_dir(root.join(folder)).unwrap();
        let path = root.join(folder).join("x.db");
        let database = rusqlite::Connection::open(&path).unwrap();
        database.execute_batch("CREATE TABLE place (name TEXT)").unwrap();
        database.execute("INSERT INTO place VALUES (?1)", [folder]).unwrap();
        path
    };
    ["d1", "d2"].map(make).to_vec()
}

fn place(path: &Path) -> String {
    let database = rusqlite::Connection::open(path).unwrap();
    database.query_row("SELECT name FROM place", [], |row| row.get(0)).unwrap()
}

fn names(error: Error) -> Vec<String> {
    match error {
        Error::Restore(RestoreError::ChooseDatabase { names }) => names,
        other => panic!("another error: {other:?}"),
    }
}

#[tokio::test]
async fn each_of_two_databases_of_one_file_name_can_be_restored() {
    let root = tempfile::tempdir().unwrap();
    let state = StateDir::for_config(root.path(), Path::new("/x/config.toml"));
    state.create().unwrap();
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let paths = databases(root.path());
    let kind = StorageKind::Local { path: "/memory".into() };
    let request = BackupRequest {
        profile: Profile {
            name: "two".into(),
            engine: EngineKind::Sqlite,
            connection: ConnectionSettings { paths, ..ConnectionSettings::default() },
            storage: None,
            compression: CompressionSettings::default(),
        },
        target: StorageTarget { name: "memory".into(), kind },
        storage: Arc::clone(&storage),
        state: state.clone(),
        owner: "a test",
        expected_size: 0,
        expected_raw: 0,
        safety: None,
    };
    let sidecar = backup::perform(&request, &context()).await.unwrap().sidecar;
    let units = &sidecar.manifest.units;
    let chosen = async |database: Option<&str>, file: &str| -> Result<String> {
        let target = root.path().join(file);
        let request = RestoreRequest {
            source: Arc::new(StoredArchive {
                storage: Arc::clone(&storage),
                key: backup::archive_key_of(&sidecar)?,
            }),
            sidecar: Some(sidecar.clone()),
            database: database.map(str::to_owned),
            target: RestoreTarget::NewFile(target.clone()),
            connection: ConnectionSettings::default(),
            state: state.clone(),
            owner: "a test",
            replacement: None,
        };
        perform(&request, &context()).await?;
        Ok(place(&target))
    };
    assert_eq!(chosen(Some("d1/x.db"), "1.db").await.unwrap(), "d1");
    assert_eq!(chosen(Some("d2/x.db"), "2.db").await.unwrap(), "d2");
    assert_eq!(chosen(Some(&units[0].parts[0].member), "3.db").await.unwrap(), "d1");
    assert_eq!(chosen(Some(&units[1].parts[0].member), "4.db").await.unwrap(), "d2");
    assert_eq!(names(chosen(None, "5.db").await.unwrap_err()), ["d1/x.db", "d2/x.db"]);
    assert!(matches!(chosen(Some("x.db"), "6.db").await, Err(Error::Unknown { .. })));

    // What an older version wrote: equal names.
    let mut old = sidecar.manifest.clone();
    for unit in &mut old.units {
        unit.name = "x.db".to_owned();
    }
    let members: Vec<_> = old.units.iter().map(|unit| unit.parts[0].member.clone()).collect();
    assert_eq!(names(choose_unit(&old, Some("x.db")).unwrap_err()), members);
    assert_eq!(names(choose_unit(&old, None).unwrap_err()), members);
    for (index, member) in members.iter().enumerate() {
        assert_eq!(choose_unit(&old, Some(member)).unwrap().0, index);
    }
}
