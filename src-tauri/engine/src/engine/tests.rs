//! The picture as a host sees it, with real folders.

mod guard;
#[cfg(target_os = "linux")]
mod keychain;
mod replace;
mod servers;

use std::path::Path;

use super::*;
use crate::clock::SystemClock;
use crate::event::NoEvents;
use crate::view::{BackupStatus, Protection, VerdictLevel};

async fn open(root: &Path) -> Engine {
    let options = EngineOptions {
        config_path: root.join("config.toml"),
        state_base: root.join("state"),
        sink: Arc::new(NoEvents),
        clock: Arc::new(SystemClock),
        owner: "a test",
    };
    let engine = Engine::open(options).await.unwrap();
    engine.rescan().await.unwrap();
    engine
}

/// A configuration with one small database that writes to the folder `name`.
fn configure(root: &Path, name: &str) {
    let shown = |name: &str| format!("{:?}", root.join(name).display().to_string());
    let text = format!(
        "[storage]\ntype = \"local\"\npath = {}\n\
         [databases.shop]\nengine = \"sqlite\"\npath = {}\n",
        shown(name),
        shown("shop.db")
    );
    std::fs::write(root.join("config.toml"), text).unwrap();
}

async fn backed_up(root: &Path) -> Engine {
    let database = rusqlite::Connection::open(root.join("shop.db")).unwrap();
    database.execute_batch("CREATE TABLE orders (id); INSERT INTO orders VALUES (1)").unwrap();
    let engine = open(root).await;
    let run = engine.start_backup("shop").unwrap();
    let view = engine.wait(&run).await.unwrap();
    assert_eq!(view.state, RunState::Succeeded, "{view:?}");
    engine
}

#[tokio::test]
async fn backups_in_a_folder_that_is_gone_do_not_stay_green() {
    let root = tempfile::tempdir().unwrap();
    configure(root.path(), "backups");
    let engine = backed_up(root.path()).await;
    assert_eq!(engine.state().await.unwrap().profiles[0].protection, Protection::Protected);
    std::fs::remove_dir_all(root.path().join("backups")).unwrap();
    assert_eq!(engine.backups().await.unwrap()[0].status, BackupStatus::Unreachable);
    for engine in [engine, open(root.path()).await] {
        let state = engine.state().await.unwrap();
        let profile = &state.profiles[0];
        assert_eq!(profile.protection, Protection::Attention);
        assert!(profile.problem.as_ref().unwrap().next_step.as_ref().unwrap().contains("Connect"));
        assert_eq!(state.verdict.level, VerdictLevel::Attention);
        let problem = state.storages[0].problem.as_ref().unwrap();
        let name = &state.storages[0].name;
        assert_eq!(problem.what, format!("`{name}` cannot be reached, and 1 backup is in it"));
    }
    // The next backup makes the folder again.
    let engine = backed_up_again(root.path()).await;
    let state = engine.state().await.unwrap();
    assert_eq!(state.profiles[0].protection, Protection::Protected);
    assert_eq!(state.storages[0].problem, None);
}

async fn backed_up_again(root: &Path) -> Engine {
    let engine = open(root).await;
    let run = engine.start_backup("shop").unwrap();
    assert_eq!(engine.wait(&run).await.unwrap().state, RunState::Succeeded);
    engine
}

#[tokio::test]
async fn a_backup_is_found_after_its_folder_was_moved() {
    for (old, new) in [("a", "b"), ("b", "a")] {
        let root = tempfile::tempdir().unwrap();
        configure(root.path(), old);
        let engine = backed_up(root.path()).await;
        let id = engine.backups().await.unwrap()[0].id.clone();
        std::fs::rename(root.path().join(old), root.path().join(new)).unwrap();
        configure(root.path(), new);
        assert_eq!(engine.backups().await.unwrap()[0].status, BackupStatus::Verified);
        let found = engine.backup(&id).unwrap();
        assert!(Path::new(&found.location).starts_with(root.path().join(new)), "{found:?}");
        assert_eq!(engine.0.catalog.backups().unwrap().len(), 1);
    }
}
