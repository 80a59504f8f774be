//! `kill -9` and Ctrl-C during a restore that replaces a database: whatever the moment, the database is the
//! old one or the new one, complete, and the next restore goes through and leaves nothing of the dead one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use crate::cli::{TestContext, files_in};
use crate::digest::{Contents, contents};
use crate::faults::{Stepper, count};
use crate::scaled;

/// The calls that change names, or make a change last.
const RARE: &str =
    "fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,rmdir";
/// Calls by the dozen; a share of them is tried, the long form tries all.
const MANY: [&str; 3] = ["openat", "write,pwrite64", "fcntl,ftruncate,close"];

/// How the database was left by the programs that used it.
#[derive(Debug, Clone, Copy)]
enum Left {
    /// At rest.
    Plain,
    /// Its last changes are in a write-ahead log.
    WithLog,
    /// In the middle of a change, with a journal that takes it back.
    WithJournal,
}

/// An installation with a database and an older backup of it.
struct Stage {
    context: TestContext,
    archive: PathBuf,
    /// The files of the database as they are before each restore.
    kept: Vec<(PathBuf, Vec<u8>)>,
    old: Contents,
    new: Contents,
    left: Left,
}

#[derive(Debug, Default)]
struct Tally {
    tried: usize,
    old: usize,
    new: usize,
    wrong: Vec<String>,
}

impl Stage {
    fn new(left: Left) -> Self {
        let context = TestContext::new();
        let path = context.database("shop.db", 2000);
        let profile = format!("[databases.shop]\nengine = \"sqlite\"\npath = {path:?}\n\n");
        context.config(&(profile + &context.storage_table()));
        context.ok(["backup"]);
        let archive = context.archives().remove(0);
        let new = contents(&path);
        change(&path, left);
        let mut kept = Vec::new();
        for file in files_in(&context.data("")) {
            kept.push((file.clone(), std::fs::read(&file).unwrap()));
        }
        let expected = if matches!(left, Left::Plain) { 1 } else { 2 };
        assert!(kept.len() >= expected, "{left:?} left {kept:?}");
        let mut stage = Self { context, archive, kept, old: contents(&path), new, left };
        stage.reset();
        stage.old = contents(&stage.target());
        stage.reset();
        assert_ne!(stage.old, stage.new);
        stage
    }

    fn target(&self) -> PathBuf {
        self.context.data("shop.db")
    }

    /// Puts the database back as it was, and nothing else into its folder.
    fn reset(&self) {
        for file in files_in(&self.context.data("")) {
            std::fs::remove_file(file).unwrap();
        }
        for (path, bytes) in &self.kept {
            std::fs::write(path, bytes).unwrap();
        }
    }

    fn replace(&self) -> Command {
        let archive = self.archive.to_str().unwrap();
        let target = self.target();
        let words =
            ["restore", archive, "--to", target.to_str().unwrap(), "--replace", "--confirm"];
        self.context.command(words.into_iter().chain(["shop.db", "--json"]))
    }

    /// Says which of the two the database is.
    fn look(&self, fault: &str, tally: &mut Tally) -> Option<bool> {
        tally.tried += 1;
        let found = contents(&self.target());
        let is_new = found == self.new;
        if !is_new && found != self.old {
            tally.wrong.push(format!("{fault} ({:?}): neither old nor new: {found:?}", self.left));
            return None;
        }
        if is_new {
            tally.new += 1;
        } else {
            tally.old += 1;
        }
        Some(is_new)
    }

    /// The next restore replaces it, an undo brings back what was there, and nothing is left over.
    fn go_on(&self, fault: &str, is_new: bool, tally: &mut Tally) {
        self.age_scratch();
        let ran = self.replace().output().unwrap();
        if !ran.status.success() || contents(&self.target()) != self.new {
            let said = String::from_utf8_lossy(&ran.stdout).into_owned();
            tally.wrong.push(format!("{fault}: the next restore: {said}"));
            return;
        }
        let undone = self.context.run(["undo"]);
        let back = if is_new { &self.new } else { &self.old };
        if undone.code != 0 || contents(&self.target()) != *back {
            tally.wrong.push(format!("{fault}: the undo: {undone:?}"));
        }
        let mut left = files_in(&self.context.data(""));
        left.retain(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name != "shop.db" && !name.starts_with("shop.db.kronos-before-")
        });
        left.extend(files_in(&self.context.state().scratch()));
        if !left.is_empty() {
            tally.wrong.push(format!("{fault}: left behind: {left:?}"));
        }
    }

    /// A working folder without a lock is left alone for a minute, because it may be made just now. Here
    /// everybody is known to be dead, so the minute is made to pass.
    fn age_scratch(&self) {
        let then = SystemTime::now() - Duration::from_mins(2);
        for folder in files_in(&self.context.state().scratch()) {
            File::open(folder).unwrap().set_modified(then).unwrap();
        }
    }

    /// The safety backups would become too many.
    fn tidy(&self) {
        for file in files_in(&self.context.backups()) {
            if file.file_name().unwrap().to_str().unwrap().contains("-safety_") {
                std::fs::remove_file(file).unwrap();
            }
        }
    }
}

