//! The desktop shell of Kronos: one window over one engine.
//!
//! Owns the life of the program: what starts, in which order, and when it ends. Every rule about
//! backups is in `kronos-engine`; every pixel is in `ui/`.

mod afterwards;
mod arguments;
mod commands;
mod event_sink;
mod notifications;
mod state;
mod trace;
mod window;
mod words;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use kronos_engine::{config, logger};
use tauri::{AppHandle, Manager, RunEvent, WindowEvent};

use arguments::{Arguments, Request};
use kronos_engine::logger::Terminal;
use state::App;

/// Runs the program until its window is closed and no run is going on.
pub fn run() -> ExitCode {
    trace::begin();
    let arguments = match Arguments::from_command_line(std::env::args_os().skip(1)) {
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
    tauri::Builder::default()
        // First, so that a second launch ends before it has done anything.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::show(app)))
        .plugin(tauri_plugin_dialog::init())
        .plugin(remembered)
        .invoke_handler(commands::handler())
        .setup(move |app| {
            trace::mark("set-up");
            start(app.handle(), arguments);
            Ok(())
        })
        .build(tauri::generate_context!())
}

/// Opens the window at once and the engine behind it.
fn start(app: &AppHandle, arguments: Arguments) {
    let settings = config::load(&arguments.config).map(|config| config.settings);
    let ended = afterwards::start(app.clone());
    app.manage(Arc::new(App::new(arguments, ended)));
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
