//! Edits at the same time: none is lost, readers never see half a file, waiting is bounded.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use super::{PUBLISHED, Scene, sqlite};
use crate::config::edit::LOCK_WAIT;

#[test]
fn edits_at_the_same_time_are_all_kept() {
    let scene = Scene::new(PUBLISHED);
    let file = scene.file();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                file.load().unwrap();
            }
        });
        let writers: Vec<_> = (0..8)
            .map(|n| {
                let edit = sqlite(&format!("p{n}"), &[&format!("/p{n}")]);
                let file = &file;
                scope.spawn(move || file.save_profile(None, &edit).unwrap())
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    assert_eq!(file.load().unwrap().profiles.len(), 9);
}

#[test]
fn waiting_for_another_edit_ends() {
    let scene = Scene::new(PUBLISHED);
    let lock = fs::File::create(scene.folder.path().join(".config.toml.lock")).unwrap();
    lock.lock().unwrap();
    let start = Instant::now();
    let error = scene.file().remove_profile("sqlite").unwrap_err().to_string();
    assert!(error.ends_with("another program is changing the configuration"), "{error}");
    assert!(start.elapsed() >= LOCK_WAIT && start.elapsed() < LOCK_WAIT * 3);
    drop(lock);
    scene.file().remove_profile("sqlite").unwrap();
}
