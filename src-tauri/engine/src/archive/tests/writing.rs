//! What the writer refuses to call an archive.

use super::*;

/// The error of `result`, and that what its writer left behind is no archive.
fn message<T>(result: Result<T>) -> String {
    result.err().expect("refused").to_string()
}

#[test]
fn an_archive_without_databases_is_refused() {
    let error = message(writer(Codec::Gzip, &[]));
    assert_eq!(error, "Kronos made a mistake: An archive of 0 databases cannot be written");
}

#[test]
fn a_source_must_be_exactly_as_long_as_declared() {
    for (size, content, expected) in [
        (5, &b"four"[..], "`/srv/a` could not be read: it ended after 4 of 5 bytes"),
        (1, b"", "`/srv/a` could not be read: it ended after 0 of 1 bytes"),
        (
            3,
            b"four",
            "`/srv/a` could not be read: it is longer than the 3 bytes it had when the backup began",
        ),
        (
            0,
            b"x",
            "`/srv/a` could not be read: it is longer than the 0 bytes it had when the backup began",
        ),
    ] {
        let mut writer = writer(Codec::Gzip, &["a"]).expect("a writer");
        assert_eq!(message(add(&mut writer, "a", size, &mut &content[..])), expected);
        let error = message(writer.finish(closing(1)));
        assert!(error.ends_with("has failed before"), "{error}");
    }
}

struct Fails(fn() -> std::io::Error);

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err((self.0)())
    }
}

#[test]
fn a_source_that_fails_at_its_end_fails_the_backup() {
    // All bytes are there, but the source has more to say: a child that ended badly.
    let mut reader = (&b"four"[..]).chain(Fails(|| std::io::Error::other(Error::Cancelled)));
    let mut unfinished = writer(Codec::Gzip, &["a"]).expect("a writer");
    let result = add(&mut unfinished, "a", 4, &mut reader);
    assert!(matches!(result, Err(Error::Cancelled)), "the engine's own error comes out unchanged");
    let mut reader = (&b"four"[..]).chain(Fails(|| std::io::ErrorKind::BrokenPipe.into()));
    let mut unfinished = writer(Codec::Gzip, &["a"]).expect("a writer");
    let error = message(add(&mut unfinished, "a", 4, &mut reader));
    assert_eq!(error, "`/srv/a` could not be read: broken pipe");
}

#[test]
fn cancelling_ends_the_writing() {
    let mut writer = writer(Codec::Gzip, &["a"]).expect("a writer");
    let unit = UnitSource { name: "a", source: "a", size: Some(4), reader: &mut &b"four"[..] };
    let result = writer.add_unit(unit, &mut |_| Err(Error::Cancelled));
    assert!(matches!(result, Err(Error::Cancelled)));
    assert!(writer.finish(closing(1)).is_err());
}

#[test]
fn only_the_plan_can_be_written_because_restore_md_names_it() {
    let mut other = writer(Codec::Gzip, &["a", "b"]).expect("a writer");
    let error = message(add(&mut other, "b", 0, &mut &b""[..]));
    assert_eq!(error, "Kronos made a mistake: `b` is not the next database of the plan");
    let mut fewer = writer(Codec::Gzip, &["a", "b"]).expect("a writer");
    add(&mut fewer, "a", 0, &mut &b""[..]).expect("added");
    assert!(message(fewer.finish(closing(1))).ends_with("lacks a planned database"));
    let mut more = writer(Codec::Gzip, &["a"]).expect("a writer");
    add(&mut more, "a", 0, &mut &b""[..]).expect("added");
    assert!(add(&mut more, "a", 0, &mut &b""[..]).is_err());
    let mut facts = writer(Codec::Gzip, &["a"]).expect("a writer");
    add(&mut facts, "a", 0, &mut &b""[..]).expect("added");
    assert!(facts.finish(closing(0)).is_err());
}

#[test]
fn what_the_reader_would_refuse_is_not_written() {
    for change in [
        (|header| header.format = 2) as fn(&mut Header),
        |header| header.format = 0,
        |header| header.id = BackupId::from_text("../x"),
        |header| header.id = BackupId::from_text(""),
        |header| header.profile.clear(),
        |header| header.server.tool = "x".repeat(70_000),
    ] {
        let mut header = header();
        change(&mut header);
        let plan = vec![planned("a")];
        let result = ArchiveWriter::new(Vec::new(), CompressionSettings::default(), header, plan);
        assert!(matches!(result.err(), Some(Error::Internal(_))));
    }
    for (name, extension) in [("", "sqlite"), ("a", ""), ("a", "a/b"), ("a", "A"), ("a", "..")] {
        let planned = PlannedMember { extension: extension.to_owned(), ..planned(name) };
        let settings = CompressionSettings::default();
        let result = ArchiveWriter::new(Vec::new(), settings, header(), vec![planned]);
        assert!(result.is_err(), "{name:?} {extension:?}");
    }
    let mut writer = writer(Codec::Gzip, &["a"]).expect("a writer");
    add(&mut writer, "a", 0, &mut &b""[..]).expect("added");
    let mut closing = closing(1);
    closing.warnings = vec!["x".repeat(70_000)];
    assert!(writer.finish(closing).is_err());
}

