//! What was found in an archive so far: the databases and their members, in order.
//!
//! Owns which member may follow which, and the comparison with the manifest. Reading the members belongs to
//! `walk`; what a manifest may list at all, to `rules`.

use super::hash::Fingerprint;
use super::manifest::{Manifest, Part, Unit};
use super::member::{FIXED_BEFORE, MAX_PARTS, MAX_UNITS, Place, place_of};

/// The databases' members so far.
#[derive(Default)]
pub(super) struct Inventory {
    units: Vec<Found>,
    members: usize,
}

/// One database, perhaps not to its end yet.
struct Found {
    base: String,
    /// The hash over all parts; a database in one member needs no second one.
    whole: Option<Fingerprint>,
    parts: Vec<Part>,
}

impl Inventory {
    /// Takes note of a member before any of its content is read, or tells what is wrong with it.
    pub fn begin(&mut self, name: &str) -> Result<(), String> {
        let place = self.members + FIXED_BEFORE + 1;
        let Some(Place { base, number }) = place_of(name) else {
            return Err(format!("member {place} has a foreign name"));
        };
        if self.members == MAX_PARTS {
            return Err("it has more members than Kronos writes".to_owned());
        }
        self.members += 1;
        if let Some(1..) = number {
            let continues = self.units.last().is_some_and(|unit| {
                unit.whole.is_some() && unit.base == base && number == Some(unit.parts.len())
            });
            let detail = || format!("member {place} is a part that nothing leads up to");
            return if continues { Ok(()) } else { Err(detail()) };
        }
        self.open(base, number.is_some())
    }

    fn open(&mut self, base: &str, numbered: bool) -> Result<(), String> {
        if self.units.len() == MAX_UNITS {
            return Err("it has more members than Kronos writes".to_owned());
        }
        let whole = numbered.then(Fingerprint::default);
        self.units.push(Found { base: base.to_owned(), whole, parts: Vec::new() });
        Ok(())
    }

    /// The number of the database that the member which was begun last belongs to.
    pub fn unit(&self) -> usize {
        self.units.len().saturating_sub(1)
    }

    /// The number of that member among its parts.
    pub fn part(&self) -> usize {
        self.units.last().map_or(0, |unit| unit.parts.len())
    }

    /// Takes the next bytes of that member into account.
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(whole) = self.units.last_mut().and_then(|unit| unit.whole.as_mut()) {
            whole.update(bytes);
        }
    }

    /// That member, now that all of it has been read.
    pub fn end(&mut self, part: Part) {
        if let Some(unit) = self.units.last_mut() {
            unit.parts.push(part);
        }
    }

    /// Where `manifest`, which keeps the rules, does not tell the truth.
    pub fn compare(&self, manifest: &Manifest) -> Result<(), String> {
        let mut listed = manifest.units.iter();
        for found in &self.units {
            let unit = listed.next().ok_or(OTHER_MEMBERS)?;
            found.compare(unit)?;
        }
        if listed.next().is_some() { Err(OTHER_MEMBERS.to_owned()) } else { Ok(()) }
    }
}

const OTHER_MEMBERS: &str = "`manifest.json` lists other members than there are";

impl Found {
    fn compare(&self, unit: &Unit) -> Result<(), String> {
        let differs = |name: &str| Err(format!("`{name}` is not what its manifest says"));
        for (found, listed) in self.parts.iter().zip(&unit.parts) {
            if found != listed {
                return differs(&found.member);
            }
        }
        if self.parts.len() != unit.parts.len() {
            return Err(OTHER_MEMBERS.to_owned());
        }
        match &self.whole {
            Some(whole) if whole.bytes() != unit.size || whole.hex() != unit.sha256 => {
                differs(&self.base)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(names: &[&str]) -> Result<(), String> {
        let mut inventory = Inventory::default();
        for name in names {
            inventory.begin(name)?;
            inventory.end(Part { member: (*name).to_owned(), size: 1, sha256: String::new() });
        }
        Ok(())
    }

    #[test]
    fn parts_follow_each_other_without_a_gap() {
        let good: [&[&str]; 3] = [
            &["data/a.x", "data/b.x"],
            &["data/a.x/000000", "data/a.x/000001", "data/a.x/000002", "data/b.x"],
            &["data/b.x", "data/a.x/000000", "data/a.x/000001", "data/c.x/000000"],
        ];
        for names in good {
            assert_eq!(taken(names), Ok(()), "{names:?}");
        }
        let bad: [&[&str]; 7] = [
            &["data/a.x/000001"],
            &["data/a.x/000000", "data/a.x/000002"],
            &["data/a.x/000000", "data/b.x/000001"],
            &["data/a.x", "data/a.x/000001"],
            &["data/a.x/000000", "data/a.x/000001", "data/a.x/000001"],
            &["data/a.x/000000", "data/b.x", "data/a.x/000001"],
            &["data/a.x/000000", "data/a.x/00001"],
        ];
        for names in bad {
            assert!(taken(names).is_err(), "{names:?}");
        }
    }

    #[test]
    fn there_is_an_end_to_parts() {
        let mut inventory = Inventory::default();
        for number in 0..MAX_PARTS {
            let name = format!("data/a.x/{number:06}");
            inventory.begin(&name).expect("a part");
            inventory.end(Part { member: name, size: 1, sha256: String::new() });
        }
        let more = inventory.begin(&format!("data/a.x/{MAX_PARTS:06}"));
        assert_eq!(more, Err("it has more members than Kronos writes".to_owned()));
    }
}
