//! Which databases and tables a profile takes.
//!
//! Owns what follows from the patterns: a partition goes with its parent, and a view that reads
//! a table which is left out cannot be restored and is left out, too.

use std::collections::{HashMap, HashSet};

use super::catalogue::{Catalogue, Relation};
use super::quote;
use crate::config::{NamePattern, NamePatterns, Selection};
use crate::contents::{LeftOut, LeftOutPart};
use crate::database::names;

/// Whether `pattern` means the table. Without a dot it means the table in every schema.
fn means(pattern: &NamePattern, relation: &Relation) -> bool {
    let name = format!("{}.{}", relation.schema, relation.name);
    pattern.matches(&name) || (!pattern.text().contains('.') && pattern.matches(&relation.name))
}

/// Whether the profile takes the database `name`. One that is named in full is always meant; one that Kronos
/// has made for itself only then.
pub(super) fn takes_database(name: &str, wanted: &NamePatterns, selection: &Selection) -> bool {
    if names::is_ours(name) && !wanted.names().any(|own| own == name) {
        return false;
    }
    !NamePatterns::of(&selection.exclude_databases).have(name) && wanted.take(name)
}

/// What a selection means for one database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Relations that are not dumped at all.
    pub excluded: HashSet<u32>,
    /// Tables that are dumped without their rows.
    pub without_rows: HashSet<u32>,
    /// Foreign keys of dumped tables that refer to excluded ones.
    pub cut_foreign_keys: Vec<u32>,
    /// Patterns that mean nothing here, each one sentence.
    pub warnings: Vec<String>,
    /// What else is left out because of the selection, each one sentence.
    pub consequences: Vec<String>,
}

impl Chosen {
    /// Applies `selection` to what is there.
    pub fn new(selection: &Selection, catalogue: &Catalogue) -> Self {
        let tables = NamePatterns::of(&selection.tables);
        let exclude = NamePatterns::of(&selection.exclude_tables);
        let bare = NamePatterns::of(&selection.structure_only);
        let family = Family::new(catalogue);
        let any = |patterns: &NamePatterns, relation: &Relation| {
            patterns.iter().any(|pattern| means(pattern, relation))
        };
        let mut chosen = Self::default();
        for relation in catalogue.relations.iter().filter(|relation| relation.kind != 'S') {
            let line = family.line_of(relation);
            let is_view = matches!(relation.kind, 'v' | 'm');
            let is_wanted =
                is_view || tables.is_empty() || line.iter().any(|relative| any(&tables, relative));
            let has_wanted_heir =
                || family.heirs_of(relation).iter().any(|heir| any(&tables, heir));
            if line.iter().any(|relative| any(&exclude, relative)) {
                chosen.excluded.insert(relation.oid);
            } else if !is_wanted {
                if has_wanted_heir() {
                    chosen.without_rows.insert(relation.oid);
                } else {
                    chosen.excluded.insert(relation.oid);
                }
            } else if relation.has_rows() && line.iter().any(|relative| any(&bare, relative)) {
                chosen.without_rows.insert(relation.oid);
            }
        }
        chosen.follow_readers(catalogue);
        chosen.cut_foreign_keys(catalogue);
        chosen.warn_of_typing_errors(&[&tables, &exclude, &bare], catalogue);
        chosen
    }

    /// Leaves out the views that read what is left out.
    fn follow_readers(&mut self, catalogue: &Catalogue) {
        let by_oid: HashMap<u32, &Relation> =
            catalogue.relations.iter().map(|relation| (relation.oid, relation)).collect();
        loop {
            let lost = catalogue.readers.iter().filter(|(reader, read)| {
                self.excluded.contains(read)
                    && !self.excluded.contains(reader)
                    && by_oid.contains_key(reader)
            });
            let lost: HashSet<u32> = lost.map(|(reader, _)| *reader).collect();
            if lost.is_empty() {
                return;
            }
            let mut names: Vec<String> =
                lost.iter().filter_map(|oid| by_oid.get(oid)).map(|view| view.shown()).collect();
            names.sort();
            self.consequences.extend(names.into_iter().map(|name| {
                format!("The view `{name}` is left out, because it reads a table that is left out")
            }));
            self.excluded.extend(lost);
        }
    }

