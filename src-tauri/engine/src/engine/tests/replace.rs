//! Replacing and undoing as the window does it.

use super::*;
use crate::error::ErrorCode;
use crate::event::RunResult;
use crate::ids::RunId;
use crate::view::{ReplaceConsent, RestoreDraft};

pub(super) fn rows(path: &Path) -> u32 {
    let database = rusqlite::Connection::open(path).unwrap();
    database.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap()
}

/// A backup with one order, a database that has three by now, and the wish to replace it.
pub(super) async fn wish(root: &Path) -> (Engine, RestoreDraft) {
    configure(root, "backups");
    let engine = backed_up(root).await;
    let database = rusqlite::Connection::open(root.join("shop.db")).unwrap();
    database.execute_batch("INSERT INTO orders VALUES (2), (3)").unwrap();
    let draft = RestoreDraft {
        backup: engine.backups().await.unwrap()[0].id.clone(),
        database: None,
        target: root.join("shop.db").display().to_string(),
        profile: None,
        replace: Some(ReplaceConsent::default()),
        only: None,
        scratch: false,
    };
    (engine, draft)
}

pub(super) async fn ended(engine: &Engine, run: &RunId) -> RunView {
    engine.wait(run).await.unwrap()
}

#[tokio::test]
async fn the_card_says_what_to_type_and_nothing_happens_without_it() {
    let root = tempfile::tempdir().unwrap();
    let (engine, mut draft) = wish(root.path()).await;
    let card = engine.target_card(&draft).await.unwrap();
    assert_eq!((card.confirm.as_str(), card.is_remote), ("shop.db", false));
    assert_eq!((card.now.rows, card.after.rows, card.refusal), (Some(3), Some(1), None));
    assert!(card.newest_change.is_some() && card.safety_free > Some(card.safety_bytes));
    let error = engine.check_restore_target(&draft).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotConfirmed);
    let view = ended(&engine, &engine.start_restore(&draft).unwrap()).await;
    assert_eq!(view.error.unwrap().code, ErrorCode::NotConfirmed);
    draft.replace = None;
    let error = engine.check_restore_target(&draft).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TargetExists, "without the wish nothing is replaced");
    assert_eq!(rows(&root.path().join("shop.db")), 3);
}

#[tokio::test]
async fn what_was_replaced_is_undone_and_counts_as_no_backup() {
    let root = tempfile::tempdir().unwrap();
    let target = root.path().join("shop.db");
    let (engine, mut draft) = wish(root.path()).await;
    draft.replace.as_mut().unwrap().typed_name = "shop.db".into();
    engine.check_restore_target(&draft).await.unwrap();
    let run = engine.start_restore(&draft).unwrap();
    let view = ended(&engine, &run).await;
    assert_eq!((view.state, view.steps, rows(&target)), (RunState::Succeeded, 5, 1), "{view:?}");
    let Some(RunResult::Restore { replaced: Some(replaced), .. }) = view.result else { panic!() };
    assert!(Path::new(&replaced.kept_as).is_file());
    let safety = replaced.safety_backup.unwrap();
    let listed = engine.backups().await.unwrap();
    let mark = listed.iter().find(|backup| backup.id == safety).unwrap().safety.clone().unwrap();
    assert_eq!((&mark.run, Some(mark.kept_until)), (&run, replaced.undo_until));
    let own = &engine.state().await.unwrap().profiles[0];
    assert_eq!(own.last_backup.as_ref().unwrap().id, draft.backup, "not the safety backup");
    assert_eq!(engine.0.catalog.newest_good("shop").unwrap().unwrap().id, draft.backup);

    let card = engine.undo_card(Some(&run)).await.unwrap();
    assert_eq!((card.now.rows, card.after.rows), (Some(1), Some(3)));
    let undo = engine.start_undo(Some(&run), false).await.unwrap();
    assert_eq!((ended(&engine, &undo).await.state, rows(&target)), (RunState::Succeeded, 3));
    let again = engine.start_undo(None, false).await.unwrap();
    assert_eq!((ended(&engine, &again).await.state, rows(&target)), (RunState::Succeeded, 1));
    let mut killed = engine.0.catalog.runs(1).unwrap().remove(0);
    (killed.id, killed.state) = (again.clone(), RunState::Running);
    engine.0.catalog.put_run(&killed).unwrap();
    let error = engine.start_undo(None, false).await.unwrap_err().to_string();
    assert!(error.contains(again.as_str()) && error.contains("did not end"), "{error}");
    let told = engine.start_undo(Some(&again), false).await.unwrap();
    assert_eq!((ended(&engine, &told).await.state, rows(&target)), (RunState::Succeeded, 3));
    let unknown = RunId::from_text("20261122T135401.250_k3v9x0");
    let error = engine.start_undo(Some(&unknown), false).await.unwrap_err();
    assert!(error.to_string().contains("replaced nothing"), "{error}");
}

