//! A large archive that is dropped: what is in it is shown long before every byte of it was read.

use std::time::Instant;

use serde_json::json;

use crate::desk::Desk;
use crate::drag_source::Drag;
use crate::page::Page;
use crate::samples::{archive, large};

/// Megabytes of the archive.
fn size() -> u32 {
    let is_full = std::env::var_os("KRONOS_SOAK").is_some_and(|value| value == "full");
    if is_full { 1000 } else { 300 }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_archive_shows_its_contents_while_it_is_checked() {
    let mut desk = Desk::new();
    let home = desk.home();
    let config = desk.write_config("");
    let source = large(&home.join("large.db"), size());
    let page = Page::open(&mut desk, &config).await;
    let file = archive(&page, &source, &home.join("elsewhere")).await;
    let bytes = file.metadata().unwrap().len();
    assert!(bytes > u64::from(size()) * 1_000_000, "{bytes} bytes");

    // The page itself watches: whoever asks it from outside may come late.
    page.script(
        "window.early = false;
        const part = (id) => document.querySelector(`[data-testid=${id}]`)?.textContent ?? '';
        new MutationObserver(() => {
            window.early ||= part('inside-contents').includes('noise') && part('check-state').includes('Checking');
        }).observe(document.body, { subtree: true, childList: true, characterData: true });",
    )
    .await;
    let drag = Drag::over(&desk, &[&file]).await;
    page.find("drop-overlay").await;
    let begin = Instant::now();
    drag.drop().await;
    page.says("inside-contents", |text| text.contains("noise")).await;
    let shown = begin.elapsed();
    page.says("check-state", |text| text.contains("every checksum is right")).await;
    let early = page.script("return window.early").await;
    assert_eq!(early, json!(true), "shown only after the check");
    eprintln!(
        "drop: {} MB, contents after {shown:.0?}, checked after {:.1?}",
        bytes / 1_000_000,
        begin.elapsed()
    );
}
