//! A restore without any click: with keys that the X server sends, through the page and through the desktop's
//! own file dialog.

use std::path::Path;

use serde_json::json;

use crate::desk::Desk;
use crate::page::Page;
use crate::samples::{Sample, digests, sample};
use crate::wait::{soon, until, until_true};

const DIALOG: &str = "^Choose a file to look inside$";
const CHOSEN: &str = "mine.tar.gz";

#[tokio::test(flavor = "multi_thread")]
async fn a_recent_backup_is_restored_by_keyboard_alone() {
    let mut desk = Desk::new();
    let Sample { page, source, .. } = sample(&mut desk).await;
    into_recent_backup(&desk, &page).await;
    page.says("inside-title", |text| text.contains("shop")).await;
    restore(&desk, &page, &source).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_file_is_restored_by_keyboard_alone() {
    let mut desk = Desk::new();
    let home = desk.home();
    let Sample { page, source, file } = sample(&mut desk).await;
    // Where the dialog begins, so that there is little to type.
    std::fs::rename(&file, home.join(CHOSEN)).unwrap();
    in_front(&desk).await;

    until_true("inside of the chosen file", async || {
        choose(&desk, CHOSEN).await && soon(async || is_inside(&page, CHOSEN).await).await
    })
    .await;
    restore(&desk, &page, &source).await;
}

/// Opens the first of the recent backups from the Restore page.
pub async fn into_recent_backup(desk: &Desk, page: &Page) {
    in_front(desk).await;

    until_true("list of recent backups", async || {
        desk.xdotool(&["key", "ctrl+4"]);
        page.has("recent-backups").await
    })
    .await;
    tab_to(desk, page, "closest('[data-testid^=restore-backup-]') !== null").await;
    desk.xdotool(&["key", "Return"]);
}

pub async fn is_inside(page: &Page, name: &str) -> bool {
    let title = "return document.querySelector('[data-testid=inside-title]')?.textContent ?? ''";
    page.script(title).await.as_str().is_some_and(|title| title.contains(name))
}

/// Has the window take the keys.
pub async fn in_front(desk: &Desk) {
    let window = until("window", async || desk.window("^Kronos$")).await;
    takes_the_keys(desk, &window).await;
}

/// Asks for the focus again and again: a window that has come just now may not get it the first time. Whether it
/// did, which one that is closing does not.
async fn takes_the_keys(desk: &Desk, window: &str) -> bool {
    soon(async || {
        desk.xdotool(&["windowactivate", window]);
        desk.xdotool(&["getactivewindow"]) == window
    })
    .await
}

/// Goes from one control to the next until one has the focus of which this is true.
pub async fn tab_to(desk: &Desk, page: &Page, is_there: &str) {
    let is_there = format!("return document.activeElement.{is_there}");
    until_true("focus", async || {
        page.script("window.before = document.activeElement").await;
        desk.xdotool(&["key", "Tab"]);
        // The key goes its own way to the page: whoever looks too early presses once too often.
        soon(async || page.script("return document.activeElement !== window.before").await == true)
            .await;
        page.script(&is_there).await == json!(true)
    })
    .await;
}

/// From the inside of a backup to its database in a new file.
async fn restore(desk: &Desk, page: &Page, source: &Path) {
    page.find("restore-fine").await;
    let target = page.value("restore-target").await;
    tab_to(desk, page, "dataset.testid === 'restore-start'").await;
    desk.xdotool(&["key", "Return"]);
    let restored = page.says("restored-path", |path| !path.is_empty()).await;
    assert_eq!(restored, target);
    assert_eq!(digests(Path::new(&restored)), digests(source));
}

/// Opens GTK's dialog, types a name into it and accepts that by the mnemonic of its button. GTK may accept
/// before it knows what was typed: then it has another name for what was chosen, or none. A dialog that takes
/// nothing is closed, so that the next try begins anew. Whether something was accepted.
pub async fn choose(desk: &Desk, name: &str) -> bool {
    if desk.window(DIALOG).is_none() {
        in_front(desk).await;
        desk.xdotool(&["key", "ctrl+o"]);
        if !soon(async || desk.window(DIALOG).is_some()).await {
            return false;
        }
    }
    let Some(dialog) = desk.window(DIALOG) else { return false };
    if takes_the_keys(desk, &dialog).await {
        desk.xdotool(&["key", "ctrl+l", "ctrl+a"]);
        desk.xdotool(&["type", "--delay", "15", name]);
        // What GTK proposes as the end of the word goes first.
        desk.xdotool(&["key", "--delay", "800", "Delete", "alt+o"]);
        if soon(async || desk.window(DIALOG).is_none()).await {
            return true;
        }
    }
    desk.xdotool(&["key", "Escape"]);
    soon(async || desk.window(DIALOG).is_none()).await;
    false
}
