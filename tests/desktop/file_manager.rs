//! "Show in folder": what the desktop's file manager is asked to show.
//!
//! Owns a fake file manager, the far side of `org.freedesktop.FileManager1`.
#![allow(clippy::used_underscore_binding, reason = "the interface says what there is")]

use std::sync::{Arc, Mutex};

use serde_json::json;
use zbus::interface;

use crate::desk::Desk;
use crate::page::Page;
use crate::samples::shop;
use crate::wait::until;

#[derive(Clone, Default)]
struct FakeFileManager(Arc<Mutex<Vec<String>>>);

#[interface(name = "org.freedesktop.FileManager1")]
impl FakeFileManager {
    fn show_items(&self, addresses: Vec<String>, _startup: &str) {
        self.0.lock().unwrap().extend(addresses);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_recorded_places_are_shown() {
    let mut desk = Desk::new();
    let manager = FakeFileManager::default();
    let builder = zbus::connection::Builder::address(desk.bus.as_str()).unwrap();
    let builder = builder.serve_at("/org/freedesktop/FileManager1", manager.clone()).unwrap();
    let _connection = builder.name("org.freedesktop.FileManager1").unwrap().build().await.unwrap();
    let next = async |number: usize| {
        until("shown file", async || manager.0.lock().unwrap().get(number).cloned()).await
    };

    shop(&desk.home().join("shop.db"));
    let config = desk.write_config("[databases.shop]\nengine = \"sqlite\"\npath = \"~/shop.db\"\n");
    let page = Page::open(&mut desk, &config).await;
    page.click("backup-all").await;
    page.says("verdict", |text| text.contains("is backed up")).await;

    page.go("settings").await;
    page.click("reveal-config").await;
    assert!(next(0).await.ends_with("/home/kronos.toml"));
    page.go("storage").await;
    page.click("storage-reveal").await;
    assert!(next(1).await.ends_with("/home/backups"));
    let list = page.invoke("backups_list", json!({})).await.unwrap();
    page.invoke("reveal_backup", json!({ "id": list[0]["id"] })).await.unwrap();
    let shown = next(2).await;
    assert!(shown.starts_with("file:///") && shown.contains("/home/backups/shop_"), "{shown}");
}
