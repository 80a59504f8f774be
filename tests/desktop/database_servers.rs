//! Each engine by clicking: added, tested, narrowed down, backed up, looked into, restored to a new database.

use std::path::Path;

use fantoccini::Locator;
use serde_json::json;

use crate::desk::Desk;
use crate::page::Page;
use crate::server_samples::Shop;
use crate::wait::{until, until_true};

/// What the form of one engine needs besides the facts of its server.
#[derive(Clone, Copy)]
struct Engine {
    /// Its name in the form.
    kind: &'static str,
    /// What *Test connection* says of a server.
    version: &'static str,
    tool: &'static str,
    /// A table whose rows the drawer shows, as it names it.
    table: &'static str,
    log: &'static str,
    /// Tables and rows of a restored shop, log left out.
    matches: &'static str,
}

#[test]
fn postgresql_from_a_connection_url_to_a_restored_database() {
    let engine = Engine {
        kind: "postgres",
        version: "PostgreSQL 15",
        tool: "pg_dump 15",
        table: "public.orders",
        log: "public.log_2026",
        matches: "2 tables, 1 500 rows match the backup",
    };
    journey(engine, Shop::on_postgres());
}

#[test]
fn mariadb_from_a_filled_form_to_a_restored_database() {
    let engine = Engine {
        kind: "mysql",
        version: "MariaDB 10.11",
        tool: "mariadb-dump 10.11",
        table: "orders",
        log: "log_2026",
        matches: "2 tables, 5 rows match the backup",
    };
    journey(engine, Shop::on_mariadb());
}

#[test]
fn mysql_with_tools_from_a_chosen_folder() {
    let engine = Engine {
        kind: "mysql",
        version: "MySQL 9",
        tool: "mysqldump 9",
        table: "orders",
        log: "log_2026",
        matches: "2 tables, 5 rows match the backup",
    };
    journey(engine, Shop::on_mysql());
}

#[test]
fn mongodb_from_a_filled_form_to_a_restored_database() {
    let engine = Engine {
        kind: "mongodb",
        version: "MongoDB 6",
        tool: "mongodump 100",
        table: "customers",
        log: "log_2026",
        matches: "1 collection, 500 documents match the backup",
    };
    journey(engine, Shop::on_mongodb());
}

fn journey(engine: Engine, shop: Option<Shop>) {
    let Some(shop) = shop else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(by_clicking(engine, &shop));
    assert_eq!(shop.contents(&shop.restored), shop.contents(&shop.name));
}

async fn by_clicking(engine: Engine, shop: &Shop) {
    let mut desk = Desk::with_keychain();
    let home = desk.home();
    let config = home.join(".config/kronos/config.toml");
    let page = Page::open(&mut desk, &config).await;
    page.click("first-server").await;
    page.tick(&format!("profile-engine-{}", engine.kind)).await;
    fill_in(&page, engine, shop).await;
    test_and_narrow_down(&page, engine, shop).await;
    page.fill("profile-name", "shop").await;
    page.click("profile-save").await;
    page.gone("database-editor").await;
    keeps_no_password(&page, &config, shop).await;

    page.go("home").await;
    page.click("backup-now-shop").await;
    page.says("verdict", |text| text.contains("is backed up")).await;
    drawer(&page, engine).await;
    restore(&page, engine, shop).await;
    assert_eq!(page.policy_violations().await, json!([]));
    nothing_kept_the_password(&home, shop);
}

async fn fill_in(page: &Page, engine: Engine, shop: &Shop) {
    if engine.kind == "postgres" {
        let url = format!(
            "postgresql://{}:{}@127.0.0.1:{}/{}?sslmode=require",
            shop.user, shop.password, shop.port, shop.name
        );
        page.fill("server-url", &url).await;
        page.click("server-url-use").await;
        page.says("server-url-hint", |text| text.contains("masked below")).await;
        assert_eq!(page.value("server-url").await, "", "the URL does not stay in sight");
    } else {
        page.fill("server-host", "127.0.0.1").await;
        page.fill("server-port", &shop.port.to_string()).await;
        page.fill("server-user", &shop.user).await;
        page.choose("server-password-from", "typed").await;
        page.fill("server-password", &shop.password).await;
    }
    if let Some(tools) = &shop.tools {
        page.fill("server-tools", tools.to_str().unwrap()).await;
    }
    let kind = page.find("server-password").await.attr("type").await.unwrap();
    assert_eq!(kind.as_deref(), Some("password"));
    page.picture(&format!("server-{}-1-form", engine.kind)).await;
}

