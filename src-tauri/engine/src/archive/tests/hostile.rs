//! Tars that Kronos never wrote, in streams with a seal that fits.
//!
//! Each is refused by both passes, and what reaches the sink never exceeds what the manifest
//! declares. The manifest in a forged archive is forged to match wherever that is possible.

use super::*;

/// A sound archive to be spoiled: `kronos.json`, `RESTORE.md`, two databases, `manifest.json`.
fn sound() -> (Vec<Entry>, Manifest) {
    let written = archive(Codec::Gzip, &[("a", b"first database"), ("b", b"second")]);
    (entries(&written.sink), written.manifest)
}

fn assert_refused(tar: &[u8], manifest: &Manifest, what: &str) -> ArchiveError {
    let stored = sealed(tar, Codec::Gzip);
    let (sink, result) = take(&stored, manifest, 0);
    archive_error(result, what);
    assert!(b"first database".starts_with(&sink), "{what}: foreign bytes reached the sink");
    archive_error(check(&stored, None), what)
}

/// Refuses every one of `cases`, each the sound archive with one thing changed.
fn refuse_all(least: usize, cases: impl IntoIterator<Item = (String, Vec<Entry>)>) {
    let (_, manifest) = sound();
    let mut tried = 0;
    for (what, entries) in cases {
        assert_refused(&tar_of(&entries), &manifest, &what);
        tried += 1;
    }
    println!("{tried} hostile archives refused");
    assert!(tried >= least, "{tried}");
}

/// The sound archive with its first database replaced.
fn with_unit(entry: Entry) -> Vec<Entry> {
    let (mut entries, _) = sound();
    entries[2] = entry;
    entries
}

fn unit() -> Entry {
    sound().0[2].clone()
}

/// The sound archive whose manifest calls the first database's member `name`, too.
fn with_name(name: &[u8]) -> Vec<Entry> {
    let (mut entries, mut manifest) = sound();
    let mut field = [0; 100];
    let len = name.len().min(100);
    field[..len].copy_from_slice(&name[..len]);
    entries[2] = unit().with(0, &field);
    manifest.units[0].parts[0].member = String::from_utf8_lossy(name).into_owned();
    let json = serde_json::to_vec(&manifest).expect("json");
    entries[4] = Entry::new("manifest.json", &json);
    entries
}

#[test]
fn the_unchanged_archive_is_accepted() {
    let (entries, manifest) = sound();
    let stored = sealed(&tar_of(&entries), Codec::Gzip);
    assert_eq!(check(&stored, None).expect("sound").manifest, manifest);
    let (sink, result) = take(&stored, &manifest, 0);
    result.expect("extracted");
    assert_eq!(sink, b"first database");
    // The ways in which the other tests spoil an archive do not spoil it by themselves.
    for harmless in [with_unit(unit().with(0, &[])), with_name(b"data/another.sqlite")] {
        check(&sealed(&tar_of(&harmless), Codec::Gzip), None).expect("sound");
    }
}