#[tokio::test]
async fn the_last_restores_are_known_after_a_new_start_and_without_the_history() {
    let root = tempfile::tempdir().unwrap();
    let (engine, mut draft) = wish(root.path()).await;
    assert_eq!(engine.restores().await.unwrap(), []);
    let wrong = engine.start_restore(&draft).unwrap();
    ended(&engine, &wrong).await;
    draft.replace.as_mut().unwrap().typed_name = "shop.db".into();
    let run = engine.start_restore(&draft).unwrap();
    ended(&engine, &run).await;
    let undo = engine.start_undo(Some(&run), false).await.unwrap();
    ended(&engine, &undo).await;
    let state = engine.state_dir().catalog();
    drop(engine);

    let engine = open(root.path()).await;
    let list = engine.restores().await.unwrap();
    let told: Vec<_> =
        list.iter().map(|view| (&view.run, view.state, view.undo_until.is_some())).collect();
    let (good, bad) = (Some(RunState::Succeeded), Some(RunState::Failed));
    assert_eq!(told, [(&undo, good, true), (&run, good, false), (&wrong, bad, false)]);
    assert!(list[2].error.is_some() && list[0].result.is_some());
    drop(engine);

    std::fs::remove_file(state).unwrap();
    let engine = open(root.path()).await;
    let list = engine.restores().await.unwrap();
    let target = root.path().join("shop.db").display().to_string();
    let told: Vec<_> = list.iter().map(|view| (&view.run, view.state)).collect();
    assert_eq!(told, [(&undo, None), (&run, None)]);
    assert_eq!(list[0].target, Some(target));
    let again = engine.start_undo(Some(&list[0].run), false).await.unwrap();
    assert_eq!(ended(&engine, &again).await.state, RunState::Succeeded);
    assert_eq!(rows(&root.path().join("shop.db")), 1);
}

#[tokio::test]
async fn an_undo_without_a_name_is_of_the_last_replacement_or_of_none() {
    let root = tempfile::tempdir().unwrap();
    let target = root.path().join("shop.db");
    let (engine, mut draft) = wish(root.path()).await;
    draft.replace.as_mut().unwrap().typed_name = "shop.db".into();
    let first = engine.start_restore(&draft).unwrap();
    assert_eq!(ended(&engine, &first).await.state, RunState::Succeeded);

    // The second one has no safety backup, and the first one's is not the way back from it.
    let sentence = "replace shop.db without a safety backup".to_owned();
    draft.replace.as_mut().unwrap().without_safety = Some(sentence);
    let second = engine.start_restore(&draft).unwrap();
    assert_eq!(ended(&engine, &second).await.state, RunState::Succeeded);
    let refusal = |error: crate::error::Error| error.to_string();
    let error = refusal(engine.start_undo(None, false).await.unwrap_err());
    assert!(error.contains(second.as_str()) && error.contains("no safety backup"), "{error}");

    // Of this one nobody knows whether it took place.
    let mut unknown = engine.0.catalog.run_of(&second).unwrap().unwrap();
    let cause = crate::error::RestoreError::SwapUnknown { target: "shop".into() }.into();
    (unknown.state, unknown.result) = (RunState::Failed, None);
    unknown.error = Some(crate::error::ErrorReport::new("`shop` was not replaced", &cause));
    engine.0.catalog.put_run(&unknown).unwrap();
    let error = refusal(engine.start_undo(None, false).await.unwrap_err());
    assert!(error.contains(second.as_str()) && error.contains("did not end"), "{error}");

    // One that left everything as it was is none.
    unknown.error = None;
    engine.0.catalog.put_run(&unknown).unwrap();
    let archives = std::fs::read_dir(root.path().join("backups")).unwrap().flatten();
    let safety =
        engine.backups().await.unwrap().into_iter().find(|it| it.safety.is_some()).unwrap();
    let of_safety = |entry: &std::fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        name.starts_with(safety.id.as_str()) && !name.contains(".json")
    };
    std::fs::remove_file(archives.into_iter().find(of_safety).unwrap().path()).unwrap();
    engine.rescan().await.unwrap();
    let error = refusal(engine.start_undo(None, false).await.unwrap_err());
    assert!(error.contains(first.as_str()) && error.contains("any more"), "{error}");
    assert_eq!(rows(&target), 1);
}

#[tokio::test]
async fn a_profile_of_another_engine_makes_no_safety_backup_of_a_file() {
    let root = tempfile::tempdir().unwrap();
    let (engine, mut draft) = wish(root.path()).await;
    let other = root.path().join("other.db");
    std::fs::copy(root.path().join("shop.db"), &other).unwrap();
    let config = root.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let lines = text.lines().map(|line| match line.trim_start() {
        line if line.starts_with("engine") => "engine = \"mongodb\"".to_owned(),
        line if line.starts_with("path") && line.contains("shop.db") => {
            "host = \"127.0.0.1\"".to_owned()
        }
        _ => line.to_owned(),
    });
    let changed = lines.collect::<Vec<_>>().join("\n");
    assert!(changed.contains("mongodb"), "{text}");
    std::fs::write(&config, changed).unwrap();
    draft.target = other.display().to_string();
    draft.replace.as_mut().unwrap().typed_name = "other.db".into();
    let view = ended(&engine, &engine.start_restore(&draft).unwrap()).await;
    assert_eq!((view.state, rows(&other)), (RunState::Succeeded, 1), "{view:?}");
    let undo = engine.start_undo(None, false).await.unwrap();
    assert_eq!((ended(&engine, &undo).await.state, rows(&other)), (RunState::Succeeded, 3));
}
