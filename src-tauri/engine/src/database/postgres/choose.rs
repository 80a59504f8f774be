//! Some tables of a dump, with what hangs on them.
//!
//! Owns what follows from a choice, as the table of contents tells it: the indexes, keys, sequences, defaults
//! and triggers of a chosen table come with it, a partitioned table brings its partitions, and what needs
//! anything that is left out is left out, too. Schemas, types, functions and extensions come whenever they
//! can: nobody can tell which of them the text of a function uses.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::custom_format::Entry;
use super::quote::shown;
use crate::error::{RestoreError, Result};

const RELATIONS: [&str; 5] = ["TABLE", "FOREIGN TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE"];
const VIEWS: [&str; 2] = ["VIEW", "MATERIALIZED VIEW"];
/// What concerns the whole database, and acts by itself or is large.
const NEVER: [&str; 4] = ["EVENT TRIGGER", "PUBLICATION", "SUBSCRIPTION", "BLOB"];
/// What a table loses without being useless, in the words of a person.
const PARTS: [(&str, &str); 7] = [
    ("FK CONSTRAINT", "foreign keys"),
    ("CONSTRAINT", "constraints"),
    ("CHECK CONSTRAINT", "constraints"),
    ("DEFAULT", "defaults"),
    ("TRIGGER", "triggers"),
    ("RULE", "rules"),
    ("POLICY", "policies"),
];
/// The most names that a sentence lists.
const LISTED: usize = 5;

/// What a choice means for one dump.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The entries that are left out.
    pub silenced: HashSet<i64>,
    /// The names of the relations that are restored.
    pub kept: BTreeSet<String>,
    /// What is left out although it hangs on a chosen table, each one sentence.
    pub warnings: Vec<String>,
}

/// Applies the choice of the relations with the names `only`.
pub(super) fn choose(entries: &[Entry], only: &BTreeSet<String>) -> Result<Chosen> {
    let mut choice = Choice {
        entries,
        by_id: entries.iter().map(|entry| (entry.id, entry)).collect(),
        wanted: HashSet::new(),
        silenced: HashSet::new(),
    };
    choice.want(only)?;
    choice.leave_out_others();
    let mut warnings = choice.lost()?;
    warnings.extend(choice.cut());
    let kept = choice.relations().filter(|entry| !choice.silenced.contains(&entry.id));
    let kept = kept.map(|entry| shown(&entry.schema, &entry.name)).collect();
    Ok(Chosen { silenced: choice.silenced, kept, warnings })
}

struct Choice<'a> {
    entries: &'a [Entry],
    by_id: HashMap<i64, &'a Entry>,
    wanted: HashSet<i64>,
    silenced: HashSet<i64>,
}

impl<'a> Choice<'a> {
    fn relations(&self) -> impl Iterator<Item = &'a Entry> + use<'a> {
        self.entries.iter().filter(|entry| is_relation(entry))
    }