#[test]
fn names_that_lead_elsewhere() {
    let names: [&[u8]; 58] = [
        b"../a.sqlite",
        b"../../etc/passwd",
        b"data/../a.sqlite",
        b"data/../../a.sqlite",
        b"data/..",
        b"data/.",
        b"data/",
        b"data",
        b".",
        b"..",
        b"",
        b"/",
        b"/etc/passwd",
        b"/data/a.sqlite",
        b"//data/a.sqlite",
        b"./data/a.sqlite",
        b"data//a.sqlite",
        b"data/./a.sqlite",
        b"data/x/a.sqlite",
        b"data/a.sqlite/",
        b"data/a.sqlite/..",
        b"C:\\a.sqlite",
        b"C:a.sqlite",
        b"C:/a.sqlite",
        b"c:data/a.sqlite",
        b"data/C:a.sqlite",
        b"\\\\host\\share\\a.sqlite",
        b"//host/share/a.sqlite",
        b"\\\\?\\C:\\a.sqlite",
        b"..\\a.sqlite",
        b"data\\a.sqlite",
        b"data\\..\\a.sqlite",
        b"data/..\\a.sqlite",
        b"data/a.sqlite\0x",
        b"data/a\0/../../x",
        b"data/a.sqlite:stream",
        b"data/a.sqlite.",
        b"data/a.sqlite ",
        b" data/a.sqlite",
        b"data/ a.sqlite",
        b"data/.a.sqlite",
        b"data/-a.sqlite",
        b"data/a\n.sqlite",
        b"data/a\x1b[2J.sqlite",
        b"data/\xe2\x80\xae.sqlite",
        b"data/\xff.sqlite",
        "data/ü.sqlite".as_bytes(),
        "data/a․sqlite".as_bytes(),
        b"data/A.sqlite",
        b"DATA/a.sqlite",
        b"data/a",
        b"data/a_b.sqlite",
        b"data/<b>.sqlite",
        b"data/$(id).sqlite",
        b"data/a*.sqlite",
        b"data/~.sqlite",
        b"%2e%2e/a.sqlite",
        b"data/%2e%2e.sqlite",
    ];
    refuse_all(
        58,
        names.map(|name| (format!("{:?}", name.escape_ascii().to_string()), with_name(name))),
    );
    let long = b"x".repeat(100);
    let full = [b"data/".as_slice(), &b"x".repeat(88), b".sqlite"].concat();
    let own: [&[u8]; 3] = [b"kronos.json", b"RESTORE.md", b"./manifest.json"];
    let more = own.into_iter().chain([long.as_slice(), &full]);
    refuse_all(
        5,
        more.map(|name| (format!("{:?}", name.escape_ascii().to_string()), with_name(name))),
    );
}

#[test]
fn members_that_are_no_plain_files() {
    let types = (0..=255_u8).filter(|kind| *kind != b'0');
    refuse_all(
        255,
        types.map(|kind| (format!("type {kind}"), with_unit(unit().with(156, &[kind])))),
    );
    let link = |kind: u8, target: &[u8]| unit().with(156, &[kind]).with(157, target);
    refuse_all(
        7,
        [
            ("a symbolic link", with_unit(link(b'2', b"/etc/passwd"))),
            ("a hard link", with_unit(link(b'1', b"data/b.sqlite"))),
            ("a device", with_unit(unit().with(156, b"4").with(329, b"0000010\x000000001\0"))),
            ("a plain file with a link's target", with_unit(link(b'0', b"/etc/passwd"))),
            ("a sparse file", with_unit(unit().with(156, b"S").with(257, b"ustar  \0"))),
            ("a folder", with_unit(unit().with(156, b"5").with(124, b"00000000000\0"))),
            ("a folder by its slash", with_name(b"data/a.sqlite/")),
        ]
        .map(|(what, entries)| (what.to_owned(), entries)),
    );
}

#[test]
fn fields_that_kronos_never_writes() {
    let fields: [(&str, usize, &[u8]); 27] = [
        ("setuid", 100, b"0004755\0"),
        ("executable", 100, b"0000700\0"),
        ("readable by all", 100, b"0000644\0"),
        ("a user", 108, b"0001750\0"),
        ("a group", 116, b"0001750\0"),
        ("a user's name", 265, b"root"),
        ("a group's name", 297, b"root"),
        ("a device number", 329, b"0000001\0"),
        ("a device field of zeros as digits", 329, b"0000000\0"),
        ("a prefix", 345, b".."),
        ("an absolute prefix", 345, b"/etc"),
        ("the last byte", 511, b"x"),
        ("old tar", 257, &[0; 8]),
        ("GNU tar", 257, b"ustar  \0"),
        ("another time", 136, b"00000000000\0"),
        ("a negative time", 136, &[0xff; 12]),
        ("a size of -1", 124, &[0xff; 12]),
        (
            "a negative size",
            124,
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf2],
        ),
        ("a small size in base-256", 124, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14]),
        ("a size beyond 64 bits", 124, &[0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 14]),
        ("the largest size", 124, &[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("a size with spaces", 124, b"         16 "),
        ("a size without its zero", 124, b"000000000016"),
        ("a size that ends early", 124, b"16\0\0\0\0\0\0\0\0\0\0"),
        ("a size with a sign", 124, b"+0000000016\0"),
        ("a size with a digit 8", 124, b"00000000018\0"),
        ("an empty size", 124, &[0; 12]),
    ];
    refuse_all(
        27,
        fields.map(|(what, at, bytes)| (what.to_owned(), with_unit(unit().with(at, bytes)))),
    );
    let sum = String::from_utf8(unit().header[148..154].to_vec()).expect("digits");
    let sums = [
        ("blank", "        ".to_owned()),
        ("zero", "000000\0 ".to_owned()),
        ("without its zero", format!("{sum}  ")),
        ("without its space", format!("{sum}\0\0")),
        ("as another tar spells it", format!("0{sum}\0")),
    ];
    refuse_all(
        5,
        sums.map(|(what, sum)| {
            let mut entry = unit();
            entry.header[148..156].copy_from_slice(sum.as_bytes());
            (format!("a checksum {what}"), with_unit(entry))
        }),
    );
}

