//! Dumps of other programs in the real window: dropped, looked into, and loaded into a new database only by a second,
//! deliberate act.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::appearance::both_sizes;
use crate::desk::Desk;
use crate::drag_source::Drag;
use crate::keyboard::{choose, is_inside, tab_to};
use crate::page::Page;
use crate::samples::{digests, listing, shop};
use crate::server_samples::Shop;
use crate::servers::{MongoServer, PostgresServer, Servers};
use crate::wait::{soon, until_true};

/// A configuration whose profile `there` is the server of a shop.
fn config_of(desk: &Desk, shop: &Shop, engine: &str) -> PathBuf {
    let secret = desk.home().join("password");
    std::fs::write(&secret, &shop.password).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let tools = shop
        .tools
        .as_ref()
        .map_or_else(String::new, |tools| format!("tools = '{}'", tools.display()));
    desk.write_config(&format!(
        "[databases.there]\nengine = \"{engine}\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"{}\"\n\
         password = {{ file = '{}' }}\ntls = \"prefer\"\ndatabases = [\"{}\"]\n{tools}\n",
        shop.port,
        shop.user,
        secret.display(),
        shop.name
    ))
}

/// Runs a shell command whose parts come from the test.
fn shell(line: &str, variables: &[(&str, &str)]) {
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", line]).envs(variables.iter().copied());
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What `pg_dump --create` of a shop is, packed.
fn postgres_dump(server: &PostgresServer, shop: &Shop, folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let file = folder.join("shop.sql.gz");
    let line = format!(
        "{}/pg_dump --create -h 127.0.0.1 -p {} -U {} {} | gzip > {}",
        server.tools().display(),
        shop.port,
        shop.user,
        shop.name,
        file.display()
    );
    shell(&line, &[("PGPASSWORD", &shop.password)]);
    file
}

/// Asks a server from where no runtime is: its session brings its own.
fn apart<T: Send>(ask: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(ask).join().unwrap())
}

fn on_a_runtime(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(test);
}

#[test]
fn a_dropped_script_for_postgresql_is_loaded_by_clicking_after_two_ticks() {
    let (Some(server), Some(shop)) = (PostgresServer::wanted(), Shop::on_postgres()) else {
        return;
    };
    let before = shop.contents(&shop.name);
    on_a_runtime(postgres_by_clicking(&server, &shop));
    assert_eq!(shop.contents(&shop.restored), before);
    assert_eq!(shop.contents(&shop.name), before, "the dump names it, and it stays as it is");
}

async fn postgres_by_clicking(server: &PostgresServer, shop: &Shop) {
    let mut desk = Desk::new();
    let folder = desk.home().join("elsewhere");
    let file = postgres_dump(server, shop, &folder);
    let config = config_of(&desk, shop, "postgres");
    let page = Page::open(&mut desk, &config).await;
    let before = listing(&folder);
    let restored = &shop.restored;
    let is_there = || apart(|| server.databases(restored).contains(restored));

    Drag::over(&desk, &[&file]).await.drop().await;
    page.says("inside-title", |text| text.contains("shop.sql.gz")).await;
    page.says("foreign-file", |text| text.contains("SQL script for PostgreSQL")).await;
    page.fill("restore-target", &shop.restored).await;
    page.find("restore-fine").await;
    let plan = page.says("load-form", |text| text.contains("its own database")).await;
    for part in [&shop.name, &shop.restored, "may run programs", "Run the code in this dump"] {
        assert!(plan.contains(part), "`{part}` is missing in: {plan}");
    }
    both_sizes(&page, "light-load").await;
    // Not before both ticks.
    page.click("load-start").await;
    page.tick("load-code").await;
    page.click("load-start").await;
    page.tick("load-superuser").await;
    page.has_no_barriers("a dump that is agreed to").await;
    assert!(!is_there(), "something was made before it was agreed to");
    assert_eq!(listing(&folder), before);

    page.picture("load-1-agreed").await;
    page.click("load-start").await;
    let path = page.says("restored-path", |path| path.contains(&shop.restored)).await;
    assert!(path.contains(&shop.port.to_string()), "{path}");
    let facts = page.says("restored-facts", |text| text.contains("counted")).await;
    assert!(facts.replace('\u{202f}', " ").contains("3 tables, 1 501 rows"), "{facts}");
    page.says("restored-warnings", |text| text.contains("Nothing was compared")).await;
    page.picture("load-2-loaded").await;
    page.has_no_barriers("a loaded dump").await;
    assert!(is_there());
    assert_eq!(listing(&folder), before);
    page.go("restore").await;
    page.says("restore-result", |text| text.contains("is loaded into a new database")).await;
    assert_eq!(page.policy_violations().await, json!([]));
}

