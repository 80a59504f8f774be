//! The objects of one database on both sides, joined by kind and name.
//!
//! Owns the join and the choice of what counts as a difference.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Difference};
use crate::archive::Unit;
use crate::contents::{LeftOut, LeftOutPart, ObjectCount};
use crate::database::{Defined, Structure};

/// What is known of an object.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    rows: Option<u64>,
    definition: Option<[u8; 32]>,
}

/// The objects of one side.
#[derive(Debug, Default)]
pub(super) struct Objects<'a> {
    known: BTreeMap<Defined, Known>,
    left_out: &'a [LeftOut],
}

impl<'a> Objects<'a> {
    /// What the manifest says of a database, and its definitions where they were read.
    pub fn of(unit: &'a Unit, structure: Option<&Structure>) -> Self {
        Self { left_out: &unit.left_out, ..Self::all(&unit.objects, structure) }
    }

    /// What is in a database of which nothing is left out.
    pub fn all(objects: &[ObjectCount], structure: Option<&Structure>) -> Self {
        let mut known: BTreeMap<Defined, Known> = BTreeMap::new();
        for object in objects {
            let kind = object.kind.word().to_owned();
            let key = Defined { kind, name: object.name.clone() };
            known.insert(key, Known { rows: object.rows, definition: None });
        }
        for (defined, digest) in structure.into_iter().flat_map(Structure::iter) {
            known.entry(defined.clone()).or_default().definition = Some(*digest);
        }
        Self { known, left_out: &[] }
    }

    fn leaves_out(&self, name: &str, part: LeftOutPart) -> bool {
        self.left_out.iter().any(|left_out| left_out.name == name && left_out.what == part)
    }
}

/// What is different between both sides, and how many objects are not.
pub(super) fn differences(before: &Objects, after: &Objects) -> (Vec<Difference>, u64) {
    let keys: BTreeSet<&Defined> = before.known.keys().chain(after.known.keys()).collect();
    let (mut found, mut unchanged) = (Vec::new(), 0);
    for key in keys {
        match difference(key, before, after) {
            Some(difference) => found.push(difference),
            None => unchanged += 1,
        }
    }
    (found, unchanged)
}

fn difference(key: &Defined, before: &Objects, after: &Objects) -> Option<Difference> {
    let (one, other) = (before.known.get(key), after.known.get(key));
    let rows = |known: Option<&Known>| known.and_then(|known| known.rows);
    let (rows_before, rows_after) = (rows(one), rows(other));
    let mut structure_changed = false;
    let change = match (one, other) {
        (None, _) if before.leaves_out(&key.name, LeftOutPart::Everything) => Change::LeftOut,
        (_, None) if after.leaves_out(&key.name, LeftOutPart::Everything) => Change::LeftOut,
        (None, _) => Change::Added,
        (_, None) => Change::Gone,
        (Some(one), Some(other)) => {
            let definitions = one.definition.zip(other.definition);
            structure_changed = definitions.is_some_and(|(one, other)| one != other);
            let has_moved = rows_before.zip(rows_after).is_some_and(|(one, other)| one != other);
            let is_partial =
                [before, after].iter().any(|side| side.leaves_out(&key.name, LeftOutPart::Rows));
            match (structure_changed, has_moved, is_partial) {
                (true, _, _) | (_, true, false) => Change::Changed,
                (_, true, true) => Change::LeftOut,
                (_, false, _) => return None,
            }
        }
    };
    let Defined { kind, name } = key.clone();
    Some(Difference { kind, name, change, rows_before, rows_after, structure_changed })
}