#[test]
fn every_bit_of_every_header() {
    let (sound_entries, _) = sound();
    let mut cases = Vec::new();
    for member in 0..sound_entries.len() {
        // The checksum is made right again, so that only the field itself is wrong. Flips that only
        // say another legal name, size or time are found in the order and in the manifest.
        // `KRONOS_SOAK=full` tries all of them.
        for bit in (0..BLOCK * 8).step_by(if soak() { 1 } else { 23 }) {
            let mut entries = sound_entries.clone();
            entries[member].header[bit / 8] ^= 1 << (bit % 8);
            if !(148..156).contains(&(bit / 8)) {
                entries[member] = entries[member].clone().with(0, &[]);
            }
            // `RESTORE.md` is for people: a size that only counts its padding in changes no data.
            if member != 1 || !(124..136).contains(&(bit / 8)) {
                cases.push((format!("member {member}, bit {bit}"), entries));
            }
        }
    }
    refuse_all(800, cases);
}

#[test]
fn extension_headers() {
    let extension =
        |kind: &[u8], name: &str, content: &[u8]| Entry::new(name, content).with(156, kind);
    let huge = |mut entry: Entry| {
        entry = entry.with(124, &[0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
        entry
    };
    let pax = b"19 size=1000000000\n";
    let cases = [
        ("a long name", extension(b"L", "././@LongLink", b"../../etc/passwd\0")),
        ("a long name of 4 GiB", huge(extension(b"L", "././@LongLink", b"x"))),
        ("a long link", extension(b"K", "././@LongLink", b"/etc/passwd\0")),
        ("a PAX size", extension(b"x", "pax/a.sqlite", pax)),
        ("a PAX size of 0", extension(b"x", "pax/a.sqlite", b"10 size=0\n")),
        ("a PAX path", extension(b"x", "pax/a.sqlite", b"22 path=../../passwd\n")),
        ("a global PAX size", extension(b"g", "pax/a.sqlite", pax)),
        ("a PAX header of 4 GiB", huge(extension(b"x", "pax/a.sqlite", pax))),
        ("a Solaris header", extension(b"X", "pax/a.sqlite", pax)),
        ("a volume's name", extension(b"V", "volume", b"")),
        ("a plain member", Entry::new("pax/a.sqlite", b"x")),
    ];
    let (sound_entries, _) = sound();
    let mut all = Vec::new();
    for (what, entry) in cases {
        for place in 0..=sound_entries.len() {
            let mut entries = sound_entries.clone();
            entries.insert(place, entry.clone());
            all.push((format!("{what} before member {place}"), entries));
        }
    }
    refuse_all(66, all);
}

#[test]
fn members_missing_twice_or_out_of_order() {
    let (sound_entries, manifest) = sound();
    let mut cases = Vec::new();
    for index in 0..sound_entries.len() {
        let mut without = sound_entries.clone();
        let one = without.remove(index);
        cases.push((format!("without member {index}"), without.clone()));
        for place in 0..=without.len() {
            let mut moved = without.clone();
            moved.insert(place, one.clone());
            if place != index {
                cases.push((format!("member {index} moved to {place}"), moved));
            }
            let mut twice = sound_entries.clone();
            twice.insert(place, one.clone());
            cases.push((format!("member {index} once more at {place}"), twice));
        }
        cases.push((format!("cut after member {index}"), sound_entries[..index].to_vec()));
    }
    cases.push(("only an end mark".to_owned(), Vec::new()));
    let mut extra = sound_entries.clone();
    extra.insert(4, Entry::new("data/c.sqlite", b"not in the manifest"));
    cases.push(("a member too many".to_owned(), extra));
    let mut listed = manifest.clone();
    listed.units[1].parts[0].member = "data/a.sqlite".to_owned();
    let mut doubled = sound_entries.clone();
    doubled[3] = Entry::new("data/a.sqlite", b"second");
    doubled[4] = Entry::new("manifest.json", &serde_json::to_vec(&listed).expect("json"));
    cases.push(("one name for two databases".to_owned(), doubled));
    refuse_all(55, cases);
}

#[test]
fn endings_that_are_none() {
    let (entries, manifest) = sound();
    let members: Vec<u8> = entries.iter().flat_map(Entry::bytes).collect();
    let tar = tar_of(&entries);
    let with = |tail: &[u8]| [members.as_slice(), tail].concat();
    let after = |tail: &[u8]| [tar.as_slice(), tail].concat();
    let mut spoiled_mark = vec![0; 1024];
    spoiled_mark[1023] = 1;
    let cases = [
        ("no end mark", members.clone()),
        ("half an end mark", with(&[0; 512])),
        ("most of an end mark", with(&[0; 1023])),
        ("a spoiled end mark", with(&spoiled_mark)),
        ("one byte more", after(&[0])),
        ("a third zero block", after(&[0; 512])),
        ("padding to 10 KiB", after(&[0; 9 * 1024])),
        ("garbage", after(b"garbage")),
        ("a second tar", after(&tar)),
        ("a member after the end mark", after(&Entry::new("data/c.sqlite", b"x").bytes())),
        ("an end mark first", [&[0; 1024], tar.as_slice()].concat()),
        (
            "a zero block between members",
            [&members[..512 * 3], &[0; 512], &members[512 * 3..]].concat(),
        ),
        ("a byte before", [&[0], tar.as_slice()].concat()),
        ("a cut in a header", members[..700].to_vec()),
        ("nothing", Vec::new()),
    ];
    for (what, tar) in cases {
        assert_refused(&tar, &manifest, what);
    }
}

#[test]
fn padding_that_is_not_zero() {
    let (entries, manifest) = sound();
    let tar = tar_of(&entries);
    let mut at = 0;
    let mut tried = 0;
    for entry in &entries {
        let end = at + entry.bytes().len();
        let padding = at + BLOCK + entry.content.len()..end;
        for place in padding.step_by(if soak() { 1 } else { 7 }) {
            let mut changed = tar.clone();
            changed[place] = 1;
            let error = assert_refused(&changed, &manifest, "padding");
            assert!(error.to_string().contains("is not followed by zeros"), "{error}");
            tried += 1;
        }
        at = end;
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn messages_repeat_nothing_that_an_archive_chose() {
    for name in [&b"data/\x1b[2J<b>.sqlite"[..], b"\xe2\x80\xae/evil", b"data/`id`.sqlite"] {
        let stored = sealed(&tar_of(&with_name(name)), Codec::Zstd);
        let text = archive_error(check(&stored, None), "a foreign name").to_string();
        let what = if name.is_ascii() {
            "member 3 has a foreign name"
        } else {
            "the header of member 3 is not one that Kronos writes"
        };
        assert_eq!(text, format!("`{NAME}` is damaged: {what}"));
    }
    let error = archive_error(
        verify(Cursor::new(b"x".to_vec()), "a\n`b`\u{1b}[2J", None, &mut quiet),
        "a hostile file name",
    );
    assert!(error.to_string().starts_with("`a?'b'?[2J` is not"), "{error}");
}
