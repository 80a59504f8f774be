//! What a page that was taken over could do: nothing but what its user can do.

use serde_json::json;

use crate::desk::Desk;
use crate::page::Page;

const REFUSED: &[&str] = &[
    "plugin:dialog|open",
    "plugin:dialog|message",
    "plugin:window-state|save_window_state",
    "plugin:opener|open_path",
    "plugin:opener|open_url",
    "plugin:shell|execute",
    "plugin:fs|read_text_file",
    "plugin:event|emit",
    "plugin:webview|create_webview_window",
    "plugin:window|create",
    "plugin:window|destroy",
    "plugin:path|resolve_directory",
    "plugin:app|version",
    "reveal_path",
    "restore_overwrite",
];

#[tokio::test(flavor = "multi_thread")]
async fn commands_outside_the_list_are_refused_and_the_page_goes_nowhere() {
    let mut desk = Desk::new();
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;

    for command in REFUSED {
        let arguments =
            json!({ "path": "/etc/passwd", "url": "https://example.org", "event": "x" });
        let refused = page.invoke(command, arguments).await.expect_err(command);
        let why = refused.to_string();
        assert!(why.contains("not allowed") || why.contains("not found"), "{command}: {why}");
    }
    let global = page.script("return typeof window.__TAURI__").await;
    assert_eq!(global, json!("undefined"));

    let here = page.script("return location.href").await;
    let leave =
        "for (const url of ['https://example.org/', 'file:///etc/passwd', 'http://localhost:1/']) {
            location.href = url;
            window.open(url);
        }
        const frame = document.createElement('iframe');
        frame.src = 'https://example.org/';
        document.body.append(frame);";
    page.script(leave).await;
    let violations = "return window.violations.some((text) => text.startsWith('frame-src'))";
    crate::wait::until_true("refused frame", async || page.script(violations).await == json!(true))
        .await;
    assert_eq!(page.script("return location.href").await, here);
    assert_eq!(page.client.windows().await.unwrap().len(), 1);
    page.find("first-run").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_arguments_are_refused_with_a_report() {
    let mut desk = Desk::new();
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    let id = "../../../../etc/passwd";
    let calls = [
        ("backup_details", json!({ "id": id })),
        ("backup_verify", json!({ "id": id })),
        ("reveal_backup", json!({ "id": id })),
        ("reveal_storage", json!({ "name": id })),
        ("reveal_restored", json!({ "run": id })),
        ("run_cancel", json!({ "run": id })),
        ("backup_start", json!({ "profiles": [id] })),
        (
            "restore_start",
            json!({ "draft": { "backup": id, "database": null, "target": "/etc/passwd" } }),
        ),
    ];
    for (command, arguments) in calls {
        let report = page.invoke(command, arguments).await.expect_err(command);
        assert!(report["what"].is_string() && report["why"].is_string(), "{command}: {report}");
        assert_eq!(report["code"], "unknown", "{command}: {report}");
    }
}
