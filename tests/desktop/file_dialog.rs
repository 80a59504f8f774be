//! The desktop's own file dialog, once.

use crate::desk::Desk;
use crate::page::Page;
use crate::samples::shop;
use crate::wait::{until, until_true};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_chosen_in_the_native_dialog() {
    let mut desk = Desk::new();
    let source = shop(&desk.home().join("my shop.db"));
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    page.click("first-path-choose").await;

    let title = "^Choose database files$";
    let dialog = until("file dialog", async || desk.window(title)).await;
    desk.xdotool(&["windowactivate", "--sync", &dialog]);
    desk.picture("file-dialog");
    // Typing a path opens the field for it; the field is there when the dialog takes the keys.
    until_true("chosen file", async || {
        if let Some(dialog) = desk.window(title) {
            choose(&desk, &dialog, source.to_str().unwrap());
        }
        let field = page.find("first-path").await;
        field.prop("value").await.is_ok_and(|value| value.as_deref() == source.to_str())
    })
    .await;

    page.click("first-path-choose").await;
    until("file dialog again", async || desk.window(title)).await;
    until_true("cancelled dialog", async || {
        desk.xdotool(&["key", "Escape"]);
        desk.window(title).is_none()
    })
    .await;
    let field = page.find("first-path").await;
    assert_eq!(field.prop("value").await.unwrap().as_deref(), source.to_str());
}

/// Types a path and clicks the accept button at the bottom right: Return may only accept what GTK
/// proposes as the end of the word, and the first click may only close that proposal.
fn choose(desk: &Desk, dialog: &str, path: &str) {
    desk.xdotool(&["key", "ctrl+l"]);
    desk.xdotool(&["key", "ctrl+a"]);
    desk.xdotool(&["type", "--delay", "15", path]);
    desk.xdotool(&["key", "Delete"]);
    let geometry = desk.xdotool(&["getwindowgeometry", "--shell", dialog]);
    let number = |name: &str| {
        let line = geometry.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.and_then(|number| number.parse::<i32>().ok())
    };
    if let (Some(x), Some(y), Some(width), Some(height)) =
        (number("X"), number("Y"), number("WIDTH"), number("HEIGHT"))
    {
        let (x, y) = (x + width - 50, y + height - 28);
        desk.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
    }
}
