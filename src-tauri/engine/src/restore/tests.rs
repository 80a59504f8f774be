//! Which database of an archive a restore takes, up to the content of the file that it makes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use super::performer::choose_unit;
use super::*;
use crate::backup::{self, BackupRequest};
use crate::cancel::CancellationToken;
use crate::clock::SystemClock;
use crate::config::{
    CompressionSettings, ConnectionSettings, Environment, Profile, StorageKind, StorageTarget,
};
use crate::context::RunContext;
use crate::database::RestoreTarget;
use crate::error::{Error, RestoreError, Result};
use crate::ids::{EngineKind, RunId};
use crate::progress::Progress;
use crate::state_dir::StateDir;
use crate::storage::{MemoryStorage, ObjectReader, Storage};
use crate::view::ReplaceConsent;

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
            environment: Environment::default(),
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
            only: None,
            part: None,
            scratch: None,
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

/// A backup of one file that has changed since, and the request that would replace it; the safety backup
/// goes to `room`, and is guessed to need `guess` bytes.
async fn replacing(root: &Path, shelf: MemoryStorage, guess: u64) -> (PathBuf, RestoreRequest) {
    let state = StateDir::for_config(root, Path::new("/x/config.toml"));
    state.create().unwrap();
    let path = databases(root).remove(0);
    let backup = |storage: MemoryStorage, expected_size: u64| BackupRequest {
        profile: Profile {
            name: "one".into(),
            engine: EngineKind::Sqlite,
            connection: ConnectionSettings {
                paths: vec![path.clone()],
                ..ConnectionSettings::default()
            },
            storage: None,
            compression: CompressionSettings::default(),
            environment: Environment::default(),
        },
        target: StorageTarget {
            name: "memory".into(),
            kind: StorageKind::Local { path: "/memory".into() },
        },
        storage: Arc::new(storage),
        state: state.clone(),
        owner: "a test",
        expected_size,
        expected_raw: 0,
        safety: None,
    };
    let plenty = MemoryStorage::new();
    let made = backup::perform(&backup(plenty.clone(), 0), &context()).await.unwrap().sidecar;
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch("UPDATE place SET name = 'changed'").unwrap();
    let typed_name = "x.db".to_owned();
    let consent = ReplaceConsent { typed_name, ..ReplaceConsent::default() };
    let replacement = Replacement {
        consent: Consent::Typed(consent),
        guard: Guard::default(),
        profile: "one".into(),
        storage_name: "memory".into(),
        safety: Some(backup(shelf, guess)),
    };
    let request = RestoreRequest {
        source: Arc::new(StoredArchive {
            key: backup::archive_key_of(&made).unwrap(),
            storage: Arc::new(plenty),
        }),
        sidecar: Some(made),
        database: None,
        target: RestoreTarget::ReplaceFile(path.clone()),
        connection: ConnectionSettings::default(),
        state,
        owner: "a test",
        replacement: Some(replacement),
        only: None,
        part: None,
        scratch: None,
    };
    (path, request)
}

#[tokio::test]
async fn without_room_for_the_safety_backup_nothing_is_replaced() {
    for (capacity, guess, is_foreseen) in [(100, 0, true), (100, 90, false)] {
        let root = tempfile::tempdir().unwrap();
        let shelf = MemoryStorage::with_capacity(capacity);
        let (path, request) = replacing(root.path(), shelf.clone(), guess).await;
        let before = std::fs::read(&path).unwrap();
        let manifest = request.sidecar.clone().unwrap().manifest;
        let card = target_card(&request, &manifest).await.unwrap();
        assert_eq!((card.safety_free, card.refusal.is_some()), (Some(100), is_foreseen));
        let error = perform(&request, &context()).await.unwrap_err();
        let is_expected = match &error {
            Error::Restore(RestoreError::NoRoomForSafety { .. }) => is_foreseen,
            Error::Restore(RestoreError::NoSafety { .. }) => !is_foreseen,
            _ => false,
        };
        assert!(is_expected, "{error:?}");
        assert_eq!(error.code(), crate::error::ErrorCode::StorageFull);
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(shelf.list("").await.unwrap().len(), 0);
    }
    let root = tempfile::tempdir().unwrap();
    let (path, request) = replacing(root.path(), MemoryStorage::with_capacity(1 << 20), 0).await;
    let report = perform(&request, &context()).await.unwrap();
    assert_eq!(place(&path), "d1");
    assert!(report.secured.is_some() && report.restored.previous.is_some());
}

#[tokio::test]
async fn a_run_of_the_same_profile_keeps_a_replacement_out() {
    let root = tempfile::tempdir().unwrap();
    let (path, request) = replacing(root.path(), MemoryStorage::new(), 0).await;
    let locks = request.state.locks();
    let lock = backup::ProfileLock::acquire(&locks, "one", "the desktop app").unwrap();
    assert!(matches!(perform(&request, &context()).await, Err(Error::Busy { .. })));
    assert_eq!(place(&path), "changed");
    drop(lock);
    perform(&request, &context()).await.unwrap();
    assert_eq!(place(&path), "d1");
}

/// An archive during whose second reading, which loads it, its target is protected.
struct ProtectedMeanwhile {
    inner: Arc<dyn ArchiveSource>,
    reads: AtomicU32,
    config: PathBuf,
    text: String,
}

#[async_trait]
impl ArchiveSource for ProtectedMeanwhile {
    fn name(&self) -> String {
        self.inner.name()
    }

    async fn open(&self) -> Result<(ObjectReader, u64)> {
        if self.reads.fetch_add(1, Ordering::SeqCst) == 1 {
            std::fs::write(&self.config, &self.text).unwrap();
        }
        self.inner.open().await
    }
}

#[tokio::test]
async fn who_protects_the_target_while_the_copy_is_loaded_is_heard() {
    for protected in [true, false] {
        let root = tempfile::tempdir().unwrap();
        let (path, mut request) = replacing(root.path(), MemoryStorage::new(), 0).await;
        let config = root.path().join("config.toml");
        let text = format!(
            "[storage]\ntype = \"local\"\npath = \"/memory\"\n\
             [databases.mine]\nengine = \"sqlite\"\npath = {:?}\nprotected = {protected}\n",
            path.display().to_string()
        );
        let inner = request.source.clone();
        let source = Arc::new(ProtectedMeanwhile {
            inner,
            reads: AtomicU32::new(0),
            config: config.clone(),
            text,
        });
        request.source = source.clone();
        request.replacement.as_mut().unwrap().guard.config = config;
        let outcome = perform(&request, &context()).await;
        assert_eq!(source.reads.load(Ordering::SeqCst), 2, "it was not protected in the middle");
        if protected {
            let error = outcome.unwrap_err();
            assert!(matches!(error, Error::Restore(RestoreError::Protected { .. })), "{error:?}");
            assert_eq!(place(&path), "changed");
            let left = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
            assert_eq!(left, 1, "the copy is gone");
        } else {
            outcome.unwrap();
            assert_eq!(place(&path), "d1");
        }
    }
}
