//! What is different between two backups.
//!
//! Owns its layout: the two sides, then for each database what is different, then what was compared and what
//! was not.

use kronos_engine::compare::{
    Change, Comparison, DatabaseComparison, Difference, Presence, RowsCompared, Side,
    StructureCompared,
};
use kronos_engine::units;

use super::{Style, counted, plain};
use crate::when::Now;

/// Everything that was found.
pub fn comparison(found: &Comparison, now: &Now, style: Style) -> String {
    let mut text = side("before", &found.before, now, style);
    text.push_str(&side("after", &found.after, now, style));
    for database in &found.databases {
        text.push('\n');
        text.push_str(&database_text(database, style));
    }
    let verdict = if found.is_equal {
        style.good("✓ No difference was found")
    } else {
        style.warning("! They are different")
    };
    text + &format!("\n{verdict}\n")
}

fn side(label: &str, side: &Side, now: &Now, style: Style) -> String {
    let label = style.dim(&format!("{label:<8}"));
    let name = plain(&side.name);
    if side.is_live {
        let second = now.second(side.at);
        return format!("{label}the live database of {name} as it was at {second}\n");
    }
    format!("{label}{name}, {}\n", now.describe(side.at))
}

fn database_text(database: &DatabaseComparison, style: Style) -> String {
    let mut text = style.strong(&plain(&database.name));
    if let Some(other) = &database.other_name {
        text.push_str(&format!(" and {}", style.strong(&plain(other))));
    }
    match database.presence {
        Presence::Added => return text + "  only in the second\n",
        Presence::Gone => return text + "  only in the first\n",
        Presence::Both => text.push('\n'),
    }
    let width = |part: fn(&Difference) -> &str| {
        database.differences.iter().map(|d| plain(part(d)).chars().count()).max().unwrap_or(0)
    };
    let (kinds, names) = (width(|found| &found.kind), width(|found| &found.name));
    for found in &database.differences {
        let (sign, words) = (sign(found.change, style), words(found));
        let (kind, name) = (plain(&found.kind), plain(&found.name));
        text.push_str(&format!("  {sign} {kind:<kinds$}  {name:<names$}  {words}\n"));
    }
    let unchanged = counted(database.unchanged, "object", "objects");
    text.push_str(&format!("  {unchanged} without a difference\n"));
    text + &format!("  {}\n", style.dim(how(database)))
}

fn sign(change: Change, style: Style) -> String {
    match change {
        Change::Added => style.good("+"),
        Change::Gone => style.bad("-"),
        Change::Changed => style.warning("~"),
        Change::LeftOut | Change::Estimated => style.dim("?"),
    }
}

fn words(found: &Difference) -> String {
    let rows = |rows: u64| counted(rows, "row", "rows");
    let mut words = match (found.change, found.rows_before, found.rows_after) {
        (Change::Added, _, Some(after)) => format!("added, {}", rows(after)),
        (Change::Added, ..) => "added".to_owned(),
        (Change::Gone, Some(before), _) => format!("gone, had {}", rows(before)),
        (Change::Gone, ..) => "gone".to_owned(),
        (Change::LeftOut, ..) => "left out of one side by its selection".to_owned(),
        (Change::Estimated, before, after) => {
            let count = |rows: Option<u64>| rows.map_or("?".to_owned(), units::count);
            format!("{} rows, now about {}", count(before), count(after))
        }
        (Change::Changed, Some(before), Some(after)) if before != after => {
            format!("{} → {}", units::count(before), rows(after))
        }
        (Change::Changed, ..) => String::new(),
    };
    if found.structure_changed {
        let join = if words.is_empty() { "" } else { ", " };
        words.push_str(&format!("{join}structure changed"));
    }
    words
}

/// What was compared, as one sentence.
fn how(database: &DatabaseComparison) -> &'static str {
    match (database.rows, database.structure) {
        (RowsCompared::Identical, _) => "Both dumps are equal byte for byte",
        (RowsCompared::Estimates, StructureCompared::Names) => {
            "Rows of the live database are its server's estimates; its structure was not compared"
        }
        (RowsCompared::Nothing, _) => "Nothing was compared",
        _ => {
            "Rows were compared by their number, structure by every definition in the dumps; what is in the \
             rows was not compared"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_on_their_line_and_every_change_has_its_words() {
        let difference = |change, name: &str, before, after| Difference {
            kind: "table".to_owned(),
            name: name.to_owned(),
            change,
            rows_before: before,
            rows_after: after,
            structure_changed: change == Change::Changed,
        };
        let database = DatabaseComparison {
            name: "shop\n\u{1b}[2J".to_owned(),
            other_name: None,
            presence: Presence::Both,
            differences: vec![
                difference(Change::Added, "a\nb", None, Some(1)),
                difference(Change::Gone, "c", Some(2), None),
                difference(Change::Changed, "d", Some(2), Some(3)),
                difference(Change::Changed, "e", Some(2), Some(2)),
                difference(Change::LeftOut, "f", None, Some(2)),
                difference(Change::Estimated, "\u{202e}g", Some(2), Some(3)),
            ],
            unchanged: 1,
            rows: RowsCompared::Estimates,
            structure: StructureCompared::Names,
        };
        let expected = [
            "shop\\n\\u{1b}[2J",
            "  + table  a\\nb       added, 1 row",
            "  - table  c          gone, had 2 rows",
            "  ~ table  d          2 → 3 rows, structure changed",
            "  ~ table  e          structure changed",
            "  ? table  f          left out of one side by its selection",
            "  ? table  \\u{202e}g  2 rows, now about 3",
            "  1 object without a difference",
            "  Rows of the live database are its server's estimates; its structure was not compared",
            "",
        ];
        assert_eq!(database_text(&database, Style::new(false)), expected.join("\n"));
    }
}
