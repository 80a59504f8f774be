//! The order of messages to a window.

use kronos_engine::config::Settings;
use kronos_engine::event::{RunKind, RunState};
use kronos_engine::ids::RunId;
use kronos_engine::view::{Verdict, VerdictLevel};
use kronos_engine::{EngineOptions, clock::SystemClock};
use tauri::ipc::InvokeResponseBody;

use super::*;

/// A window that writes down what it hears, until it is closed.
#[derive(Clone, Default)]
struct Window {
    heard: Arc<Mutex<Vec<String>>>,
    closed: Arc<Mutex<bool>>,
}

impl Window {
    fn channel(&self) -> Channel<WatchMessage> {
        let window = self.clone();
        Channel::new(move |body| {
            if *window.closed.lock().unwrap() {
                return Err(tauri::Error::WindowNotFound);
            }
            let InvokeResponseBody::Json(text) = body else { panic!("bytes") };
            let message: serde_json::Value = serde_json::from_str(&text).unwrap();
            let event = message["content"]["event"].as_str();
            let name = event.or(message["message"].as_str()).unwrap().to_owned();
            window.heard.lock().unwrap().push(name);
            Ok(())
        })
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn engine(folder: &std::path::Path) -> Engine {
    Engine::open(EngineOptions {
        config_path: folder.join("config.toml"),
        state_base: folder.join("state"),
        sink: Arc::new(kronos_engine::event::NoEvents),
        clock: Arc::new(SystemClock),
        owner: "a test",
    })
    .await
    .unwrap()
}

fn state() -> AppState {
    let level = VerdictLevel::Empty;
    AppState {
        version: String::new(),
        config_path: String::new(),
        config_error: None,
        config_warnings: vec![],
        verdict: Verdict { level, sentence: String::new(), last_backup_at: None },
        profiles: vec![],
        storages: vec![],
        active_runs: vec![run(RunState::Running)],
        recent_runs: vec![],
        settled_swaps: vec![],
        settings: Settings::default(),
        default_storage_path: String::new(),
    }
}

fn run(state: RunState) -> RunView {
    let now = "2026-11-22T15:24:00Z".parse().unwrap();
    let mut view = RunView::queued(RunId::generate(now), RunKind::Backup, "shop".into(), 4, now);
    view.state = state;
    view
}

fn outlet(audience: &Arc<Audience>) -> (Outlet, std::sync::mpsc::Receiver<RunView>) {
    let (sender, receiver) = std::sync::mpsc::channel();
    (Outlet::new(audience.clone(), sender), receiver)
}

#[tokio::test]
async fn a_window_hears_the_picture_first_and_then_every_event() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let (audience, window) = (Arc::new(Audience::default()), Window::default());
    let (outlet, ended) = outlet(&audience);

    outlet.emit(Event::RunQueued(run(RunState::Queued)));
    audience.join("main", window.channel(), state(), &engine);
    outlet.emit(Event::RunProgress(run(RunState::Running)));
    outlet.emit(Event::RunFinished(run(RunState::Succeeded)));

    assert_eq!(window.heard(), ["state", "run_progress", "run_finished"]);
    assert_eq!(ended.try_iter().count(), 1);
}

#[tokio::test]
async fn a_page_that_is_loaded_anew_replaces_its_predecessor() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let audience = Arc::new(Audience::default());
    let (first, second) = (Window::default(), Window::default());
    audience.join("main", first.channel(), state(), &engine);
    audience.join("main", second.channel(), state(), &engine);
    audience.tell(&WatchMessage::Run(Box::new(Event::ConfigChanged)));
    assert_eq!(first.heard(), ["state"]);
    assert_eq!(second.heard(), ["state", "config_changed"]);
}

#[tokio::test]
async fn a_window_that_cannot_be_reached_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let (audience, window) = (Arc::new(Audience::default()), Window::default());
    audience.join("main", window.channel(), state(), &engine);
    *window.closed.lock().unwrap() = true;
    audience.tell(&WatchMessage::Run(Box::new(Event::BackupsChanged)));
    assert!(audience.is_empty());
}

#[tokio::test]
async fn a_picture_never_brings_back_a_run_that_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let WatchMessage::State(picture) = picture(state(), &engine) else { panic!("no picture") };
    assert_eq!(picture.active_runs, [], "the engine knows of no active run");
}

#[tokio::test]
async fn a_burst_of_changes_asks_for_one_picture() {
    let audience = Arc::new(Audience::default());
    let (outlet, _ended) = outlet(&audience);
    for _ in 0..50 {
        outlet.emit(Event::BackupsChanged);
    }
    audience.changed.notified().await;
    let again = tokio::time::timeout(BURST, audience.changed.notified()).await;
    assert!(again.is_err(), "a second picture was asked for");
}
