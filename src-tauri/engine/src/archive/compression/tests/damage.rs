//! No change of a stored stream goes unnoticed.

use super::super::seal::{Tally, record};
use super::*;
use std::io::Write as _;

/// Three blocks that compress to almost nothing, so that every byte of the stream can be tried.
fn sparse() -> Vec<u8> {
    let mut data = vec![0; 2 * BLOCK_SIZE + 777];
    data[5] = 1;
    data[BLOCK_SIZE + 5] = 2;
    data
}

/// A stream of these blocks with a seal that fits them: what a careful forger would make.
fn sealed(blocks: &[Vec<u8>], raw_lens: &[usize], codec: Codec) -> Vec<u8> {
    let mut tally = Tally::default();
    let mut stored = Vec::new();
    for (block, raw_len) in blocks.iter().zip(raw_lens) {
        tally.store(block);
        tally.count_block(*raw_len);
        stored.extend_from_slice(block);
    }
    stored.extend(record(codec.layout(), &tally.proof()));
    stored
}

fn assert_refused(stored: &[u8], what: &str) -> StreamError {
    refusal(stored).unwrap_or_else(|| panic!("accepted: {what}"))
}

fn u32_of(number: usize) -> u32 {
    u32::try_from(number).expect("a small number")
}

fn damaged(error: &StreamError) -> &'static str {
    match error {
        StreamError::Damaged { what, .. } => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    for codec in Codec::ALL {
        for data in [&b""[..], &text(700), &noise(64, 9)] {
            let (stored, _) = encode(data, codec);
            let mut tried = 0;
            // A whole archive is tried bit by bit in `archive::tests::damage`.
            let step = if soak() || data.len() < 100 { 1 } else { 9 };
            for bit in (0..stored.len() * 8).step_by(step) {
                let mut changed = stored.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_refused(&changed, &format!("{codec:?}, bit {bit} of {}", stored.len()));
                tried += 1;
            }
            assert!(tried > 300 && tried == (stored.len() * 8).div_ceil(step), "{tried}");
        }
    }
}

#[test]
fn every_changed_byte_of_a_longer_streams_edges_is_noticed() {
    for codec in Codec::ALL {
        let (stored, _) = encode(&sparse(), codec);
        let mut start = 0;
        let mut tried = 0;
        for record in records(&stored, codec) {
            let end = start + record.len();
            let edges =
                (start..(start + 30).min(end)).chain(end.saturating_sub(30).max(start)..end);
            for at in edges {
                for flip in [1, 0x80, 0xff].into_iter().take(if soak() { 3 } else { 1 }) {
                    let mut changed = stored.clone();
                    changed[at] ^= flip;
                    assert_refused(&changed, &format!("{codec:?}, byte {at}"));
                    tried += 1;
                }
            }
            start = end;
        }
        assert!(tried > 150, "{tried}");
    }
}

#[test]
fn every_truncation_is_noticed() {
    for codec in Codec::ALL {
        for data in [Vec::new(), text(700), sparse()] {
            let (stored, _) = encode(&data, codec);
            // Every length of a short stream; of a long one the beginning, the end and a sample.
            let step = (stored.len() / if soak() { 1500 } else { 400 }).max(1);
            let near_the_end = stored.len().saturating_sub(300);
            let mut tried = 0;
            for len in (0..stored.len())
                .filter(|len| step == 1 || *len < 100 || *len >= near_the_end || len % step == 0)
            {
                let error = assert_refused(&stored[..len], &format!("{codec:?}, {len} bytes"));
                assert_eq!(error, StreamError::Truncated { at: len as u64 });
                tried += 1;
            }
            assert!(tried >= 56, "{tried}");
        }
    }
}

#[test]
fn a_cut_between_two_blocks_is_noticed() {
    for codec in Codec::ALL {
        let records = records(&encode(&sparse(), codec).0, codec);
        for kept in 0..records.len() {
            let stored = records[..kept].concat();
            let error = assert_refused(&stored, "a cut between blocks");
            assert_eq!(error, StreamError::Truncated { at: stored.len() as u64 });
        }
    }
}

