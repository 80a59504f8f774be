//! The desktop shell of Kronos: one window over one engine.
//!
//! Owns the life of the program: what starts, in which order, and when it ends. Every rule about
//! backups is in `kronos-engine`; every pixel is in `ui/`.

mod afterwards;
mod arguments;
mod commands;
mod drag;
mod event_sink;
mod file_dialog;
mod housekeeping;
mod notifications;
mod opened_files;
mod state;
mod trace;
mod window;
mod words;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use kronos_engine::{config, logger};
use tauri::{AppHandle, DragDropEvent, Manager, RunEvent, WindowEvent};

use arguments::{Arguments, Request};
use kronos_engine::logger::Terminal;
use state::App;

/// Runs the program until its window is closed and no run is going on.
pub fn run() -> ExitCode {
    trace::begin();
    let folder = std::env::current_dir().unwrap_or_default();
    let arguments = match Arguments::read(std::env::args_os().skip(1), &folder) {
        Ok(Request::Open(arguments)) => arguments,
        Ok(Request::Say(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    if let Some(problem) = arguments::pass_on_as_text(&arguments) {
        eprintln!("{problem}");
        return ExitCode::FAILURE;
    }
    start_log();
    match build(arguments) {
        Ok(app) => {
            app.run(on_event);
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the window cannot be opened");
            eprintln!("{}: {error}", words::NO_WINDOW);
            ExitCode::FAILURE
        }
    }
}

fn start_log() {
    let stderr = std::io::stderr;
    let colours = stderr().is_terminal();
    let levels = "warn,kronos=info";
    logger::start("kronos-desktop", Terminal { writer: stderr, levels, colours, targets: false });
}

fn build(arguments: Arguments) -> tauri::Result<tauri::App> {
    let remembered =
        tauri_plugin_window_state::Builder::default().with_state_flags(window::REMEMBERED).build();
    let builder = tauri::Builder::default()
        // First, so that a second launch ends before it has done anything.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, folder| {
            started_again(app, arguments, &folder);
        }))
        .plugin(remembered)
        .invoke_handler(commands::handler())
        .setup(move |app| {
            trace::mark("set-up");
            start(app.handle(), arguments);
            Ok(())
        });
    #[cfg(not(target_os = "linux"))]
    let builder = builder.plugin(tauri_plugin_dialog::init());
    builder.build(tauri::generate_context!())
}

/// A second launch: its files are looked into here.
fn started_again(app: &AppHandle, arguments: Vec<String>, folder: &str) {
    let arguments = arguments.into_iter().skip(1).map(OsString::from);
    let request = Arguments::read(arguments, Path::new(folder));
    window::show(app);
    // The second program has read them as well, and has told what is wrong with them.
    if let (Ok(Request::Open(arguments)), Some(app)) = (request, app.try_state::<Arc<App>>()) {
        app.files.open(arguments.files);
    }
}

/// Opens the window at once and the engine behind it.
fn start(app: &AppHandle, mut arguments: Arguments) {
    let files = std::mem::take(&mut arguments.files);
    let settings = config::load(&arguments.config).map(|config| config.settings);
    let ended = afterwards::start(app.clone());
    let shared = App::new(arguments, ended);
    shared.files.open(files);
    app.manage(Arc::new(shared));
    window::set_appearance(app, settings.unwrap_or_default().appearance);
    window::show(app);
    let (handle, app) = (app.clone(), app.state::<Arc<App>>().inner().clone());
    tauri::async_runtime::spawn(async move {
        // A failure is told by every command, and each of them tries again.
        let _ = app.engine().await;
        trace::mark("engine open");
        event_sink::keep_informed(handle, app).await;
    });
}

fn on_event(app: &AppHandle, event: RunEvent) {
    let state = || app.state::<Arc<App>>();
    match event {
        RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } => {
            state().audience.leave(&label);
            state().files.leave(&label);
            state().look.stop();
        }
        RunEvent::WindowEvent { event: WindowEvent::DragDrop(event), .. } => {
            let is_drop = matches!(event, DragDropEvent::Drop { .. });
            drag::follow(&state().files, event);
            // Whoever has dropped a file goes on here.
            if is_drop {
                window::show(app);
            }
        }
        // The configuration may have been edited by hand meanwhile.
        RunEvent::WindowEvent { event: WindowEvent::Focused(true), .. } => {
            state().audience.picture_changed();
        }
        // The last window is closed. Runs go on without it; `afterwards` ends the program then.
        RunEvent::ExitRequested { code: None, api, .. } if state().is_working() => {
            tracing::info!("the window is closed; runs go on");
            api.prevent_exit();
        }
        _ => {}
    }
}
