//! What the rows of a dump hold, as one number per table: enough to say that two dumps hold the same, whatever
//! the order of their rows.
//!
//! Owns the arithmetic and the words for a difference. Where a row begins and ends is known to the engines.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::units;

/// The property of a database with what its server was set to that shows in how rows are written, where there is
/// such a thing.
pub const ROWS_WRITTEN: &str = "rows_written";

/// The rows of one table: how many, and the sum of their hashes. A sum, because rows that are there twice
/// would vanish from an exclusive or.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowsDigest {
    rows: u64,
    /// A number of 256 bits, the lowest first; what is more falls away.
    sum: [u64; 4],
}

impl RowsDigest {
    /// Adds a row.
    pub(super) fn add(&mut self, row: Sha256) {
        self.rows += 1;
        self.sum = added(self.sum, row);
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.sum = sum_of(self.sum, other.sum);
    }
}

/// The sum with one more hash.
fn added(sum: [u64; 4], hash: Sha256) -> [u64; 4] {
    let bytes: [u8; 32] = hash.finalize().into();
    let mut number = [0; 4];
    for (part, bytes) in number.iter_mut().zip(bytes.as_chunks().0) {
        *part = u64::from_le_bytes(*bytes);
    }
    sum_of(sum, number)
}

fn sum_of(one: [u64; 4], other: [u64; 4]) -> [u64; 4] {
    let (mut sum, mut carry) = ([0; 4], false);
    for (place, part) in sum.iter_mut().enumerate() {
        let (partial, over) = one[place].overflowing_add(other[place]);
        let (whole, over_again) = partial.overflowing_add(u64::from(carry));
        (*part, carry) = (whole, over || over_again);
    }
    sum
}

/// A row whose values count with the names of their columns, so that the order of the columns does not.
#[derive(Debug, Default)]
pub(super) struct NamedValues([u64; 4]);

impl NamedValues {
    /// A value begins; its bytes are added to what this returns.
    pub(super) fn begin(column: &str) -> Sha256 {
        let mut hash = Sha256::new();
        hash.update(column.as_bytes());
        // No name holds it.
        hash.update([0]);
        hash
    }

    /// Adds a value.
    pub(super) fn add(&mut self, value: Sha256) {
        self.0 = added(self.0, value);
    }

    /// The row that they make.
    pub(super) fn into_row(self) -> Sha256 {
        let mut row = Sha256::new();
        for part in self.0 {
            row.update(part.to_le_bytes());
        }
        row
    }
}

/// The contents of a dump.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digests {
    tables: BTreeMap<String, RowsDigest>,
    /// What is no table: the value of a sequence, all large objects.
    values: BTreeMap<String, RowsDigest>,
    /// Whether the dump writes names in letters that are not known.
    has_other_letters: bool,
    /// Tables whose rows a server changes by itself.
    changing: BTreeSet<String>,
}

impl Digests {
    /// Adds rows of `table`.
    pub(super) fn add(&mut self, table: &str, rows: RowsDigest) {
        self.tables.entry(table.to_owned()).or_default().merge(rows);
    }

    /// Adds a value that is no row of a table.
    pub(super) fn add_value(&mut self, name: &str, value: Sha256) {
        self.values.entry(name.to_owned()).or_default().add(value);
    }

    /// From here on a name that is not ASCII is not the one that the manifest has for the same table.
    pub(super) fn write_names_in_other_letters(&mut self) {
        self.has_other_letters = true;
    }

    /// Leaves `table` out, whose rows the server changes by itself.
    pub(super) fn leave_out(&mut self, table: String) {
        self.changing.insert(table);
    }

    /// How many rows of `table` are in it.
    pub fn rows(&self, table: &str) -> u64 {
        let found = self.tables.get(table).or_else(|| self.values.get(table));
        found.map_or(0, |found| found.rows)
    }

    /// Whether `table` is found in it under its name.
    pub fn knows(&self, table: &str) -> bool {
        !self.has_other_letters || table.is_ascii()
    }

    /// The numbers of the rows of all tables that have some and are not known by their names, the lowest first.
    pub fn rows_of_unknown(&self) -> Vec<u64> {
        let unknown = self.tables.iter().filter(|(name, rows)| !self.knows(name) && rows.rows > 0);
        let mut numbers: Vec<u64> = unknown.map(|(_, rows)| rows.rows).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Whether the rows of `table` are compared.
    pub fn compares(&self, table: &str) -> bool {
        !self.changing.contains(table)
    }

    /// The first thing in which `restored` is different, as a sentence; numbers and values before the contents of
    /// tables. A table without rows need not be mentioned in a dump.
    pub fn difference(&self, restored: &Self) -> Option<String> {
        self.lost(restored).or_else(|| {
            let name = self.rewritten(restored).into_iter().next()?;
            let rows = count(self.rows(&name));
            Some(format!("`{name}` has {rows} as in the backup, but not all of them hold the same"))
        })
    }

    /// The first difference that no way of writing a value explains.
    pub fn lost(&self, restored: &Self) -> Option<String> {
        let number = pairs(&self.tables, &restored.tables)
            .find(|(_, wanted, found)| wanted.rows != found.rows)
            .map(|(name, wanted, found)| {
                format!("`{name}` has {} instead of {}", count(found.rows), count(wanted.rows))
            });
        number.or_else(|| {
            let (name, ..) =
                pairs(&self.values, &restored.values).find(|(_, wanted, found)| wanted != found)?;
            Some(format!("`{name}` does not hold the same as in the backup"))
        })
    }

    /// Tables with as many rows, of which not all are written in the same bytes.
    pub fn rewritten(&self, restored: &Self) -> Vec<String> {
        let tables = pairs(&self.tables, &restored.tables);
        let is_other = |(_, wanted, found): &(_, RowsDigest, RowsDigest)| {
            wanted.rows == found.rows && wanted != found
        };
        tables.filter(is_other).map(|(name, ..)| name.clone()).collect()
    }
}

/// What two dumps hold under each name.
fn pairs<'a>(
    one: &'a BTreeMap<String, RowsDigest>,
    other: &'a BTreeMap<String, RowsDigest>,
) -> impl Iterator<Item = (&'a String, RowsDigest, RowsDigest)> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let of = |digests: &BTreeMap<String, RowsDigest>, name| {
        digests.get(name).copied().unwrap_or_default()
    };
    names.into_iter().map(move |name| (name, of(one, name), of(other, name)))
}