    fn cut_foreign_keys(&mut self, catalogue: &Catalogue) {
        let cut = catalogue
            .foreign_keys
            .iter()
            .filter(|(_, from, to)| self.excluded.contains(to) && !self.excluded.contains(from));
        self.cut_foreign_keys = cut.map(|(oid, ..)| *oid).collect();
        let count = self.cut_foreign_keys.len();
        if count > 0 {
            self.consequences.push(format!(
                "A restore leaves out the foreign keys to tables that are left out: {count}"
            ));
        }
    }

    fn warn_of_typing_errors(&mut self, lists: &[&NamePatterns], catalogue: &Catalogue) {
        for pattern in lists.iter().flat_map(|list| list.iter()) {
            if !catalogue.relations.iter().any(|relation| means(pattern, relation)) {
                self.warnings.push(format!("No table matches `{}`", pattern.text()));
            }
        }
    }

    /// Whether the rows of `relation` are dumped.
    pub fn takes_rows(&self, relation: &Relation, is_standby: bool) -> bool {
        let is_left_out =
            self.excluded.contains(&relation.oid) || self.without_rows.contains(&relation.oid);
        let is_unreachable = is_standby && relation.is_unlogged;
        relation.has_rows() && !is_left_out && !is_unreachable
    }

    /// The list for the manifest.
    pub fn left_out(&self, catalogue: &Catalogue) -> Vec<LeftOut> {
        let parts = catalogue.relations.iter().filter_map(|relation| {
            let what = if self.excluded.contains(&relation.oid) {
                LeftOutPart::Everything
            } else if relation.has_rows() && !self.takes_rows(relation, catalogue.is_standby) {
                LeftOutPart::Rows
            } else {
                return None;
            };
            Some(LeftOut { name: relation.shown(), what })
        });
        parts.collect()
    }

    /// The options of `pg_dump` that say the same.
    pub fn options(&self, catalogue: &Catalogue) -> Vec<String> {
        let options = catalogue.relations.iter().filter_map(|relation| {
            let option = if self.excluded.contains(&relation.oid) {
                "--exclude-table"
            } else if self.without_rows.contains(&relation.oid) {
                "--exclude-table-data"
            } else {
                return None;
            };
            Some(format!("{option}={}", quote::pattern(&relation.schema, &relation.name)))
        });
        options.collect()
    }
}

/// Who is a partition, or an heir, of whom.
struct Family<'a> {
    by_oid: HashMap<u32, &'a Relation>,
    parents: HashMap<u32, Vec<u32>>,
    children: HashMap<u32, Vec<u32>>,
}

impl<'a> Family<'a> {
    fn new(catalogue: &'a Catalogue) -> Self {
        let by_oid = catalogue.relations.iter().map(|relation| (relation.oid, relation)).collect();
        let mut family = Self { by_oid, parents: HashMap::new(), children: HashMap::new() };
        for (child, parent) in &catalogue.parents {
            family.parents.entry(*child).or_default().push(*parent);
            family.children.entry(*parent).or_default().push(*child);
        }
        family
    }

