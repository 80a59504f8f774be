//! Two archives.
//!
//! Owns which databases are compared with each other, and the reading of their structure: only where the
//! bytes of the dumps differ.

use super::objects::{Objects, differences};
use super::{
    Comparison, DatabaseComparison, Difference, Presence, RowsCompared, Side, StructureCompared,
    check_engines,
};
use crate::archive::{Manifest, Unit};
use crate::browse::OpenedArchive;
use crate::contents::UnitKind;
use crate::context::RunContext;
use crate::database::{self, Structure};
use crate::error::Result;
use crate::state_dir::StateDir;

/// Compares `before` with `after`.
pub async fn archives(
    before: &OpenedArchive,
    after: &OpenedArchive,
    state: &StateDir,
    context: &RunContext,
) -> Result<Comparison> {
    check_engines(before.manifest().header.engine, after.manifest().header.engine)?;
    let (mut one, mut other) = (side(before), side(after));
    let mut databases = Vec::new();
    for pair in pairs(before.manifest(), after.manifest()) {
        databases.push(match pair {
            (Some(first), Some(second)) => {
                let units = (unit(before, first), unit(after, second));
                if units.0.sha256 == units.1.sha256 || units.0.kind == UnitKind::Globals {
                    without_reading(units.0, units.1)
                } else {
                    let first = structure(before, first, &mut one, state, context).await?;
                    let second = structure(after, second, &mut other, state, context).await?;
                    compared(
                        (&units.0.name, &Objects::of(units.0, Some(&first))),
                        (&units.1.name, &Objects::of(units.1, Some(&second))),
                    )
                }
            }
            (Some(first), None) => alone(&unit(before, first).name, Presence::Gone),
            (None, Some(second)) => alone(&unit(after, second).name, Presence::Added),
            (None, None) => continue,
        });
    }
    Ok(Comparison::of(one, other, databases))
}

fn unit(archive: &OpenedArchive, index: usize) -> &Unit {
    &archive.manifest().units[index]
}

pub(super) fn side(archive: &OpenedArchive) -> Side {
    Side {
        name: archive.name(),
        at: archive.manifest().header.created_at,
        is_live: false,
        is_checked: false,
    }
}

/// Which databases belong together, by their places in both manifests: those of the same name, and the only
/// ones of both.
fn pairs(before: &Manifest, after: &Manifest) -> Vec<(Option<usize>, Option<usize>)> {
    let place = |manifest: &Manifest, wanted: &dyn Fn(&Unit) -> bool| {
        manifest.units.iter().position(wanted)
    };
    if let (1, 1) = (before.databases().count(), after.databases().count()) {
        let is_database = |unit: &Unit| unit.kind == UnitKind::Database;
        let is_other = |unit: &Unit| unit.kind != UnitKind::Database;
        let only = (place(before, &is_database), place(after, &is_database));
        return vec![only, (place(before, &is_other), place(after, &is_other))];
    }
    let same = |unit: &Unit, manifest: &Manifest| {
        place(manifest, &|other: &Unit| other.name == unit.name && other.kind == unit.kind)
    };
    let first = before.units.iter().enumerate().map(|(at, unit)| (Some(at), same(unit, after)));
    let rest = after.units.iter().enumerate().filter(|(_, unit)| same(unit, before).is_none());
    first.chain(rest.map(|(at, _)| (None, Some(at)))).collect()
}

pub(super) async fn structure(
    archive: &OpenedArchive,
    index: usize,
    side: &mut Side,
    state: &StateDir,
    context: &RunContext,
) -> Result<Structure> {
    let engine = archive.manifest().header.engine;
    let make = move |place| database::structure_reader(engine, place);
    let read = archive.read_dump(index, make, state, context).await?;
    side.is_checked |= read.is_whole;
    Ok(read.found)
}

/// Two databases that were counted, and whose definitions are known.
pub(super) fn compared(
    (name, before): (&str, &Objects),
    (other_name, after): (&str, &Objects),
) -> DatabaseComparison {
    let (differences, unchanged) = differences(before, after);
    DatabaseComparison {
        differences,
        unchanged,
        rows: RowsCompared::Counts,
        structure: StructureCompared::Definitions,
        ..named(name, other_name)
    }
}

/// Two dumps that are equal byte for byte, or two scripts of roles and users, of which nothing more is known
/// than whether they are.
fn without_reading(before: &Unit, after: &Unit) -> DatabaseComparison {
    let is_equal = before.sha256 == after.sha256;
    let script = Difference {
        kind: "script".to_owned(),
        name: before.name.clone(),
        change: super::Change::Changed,
        rows_before: None,
        rows_after: None,
        structure_changed: true,
    };
    DatabaseComparison {
        differences: if is_equal { Vec::new() } else { vec![script] },
        unchanged: if is_equal { before.objects.len() as u64 } else { 0 },
        ..named(&before.name, &after.name)
    }
}

pub(super) fn alone(name: &str, presence: Presence) -> DatabaseComparison {
    DatabaseComparison {
        presence,
        rows: RowsCompared::Nothing,
        structure: StructureCompared::Nothing,
        ..named(name, name)
    }
}

/// A comparison in which nothing is different.
fn named(name: &str, other_name: &str) -> DatabaseComparison {
    DatabaseComparison {
        name: name.to_owned(),
        other_name: (name != other_name).then(|| other_name.to_owned()),
        presence: Presence::Both,
        differences: Vec::new(),
        unchanged: 0,
        rows: RowsCompared::Identical,
        structure: StructureCompared::Identical,
    }
}
