//! Archives that declare or hold far more than they weigh: refused early, and memory stays flat.

use std::fs::{self, File};
use std::io;
use std::process::Command;

use super::*;

const GIB: u64 = 1 << 30;

/// The content of a bomb: with `KRONOS_SOAK=full` a GiB. Memory would show an eighth of it as well.
fn much() -> u64 {
    if soak() { GIB } else { GIB / 8 }
}

/// What reading may need above what the test program has anyway: the blocks under way on 8 threads.
const MAX_GROWTH_KIB: u64 = 48 << 10;
/// What the largest manifest may need on top, as text and as values. With a sidecar's copy of it and
/// the program itself a verification stays below 150 MB.
const MAX_MANIFEST_KIB: u64 = 72 << 10;

/// Writes a sealed archive of these pieces to a file: bytes, then so many zeros.
fn bomb(codec: Codec, pieces: &[(&[u8], u64)]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let sink = file.reopen().expect("the file");
    let settings = CompressionSettings { codec, level: 1 };
    let mut encoder = StreamEncoder::new(sink, settings).expect("an encoder");
    for (bytes, zeros) in pieces {
        encoder.write_all(bytes).expect("written");
        io::copy(&mut io::repeat(0).take(*zeros), &mut encoder).expect("written");
    }
    encoder.finish().expect("finished");
    file
}

/// A member's header that declares `size` bytes.
fn declaring(name: &str, size: u64) -> Vec<u8> {
    let member = Member { name: name.to_owned(), size, mtime: mtime_of(&header()) };
    member.encode().expect("a header").to_vec()
}

fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the process's status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

/// The other half of [`verify_in_a_child`]; by itself it does nothing.
#[test]
fn child() {
    let Ok(path) = std::env::var("KRONOS_TEST_BOMB") else { return };
    let before = peak_kib();
    let mut bytes = 0;
    let file = File::open(path).expect("the bomb");
    let result = verify(file, NAME, None, &mut |count| {
        bytes += count;
        Ok(())
    });
    let outcome = result.map_or_else(|error| error.to_string(), |_| "accepted".to_owned());
    println!("outcome:{bytes}:{}:{outcome}", peak_kib() - before);
}

/// Reads the archive in a process of its own, whose memory nobody else uses: the bytes that were
/// decoded from databases, and the outcome.
fn verify_in_a_child(bomb: &tempfile::NamedTempFile) -> (u64, String) {
    verify_within(bomb, MAX_GROWTH_KIB)
}

fn verify_within(bomb: &tempfile::NamedTempFile, max_growth: u64) -> (u64, String) {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "archive::tests::bombs::child", "--nocapture"])
        .env("KRONOS_TEST_BOMB", bomb.path())
        .output()
        .expect("a child");
    let text = String::from_utf8(output.stdout).expect("text");
    let line = text.lines().find_map(|line| line.split_once("outcome:")).expect(&text).1;
    let mut fields = line.splitn(3, ':');
    let mut number = || fields.next().and_then(|field| field.parse::<u64>().ok()).expect(&text);
    let (bytes, growth) = (number(), number());
    println!("{growth} KiB of memory for {}", bomb.as_file().metadata().expect("its size").len());
    assert!(growth < max_growth, "{growth} KiB");
    (bytes, fields.next().expect(&text).to_owned())
}

/// The other half of [`a_long_stream_needs_no_more_memory_than_its_parts`].
#[test]
fn writing_child() {
    if std::env::var("KRONOS_TEST_STREAM").is_err() {
        return;
    }
    let before = peak_kib();
    let settings = CompressionSettings::default_for(Codec::Gzip);
    let plan = vec![planned_stream("a")];
    let mut writer = ArchiveWriter::new(io::sink(), settings, header(), plan).expect("a writer");
    add_stream(&mut writer, "a", &mut io::repeat(7).take(GIB / 8)).expect("added");
    let written = writer.finish(closing(1)).expect("finished");
    assert_eq!(written.manifest.units[0].parts.len(), 4);
    println!("growth:{}:", peak_kib() - before);
}

#[test]
fn a_long_stream_needs_no_more_memory_than_its_parts() {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "archive::tests::bombs::writing_child", "--nocapture"])
        .env("KRONOS_TEST_STREAM", "1")
        .output()
        .expect("a child");
    let text = String::from_utf8(output.stdout).expect("text");
    let growth: u64 = text.split(':').nth(1).and_then(|kib| kib.parse().ok()).expect(&text);
    println!("{growth} KiB of memory for a stream of 128 MiB");
    // One part and what the compression of 8 threads needs: a backup may have 150 MB for everything.
    assert!(growth < 80 << 10, "{growth} KiB");
}

/// The bytes of the sound archive's first members, and of its manifest.
fn around() -> (Vec<u8>, Vec<u8>) {
    let entries = entries(&archive(Codec::Gzip, &[("a", b"first database")]).sink);
    let before = [entries[0].bytes(), entries[1].bytes()].concat();
    (before, [entries[3].bytes(), vec![0; 2 * BLOCK]].concat())
}

