//! The table that is meant, and its first rows as they are shown.
//!
//! Owns what a name may leave out, and the sentences for names that mean no rows.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::archive::Unit;
use crate::contents::{LeftOutPart, ObjectCount, ObjectKind, UnitKind};
use crate::database::Cell;
use crate::error::{BrowseError, Result};

/// Names that are proposed at most.
const PROPOSED: usize = 3;
/// Longer names are not typed by hand, and comparing them costs time.
const LONGEST: usize = 100;

/// The first rows of a table or collection in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TableRows {
    /// The database in the archive.
    pub database: String,
    /// The table or collection, by its full name.
    pub table: String,
    /// The names of the columns. Documents have one: all of the document.
    pub columns: Vec<String>,
    /// The rows as the dump has them in order, each with a value per column.
    pub rows: Vec<Vec<Cell>>,
    /// Whether these are all rows of the table.
    pub is_complete: bool,
    /// How many rows the backup has of it, as its manifest says.
    #[ts(type = "number | null")]
    pub rows_in_backup: Option<u64>,
    /// Whether all of the archive was read and every hash compared. Else what stands behind the rows was not
    /// looked at.
    pub is_checked: bool,
}

/// The table with rows that `name` means: by its own name, or by the end of it behind a dot where only one
/// ends so.
pub(super) fn find<'a>(unit: &'a Unit, name: &str) -> Result<&'a ObjectCount> {
    let with_rows = |object: &&ObjectCount| object.rows.is_some() && object.is_table();
    let named = || unit.objects.iter().filter(|object| object.name == name);
    let left_out = unit.left_out.iter().find(|left_out| left_out.name == name);
    let no_rows = |reason: &str| {
        let (table, reason) = (name.to_owned(), reason.to_owned());
        Err(BrowseError::NoRows { table, reason }.into())
    };
    if let Some(left_out) = left_out {
        return no_rows(match left_out.what {
            LeftOutPart::Everything => "the profile's selection left it out of the backup",
            LeftOutPart::Rows => "the profile's selection left its rows out of the backup",
        });
    }
    if let Some(table) = named().find(with_rows) {
        return Ok(table);
    }
    if let Some(other) = named().next() {
        return no_rows(without_rows(other.kind));
    }
    let ending = format!(".{name}");
    let short = || unit.objects.iter().filter(with_rows).filter(|o| o.name.ends_with(&ending));
    if let (Some(table), 1) = (short().next(), short().count()) {
        return Ok(table);
    }
    if unit.kind == UnitKind::Globals {
        return no_rows("roles and users are kept as a script");
    }
    let tables: Vec<&str> =
        unit.objects.iter().filter(with_rows).map(|object| object.name.as_str()).collect();
    let proposals = if short().next().is_some() {
        short().map(|object| object.name.clone()).take(PROPOSED).collect()
    } else {
        nearest(name, &tables)
    };
    let (table, database) = (name.to_owned(), unit.name.clone());
    Err(BrowseError::UnknownTable { table, database, nearest: proposals }.into())
}

fn without_rows(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::View => "a view has none of its own",
        ObjectKind::MaterializedView => "they are computed when it is restored",
        ObjectKind::VirtualTable => "they are kept elsewhere, by a module or another server",
        ObjectKind::Table | ObjectKind::Collection => {
            "they stand in its partitions, or could not be counted when the backup was made"
        }
        _ => "it is no table",
    }
}

/// The names that `name` most probably should have been, the nearest first.
fn nearest(name: &str, known: &[&str]) -> Vec<String> {
    if name.len() > LONGEST {
        return Vec::new();
    }
    let name = name.to_lowercase();
    let distance = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        // What stands before the dot is often left out.
        let short = candidate.rsplit('.').next().unwrap_or_default();
        strsim::damerau_levenshtein(&name, &candidate)
            .min(strsim::damerau_levenshtein(&name, short))
    };
    let fits = known.iter().filter(|candidate| candidate.len() <= LONGEST);
    let mut near: Vec<(usize, &&str)> = fits
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, _)| *distance <= (name.chars().count() / 3).max(1))
        .collect();
    near.sort();
    near.into_iter().take(PROPOSED).map(|(_, candidate)| (*candidate).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::LeftOut;

    fn unit() -> Unit {
        let object = |kind, name: &str, rows| ObjectCount { kind, name: name.to_owned(), rows };
        Unit {
            name: "shop".into(),
            source: String::new(),
            size: 0,
            sha256: String::new(),
            parts: Vec::new(),
            objects: vec![
                object(ObjectKind::Table, "public.orders", Some(3)),
                object(ObjectKind::Table, "archive.orders", Some(4)),
                object(ObjectKind::Table, "public.users", Some(5)),
                object(ObjectKind::View, "public.cheap", None),
                object(ObjectKind::Table, "public.event", None),
            ],
            properties: std::collections::BTreeMap::new(),
            kind: UnitKind::Database,
            left_out: vec![LeftOut { name: "public.log".into(), what: LeftOutPart::Rows }],
        }
    }

    fn found(name: &str) -> String {
        match find(&unit(), name) {
            Ok(table) => format!("= {}", table.name),
            Err(error) => format!("{error}; {}", error.hint().unwrap_or_default()),
        }
    }

    #[test]
    fn a_name_means_a_table_or_the_error_says_what_it_means() {
        assert_eq!(found("public.orders"), "= public.orders");
        assert_eq!(found("users"), "= public.users");
        let several = "There is no table `orders` in `shop`; Did you mean `public.orders` or `archive.orders`?";
        assert_eq!(found("orders"), several);
        let slip = "There is no table `usres` in `shop`; Did you mean `public.users`?";
        assert_eq!(found("usres"), slip);
        let unknown =
            "There is no table `zzzzzz` in `shop`; `kronos inspect` lists the tables of a backup";
        assert_eq!(found("zzzzzz"), unknown);
        assert!(
            found("public.cheap").starts_with("`public.cheap` has no rows in the backup: a view")
        );
        assert!(found("public.event").contains("in its partitions"));
        assert!(found("public.log").contains("left its rows out"));
    }
}
