//! A live database on a server gives way to a backup and comes back, in the window: by clicking, with a program
//! connected to it, and by keyboard alone.

use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tokio::task::block_in_place;

use crate::desk::Desk;
use crate::page::Page;
use crate::replace::{UNDO, confirm, have_succeeded, type_the_name, undo_by_keyboard};
use crate::server_samples::Shop;
use crate::servers::{MysqlServer, PostgresServer};
use crate::wait::until_true;

/// The button at the end of the question, once nothing is missing.
const GO: &str = "[data-testid=replace-go]:not([aria-disabled])";

/// Opens the window on a profile of the shop and backs it up.
async fn backed_up(desk: &mut Desk, engine: &str, shop: &Shop) -> Page {
    let secret = desk.home().join("password");
    std::fs::write(&secret, &shop.password).unwrap();
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
    let Shop { port, user, name, .. } = shop;
    let config = desk.write_config(&format!(
        "[databases.shop]\nengine = \"{engine}\"\nhost = \"127.0.0.1\"\nport = {port}\nuser = {user:?}\n\
         password = {{ file = \"{}\" }}\ndatabases = [{name:?}]\n",
        secret.display()
    ));
    let page = Page::open(desk, &config).await;
    page.invoke("backup_start", json!({ "profiles": ["shop"] })).await.unwrap();
    until_true("backup", async || {
        page.invoke("backups_list", json!({})).await.unwrap()[0]["id"].is_string()
    })
    .await;
    page
}

/// Everything in the live database.
fn contents(shop: &Shop) -> Vec<String> {
    block_in_place(|| shop.contents(&shop.name))
}

/// What a person does in the database between the backup and the restore.
const WORK: [&str; 2] = ["DELETE FROM orders WHERE id > 2", "CREATE TABLE audit (id int)"];

/// A person's `psql` in the database, which stays there until it is thrown out.
struct Psql(Child);

