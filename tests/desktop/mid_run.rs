//! Closing the window in the middle of a run, and opening it again.

use crate::desk::Desk;
use crate::notes::FakeNotifications;
use crate::page::Page;
use crate::samples::large;
use crate::wait::{until, until_true};

const TITLE: &str = "^Kronos$";

#[tokio::test(flavor = "multi_thread")]
async fn a_window_made_anew_in_the_middle_of_a_run_shows_it_at_once() {
    let mut desk = Desk::new();
    let notifications = FakeNotifications::on(&desk).await;
    let page = page_with_a_long_run(&mut desk).await;

    close(&desk).await;
    assert!(desk.kronos_is_running(), "the run goes on without a window");
    desk.launch_again();
    until("window again", async || desk.window(TITLE)).await;
    let window = until("page again", async || page.client.windows().await.ok()?.pop()).await;
    page.client.switch_to_window(window).await.unwrap();
    page.ready().await;
    let seen = until("run again", async || page.percent("large").await).await;
    page.picture("again-1-run").await;
    let later =
        until("progress again", async || page.percent("large").await.filter(|done| *done > seen));
    println!("seen again at {seen} %, later {} %", later.await);
    assert_eq!(notifications.shown(), []);

    close(&desk).await;
    let shown = notifications.next(0).await;
    assert_eq!(shown.summary, "Backup finished");
    until_true("end of the program", async || !desk.kronos_is_running()).await;
    let kept = std::fs::read_dir(desk.home().join("backups")).unwrap().flatten();
    let kept: Vec<_> = kept.map(|entry| entry.file_name()).collect();
    assert_eq!(kept.len(), 2, "an archive and its record: {kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_run_closing_ends_the_program_and_the_next_window_has_its_size() {
    let mut desk = Desk::new();
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    page.resize(920, 640).await;
    close(&desk).await;
    until_true("end of the program", async || !desk.kronos_is_running()).await;

    let page = Page::open(&mut desk, &config).await;
    let size = "return innerWidth === 920 && innerHeight === 640";
    until_true("window of the size before", async || page.script(size).await == true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_launch_only_brings_the_window_to_the_front() {
    let mut desk = Desk::new();
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    let window = until("window", async || desk.window(TITLE)).await;
    desk.xdotool(&["windowminimize", "--sync", &window]);
    desk.launch_again();
    until_true("window in front", async || desk.xdotool(&["getwindowfocus"]) == window).await;
    assert_eq!(page.client.windows().await.unwrap().len(), 1);
    page.find("first-run").await;
}

async fn page_with_a_long_run(desk: &mut Desk) -> Page {
    let source = large(&desk.home().join("large.db"), 600);
    let profile =
        format!("[databases.large]\nengine = \"sqlite\"\npath = \"{}\"\n", source.display());
    let config = desk.write_config(&profile);
    let page = Page::open(desk, &config).await;
    page.click("backup-now-large").await;
    until("progress", async || page.percent("large").await).await;
    page
}

/// Closes the window as the user does, by the window manager.
async fn close(desk: &Desk) {
    let window = until("window", async || desk.window(TITLE)).await;
    desk.xdotool(&["windowactivate", "--sync", &window]);
    desk.xdotool(&["key", "alt+F4"]);
    until_true("closed window", async || desk.window(TITLE).is_none()).await;
}
