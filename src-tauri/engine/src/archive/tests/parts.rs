//! Databases whose length nobody knows before their end: one member if they fit, numbered parts if not.

use serde_json::{Value, json};

use super::*;

/// Makes a manifest wrong.
type Lie = fn(&mut Value);

/// The parts of the sound archive: 4, 4 and 2 bytes of its first database, then its second database.
const FIRST: &[u8] = b"0123456789";

fn written() -> Written<Vec<u8>> {
    cut_archive(Codec::Gzip, 4, &[("a", FIRST), ("b", b"b")])
}

/// Nothing is accepted, and nothing reaches the sink behind a part that is wrong.
fn assert_refused(stored: &[u8], what: &str) -> ArchiveError {
    let (sink, result) = take(stored, &written().manifest, 0);
    archive_error(result, what);
    // The one part that is found to be wrong may have gone through.
    let right = sink.iter().zip(FIRST).take_while(|(found, right)| found == right).count();
    assert!(sink.len() <= right.next_multiple_of(4).max(4), "{what}: {sink:?}");
    archive_error(check(stored, None), what)
}

#[test]
fn a_stream_comes_back_however_it_was_cut() {
    let data = noise(10_000);
    let long = b"the last one\n".repeat(2000);
    for codec in Codec::ALL {
        for part_size in [1000, 4999, 5000, 5001, 9999, 10_000, 10_001, 1 << 20] {
            let units: [(&str, &[u8]); 3] = [("a", &data), ("empty", b""), ("b", &long)];
            let written = cut_archive(codec, part_size, &units);
            let expected = sidecar(&written, codec);
            let verified = check(&written.sink, Some(&expected)).expect("sound");
            assert_eq!(verified.manifest, written.manifest);
            for (index, (_, content)) in units.iter().enumerate() {
                let unit = &written.manifest.units[index];
                assert_eq!(unit.size, content.len() as u64);
                assert_eq!(unit.parts.len(), content.len().div_ceil(part_size).max(1));
                let (restored, result) = take(&written.sink, &written.manifest, index);
                result.expect("extracted");
                assert!(restored == *content);
            }
        }
    }
}

#[test]
fn only_a_stream_that_does_not_fit_is_cut() {
    let one = cut_archive(Codec::Gzip, FIRST.len(), &[("a", FIRST)]).manifest.units.remove(0);
    assert_eq!(one.parts[0].member, "data/a.dump");
    assert_eq!((one.parts.len(), &one.parts[0].sha256), (1, &one.sha256));
    let three = written().manifest.units.remove(0);
    let parts: Vec<(&str, u64)> =
        three.parts.iter().map(|part| (&*part.member, part.size)).collect();
    let expected =
        [("data/a.dump/000000", 4), ("data/a.dump/000001", 4), ("data/a.dump/000002", 2)];
    assert_eq!(parts, expected);
    assert_eq!(three.sha256, one.sha256, "the whole is hashed, however it is cut");
    // A database whose size is known is never cut.
    let mut writer = writer(Codec::Gzip, &["a"]).expect("a writer").cut_at(4);
    add(&mut writer, "a", 10, &mut &FIRST[..]).expect("added");
    assert_eq!(writer.finish(closing(1)).expect("finished").manifest.units[0].parts.len(), 1);
}

#[test]
fn the_real_parts_are_32_mib() {
    let len = PART_SIZE as u64;
    for (size, parts) in [(len, vec![len]), (len + 1, vec![len, 1])] {
        let settings = CompressionSettings::default_for(Codec::Zstd);
        let plan = vec![planned_stream("a")];
        let mut writer = ArchiveWriter::new(Vec::new(), settings, header(), plan).expect("new");
        let mut bytes = 0;
        let unit = UnitSource {
            name: "a",
            source: "a",
            size: None,
            reader: &mut io::repeat(7).take(size),
        };
        let mut count = |read| {
            bytes += read;
            Ok(())
        };
        writer.add_unit(unit, &mut count).expect("added");
        assert_eq!(bytes, size);
        let written = writer.finish(closing(1)).expect("finished");
        let found = &written.manifest.units[0].parts;
        assert_eq!(found.iter().map(|part| part.size).collect::<Vec<_>>(), parts);
        check(&written.sink, None).expect("sound");
    }
}

