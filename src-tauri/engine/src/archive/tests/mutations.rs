//! Random changes, of the stored file and of the tar inside a newly sealed one.
//!
//! `KRONOS_SOAK=full` runs 10 000 of each.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;

fn config() -> Config {
    Config {
        cases: if soak() { 10_000 } else { 100 },
        failure_persistence: None,
        ..Config::default()
    }
}

/// One change of a file, with places given as fractions of its length.
#[derive(Debug, Clone)]
enum Change {
    Flip(u16, u8),
    Set(u16, u8),
    Remove(u16, u16),
    Insert(u16, Vec<u8>),
    Double(u16, u16),
    Zero(u16, u16),
    Cut(u16),
    Append(Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let bytes = || proptest::collection::vec(any::<u8>(), 1..600);
    prop_oneof![
        (any::<u16>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<u16>(), 1..1025_u16).prop_map(|(at, len)| Change::Remove(at, len)),
        (any::<u16>(), bytes()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<u16>(), 1..1025_u16).prop_map(|(at, len)| Change::Double(at, len)),
        (any::<u16>(), 1..1025_u16).prop_map(|(at, len)| Change::Zero(at, len)),
        any::<u16>().prop_map(Change::Cut),
        bytes().prop_map(Change::Append),
    ]
}

fn apply(file: &mut Vec<u8>, change: &Change) {
    let place = |at: u16| file.len() * usize::from(at) / (usize::from(u16::MAX) + 1);
    let range = |at: u16, len: u16| place(at)..(place(at) + usize::from(len)).min(file.len());
    match change {
        _ if file.is_empty() => file.push(0),
        Change::Flip(at, bit) => {
            let at = place(*at);
            file[at] ^= 1 << bit;
        }
        Change::Set(at, byte) => {
            let at = place(*at);
            file[at] = *byte;
        }
        Change::Remove(at, len) => drop(file.drain(range(*at, *len))),
        Change::Insert(at, bytes) => {
            let at = place(*at);
            file.splice(at..at, bytes.iter().copied());
        }
        Change::Double(at, len) => {
            let range = range(*at, *len);
            let bytes = file[range.clone()].to_vec();
            file.splice(range.end..range.end, bytes);
        }
        Change::Zero(at, len) => {
            let range = range(*at, *len);
            file[range].fill(0);
        }
        Change::Cut(at) => file.truncate(place(*at)),
        Change::Append(bytes) => file.extend_from_slice(bytes),
    }
}

fn codec() -> impl Strategy<Value = Codec> {
    prop_oneof![Just(Codec::Gzip), Just(Codec::Zstd)]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_changed_file_is_refused(
        codec in codec(),
        changes in proptest::collection::vec(change(), 1..4),
    ) {
        let written = small(codec);
        let mut changed = written.sink.clone();
        for change in &changes {
            apply(&mut changed, change);
        }
        prop_assume!(changed != written.sink);
        let sidecar = sidecar(&written, codec);
        prop_assert!(matches!(check(&changed, None), Err(Error::Archive(_))));
        prop_assert!(matches!(check(&changed, Some(&sidecar)), Err(Error::Archive(_))));
        let (sink, result) = take(&changed, &written.manifest, 0);
        prop_assert!(matches!(result, Err(Error::Archive(_))));
        prop_assert!(b"orders and customers".starts_with(&sink));
    }

    /// Without a key a forger can seal anything; but what he seals either is refused, or gives
    /// exactly the databases that its manifest describes.
    #[test]
    fn a_newly_sealed_tar_gives_the_right_databases_or_none(
        codec in codec(),
        changes in proptest::collection::vec(change(), 1..3),
    ) {
        let written = small(codec);
        let mut tar = open(&written.sink);
        for change in &changes {
            apply(&mut tar, change);
        }
        let stored = sealed(&tar, codec);
        prop_assume!(stored != written.sink);
        let sidecar = sidecar(&written, codec);
        prop_assert!(check(&stored, Some(&sidecar)).is_err());
        if let Ok(verified) = check(&stored, None) {
            for (index, unit) in verified.manifest.units.iter().enumerate() {
                let (content, result) = take(&stored, &verified.manifest, index);
                prop_assert!(result.is_ok());
                prop_assert_eq!(content.len() as u64, unit.size);
            }
        }
        let (sink, result) = take(&stored, &written.manifest, 0);
        prop_assert!(result.is_err() || sink == b"orders and customers");
    }
}
