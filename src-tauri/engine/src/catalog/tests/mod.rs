//! Rows go in and come out; what a damaged file or a hostile sidecar does is in the modules below.

mod damage;
mod hostile;
mod rescan;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use super::*;
use crate::archive::{FORMAT_VERSION, Header, Manifest, Part, Sidecar, Unit};
use crate::config::Codec;
use crate::contents::{Consistency, ObjectCount, ObjectKind, ServerInfo, UnitKind};
use crate::event::{RunKind, RunState, RunView};
use crate::ids::{BackupId, EngineKind, RunId};
use crate::view::BackupStatus;

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A backup of `profile` that was made `hour` hours after a fixed moment.
fn sidecar(profile: &str, hour: i64) -> Sidecar {
    let created_at = instant("2026-11-22T13:54:01.250Z") + hour.hours();
    let id = BackupId::from_text(format!("{profile}_{hour:05}"));
    let object = |kind, name: &str, rows| ObjectCount { kind, name: name.to_owned(), rows };
    let unit = Unit {
        name: "shop.db".to_owned(),
        source: "/srv/shop.db".to_owned(),
        size: 4096,
        sha256: "0".repeat(64),
        parts: vec![Part {
            member: "data/shop.sqlite".to_owned(),
            size: 4096,
            sha256: "0".repeat(64),
        }],
        objects: vec![
            object(ObjectKind::Table, "orders", Some(7)),
            object(ObjectKind::VirtualTable, "search", Some(3)),
            object(ObjectKind::View, "open", None),
        ],
        properties: BTreeMap::from([("page_size".to_owned(), "4096".to_owned())]),
        kind: UnitKind::Database,
        left_out: Vec::new(),
    };
    let header = Header {
        format: FORMAT_VERSION,
        id: id.clone(),
        profile: profile.to_owned(),
        engine: EngineKind::Sqlite,
        created_at,
        kronos_version: "0.1.0".to_owned(),
        server: ServerInfo { version: "SQLite 3.54.1".to_owned(), ..ServerInfo::default() },
    };
    let consistency = Consistency { label: "One committed moment".to_owned(), snapshot: true };
    let manifest = Manifest {
        header,
        finished_at: created_at + 1.minutes(),
        consistency,
        units: vec![unit],
        warnings: vec!["Ein `Hinweis` für \"Ä\"".to_owned()],
    };
    Sidecar {
        archive: format!("{id}.tar.gz"),
        size: 1000 + hour.unsigned_abs(),
        sha256: "ab".repeat(32),
        codec: Codec::Gzip,
        verified_at: created_at + 2.minutes(),
        manifest,
        safety: None,
    }
}

fn run(profile: &str, hour: i64, state: RunState) -> RunView {
    let started_at = instant("2026-11-22T13:54:01.250Z") + hour.hours();
    let id = RunId::from_text(format!("{profile}-{hour:06}"));
    let mut view = RunView::queued(id, RunKind::Backup, profile.to_owned(), 4, started_at);
    view.state = state;
    view.finished_at = state.is_final().then_some(started_at);
    view
}

fn ids(catalog: &Catalog) -> Vec<String> {
    catalog.backups().unwrap().iter().map(|row| format!("{}/{}", row.storage, row.id)).collect()
}

#[test]
fn a_row_has_what_the_sidecar_says() {
    let catalog = Catalog::in_memory().unwrap();
    let sidecar = sidecar("shop", 1);
    catalog.put_backup("disk", &sidecar, BackupStatus::Verified).unwrap();
    let (row, stored) = catalog.backup(&sidecar.manifest.header.id, |_| true).unwrap().unwrap();
    assert_eq!(stored, sidecar);
    let expected = BackupRecord {
        id: sidecar.manifest.header.id.clone(),
        profile: "shop".to_owned(),
        engine: EngineKind::Sqlite,
        created_at: sidecar.manifest.header.created_at,
        stored_bytes: 1001,
        raw_bytes: 4096,
        databases: 1,
        tables: 2,
        rows: 10,
        storage: "disk".to_owned(),
        archive: "shop_00001.tar.gz".to_owned(),
        status: BackupStatus::Verified,
        verified_at: sidecar.verified_at,
        warnings: sidecar.manifest.warnings.clone(),
        safety: None,
        restore_test: None,
    };
    assert_eq!(row, expected);
    assert_eq!(catalog.backups().unwrap(), [expected]);
    assert_eq!(catalog.backup(&BackupId::from_text("other"), |_| true).unwrap(), None);
}

#[test]
fn the_newest_comes_first_and_the_same_id_may_be_in_two_storages() {
    let catalog = Catalog::in_memory().unwrap();
    for (storage, hour) in [("disk", 2), ("disk", 9), ("usb", 9), ("disk", 5)] {
        catalog.put_backup(storage, &sidecar("shop", hour), BackupStatus::Verified).unwrap();
    }
    let all = ["disk/shop_00009", "usb/shop_00009", "disk/shop_00005", "disk/shop_00002"];
    assert_eq!(ids(&catalog), all);
    let id = BackupId::from_text("shop_00009");
    let at = instant("2026-12-01T00:00:00Z");
    catalog.set_status("disk", &id, BackupStatus::Missing, at).unwrap();
    let (best, _) = catalog.backup(&id, |_| true).unwrap().unwrap();
    assert_eq!((best.storage.as_str(), best.status), ("usb", BackupStatus::Verified));
    catalog.set_status("usb", &id, BackupStatus::Damaged, at).unwrap();
    let (best, _) = catalog.backup(&id, |_| true).unwrap().unwrap();
    assert_eq!((best.status, best.verified_at), (BackupStatus::Damaged, at));
    assert_eq!(catalog.newest_good("shop").unwrap().unwrap().id.as_str(), "shop_00005");
    assert_eq!(catalog.newest_good("other").unwrap(), None);
    catalog.remove_backup("disk", &id).unwrap();
    catalog.remove_backup("disk", &id).unwrap();
    assert_eq!(ids(&catalog), all[1..]);
}

