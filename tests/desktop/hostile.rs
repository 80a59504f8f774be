//! Names and values that would like to be markup or script.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::json;

use crate::appearance::close;
use crate::desk::Desk;
use crate::drag_source::Drag;
use crate::page::Page;
use crate::samples::{archive, shop};

const NAMES: &[&str] = &[
    "<img src=x onerror=window.hacked=1>",
    "<script>window.hacked=1</script>",
    "{{window.hacked=1}} ${window.hacked=1}",
    "javascript:window.hacked=1",
    "<svg onload=window.hacked=1>",
    "\u{202e}bd.poc",
];

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_shown_as_they_are_written() {
    let mut desk = Desk::new();
    let mut profiles = String::new();
    for (number, name) in NAMES.iter().enumerate() {
        let file = name.replace('/', "∕");
        let source = shop(&desk.home().join(format!("{number} {file}.db")));
        hostile_table(&source, name);
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        profiles.push_str(&format!(
            "[databases.{}]\nengine = \"sqlite\"\npath = {}\n",
            quoted(name),
            quoted(source.to_str().unwrap())
        ));
    }
    let config = desk.write_config(&profiles);
    let page = Page::open(&mut desk, &config).await;
    page.click("backup-all").await;
    page.says("verdict", |text| text == "All 6 databases are backed up").await;
    page.picture("hostile-home").await;

    for screen in ["databases", "backups", "restore", "storage", "settings"] {
        page.go(screen).await;
        page.picture(&format!("hostile-{screen}")).await;
    }
    page.go("backups").await;
    for name in NAMES.iter().take(5) {
        open_drawer(&page, name).await;
    }
    assert_eq!(page.script("return window.hacked ?? null").await, json!(null));
    is_only_text(&page).await;
}

/// The list that the tests of the pages use as well.
const PAYLOADS: &str = include_str!("../../ui/src/test/payloads.json");

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_payloads_in_an_archive_and_in_names_of_files_stay_text() {
    let groups: BTreeMap<String, Vec<String>> = serde_json::from_str(PAYLOADS).unwrap();
    let payloads: Vec<String> = groups.into_values().flatten().collect();
    assert!(payloads.len() >= 100, "{}", payloads.len());
    // SQLite ends a name at its first zero.
    let names: Vec<&str> =
        payloads.iter().map(String::as_str).filter(|name| !name.contains('\0')).collect();
    let mut desk = Desk::new();
    let source = tables(&desk.home().join("shop.db"), &names);
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    let file = archive(&page, &source, &desk.home().join("elsewhere")).await;
    page.script("window.hackers = 0; window.hacked = () => { window.hackers += 1; };").await;

    Drag::over(&desk, &[&file]).await.drop().await;
    page.find("restore-form").await;
    let expected: BTreeSet<String> = names.iter().map(|name| visible(name)).collect();
    page.click("objects-all").await;
    page.gone("objects-all").await;
    shows(&page, "inside-contents", &expected).await;
    page.click("restore-tables-some").await;
    shows(&page, "restore-ticks", &expected).await;
    page.picture("hostile-inside").await;
    rows_of(&page, names.len()).await;

    Connection::open(&source).unwrap().execute_batch(&dropped(&names)).unwrap();
    page.click("compare").await;
    page.click("compare-go").await;
    shows(&page, "differences", &expected).await;
    close(&page, "compare-dialog").await;
    is_only_text(&page).await;

    let files = files(&desk.home().join("files"), &payloads);
    assert!(files.len() >= 90, "{}", files.len());
    for file in files.iter().step_by(step()) {
        Drag::over(&desk, &[file]).await.drop().await;
        let name = visible(&file.file_name().unwrap().to_string_lossy());
        page.says("inside-title", |text| squeezed(text).contains(&squeezed(&name))).await;
    }
    is_only_text(&page).await;
    assert_eq!(page.script("return window.hackers").await, json!(0));
}

/// Each payload in the long form, each ninth in the usual one.
fn step() -> usize {
    if std::env::var_os("KRONOS_SOAK").is_some_and(|value| value == "full") { 1 } else { 9 }
}

