//! The whole way of a first user: add a database, back it up, watch, cancel, restore, compare.

use std::path::Path;

use crate::desk::Desk;
use crate::page::Page;
use crate::samples::{digests, large, shop};
use crate::wait::{until, until_true};

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_window_to_a_restored_database() {
    let mut desk = Desk::new();
    let home = desk.home();
    let source = shop(&home.join("shop.db"));
    let page = Page::open(&mut desk, &home.join(".config/kronos/config.toml")).await;

    page.says("verdict", |text| text == "Back up your first database").await;
    page.picture("journey-1-first-run").await;
    page.fill("first-path", source.to_str().unwrap()).await;
    page.click("first-backup").await;
    page.says("verdict", |text| text.contains("is backed up")).await;
    page.picture("journey-2-backed-up").await;

    drawer_shows_what_is_inside(&page).await;
    let restored = restore(&page, &home.join("restored.db")).await;
    assert_eq!(digests(&source), digests(Path::new(&restored)));
    assert_eq!(page.policy_violations().await, serde_json::json!([]));
}

async fn drawer_shows_what_is_inside(page: &Page) {
    page.go("backups").await;
    let row = "[data-testid^='backup-row-'] button";
    let row =
        until("backup", async || page.client.find(fantoccini::Locator::Css(row)).await.ok()).await;
    row.click().await.unwrap();
    let drawer = page.says("drawer", |text| text.contains("customers")).await;
    for part in ["orders", "notes", "spent", "500", "kronos restore"] {
        assert!(drawer.contains(part), "`{part}` is missing in: {drawer}");
    }
    page.picture("journey-3-drawer").await;
    page.click("drawer-restore").await;
}

async fn restore(page: &Page, target: &Path) -> String {
    // The proposal stands there once the backup was looked into; then it is replaced.
    page.find("restore-fine").await;
    page.fill("restore-target", target.to_str().unwrap()).await;
    page.find("restore-fine").await;
    page.picture("journey-4-restore").await;
    page.click("restore-start").await;
    let restored = page.says("restored-path", |path| !path.is_empty()).await;
    assert_eq!(restored, target.to_str().unwrap());
    page.picture("journey-5-restored").await;
    restored
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_backup_shows_its_progress_and_can_be_cancelled() {
    let mut desk = Desk::new();
    let home = desk.home();
    let config = desk.write_config("");
    let source = large(&home.join("large.db"), 300);
    let page = Page::open(&mut desk, &config).await;

    page.go("databases").await;
    page.click("add-database").await;
    page.fill("profile-path", source.to_str().unwrap()).await;
    page.click("profile-test").await;
    page.says("probe-result", |text| text.contains("1 table")).await;
    page.click("profile-save").await;
    page.gone("database-editor").await;

    page.go("home").await;
    page.click("backup-now-large").await;
    let first =
        until("progress", async || page.percent("large").await.filter(|done| *done > 0)).await;
    page.picture("progress-1").await;
    page.has_no_barriers("a running backup").await;
    let later =
        until("more progress", async || page.percent("large").await.filter(|done| *done > first));
    println!("progress: {first} %, later {} %", later.await);

    page.click("run-cancel").await;
    page.gone("run-card-large").await;
    page.picture("progress-2-cancelled").await;
    assert_eq!(archives(&home), 0, "a cancelled backup leaves nothing behind");

    page.click("backup-now-large").await;
    page.says("verdict", |text| text.contains("is backed up")).await;
    until_true("archive", async || archives(&home) == 1).await;
}

/// Archives and whatever else is in the storage, without the records beside the archives.
fn archives(home: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(home.join("backups")) else { return 0 };
    let paths = entries.flatten().map(|entry| entry.path());
    paths.filter(|path| path.extension().is_none_or(|end| end != "json")).count()
}