/// Tables with names of `len` digits.
fn tables(count: usize, len: usize) -> Vec<ObjectCount> {
    (0..count).map(|number| named(format!("{number:0len$}"))).collect()
}

fn named(name: String) -> ObjectCount {
    ObjectCount { kind: ObjectKind::Table, name, rows: Some(1) }
}

#[test]
fn a_database_that_does_not_fit_is_named_with_the_next_step() {
    let counted =
        |count| format!("it has {count} tables, views, indexes and triggers, and the list");
    let mut cases = vec![
        (
            vec![named("x".repeat(70_000))],
            "…` is 70000 bytes long, and an archive keeps names of".to_owned(),
        ),
        (tables(250_000, 1), counted(250_000)),
    ];
    if soak() {
        cases.push((tables(120_000, 250), counted(120_000)));
    }
    for (objects, what) in cases {
        let mut writer = writer(Codec::Gzip, &["a", "b"]).expect("a writer");
        for name in ["a", "b"] {
            add(&mut writer, name, 0, &mut &b""[..]).expect("added");
        }
        let mut closing = closing(2);
        closing.facts[1].objects = objects;
        let error = writer.finish(closing).expect_err("too much");
        let text = error.to_string();
        assert!(text.starts_with("`/srv/b` does not fit into one backup: "), "{text}");
        assert!(text.contains(&what) && text.len() < 250, "{text}");
        assert_eq!(error.code(), crate::ErrorCode::SourceFailed);
        assert!(error.hint().expect("a next step").starts_with("Give each database a profile"));
    }
}

/// `KRONOS_SOAK=full` runs the most that fits, and otherwise what is enough for most users.
#[test]
fn a_database_of_many_tables_fits() {
    let mut writer = writer(Codec::Gzip, &["a"]).expect("a writer");
    add(&mut writer, "a", 0, &mut &b""[..]).expect("added");
    let mut closing = closing(1);
    closing.facts[0].objects = tables(if soak() { 240_000 } else { 10_000 }, 6);
    let written = writer.finish(closing).expect("all listed");
    check(&written.sink, None).expect("sound");
    let sidecar = sidecar(&written, Codec::Gzip);
    let json = sidecar.to_json().expect("json");
    assert_eq!(Sidecar::from_json(NAME, &json).expect("a sidecar"), sidecar);
}

#[test]
fn a_stream_that_never_ends_is_ended() {
    let settings = CompressionSettings::default_for(Codec::Zstd);
    let plan = vec![planned_stream("a")];
    let mut writer =
        ArchiveWriter::new(std::io::sink(), settings, header(), plan).expect("new").cut_at(1);
    let error = message(add_stream(&mut writer, "a", &mut std::io::repeat(7)));
    assert_eq!(
        error,
        "`/srv/a` does not fit into one backup: its dump is longer than the 100000 parts that one \
         backup has"
    );
    assert!(writer.finish(closing(1)).is_err());
}

/// Takes so many bytes, then is full.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match bytes.len().min(self.0) {
            0 if !bytes.is_empty() => Err(std::io::ErrorKind::StorageFull.into()),
            count => {
                self.0 -= count;
                Ok(count)
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_sink_fails_the_archive_at_every_byte() {
    let content = noise(3000);
    let needed = archive(Codec::Gzip, &[("a", &content)]).sink.len();
    let write = |room| -> Result<()> {
        let settings = CompressionSettings::default();
        let mut writer = ArchiveWriter::new(Room(room), settings, header(), vec![planned("a")])?;
        add(&mut writer, "a", 3000, &mut &content[..])?;
        writer.finish(closing(1)).map(drop)
    };
    let mut failed = 0;
    for room in (0..needed).step_by(if soak() { 1 } else { 37 }) {
        let error = write(room).expect_err("full");
        assert_eq!(error.code(), crate::ErrorCode::StorageFull, "{error}");
        failed += 1;
    }
    assert!(failed > 90, "{failed}");
    write(needed).expect("room enough");
}

#[test]
fn an_abandoned_archive_is_none() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let sink = file.reopen().expect("the file");
    let plan = vec![planned("a"), planned("b")];
    let mut writer =
        ArchiveWriter::new(sink, CompressionSettings::default(), header(), plan).expect("a writer");
    let content = noise(3 << 20);
    add(&mut writer, "a", content.len() as u64, &mut &content[..]).expect("added");
    drop(writer);
    let stored = std::fs::read(file.path()).expect("stored");
    archive_error(check(&stored, None), "an abandoned archive");
}
