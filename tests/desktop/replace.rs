//! Replacing a database in the window, and undoing it: by clicking and by keyboard alone, and never without the
//! words that have to be typed.

use std::path::Path;

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::drag_source::Drag;
use crate::keyboard::{into_recent_backup, tab_to};
use crate::page::Page;
use crate::samples::{Sample, archive, digests, sample, shop};
use crate::wait::{until, until_true};

/// The button that undoes the last restore.
pub const UNDO: &str = "[data-testid^=undo-]";

/// Work that is done after the backup, and lost by a restore.
fn work_on(database: &Path) {
    let connection = rusqlite::Connection::open(database).unwrap();
    connection
        .execute_batch("DELETE FROM notes WHERE id > 10; CREATE TABLE audit (id INTEGER)")
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_backup_replaces_a_database_and_is_undone_by_clicking() {
    let mut desk = Desk::new();
    let Sample { page, source, file } = sample(&mut desk).await;
    let backed_up = digests(&source);
    work_on(&source);
    let worked_on = digests(&source);
    assert_ne!(backed_up, worked_on);

    Drag::over(&desk, &[&file]).await.drop().await;
    page.find("restore-fine").await;
    page.tick("restore-place-replace").await;
    page.says("target-card", |text| text.contains("shop.db") && text.contains("4 tables")).await;
    page.says("replace-open", |text| text.contains("Replace shop.db")).await;
    page.picture("replace-1-target").await;
    page.has_no_barriers("the target of a replacement").await;
    page.click("replace-open").await;
    page.says("before-after", |text| text.contains("1 will be gone")).await;
    page.says("gone", |text| text.contains("audit")).await;
    page.click("replace-go").await;
    page.fill("replace-typed", "SHOP.DB").await;
    page.picture("replace-2-question").await;
    page.has_no_barriers("the question before a replacement").await;
    page.click("replace-go").await;
    assert_eq!(digests(&source), worked_on, "the name was not typed");
    page.fill("replace-typed", "shop.db").await;
    page.click("replace-go").await;
    page.says("restore-result", |text| text.contains("in place of what was there")).await;
    assert_eq!(digests(&source), backed_up);
    page.picture("replace-3-replaced").await;

    page.click_first(UNDO).await;
    page.says("before-after", |text| text.contains("Now")).await;
    page.picture("replace-4-undo").await;
    page.click("replace-go").await;
    page.gone("replace-dialog").await;
    have_succeeded(&page, 2).await;
    assert_eq!(digests(&source), worked_on);
    page.go("restore").await;
    page.find("recent-restores").await;
    page.picture("replace-5-restores").await;
    assert_eq!(page.policy_violations().await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_and_its_undo_by_keyboard_alone() {
    let mut desk = Desk::new();
    let Sample { page, source, .. } = sample(&mut desk).await;
    let backed_up = digests(&source);
    work_on(&source);
    let worked_on = digests(&source);
    type_the_name(&desk, &page, "shop.db").await;
    desk.xdotool(&["key", "Return"]);
    assert_eq!(digests(&source), worked_on, "Return in the field begins nothing");
    confirm(&desk, &page).await;
    page.says("restore-result", |text| text.contains("in place of what was there")).await;
    assert_eq!(digests(&source), backed_up);

    undo_by_keyboard(&desk, &page).await;
    have_succeeded(&page, 2).await;
    assert_eq!(digests(&source), worked_on);
}

/// From the recent backups to the question of a replacement of `name`, and types that name.
pub async fn type_the_name(desk: &Desk, page: &Page, name: &str) {
    into_recent_backup(desk, page).await;
    page.find("restore-fine").await;
    tab_to(desk, page, "dataset.testid === 'restore-place-new'").await;
    // Past the scratch place.
    desk.xdotool(&["key", "Right", "Right"]);
    page.says("replace-open", |text| text.contains(&format!("Replace {name}"))).await;
    tab_to(desk, page, "dataset.testid === 'replace-open'").await;
    desk.xdotool(&["key", "Return"]);
    page.find("before-after").await;
    // Return on what has the focus first keeps everything.
    desk.xdotool(&["key", "Return"]);
    page.gone("replace-dialog").await;
    desk.xdotool(&["key", "Return"]);
    page.find("before-after").await;
    tab_to(desk, page, "dataset.testid === 'replace-typed'").await;
    desk.xdotool(&["type", "--delay", "20", name]);
}

/// Presses the button at the end of the question.
pub async fn confirm(desk: &Desk, page: &Page) {
    tab_to(desk, page, "dataset.testid === 'replace-go'").await;
    desk.xdotool(&["key", "Return"]);
}

pub async fn undo_by_keyboard(desk: &Desk, page: &Page) {
    tab_to(desk, page, "dataset.testid?.startsWith('undo-')").await;
    desk.xdotool(&["key", "Return"]);
    page.find("before-after").await;
    confirm(desk, page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_is_offered_after_a_new_start() {
    let mut desk = Desk::new();
    let Sample { page, source, .. } = sample(&mut desk).await;
    work_on(&source);
    let worked_on = digests(&source);
    let consent = json!({ "typed_name": "shop.db", "disconnect": false, "without_safety": null });
    let backups = page.invoke("backups_list", json!({})).await.unwrap();
    let draft = json!({
        "backup": backups[0]["id"], "database": null, "target": source, "profile": null, "replace": consent,
    });
    let run = page.invoke("restore_start", json!({ "draft": draft })).await.unwrap();
    let undo = format!("undo-{}", run.as_str().unwrap());
    have_succeeded(&page, 1).await;
    assert_ne!(digests(&source), worked_on);
    page.go("restore").await;
    page.find(&undo).await;
    page.client.close().await.unwrap();
    until_true("end of the program", async || !desk.kronos_is_running()).await;
    let config = desk.home().join("kronos.toml");

    let page = Page::open(&mut desk, &config).await;
    page.go("restore").await;
    page.click(&undo).await;
    page.find("before-after").await;
    page.click("replace-go").await;
    have_succeeded(&page, 2).await;
    assert_eq!(digests(&source), worked_on);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_can_replace_nothing_without_the_words() {
    let mut desk = Desk::new();
    let home = desk.home();
    let source = shop(&home.join("shop.db"));
    let precious = shop(&home.join("precious.db"));
    let before = digests(&precious);
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    let file = archive(&page, &source, &home.join("elsewhere")).await;
    Drag::over(&desk, &[&file]).await.drop().await;
    page.find("restore-fine").await;
    let backups = page.invoke("backups_list", json!({})).await.unwrap();
    let phrase = "replace precious.db without a safety backup";
    let consents = [
        json!(null),
        json!({ "typed_name": "", "disconnect": true, "without_safety": null }),
        json!({ "typed_name": "Precious.db", "disconnect": true, "without_safety": null }),
        json!({ "typed_name": "precious.db ", "disconnect": true, "without_safety": null }),
        json!({ "typed_name": "precious.db", "disconnect": true, "without_safety": "" }),
        json!({ "typed_name": "precious.db", "disconnect": true, "without_safety": "precious.db" }),
        json!({ "typed_name": phrase, "disconnect": true, "without_safety": null }),
    ];
    let mut refused = 0;
    for consent in consents {
        let draft = json!({
            "backup": backups[0]["id"], "database": null, "target": precious, "profile": null, "replace": consent,
        });
        for (check, start, file) in [
            ("restore_check", "restore_start", json!(null)),
            ("file_restore_check", "file_restore_start", json!("1")),
        ] {
            let arguments = json!({ "draft": draft, "file": file });
            // What is said of a file before it was read is no promise.
            if let Err(report) = page.invoke(check, arguments.clone()).await {
                let code = report["code"].as_str().unwrap_or_default();
                assert!(["target_exists", "not_confirmed"].contains(&code), "{check}: {report}");
            } else {
                assert_eq!(check, "file_restore_check");
            }
            if let Ok(run) = page.invoke(start, arguments).await {
                has_failed(&page, &run).await;
            }
            refused += 1;
        }
    }
    assert_eq!((refused, digests(&precious)), (14, before));
}

async fn has_failed(page: &Page, run: &Value) {
    let state = until("end of the restore", async || {
        let list = page.invoke("restores_list", json!({})).await.unwrap();
        let found = list.as_array()?.iter().find(|view| view["run"] == *run)?;
        Some(found["state"].clone())
    })
    .await;
    assert_eq!(state, json!("failed"));
}

/// Waits for this many restores to end well. Not by looking into the database: whoever has it open is in the way
/// of replacing it.
pub async fn have_succeeded(page: &Page, wanted: usize) {
    until_true(&format!("{wanted} restores"), async || {
        let list = page.invoke("restores_list", json!({})).await.unwrap();
        let list = list.as_array().cloned().unwrap_or_default();
        let states: Vec<_> = list.iter().map(|view| view["state"].clone()).collect();
        assert!(!states.contains(&json!("failed")), "{list:#?}");
        states.iter().filter(|state| **state == json!("succeeded")).count() == wanted
    })
    .await;
}
