//! Archives can be opened without Kronos. A tool that is not installed fails these tests: they
//! would prove nothing otherwise.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;

/// An archive in `folder` under its own name, and that name.
fn store(folder: &Path, codec: Codec, written: &Written<Vec<u8>>) -> String {
    let name = format!("{}.{}", written.manifest.header.id, codec.extension());
    fs::write(folder.join(&name), &written.sink).expect("stored");
    name
}

/// What a shell command prints; it must succeed without a complaint.
fn sh(folder: &Path, command: &str) -> String {
    let output = Command::new("sh")
        .args(["-e", "-c", command])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command}: {complaint}");
    assert!(!complaint.to_lowercase().contains("warn"), "{command}: {complaint}");
    String::from_utf8(output.stdout).expect("text")
}

fn three() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("shop.db", noise(1_500_000)),
        ("SHOP.db", b"INSERT INTO t VALUES (1);\n".repeat(50_000)),
        ("leer", Vec::new()),
    ]
}

fn written(codec: Codec) -> Written<Vec<u8>> {
    let units = three();
    let units: Vec<(&str, &[u8])> =
        units.iter().map(|(name, content)| (*name, content.as_slice())).collect();
    archive(codec, &units)
}

/// The unpacked files are exactly those of the archive.
fn assert_unpacked(folder: &Path, written: &Written<Vec<u8>>, tool: &str) {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("unpacked")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(names, ["RESTORE.md", "data", "kronos.json", "manifest.json"], "{tool}");
    assert_eq!(fs::read_dir(folder.join("data")).expect("data").count(), 3, "{tool}");
    for (unit, (_, content)) in written.manifest.units.iter().zip(three()) {
        let file = fs::read(folder.join(&unit.parts[0].member)).expect("a database");
        assert!(file == content, "{tool}: {}", unit.name);
    }
    let manifest: Manifest =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).expect("a manifest"))
            .expect("JSON");
    assert_eq!(manifest, written.manifest, "{tool}");
}

const PYTHON: &str = "import sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    for member in archive:
        assert member.isreg() and member.mode == 0o600 and member.uid == 0, member.name
        assert member.mtime == 1795355641, member.mtime
    archive.extractall(sys.argv[2])
";

