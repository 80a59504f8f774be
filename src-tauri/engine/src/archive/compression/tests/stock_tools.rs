//! Archives can be opened without Kronos. A tool that is not installed fails these tests: they
//! would prove nothing otherwise.

use super::*;
use std::fs;
use std::path::Path;
use std::process::Command;

/// An archive in `dir` holding `dump.sql`, and that file's content.
fn archive(dir: &Path, codec: Codec, size: usize) -> (String, Vec<u8>) {
    let data = text(size);
    let path = dir.join(format!("backup.{}", codec.extension()));
    let file = fs::File::create(&path).expect("create");
    let encoder = StreamEncoder::new(file, fast(codec)).expect("encoder");
    let mut tar = tar::Builder::new(encoder);
    let mut header = tar::Header::new_ustar();
    header.set_size(data.len() as u64);
    header.set_mode(0o600);
    tar.append_data(&mut header, "dump.sql", &data[..]).expect("append");
    tar.into_inner().expect("tar").finish().expect("finish");
    (path.to_str().expect("a path in UTF-8").to_owned(), data)
}

/// What `program` prints; it must exist and succeed without complaint.
fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program} must be installed: {error}"));
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {complaint}");
    assert!(!complaint.to_lowercase().contains("warn"), "{program} {arguments:?}: {complaint}");
    output.stdout
}

const PYTHON: &str = "import sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    sys.stdout.buffer.write(archive.extractfile('dump.sql').read())";

#[test]
fn gzip_tools_open_gzip_archives() {
    let dir = tempfile::tempdir().expect("tempdir");
    for size in [0, 10, 3 * BLOCK_SIZE + 5] {
        let (path, data) = archive(dir.path(), Codec::Gzip, size);
        run("gzip", &["-t", &path]);
        assert!(run("tar", &["-xzOf", &path, "dump.sql"]) == data);
        assert!(run("python3", &["-c", PYTHON, &path]) == data);
        run("7z", &["t", &path]);
        let tar = run("gzip", &["-dc", &path]);
        assert!(run("7z", &["e", "-so", &path]) == tar);
        assert!(decode(&fs::read(&path).expect("read")).expect("sound").0 == tar);
        let mut restored = Vec::new();
        flate2::read::MultiGzDecoder::new(fs::File::open(&path).expect("open"))
            .read_to_end(&mut restored)
            .expect("flate2");
        assert!(restored == tar);
    }
}

#[test]
fn zstd_opens_zstd_archives() {
    let dir = tempfile::tempdir().expect("tempdir");
    for size in [0, 10, 3 * BLOCK_SIZE + 5] {
        let (path, data) = archive(dir.path(), Codec::Zstd, size);
        run("zstd", &["-q", "-t", &path]);
        assert!(run("tar", &["--zstd", "-xOf", &path, "dump.sql"]) == data);
        let tar = run("zstd", &["-q", "-dc", &path]);
        assert!(decode(&fs::read(&path).expect("read")).expect("sound").0 == tar);
    }
}

#[test]
fn an_empty_stream_is_an_empty_file_to_stock_tools() {
    let dir = tempfile::tempdir().expect("tempdir");
    for (codec, tool) in [(Codec::Gzip, "gzip"), (Codec::Zstd, "zstd")] {
        let path = dir.path().join(format!("empty.{}", codec.extension()));
        fs::write(&path, encode(b"", codec).0).expect("write");
        assert!(run(tool, &["-dc", path.to_str().expect("UTF-8")]).is_empty());
    }
}
