//! The file itself: missing, unreadable, too large, not text, open to others.

use std::fs;

use super::{PUBLISHED, Scene};
use crate::config::{default_path, default_storage_path, load, state_dir};

fn message(bytes: &[u8]) -> String {
    let scene = Scene::new("");
    fs::write(scene.path(), bytes).unwrap();
    let path = scene.path().display().to_string();
    load(&scene.path()).unwrap_err().to_string().replace(&path, "FILE")
}

#[test]
fn what_is_no_configuration_is_refused_with_a_sentence() {
    let invalid = "The configuration file `FILE` has a problem\n  ";
    assert_eq!(
        message(b"a = 1\n\xff\xff\n"),
        format!("{invalid}line 2: This line is not UTF-8 text; save the file as UTF-8")
    );
    assert_eq!(
        message(b"\xff\xfea\0 \0"),
        format!("{invalid}line 1: The file is saved as UTF-16; save it as UTF-8")
    );
    assert_eq!(
        message(&vec![b'#'; 10 * 1024 * 1024]),
        "The configuration file `FILE` cannot be read: it is larger than 1 MiB"
    );
    assert!(message(b"").contains("The file is empty"));
}

#[test]
fn a_missing_file_and_a_folder_are_told_apart() {
    let scene = Scene::empty();
    let path = scene.path().display().to_string();
    let error = load(&scene.path()).unwrap_err().to_string();
    assert_eq!(error, format!("There is no configuration file `{path}`"));
    fs::create_dir(scene.path()).unwrap();
    let error = load(&scene.path()).unwrap_err().to_string();
    assert_eq!(error, format!("The configuration file `{path}` cannot be read: it is a folder"));
}

#[cfg(unix)]
#[test]
fn a_pipe_does_not_hang() {
    let scene = Scene::empty();
    let status = std::process::Command::new("mkfifo").arg(scene.path()).status().unwrap();
    assert!(status.success());
    let error = load(&scene.path()).unwrap_err().to_string();
    assert!(error.ends_with("cannot be read: it is not a regular file"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_write_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new(PUBLISHED);
    for (mode, warnings) in [(0o600, 0), (0o644, 0), (0o664, 1), (0o602, 1)] {
        fs::set_permissions(scene.path(), fs::Permissions::from_mode(mode)).unwrap();
        let config = load(&scene.path()).unwrap();
        assert_eq!(config.warnings.len(), warnings, "{mode:o}: {:?}", config.warnings);
    }
}

#[test]
fn default_places_are_absolute() {
    for path in [default_path(), default_storage_path(), state_dir()] {
        assert!(path.unwrap().is_absolute());
    }
    assert!(default_path().unwrap().ends_with("kronos/config.toml"));
    assert!(default_storage_path().unwrap().ends_with("Kronos Backups"));
    assert!(state_dir().unwrap().ends_with("kronos"));
}
