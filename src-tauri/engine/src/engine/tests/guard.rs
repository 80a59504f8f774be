//! What is protected is never replaced: not by a restore, not by an undo, and not through another profile or
//! another name.

use super::replace::{ended, rows, wish};
use super::*;
use crate::error::ErrorCode;
use crate::view::TargetCard;

/// Writes `lines` into the profile `shop`.
fn say(root: &Path, lines: &str) {
    configure(root, "backups");
    let config = root.join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}{lines}\n")).unwrap();
}

/// Everything in the folder of the database, with its bytes.
fn around(root: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(root).unwrap().flatten().map(|entry| entry.path());
    let files = entries.filter(|path| path.is_file() && !path.ends_with("config.toml"));
    let mut files: Vec<_> =
        files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    files.sort();
    files
}

fn is_locked(card: &TargetCard) -> bool {
    card.refusal.as_ref().is_some_and(|refusal| refusal.code == ErrorCode::TargetLocked)
}

#[tokio::test]
async fn a_protected_file_is_not_replaced_until_its_own_profile_says_otherwise() {
    let root = tempfile::tempdir().unwrap();
    let (engine, mut draft) = wish(root.path()).await;
    draft.replace.as_mut().unwrap().typed_name = "shop.db".into();
    say(root.path(), "protected = true\ntag = \"production\"");
    let before = around(root.path());
    let card = engine.target_card(&draft).await.unwrap();
    assert!(is_locked(&card), "{card:?}");
    assert_eq!(card.tag.as_deref(), Some("production"));
    let refusal = card.refusal.unwrap();
    assert!(refusal.why.contains("is protected by the profile `shop`"), "{}", refusal.why);
    assert!(refusal.next_step.unwrap().contains("`protected = false`"));
    let error = engine.check_restore_target(&draft).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TargetLocked);
    let phrase = "replace shop.db without a safety backup";
    for without_safety in [None, Some(phrase.to_owned())] {
        draft.replace.as_mut().unwrap().without_safety = without_safety;
        let view = ended(&engine, &engine.start_restore(&draft).unwrap()).await;
        assert_eq!(view.error.unwrap().code, ErrorCode::TargetLocked);
    }
    assert_eq!(around(root.path()), before);
    assert_eq!(engine.backups().await.unwrap().len(), 1, "no safety backup for nothing");
    assert!(engine.state().await.unwrap().profiles[0].is_protected);

    say(root.path(), "protected = false");
    draft.replace.as_mut().unwrap().without_safety = None;
    assert!(!is_locked(&engine.target_card(&draft).await.unwrap()));
    let view = ended(&engine, &engine.start_restore(&draft).unwrap()).await;
    assert_eq!((view.state, rows(&root.path().join("shop.db"))), (RunState::Succeeded, 1));
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_or_another_profile_leads_to_the_same_file() {
    let root = tempfile::tempdir().unwrap();
    let (engine, mut draft) = wish(root.path()).await;
    let real = root.path().join("shop.db");
    let (folder, link) = (root.path().join("folder"), root.path().join("link.db"));
    std::os::unix::fs::symlink(&real, &link).unwrap();
    std::os::unix::fs::symlink(root.path(), &folder).unwrap();
    // The backup is of `shop`, which is not protected; `precious` names the file by a link.
    let precious = format!(
        "[databases.precious]\nengine = \"sqlite\"\npath = {:?}\nprotected = true",
        folder.join("shop.db").display().to_string()
    );
    say(root.path(), &format!("protected = false\n{precious}"));
    let before = around(root.path());
    for target in [&real, &link, &folder.join("link.db")] {
        draft.target = target.display().to_string();
        let replace = draft.replace.as_mut().unwrap();
        replace.typed_name = target.file_name().unwrap().to_str().unwrap().to_owned();
        let card = engine.target_card(&draft).await.unwrap();
        let refusal = card.refusal.unwrap();
        assert_eq!(refusal.code, ErrorCode::TargetLocked, "{}", target.display());
        assert!(refusal.why.contains("`precious`"), "{}", refusal.why);
        let view = ended(&engine, &engine.start_restore(&draft).unwrap()).await;
        assert_eq!(view.error.unwrap().code, ErrorCode::TargetLocked);
        assert_eq!(around(root.path()), before);
    }
}

#[tokio::test]
async fn an_undo_is_a_replacement_too() {
    let root = tempfile::tempdir().unwrap();
    let (engine, mut draft) = wish(root.path()).await;
    let target = root.path().join("shop.db");
    draft.replace.as_mut().unwrap().typed_name = "shop.db".into();
    let run = engine.start_restore(&draft).unwrap();
    assert_eq!(ended(&engine, &run).await.state, RunState::Succeeded);
    say(root.path(), "protected = true");
    let before = around(root.path());
    assert!(is_locked(&engine.undo_card(Some(&run)).await.unwrap()));
    let undo = engine.start_undo(Some(&run), true).await.unwrap();
    assert_eq!(ended(&engine, &undo).await.error.unwrap().code, ErrorCode::TargetLocked);
    assert_eq!((around(root.path()), rows(&target)), (before, 1));
    say(root.path(), "");
    let undo = engine.start_undo(Some(&run), true).await.unwrap();
    assert_eq!((ended(&engine, &undo).await.state, rows(&target)), (RunState::Succeeded, 3));
}
