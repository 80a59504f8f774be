//! What an archive says of itself from its two ends, and what it costs to ask.

use std::cell::RefCell;
use std::io::{Seek, SeekFrom};
use std::rc::Rc;

use super::*;

/// Remembers which bytes were read.
#[derive(Clone)]
struct Watched<R> {
    from: R,
    at: u64,
    read: Rc<RefCell<Vec<(u64, u64)>>>,
}

impl<R> Watched<R> {
    fn new(from: R) -> Self {
        Self { from, at: 0, read: Rc::default() }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(space)?;
        self.read.borrow_mut().push((self.at, count as u64));
        self.at += count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Watched<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.from.seek(to)?;
        Ok(self.at)
    }
}

fn ask(stored: &[u8], sidecar: Option<&Sidecar>) -> Result<Glance> {
    glance(Cursor::new(stored), NAME, &stored[..stored.len().min(4096)], sidecar)
}

/// The words in which both refuse, or `None` where they accept.
fn words(result: Result<impl Sized>) -> Option<String> {
    result.err().map(|error| error.to_string())
}

#[test]
fn an_archive_of_any_length_says_what_it_is() {
    for codec in Codec::ALL {
        let exact = vec![0; (1 << 20) - 4096];
        for content in [Vec::new(), b"abc".to_vec(), exact, noise(1 << 20), noise(5_000_000)] {
            let written = archive(codec, &[("a.db", &content), ("b.db", b"second")]);
            let bare = ask(&written.sink, None).expect("without a sidecar");
            assert_eq!(bare.manifest, written.manifest, "{codec:?}, {} bytes", content.len());
            assert_eq!((bare.codec, bare.stored_bytes), (codec, written.sink.len() as u64));
            let sidecar = sidecar(&written, codec);
            assert_eq!(ask(&written.sink, Some(&sidecar)).expect("with a sidecar"), bare);
        }
    }
}

#[test]
fn a_manifest_longer_than_many_blocks_is_found() {
    for codec in Codec::ALL {
        let mut writer = writer(codec, &["a.db"]).expect("a writer");
        add(&mut writer, "a.db", 3, &mut &b"abc"[..]).expect("added");
        let name = |number: u32| format!("table_{}_{number}", "x".repeat(60));
        let objects = (0..40_000).map(|number| ObjectCount {
            kind: ObjectKind::Table,
            name: name(number),
            rows: Some(u64::from(number)),
        });
        let mut closing = closing(1);
        closing.facts[0].objects = objects.collect();
        let written = writer.finish(closing).expect("finished");
        let glance = ask(&written.sink, None).expect("an answer");
        assert_eq!(glance.manifest.table_count(), 40_000);
        assert_eq!(glance.manifest, written.manifest);
    }
}

/// 256 MB that do not compress: `make soak` makes it a gigabyte.
#[test]
fn the_middle_of_a_large_archive_is_never_read() {
    let megabytes: u64 = if soak() { 1000 } else { 256 };
    for codec in Codec::ALL {
        let file = tempfile::tempfile().expect("a file");
        let settings = CompressionSettings { codec, level: 1 };
        let plan = vec![planned("a.db")];
        let sink = file.try_clone().expect("a second handle");
        let mut writer = ArchiveWriter::new(sink, settings, header(), plan).expect("a writer");
        let piece = noise(1_000_000);
        let mut content = Repeated { piece: &piece, left: megabytes * 1_000_000 };
        add(&mut writer, "a.db", megabytes * 1_000_000, &mut content).expect("added");
        let written = writer.finish(closing(1)).expect("finished");
        let len = written.stats.stored_bytes;
        assert!(len > megabytes * 800_000, "{len}");

        let watched = Watched::new(file);
        let read = Rc::clone(&watched.read);
        let glance = glance(watched, NAME, &[], None).expect("an answer");
        assert_eq!(glance.manifest, written.manifest);
        let read = read.borrow();
        let total: u64 = read.iter().map(|(_, count)| count).sum();
        assert!(total < 6 << 20, "{total} bytes were read");
        let middle = 3 << 20..len - (4 << 20);
        let inside = read.iter().find(|(at, count)| *count > 0 && middle.contains(at));
        assert_eq!(inside, None);
    }
}

