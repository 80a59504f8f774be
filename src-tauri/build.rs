//! Embeds the built window (`ui/dist`) and what `tauri.conf.json` says into the program.

fn main() {
    // Tauri watches the files it embedded; a file that is merely added would go unnoticed.
    println!("cargo:rerun-if-changed=../ui/dist");
    tauri_build::build();
}
