//! The structure of a dumped database as fingerprints: enough to say what is different, too little to fill
//! memory.
//!
//! Owns the collection. What counts as structure, and what is left out of it because it changes by itself, is
//! said by each engine.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// A thing that a dump defines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Defined {
    /// What it is: the word of its [`ObjectKind`](crate::contents::ObjectKind) where it has one, else the
    /// engine's own: `constraint`.
    pub kind: String,
    /// Its name, like the one in the manifest where it stands there.
    pub name: String,
}

/// Everything that a dump defines, each with a fingerprint of its definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Structure {
    found: BTreeMap<Defined, [u8; 32]>,
}

impl Structure {
    /// Adds a definition. Several of one name, as of overloaded functions, count together.
    pub(crate) fn define(&mut self, kind: &str, name: String, definition: &[u8]) {
        let mut hash = Sha256::new();
        let key = Defined { kind: kind.to_owned(), name };
        if let Some(before) = self.found.get(&key) {
            hash.update(before);
        }
        hash.update(definition);
        self.found.insert(key, hash.finalize().into());
    }

    /// What is defined, with its fingerprint.
    pub fn iter(&self) -> impl Iterator<Item = (&Defined, &[u8; 32])> {
        self.found.iter()
    }

    /// The fingerprint of one definition.
    pub fn get(&self, defined: &Defined) -> Option<&[u8; 32]> {
        self.found.get(defined)
    }
}
