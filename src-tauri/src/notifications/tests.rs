//! What stands in a notification.

use kronos_engine::event::{RunKind, RunResult, RunState, RunView};
use kronos_engine::ids::{BackupId, RunId};
use kronos_engine::{ErrorCode, ErrorReport};

use super::*;

fn run(kind: RunKind, profile: &str, state: RunState) -> RunView {
    let now = "2026-11-22T15:24:00Z".parse().unwrap();
    let mut view = RunView::queued(RunId::generate(now), kind, profile.into(), 4, now);
    view.state = state;
    view
}

fn backed_up(profile: &str) -> RunView {
    let mut view = run(RunKind::Backup, profile, RunState::Succeeded);
    view.result = Some(RunResult::Backup {
        backup: BackupId::from_text("shop-1"),
        location: "/srv/secret-host/backups/shop-1.kronos".into(),
        stored_bytes: 184_000_000,
        raw_bytes: 400_000_000,
        tables: 42,
        rows: 1000,
        warnings: vec![],
    });
    view
}

fn failed(code: ErrorCode) -> RunView {
    let mut view = run(RunKind::Backup, "shop", RunState::Failed);
    view.error = Some(ErrorReport {
        code,
        what: "`shop` was not backed up".into(),
        why: "db.example.org refused hunter2".into(),
        next_step: None,
        not_affected: None,
        details: "postgres://app:hunter2@db.example.org".into(),
        field: None,
    });
    view
}

#[test]
fn a_backup_is_told_with_its_size_and_what_to_do_next() {
    let note = Note::about(&backed_up("shop")).unwrap();
    assert_eq!(note.title, "Backup finished");
    assert_eq!(
        note.body,
        "“shop” is backed up and checked, 184 MB. Open Kronos to see what is in it."
    );
}

#[test]
fn markup_in_a_name_stays_text() {
    let note =
        Note::about(&backed_up("<a href=\"http://x\">&amp;</a>\u{202e}\n\u{1b}[1m")).unwrap();
    assert!(note.body.contains("“&lt;a href=\"http://x\"&gt;&amp;amp;&lt;/a&gt;[1m”"), "{note:?}");
    assert_eq!(note.title, "Backup finished");
}

#[test]
fn a_long_name_is_cut_between_letters_not_inside_an_escape() {
    let note = Note::about(&backed_up(&"<ü".repeat(200))).unwrap();
    assert!(note.body.starts_with("“&lt;ü&lt;ü"));
    assert!(note.body.contains("&lt;ü…”"), "{note:?}");
    assert!(note.body.len() < 400);
}

#[test]
fn a_failure_says_the_next_step_and_neither_host_nor_secret() {
    for code in [ErrorCode::StorageFull, ErrorCode::SourceLocked, ErrorCode::SourceFailed] {
        let note = Note::about(&failed(code)).unwrap();
        assert_eq!(note.title, "Backup failed");
        assert!(note.body.starts_with("“shop”: ") && note.body.ends_with('.'), "{note:?}");
        assert!(!note.body.contains("example") && !note.body.contains("hunter2"), "{note:?}");
    }
}

#[test]
fn a_run_that_the_user_stopped_is_not_told() {
    assert_eq!(Note::about(&run(RunKind::Restore, "shop", RunState::Cancelled)), None);
}
