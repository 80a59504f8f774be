//! The contract of a storage as a list of promises that can be put to the test, in a unit test as
//! well as against a user's storage.
//!
//! Every object that is made here has a random key that begins with [`PREFIX`]; nothing else is read,
//! changed or removed, and afterwards none of them is left.
//!
//! Owns the list and the verdicts; `promises` owns what is done for each.

mod promises;

use super::{ObjectKey, Storage};
use crate::error::Error;

/// How the keys of all test objects begin.
pub const PREFIX: &str = "kronos-check-";

/// One promise of the contract and whether the storage keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The promise, as a sentence.
    pub name: &'static str,
    /// What was seen instead; `None` when the promise is kept.
    pub broken: Option<String>,
}

/// Puts every promise to the test. Takes a few dozen small writes.
pub async fn check(storage: &dyn Storage) -> Vec<Promise> {
    let keys = Keys::new();
    let mut verdicts = Verdicts::default();
    promises::of_writing(storage, &keys, &mut verdicts).await;
    promises::of_leaving_nothing(storage, &keys, &mut verdicts).await;
    promises::of_never_replacing(storage, &keys, &mut verdicts).await;
    promises::of_looking(storage, &keys, &mut verdicts).await;
    verdicts.add("nothing is left after the check", clean_up(storage, &keys).await);
    verdicts.0
}

async fn clean_up(storage: &dyn Storage, keys: &Keys) -> Kept {
    for object in storage.list(&keys.prefix).await? {
        storage.delete(&object.key).await?;
    }
    ensure(storage.list(&keys.prefix).await?.is_empty(), "test objects cannot be deleted")
}

/// The keys of one check.
struct Keys {
    prefix: String,
}

impl Keys {
    fn new() -> Self {
        Self { prefix: format!("{PREFIX}{:016x}-", rand::random::<u64>()) }
    }

    fn key(&self, name: &str) -> ObjectKey {
        ObjectKey::new(&format!("{}{name}", self.prefix)).expect("the names are short and legal")
    }
}

/// What was seen instead of what was promised.
#[derive(Debug)]
struct Broken(String);

type Kept<T = ()> = std::result::Result<T, Broken>;

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

fn ensure(holds: bool, otherwise: &str) -> Kept {
    if holds { Ok(()) } else { Err(Broken(otherwise.to_owned())) }
}

#[derive(Default)]
struct Verdicts(Vec<Promise>);

impl Verdicts {
    fn add(&mut self, name: &'static str, kept: Kept) {
        self.0.push(Promise { name, broken: kept.err().map(|broken| broken.0) });
    }
}

#[cfg(test)]
pub(super) mod tests;
