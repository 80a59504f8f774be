//! Sidecars that somebody else wrote.

use proptest::prelude::*;

use super::rescan::{key, plant};
use super::*;
use crate::catalog::sidecar::{MAX_BYTES, accept};
use crate::storage::MemoryStorage;

fn refused(change: impl FnOnce(&mut Sidecar)) -> String {
    let mut changed = sidecar("shop", 1);
    change(&mut changed);
    let json = serde_json::to_vec(&changed).unwrap();
    accept(&key("shop_00001.tar.gz"), &json).unwrap_err()
}

#[test]
fn what_cannot_be_ours_is_refused() {
    let json = serde_json::to_vec(&sidecar("shop", 1)).unwrap();
    assert_eq!(accept(&key("shop_00001.tar.gz"), &json).unwrap(), sidecar("shop", 1));
    assert!(accept(&key("shop_00002.tar.gz"), &json).is_err());
    let other = BackupId::from_text("../../etc/passwd");
    assert_eq!(refused(|s| s.manifest.header.id = other), "its id is not its file name");
    assert_eq!(refused(|s| s.codec = Codec::Zstd), "its id is not its file name");
    assert_eq!(refused(|s| s.archive = "/etc/passwd".into()), "it speaks for another archive");
    assert_eq!(refused(|s| s.manifest.header.format = 2), "it has another format");
    assert_eq!(refused(|s| s.sha256 = "AB".repeat(32)), "its hash is not one");
    assert_eq!(
        refused(|s| s.manifest.header.profile = "a\x1b[2J".into()),
        "its profile is not a name"
    );
    assert_eq!(refused(|s| s.manifest.header.profile.clear()), "its profile is not a name");
    assert_eq!(refused(|s| s.manifest.warnings[0] = "x".repeat(10_001)), "a text is too long");
    assert_eq!(refused(|s| s.size = u64::MAX), "its size is impossible");
    let twice = |s: &mut Sidecar| {
        s.manifest.units[0].size = u64::MAX;
        s.manifest.units.push(s.manifest.units[0].clone());
    };
    assert_eq!(refused(twice), "its numbers are impossible");
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    for text in ["[".repeat(1 << 20), "{\"a\":".repeat(1 << 20)] {
        assert!(accept(&key("shop_00001.tar.gz"), text.as_bytes()).is_err());
    }
}

#[tokio::test]
async fn an_oversized_sidecar_is_not_read() {
    let storage = MemoryStorage::new();
    let catalog = Arc::new(Catalog::in_memory().unwrap());
    plant(&storage, &sidecar("shop", 1));
    let mut padded = serde_json::to_vec(&sidecar("shop", 2)).unwrap();
    padded.resize(usize::try_from(MAX_BYTES).unwrap() + 1, b' ');
    storage.plant(&key("shop_00002.tar.gz.json"), padded);
    let report = reconcile(&catalog, "disk", &storage).await.unwrap();
    assert_eq!((report.present, report.unreadable), (1, 1));
}

/// Puts `json` beside an archive and looks: it must be listed or counted as unreadable, and whatever
/// is listed must be readable again.
fn rescan(json: Vec<u8>) {
    let storage = MemoryStorage::new();
    let catalog = Arc::new(Catalog::in_memory().unwrap());
    storage.plant(&key("shop_00001.tar.gz"), vec![0; 1001]);
    storage.plant(&key("shop_00001.tar.gz.json"), json);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let report = runtime.block_on(reconcile(&catalog, "disk", &storage)).unwrap();
    let rows = catalog.backups().unwrap();
    assert_eq!(report.added + report.unreadable, 1);
    assert_eq!(rows.len() as u64, report.added);
    for row in rows {
        assert_eq!(row.id.as_str(), "shop_00001");
        assert!(catalog.backup(&row.id, |_| true).unwrap().is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_survived(json in proptest::collection::vec(any::<u8>(), 0..2000)) {
        rescan(json);
    }

    #[test]
    fn a_bent_sidecar_is_survived(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6)
    ) {
        let mut json = serde_json::to_vec(&sidecar("shop", 1)).unwrap();
        for (index, byte, kind) in changes {
            let at = index.index(json.len());
            match kind {
                0 => json[at] = byte,
                1 => json.insert(at, byte),
                _ => json.truncate(at + 1),
            }
        }
        rescan(json);
    }

    #[test]
    fn any_values_are_survived(
        texts in proptest::collection::vec(".{0,300}", 6),
        numbers in proptest::collection::vec(any::<u64>(), 3),
        bits in 0..64_u32,
    ) {
        let mut sidecar = sidecar("shop", 1);
        let unit = &mut sidecar.manifest.units[0];
        unit.name.clone_from(&texts[0]);
        unit.source.clone_from(&texts[1]);
        unit.size = numbers[0] >> bits;
        unit.objects[0].rows = Some(numbers[1] >> bits);
        unit.properties.insert(texts[2].clone(), texts[3].clone());
        sidecar.size = numbers[2] >> bits;
        sidecar.manifest.warnings = texts.clone();
        sidecar.manifest.header.profile.clone_from(&texts[4]);
        sidecar.manifest.header.kronos_version.clone_from(&texts[5]);
        rescan(serde_json::to_vec(&sidecar).unwrap());
    }
}