#[test]
fn stock_tools_unpack_every_archive() {
    for codec in Codec::ALL {
        let root = tempfile::tempdir().expect("a folder");
        let written = written(codec);
        let name = store(root.path(), codec, &written);
        let plain = match codec {
            Codec::Gzip => "gzip -dc",
            Codec::Zstd => "zstd -q -dc",
        };
        sh(root.path(), &format!("{plain} '{name}' > plain.tar"));
        fs::write(root.path().join("unpack.py"), PYTHON).expect("a script");
        let mut tools = vec![
            ("bsdtar", format!("bsdtar -xf '{name}' -C out")),
            ("tar, plain", "tar -xf plain.tar -C out".to_owned()),
            ("python3, plain", "python3 unpack.py plain.tar out".to_owned()),
            ("7z, plain", "7z x -oout plain.tar".to_owned()),
        ];
        match codec {
            Codec::Gzip => tools.extend([
                ("tar", format!("tar xzf '{name}' -C out")),
                ("python3", format!("python3 unpack.py '{name}' out")),
                ("7z", format!("7z e -so '{name}' > again.tar && 7z x -oout again.tar")),
            ]),
            Codec::Zstd => tools.push(("tar", format!("tar --zstd -xf '{name}' -C out"))),
        }
        for (tool, command) in tools {
            sh(root.path(), &format!("rm -rf out && mkdir out && {command}"));
            assert_unpacked(&root.path().join("out"), &written, tool);
        }
        let listed = sh(root.path(), "tar -tf plain.tar");
        let mut expected = vec!["kronos.json", "RESTORE.md"];
        expected.extend(written.manifest.units.iter().map(|unit| unit.parts[0].member.as_str()));
        expected.push("manifest.json");
        assert_eq!(listed.lines().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn sha256sum_prints_what_the_records_say() {
    let root = tempfile::tempdir().expect("a folder");
    let written = written(Codec::Gzip);
    let name = store(root.path(), Codec::Gzip, &written);
    assert!(sh(root.path(), &format!("sha256sum '{name}'")).starts_with(&written.stats.sha256_hex));
    for unit in &written.manifest.units {
        let member = &unit.parts[0].member;
        let printed = sh(root.path(), &format!("tar -xzOf '{name}' '{member}' | sha256sum"));
        assert!(printed.starts_with(&unit.sha256), "{member}");
    }
}

/// Streams in one part, in many, in none to speak of; the last name begins like the first one.
fn streams(codec: Codec) -> Written<Vec<u8>> {
    let units = three();
    let long = noise(150_000);
    let mut units: Vec<(&str, &[u8])> =
        units.iter().map(|(name, content)| (*name, content.as_slice())).collect();
    units.push(("shop.db.dump2", &long));
    cut_archive(codec, 100_000, &units)
}

#[test]
fn one_command_reads_a_stream_whether_it_was_cut_or_not() {
    for codec in Codec::ALL {
        let root = tempfile::tempdir().expect("a folder");
        let written = streams(codec);
        let name = store(root.path(), codec, &written);
        let options = match codec {
            Codec::Gzip => ["tar -xzOf", "bsdtar -xzOf"],
            Codec::Zstd => ["tar --zstd -xOf", "bsdtar -xOf"],
        };
        let bases = [
            "data/shop.db.dump",
            "data/shop.db-2.dump",
            "data/leer.dump",
            "data/shop.db.dump2.dump",
        ];
        for tool in options {
            for (unit, base) in written.manifest.units.iter().zip(bases) {
                let printed = sh(root.path(), &format!("{tool} '{name}' '{base}' | sha256sum"));
                assert!(printed.starts_with(&unit.sha256), "{tool} {base}");
            }
        }
        assert!(written.manifest.units[0].parts.len() == 15, "the first one is cut");
        assert_eq!(written.manifest.units[2].parts[0].member, bases[2], "the empty one is not");
    }
}

#[test]
fn stock_tools_unpack_parts_into_a_folder() {
    let root = tempfile::tempdir().expect("a folder");
    let written = streams(Codec::Gzip);
    let name = store(root.path(), Codec::Gzip, &written);
    fs::write(root.path().join("unpack.py"), PYTHON).expect("a script");
    for command in [
        format!("tar xzf '{name}' -C out"),
        format!("bsdtar -xf '{name}' -C out"),
        format!("python3 unpack.py '{name}' out"),
        format!("7z e -so '{name}' > again.tar && 7z x -oout again.tar"),
    ] {
        sh(root.path(), &format!("rm -rf out && mkdir out && {command}"));
        let joined = sh(root.path(), "cat out/data/shop.db.dump/* | sha256sum");
        assert!(joined.starts_with(&written.manifest.units[0].sha256), "{command}");
        assert!(root.path().join("out/data/leer.dump").is_file(), "{command}");
    }
}

#[test]
fn restore_md_is_right_for_streams_in_both_forms() {
    for codec in Codec::ALL {
        let root = tempfile::tempdir().expect("a folder");
        let written = streams(codec);
        store(root.path(), codec, &written);
        let text = String::from_utf8(entries(&written.sink)[1].content.clone()).expect("text");
        let commands = commands(&text);
        assert_eq!(commands.lines().count(), 8, "{commands}");
        let printed = sh(root.path(), &commands);
        for unit in &written.manifest.units {
            assert!(printed.contains(&unit.sha256), "{printed}");
            for part in &unit.parts {
                let line = format!("{}  {}", part.sha256, part.member);
                assert!(printed.contains(&line), "{line}: {printed}");
            }
        }
    }
}

#[test]
fn restore_md_reads_like_this_for_a_stream() {
    let entries = entries(&cut_archive(Codec::Zstd, 4, &[("shop", b"0123456789")]).sink);
    insta::assert_snapshot!(String::from_utf8(entries[1].content.clone()).expect("text"));
}

/// The commands of a `RESTORE.md`, as a person would paste them.
fn commands(text: &str) -> String {
    let mut commands = String::new();
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => commands.extend([line, "\n"]),
            _ => {}
        }
    }
    commands
}

#[test]
fn restore_md_followed_to_the_letter_gives_the_databases_back() {
    for codec in Codec::ALL {
        let root = tempfile::tempdir().expect("a folder");
        let written = written(codec);
        let name = store(root.path(), codec, &written);
        // As a person reads it first: with the stock tool.
        let option = if codec == Codec::Gzip { "-xzOf" } else { "--zstd -xOf" };
        let text = sh(root.path(), &format!("tar {option} '{name}' RESTORE.md"));
        let commands = commands(&text);
        assert_eq!(commands.lines().count(), 4, "{commands}");
        let printed = sh(root.path(), &commands);
        assert!(printed.contains(&written.stats.sha256_hex), "{printed}");
        for unit in &written.manifest.units {
            assert!(printed.contains(&unit.sha256), "{printed}");
            assert!(text.contains(&unit.parts[0].member), "{text}");
        }
        let folder = root.path().join(format!("{}.restored", written.manifest.header.id));
        assert_unpacked(&folder, &written, "RESTORE.md");
    }
}

#[test]
fn hostile_names_reach_neither_the_shell_nor_the_files() {
    let names = [
        "'; touch pwned; '",
        "$(touch pwned)",
        "`touch pwned`",
        "x\n```\n\n```sh\ntouch pwned\n```\n",
        "../../pwned",
        "--checkpoint-action=exec=touch pwned",
    ];
    let root = tempfile::tempdir().expect("a folder");
    let settings = CompressionSettings::default();
    let mut header = header();
    header.profile = names[3].to_owned();
    header.server.version = names[3].to_owned();
    header.kronos_version = names[3].to_owned();
    let plan = names.iter().map(|name| planned(name)).collect();
    let mut writer = ArchiveWriter::new(Vec::new(), settings, header, plan).expect("a writer");
    for name in names {
        add(&mut writer, name, 4, &mut &b"data"[..]).expect("added");
    }
    let written = writer.finish(closing(names.len())).expect("finished");
    let name = store(root.path(), Codec::Gzip, &written);
    let text = sh(root.path(), &format!("tar -xzOf '{name}' RESTORE.md"));
    sh(root.path(), &commands(&text));
    let unpacked = root.path().join(format!("{}.restored/data", written.manifest.header.id));
    assert_eq!(fs::read_dir(unpacked).expect("data").count(), names.len());
    let mut left: Vec<_> = fs::read_dir(root.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    left.sort();
    assert_eq!(left, [format!("{}.restored", written.manifest.header.id), name]);
    assert!(!Path::new("pwned").exists());
}

#[test]
fn restore_md_reads_like_this() {
    let entries = entries(&small(Codec::Gzip).sink);
    insta::assert_snapshot!(String::from_utf8(entries[1].content.clone()).expect("text"));
}
