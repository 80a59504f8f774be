//! A large archive that is dropped: what is in it is shown long before every byte of it was read.

use std::time::Instant;

use crate::desk::Desk;
use crate::drag_source::Drag;
use crate::page::Page;
use crate::samples::{archive, large};
use crate::wait::until;

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

    let drag = Drag::over(&desk, &[&file]).await;
    page.find("drop-overlay").await;
    let begin = Instant::now();
    drag.drop().await;
    // One look for both: the answer is of one moment.
    let both =
        "const part = (id) => document.querySelector(`[data-testid=${id}]`)?.textContent ?? '';
        return part('inside-contents').includes('noise') && part('check-state') || null";
    let state =
        until("contents", async || page.script(both).await.as_str().map(str::to_owned)).await;
    let shown = begin.elapsed();
    assert!(state.contains("Checking"), "shown only after the check: {state}");
    page.says("check-state", |text| text.contains("every checksum is right")).await;
    eprintln!(
        "drop: {} MB, contents after {shown:.0?}, checked after {:.1?}",
        bytes / 1_000_000,
        begin.elapsed()
    );
}
