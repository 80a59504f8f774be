//! What goes in comes out, however it is cut, with equal figures on both sides.

use super::*;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// As `sha256sum` prints it.
fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").expect("a String takes anything");
    }
    hex
}

fn sizes() -> Vec<usize> {
    vec![0, 1, 255, 256, 65_791, 65_792, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 3 * BLOCK_SIZE]
}

#[test]
fn every_size_survives_in_both_codecs() {
    for codec in Codec::ALL {
        for size in sizes() {
            for data in [text(size), noise(size, 3)] {
                let (stored, written) = encode(&data, codec);
                let (restored, read) = decode(&stored).expect("a sound stream");
                assert!(restored == data, "{codec:?} {size}");
                assert_eq!(written, read);
                assert_eq!(written.raw_bytes, size as u64);
                assert_eq!(written.stored_bytes, stored.len() as u64);
                assert_eq!(written.sha256_hex, sha256_hex(&stored));
                assert_eq!(records(&stored, codec).len(), size.div_ceil(BLOCK_SIZE) + 1);
            }
        }
    }
}

#[test]
fn five_mebibytes_of_noise_and_text_survive() {
    let mut data = noise(2 * BLOCK_SIZE + 12_345, 11);
    data.extend(text(5 * BLOCK_SIZE - data.len()));
    for codec in Codec::ALL {
        let (stored, _) = encode(&data, codec);
        assert!(decode(&stored).expect("a sound stream").0 == data);
    }
}

#[test]
fn every_level_survives_and_stays_within_the_longest_frame() {
    let (data, random) = (text(BLOCK_SIZE + 1000), noise(BLOCK_SIZE, 5));
    for codec in Codec::ALL {
        let highest = codec.max_level();
        for level in (1..=highest).filter(|level| soak() || level % 6 == 1 || *level == highest) {
            let settings = CompressionSettings { codec, level };
            for data in [&data, &random] {
                let mut encoder = StreamEncoder::new(Vec::new(), settings).expect("encoder");
                encoder.write_all(data).expect("write");
                let (stored, _) = encoder.finish().expect("finish");
                assert!(decode(&stored).expect("a sound stream").0 == *data);
            }
        }
    }
}

#[test]
fn a_level_beyond_the_codec_is_refused_by_the_encoder() {
    for (codec, beyond) in [(Codec::Gzip, 13), (Codec::Zstd, 20)] {
        for level in [0, beyond, u8::MAX] {
            let settings = CompressionSettings { codec, level };
            let error = StreamEncoder::new(Vec::new(), settings).err().expect("out of range");
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert_eq!(error.to_string(), format!("{codec:?} has no level {level}"));
        }
    }
}

#[test]
fn frames_of_any_content_fit_their_bound() {
    let bound = zstd::zstd_safe::compress_bound(BLOCK_SIZE) + Codec::Zstd.layout().block_header();
    assert!(bound <= super::super::MAX_FRAME);
    for level in 1..=12 {
        let level = libdeflater::CompressionLvl::new(level).expect("level");
        let deflated = libdeflater::Compressor::new(level).deflate_compress_bound(BLOCK_SIZE);
        let bound = deflated + Codec::Gzip.layout().block_header() + 8;
        assert!(bound <= super::super::MAX_FRAME, "{bound}");
    }
}

#[test]
fn the_stream_does_not_depend_on_the_number_of_threads() {
    let data = text(4 * BLOCK_SIZE + 17);
    for codec in Codec::ALL {
        let expected = encode(&data, codec).0;
        for workers in [0, 1, 3, 8] {
            let mut encoder =
                StreamEncoder::with_workers(Vec::new(), fast(codec), workers).expect("encoder");
            encoder.write_all(&data).expect("write");
            assert!(encoder.finish().expect("finish").0 == expected);
            let mut decoder =
                StreamDecoder::with_workers(Cursor::new(expected.clone()), workers).expect("new");
            let mut restored = Vec::new();
            decoder.read_to_end(&mut restored).expect("read");
            assert!(restored == data);
        }
    }
}

#[test]
fn flushing_changes_nothing() {
    let mut encoder = StreamEncoder::new(Vec::new(), fast(Codec::Gzip)).expect("new");
    for part in text(5000).chunks(100) {
        encoder.write_all(part).expect("write");
        encoder.flush().expect("flush");
    }
    assert!(encoder.finish().expect("finish").0 == encode(&text(5000), Codec::Gzip).0);
}

#[test]
fn finish_proves_a_stream_that_was_read_only_in_part() {
    let (stored, stats) = encode(&text(3 * BLOCK_SIZE), Codec::Zstd);
    let mut decoder = StreamDecoder::new(Cursor::new(stored.clone())).expect("new");
    let mut start = [0; 10];
    decoder.read_exact(&mut start).expect("read");
    assert!(decoder.stats().is_none());
    assert_eq!(decoder.finish().expect("finish"), stats);

    let cut = stored[..stored.len() - 1].to_vec();
    let mut decoder = StreamDecoder::new(Cursor::new(cut)).expect("new");
    decoder.read_exact(&mut start).expect("read");
    let error = decoder.finish().expect_err("a truncated stream");
    assert!(matches!(StreamError::of(&error), Some(StreamError::Truncated { .. })));
}

#[test]
fn codecs_are_told_by_their_first_bytes() {
    for codec in Codec::ALL {
        for data in [&b""[..], b"x"] {
            assert_eq!(Codec::detect(&encode(data, codec).0), Some(codec));
        }
    }
    assert_eq!(Codec::detect(&[0x28, 0xb5, 0x2f, 0xfd]), Some(Codec::Zstd));
    for other in [&b""[..], b"\x1f", b"PK\x03\x04", b"\x28\xb5\x2f", b"age-encryption.org"] {
        assert_eq!(Codec::detect(other), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_cut_of_writes_and_reads_survives(
        size in prop_oneof![0..5000_usize, 0..(3 * BLOCK_SIZE)],
        seed in any::<u64>(),
        gzip in any::<bool>(),
        writes in prop::collection::vec(1..400_000_usize, 1..8),
        reads in prop::collection::vec(1..400_000_usize, 1..8),
        workers in 1..5_usize,
    ) {
        let codec = if gzip { Codec::Gzip } else { Codec::Zstd };
        let mut data = noise(size / 2, seed);
        data.extend(text(size - size / 2));
        let mut encoder =
            StreamEncoder::with_workers(Vec::new(), fast(codec), workers)?;
        let mut rest = &data[..];
        for count in writes.iter().cycle() {
            let (now, later) = rest.split_at((*count).min(rest.len()));
            encoder.write_all(now)?;
            rest = later;
            if rest.is_empty() { break; }
        }
        let (stored, written) = encoder.finish()?;
        let mut decoder = StreamDecoder::with_workers(Cursor::new(stored), workers)?;
        let mut restored = Vec::new();
        for count in reads.iter().cycle() {
            let mut space = vec![0; *count];
            let got = decoder.read(&mut space)?;
            restored.extend_from_slice(&space[..got]);
            if got == 0 { break; }
        }
        prop_assert!(restored == data);
        prop_assert_eq!(decoder.stats(), Some(&written));
    }
}
