//! What the desktop is told when nobody looks at the window.

use std::process::Command;

use serde_json::json;

use crate::desk::Desk;
use crate::notes::FakeNotifications;
use crate::page::Page;
use crate::samples::shop;
use crate::wait::until_true;

const HOSTILE: &str = "<b>shop</b> & <a href='http://x'>";

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_ends_unseen_is_told_once_and_without_markup() {
    let mut desk = Desk::new();
    let notifications = FakeNotifications::on(&desk).await;
    let source = shop(&desk.home().join("shop.db"));
    let profile = format!(
        "[databases.\"{HOSTILE}\"]\nengine = \"sqlite\"\npath = \"{}\"\n",
        source.display()
    );
    let config = desk.write_config(&profile);
    let page = Page::open(&mut desk, &config).await;
    until_true("focus", async || in_front(&desk)).await;

    page.click(&format!("backup-now-{HOSTILE}")).await;
    page.says("verdict", |text| text.contains("is backed up")).await;
    assert_eq!(notifications.shown(), [], "the user has seen it in the window");

    desk.start(Command::new("xmessage").args(["-center", "Another program"]));
    until_true("other program in front", async || !in_front(&desk)).await;
    page.script("location.hash = '#/backups'").await;
    set_notifications(&page, false).await;
    back_up(&page).await;
    page.says("backups-total", |text| text.starts_with("2 backups")).await;
    set_notifications(&page, true).await;
    back_up(&page).await;
    page.says("backups-total", |text| text.starts_with("3 backups")).await;
    let shown = notifications.next(0).await;
    assert_eq!(shown.application, "Kronos");
    assert_eq!(shown.summary, "Backup finished");
    assert!(
        shown.body.starts_with("“&lt;b&gt;shop&lt;/b&gt; &amp; &lt;a href='http://x'&gt;”"),
        "{shown:?}"
    );
    assert_eq!(notifications.shown().len(), 1, "the one before was not wanted");
    assert!(shown.body.ends_with("Open Kronos to see what is in it."), "{shown:?}");

    std::fs::remove_file(&source).unwrap();
    back_up(&page).await;
    let failed = notifications.next(1).await;
    assert_eq!((failed.summary.as_str(), failed.replaces), ("Backup failed", 1));
    assert!(failed.body.contains("choose it again"), "{failed:?}");
    assert_eq!(notifications.shown().len(), 2);
}

async fn back_up(page: &Page) {
    page.invoke("backup_start", json!({ "profiles": [] })).await.unwrap();
}

async fn set_notifications(page: &Page, wanted: bool) {
    let change = json!({ "notifications": wanted, "appearance": null });
    page.invoke("settings_save", json!({ "change": change })).await.unwrap();
}

fn in_front(desk: &Desk) -> bool {
    desk.xdotool(&["getwindowfocus", "getwindowname"]) == "Kronos"
}
