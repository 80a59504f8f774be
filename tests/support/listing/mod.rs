//! Everything that is in a database, as text that can be compared: one entry for each object with its
//! definition, one for the rows of each table.
//!
//! Owns the comparison. The entries come from the servers' own catalogues, not from any dump tool and not
//! from the engine, so this is an independent witness.

mod mongodb;
mod mysql;
mod postgres;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

pub use mongodb::{access_of as access, snapshot_of as mongodb};
pub use mysql::{live_events, snapshot_of as mysql};
pub use postgres::snapshot_of as postgres;

use crate::servers::TextRow;

/// A database, described.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Listing {
    /// `kind name` and its definition.
    pub objects: BTreeMap<String, String>,
    /// For each table its number of rows and their digest.
    pub rows: BTreeMap<String, (u64, String)>,
    /// How far each counter has come. They are outside of any snapshot and may be later in a copy.
    pub counters: BTreeMap<String, i128>,
}

impl Listing {
    fn object(&mut self, kind: &str, name: &str, definition: String) {
        let twin = self.objects.insert(format!("{kind} {name}"), definition);
        assert!(twin.is_none(), "two objects are called {kind} {name}");
    }

    /// Number of rows in all tables.
    pub fn row_count(&self) -> u64 {
        self.rows.values().map(|(count, _)| count).sum()
    }

    /// Fails with a readable list of differences unless `restored` is a copy of this.
    pub fn assert_restored(&self, restored: &Listing) {
        let mut differences = differing(&self.objects, &restored.objects);
        differences.extend(differing(&self.rows, &restored.rows));
        for (name, value) in &self.counters {
            match restored.counters.get(name) {
                Some(copy) if copy >= value => {}
                copy => differences.push(format!("counter {name}: {value}, restored {copy:?}")),
            }
        }
        assert!(
            differences.is_empty(),
            "{} differences:\n{}",
            differences.len(),
            differences.iter().take(30).cloned().collect::<Vec<_>>().join("\n")
        );
    }
}

fn differing<T: PartialEq + std::fmt::Debug>(
    source: &BTreeMap<String, T>,
    restored: &BTreeMap<String, T>,
) -> Vec<String> {
    let names: BTreeSet<_> = source.keys().chain(restored.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        let line = match (source.get(name), restored.get(name)) {
            (Some(wanted), Some(is)) if wanted == is => continue,
            (Some(wanted), Some(is)) => {
                format!("differs: {name}\n  source   {wanted:?}\n  restored {is:?}")
            }
            (Some(wanted), None) => format!("missing: {name}\n  source   {wanted:?}"),
            (None, is) => format!("too much: {name}\n  restored {is:?}"),
        };
        found.push(line);
    }
    found
}

/// The sum of the hashes of rows: one twice is not one missing, and their order does not matter.
#[derive(Default)]
struct RowDigest {
    count: u64,
    sum: [u64; 4],
}

impl RowDigest {
    fn row(&mut self, row: &TextRow) {
        let mut hash = Sha256::new();
        for cell in row {
            // NULL is not an empty text, and "a", "b" is not "ab", "".
            match cell {
                None => hash.update([0]),
                Some(bytes) => {
                    hash.update([1]);
                    hash.update((bytes.len() as u64).to_le_bytes());
                    hash.update(bytes);
                }
            }
        }
        self.count += 1;
        let bytes = hash.finalize();
        for (sum, part) in self.sum.iter_mut().zip(bytes.chunks_exact(8)) {
            *sum = sum.wrapping_add(u64::from_le_bytes(part.try_into().unwrap()));
        }
    }

    fn finish(self) -> (u64, String) {
        (self.count, self.sum.map(|part| format!("{part:016x}")).concat())
    }
}

fn digest(rows: &[TextRow]) -> (u64, String) {
    let mut digest = RowDigest::default();
    for row in rows {
        digest.row(row);
    }
    digest.finish()
}

#[test]
fn the_comparison_itself_can_fail() {
    let row = |text: &str| vec![Some(text.as_bytes().to_vec()), None];
    assert_eq!(digest(&[row("a"), row("b")]), digest(&[row("b"), row("a")]));
    assert_ne!(digest(&[row("a"), row("a")]), digest(&[row("a")]));
    assert_ne!(digest(&[vec![None]]), digest(&[vec![Some(Vec::new())]]));
    let mut source = Listing::default();
    source.object("table", "a", "x".to_owned());
    source.counters.insert("s".to_owned(), 5);
    let later = Listing { counters: [("s".to_owned(), 6)].into(), ..source.clone() };
    source.assert_restored(&later);
    for broken in
        [Listing::default(), Listing { counters: [("s".to_owned(), 4)].into(), ..source.clone() }]
    {
        assert!(std::panic::catch_unwind(|| source.assert_restored(&broken)).is_err());
    }
}