#[test]
fn anything_after_the_seal_is_noticed() {
    for codec in Codec::ALL {
        let (stored, _) = encode(&text(5000), codec);
        let at = stored.len() as u64;
        for extra in [&b"\0"[..], b"x", &[0; 512], &stored, &encode(b"", Codec::Gzip).0] {
            let error = assert_refused(&[&stored, extra].concat(), "trailing bytes");
            assert_eq!(error, StreamError::TrailingBytes { at });
        }
    }
}

#[test]
fn blocks_out_of_place_are_noticed() {
    for codec in Codec::ALL {
        let records = records(&encode(&sparse(), codec).0, codec);
        let [first, second, last, seal] = &records[..] else { panic!("three blocks and a seal") };
        let other_seal = encode(&text(100), codec).0;
        let other_seal = super::records(&other_seal, codec).pop().expect("a seal");
        let orders: [(&str, Vec<&Vec<u8>>); 9] = [
            ("swapped", vec![second, first, last, seal]),
            ("duplicated", vec![first, first, second, last, seal]),
            ("replaced", vec![first, first, last, seal]),
            ("first removed", vec![second, last, seal]),
            ("last removed", vec![first, second, seal]),
            ("last duplicated", vec![first, second, last, last, seal]),
            ("last moved", vec![first, last, second, seal]),
            ("another stream's seal", vec![first, second, last, &other_seal]),
            ("sealed too early", vec![first, seal, second, last, seal]),
        ];
        for (what, order) in orders {
            let stored: Vec<u8> = order.into_iter().flatten().copied().collect();
            assert_refused(&stored, what);
        }
        assert!(refusal(&records.concat()).is_none(), "the order as written");
    }
}

#[test]
fn a_short_block_may_only_be_the_last_even_when_sealed() {
    for codec in Codec::ALL {
        let block = records(&encode(b"short", codec).0, codec).swap_remove(0);
        let stored = sealed(&[block.clone(), block.clone()], &[5, 5], codec);
        assert_eq!(damaged(&assert_refused(&stored, "two")), "a block follows the last one");
        assert!(refusal(&sealed(&[block], &[5], codec)).is_none());
    }
}

#[test]
fn a_seal_that_counts_wrong_is_noticed() {
    for codec in Codec::ALL {
        let block = records(&encode(b"short", codec).0, codec).swap_remove(0);
        let error = assert_refused(&sealed(&[block], &[6], codec), "raw length");
        assert_eq!(damaged(&error), "the seal does not match the data before it");
    }
}

#[test]
fn a_block_that_declares_too_much_is_refused_before_it_is_restored() {
    for codec in Codec::ALL {
        let data = text(70_000);
        let mut block = records(&encode(&data, codec).0, codec).swap_remove(0);
        let len = block.len();
        let size = match codec {
            Codec::Gzip => len - 4..len,
            Codec::Zstd => 17..21,
        };
        for declared in [u32::MAX, u32_of(BLOCK_SIZE + 1)] {
            block[size.clone()].copy_from_slice(&declared.to_le_bytes());
            let stored = sealed(std::slice::from_ref(&block), &[declared as usize], codec);
            let error = assert_refused(&stored, "a bomb");
            assert_eq!(damaged(&error), "it declares more content than a block can hold");
        }
        block[size].copy_from_slice(&0_u32.to_le_bytes());
        assert_refused(&sealed(&[block], &[0], codec), "an empty block");
    }
}

#[test]
fn a_block_that_holds_more_than_it_declares_is_refused() {
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    deflate.write_all(&vec![0; 64 * BLOCK_SIZE]).expect("write");
    let layout = Codec::Gzip.layout();
    let mut block = vec![0; layout.block_header()];
    block.extend(deflate.finish().expect("finish"));
    block.extend([0; 4]);
    block.extend(u32_of(BLOCK_SIZE).to_le_bytes());
    layout.write_block_header(&mut block);
    let error = assert_refused(&sealed(&[block], &[BLOCK_SIZE], Codec::Gzip), "a bomb");
    assert_eq!(damaged(&error), "its content does not match its checksum");
}

