//! The structure of a database out of its dump script.
//!
//! Owns what is left out of a definition because it changes by itself: where a counter stands.

use std::ops::ControlFlow;

use super::super::reading::DumpReader;
use super::super::structure::Structure;
use super::script::{Item, ItemKind, Part, Scanner, Token, Tokens, Watcher};
use crate::error::Result;

/// Reads every statement that makes something.
pub struct StructureReader {
    scanner: Scanner,
    found: Definitions,
}

impl StructureReader {
    /// A reader at the beginning of a script.
    pub fn new() -> Self {
        Self { scanner: Scanner::new(), found: Definitions::default() }
    }
}

impl DumpReader for StructureReader {
    type Found = Structure;

    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        self.scanner.feed_watched(bytes, &mut self.found);
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self: Box<Self>) -> Result<Structure> {
        Ok(self.found.structure)
    }
}

#[derive(Default)]
struct Definitions {
    structure: Structure,
}

impl Watcher for Definitions {
    fn made(&mut self, item: &Item, statement: &[u8]) {
        let kind = match item.kind {
            ItemKind::Table => "table",
            ItemKind::Sequence => "sequence",
            ItemKind::View => "view",
            ItemKind::Trigger => "trigger",
            ItemKind::Function
            | ItemKind::Procedure
            | ItemKind::Package
            | ItemKind::PackageBody => "routine",
            ItemKind::Event => "event",
        };
        self.structure.define(kind, item.name.clone(), &canonical(statement));
    }

    fn rows_begin(&mut self, _: &str, _: &[u8]) {}

    fn rows(&mut self, _: &[u8], _: Part) {}
}

/// The tokens of a statement without comments and without where its counter stands.
fn canonical(statement: &[u8]) -> Vec<u8> {
    let mut tokens = Tokens::of(statement).map(|(token, _)| token).peekable();
    let mut kept = Vec::with_capacity(statement.len());
    while let Some(token) = tokens.next() {
        if token.is("AUTO_INCREMENT") && tokens.peek() == Some(&Token::Symbol(b'=')) {
            tokens.nth(1);
            continue;
        }
        match token {
            Token::Word(word) => kept.extend_from_slice(word.as_bytes()),
            Token::Quoted(text) => {
                kept.push(b'\'');
                kept.extend_from_slice(text.as_bytes());
            }
            Token::Symbol(byte) => kept.push(byte),
        }
        kept.push(0);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = include_str!("script/tests/mariadb.sql");

    fn read(script: &str) -> Structure {
        let mut reader = Box::new(StructureReader::new());
        for piece in script.as_bytes().chunks(11) {
            assert!(reader.feed(piece).unwrap().is_continue());
        }
        reader.finish().unwrap()
    }

    fn differing(before: &str, after: &str) -> Vec<String> {
        assert_ne!(before, after);
        let (before, after) = (read(before), read(after));
        assert_eq!(before.iter().count(), after.iter().count());
        let changed = before.iter().filter(|(key, digest)| after.get(key) != Some(*digest));
        changed.map(|(key, _)| format!("{} {}", key.kind, key.name)).collect()
    }

    #[test]
    fn a_changed_definition_is_seen_and_a_counter_that_moved_is_none() {
        assert!(read(SCRIPT).iter().count() >= 12);
        let counted = SCRIPT.replace("AUTO_INCREMENT=4", "AUTO_INCREMENT=4000");
        assert!(differing(SCRIPT, &counted).is_empty());
        let wider = SCRIPT.replace("`name` varchar(200)", "`name` varchar(201)");
        assert_eq!(differing(SCRIPT, &wider), ["table customers"]);
        let commented =
            SCRIPT.replace("-- Dump completed", "-- another comment\n-- Dump completed");
        assert!(differing(SCRIPT, &commented).is_empty());
    }
}
