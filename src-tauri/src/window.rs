//! The one window: made on demand, shown when its page is ready, in front when asked for again.
//!
//! Owns where the page may go (nowhere) and what is remembered of the window (size and place). What
//! the page shows is its own business.

use std::sync::Arc;
use std::time::Duration;

use kronos_engine::config::Appearance;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager, Theme, Url, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;

use crate::state::App;
use crate::{drag, trace};

/// The window's label; the capability is given to it alone.
pub const MAIN: &str = "main";

/// What is remembered of the window. Not whether it is visible: that is decided below.
pub const REMEMBERED: StateFlags =
    StateFlags::SIZE.union(StateFlags::POSITION).union(StateFlags::MAXIMIZED);

/// A page that has not said that it is ready by then is shown as it is.
const SHOWN_ANYWAY: Duration = Duration::from_millis(1500);

/// Brings the window to the front, or makes it.
pub fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        to_front(&window);
    } else if let Err(error) = create(app) {
        tracing::error!(%error, "the window cannot be made");
    }
}

/// Shows the window for the first time: its page has something to show.
pub fn show_ready(window: &WebviewWindow) {
    if !window.is_visible().unwrap_or(false) {
        trace::mark("window shown");
        to_front(window);
    }
}

/// Whether the user has the window before their eyes.
pub fn is_in_front(app: &AppHandle) -> bool {
    app.get_webview_window(MAIN).is_some_and(|window| window.is_focused().unwrap_or(false))
}

/// Tells the desktop how the native parts (frame, file dialogs) shall look.
pub fn set_appearance(app: &AppHandle, appearance: Appearance) {
    let theme = match appearance {
        Appearance::System => None,
        Appearance::Light => Some(Theme::Light),
        Appearance::Dark => Some(Theme::Dark),
    };
    if app.state::<Arc<App>>().is_new_appearance(appearance) {
        app.set_theme(theme);
    }
}

fn create(app: &AppHandle) -> tauri::Result<()> {
    let config = app.config().app.windows.iter().find(|window| window.label == MAIN);
    let config = config.ok_or(tauri::Error::WindowNotFound)?;
    let own = app.config().build.dev_url.clone().filter(|_| tauri::is_dev());
    let window = WebviewWindowBuilder::from_config(app, config)?
        .visible(false)
        .on_navigation(move |url| is_own_page(url, own.as_ref()))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    drag::read_exactly(&window)?;
    trace::mark("window made");
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(SHOWN_ANYWAY).await;
        if let Some(window) = app.get_webview_window(MAIN) {
            show_ready(&window);
        }
    });
    Ok(())
}

/// The page inside the program, or the developer's server in a build that has one.
fn is_own_page(url: &Url, developer: Option<&Url>) -> bool {
    let embedded = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // How the same page is called where a scheme of its own is not possible.
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        _ => false,
    };
    embedded || developer.is_some_and(|server| server.origin() == url.origin())
}

fn to_front(window: &WebviewWindow) {
    let steps = [window.unminimize(), window.show(), window.set_focus()];
    for error in steps.into_iter().filter_map(Result::err) {
        tracing::warn!(%error, "the window did not come to the front");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stays_where_it_is() {
        let server = Url::parse("http://localhost:1420").unwrap();
        let goes = |url: &str, server| is_own_page(&Url::parse(url).unwrap(), server);
        assert!(goes("tauri://localhost", None) && goes("tauri://localhost/#/backups", None));
        assert!(goes("http://localhost:1420/x", Some(&server)));
        for url in [
            "https://example.org",
            "http://localhost:1420",
            "file:///etc/passwd",
            "tauri://localhost.example.org",
            "smb://localhost",
            "data:text/html,x",
        ] {
            assert!(!goes(url, None), "{url}");
        }
    }
}
