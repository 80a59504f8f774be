//! Looking closer at a backup: rows of a table, what has changed since, the proof that it can be restored, a
//! part of it in a place that goes away again.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::appearance::close;
use crate::desk::Desk;
use crate::drag_source::Drag;
use crate::samples::{Sample, digests, sample};
use crate::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_differences_are_shown_without_a_restore() {
    let mut desk = Desk::new();
    let Sample { page, source, file } = sample(&mut desk).await;
    let before = digests(&source);
    Drag::over(&desk, &[&file]).await.drop().await;

    page.click("rows-of-customers").await;
    page.says("rows-caption", |text| text.contains("first 100 rows of 500")).await;
    let rows = page.says("rows", |text| text.contains("Kundin Nº 100")).await;
    assert!(rows.contains("200\u{202f}B") && !rows.contains("Kundin Nº 101"), "{rows}");
    page.picture("rows-1").await;
    page.has_no_barriers("rows").await;
    close(&page, "rows-dialog").await;
    page.click("rows-of-notes").await;
    let rows = page.says("rows", |text| text.contains("NULL")).await;
    assert!(rows.contains("line\n1"), "{rows}");
    close(&page, "rows-dialog").await;

    assert_eq!(digests(&source), before);
    let change = "ALTER TABLE orders ADD COLUMN paid; DROP TABLE notes; CREATE TABLE audit (id)";
    Connection::open(&source).unwrap().execute_batch(change).unwrap();
    page.click("compare").await;
    page.says("compare-with", |text| text.contains("live database")).await;
    page.click("compare-go").await;
    let told = page.says("differences", |text| text.contains("audit")).await;
    assert!(told.contains("new") && told.contains("gone"), "{told}");
    close(&page, "compare-dialog").await;
    page.invoke("backup_start", json!({ "profiles": ["shop"] })).await.unwrap();
    let backups = until("second backup", async || {
        let list = page.invoke("backups_list", json!({})).await.unwrap();
        list.as_array().is_some_and(|list| list.len() == 2).then_some(list)
    })
    .await;
    page.click("compare").await;
    page.choose("compare-with", &format!("backup {}", backups[0]["id"].as_str().unwrap())).await;
    page.click("compare-go").await;
    let told = page.says("differences", |text| text.contains("audit")).await;
    assert!(told.contains("new") && told.contains("gone"), "{told}");
    page.picture("rows-2-compared").await;
    page.has_no_barriers("a comparison").await;
    close(&page, "compare-dialog").await;
    assert_eq!(page.policy_violations().await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_proved_and_a_part_of_it_goes_to_a_scratch_place() {
    let mut desk = Desk::new();
    let Sample { page, source, .. } = sample(&mut desk).await;
    let rows = digests(&source);

    page.go("databases").await;
    assert!(!page.has("test-badge").await, "it was never restored as a test");
    page.click("profile-prove").await;
    page.says("test-badge", |text| text.contains("Restore-tested")).await;
    page.picture("proof-1").await;
    page.has_no_barriers("a proved database").await;

    page.go("restore").await;
    page.says("recent-backups", |text| text.contains("Restore-tested")).await;
    page.script("document.querySelector('[data-testid=recent-backups] a.button').click()").await;
    page.find("restore-fine").await;
    page.tick("restore-place-scratch").await;
    page.tick("restore-tables-some").await;
    page.tick("restore-only-orders").await;
    page.picture("proof-2-scratch").await;
    page.has_no_barriers("a scratch place").await;
    page.click("scratch-start").await;
    page.says("restored-scratch", |text| text.contains("Kronos removes it")).await;
    let restored = page.says("restored-path", |path| !path.is_empty()).await;
    let tables = "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'table'";
    let scratch = Connection::open(Path::new(&restored)).unwrap();
    let tables: String = scratch.query_row(tables, [], |row| row.get(0)).unwrap();
    assert_eq!(tables, "orders");
    assert_eq!(digests(&source), rows);
}
