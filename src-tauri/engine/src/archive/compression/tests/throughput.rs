//! How fast the stream is on this machine, by hand:
//! `cargo test --release -p kronos-engine throughput -- --ignored --nocapture`.

#![allow(clippy::cast_precision_loss)]

use super::*;
use std::fs;
use std::process::Command;
use std::time::Instant;

/// Half SQL text, half pages like a database file's: text cells, keys, some blobs, free space.
fn mixed(len: usize) -> Vec<u8> {
    let mut data = text(len / 2);
    let random = noise(len / 2, 99);
    let words = text(len / 2);
    for page in 0..len / 2 / 4096 {
        let at = page * 4096;
        data.extend_from_slice(&[13, 0, 0, 0, 40, 0, 0, 0]);
        data.extend_from_slice(&random[at..at + 700]);
        data.extend_from_slice(&words[at..at + 2888]);
        data.extend_from_slice(&[0; 500]);
    }
    data
}

/// CPU seconds of this process and of its children that have ended, from `/proc/self/stat`.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let after_name = stat.rsplit(')').next().expect("fields");
    let ticks: f64 = after_name
        .split_whitespace()
        .skip(11)
        .take(4)
        .map(|field| field.parse::<f64>().expect("a number"))
        .sum();
    ticks / 100.0
}

fn timed<T>(what: &str, raw: usize, run: impl FnOnce() -> T) -> T {
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    let result = run();
    let (cpu, wall) = (cpu_seconds() - cpu, wall.elapsed().as_secs_f64());
    let raw = raw as f64 / 1e6;
    println!(
        "{what:24} {:7.0} MB/s wall, {:7.0} MB per CPU second ({cpu:.2} s CPU)",
        raw / wall,
        raw / cpu
    );
    result
}

#[test]
#[ignore = "a measurement, not a check"]
fn throughput() {
    const TIMES: usize = 8;
    let data = mixed(64 << 20);
    let raw = data.len() * TIMES;
    let dir = tempfile::tempdir().expect("tempdir");
    for (codec, level) in
        [(Codec::Gzip, 1), (Codec::Gzip, 4), (Codec::Gzip, 6), (Codec::Zstd, 1), (Codec::Zstd, 3)]
    {
        let path = dir.path().join("stream");
        let name = format!("{codec:?} {level}");
        let stats = timed(&format!("{name}, encode"), raw, || {
            let file = fs::File::create(&path).expect("create");
            let mut encoder =
                StreamEncoder::new(file, CompressionSettings { codec, level }).expect("encoder");
            for _ in 0..TIMES {
                encoder.write_all(&data).expect("write");
            }
            encoder.finish().expect("finish").1
        });
        println!("{name}: ratio {:.3}", stats.raw_bytes as f64 / stats.stored_bytes as f64);
        timed(&format!("{name}, decode"), raw, || {
            let file = fs::File::open(&path).expect("open");
            let decoder = StreamDecoder::new(file).expect("decoder");
            assert_eq!(decoder.finish().expect("finish"), stats);
        });
    }
    timed("libdeflate 1, alone", raw, || {
        let mut compressor =
            libdeflater::Compressor::new(libdeflater::CompressionLvl::new(1).expect("1"));
        let mut space = vec![0; 2 * BLOCK_SIZE];
        for _ in 0..TIMES {
            for block in data.chunks(BLOCK_SIZE) {
                compressor.gzip_compress(block, &mut space).expect("room");
            }
        }
    });
    let path = dir.path().join("raw");
    fs::write(&path, data.repeat(TIMES)).expect("write");
    let out = dir.path().join("raw.gz");
    for (what, script) in [
        ("gzip -6, encode", "gzip -6 -c \"$0\" > \"$1\""),
        ("gzip, decode", "gzip -dc \"$1\" > /dev/null"),
    ] {
        timed(what, raw, || {
            let status = Command::new("sh").args(["-c", script]).arg(&path).arg(&out).status();
            assert!(status.expect("sh").success());
        });
    }
    println!("gzip -6: ratio {:.3}", raw as f64 / fs::metadata(&out).expect("out").len() as f64);
}
