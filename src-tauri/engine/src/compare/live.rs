//! An archive and the database that it was made of, as that is now.
//!
//! Owns what a look at a server can say: which tables there are, and about how many rows each has. An
//! estimate never makes a difference by itself. A database that is a file is read as a backup reads it, and then
//! everything is known.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::archives::{alone, compared, side, structure};
use super::objects::Objects;
use super::{
    Change, Comparison, DatabaseComparison, Difference, Presence, RowsCompared, Side,
    StructureCompared,
};
use crate::archive::Unit;
use crate::browse::OpenedArchive;
use crate::contents::{LeftOutPart, ObjectCount, ObjectKind, UnitKind};
use crate::context::RunContext;
use crate::database::{self, Probe, ProbedDatabase, ProbedObject, Surveyed};
use crate::error::{BrowseError, Result};
use crate::state_dir::StateDir;

/// What the servers keep for themselves in a database begins so, and is not listed by a look.
const OF_THE_SERVER: &str = "system.";

/// Compares `archive` with what a look at the database of `profile` found at `now`.
pub fn with_live(
    archive: &OpenedArchive,
    profile: &str,
    probe: Probe,
    now: Timestamp,
) -> Result<Comparison> {
    let manifest = archive.manifest();
    let lists = |found: &ProbedDatabase| found.tables == 0 || !found.objects.is_empty();
    if !probe.databases.iter().all(lists) {
        return Err(BrowseError::NothingListed { profile: profile.to_owned() }.into());
    }
    let units: Vec<&Unit> = manifest.databases().collect();
    let is_whole_server =
        units.iter().any(|unit| database::holds_whole_server(manifest.header.engine, &unit.name));
    let mut live = if is_whole_server { vec![joined(units[0], probe)] } else { probe.databases };
    let mut databases = Vec::new();
    for unit in &units {
        let found = counterpart(unit, units.len(), &mut live, |found: &ProbedDatabase| &found.name);
        databases.push(match found {
            Some(found) => estimated(unit, &found),
            None => alone(&unit.name, Presence::Gone),
        });
    }
    databases.extend(live.iter().map(|found| alone(&found.name, Presence::Added)));
    Ok(Comparison::of(side(archive), live_side(profile, now), databases))
}

fn live_side(profile: &str, at: Timestamp) -> Side {
    Side { name: profile.to_owned(), at, is_live: true, is_checked: false }
}

/// Compares `archive` with all that is in the databases of `profile`.
pub async fn with_surveyed(
    archive: &OpenedArchive,
    profile: &str,
    mut live: Vec<Surveyed>,
    state: &StateDir,
    context: &RunContext,
) -> Result<Comparison> {
    let mut before = side(archive);
    let units = || archive.manifest().units.iter().enumerate();
    let units: Vec<_> = units().filter(|(_, unit)| unit.kind == UnitKind::Database).collect();
    // The databases are looked at one right after the other.
    let at = live.iter().map(|found| found.at).max().unwrap_or(before.at);
    let mut databases = Vec::new();
    for (index, unit) in &units {
        let Some(found) = counterpart(unit, units.len(), &mut live, |found| &found.name) else {
            databases.push(alone(&unit.name, Presence::Gone));
            continue;
        };
        let defined = structure(archive, *index, &mut before, state, context).await?;
        databases.push(compared(
            (&unit.name, &Objects::of(unit, Some(&defined))),
            (&found.name, &Objects::all(&found.objects, Some(&found.structure))),
        ));
    }
    databases.extend(live.iter().map(|found| alone(&found.name, Presence::Added)));
    Ok(Comparison::of(before, live_side(profile, at), databases))
}

/// Takes out of `live` the database that one of so many `units` is compared with: that of its name, or the only one.
fn counterpart<T>(
    unit: &Unit,
    units: usize,
    live: &mut Vec<T>,
    name: impl Fn(&T) -> &String,
) -> Option<T> {
    let same = live.iter().position(|found| *name(found) == unit.name);
    let same = same.or((units == 1 && live.len() == 1).then_some(0));
    same.map(|place| live.swap_remove(place))
}

/// All databases of a server as one, in which names begin with that of their database.
fn joined(unit: &Unit, probe: Probe) -> ProbedDatabase {
    let objects = probe.databases.into_iter().flat_map(|found| {
        let database = found.name;
        found.objects.into_iter().map(move |object| ProbedObject {
            name: format!("{database}.{}", object.name),
            ..object
        })
    });
    ProbedDatabase {
        name: unit.name.clone(),
        size: 0,
        tables: 0,
        properties: std::collections::BTreeMap::new(),
        objects: objects.collect(),
    }
}

fn estimated(unit: &Unit, found: &ProbedDatabase) -> DatabaseComparison {
    let mut differences = Vec::new();
    let mut unchanged = 0;
    let tables = unit.objects.iter().filter(|object| is_listed(object));
    let names: BTreeSet<&str> = unit.objects.iter().map(|object| object.name.as_str()).collect();
    for table in tables {
        let same = found.objects.iter().find(|object| object.name == table.name);
        let (change, rows) = match same {
            None => (Change::Gone, None),
            Some(same) if table.rows.zip(same.rows).is_some_and(|(one, other)| one != other) => {
                (Change::Estimated, same.rows)
            }
            Some(_) => {
                unchanged += 1;
                continue;
            }
        };
        differences.push(difference(table.kind.word(), &table.name, change, table.rows, rows));
    }
    let of_documents = unit.objects.iter().any(|object| object.kind == ObjectKind::Collection);
    let kind = if of_documents { ObjectKind::Collection } else { ObjectKind::Table };
    for object in found.objects.iter().filter(|object| !names.contains(object.name.as_str())) {
        let is_left_out = unit.left_out.iter().any(|left_out| {
            left_out.name == object.name && left_out.what == LeftOutPart::Everything
        });
        let change = if is_left_out { Change::LeftOut } else { Change::Added };
        differences.push(difference(kind.word(), &object.name, change, None, object.rows));
    }
    DatabaseComparison {
        name: unit.name.clone(),
        other_name: (unit.name != found.name).then(|| found.name.clone()),
        presence: Presence::Both,
        differences,
        unchanged,
        rows: RowsCompared::Estimates,
        structure: StructureCompared::Names,
    }
}

/// Whether a look at a live database would list it.
fn is_listed(object: &ObjectCount) -> bool {
    let is_table = matches!(object.kind, ObjectKind::Table | ObjectKind::Collection);
    let before = object.name.rsplit_once(OF_THE_SERVER).map(|(before, _)| before);
    let is_own = before.is_some_and(|before| before.is_empty() || before.ends_with('.'));
    is_table && !is_own
}

fn difference(
    kind: &str,
    name: &str,
    change: Change,
    rows_before: Option<u64>,
    rows_after: Option<u64>,
) -> Difference {
    Difference {
        kind: kind.to_owned(),
        name: name.to_owned(),
        change,
        rows_before,
        rows_after,
        structure_changed: false,
    }
}
