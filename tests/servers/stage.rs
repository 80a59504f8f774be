//! A database with an older backup of it, and restores that replace it, also such as do not live to the end.
//!
//! Owns what all engines have in common there. What is proven belongs to the suites.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use rustix::process::{Pid, Signal, kill_process};

use crate::cli::{Ran, TestContext};
use crate::listing::Listing;
use crate::rig::{Fresh, Profile, Subject};
use crate::{say, scaled};

/// A database with an older backup of it.
pub struct Stage {
    pub subject: Subject,
    pub source: Fresh,
    pub profile: Profile,
    pub context: TestContext,
    pub archive: PathBuf,
    pub new: Listing,
    pub old: Listing,
}

impl Stage {
    pub fn new(subject: Subject, source: Fresh) -> Self {
        let profile = subject.profile(source.name());
        Self::with(subject, source, profile)
    }

    pub fn with(subject: Subject, source: Fresh, profile: Profile) -> Self {
        let context = TestContext::new();
        profile.write(&context);
        profile.ok(&context, &["backup"]);
        let archive = context.archives().remove(0);
        let new = subject.snapshot(source.name());
        add(&source);
        let old = subject.snapshot(source.name());
        Self { subject, source, profile, context, archive, new, old }
    }

    pub fn words(&self, more: &[&str]) -> Vec<String> {
        let name = self.source.name();
        let archive = self.archive.to_str().unwrap();
        let words = ["restore", archive, "--to", name, "--replace", "--confirm", name, "--json"];
        words.iter().chain(more).map(|word| (*word).to_owned()).collect()
    }

    pub fn replace(&self, more: &[&str]) -> Ran {
        let words = self.words(more);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Ran::from(self.profile.command(&self.context, &words).output().unwrap())
    }

    pub fn found(&self) -> Listing {
        self.subject.snapshot(self.source.name())
    }

    pub fn admin(&self) -> crate::servers::PostgresSession {
        let Subject::Postgres(server) = &self.subject else { panic!("another server") };
        server.session("postgres")
    }

    /// Changes the database, so that it is not that of the backup, and says what it is now.
    pub fn change(&self) -> Listing {
        add(&self.source);
        self.found()
    }

    /// The databases that were replaced by this one.
    pub fn kept(&self) -> Vec<String> {
        let beginning = crate::servers::kept_beginning(self.source.name());
        let names = self.subject.databases().into_iter();
        names.filter(|name| name.starts_with(&beginning)).collect()
    }
}

/// Gives the database one table more, which the backup does not have.
fn add(source: &Fresh) {
    match source {
        Fresh::Postgres(database) => database.session().run(
            "DROP TABLE IF EXISTS later; CREATE TABLE later AS SELECT generate_series(1, 10) AS id",
        ),
        Fresh::Mysql(database) => {
            let mut session = database.session();
            session.run("DROP TABLE IF EXISTS later");
            session.run("CREATE TABLE later (id INT PRIMARY KEY)");
            session.run("INSERT INTO later VALUES (1), (2), (3)");
        }
        Fresh::Mongo(database) => {
            let session = database.server.session();
            let later = session.database(&database.name).collection::<Document>("later");
            session.wait(later.drop().into_future()).unwrap();
            let all = (0..10).map(|id| doc! { "_id": id });
            session.wait(later.insert_many(all).into_future()).unwrap();
        }
    }
}

/// The code of the error with which it ended; nothing when there was none.
pub fn code(ran: &Ran) -> String {
    let lines = ran.lines();
    let of_run = lines.iter().find(|line| line["event"] == "run_finished");
    let error = of_run.map(|line| &line["error"]).or(lines.last());
    error.and_then(|error| error["code"].as_str()).unwrap_or_default().to_owned()
}

/// When a restore is ended: after a share of the time that it takes, or of the time after it has begun to finish, which
/// is when it counts, names and swaps.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Total(f64),
    Finishing(f64),
}

/// So many moments, most of them near the swap, which is the end of what takes `finishing`.
fn moments(points: u32) -> impl Iterator<Item = Moment> {
    let early = points / 4;
    let late = points - early;
    let share = |i: u32, of: u32| f64::from(i) / f64::from(of);
    let totals = (0..early).map(move |i| Moment::Total(share(i, early)));
    totals.chain((0..late).map(move |i| Moment::Finishing(share(i, late))))
}

/// How long a restore takes, and of that from when it begins to finish.
#[derive(Debug, Clone, Copy)]
pub struct Usual {
    pub total: Duration,
    pub finishing: Duration,
}

impl Usual {
    /// The one that was measured was slower than this one.
    fn faster(self) -> Self {
        Self { total: self.total.mul_f64(0.8), finishing: self.finishing.mul_f64(0.8) }
    }
}

/// How often a moment is tried again that came after the end.
const TRIES: u32 = 6;

fn lines_of(process: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok)
}

fn is_finishing(line: &str) -> bool {
    line.contains("\"phase\":\"finishing\"")
}

/// Waits until the restore of this process begins to finish, which is when it counts and swaps. Returns what it
/// says after that.
pub fn until_finishing(process: &mut Child) -> impl Iterator<Item = String> + use<> {
    let mut lines = lines_of(process);
    lines.by_ref().any(|line| is_finishing(&line));
    lines
}