#[test]
fn much_that_no_manifest_declares_is_refused() {
    let (before, after) = around();
    let header = declaring("data/a.sqlite", much());
    let bomb = bomb(Codec::Gzip, &[(&before, 0), (&header, much()), (&after, 0)]);
    let size = bomb.as_file().metadata().expect("its size").len();
    assert!(size < 10 << 20, "{size}");
    let (bytes, outcome) = verify_in_a_child(&bomb);
    assert_eq!(bytes, much());
    assert!(outcome.ends_with("`data/a.sqlite` is not what its manifest says"), "{outcome}");
    // Who knows the manifest does not read so far, and hands nothing on.
    let written = archive(Codec::Gzip, &[("a", b"first database")]);
    let mut sink = Vec::new();
    let file = bomb.reopen().expect("the bomb");
    let mut never = |_| panic!("nothing is decoded");
    archive_error(extract(file, NAME, &written.manifest, 0, &mut sink, &mut never), "a bomb");
    assert!(sink.is_empty());
    let sidecar = sidecar(&written, Codec::Gzip);
    let file = bomb.reopen().expect("the bomb");
    archive_error(verify(file, NAME, Some(&sidecar), &mut never), "a bomb");
}

#[test]
fn much_that_is_declared_is_a_database_and_needs_no_more_memory() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let sink = file.reopen().expect("the file");
    let settings = CompressionSettings::default_for(Codec::Zstd);
    let mut writer =
        ArchiveWriter::new(sink, settings, header(), vec![planned("a")]).expect("a writer");
    add(&mut writer, "a", much(), &mut io::repeat(0).take(much())).expect("added");
    writer.finish(closing(1)).expect("finished");
    assert_eq!(verify_in_a_child(&file), (much(), "accepted".to_owned()));
}

#[test]
fn records_that_declare_a_gibibyte_are_refused_unread() {
    let (before, _) = around();
    let cut = |name: &str| {
        let start = before.windows(name.len()).position(|window| window == name.as_bytes());
        before[..start.expect("the member")].to_vec()
    };
    let cases = [
        ("kronos.json", Vec::new()),
        ("RESTORE.md", cut("RESTORE.md\0")),
        ("manifest.json", before.clone()),
    ];
    for (name, start) in cases {
        let header = declaring(name, GIB);
        let bomb = bomb(Codec::Gzip, &[(&start, 0), (&header, much() / 16)]);
        let (bytes, outcome) = verify_in_a_child(&bomb);
        assert_eq!(bytes, 0);
        assert!(outcome.ends_with(&format!("`{name}` is too long")), "{outcome}");
    }
}

#[test]
fn zeros_after_the_end_are_refused_at_the_first() {
    let (before, after) = around();
    let unit = Entry::new("data/a.sqlite", b"first database").bytes();
    let sound = [before, unit, after].concat();
    let bomb = bomb(Codec::Zstd, &[(&sound, much() / 4)]);
    let (_, outcome) = verify_in_a_child(&bomb);
    assert!(outcome.ends_with("something follows its last member"), "{outcome}");
}

#[test]
fn the_largest_legal_manifests_need_little_memory() {
    let (before, _) = around();
    let manifest = archive(Codec::Gzip, &[("a", b"first database")]).manifest;
    let manifest = serde_json::to_string(&manifest).expect("json");
    let named = format!("{{\"kind\":\"table\",\"name\":\"{}\"}},", "x".repeat(100));
    let text = format!("\"{}\",", "x".repeat(60_000));
    // Where it goes, what is repeated there, and how many values that is.
    let fillers = [
        ("\"warnings\":[", text.as_str(), 1),
        ("\"warnings\":[", "\"\",", 1),
        ("\"objects\":[", named.as_str(), 3),
        ("\"objects\":[", "{\"kind\":\"table\",\"name\":\"\"},", 3),
        ("\"later\":[", "{},", 1),
        ("\"later\":[", "[],", 1),
    ];
    let manifest = manifest.replacen('{', "{\"later\":[0],", 1);
    // The two that need most; `KRONOS_SOAK=full` tries them all.
    for (place, filler, values) in fillers.into_iter().take(if soak() { 6 } else { 2 }) {
        let count = (990_000 / values).min(33_000_000 / filler.len());
        let filled = manifest.replacen(place, &format!("{place}{}", filler.repeat(count)), 1);
        let member = Entry::new("manifest.json", filled.as_bytes()).bytes();
        let unit = Entry::new("data/a.sqlite", b"first database").bytes();
        let end = [0; 2 * BLOCK];
        let pieces: [(&[u8], u64); 4] = [(&before, 0), (&unit, 0), (&member, 0), (&end, 0)];
        let bomb = bomb(Codec::Zstd, &pieces);
        let (_, outcome) = verify_within(&bomb, MAX_GROWTH_KIB + MAX_MANIFEST_KIB);
        assert_eq!(outcome, "accepted", "{place} {} bytes", filled.len());
    }
}

#[test]
fn a_million_empty_members_are_refused_soon() {
    let (before, _) = around();
    let mut members = before;
    for number in 0..20_000 {
        members.extend(declaring(&format!("data/{number}.sqlite"), 0));
    }
    let start = std::time::Instant::now();
    let error = archive_error(check(&sealed(&members, Codec::Zstd), None), "too many members");
    assert!(error.to_string().ends_with("it has more members than Kronos writes"), "{error}");
    assert!(start.elapsed().as_secs() < 60);
}
