//! No change of a stored archive goes unnoticed, with the sidecar and without.

use super::*;

/// Flips each bit of these bytes of the archive and checks it without the sidecar, and one bit of each
/// byte (`KRONOS_SOAK=full`: each) with it: how many bits there were, and how many checks found nothing.
fn flip(stored: &[u8], sidecar: &Sidecar, bytes: std::ops::Range<usize>) -> (usize, usize) {
    let (mut tried, mut undetected) = (0, 0);
    for bit in bytes.start * 8..bytes.end * 8 {
        let mut changed = stored.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        tried += 1;
        let with_sidecar = soak() || bit % 8 == bit / 8 % 8;
        for expected in [None, Some(sidecar)].into_iter().take(1 + usize::from(with_sidecar)) {
            match check(&changed, expected) {
                Ok(_) => undetected += 1,
                Err(Error::Archive(error)) => assert!(
                    expected.is_none() || !matches!(error, ArchiveError::NotAnArchive { .. }),
                    "bit {bit}: {error}"
                ),
                Err(other) => panic!("bit {bit}: {other}"),
            }
        }
    }
    (tried, undetected)
}

#[test]
fn every_flipped_bit_is_noticed() {
    for codec in Codec::ALL {
        let written = smallest(codec);
        let sidecar = sidecar(&written, codec);
        let len = written.sink.len();
        // Each check waits for its own threads most of the time, so that several at once are faster.
        let results = std::thread::scope(|scope| {
            let quarters: Vec<_> = (0..4)
                .map(|quarter| len * quarter / 4..len * (quarter + 1) / 4)
                .map(|bytes| scope.spawn(|| flip(&written.sink, &sidecar, bytes)))
                .collect();
            quarters.into_iter().map(|quarter| quarter.join().expect("checked")).collect::<Vec<_>>()
        });
        let tried: usize = results.iter().map(|(tried, _)| tried).sum();
        let undetected: usize = results.iter().map(|(_, undetected)| undetected).sum();
        println!("{codec:?}: {tried} bits of {len} bytes flipped, {undetected} undetected");
        assert_eq!(tried, len * 8);
        assert!(tried > 8000 && undetected == 0);
    }
}

#[test]
fn every_truncation_is_noticed() {
    for codec in Codec::ALL {
        let written = smallest(codec);
        let sidecar = sidecar(&written, codec);
        let total = written.sink.len() as u64;
        let mut tried = 0;
        for len in 0..written.sink.len() {
            let error = archive_error(check(&written.sink[..len], Some(&sidecar)), "a cut");
            let ArchiveError::Truncated { found, expected, .. } = error else {
                panic!("{len}: {error}")
            };
            assert_eq!((found, expected), (len as u64, Some(total)));
            let error = archive_error(check(&written.sink[..len], None), "a cut");
            match error {
                ArchiveError::Truncated { found, expected: None, .. } if len > 0 => {
                    assert_eq!(found, len as u64);
                }
                ArchiveError::NotAnArchive { detail, .. } if len == 0 => {
                    assert_eq!(detail, "it is empty");
                }
                other => panic!("{len}: {other}"),
            }
            if soak() || len % 8 == 0 {
                let (_, result) = take(&written.sink[..len], &written.manifest, 0);
                archive_error(result, "a cut while extracting");
            }
            tried += 1;
        }
        println!("{codec:?}: {tried} truncations tried, 0 undetected");
        assert!(tried > 500, "{tried}");
    }
}

#[test]
fn anything_after_the_end_is_noticed() {
    for codec in Codec::ALL {
        let written = small(codec);
        for extra in [&b"\0"[..], &[0; 512], b"x", &written.sink] {
            let longer = [&written.sink, extra].concat();
            let error = archive_error(check(&longer, None), "something after the end");
            assert!(error.to_string().contains("something follows its end"), "{error}");
        }
    }
}

#[test]
fn foreign_files_are_named_for_what_they_are() {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("write");
        encoder.finish().expect("finish")
    };
    let plain_tar = open(&small(Codec::Gzip).sink);
    let cases = [
        (gzip(&plain_tar), "it is a `.tar.gz` that another program wrote"),
        (plain_tar.clone(), "it is a tar that is not compressed"),
        (b"SQLite format 3\0....".to_vec(), "it is an SQLite database"),
        (b"PK\x03\x04....".to_vec(), "it is a ZIP file"),
        (b"-- dump".to_vec(), "it is a text file"),
        (Vec::new(), "it is empty"),
        (
            zstd::encode_all(&plain_tar[..], 1).expect("zstd"),
            "it is a Zstandard file that another program wrote",
        ),
    ];
    for (file, what) in cases {
        for result in
            [check(&file, None).map(drop), peek_header(Cursor::new(file.clone()), NAME).map(drop)]
        {
            let error = archive_error(result, what);
            assert_eq!(error.to_string(), format!("`{NAME}` is not a Kronos archive: {what}"));
        }
    }
}