impl Psql {
    fn connect(shop: &Shop) -> Self {
        let mut psql = Command::new("psql");
        psql.env("PGPASSWORD", &shop.password)
            .args(["-X", "-q", "-h", "127.0.0.1", "-p", &shop.port.to_string()])
            .args(["-U", &shop.user, "-d", &shop.name, "-c", "SELECT pg_sleep(3600)"]);
        Self(psql.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Psql {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_postgresql_database_in_use_is_replaced_and_undone_by_clicking() {
    let (Some(shop), Some(server)) = (Shop::on_postgres(), PostgresServer::wanted()) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(by_clicking(&shop, &server));
}

async fn by_clicking(shop: &Shop, server: &PostgresServer) {
    let mut desk = Desk::new();
    let page = backed_up(&mut desk, "postgres", shop).await;
    let backed_up = contents(shop);
    block_in_place(|| WORK.iter().for_each(|sql| server.session(&shop.name).run(sql)));
    let worked_on = contents(shop);
    assert_ne!(backed_up, worked_on);
    let mut psql = Psql::connect(shop);

    page.go("restore").await;
    page.click_first("[data-testid=recent-backups] a.button").await;
    page.find("restore-fine").await;
    page.tick("restore-place-replace").await;
    page.says("replace-open", |text| text.contains(&format!("Replace {}", shop.name))).await;
    page.click("replace-open").await;
    page.says("before-after", |text| text.contains("audit") || text.contains("1 will be gone"))
        .await;
    page.says("replace-dialog", |text| text.contains("Disconnect") && text.contains("psql")).await;
    page.picture("replace-server-1-question").await;
    page.has_no_barriers("the question before the replacement of a database in use").await;
    page.fill("replace-typed", &shop.name).await;
    page.click("replace-go").await;
    assert!(psql.0.try_wait().unwrap().is_none(), "nobody has agreed to disconnect it");
    assert_eq!(contents(shop), worked_on);
    page.tick("replace-disconnect").await;
    page.click_first(GO).await;
    page.says("restore-result", |text| text.contains("in place of what was there")).await;
    page.says("restored-replaced", |text| text.contains("1 connection was ended")).await;
    page.picture("replace-server-2-replaced").await;
    assert_eq!(contents(shop), backed_up);
    until_true("end of psql", async || psql.0.try_wait().unwrap().is_some()).await;

    page.click_first(UNDO).await;
    page.find("before-after").await;
    page.click_first(GO).await;
    page.gone("replace-dialog").await;
    have_succeeded(&page, 2).await;
    assert_eq!(contents(shop), worked_on);
    assert_eq!(page.policy_violations().await, json!([]));
}

#[test]
fn a_mariadb_database_is_replaced_and_undone_by_keyboard_alone() {
    let (Some(shop), Some(server)) = (Shop::on_mariadb(), MysqlServer::mariadb()) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(by_keyboard(&shop, &server));
}

async fn by_keyboard(shop: &Shop, server: &MysqlServer) {
    let mut desk = Desk::new();
    let page = backed_up(&mut desk, "mysql", shop).await;
    let backed_up = contents(shop);
    block_in_place(|| WORK.iter().for_each(|sql| server.session(Some(&shop.name)).run(sql)));
    let worked_on = contents(shop);
    assert_ne!(backed_up, worked_on);

    type_the_name(&desk, &page, &shop.name).await;
    confirm(&desk, &page).await;
    page.says("restore-result", |text| text.contains("in place of what was there")).await;
    assert_eq!(contents(shop), backed_up);
    undo_by_keyboard(&desk, &page).await;
    have_succeeded(&page, 2).await;
    assert_eq!(contents(shop), worked_on);
}

/// So many of something that the server lists.
fn count(server: &MysqlServer, of: &str) -> String {
    block_in_place(|| {
        server.session(None).one(&format!("SELECT COUNT(*) FROM information_schema.{of}"))
    })
}

#[test]
fn what_a_killed_window_has_left_between_is_ended_by_the_next_one() {
    let (Some(shop), Some(server)) = (Shop::on_mariadb(), MysqlServer::mariadb()) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(killed(&shop, &server));
}

async fn killed(shop: &Shop, server: &MysqlServer) {
    let mut desk = Desk::new();
    let name = &shop.name;
    let noted = "CREATE TRIGGER noted BEFORE INSERT ON orders FOR EACH ROW SET NEW.total = 1";
    block_in_place(|| server.session(Some(name)).run(noted));
    let page = backed_up(&mut desk, "mysql", shop).await;
    let backed_up = contents(shop);
    block_in_place(|| WORK.iter().for_each(|sql| server.session(Some(name)).run(sql)));
    let worked_on = contents(shop);
    // Whoever reads a table keeps it from being moved.
    let mut holder = block_in_place(|| server.session(None));
    block_in_place(|| {
        holder.run("START TRANSACTION");
        holder.rows(&format!("SELECT * FROM {name}.customers"));
    });
    let backups = page.invoke("backups_list", json!({})).await.unwrap();
    let consent = json!({ "typed_name": name, "disconnect": false, "without_safety": null });
    let draft = json!({
        "backup": backups[0]["id"], "database": null, "target": name, "profile": "shop", "replace": consent,
    });
    page.invoke("restore_start", json!({ "draft": draft })).await.unwrap();
    let moving = format!("PROCESSLIST WHERE INFO LIKE 'RENAME TABLE%{name}%'");
    until_true("swap that waits", async || count(server, &moving) != "0").await;
    desk.kill_kronos();
    until_true("end of the program", async || !desk.kronos_is_running()).await;
    block_in_place(|| holder.run("ROLLBACK"));
    until_true("end of the server's work", async || count(server, &moving) == "0").await;
    let triggers = format!("TRIGGERS WHERE TRIGGER_SCHEMA = '{name}'");
    assert_eq!(count(server, &triggers), "0", "it is between: its programs are missing");
    // The rename may have given up waiting for its lock before it could be carried out.
    let has_moved =
        count(server, &format!("TABLES WHERE TABLE_SCHEMA = '{name}' AND TABLE_NAME = 'audit'"))
            == "0";

    let config = desk.home().join("kronos.toml");
    let page = Page::open(&mut desk, &config).await;
    until_true("trigger of the new one", async || count(server, &triggers) == "1").await;
    let open = format!(
        "TABLES WHERE TABLE_SCHEMA LIKE '{name}\\_\\_kronos%' AND TABLE_NAME LIKE 'kronos\\_swap%'"
    );
    until_true("end of the swap", async || count(server, &open) == "0").await;
    let (now, what) = if has_moved {
        (backed_up, "the new database is there")
    } else {
        (worked_on, "the old database has been put back now, complete")
    };
    assert_eq!(contents(shop), now);
    page.says("settled-swaps", |text| text.contains("was interrupted") && text.contains(what))
        .await;
    page.picture("replace-server-3-settled").await;
    page.go("restore").await;
    page.says("recent-restores", |text| text.contains("It was cut off")).await;
    block_in_place(|| drop(holder));
}
