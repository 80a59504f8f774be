//! How a foreign script wants its texts to be read, followed through its `SET`s.
//!
//! Owns the modes that move the end of a text. The dump tools set them around what was made under them, and take them back
//! from a variable; a value that is not followed is refused, because the texts behind it could not be read.

use std::collections::BTreeMap;

use super::super::foreign::Quotes;
use super::foreign_rules::Part;

/// Modes in which a double quote opens a name; some are names of several modes.
const ANSI: [&str; 7] = ["ANSI_QUOTES", "ANSI", "ORACLE", "DB2", "MSSQL", "POSTGRESQL", "MAXDB"];
const NO_ESCAPES: &str = "NO_BACKSLASH_ESCAPES";
const NOT_FOLLOWED: &str = "changes how its texts are read, in a way that cannot be followed";

/// The mode of the session, and those that are kept in variables.
#[derive(Debug)]
pub(super) struct Modes {
    current: Quotes,
    saved: BTreeMap<String, Quotes>,
}

impl Modes {
    /// `begun` is what the server begins a session with.
    pub(super) fn new(begun: &str) -> Self {
        Self { current: quotes(begun), saved: BTreeMap::new() }
    }

    pub(super) fn current(&self) -> Quotes {
        self.current
    }

    /// Follows one `SET` without the word itself.
    pub(super) fn follow(&mut self, assignments: &[Part]) -> Result<(), String> {
        for assignment in assignments.split(|part| *part == Part::Symbol(b',')) {
            let Some(equal) = assignment.iter().position(|part| *part == Part::Symbol(b'=')) else {
                continue;
            };
            let (target, value) = (&assignment[..equal], &assignment[equal + 1..]);
            let target = target.strip_suffix(&[Part::Symbol(b':')]).unwrap_or(target);
            let mode = self.mode(value);
            match (variable(target), mode) {
                (Some(name), Some(mode)) => drop(self.saved.insert(name, mode)),
                (Some(name), None) => drop(self.saved.remove(&name)),
                (None, mode) if target.last().is_some_and(|last| last.means("SQL_MODE")) => {
                    self.current = mode.ok_or(NOT_FOLLOWED)?;
                }
                (None, _) => {}
            }
        }
        Ok(())
    }

    /// The mode that a value would be, if it can be known.
    fn mode(&self, value: &[Part]) -> Option<Quotes> {
        match value {
            [Part::Text(text)] if !text.contains('\\') => Some(quotes(text)),
            [Part::Word(word)]
                if word != "DEFAULT" && !word.starts_with(|first: char| first.is_ascii_digit()) =>
            {
                Some(quotes(word))
            }
            [Part::Symbol(b'@'), Part::Symbol(b'@'), .., last] if last.means("SQL_MODE") => {
                let is_global = value.iter().any(|part| part.means("GLOBAL"));
                (!is_global).then_some(self.current)
            }
            value => self.saved.get(&variable(value)?).copied(),
        }
    }
}

/// The name in `@name`.
fn variable(parts: &[Part]) -> Option<String> {
    match parts {
        [Part::Symbol(b'@'), name] => name.name(),
        _ => None,
    }
}

fn quotes(modes: &str) -> Quotes {
    let modes: Vec<String> =
        modes.split(',').map(|mode| mode.trim().to_ascii_uppercase()).collect();
    Quotes {
        escapes: !modes.iter().any(|mode| mode == NO_ESCAPES),
        has_double_names: modes.iter().any(|mode| ANSI.contains(&mode.as_str())),
    }
}