#[test]
fn an_impossible_block_length_is_refused_before_it_is_read() {
    for codec in Codec::ALL {
        for length in [0, 1, 19, u32_of(super::super::MAX_FRAME + 1), u32::MAX] {
            let mut stored = codec.layout().block_prefix.to_vec();
            stored.extend(length.to_le_bytes());
            stored.extend([0; 100]);
            let error = assert_refused(&stored, "an impossible length");
            if length > 19 {
                assert_eq!(damaged(&error), "it declares an impossible length");
            }
        }
    }
}

#[test]
fn a_member_whose_trailer_comes_twice_is_refused() {
    let mut block = records(&encode(b"short", Codec::Gzip).0, Codec::Gzip).swap_remove(0);
    block.extend([0, 0, 0, 0, 6, 0, 0, 0]);
    Codec::Gzip.layout().write_block_header(&mut block);
    let error = assert_refused(&sealed(&[block], &[6], Codec::Gzip), "two trailers");
    assert_eq!(damaged(&error), "its content does not match its checksum");
}

#[test]
fn a_zstd_length_written_in_more_bytes_than_needed_is_refused() {
    let codec = Codec::Zstd;
    let mut block = records(&encode(&text(300), codec).0, codec).swap_remove(0);
    let header = codec.layout().block_header();
    block.splice(header + 4..header + 7, [0xa4, 44, 1, 0, 0]);
    codec.layout().write_block_header(&mut block);
    assert_eq!(zstd::decode_all(&block[..]).expect("sound zstd"), text(300));
    let error = assert_refused(&sealed(&[block], &[300], codec), "a long length");
    assert_eq!(damaged(&error), "its header is not one that Kronos writes");
}

#[test]
fn a_second_frame_hidden_in_a_zstd_block_is_refused() {
    let codec = Codec::Zstd;
    let mut block = records(&encode(&text(300), codec).0, codec).swap_remove(0);
    block.extend([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    codec.layout().write_block_header(&mut block);
    let error = assert_refused(&sealed(&[block], &[300], codec), "a hidden frame");
    assert_eq!(damaged(&error), "its length does not match its content");
}

#[test]
fn other_programs_files_are_refused() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"hello").expect("write");
    let gzip = gzip.finish().expect("finish");
    let zstd = zstd::encode_all(&b"hello"[..], 1).expect("zstd");
    for file in [&gzip[..], &zstd, b"PK\x03\x04 and more", b"hi", &[0; 4096]] {
        assert_eq!(assert_refused(file, "a foreign file"), StreamError::NotKronosStream);
    }
    assert_eq!(assert_refused(b"", "nothing"), StreamError::Truncated { at: 0 });
}

#[test]
fn a_refused_stream_stays_refused() {
    let (mut stored, _) = encode(&text(BLOCK_SIZE + 5), Codec::Gzip);
    stored.pop();
    let mut decoder = StreamDecoder::new(Cursor::new(stored)).expect("new");
    let mut data = Vec::new();
    let first = decoder.read_to_end(&mut data).expect_err("truncated");
    assert_eq!(data.len(), BLOCK_SIZE + 5, "what came before the damage is handed out");
    for _ in 0..3 {
        let again = decoder.read(&mut [0; 10]).expect_err("still truncated");
        assert_eq!(StreamError::of(&again), StreamError::of(&first));
        assert_eq!(again.kind(), io::ErrorKind::InvalidData);
    }
    assert!(decoder.stats().is_none());
    assert!(decoder.finish().is_err());
}

#[test]
fn messages_are_one_clear_sentence() {
    let errors = [
        StreamError::NotKronosStream,
        StreamError::Truncated { at: 12 },
        StreamError::Damaged { at: 5, what: "its content does not match its checksum" },
        StreamError::TrailingBytes { at: 99 },
    ];
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "this file is not a Kronos archive, or its first bytes are damaged",
            "the archive is incomplete: it ends after 12 bytes, before its seal",
            "the archive is damaged in the part that starts at byte 5: its content does not match \
             its checksum",
            "the archive has bytes after its end, from byte 99 on",
        ]
    );
}
