//! Every screen, light and dark, in the usual and in the smallest size: pictures to look at, and no
//! barrier on any of them.

use serde_json::json;

use crate::desk::Desk;
use crate::drag_source::Drag;
use crate::page::Page;
use crate::samples::{large, shop};
use crate::wait::{until, until_true};

const SCREENS: [&str; 6] = ["home", "databases", "backups", "restore", "storage", "settings"];
const SIZES: [(u32, u32); 2] = [(1080, 720), (860, 600)];

/// Three files: one backed up, one not yet, one that fails; and a server where nobody answers.
fn profiles(desk: &Desk) -> String {
    let home = desk.home();
    shop(&home.join("shop.db"));
    large(&home.join("photos.db"), 5);
    let mut text = String::new();
    for name in ["shop", "photos", "archive"] {
        text.push_str(&format!(
            "[databases.{name}]\nengine = \"sqlite\"\npath = \"~/{name}.db\"\n"
        ));
    }
    text.push_str("[databases.orders]\nengine = \"postgres\"\nhost = \"localhost\"\nport = 1\nuser = \"app\"\npassword = \"\"\ndatabases = [\"orders\"]\n");
    text
}

async fn look_at_everything(page: &Page, theme: &str) {
    no_toasts(page).await;
    for screen in SCREENS {
        page.go(screen).await;
        if screen == "restore" {
            page.find("recent-backups").await;
        }
        for (width, height) in SIZES {
            page.resize(width, height).await;
            page.picture(&format!("{theme}-{width}-{screen}")).await;
        }
        page.has_no_barriers(&format!("{screen}, {theme}")).await;
    }
}

/// Toasts are put away, so that the pictures show what is below them.
async fn no_toasts(page: &Page) {
    until_true("end of the toasts", async || {
        let dismiss = "document.querySelectorAll('[data-testid=toast] [aria-label=Dismiss]').forEach((x) => x.click())";
        page.script(dismiss).await;
        !page.has("toast").await
    })
    .await;
}

/// The parts of a page that has nothing to scroll, and yet is higher than the window.
const OVERFLOWING: &str = "const root = document.documentElement;
    if (root.scrollHeight <= innerHeight) return [];
    return [...document.querySelectorAll('body *')]
        .filter((part) => part.getBoundingClientRect().bottom > innerHeight)
        .map((part) => `${part.outerHTML.slice(0, 90)} ends at ${part.getBoundingClientRect().bottom}`);";

async fn dialogs(page: &Page, theme: &str) {
    page.go("backups").await;
    page.script("document.querySelector('[data-testid^=backup-row-] button').click()").await;
    page.says("drawer", |text| text.contains("kronos restore")).await;
    both_sizes(page, &format!("{theme}-drawer")).await;
    page.script("document.querySelector('dialog [aria-label=Close]').click()").await;
    page.gone("drawer").await;
    page.go("databases").await;
    page.click("add-database").await;
    page.find("profile-path").await;
    both_sizes(page, &format!("{theme}-editor")).await;
    page.tick("profile-engine-mongodb").await;
    page.find("server-auth-database").await;
    both_sizes(page, &format!("{theme}-server")).await;
    page.script("document.querySelector('dialog [aria-label=Close]').click()").await;
    page.gone("database-editor").await;
    nobody_answers(page, theme).await;
}

/// The inside of a backup, of files of every kind, and what a drag over the window looks like.
async fn files(desk: &Desk, page: &Page, theme: &str) {
    page.go("restore").await;
    page.script("document.querySelector('[data-testid=recent-backups] a.button').click()").await;
    page.find("restore-fine").await;
    both_sizes(page, &format!("{theme}-inside")).await;
    closer(page, theme).await;
    let details = page.invoke("backups_list", json!({})).await.unwrap();
    let id = json!({ "id": details[0]["id"] });
    let details = page.invoke("backup_details", id).await.unwrap();
    let stored = std::path::PathBuf::from(details["location"].as_str().unwrap());
    let cut = desk.home().join("cut.tar.gz");
    let bytes = std::fs::read(&stored).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let given = [
        (stored.clone(), "checksum is right", "file"),
        (desk.home().join("shop.db"), "Load it in a terminal", "foreign"),
        (cut, "Damaged", "damaged"),
    ];
    for (file, shows, name) in given {
        desk.launch_with(&[&file]);
        page.says("main", |text| text.contains(shows)).await;
        no_toasts(page).await;
        both_sizes(page, &format!("{theme}-{name}")).await;
    }
    let drag = Drag::over(desk, &[&stored]).await;
    page.find("drop-overlay").await;
    both_sizes(page, &format!("{theme}-overlay")).await;
    drag.leave();
    page.gone("drop-overlay").await;
}