#[test]
fn a_dropped_folder_of_mongodump_is_loaded_and_another_folder_is_answered() {
    let (Some(server), Some(shop)) = (MongoServer::replica_set(), Shop::on_mongodb()) else {
        return;
    };
    on_a_runtime(folders(&server, &shop));
    assert_eq!(shop.contents(&shop.restored), shop.contents(&shop.name));
}

async fn folders(server: &MongoServer, shop: &Shop) {
    let mut desk = Desk::with(&[("GTK_THEME", "Adwaita:dark")]);
    let out = desk.home().join("dump");
    let line = format!(
        "{}/mongodump --config {} --host 127.0.0.1 --port {} --username {} --authenticationDatabase admin --db {} --out {}",
        server.tools().display(),
        Servers::get().text("MONGODB_CONFIG_FILE"),
        shop.port,
        shop.user,
        shop.name,
        out.display()
    );
    shell(&line, &[]);
    let wrong = desk.home().join("holiday");
    std::fs::create_dir(&wrong).unwrap();
    std::fs::write(wrong.join("beach.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    let config = config_of(&desk, shop, "mongodb");
    let page = Page::open(&mut desk, &config).await;

    Drag::over(&desk, &[&wrong]).await.drop().await;
    page.says("main", |text| text.contains("holiday") && text.contains("No backup")).await;
    assert!(!page.has("load-start").await);

    let restored = &shop.restored;
    let is_there = || apart(|| server.databases(restored).contains(restored));
    Drag::over(&desk, &[&out]).await.drop().await;
    page.says("foreign-file", |text| text.contains("mongodump folder")).await;
    page.says("inside-contents", |text| text.contains("customers")).await;
    page.fill("restore-target", &shop.restored).await;
    page.find("restore-fine").await;
    assert!(!page.has("load-consent").await, "documents are no code");
    both_sizes(&page, "dark-load-folder").await;
    assert!(!is_there());
    page.click("load-start").await;
    page.says("restored-path", |path| path.contains(&shop.restored)).await;
    assert!(is_there());
    page.picture("load-3-folder").await;
    page.has_no_barriers("a loaded folder").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_for_sqlite_is_loaded_by_keyboard_alone() {
    let mut desk = Desk::new();
    let home = desk.home();
    let source = shop(&home.join("shop.db"));
    shell(
        "sqlite3 \"$SOURCE\" .dump > \"$FILE\"",
        &[("SOURCE", source.to_str().unwrap()), ("FILE", home.join("mine.sql").to_str().unwrap())],
    );
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    until_true("inside of the chosen script", async || {
        choose(&desk, "mine.sql").await && soon(async || is_inside(&page, "mine.sql").await).await
    })
    .await;
    page.find("restore-fine").await;
    let target = PathBuf::from(page.value("restore-target").await);
    both_sizes(&page, "light-load-script").await;
    tab_to(&desk, &page, "dataset.testid === 'load-start'").await;
    desk.xdotool(&["key", "Return"]);
    let why = "return document.activeElement.title";
    assert_eq!(page.script(why).await, json!("Tick that the code in this dump may run"));
    let state = page.invoke("restores_list", json!({})).await.unwrap();
    assert_eq!(state, json!([]), "a load was begun without the tick");
    assert!(!target.exists(), "it was loaded without the tick");
    desk.xdotool(&["key", "shift+Tab"]);
    tab_to(&desk, &page, "dataset.testid === 'load-code'").await;
    desk.xdotool(&["key", "space"]);
    until_true("tick", async || page.is_checked("load-code").await).await;
    tab_to(&desk, &page, "dataset.testid === 'load-start'").await;
    desk.xdotool(&["key", "Return"]);
    let restored = page.says("restored-path", |path| !path.is_empty()).await;
    assert_eq!(Path::new(&restored), target);
    assert_eq!(digests(&target), digests(&source));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_changes_after_the_look_is_not_loaded() {
    let mut desk = Desk::with(&[("GTK_THEME", "Adwaita:dark")]);
    let home = desk.home();
    let file = home.join("mine.sql");
    std::fs::write(&file, "PRAGMA foreign_keys=OFF;\nCREATE TABLE a (x);\n").unwrap();
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    Drag::over(&desk, &[&file]).await.drop().await;
    page.find("restore-fine").await;
    page.tick("load-code").await;
    let target = PathBuf::from(page.value("restore-target").await);
    std::fs::write(&file, "PRAGMA foreign_keys=OFF;\nCREATE TABLE second_look (x);\n").unwrap();
    page.click("load-start").await;
    page.says("load-form", |text| text.contains("has changed since Kronos looked inside")).await;
    assert!(!target.exists());
    page.picture("load-4-changed").await;
    page.click("load-look-again").await;
    page.says("inside-contents", |text| text.contains("second_look")).await;
    page.find("restore-fine").await;
    assert!(!page.is_checked("load-code").await, "what was agreed to was another dump");
    assert!(!target.exists());
}
