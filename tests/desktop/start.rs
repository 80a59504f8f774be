//! How long the start takes. Measured and printed, never judged: a busy machine is no defect.

use std::time::Instant;

use crate::desk::Desk;
use crate::page::Page;
use crate::samples::shop;
use crate::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn the_start_is_measured() {
    let mut desk = Desk::new();
    let source = shop(&desk.home().join("shop.db"));
    let profile =
        format!("[databases.shop]\nengine = \"sqlite\"\npath = \"{}\"\n", source.display());
    let config = desk.write_config(&profile);
    let begin = Instant::now();
    let page = Page::connect(&mut desk, &["--config", config.to_str().unwrap()]).await;
    let connected = begin.elapsed();
    page.ready().await;
    let ready = begin.elapsed();
    until("window on the screen", async || desk.window("^Kronos$")).await;
    println!(
        "start, WebDriver included: page there {} ms, ready {} ms, window shown {} ms",
        connected.as_millis(),
        ready.as_millis(),
        begin.elapsed().as_millis()
    );
}
