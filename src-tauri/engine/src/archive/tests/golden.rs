//! Archives of format 1 that were written once and are kept for ever: one of database files, and one of
//! streams, of which the longer one is cut into parts.

use std::fs;
use std::path::PathBuf;

use super::*;

/// An archive that is kept: its id, and what is in it.
struct Golden {
    id: &'static str,
    units: Vec<(&'static str, Vec<u8>)>,
    /// The length of the parts, where they are streams.
    cut_at: Option<usize>,
}

fn goldens() -> [Golden; 2] {
    let files = vec![
        ("shop.db", b"orders and customers\n".repeat(300)),
        ("Größe.db", noise(1000)),
        ("empty", vec![]),
    ];
    let streams = vec![
        ("shop", b"COPY orders FROM stdin;\n".repeat(300)),
        ("fits", noise(1000)),
        ("empty", vec![]),
    ];
    [
        Golden { id: "shop_20261122T135401.250Z_k3v9x0", units: files, cut_at: None },
        Golden { id: "shop_20261122T135401.250Z_streams", units: streams, cut_at: Some(1000) },
    ]
}

impl Golden {
    fn header(&self) -> Header {
        Header { id: BackupId::from_text(self.id), ..header() }
    }

    fn path(&self, codec: Codec) -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/format-1"))
            .join(format!("{}.{}", self.id, codec.extension()))
    }

    fn write(&self, codec: Codec) -> Written<Vec<u8>> {
        let plan = self.units.iter().map(|(name, _)| match self.cut_at {
            None => planned(name),
            Some(_) => planned_stream(name),
        });
        let settings = CompressionSettings::default_for(codec);
        let writer = ArchiveWriter::new(Vec::new(), settings, self.header(), plan.collect());
        let mut writer = writer.expect("a writer").cut_at(self.cut_at.unwrap_or(PART_SIZE));
        for (name, content) in &self.units {
            let source = &mut &content[..];
            match self.cut_at {
                None => add(&mut writer, name, content.len() as u64, source),
                Some(_) => add_stream(&mut writer, name, source),
            }
            .expect("added");
        }
        writer.finish(closing(self.units.len())).expect("finished")
    }

    fn assert_readable(&self, codec: Codec) {
        let path = self.path(codec);
        let stored = fs::read(&path).expect("the fixture");
        let json = fs::read(format!("{}.json", path.display())).expect("its sidecar");
        let sidecar = Sidecar::from_json(NAME, &json).expect("a sidecar");
        let verified = check(&stored, Some(&sidecar)).expect("readable for ever");
        assert_eq!(verified.manifest.header, self.header());
        let closing = closing(self.units.len());
        assert_eq!(verified.manifest.finished_at, closing.finished_at);
        assert_eq!(verified.manifest.consistency, closing.consistency);
        assert_eq!(verified.manifest.warnings, closing.warnings);
        for (index, (name, content)) in self.units.iter().enumerate() {
            let unit = &verified.manifest.units[index];
            assert_eq!((&*unit.name, &*unit.source), (*name, &*format!("/srv/{name}")));
            assert_eq!(unit.objects, closing.facts[index].objects);
            assert_eq!(unit.properties, closing.facts[index].properties);
            let (restored, result) = take(&stored, &verified.manifest, index);
            result.expect("extracted");
            assert!(restored == *content, "{name}");
            let parts = self.cut_at.map_or(1, |size| content.len().div_ceil(size).max(1));
            assert_eq!(unit.parts.len(), parts, "{name}");
        }
    }
}

#[test]
fn format_1_stays_readable() {
    for codec in Codec::ALL {
        for golden in goldens() {
            golden.assert_readable(codec);
        }
    }
}

/// Run by hand, once per example: `cargo test -p kronos-engine write_the_golden -- --ignored`. What is
/// there already stays as it is.
#[test]
#[ignore = "writes the fixtures; a released fixture is never written again"]
fn write_the_golden_files() {
    for codec in Codec::ALL {
        for golden in goldens() {
            let path = golden.path(codec);
            if path.exists() {
                continue;
            }
            let written = golden.write(codec);
            let sidecar = sidecar(&written, codec);
            fs::write(format!("{}.json", path.display()), sidecar.to_json().expect("json"))
                .expect("its sidecar");
            fs::write(path, written.sink).expect("the fixture");
        }
    }
}
