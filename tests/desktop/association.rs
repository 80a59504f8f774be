//! A double click in a file manager, as the desktop entry of the packages lets it happen.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::desk::{Desk, KRONOS};
use crate::page::Page;
use crate::samples::{archive, shop};

const ENTRY: &str = include_str!("../../src-tauri/linux/kronos.desktop");
const BUNDLE: &str = include_str!("../../src-tauri/tauri.conf.json");

/// The entry as the packager fills it in, for the program under test.
fn entry() -> String {
    let bundle: Value = serde_json::from_str(BUNDLE).unwrap();
    let kinds = bundle["bundle"]["fileAssociations"].as_array().unwrap();
    let kinds: Vec<_> = kinds.iter().map(|kind| kind["mimeType"].as_str().unwrap()).collect();
    let filled = [
        ("{{name}}", bundle["productName"].as_str().unwrap()),
        ("{{comment}}", bundle["bundle"]["shortDescription"].as_str().unwrap()),
        ("{{exec}}", KRONOS),
        ("{{icon}}", "kronos-desktop"),
        ("{{mime_type}}", &kinds.join(";")),
    ];
    let entry = filled.iter().fold(ENTRY.to_owned(), |text, (gap, word)| text.replace(gap, word));
    assert!(!entry.contains("{{"), "{entry}");
    entry
}

/// Makes Kronos the program for its kinds of file, as *Open with → Always use* does.
fn install(home: &Path) {
    let (entries, config) = (home.join(".local/share/applications"), home.join(".config"));
    std::fs::create_dir_all(&entries).unwrap();
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(entries.join("Kronos.desktop"), entry()).unwrap();
    let kinds = ["application/x-compressed-tar", "application/x-zstd-compressed-tar"];
    let lines: Vec<_> = kinds.iter().map(|kind| format!("{kind}=Kronos.desktop\n")).collect();
    let defaults = format!("[Default Applications]\n{}", lines.concat());
    std::fs::write(config.join("mimeapps.list"), defaults).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_clicked_backup_is_looked_into() {
    let mut desk = Desk::new();
    let home = desk.home();
    install(&home);
    let source = shop(&home.join("shop.db"));
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    let file = archive(&page, &source, &home.join("elsewhere")).await;
    let odd: PathBuf = file.with_file_name("a b 'c' $HOME %f.tar.gz");
    std::fs::rename(&file, &odd).unwrap();

    let opened = desk.run(Command::new("gio").arg("open").arg(&odd));
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    page.says("inside-title", |text| text.contains("a b 'c' $HOME %f.tar.gz")).await;
    page.says("inside-contents", |text| text.contains("customers")).await;
}