/// The same bytes again and again.
struct Repeated<'a> {
    piece: &'a [u8],
    left: u64,
}

impl Read for Repeated<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let count = space.len().min(self.piece.len()).min(left);
        let at = usize::try_from(self.left).unwrap_or(0) % self.piece.len();
        let count = count.min(self.piece.len() - at);
        space[..count].copy_from_slice(&self.piece[at..at + count]);
        self.left -= count as u64;
        Ok(count)
    }
}

#[test]
fn an_archive_that_is_cut_short_is_refused_in_the_words_of_the_whole_check() {
    for codec in Codec::ALL {
        let written = small(codec);
        let sidecar = sidecar(&written, codec);
        for len in 0..written.sink.len() {
            let cut = &written.sink[..len];
            for expected in [None, Some(&sidecar)] {
                let found = words(ask(cut, expected));
                assert_eq!(found, words(check(cut, expected)), "{codec:?}, {len} bytes");
                assert!(found.is_some());
            }
        }
    }
}

#[test]
fn what_follows_the_end_is_refused_in_the_words_of_the_whole_check() {
    for codec in Codec::ALL {
        let written = small(codec);
        for more in [&b"\0"[..], b"x", &[0; 600], &written.sink] {
            let longer = [&written.sink[..], more].concat();
            let found = words(ask(&longer, None));
            assert_eq!(found, words(check(&longer, None)), "{codec:?}, {} bytes more", more.len());
            assert!(found.is_some());
        }
    }
}

#[test]
fn no_changed_byte_makes_it_say_something_else_about_the_databases_and_be_right() {
    for codec in Codec::ALL {
        let written = smallest(codec);
        for at in 0..written.sink.len() {
            let mut changed = written.sink.clone();
            changed[at] ^= 0x40;
            // The whole check refuses all of these; a look either refuses too or says the same as before.
            assert!(check(&changed, None).is_err());
            if let Ok(glance) = ask(&changed, None) {
                assert_eq!(glance.manifest, written.manifest, "{codec:?}, byte {at}");
            }
        }
    }
}

#[test]
fn a_sidecar_of_another_archive_is_noticed() {
    let written = small(Codec::Gzip);
    let good = sidecar(&written, Codec::Gzip);
    let mut longer = good.clone();
    longer.size += 1;
    let mut other = good.clone();
    other.manifest.header.profile = "blog".to_owned();
    for (sidecar, what) in [(longer, "its size is not"), (other, "its manifest is not")] {
        let found = words(ask(&written.sink, Some(&sidecar))).expect("refused");
        assert!(found.contains(what), "{found}");
    }
}

#[test]
fn an_archive_in_an_archive_is_not_taken_for_the_outer_one() {
    for codec in Codec::ALL {
        let inner = small(codec);
        let outer = archive(codec, &[("backup.tar.gz", &inner.sink)]);
        assert_eq!(ask(&outer.sink, None).expect("an answer").manifest, outer.manifest);
    }
}

#[test]
fn a_contradiction_between_the_ends_is_refused() {
    let written = small(Codec::Gzip);
    let mut members = entries(&written.sink);
    let text = String::from_utf8(members[0].content.clone()).expect("text");
    members[0] = Entry::new("kronos.json", text.replace("\"Shop\"", "\"Blog\"").as_bytes());
    let forged = sealed(&tar_of(&members), Codec::Gzip);
    let found = words(ask(&forged, None)).expect("refused");
    assert_eq!(Some(found), words(check(&forged, None)));
    members.truncate(3);
    let headless = sealed(&tar_of(&members), Codec::Gzip);
    assert_eq!(words(ask(&headless, None)), words(check(&headless, None)));
}
