//! One small installation with good backups, and the question that is asked after every fault: is
//! everything that was promised still true?
//!
//! Owns the judgement. How a fault is made belongs to `faults`, which faults to make to each suite.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use crate::cli::{TestContext, files_in};
use crate::digest::sha256;

/// With more backups than this, looking at all of them again after every fault takes too long.
const ENOUGH: usize = 8;

/// An installation whose only profile is `shop`.
pub struct World {
    pub context: TestContext,
    source: String,
    good: BTreeMap<PathBuf, String>,
}

/// What a suite has seen, printed and judged at its end.
#[derive(Debug, Default)]
pub struct Tally {
    pub tried: usize,
    pub survived: usize,
    pub not_injected: usize,
    pub listed_but_bad: usize,
    pub earlier_lost: usize,
    pub leftovers: usize,
    pub other: usize,
    notes: Vec<String>,
}

impl World {
    /// A database below 1 MB, with one good backup.
    pub fn small() -> Self {
        let context = TestContext::new();
        let path = context.database("shop.db", 2000);
        let noise =
            "CREATE TABLE noise (bytes BLOB); INSERT INTO noise VALUES (randomblob(200000));";
        Connection::open(&path).unwrap().execute_batch(noise).unwrap();
        Self::around(context)
    }

    /// The database `shop.db` of `context` as the profile `shop`; makes the first backup.
    pub fn around(context: TestContext) -> Self {
        let path = context.data("shop.db");
        let profile = format!("[databases.shop]\nengine = \"sqlite\"\npath = {path:?}\n\n");
        context.config(&(profile + &context.storage_table()));
        context.ok(["backup"]);
        let mut world = Self { source: sha256(&path), context, good: BTreeMap::new() };
        world.remember();
        assert_eq!(world.good.len(), 2, "one archive and its record");
        world
    }

    pub fn backup(&self) -> Command {
        self.context.command(["backup", "--json"])
    }

    /// Takes what is there now for good.
    pub fn remember(&mut self) {
        let files = files_in(&self.context.backups());
        self.good = files.into_iter().map(|path| (path.clone(), sha256(&path))).collect();
    }

    /// The source was changed on purpose.
    pub fn source_changed(&mut self) {
        self.source = sha256(&self.context.data("shop.db"));
    }

    /// Starts Kronos again and looks at everything that was promised. What is new and good counts as
    /// earlier from now on. `fault` names the fault in the report.
    pub fn judge(&mut self, fault: &str, tally: &mut Tally) {
        let before = tally.problems();
        self.age_notes();
        let list = self.context.run(["list", "--json"]);
        if list.code != 0 {
            tally.other(format!("{fault}: the next start fails: {list:?}"));
        }
        let rows = if list.code == 0 { list.lines() } else { Vec::new() };
        self.look_at_listed(&rows, fault, tally);
        self.look_at_earlier(rows.len(), fault, tally);
        for path in self.leftovers(&rows) {
            tally.leftovers += 1;
            tally.notes.push(format!("{fault}: left behind: {}", path.display()));
        }
        if sha256(&self.context.data("shop.db")) != self.source {
            tally.other(format!("{fault}: the source has changed"));
        }
        tally.tried += 1;
        tally.survived += usize::from(tally.problems() == before);
        if rows.len() > ENOUGH {
            self.keep_oldest(2);
        }
        self.remember();
    }

    /// Removes all but the oldest backups, as a person would: the record first.
    pub fn keep_oldest(&self, count: usize) {
        for archive in self.context.archives().split_off(count) {
            std::fs::remove_file(format!("{}.json", archive.display())).unwrap();
            std::fs::remove_file(archive).unwrap();
        }
    }

    fn look_at_listed(&self, rows: &[serde_json::Value], fault: &str, tally: &mut Tally) {
        let listed = rows.iter().map(|row| row["id"].as_str().unwrap());
        let words: Vec<&str> = ["verify"].into_iter().chain(listed).collect();
        let bad = rows.iter().filter(|row| row["status"] != "verified").count();
        let verified = words.len() == 1 || self.context.run(&words).code == 0;
        if bad > 0 || !verified {
            tally.listed_but_bad += bad.max(1);
            tally.notes.push(format!("{fault}: listed but bad: {rows:?}"));
        }
    }

    fn look_at_earlier(&self, listed: usize, fault: &str, tally: &mut Tally) {
        let same = |path: &Path, hash: &String| path.is_file() && sha256(path) == *hash;
        let lost: Vec<_> = self.good.iter().filter(|(path, hash)| !same(path, hash)).collect();
        if !lost.is_empty() || listed < self.good.len() / 2 {
            tally.earlier_lost += lost.len().max(1);
            tally.notes.push(format!("{fault}: {listed} listed, lost or changed: {lost:?}"));
        }
    }

    /// Files that no listed backup explains: partial objects, archives without a record, notes, copies.
    fn leftovers(&self, rows: &[serde_json::Value]) -> Vec<PathBuf> {
        let mut wanted = Vec::new();
        for row in rows {
            let archive = self.context.backups().join(row["archive"].as_str().unwrap());
            wanted.push(PathBuf::from(format!("{}.json", archive.display())));
            wanted.push(archive);
        }
        let state = self.context.state();
        let mut found = files_in(&self.context.backups());
        found.retain(|path| !wanted.contains(path));
        found.extend(files_in(&state.pending()));
        found.extend(files_in(&state.scratch()));
        found
    }

    /// A note that never got its name is left alone for a minute, because its writer may be alive. Here
    /// everybody is known to be dead, so the minute is made to pass.
    fn age_notes(&self) {
        let then = SystemTime::now() - Duration::from_mins(2);
        for path in files_in(&self.context.state().pending()) {
            std::fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
        }
    }
}

impl Tally {
    /// A broken promise of another kind.
    pub fn other(&mut self, note: String) {
        self.other += 1;
        self.notes.push(note);
    }

    fn problems(&self) -> usize {
        self.listed_but_bad + self.earlier_lost + self.leftovers + self.other
    }

    /// Prints one line and fails when a promise was broken, or when fewer than `least` faults happened.
    pub fn conclude(&self, suite: &str, least: usize) {
        crate::say(&format!(
            "{suite}: {}/{} survived, listed-but-bad {}, earlier lost {}, leftovers {}, other {} \
             ({} aimed past the end)",
            self.survived,
            self.tried,
            self.listed_but_bad,
            self.earlier_lost,
            self.leftovers,
            self.other,
            self.not_injected
        ));
        let notes: Vec<_> = self.notes.iter().take(20).map(String::as_str).collect();
        assert!(self.problems() == 0, "{suite}:\n{}", notes.join("\n"));
        assert!(self.tried >= least, "{suite}: only {} faults happened, not {least}", self.tried);
    }
}