#[test]
fn a_backup_is_looked_for_only_where_it_is_wanted() {
    for (old, new) in [("a", "b"), ("b", "a")] {
        let catalog = Catalog::in_memory().unwrap();
        let sidecar = sidecar("shop", 1);
        let id = &sidecar.manifest.header.id;
        catalog.put_backup(old, &sidecar, BackupStatus::Verified).unwrap();
        catalog.put_backup(new, &sidecar, BackupStatus::Damaged).unwrap();
        let (found, _) = catalog.backup(id, |storage| storage == new).unwrap().unwrap();
        assert_eq!(found.storage, new);
        assert_eq!(catalog.backup(id, |_| false).unwrap(), None);
        catalog.keep_storages(&[new.to_owned()]).unwrap();
        assert_eq!(ids(&catalog), [format!("{new}/{id}")]);
    }
}

#[test]
fn a_missing_archive_keeps_the_date_of_its_last_check() {
    let catalog = Catalog::in_memory().unwrap();
    let sidecar = sidecar("shop", 1);
    catalog.put_backup("disk", &sidecar, BackupStatus::Verified).unwrap();
    let id = &sidecar.manifest.header.id;
    catalog.set_status("disk", id, BackupStatus::Missing, Timestamp::now()).unwrap();
    let (row, _) = catalog.backup(id, |_| true).unwrap().unwrap();
    assert_eq!((row.status, row.verified_at), (BackupStatus::Missing, sidecar.verified_at));
}

#[test]
fn runs_are_listed_newest_first_and_only_ended_ones_are_last() {
    let catalog = Catalog::in_memory().unwrap();
    catalog.put_run(&run("shop", 3, RunState::Running)).unwrap();
    catalog.put_run(&run("shop", 1, RunState::Succeeded)).unwrap();
    catalog.put_run(&run("shop", 2, RunState::Failed)).unwrap();
    catalog.put_run(&run("blog", 4, RunState::Cancelled)).unwrap();
    assert_eq!(
        catalog.last_run(RunKind::Backup, "shop").unwrap().unwrap(),
        run("shop", 2, RunState::Failed)
    );
    catalog.put_run(&run("shop", 3, RunState::Warned)).unwrap();
    assert_eq!(catalog.last_run(RunKind::Backup, "shop").unwrap().unwrap().state, RunState::Warned);
    assert_eq!(catalog.last_run(RunKind::Backup, "other").unwrap(), None);
    let newest: Vec<_> = catalog.runs(3).unwrap().iter().map(|run| run.id.to_string()).collect();
    assert_eq!(newest, ["blog-000004", "shop-000003", "shop-000002"]);
}

#[test]
fn old_runs_are_forgotten_but_not_the_last_one_of_a_profile() {
    let catalog = Catalog::in_memory().unwrap();
    catalog.put_run(&run("rare", 0, RunState::Succeeded)).unwrap();
    for hour in 1..=20 {
        catalog.put_run(&run("shop", hour, RunState::Succeeded)).unwrap();
    }
    catalog.run(|connection| runs::forget_oldest(connection, 5)).unwrap();
    let left: Vec<_> = catalog.runs(100).unwrap().iter().map(|run| run.id.to_string()).collect();
    let newest = ["shop-000020", "shop-000019", "shop-000018", "shop-000017", "shop-000016"];
    assert_eq!(left[..5], newest);
    assert_eq!(left[5..], ["rare-000000"]);
    catalog.run(|connection| runs::forget_oldest(connection, 5000)).unwrap();
    assert_eq!(catalog.runs(100).unwrap().len(), 6);
}

#[test]
fn a_new_catalog_is_empty_private_and_found_again() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state/kronos/catalog.sqlite");
    let opened = Catalog::open(&path).unwrap();
    assert_eq!(opened.start, Start::New);
    opened.catalog.put_backup("disk", &sidecar("shop", 1), BackupStatus::Verified).unwrap();
    opened.catalog.put_run(&run("shop", 1, RunState::Succeeded)).unwrap();
    #[cfg(unix)]
    for file in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.path());
    }
    let again = Catalog::open(&path).unwrap();
    assert_eq!(again.start, Start::Kept);
    assert_eq!(ids(&again.catalog), ["disk/shop_00001"]);
    drop((opened, again));
    let later = Catalog::open(&path).unwrap();
    assert_eq!((later.start, later.catalog.runs(9).unwrap().len()), (Start::Kept, 1));
}

#[test]
fn many_processes_may_open_and_write_at_once() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("catalog.sqlite");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let opened = Catalog::open(path).unwrap();
                assert!(!matches!(opened.start, Start::Replaced { .. }), "{:?}", opened.start);
                for hour in 0..20 {
                    let sidecar = sidecar("shop", thread * 100 + hour);
                    opened.catalog.put_backup("d", &sidecar, BackupStatus::Verified).unwrap();
                }
            });
        }
    });
    let opened = Catalog::open(&path).unwrap();
    assert_eq!((opened.start, opened.catalog.backups().unwrap().len()), (Start::Kept, 160));
}