async fn test_and_narrow_down(page: &Page, engine: Engine, shop: &Shop) {
    page.click("profile-test").await;
    let found = page.says("probe-result", |text| text.contains(engine.version)).await;
    assert!(found.contains(engine.tool), "the tool that will be used: {found}");
    page.picture(&format!("server-{}-2-tested", engine.kind)).await;

    page.click("tab-contents").await;
    if engine.kind == "postgres" {
        assert!(page.is_checked(&format!("database-{}", shop.name)).await);
    } else {
        page.tick("databases-chosen").await;
        page.tick(&format!("database-{}", shop.name)).await;
    }
    page.choose(&format!("table-{}", engine.log), "none").await;
    page.says("contents-estimate", |text| text.contains(" of ")).await;
    page.picture(&format!("server-{}-3-contents", engine.kind)).await;
    page.has_no_barriers(&format!("contents of {}", engine.kind)).await;
}

async fn drawer(page: &Page, engine: Engine) {
    page.go("backups").await;
    let row = Locator::Css("[data-testid^='backup-row-'] button");
    let row = until("backup", async || page.client.find(row).await.ok()).await;
    row.click().await.unwrap();
    let drawer = page.says("drawer", |text| text.contains(engine.table)).await;
    for part in
        [engine.version, engine.tool, "Left out by your selection", engine.log, "kronos restore"]
    {
        assert!(drawer.contains(part), "`{part}` is missing in: {drawer}");
    }
    page.picture(&format!("server-{}-4-drawer", engine.kind)).await;
    page.click("drawer-restore").await;
}

async fn restore(page: &Page, engine: Engine, shop: &Shop) {
    page.find("restore-fine").await;
    page.says("restore-absent", |text| text.contains(engine.log)).await;
    page.fill("restore-target", &shop.name).await;
    let refused = page.says("restore-form", |text| text.contains("exists already")).await;
    assert!(refused.contains("New database"), "{refused}");
    page.fill("restore-target", &shop.restored).await;
    page.find("restore-fine").await;
    page.picture(&format!("server-{}-5-restore", engine.kind)).await;
    page.click("restore-start").await;
    page.says("restored-path", |path| path.contains(&shop.restored)).await;
    let facts = page.says("restored-facts", |text| text.contains("match")).await;
    assert!(facts.replace('\u{202f}', " ").contains(engine.matches), "{facts}");
    page.picture(&format!("server-{}-6-restored", engine.kind)).await;
}

/// The form is opened again: it knows that there is a password, and not which.
async fn keeps_no_password(page: &Page, config: &Path, shop: &Shop) {
    until_true("saved profile", async || {
        std::fs::read_to_string(config).is_ok_and(|text| text.contains("keychain"))
    })
    .await;
    page.go("databases").await;
    page.click("profile-edit").await;
    page.says("server-password-saved", |text| text == "In the keychain").await;
    let page_text = page.client.source().await.unwrap();
    assert!(!page_text.contains(&shop.password));
    page.script("document.querySelector('dialog [aria-label=Close]').click()").await;
    page.gone("database-editor").await;
}

/// No file below the home folder holds the password, but the keychain's own.
fn nothing_kept_the_password(home: &Path, shop: &Shop) {
    let mut folders = vec![home.to_owned()];
    let mut looked_at = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() && !path.ends_with("keyrings") {
                folders.push(path);
            } else if kind.is_file() {
                let bytes = std::fs::read(&path).unwrap_or_default();
                let found =
                    bytes.windows(shop.password.len()).any(|part| part == shop.password.as_bytes());
                assert!(!found, "the password is in {}", path.display());
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 3, "only {looked_at} files were looked at");
}
