//! What an edit does to files: the previous copy, modes, links, line ends, leftovers.

use std::fs;

use super::{PUBLISHED, Scene, sqlite};
use crate::config::ConfigFile;

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_previous_text_is_kept_and_nothing_else_is_left() {
    let scene = Scene::new(PUBLISHED);
    scene.file().save_profile(None, &sqlite("a", &["/a"])).unwrap();
    let second = scene.text();
    assert_eq!(fs::read_to_string(scene.file().previous_path()).unwrap(), PUBLISHED);
    scene.file().remove_profile("a").unwrap();
    assert_eq!(fs::read_to_string(scene.file().previous_path()).unwrap(), second);
    assert_eq!(scene.text(), PUBLISHED);
    let names = [".config.toml.lock", "config.toml", "config.toml.previous"];
    assert_eq!(scene.names(), names);
}

#[test]
fn an_edit_that_changes_nothing_writes_nothing() {
    let scene = Scene::new(PUBLISHED);
    scene
        .file()
        .save_profile(Some("sqlite"), &sqlite("sqlite", &["/srv/app/data/shop.db"]))
        .unwrap();
    assert!(!scene.file().previous_path().exists());
}

#[cfg(unix)]
#[test]
fn new_files_are_private_and_old_ones_keep_their_mode() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("kronos/config.toml");
    let file = ConfigFile::new(&path);
    file.save_storage(None, &super::folder("b", "/b")).unwrap();
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    file.save_profile(None, &sqlite("a", &["/a"])).unwrap();
    assert_eq!(mode(&path), 0o640);
    assert_eq!(mode(&file.previous_path()), 0o600);
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new(PUBLISHED);
    fs::set_permissions(scene.path(), fs::Permissions::from_mode(0o444)).unwrap();
    let error = scene.file().remove_profile("sqlite").unwrap_err();
    assert!(error.to_string().ends_with("it is read-only"), "{error}");
    assert_eq!(scene.text(), PUBLISHED);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let scene = Scene::empty();
    let real = scene.folder.path().join("dotfiles");
    fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink("dotfiles/kronos.toml", scene.path()).unwrap();
    // First while the target does not exist yet, then when it does.
    scene.file().save_storage(None, &super::folder("b", "/b")).unwrap();
    scene.file().save_profile(None, &sqlite("a", &["/a"])).unwrap();
    assert!(fs::symlink_metadata(scene.path()).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(real.join("kronos.toml")).unwrap(), scene.text());
    assert!(scene.text().contains("[databases.a]"));
    assert_eq!(scene.names(), ["config.toml", "config.toml.previous", "dotfiles"]);
    fs::remove_file(scene.path()).unwrap();
    std::os::unix::fs::symlink("config.toml", scene.path()).unwrap();
    assert!(scene.file().remove_profile("a").is_err());
}

#[test]
fn windows_line_ends_stay() {
    let text = PUBLISHED.replace('\n', "\r\n");
    let scene = Scene::new(&format!("\u{feff}{text}"));
    scene.file().save_profile(None, &sqlite("a", &["/a"])).unwrap();
    let new = scene.text();
    assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
    scene.file().remove_profile("a").unwrap();
    assert_eq!(scene.text(), text);
}

#[test]
fn a_failed_write_leaves_the_old_file() {
    let scene = Scene::new(PUBLISHED);
    // The previous copy cannot be written where a folder stands, so the edit stops before the file.
    fs::create_dir(scene.file().previous_path()).unwrap();
    assert!(scene.file().remove_profile("sqlite").is_err());
    assert_eq!(scene.text(), PUBLISHED);
    assert_eq!(scene.names(), [".config.toml.lock", "config.toml", "config.toml.previous"]);
}