    fn needs<'b>(&'b self, entry: &'b Entry) -> impl Iterator<Item = &'a Entry> + 'b {
        entry.needs.iter().filter_map(|id| self.by_id.get(id).copied())
    }

    /// The chosen relations, and the partitions of those that have some.
    ///
    /// A name that the dump does not have is refused: in a database of another encoding than UTF-8 it stands
    /// there in other bytes.
    fn want(&mut self, only: &BTreeSet<String>) -> Result<()> {
        let names: BTreeSet<String> =
            self.relations().map(|it| shown(&it.schema, &it.name)).collect();
        if let Some(table) = only.iter().find(|name| !names.contains(*name)) {
            let detail =
                format!("`{table}` is not found in the dump, which may be in another encoding");
            return Err(RestoreError::CannotTakeOut { detail }.into());
        }
        let chosen = self.relations().filter(|it| only.contains(&shown(&it.schema, &it.name)));
        self.wanted = chosen.map(|entry| entry.id).collect();
        let attached: Vec<&Entry> =
            self.entries.iter().filter(|entry| entry.kind == "TABLE ATTACH").collect();
        loop {
            let before = self.wanted.len();
            for entry in &attached {
                let is_part =
                    |other: &&Entry| other.name == entry.name && other.schema == entry.schema;
                let (parts, whole): (Vec<_>, Vec<_>) = self.needs(entry).partition(is_part);
                if whole.iter().any(|whole| self.wanted.contains(&whole.id)) {
                    self.wanted.extend(parts.iter().map(|part| part.id));
                }
            }
            if self.wanted.len() == before {
                return Ok(());
            }
        }
    }

    fn leave_out_others(&mut self) {
        let others = self.entries.iter().filter(|entry| {
            let is_other = is_relation(entry) && entry.kind != "SEQUENCE";
            is_other && !self.wanted.contains(&entry.id)
                || NEVER.iter().any(|kind| entry.kind.starts_with(kind))
        });
        self.silenced = others.map(|entry| entry.id).collect();
        self.follow();
        // A sequence of its own comes only when something needs it.
        let mut needed: HashSet<i64> = HashSet::new();
        for entry in self.entries.iter().filter(|entry| !self.silenced.contains(&entry.id)) {
            let is_own = entry.kind.starts_with("SEQUENCE") || is_note(entry);
            needed.extend(entry.needs.iter().copied().filter(|_| !is_own));
        }
        let sequences = self.entries.iter().filter(|entry| entry.kind == "SEQUENCE");
        let unneeded: Vec<i64> = sequences
            .filter(|it| !self.wanted.contains(&it.id) && !needed.contains(&it.id))
            .filter(|it| !self.needs(it).any(|owner| owner.kind == "TABLE"))
            .map(|it| it.id)
            .collect();
        self.silenced.extend(unneeded);
        self.follow();
    }

    /// Leaves out what needs something that is left out, and views without the rule that fills them.
    fn follow(&mut self) {
        loop {
            let before = self.silenced.len();
            for entry in self.entries {
                if entry.needs.iter().any(|id| self.silenced.contains(id)) {
                    self.silenced.insert(entry.id);
                }
            }
            let rules = self.entries.iter().filter(|entry| {
                entry.kind == "RULE"
                    && entry.name.ends_with(" _RETURN")
                    && self.silenced.contains(&entry.id)
            });
            let views = rules.flat_map(|rule| self.needs(rule));
            let views: Vec<i64> = views
                .filter(|it| it.kind == "VIEW" && rule_of(it, self.entries).is_some())
                .map(|it| it.id)
                .collect();
            self.silenced.extend(views);
            if self.silenced.len() == before {
                return;
            }
        }
    }

    /// What was chosen and cannot be made: of a view that is said, of a table it is a refusal.
    fn lost(&self) -> Result<Vec<String>> {
        let lost = self.relations().filter(|it| self.wanted.contains(&it.id));
        let mut warnings = Vec::new();
        for entry in lost.filter(|it| self.silenced.contains(&it.id)) {
            let name = shown(&entry.schema, &entry.name);
            if VIEWS.contains(&entry.kind.as_str()) {
                let kind = entry.kind.to_lowercase();
                warnings.push(format!(
                    "The {kind} `{name}` was left out, because it needs something that was left out"
                ));
                continue;
            }
            let needed = self.needs(entry).find(|needed| self.silenced.contains(&needed.id));
            let needed = needed.map_or_else(String::new, |it| {
                format!("the {} `{}`", it.kind.to_lowercase(), shown(&it.schema, &it.name))
            });
            return Err(RestoreError::NeedsMore { name, needed }.into());
        }
        Ok(warnings)
    }

    /// What chosen tables lose.
    fn cut(&self) -> Vec<String> {
        let mut cut: Vec<(&str, Vec<String>)> = Vec::new();
        for entry in self.entries.iter().filter(|entry| self.silenced.contains(&entry.id)) {
            let Some((_, word)) = PARTS.iter().find(|(kind, _)| entry.kind == *kind) else {
                continue;
            };
            let is_of_kept = |it: &Entry| is_relation(it) && !self.silenced.contains(&it.id);
            if !self.needs(entry).any(is_of_kept) {
                continue;
            }
            let name = format!("`{}`", entry.name);
            match cut.iter_mut().find(|(other, _)| other == word) {
                Some((_, names)) => names.push(name),
                None => cut.push((word, vec![name])),
            }
        }
        cut.into_iter().map(|(word, names)| sentence(word, &names)).collect()
    }
}

fn sentence(word: &str, names: &[String]) -> String {
    let shown = names.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let rest = names.len().saturating_sub(LISTED);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!(
        "These {word} need something that was left out, so they were left out, too: {shown}{more}"
    )
}

fn is_relation(entry: &Entry) -> bool {
    RELATIONS.contains(&entry.kind.as_str())
}

/// Whether it only says something about another object.
fn is_note(entry: &Entry) -> bool {
    ["COMMENT", "ACL", "SECURITY LABEL"].contains(&entry.kind.as_str())
}

/// The rule that fills a view which the dump makes empty at first.
fn rule_of<'a>(view: &Entry, entries: &'a [Entry]) -> Option<&'a Entry> {
    let name = format!("{} _RETURN", view.name);
    entries.iter().find(|it| it.kind == "RULE" && it.schema == view.schema && it.name == name)
}
