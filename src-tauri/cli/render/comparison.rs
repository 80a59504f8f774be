//! What is different between two backups.
//!
//! Owns its layout: the two sides, then for each database what is different, then what was compared and what
//! was not.

use kronos_engine::compare::{
    Change, Comparison, DatabaseComparison, Difference, Presence, RowsCompared, Side,
    StructureCompared,
};
use kronos_engine::units;

use super::{Style, counted};
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
    let what = if side.is_live { "the live database of " } else { "" };
    let label = style.dim(&format!("{label:<8}"));
    format!("{label}{what}{}, {}\n", side.name, now.describe(side.at))
}

fn database_text(database: &DatabaseComparison, style: Style) -> String {
    let mut text = style.strong(&database.name);
    if let Some(other) = &database.other_name {
        text.push_str(&format!(" and {}", style.strong(other)));
    }
    match database.presence {
        Presence::Added => return text + "  only in the second\n",
        Presence::Gone => return text + "  only in the first\n",
        Presence::Both => text.push('\n'),
    }
    let width = |part: fn(&Difference) -> &str| {
        database.differences.iter().map(|d| part(d).chars().count()).max().unwrap_or(0)
    };
    let (kinds, names) = (width(|found| &found.kind), width(|found| &found.name));
    for found in &database.differences {
        let (sign, words) = (sign(found.change, style), words(found));
        let (kind, name) = (&found.kind, &found.name);
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
