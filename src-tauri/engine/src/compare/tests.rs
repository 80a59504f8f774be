//! What counts as a difference, on manifests made by hand.

use std::collections::BTreeMap;

use super::objects::{Objects, differences};
use super::*;
use crate::archive::Unit;
use crate::contents::{LeftOut, LeftOutPart, ObjectCount, ObjectKind, UnitKind};
use crate::database::Structure;

fn unit(objects: &[(ObjectKind, &str, Option<u64>)], left_out: &[(&str, LeftOutPart)]) -> Unit {
    let object = |(kind, name, rows): &(ObjectKind, &str, Option<u64>)| ObjectCount {
        kind: *kind,
        name: (*name).to_owned(),
        rows: *rows,
    };
    let left_out =
        left_out.iter().map(|(name, what)| LeftOut { name: (*name).into(), what: *what });
    Unit {
        name: "shop".into(),
        source: String::new(),
        size: 0,
        sha256: String::new(),
        parts: Vec::new(),
        objects: objects.iter().map(object).collect(),
        properties: BTreeMap::new(),
        kind: UnitKind::Database,
        left_out: left_out.collect(),
    }
}

fn lines(before: &Objects, after: &Objects) -> (Vec<String>, u64) {
    let (found, unchanged) = differences(before, after);
    let line = |found: &Difference| {
        let structure = if found.structure_changed { " structure" } else { "" };
        let (before, after) = (found.rows_before, found.rows_after);
        format!("{:?} {} {} {before:?} {after:?}{structure}", found.change, found.kind, found.name)
    };
    (found.iter().map(line).collect(), unchanged)
}

#[test]
fn objects_are_added_gone_or_changed_in_rows_or_in_structure() {
    use ObjectKind::{Index, Table, View};
    let before = unit(
        &[
            (Table, "a", Some(1)),
            (Table, "b", Some(2)),
            (Table, "c", Some(3)),
            (View, "v", None),
            (Index, "i", None),
        ],
        &[],
    );
    let after = unit(
        &[
            (Table, "a", Some(1)),
            (Table, "b", Some(9)),
            (Table, "d", Some(4)),
            (View, "v", None),
            (Index, "i", None),
        ],
        &[],
    );
    let (mut one, mut other) = (Structure::default(), Structure::default());
    for (kind, name, before, after) in [
        ("table", "a", "1", "1"),
        ("view", "v", "SELECT 1", "SELECT 2"),
        ("constraint", "k", "x", "x"),
    ] {
        one.define(kind, name.to_owned(), before.as_bytes());
        other.define(kind, name.to_owned(), after.as_bytes());
    }
    other.define("comment", "TABLE a".to_owned(), b"new");
    let found = lines(&Objects::of(&before, Some(&one)), &Objects::of(&after, Some(&other)));
    assert_eq!(
        found.0,
        [
            "Added comment TABLE a None None",
            "Changed table b Some(2) Some(9)",
            "Gone table c Some(3) None",
            "Added table d None Some(4)",
            "Changed view v None None structure",
        ]
    );
    assert_eq!(found.1, 3);
    let same = Objects::of(&before, Some(&one));
    assert_eq!(lines(&same, &same), (Vec::new(), 6));
}

#[test]
fn what_a_selection_left_out_is_no_difference() {
    use LeftOutPart::{Everything, Rows};
    let whole = unit(&[(ObjectKind::Table, "a", Some(1)), (ObjectKind::Table, "b", Some(2))], &[]);
    let part = unit(&[(ObjectKind::Table, "b", Some(0))], &[("a", Everything), ("b", Rows)]);
    let (whole, part) = (Objects::of(&whole, None), Objects::of(&part, None));
    let lines = |before, after| lines(before, after).0;
    assert_eq!(
        lines(&whole, &part),
        ["LeftOut table a Some(1) None", "LeftOut table b Some(2) Some(0)"]
    );
    assert_eq!(
        lines(&part, &whole),
        ["LeftOut table a None Some(1)", "LeftOut table b Some(0) Some(2)"]
    );
}
