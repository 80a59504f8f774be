//! Embeds the built window (`ui/dist`), what `tauri.conf.json` says, and one permission for each
//! command into the program.

#[path = "src/commands/names.rs"]
mod names;

fn main() {
    // Tauri watches the files it embedded; a file that is merely added would go unnoticed.
    println!("cargo:rerun-if-changed=../ui/dist");
    println!("cargo:rerun-if-changed=src/commands/names.rs");
    let commands = tauri_build::AppManifest::new().commands(names::NAMES);
    let attributes = tauri_build::Attributes::new().app_manifest(commands);
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error=the window cannot be embedded: {error:#}");
        std::process::exit(1);
    }
}