    /// The relation with all that it descends from.
    fn line_of(&self, relation: &Relation) -> Vec<&'a Relation> {
        self.reach(relation.oid, &self.parents)
    }

    fn heirs_of(&self, relation: &Relation) -> Vec<&'a Relation> {
        self.reach(relation.oid, &self.children)
    }

    fn reach(&self, from: u32, edges: &HashMap<u32, Vec<u32>>) -> Vec<&'a Relation> {
        let (mut seen, mut waiting) = (HashSet::from([from]), vec![from]);
        while let Some(oid) = waiting.pop() {
            let next = edges.get(&oid).into_iter().flatten();
            waiting.extend(next.copied().filter(|oid| seen.insert(*oid)));
        }
        seen.iter().filter_map(|oid| self.by_oid.get(oid).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(oid: u32, name: &str, kind: char) -> Relation {
        let (schema, name) = name.split_once('.').unwrap();
        Relation {
            oid,
            schema: schema.to_owned(),
            name: name.to_owned(),
            kind,
            is_unlogged: false,
            size: 0,
            rows: None,
            is_readable: true,
            is_filtered: false,
        }
    }

    fn catalogue() -> Catalogue {
        Catalogue {
            relations: vec![
                relation(1, "public.orders", 'r'),
                relation(2, "public.audit", 'r'),
                relation(3, "log.audit", 'r'),
                relation(4, "public.parts", 'p'),
                relation(5, "public.parts_1", 'r'),
                relation(6, "public.v", 'v'),
                relation(7, "public.vv", 'm'),
                relation(8, "public.s", 'S'),
            ],
            parents: vec![(5, 4)],
            readers: vec![(6, 2), (7, 6)],
            foreign_keys: vec![(90, 1, 2), (91, 2, 1)],
            roles: Vec::new(),
            needed_roles: Vec::new(),
            is_standby: false,
            subscriptions: 0,
            hidden_large_object: None,
            event_triggers: 0,
            rows_written: String::new(),
        }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn chosen(tables: &[&str], exclude: &[&str], bare: &[&str]) -> Chosen {
        let selection = Selection {
            exclude_databases: Vec::new(),
            tables: texts(tables),
            exclude_tables: texts(exclude),
            structure_only: texts(bare),
        };
        Chosen::new(&selection, &catalogue())
    }

    #[test]
    fn a_pattern_without_a_dot_means_every_schema() {
        assert_eq!(chosen(&[], &["log.audit"], &[]).excluded, HashSet::from([3]));
        let both = chosen(&[], &["aud?t"], &[]);
        assert_eq!(both.excluded, HashSet::from([2, 3, 6, 7]), "and the views that read it");
        assert_eq!(both.cut_foreign_keys, [90]);
        assert_eq!(both.consequences.len(), 3, "{:?}", both.consequences);
        assert!(chosen(&[], &["audits"], &[]).warnings[0].contains("`audits`"));
    }

    #[test]
    fn partitions_go_with_their_parent() {
        assert_eq!(chosen(&["public.parts"], &[], &[]).excluded, HashSet::from([1, 2, 3, 6, 7]));
        assert_eq!(chosen(&[], &["parts"], &[]).excluded, HashSet::from([4, 5]));
        assert_eq!(chosen(&[], &[], &["parts"]).without_rows, HashSet::from([5]));
        let one = chosen(&["parts_1"], &[], &[]);
        assert_eq!(one.without_rows, HashSet::from([4]), "its parent has to be there");
        let options = one.options(&catalogue());
        assert!(options.contains(&"--exclude-table=\"public\".\"orders\"".to_owned()));
        assert!(options.contains(&"--exclude-table-data=\"public\".\"parts\"".to_owned()));
    }

    #[test]
    fn what_is_left_out_is_listed() {
        let chosen = chosen(&[], &["log.*"], &["orders"]);
        let left_out = chosen.left_out(&catalogue());
        assert_eq!(
            left_out,
            [
                LeftOut { name: "public.orders".into(), what: LeftOutPart::Rows },
                LeftOut { name: "log.audit".into(), what: LeftOutPart::Everything },
            ]
        );
        assert!(!chosen.takes_rows(&catalogue().relations[0], false));
        assert!(chosen.takes_rows(&catalogue().relations[1], false));
    }

    #[test]
    fn databases_are_taken_by_name_and_by_pattern() {
        let none = Selection::default();
        let named = |names: &[&str]| NamePatterns::of(&texts(names));
        assert!(takes_database("shop", &named(&[]), &none));
        assert!(takes_database("shop_eu", &named(&["shop_*"]), &none));
        assert!(!takes_database("crm", &named(&["shop_*"]), &none));
        assert!(takes_database("a[b", &named(&["a[b"]), &none), "a name that is no pattern");
        let without = Selection { exclude_databases: texts(&["*_test"]), ..none };
        assert!(!takes_database("shop_test", &named(&[]), &without));
    }
}
