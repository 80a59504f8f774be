//! Tests of the compressed stream, by theme.

mod damage;
mod round_trip;
mod source_and_destination;
mod stock_tools;
mod throughput;

use super::{BLOCK_SIZE, Codec, StreamDecoder, StreamEncoder, StreamError, StreamStats};
use crate::config::CompressionSettings;
use std::io::{self, Cursor, Read, Write};

/// Whether everything runs in full, and not a sample where the archive's own tests cover it again.
fn soak() -> bool {
    std::env::var("KRONOS_SOAK").is_ok_and(|soak| soak == "full")
}

/// Bytes that look random, the same in every run.
fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Rows of a made-up SQL dump, about as hard to compress as a real one.
fn text(len: usize) -> Vec<u8> {
    let random = noise(len / 4 + 24, 7);
    let mut bytes = Vec::with_capacity(len + 128);
    for (row, key) in random.chunks_exact(24).enumerate() {
        if bytes.len() >= len {
            break;
        }
        let number = key[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let token = format!("{number:016x}");
        let second = number.rotate_left(20).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let row = format!(
            "INSERT INTO orders VALUES ({row}, '{token}{second:016x}', \
             'customer-{}@example.com', {}, 'paid');\n",
            u16::from(key[12]) * 191 + u16::from(key[13]),
            u32::from(key[14]) * 100 + u32::from(key[15] & 63),
        );
        bytes.extend_from_slice(row.as_bytes());
    }
    bytes.resize(len, b'.');
    bytes
}

/// The fastest level of `codec`.
fn fast(codec: Codec) -> CompressionSettings {
    CompressionSettings { codec, level: 1 }
}

fn encode(data: &[u8], codec: Codec) -> (Vec<u8>, StreamStats) {
    let mut encoder = StreamEncoder::with_workers(Vec::new(), fast(codec), 2).expect("encoder");
    encoder.write_all(data).expect("write");
    encoder.finish().expect("finish")
}

fn decode(stored: &[u8]) -> io::Result<(Vec<u8>, StreamStats)> {
    let mut decoder = StreamDecoder::with_workers(Cursor::new(stored.to_vec()), 2)?;
    let mut data = Vec::new();
    decoder.read_to_end(&mut data)?;
    let stats = decoder.stats().cloned().expect("stats follow the end");
    Ok((data, stats))
}

/// The error of a stream that must not be accepted.
fn refusal(stored: &[u8]) -> Option<StreamError> {
    let error = decode(stored).err()?;
    Some(StreamError::of(&error).cloned().unwrap_or_else(|| panic!("not a StreamError: {error}")))
}

/// The records of a sound stream, blocks first, seal last.
fn records(stored: &[u8], codec: Codec) -> Vec<Vec<u8>> {
    let layout = codec.layout();
    let mut records = Vec::new();
    let mut rest = stored;
    while rest.starts_with(layout.block_prefix) {
        let at = layout.block_prefix.len();
        let length = rest[at..at + 4].try_into().expect("four bytes");
        let len = usize::try_from(layout.frame_len(u32::from_le_bytes(length))).expect("length");
        let (record, after) = rest.split_at(len);
        records.push(record.to_vec());
        rest = after;
    }
    assert!(rest.starts_with(layout.seal_prefix));
    records.push(rest.to_vec());
    records
}
