//! Names that would like to be markup or script.

use serde_json::json;

use crate::desk::Desk;
use crate::page::Page;
use crate::samples::shop;

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
    let foreign =
        "return document.querySelectorAll('img, script:not([src]), svg[onload], iframe').length";
    assert_eq!(page.script(foreign).await, json!(0));
    assert_eq!(page.script("return window.hacked ?? null").await, json!(null));
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

fn hostile_table(path: &std::path::Path, name: &str) {
    let database = rusqlite::Connection::open(path).unwrap();
    let quoted = name.replace('"', "\"\"");
    database
        .execute_batch(&format!(
            "CREATE TABLE \"{quoted}\" (x); INSERT INTO \"{quoted}\" VALUES (1);"
        ))
        .unwrap();
}