/// Starts a restore and sends it `signal` at that moment; `None` when it had ended before.
fn end_at(
    moment: Moment,
    mut command: Command,
    usual: Usual,
    signal: Signal,
) -> Option<ExitStatus> {
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = lines_of(&mut process);
    match moment {
        Moment::Total(share) => std::thread::sleep(usual.total.mul_f64(share)),
        Moment::Finishing(share) => {
            if lines.any(|line| is_finishing(&line)) {
                std::thread::sleep(usual.finishing.mul_f64(share));
            }
        }
    }
    let in_time = process.try_wait().unwrap().is_none();
    if in_time {
        let id = Pid::from_raw(process.id().cast_signed()).unwrap();
        let _ = kill_process(id, signal);
    }
    lines.for_each(drop);
    let status = process.wait().unwrap();
    in_time.then_some(status)
}

/// What was counted in one sweep.
#[derive(Debug, Default)]
pub struct Counted {
    pub tried: usize,
    pub new: usize,
    /// How often the server showed something between, which the next command ended.
    pub ended: usize,
    /// How often the new one gave way to the old one again.
    pub undone: usize,
}

impl Stage {
    /// Measures one restore, which goes through.
    pub fn timed(&self, words: &[&str]) -> Usual {
        let begun = Instant::now();
        let mut command = self.profile.command(&self.context, words);
        let mut restore = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let rest = until_finishing(&mut restore);
        let finishing = Instant::now();
        rest.for_each(drop);
        assert!(matches!(restore.wait().unwrap().code(), Some(0 | 3)));
        Usual { total: begun.elapsed(), finishing: finishing.elapsed() }
    }

    /// A program that is connected is named, and thrown out only when that is said. `works` asks whether it can
    /// still read what the backup does not have.
    pub fn names_who_is_connected(&self, who: &str, mut works: impl FnMut() -> bool) {
        let ran = self.replace(&[]);
        assert_eq!((ran.code, code(&ran).as_str()), (1, "target_in_use"), "{ran:?}");
        assert!(ran.stdout.contains(who), "{}", ran.stdout);
        assert!(works(), "nothing was done");
        assert_eq!(self.context.archives().len(), 1, "no safety backup for nothing");
        let ran = self.replace(&["--disconnect"]);
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        assert!(!works(), "it was disconnected");
        assert!(ran.stdout.contains("\"disconnected\":1"), "{}", ran.stdout);
        self.new.assert_restored(&self.found());
    }

    /// Undoes the restore that has replaced the database last. One that was killed has to be named, because
    /// nobody has written down how it ended.
    pub fn undo_killed(&self) {
        let listed = self.profile.ok(&self.context, &["list", "--json"]).lines();
        let run = listed.iter().find_map(|backup| backup["safety"]["run"].as_str()).unwrap();
        self.profile.ok(&self.context, &["undo", run]);
        self.old.assert_restored(&self.found());
    }

    /// Ends a restore of the database, changed before it, at that moment of those that are `usual`.
    fn ended(
        &mut self,
        moment: Moment,
        words: &[&str],
        usual: &mut Usual,
        signal: Signal,
    ) -> Option<ExitStatus> {
        for _ in 0..TRIES {
            self.old = self.change();
            let command = self.profile.command(&self.context, words);
            let status = end_at(moment, command, *usual, signal);
            if status.is_some() {
                return status;
            }
            *usual = usual.faster();
        }
        None
    }

    /// Ends a restore at many moments by `signal`; when all is `quiet` the next command looks at the database, if it
    /// is neither old nor new or a swap `is_open`.
    pub fn sweep(
        &mut self,
        points: u32,
        signal: Signal,
        quiet: impl Fn(&Self),
        is_open: impl Fn(&Self) -> bool,
    ) -> Counted {
        let words = self.words(&[]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut usual = self.timed(&words);
        let mut counted = Counted::default();
        for moment in moments(points) {
            let Some(status) = self.ended(moment, &words, &mut usual, signal) else { continue };
            quiet(self);
            let raw = self.found();
            if is_open(self) || raw != self.old && raw != self.new {
                // Nobody has to ask for it: whatever is started next puts it in order.
                self.profile.ok(&self.context, &["list"]);
                counted.ended += 1;
            }
            let found = self.found();
            let is_new = found == self.new;
            if !is_new {
                self.old.assert_restored(&found);
            }
            assert!(is_new || found == self.old, "{moment:?}: neither old nor new");
            assert!(!is_open(self), "{moment:?}");
            if signal == Signal::INT {
                // Before it listens to Ctrl-C, that ends it like any program.
                let code = status.code();
                let is_true =
                    matches!((code, is_new), (Some(130) | None, false) | (Some(0 | 3), true));
                assert!(is_true, "{moment:?}: exit {code:?} and new {is_new}");
            }
            counted.tried += 1;
            counted.new += usize::from(is_new);
            if is_new && (counted.undone == 0 || crate::full()) {
                self.undo_killed();
                counted.undone += 1;
            }
        }
        let ran = self.replace(&[]);
        assert!(matches!(ran.code, 0 | 3), "the next one goes through: {}", ran.stdout);
        self.new.assert_restored(&self.found());
        counted
    }
}

/// Sweeps with both signals, and says what was counted.
pub fn sweeps(name: &str, sweep: impl Fn(u32, Signal) -> Counted) {
    for (signal, what) in [(Signal::KILL, "kill -9"), (Signal::INT, "Ctrl-C")] {
        let points = scaled(if signal == Signal::KILL { 11 } else { 6 }, 100);
        let Counted { tried, new, ended, undone } = sweep(points, signal);
        say(&format!(
            "replace on {name}, {what}: {tried} times, the new one {new}, ended by the next start {ended}, undone {undone}, \
             neither 0"
        ));
        assert!(tried * 10 >= points as usize * 8, "only {tried} of {points}");
    }
}