/// A table of each name, with a column and a value of the same name.
fn tables(path: &Path, names: &[&str]) -> PathBuf {
    let database = Connection::open(path).unwrap();
    for name in names {
        let quoted = name.replace('"', "\"\"");
        database.execute_batch(&format!("CREATE TABLE \"{quoted}\" (\"{quoted}\")")).unwrap();
        database.execute(&format!("INSERT INTO \"{quoted}\" VALUES (?)"), [name]).unwrap();
    }
    path.to_owned()
}

fn dropped(names: &[&str]) -> String {
    let drop = |name: &&str| format!("DROP TABLE \"{}\";", name.replace('"', "\"\""));
    names.iter().map(drop).collect::<Vec<_>>().concat()
}

/// A file of each name that the file system takes.
fn files(folder: &Path, names: &[String]) -> Vec<PathBuf> {
    std::fs::create_dir(folder).unwrap();
    let paths = names.iter().map(|name| folder.join(format!("{}.sql", name.replace('/', "∕"))));
    paths.filter(|path| std::fs::write(path, "no dump").is_ok()).collect()
}

/// A text as the pages show it: what would turn or hide it is a sign instead.
fn visible(text: &str) -> String {
    let is_hidden = |sign: char| {
        matches!(sign, '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|sign| if is_hidden(sign) { '\u{fffd}' } else { sign }).collect()
}

/// Without white space and backticks, which a title shows as it likes.
fn squeezed(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_whitespace() && *sign != '`').collect()
}

/// Every one of the names stands there, letter by letter.
async fn shows(page: &Page, id: &str, expected: &BTreeSet<String>) {
    let read = format!(
        "return [...document.querySelectorAll('[data-testid={id}] bdi')].map((name) => name.textContent)"
    );
    page.find(id).await;
    let shown: BTreeSet<String> = serde_json::from_value(page.script(&read).await).unwrap();
    let missing: Vec<_> = expected.difference(&shown).collect();
    assert!(missing.is_empty(), "{id} shows {} texts, not {missing:?}", shown.len());
}

/// Opens the rows of the tables and closes them again.
async fn rows_of(page: &Page, count: usize) {
    for number in (0..count).step_by(step()) {
        let open = format!(
            "const buttons = document.querySelectorAll('[data-testid^=\"rows-of-\"]'); buttons[{number}].click(); return buttons.length"
        );
        assert_eq!(page.script(&open).await, json!(count));
        page.says("rows-caption", |text| text.contains("only row")).await;
        let same = "const [head, cell] = document.querySelectorAll('[data-testid=rows] bdi');
            return head.textContent.slice(0, 100) === cell.textContent.slice(0, 100)";
        assert_eq!(page.script(same).await, json!(true), "column and value have one text");
        close(page, "rows-dialog").await;
    }
}

/// No name has become an element, an attribute or a request.
async fn is_only_text(page: &Page) {
    let foreign = "return [...document.querySelectorAll('img, script:not([src]), iframe, object, embed, base, video, audio, marquee, math, template, meta[http-equiv=refresh], [onload], [onerror], [onfocus], [ontoggle], [onstart], a[href^=javascript], [style*=hacked]')].map((element) => element.outerHTML)";
    assert_eq!(page.script(foreign).await, json!([]));
    assert_eq!(page.policy_violations().await, json!([]));
}

async fn open_drawer(page: &Page, name: &str) {
    let open = format!(
        "const row = [...document.querySelectorAll('[data-testid^=backup-row-] button')]
            .find((button) => button.getAttribute('aria-label').startsWith({}));
         row.click();",
        serde_json::to_string(name).unwrap()
    );
    page.says("backups-total", |text| text.starts_with("6 backups")).await;
    page.script(&open).await;
    page.says("drawer", |text| text.contains(name) && text.contains("customers")).await;
    page.script("document.querySelector('dialog [aria-label=Close]')?.click()").await;
    page.gone("drawer").await;
}

fn hostile_table(path: &Path, name: &str) {
    let database = Connection::open(path).unwrap();
    let quoted = name.replace('"', "\"\"");
    database
        .execute_batch(&format!(
            "CREATE TABLE \"{quoted}\" (x); INSERT INTO \"{quoted}\" VALUES (1);"
        ))
        .unwrap();
}