/// What is opened from the inside of a backup.
pub async fn closer(page: &Page, theme: &str) {
    page.click("rows-of-customers").await;
    page.find("rows").await;
    both_sizes(page, &format!("{theme}-rows")).await;
    close(page, "rows-dialog").await;
    page.click("compare").await;
    page.find("compare-with").await;
    both_sizes(page, &format!("{theme}-compare")).await;
    close(page, "compare-dialog").await;
    page.tick("restore-place-scratch").await;
    page.tick("restore-tables-some").await;
    both_sizes(page, &format!("{theme}-scratch")).await;
    page.tick("restore-place-replace").await;
    page.find("target-card").await;
    both_sizes(page, &format!("{theme}-replace")).await;
    page.click("replace-open").await;
    page.find("before-after").await;
    both_sizes(page, &format!("{theme}-replace-question")).await;
    close(page, "replace-dialog").await;
}

pub async fn close(page: &Page, dialog: &str) {
    page.script("[...document.querySelectorAll('dialog[open] [aria-label=Close]')].pop().click()")
        .await;
    page.gone(dialog).await;
}

async fn nobody_answers(page: &Page, theme: &str) {
    page.script("document.querySelector('[data-testid=profile-row-orders] [data-testid=profile-edit]').click()").await;
    page.click("tab-contents").await;
    page.find("contents-look").await;
    both_sizes(page, &format!("{theme}-server-offline")).await;
    page.script("document.querySelector('dialog [aria-label=Close]').click()").await;
    page.gone("database-editor").await;
}

pub async fn both_sizes(page: &Page, name: &str) {
    for (width, height) in SIZES {
        page.resize(width, height).await;
        let (theme, what) = name.split_once('-').expect("theme and name");
        page.picture(&format!("{theme}-{width}-{what}")).await;
    }
    page.has_no_barriers(name).await;
}

async fn prepared(desk: &mut Desk) -> Page {
    let config = desk.write_config(&profiles(desk));
    let page = Page::open(desk, &config).await;
    let start = json!({ "profiles": ["shop", "archive"] });
    page.invoke("backup_start", start).await.unwrap();
    page.find("attention-archive").await;
    page.says("profile-row-shop", |text| text.contains("Backed up")).await;
    page
}

async fn is_dark(page: &Page) -> bool {
    page.script("return matchMedia('(prefers-color-scheme: dark)').matches").await == json!(true)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_in_light() {
    let mut desk = Desk::new();
    let page = prepared(&mut desk).await;
    assert!(!is_dark(&page).await);
    look_at_everything(&page, "light").await;
    dialogs(&page, "light").await;
    files(&desk, &page, "light").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_in_the_dark_of_the_desktop() {
    let mut desk = Desk::with(&[("GTK_THEME", "Adwaita:dark")]);
    let page = prepared(&mut desk).await;
    assert!(is_dark(&page).await);
    look_at_everything(&page, "dark").await;
    dialogs(&page, "dark").await;
    files(&desk, &page, "dark").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_setting_decides_against_the_desktop() {
    let mut desk = Desk::new();
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    assert_eq!(page.script(OVERFLOWING).await, json!([]), "nothing to scroll, no scroll bar");
    page.go("settings").await;
    let background = "return getComputedStyle(document.body).backgroundColor";
    let light = page.script(background).await;
    page.click("appearance-dark").await;
    until_true("dark page", async || page.script(background).await != light).await;
    until_true("dark native parts", async || is_dark(&page).await).await;
    page.picture("dark-by-setting").await;
    page.has_no_barriers("settings, dark by setting").await;
    page.go("home").await;
    page.picture("dark-first-run").await;
    page.has_no_barriers("first run, dark by setting").await;
    page.go("settings").await;
    page.click("appearance-light").await;
    until("light page", async || (page.script(background).await == light).then_some(())).await;
    page.go("home").await;
    page.has_no_barriers("first run, light").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_does_not_get_smaller_than_its_content_allows() {
    let mut desk = Desk::new();
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    let window = until("window", async || desk.window("^Kronos$")).await;
    desk.xdotool(&["windowsize", "--sync", &window, "300", "200"]);
    let size = async || page.script("return [innerWidth, innerHeight]").await;
    until_true("smallest size", async || size().await == json!([860, 600])).await;
}
