//! What went in comes out, and only to whom it belongs.

use super::*;

/// Makes a sidecar wrong.
type Change = fn(&mut Sidecar);

#[test]
fn databases_come_back_byte_by_byte() {
    let big = noise(3 * (1 << 20) + 777);
    let text = b"INSERT\n".repeat(70_000);
    for codec in Codec::ALL {
        for units in [
            vec![("shop.db", &big[..])],
            vec![("a", &text[..]), ("A", &big), ("b", &b"x"[..])],
            vec![("empty", &b""[..])],
            vec![("block", &big[..512]), ("block", &big[..1024]), ("block", &big[..511])],
        ] {
            let written = archive(codec, &units);
            let mut bytes = 0;
            let source = Cursor::new(written.sink.clone());
            let expected = sidecar(&written, codec);
            let verified = verify(source, NAME, Some(&expected), &mut |count| {
                bytes += count;
                Ok(())
            })
            .expect("sound");
            assert_eq!(verified.manifest, written.manifest);
            assert_eq!((&verified.stats, verified.codec), (&written.stats, codec));
            assert_eq!(check(&written.sink, None).expect("sound"), verified);
            assert_eq!(bytes, written.manifest.raw_bytes());
            for (index, (name, content)) in units.iter().enumerate() {
                assert_eq!(written.manifest.units[index].name, *name);
                let (restored, result) = take(&written.sink, &written.manifest, index);
                result.expect("extracted");
                assert!(restored == *content, "{name}");
            }
        }
    }
}

#[test]
fn the_header_can_be_read_alone() {
    for codec in Codec::ALL {
        let written = small(codec);
        let peeked = peek_header(Cursor::new(written.sink), NAME).expect("a header");
        assert_eq!(peeked, header());
    }
}

#[test]
fn a_sidecar_survives_its_own_json() {
    let written = small(Codec::Zstd);
    let sidecar = sidecar(&written, Codec::Zstd);
    let json = sidecar.to_json().expect("json");
    assert_eq!(Sidecar::from_json(NAME, &json).expect("a sidecar"), sidecar);
    for cut in 0..json.len() - 2 {
        archive_error(Sidecar::from_json(NAME, &json[..cut]), "a cut sidecar");
    }
}

#[test]
fn unknown_fields_are_passed_over() {
    let written = small(Codec::Gzip);
    let mut entries = entries(&written.sink);
    for index in [0, entries.len() - 1] {
        let mut json: serde_json::Value =
            serde_json::from_slice(&entries[index].content).expect("json");
        json["later"] = serde_json::json!({ "x": [1, { "y": null }] });
        let name = if index == 0 { "kronos.json" } else { "manifest.json" };
        entries[index] = Entry::new(name, json.to_string().as_bytes());
    }
    let stored = sealed(&tar_of(&entries), Codec::Gzip);
    assert_eq!(check(&stored, None).expect("sound").manifest, written.manifest);
}

#[test]
fn a_sidecar_of_another_archive_is_noticed() {
    let written = small(Codec::Gzip);
    let good = sidecar(&written, Codec::Gzip);
    check(&written.sink, Some(&good)).expect("sound");
    let changes: [(&str, Change); 12] = [
        ("size", |sidecar| sidecar.size += 1),
        ("SHA-256", |sidecar| sidecar.sha256 = "0".repeat(64)),
        ("no SHA-256", |sidecar| sidecar.sha256 = "x".to_owned()),
        ("codec", |sidecar| sidecar.codec = Codec::Zstd),
        ("profile", |sidecar| sidecar.manifest.header.profile.push('x')),
        ("unit size", |sidecar| {
            sidecar.manifest.units[0].size += 1;
            sidecar.manifest.units[0].parts[0].size += 1;
        }),
        ("name", |sidecar| sidecar.archive = "other.tar.gz".to_owned()),
        ("name with another ending", |sidecar| sidecar.archive.push('2')),
        ("name of the other codec", |sidecar| {
            sidecar.archive = sidecar.archive.replace("tar.gz", "tar.zst");
        }),
        ("id and name", |sidecar| {
            sidecar.manifest.header.id = BackupId::from_text("other");
            sidecar.archive = "other.tar.gz".to_owned();
        }),
        ("warnings", |sidecar| sidecar.manifest.warnings.clear()),
        ("no units", |sidecar| sidecar.manifest.units.clear()),
    ];
    for (what, change) in changes {
        let mut other = good.clone();
        change(&mut other);
        let error = archive_error(check(&written.sink, Some(&other)), what);
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{what}: {error}");
    }
}

#[test]
fn an_archive_swapped_between_the_two_passes_is_refused() {
    let first = archive(Codec::Gzip, &[("a", b"right"), ("b", b"same")]);
    let second = archive(Codec::Gzip, &[("a", b"wrong"), ("b", b"same")]);
    for unit in [0, 1] {
        let (sink, result) = take(&second.sink, &first.manifest, unit);
        archive_error(result, "another archive");
        assert!(sink.len() <= 5);
    }
    let longer = archive(Codec::Gzip, &[("a", b"longer than declared"), ("b", b"same")]);
    let (sink, result) = take(&longer.sink, &first.manifest, 0);
    archive_error(result, "a longer database");
    assert_eq!(sink, b"", "nothing is handed on once the size differs");
    let (_, result) = take(&first.sink, &first.manifest, 2);
    assert!(matches!(result, Err(Error::Unknown { kind: "database", .. })));
}

#[test]
fn cancelling_ends_both_passes() {
    let written = small(Codec::Gzip);
    let mut cancelled = |_| Err(Error::Cancelled);
    let source = Cursor::new(written.sink.clone());
    let result = verify(source, NAME, None, &mut cancelled);
    assert!(matches!(result, Err(Error::Cancelled)));
    let source = Cursor::new(written.sink);
    let result = extract(source, NAME, &written.manifest, 0, &mut Vec::new(), &mut cancelled);
    assert!(matches!(result, Err(Error::Cancelled)));
}

/// Gives `first`, then an error of the system.
struct Breaks(Cursor<Vec<u8>>);

impl Read for Breaks {
    fn read(&mut self, space: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(space)? {
            0 => Err(std::io::ErrorKind::TimedOut.into()),
            count => Ok(count),
        }
    }
}

#[test]
fn a_disk_that_fails_is_no_damage() {
    let stored = small(Codec::Gzip).sink;
    let mut tried = 0;
    for len in 0..=stored.len() {
        let source = Breaks(Cursor::new(stored[..len].to_vec()));
        let error = archive_error(verify(source, NAME, None, &mut quiet), "a failing disk");
        assert!(matches!(error, ArchiveError::Io { .. }), "after {len} bytes: {error}");
        tried += 1;
    }
    assert!(tried > 500, "{tried}");
}

struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_sink_that_fails_is_not_the_archives_fault() {
    let written = small(Codec::Gzip);
    let source = Cursor::new(written.sink);
    let result = extract(source, NAME, &written.manifest, 0, &mut Full, &mut quiet);
    let error = result.expect_err("a full disk");
    assert_eq!(error.to_string(), "Cannot write `shop.db`: no storage space");
    assert_eq!(error.code(), crate::ErrorCode::StorageFull);
}