/// Changes the database so that it is not the backup any more.
fn change(path: &Path, left: Left) {
    let change = "DELETE FROM orders WHERE id > 1500; UPDATE orders SET text = text || '!';
                  CREATE TABLE later (id); INSERT INTO later VALUES (1);";
    let database = Connection::open(path).unwrap();
    match left {
        Left::Plain => database.execute_batch(change).unwrap(),
        Left::WithLog => {
            database.execute_batch("PRAGMA journal_mode = WAL").unwrap();
            database.execute_batch(change).unwrap();
            crash(database, path, &["", "-wal", "-shm"]);
        }
        Left::WithJournal => {
            database.execute_batch(change).unwrap();
            // So small a cache that pages go to the file before the end of the transaction.
            database.execute_batch("PRAGMA cache_size = 2; PRAGMA cache_spill = 1; BEGIN").unwrap();
            database.execute_batch("UPDATE orders SET text = 'half done ' || text").unwrap();
            crash(database, path, &["", "-journal"]);
        }
    }
}

/// Leaves the files as a program that was killed leaves them.
fn crash(database: Connection, path: &Path, endings: &[&str]) {
    let name = |ending: &str| PathBuf::from(format!("{}{ending}", path.display()));
    let files: Vec<_> =
        endings.iter().map(|end| (name(end), std::fs::read(name(end)).unwrap())).collect();
    drop(database);
    for (path, bytes) in files {
        assert!(!bytes.is_empty(), "{}", path.display());
        std::fs::write(path, bytes).unwrap();
    }
}

impl Tally {
    fn conclude(&self, suite: &str, least: usize) {
        let (tried, old, new) = (self.tried, self.old, self.new);
        let wrong = self.wrong.len();
        crate::say(&format!(
            "{suite}: {tried} times, the old one {old}, the new one {new}, wrong {wrong}"
        ));
        let shown: Vec<_> = self.wrong.iter().take(10).map(String::as_str).collect();
        assert!(self.wrong.is_empty(), "{suite}:\n{}", shown.join("\n"));
        assert!(tried >= least, "{suite}: only {tried} faults happened, not {least}");
        assert!(old > 0 && new > 0, "{suite}: faults only on one side of the swap prove little");
    }
}

/// Stops a restore after some of `calls` and ends it there by `end`, which says whether it was in time.
fn sweep(
    stage: &Stage,
    calls: &str,
    points: usize,
    tally: &mut Tally,
    end: impl Fn(Stepper) -> bool,
) {
    let total: usize = count(&stage.replace(), calls).values().sum();
    let step = (total / points.max(1)).max(1);
    for number in (1..=total).step_by(step) {
        stage.reset();
        stage.tidy();
        let mut process = Stepper::start(&stage.replace(), calls);
        if !process.stop_after(number) || !end(process) {
            continue;
        }
        let fault = format!("ended after call {number} of {calls}");
        let Some(is_new) = stage.look(&fault, tally) else { continue };
        // The whole story takes three runs more, so only some of them are told to their ends.
        if tally.tried.is_multiple_of(scaled(6, 1)) {
            stage.go_on(&fault, is_new, tally);
        }
    }
}

fn killed(process: Stepper) -> bool {
    process.kill().status.code().is_none()
}

#[test]
fn killed_after_any_call_that_changes_a_name() {
    let mut tally = Tally::default();
    for (left, points) in [(Left::WithLog, 40), (Left::Plain, 14), (Left::WithJournal, 14)] {
        sweep(&Stage::new(left), RARE, scaled(points, usize::MAX), &mut tally, killed);
    }
    tally.conclude("replace, kill -9 at a name or an fsync", 60);
}

#[test]
fn killed_after_any_other_call_on_files() {
    let mut tally = Tally::default();
    let stage = Stage::new(Left::WithLog);
    for calls in MANY {
        sweep(&stage, calls, scaled(15, usize::MAX), &mut tally, killed);
    }
    tally.conclude("replace, kill -9 at another call", 40);
}

#[test]
fn cancelled_at_any_moment() {
    let mut tally = Tally::default();
    let stage = Stage::new(Left::WithLog);
    let lied = std::cell::RefCell::new(Vec::new());
    for calls in [RARE, MANY[0], MANY[1]] {
        sweep(&stage, calls, scaled(14, 200), &mut tally, |process| {
            let ended = process.interrupt();
            let is_new = contents(&stage.target()) == stage.new;
            let code = ended.status.code();
            // Before it listens to Ctrl-C, that ends it like any program.
            if !matches!((code, is_new), (Some(130) | None, false) | (Some(0), true)) {
                lied.borrow_mut().push(format!("exit {code:?} and new {is_new}: {}", ended.stdout));
            }
            true
        });
    }
    assert!(lied.borrow().is_empty(), "{}", lied.borrow().join("\n"));
    tally.conclude("replace, Ctrl-C", 40);
}
