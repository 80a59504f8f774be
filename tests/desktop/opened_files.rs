//! Files that come by other ways than a drop: named at the start, by a second launch, by a file manager.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use serde_json::json;

use crate::desk::Desk;
use crate::drag_source::Drag;
use crate::page::Page;
use crate::samples::{Sample, digests, sample, shop};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_launch_with_a_file_looks_inside_it_here() {
    let mut desk = Desk::new();
    let Sample { page, source, file } = sample(&mut desk).await;

    desk.launch_with(&[&file]);
    page.says("inside-title", |text| text.starts_with("Look inside shop_")).await;
    page.says("check-state", |text| text.contains("every checksum is right")).await;
    desk.launch_with(&[&file, &source]);
    page.toast("2 files came at once").await;

    // No text, and never one on its way through the desktop's bus and the page.
    let odd = file.with_file_name(OsString::from_vec(b"odd \xff\xfe name.tar.gz".to_vec()));
    std::fs::rename(&file, &odd).unwrap();
    desk.launch_with(&[&odd]);
    page.says("inside-title", |text| text.contains("odd") && text.contains("name.tar.gz")).await;
    page.says("inside-contents", |text| text.contains("customers")).await;
    page.go("home").await;
    Drag::over(&desk, &[&odd]).await.drop().await;
    page.says("inside-contents", |text| text.contains("customers")).await;
    page.find("restore-fine").await;
    page.click("restore-start").await;
    let restored = page.says("restored-path", |path| !path.is_empty()).await;
    assert_eq!(digests(restored.as_ref()), digests(&source));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_launch_with_a_file_begins_inside_it() {
    let mut desk = Desk::new();
    let home = desk.home();
    let config = desk.write_config("");
    let database = shop(&home.join("found <b>me.sqlite"));
    let arguments = ["--config", config.to_str().unwrap(), database.to_str().unwrap()];
    let page = Page::connect(&mut desk, &arguments).await;
    page.ready().await;
    let facts = page.says("foreign-file", |text| text.contains("SQLite")).await;
    assert!(facts.contains("found <b>me.sqlite"), "{facts}");
    page.says("by-hand", |text| text.contains("Load it in a terminal")).await;
    assert!(!page.has("restore-start").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_reaches_no_file_that_it_was_not_given() {
    let mut desk = Desk::new();
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    let draft = json!({ "backup": "x", "database": null, "target": "/tmp/x", "profile": null });
    for file in ["1", "0", "/etc/passwd", "../../etc/passwd", "file:///etc/passwd", ""] {
        for command in [
            "file_look",
            "file_check",
            "file_restore_check",
            "file_restore_start",
            "file_restore_card",
        ] {
            let arguments = json!({ "file": file, "draft": draft, "again": false });
            let report = page.invoke(command, arguments).await.expect_err(command);
            assert_eq!(report["code"], "unknown", "{command} {file}: {report}");
        }
    }
}
