//! Whatever goes wrong while a server is backed up, the run says so, names the cause, and leaves nothing behind
//! that looks like a backup; the backup from before stays as it was.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::between::{Between, Direction, place};
use crate::cli::{Ran, TestContext, files_in};
use crate::digest::sha256;
use crate::mounts::{leave_free, mount_disk, with_own_mounts};
use crate::rig::{Fresh, PROFILE, Profile, Subject, tools_with};
use crate::{say, scaled};

/// Rows of about 1 kB: more than any buffer between a server and an archive.
const ROWS: u32 = 12_000;

/// A tool that does something else than it should. `$OUT` is a file of the test.
const LYING_TOOLS: [(&str, &str); 7] = [
    (
        "exits 0 with half a dump",
        r#""$REAL" "$@" >"$0.out" && head -c $(($(stat -c %s "$0.out") / 2)) "$0.out""#,
    ),
    ("exits 0 without the last line", r#""$REAL" "$@" >"$0.out" && head -c -45 "$0.out""#),
    ("exits 0 with nothing", "exit 0"),
    ("exits 1 after a whole dump", r#""$REAL" "$@"; exit 1"#),
    ("exits 3 after a whole dump", r#""$REAL" "$@"; exit 3"#),
    ("is killed after a whole dump", r#""$REAL" "$@"; kill -KILL $$"#),
    (
        "is killed in the middle",
        r#""$REAL" "$@" >"$0.out" && head -c 3000000 "$0.out"; kill -KILL $$"#,
    ),
];

/// One installation with one good backup.
struct Stage {
    subject: Subject,
    source: Fresh,
    context: TestContext,
    good: Vec<(std::path::PathBuf, String)>,
    injected: usize,
    wrong: Vec<String>,
}

impl Stage {
    fn new(subject: Subject, context: TestContext) -> Self {
        let source = subject.plain(ROWS);
        let profile = subject.profile(source.name());
        profile.write(&context);
        profile.ok(&context, &["backup"]);
        let mut good: Vec<_> = files_in(&context.backups())
            .into_iter()
            .map(|path| (path.clone(), sha256(&path)))
            .collect();
        good.sort();
        assert_eq!(good.len(), 2, "one archive and its record");
        Self { subject, source, context, good, injected: 0, wrong: Vec::new() }
    }

    fn profile(&self) -> Profile {
        self.subject.profile(self.source.name())
    }

    /// Backs up with `profile`, which must fail with one of `codes`.
    fn must_fail(&mut self, fault: &str, profile: &Profile, codes: &[&str]) {
        profile.write(&self.context);
        let ran =
            Ran::from(profile.command(&self.context, &["backup", "--json"]).output().unwrap());
        self.judge(fault, &ran, codes);
    }

    fn judge(&mut self, fault: &str, ran: &Ran, codes: &[&str]) {
        self.injected += 1;
        let fault = format!("{}: {fault}", self.subject.name());
        if ran.code != 1
            || !codes.iter().any(|code| ran.stdout.contains(&format!("\"code\":\"{code}\"")))
        {
            self.wrong.push(format!(
                "{fault}: exit {}, wanted one of {codes:?}: {}",
                ran.code, ran.stderr
            ));
        }
        self.profile().write(&self.context);
        let listed = self.context.ok(["list", "--json"]).lines().len();
        let mut now: Vec<_> = files_in(&self.context.backups())
            .into_iter()
            .map(|path| (path.clone(), sha256(&path)))
            .collect();
        now.retain(|(path, _)| !path.ends_with(".ballast"));
        now.sort();
        if listed != 1 || now != self.good {
            self.wrong.push(format!(
                "{fault}: {listed} listed, {} files, not the 2 from before",
                now.len()
            ));
        }
        let password = self.subject.login().1;
        if ran.stdout.contains(password) || ran.stderr.contains(password) {
            self.wrong.push(format!("{fault}: the password is in the output"));
        }
    }

    /// Fails when anything was wrong, or when fewer than `least` faults happened.
    fn conclude(self, least: usize) -> usize {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
        let verified = self.context.run(["verify", PROFILE]);
        assert_eq!(verified.code, 0, "the backup from before: {verified:?}");
        assert!(self.injected >= least, "only {} faults happened", self.injected);
        self.injected
    }
}

#[test]
fn of_tools_that_lie_or_die() {
    let mut injected = 0;
    for subject in Subject::each() {
        let mut stage = Stage::new(subject, TestContext::new());
        for (fault, script) in LYING_TOOLS {
            let folder =
                tools_with(&stage.context, &stage.subject, &fault.replace(' ', "-"), script);
            let profile = Profile { tools: Some(folder), ..stage.profile() };
            stage.must_fail(fault, &profile, &["source_failed"]);
        }
        injected += stage.conclude(LYING_TOOLS.len());
    }
    say(&format!("false success, tools: {injected} faults, taken for success 0"));
}

#[test]
fn of_servers_that_refuse() {
    let mut injected = 0;
    for subject in Subject::each() {
        let mut stage = Stage::new(subject, TestContext::new());
        let right = stage.profile();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        for (fault, profile, code) in [
            (
                "wrong password",
                Profile { password: "wrong".into(), ..right.clone() },
                "login_refused",
            ),
            (
                "unknown user",
                Profile { user: "nobody_here".into(), ..right.clone() },
                "login_refused",
            ),
            (
                "unknown database",
                Profile { databases: vec!["not there".into()], ..right.clone() },
                "source_missing",
            ),
            ("no server", Profile { place: place(closed), ..right.clone() }, "server_unreachable"),
            (
                "no tool",
                Profile { tools: Some(stage.context.root().join("home")), ..right.clone() },
                "tool_missing",
            ),
        ] {
            stage.must_fail(fault, &profile, &[code]);
        }
        injected += stage.conclude(5);
    }
    say(&format!("false success, refusals: {injected} faults, taken for success 0"));
}

/// The server goes away: all its connections break at once and no new one is taken.
#[test]
fn of_servers_that_go_away() {
    let mut injected = 0;
    for subject in Subject::each() {
        let mut stage = Stage::new(subject, TestContext::new());
        for bytes in scaled(vec![1_000_000, 6_000_000], (1..12).map(|n| n * 1_000_000).collect()) {
            let between = Between::start(stage.subject.port(), Direction::FromServer, bytes);
            let profile = Profile { place: place(between.port), ..stage.profile() };
            stage.must_fail(
                &format!("gone after {bytes} bytes"),
                &profile,
                &["server_unreachable"],
            );
            assert!(between.has_cut(), "the connection was not cut");
        }
        injected += stage.conclude(2);
    }
    say(&format!("false success, servers gone: {injected} faults, taken for success 0"));
}

#[test]
fn of_full_disks() {
    with_own_mounts("false_success::of_full_disks", || {
        let mut injected = 0;
        for subject in Subject::each() {
            let context = TestContext::new();
            fs::create_dir(context.backups()).unwrap();
            mount_disk(&context.backups(), 64 << 20);
            let disk = context.backups();
            let mut stage = Stage::new(subject, context);
            for free in [0, 100_000, 2_000_000] {
                leave_free(&disk, ".ballast", free);
                let ran = Ran::from(
                    stage
                        .profile()
                        .command(&stage.context, &["backup", "--json"])
                        .output()
                        .unwrap(),
                );
                fs::remove_file(disk.join(".ballast")).unwrap();
                stage.judge(&format!("{free} bytes free"), &ran, &["storage_full"]);
            }
            injected += stage.conclude(3);
        }
        say(&format!("false success, full disks: {injected} faults, taken for success 0"));
    });
}

/// The tests above would prove nothing if an honest tool in such a folder failed as well.
#[test]
fn an_honest_wrapper_is_fine() {
    for subject in Subject::each() {
        let context = TestContext::new();
        let source = subject.plain(10);
        let folder = tools_with(&context, &subject, "honest", r#"exec "$REAL" "$@""#);
        let profile = Profile { tools: Some(folder), ..subject.profile(source.name()) };
        profile.write(&context);
        profile.ok(&context, &["backup"]);
        assert!(Path::new(&context.archives()[0]).is_file());
    }
}
