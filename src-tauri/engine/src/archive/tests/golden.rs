//! Archives of format 1 that were written once and are kept for ever.

use std::fs;
use std::path::PathBuf;

use super::*;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/format-1"))
}

fn content() -> [(&'static str, Vec<u8>); 3] {
    [
        ("shop.db", b"orders and customers\n".repeat(300)),
        ("Größe.db", noise(1000)),
        ("empty", vec![]),
    ]
}

fn path(codec: Codec) -> PathBuf {
    folder().join(format!("{}.{}", header().id, codec.extension()))
}

#[test]
fn format_1_stays_readable() {
    for codec in Codec::ALL {
        let path = path(codec);
        let stored = fs::read(&path).expect("the fixture");
        let json = fs::read(format!("{}.json", path.display())).expect("its sidecar");
        let sidecar = Sidecar::from_json(NAME, &json).expect("a sidecar");
        let verified = check(&stored, Some(&sidecar)).expect("readable for ever");
        assert_eq!(verified.manifest.header, header());
        assert_eq!(verified.manifest.finished_at, closing(3).finished_at);
        assert_eq!(verified.manifest.consistency, closing(3).consistency);
        assert_eq!(verified.manifest.warnings, closing(3).warnings);
        for (index, (name, content)) in content().iter().enumerate() {
            let unit = &verified.manifest.units[index];
            assert_eq!((&*unit.name, &*unit.source), (*name, &*format!("/srv/{name}")));
            assert_eq!(unit.objects, closing(3).facts[index].objects);
            assert_eq!(unit.properties, closing(3).facts[index].properties);
            let (restored, result) = take(&stored, &verified.manifest, index);
            result.expect("extracted");
            assert!(restored == *content, "{name}");
        }
    }
}

/// Run by hand, once per format: `cargo test -p kronos-engine write_the_golden -- --ignored`.
#[test]
#[ignore = "writes the fixtures; a released fixture is never written again"]
fn write_the_golden_files() {
    fs::create_dir_all(folder()).expect("the folder");
    for codec in Codec::ALL {
        let units = content();
        let units: Vec<(&str, &[u8])> =
            units.iter().map(|(name, content)| (*name, content.as_slice())).collect();
        let written = archive(codec, &units);
        let path = path(codec);
        assert!(!path.exists(), "{} is never written again", path.display());
        let mut sidecar = sidecar(&written, codec);
        sidecar.archive = format!("{}.{}", header().id, codec.extension());
        fs::write(format!("{}.json", path.display()), sidecar.to_json().expect("json"))
            .expect("its sidecar");
        fs::write(path, written.sink).expect("the fixture");
    }
}
