//! The program `kronos-desktop`. Owns nothing: the window's life is in the library beside it.
// No console behind the window on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    kronos_desktop_lib::run()
}