fn count(rows: u64) -> String {
    match rows {
        1 => "1 row".to_owned(),
        rows => format!("{} rows", units::count(rows)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[&str]) -> RowsDigest {
        let mut digest = RowsDigest::default();
        for text in texts {
            digest.add(Sha256::new_with_prefix(text));
        }
        digest
    }

    fn digests(tables: &[(&str, &[&str])]) -> Digests {
        let mut digests = Digests::default();
        for (table, texts) in tables {
            digests.add(table, rows(texts));
        }
        digests
    }

    #[test]
    fn order_says_nothing_and_every_repetition_does() {
        assert_eq!(rows(&["a", "b", "a"]), rows(&["a", "a", "b"]));
        assert_ne!(rows(&["a", "b", "b"]), rows(&["a", "c", "c"]));
        assert_ne!(rows(&["a", "b", "b"]), rows(&["a", "a", "b"]));
        assert_ne!(rows(&["a"]), rows(&["a", "a", "a"]));
        let mut merged = rows(&["a", "b"]);
        merged.merge(rows(&["c"]));
        assert_eq!(merged, rows(&["c", "b", "a"]));
    }

    #[test]
    fn a_carry_goes_through_to_the_end_and_falls_off_there() {
        assert_eq!(sum_of([u64::MAX; 4], [1, 0, 0, 0]), [0; 4]);
        assert_eq!(
            sum_of([u64::MAX; 4], [u64::MAX; 4]),
            [u64::MAX - 1, u64::MAX, u64::MAX, u64::MAX]
        );
        assert_eq!(sum_of([u64::MAX, 0, 5, 0], [2, 0, 0, 7]), [1, 1, 5, 7]);
    }

    #[test]
    fn values_count_with_their_columns_in_any_order() {
        let row = |values: &[(&str, &str)]| {
            let mut named = NamedValues::default();
            for (column, value) in values {
                named.add(NamedValues::begin(column).chain_update(value));
            }
            named.into_row().finalize()
        };
        assert_eq!(row(&[("a", "1"), ("b", "2")]), row(&[("b", "2"), ("a", "1")]));
        assert_ne!(row(&[("a", "1"), ("b", "2")]), row(&[("a", "2"), ("b", "1")]));
        assert_ne!(row(&[("a", "b1")]), row(&[("ab", "1")]));
    }

    #[test]
    fn a_difference_names_the_table_and_counts_and_no_rows_are_none() {
        let backup = digests(&[("a", &["1", "2"]), ("empty", &[])]);
        assert_eq!(backup.difference(&digests(&[("a", &["2", "1"])])), None);
        let said = |tables: &[(&str, &[&str])]| backup.difference(&digests(tables)).unwrap();
        let changed = "`a` has 2 rows as in the backup, but not all of them hold the same";
        assert_eq!(said(&[("a", &["1", "3"])]), changed);
        assert_eq!(said(&[("a", &["1"])]), "`a` has 1 row instead of 2 rows");
        assert_eq!(said(&[]), "`a` has 0 rows instead of 2 rows");
        assert_eq!(
            said(&[("a", &["1", "2"]), ("empty", &["x"])]),
            "`empty` has 1 row instead of 0 rows"
        );
        let first = "a number comes before contents";
        assert!(said(&[("a", &["1", "3"]), ("empty", &["x"])]).starts_with("`empty`"), "{first}");
    }

    #[test]
    fn another_number_or_value_is_lost_and_other_contents_are_rewritten() {
        let with_value = |tables: &[(&str, &[&str])], value: &str| {
            let mut digests = digests(tables);
            digests.add_value("counter", Sha256::new_with_prefix(value));
            digests
        };
        let backup = with_value(&[("a", &["1", "2"]), ("b", &["1"])], "7");
        let same = backup.clone();
        assert_eq!((backup.lost(&same), backup.rewritten(&same)), (None, Vec::new()));
        let rewritten = with_value(&[("a", &["1", "3"]), ("b", &["1"])], "7");
        assert_eq!(
            (backup.lost(&rewritten), backup.rewritten(&rewritten)),
            (None, vec!["a".to_owned()])
        );
        let other = with_value(&[("a", &["1", "3"]), ("b", &["1"])], "8");
        let lost = "`counter` does not hold the same as in the backup";
        assert_eq!(backup.lost(&other).unwrap(), lost);
        assert_eq!(backup.difference(&other).unwrap(), lost);
        let fewer = with_value(&[("a", &["1"]), ("b", &["1"])], "7");
        assert_eq!(backup.lost(&fewer).unwrap(), "`a` has 1 row instead of 2 rows");
    }

    #[test]
    fn names_in_other_letters_are_known_when_they_are_ascii() {
        let mut digests = digests(&[("public.a", &["1"]), ("public.stra\u{fffd}DFe", &["1", "2"])]);
        assert!(digests.knows("public.straße") && digests.rows_of_unknown().is_empty());
        digests.write_names_in_other_letters();
        assert!(digests.knows("public.a") && !digests.knows("public.straße"));
        assert_eq!(digests.rows_of_unknown(), [2]);
    }
}
