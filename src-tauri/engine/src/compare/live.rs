//! An archive and the database that it was made of, as that is now.
//!
//! Owns what a look at a server can say: which tables there are, and about how many rows each has. An
//! estimate never makes a difference by itself.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::archives::side;
use super::{
    Change, Comparison, DatabaseComparison, Difference, Presence, RowsCompared, Side,
    StructureCompared,
};
use crate::archive::Unit;
use crate::browse::OpenedArchive;
use crate::contents::{LeftOutPart, ObjectCount, ObjectKind};
use crate::database::{self, Probe, ProbedDatabase, ProbedObject};
use crate::error::{BrowseError, Result};

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
        let same = live.iter().position(|found| found.name == unit.name);
        let same = same.or((units.len() == 1 && live.len() == 1).then_some(0));
        databases.push(match same {
            Some(place) => compared(unit, &live.swap_remove(place)),
            None => alone(&unit.name, Presence::Gone),
        });
    }
    databases.extend(live.iter().map(|found| alone(&found.name, Presence::Added)));
    let after = Side { name: profile.to_owned(), at: now, is_live: true, is_checked: false };
    Ok(Comparison::of(side(archive), after, databases))
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

fn alone(name: &str, presence: Presence) -> DatabaseComparison {
    DatabaseComparison {
        name: name.to_owned(),
        other_name: None,
        presence,
        differences: Vec::new(),
        unchanged: 0,
        rows: RowsCompared::Nothing,
        structure: StructureCompared::Nothing,
    }
}

fn compared(unit: &Unit, found: &ProbedDatabase) -> DatabaseComparison {
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