/// Gives its bytes one at a time, with interruptions.
struct Drips<'a>(&'a [u8], bool);

impl Read for Drips<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let len = space.len().min(1);
        self.0.read(&mut space[..len])
    }
}

#[test]
fn how_a_stream_arrives_makes_no_difference() {
    let plan = vec![planned_stream("a"), planned_stream("b")];
    let settings = CompressionSettings::default_for(Codec::Gzip);
    let mut writer =
        ArchiveWriter::new(Vec::new(), settings, header(), plan).expect("a writer").cut_at(4);
    add_stream(&mut writer, "a", &mut Drips(FIRST, false)).expect("added");
    add_stream(&mut writer, "b", &mut Drips(b"b", false)).expect("added");
    assert_eq!(writer.finish(closing(2)).expect("finished").sink, written().sink);
}

#[test]
fn a_stream_that_fails_or_was_not_planned_ends_the_archive() {
    let start = || {
        let settings = CompressionSettings::default_for(Codec::Gzip);
        let plan = vec![planned_stream("a")];
        ArchiveWriter::new(Vec::new(), settings, header(), plan).expect("a writer").cut_at(4)
    };
    for good in [0, 3, 4, 5, 8] {
        let mut writer = start();
        let mut reader = (&FIRST[..good]).chain(Broken);
        let error = add_stream(&mut writer, "a", &mut reader).expect_err("broken");
        assert_eq!(error.to_string(), "`/srv/a` could not be read: broken pipe");
        assert!(writer.finish(closing(1)).is_err());
    }
    let mut writer = start();
    let unit = UnitSource { name: "a", source: "a", size: None, reader: &mut &FIRST[..] };
    let result = writer.add_unit(unit, &mut |_| Err(Error::Cancelled));
    assert!(matches!(result, Err(Error::Cancelled)));
    let mut writer = super::writer(Codec::Gzip, &["a"]).expect("a writer");
    let error = add_stream(&mut writer, "a", &mut &FIRST[..]).expect_err("not planned");
    assert!(error.to_string().ends_with("`a` was not planned to be streamed"), "{error}");
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

/// The archive with these changes of its members and its manifest, sealed.
fn forged(change: impl FnOnce(&mut Vec<Entry>, &mut Value)) -> Vec<u8> {
    let written = written();
    let mut entries = entries(&written.sink);
    let mut manifest = serde_json::to_value(&written.manifest).expect("json");
    entries.pop();
    change(&mut entries, &mut manifest);
    entries.push(Entry::new("manifest.json", manifest.to_string().as_bytes()));
    sealed(&tar_of(&entries), Codec::Gzip)
}

#[test]
fn the_unchanged_archive_is_accepted() {
    let verified = check(&forged(|_, _| {}), None).expect("sound");
    assert_eq!(verified.manifest, written().manifest);
    assert_eq!(take(&forged(|_, _| {}), &verified.manifest, 0).0, FIRST);
}

/// Changes that a manifest follows wherever it can, and that it does not follow.
#[test]
fn parts_missing_swapped_doubled_or_elsewhere() {
    /// Members 2, 3 and 4 are the parts of the first database, member 5 is the second.
    type Move = fn(&mut Vec<Entry>);
    let moves: [(&str, Move); 12] = [
        ("the first part missing", |e| drop(e.remove(2))),
        ("a part missing", |e| drop(e.remove(3))),
        ("the last part missing", |e| drop(e.remove(4))),
        ("all but the first missing", |e| drop(e.drain(3..5))),
        ("all missing", |e| drop(e.drain(2..5))),
        ("parts swapped", |e| e.swap(2, 3)),
        ("contents swapped", |e| {
            (e[2].content, e[3].content) = (e[3].content.clone(), e[2].content.clone());
        }),
        ("a part twice", |e| e.insert(3, e[2].clone())),
        ("a part too many", |e| e.insert(5, Entry::new("data/a.dump/000003", b"x"))),
        ("an empty part too many", |e| e.insert(5, Entry::new("data/a.dump/000003", b""))),
        ("another database between the parts", |e| e.swap(4, 5)),
        ("the whole once more", |e| e.insert(5, Entry::new("data/a.dump", FIRST))),
    ];
    for (what, change) in moves {
        assert_refused(&forged(|entries, _| change(entries)), what);
        // The same with a manifest that lists what is there, each under the first database.
        let followed = forged(|entries, manifest| {
            change(entries);
            let listed = list(&entries[2..]);
            let second = manifest["units"][1]["parts"][0].clone();
            let parts = listed.as_array().expect("a list").iter();
            manifest["units"][0]["parts"] =
                parts.filter(|part| **part != second).cloned().collect();
        });
        assert_refused(&followed, &format!("{what}, listed"));
    }
}

/// The parts that a manifest would list for these members.
fn list(entries: &[Entry]) -> Value {
    let part = |entry: &Entry| {
        let member = Member::decode(&entry.header).expect("canonical");
        let mut fingerprint = super::super::hash::Fingerprint::default();
        fingerprint.update(&entry.content);
        json!({ "member": member.name, "size": member.size, "sha256": fingerprint.hex() })
    };
    entries.iter().map(part).collect()
}

/// The parts renamed in the tar and in the manifest alike.
fn renamed(names: [&str; 3]) -> Vec<u8> {
    forged(|entries, manifest| {
        for (index, name) in names.iter().enumerate() {
            let content = entries[2 + index].content.clone();
            entries[2 + index] = Entry::new(name, &content);
            manifest["units"][0]["parts"][index]["member"] = json!(name);
        }
    })
}

#[test]
fn names_of_parts_that_kronos_never_writes() {
    let (zero, one, two) = ("data/a.dump/000000", "data/a.dump/000001", "data/a.dump/000002");
    check(&renamed([zero, one, two]), None).expect("sound");
    check(&renamed(["data/c.x/000000", "data/c.x/000001", "data/c.x/000002"]), None).expect("too");
    let cases = [
        [one, two, "data/a.dump/000003"],
        [zero, two, "data/a.dump/000003"],
        [zero, one, one],
        [zero, zero, zero],
        [one, zero, two],
        [zero, "data/b.dump/000001", two],
        [zero, "data/A.dump/000001", two],
        [zero, "data/a.dump/1", two],
        [zero, "data/a.dump/00001", two],
        [zero, "data/a.dump/0000001", two],
        [zero, "data/a.dump/00000\u{31}\u{20}", two],
        [zero, "data/a.dump/+00001", two],
        [zero, "data/a.dump/0x0001", two],
        [zero, "data/a.dump/000001/", two],
        [zero, "data/a.dump//000001", two],
        [zero, "data/a.dump/./000001", two],
        [zero, "data/a.dump/../000001", two],
        [zero, "data/a.dump/000000/000001", two],
        [zero, "data/a.dump\\000001", two],
        [zero, "data/a.dump.000001", two],
        [zero, "data/a.dump", two],
        ["data/a.dump", one, two],
        ["data/a.dump", "data/a.dump/000000", one],
        ["data/000000", "data/000001", "data/000002"],
        ["data//000000", "data//000001", "data//000002"],
        ["data/../000000", "data/../000001", "data/../000002"],
        ["../a.b/000000", "../a.b/000001", "../a.b/000002"],
        ["a.b/000000", "a.b/000001", "a.b/000002"],
        ["data/a/000000", "data/a/000001", "data/a/000002"],
        // The second database's own name, as a folder.
        ["data/b.dump/000000", "data/b.dump/000001", "data/b.dump/000002"],
    ];
    let mut tried = 0;
    for names in cases {
        assert_refused(&renamed(names), &format!("{names:?}"));
        tried += 1;
    }
    println!("{tried} sets of names refused");
}

#[test]
fn one_part_is_never_numbered_and_no_part_is_empty() {
    // A single numbered part, with a manifest that agrees.
    let single = forged(|entries, manifest| {
        entries[5] = Entry::new("data/b.dump/000000", b"b");
        manifest["units"][1]["parts"][0]["member"] = json!("data/b.dump/000000");
    });
    assert_refused(&single, "a single numbered part");
    for place in 2..5 {
        let empty = forged(|entries, manifest| {
            let name = format!("data/a.dump/{:06}", place - 2);
            let lost = entries[place].content.len();
            entries[place] = Entry::new(&name, b"");
            let parts = list(&entries[2..5]);
            manifest["units"][0]["parts"] = parts;
            manifest["units"][0]["size"] = json!(FIRST.len() - lost);
        });
        assert_refused(&empty, "an empty part");
    }
}

#[test]
fn lies_about_parts() {
    let lies: [(&str, Lie); 12] = [
        ("a part larger", |u| u["parts"][0]["size"] = json!(5)),
        ("a part larger, another smaller", |u| {
            u["parts"][0]["size"] = json!(5);
            u["parts"][1]["size"] = json!(3);
        }),
        ("a part and the whole larger", |u| {
            u["parts"][2]["size"] = json!(3);
            u["size"] = json!(11);
        }),
        ("sizes that overflow", |u| {
            u["parts"][0]["size"] = json!(u64::MAX);
            u["parts"][1]["size"] = json!(u64::MAX);
        }),
        ("a negative size", |u| u["parts"][0]["size"] = json!(-4)),
        ("the whole larger", |u| u["size"] = json!(11)),
        ("another hash of a part", |u| u["parts"][0]["sha256"] = json!("0".repeat(64))),
        ("hashes swapped", |u| {
            let first = u["parts"][0]["sha256"].clone();
            u["parts"][0]["sha256"] = u["parts"][1]["sha256"].clone();
            u["parts"][1]["sha256"] = first;
        }),
        ("another hash of the whole", |u| u["sha256"] = json!("0".repeat(64))),
        ("the hash of the first part for the whole", |u| {
            u["sha256"] = u["parts"][0]["sha256"].clone();
        }),
        ("no hash of a part", |u| u["parts"][1]["sha256"] = json!("")),
        ("no parts", |u| u["parts"] = json!([])),
    ];
    for (what, lie) in lies {
        let error = assert_refused(&forged(|_, manifest| lie(&mut manifest["units"][0])), what);
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{what}: {error}");
    }
}

#[test]
fn parts_dealt_to_two_databases_are_not_one() {
    // Each part in a unit of its own, as plain numbered names.
    let dealt = forged(|_, manifest| {
        let mut second = manifest["units"][0].clone();
        let parts = second["parts"].as_array_mut().expect("a list");
        second["parts"] = json!([parts.remove(2)]);
        let last = second["parts"][0].clone();
        (second["size"], second["sha256"]) = (last["size"].clone(), last["sha256"].clone());
        let first = manifest["units"][0]["parts"].as_array_mut().expect("a list");
        first.pop();
        manifest["units"][0]["size"] = json!(8);
        manifest["units"].as_array_mut().expect("a list").insert(1, second);
    });
    assert_refused(&dealt, "parts of one database listed as two");
}

#[test]
fn another_archive_with_the_same_whole_is_refused_in_the_second_pass() {
    let other = cut_archive(Codec::Gzip, 5, &[("a", FIRST), ("b", b"b")]);
    check(&other.sink, None).expect("sound");
    assert_refused_second(&other);
    let plain = cut_archive(Codec::Gzip, 100, &[("a", FIRST), ("b", b"b")]);
    assert_refused_second(&plain);
}

fn assert_refused_second(other: &Written<Vec<u8>>) {
    let (sink, result) = take(&other.sink, &written().manifest, 0);
    archive_error(result, "cut in another way");
    assert_eq!(sink, b"", "nothing is handed on once a part differs");
}
