//! What the desktop is told when nobody looks at the window.

use std::process::Command;

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
    page.invoke("backup_start", serde_json::json!({ "profiles": [] })).await.unwrap();
    let shown = notifications.next(0).await;
    assert_eq!(shown.application, "Kronos");
    assert_eq!(shown.summary, "Backup finished");
    assert!(
        shown.body.starts_with("“&lt;b&gt;shop&lt;/b&gt; &amp; &lt;a href='http://x'&gt;”"),
        "{shown:?}"
    );
    assert!(shown.body.ends_with("Open Kronos to see what is in it."), "{shown:?}");

    std::fs::remove_file(&source).unwrap();
    page.invoke("backup_start", serde_json::json!({ "profiles": [] })).await.unwrap();
    let failed = notifications.next(1).await;
    assert_eq!((failed.summary.as_str(), failed.replaces), ("Backup failed", 1));
    assert!(failed.body.contains("choose it again"), "{failed:?}");
    assert_eq!(notifications.shown().len(), 2);
}

fn in_front(desk: &Desk) -> bool {
    desk.xdotool(&["getwindowfocus", "getwindowname"]) == "Kronos"
}
