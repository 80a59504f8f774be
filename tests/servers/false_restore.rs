//! Whatever goes wrong while a database is loaded, the restore says so, and nothing that looks like a restored
//! database is left.

use crate::between::{Between, Direction, place};
use crate::cli::{Ran, TestContext};
use crate::rig::{Profile, Subject, loaders_with};
use crate::servers::firsts;
use crate::{say, scaled};

/// Rows of about 1 kB: the loader has begun to work when half of them have gone in.
const ROWS: u32 = 8_000;
const PASSWORD: &str = "of the loader";

/// A loader that does something else than it should.
const LYING_LOADERS: [(&str, &str); 5] = [
    ("exits 0 with nothing loaded", "cat >/dev/null; exit 0"),
    (
        "exits 0 with half of it loaded",
        r#"{ head -c 4000000; cat >/dev/null; } | "$REAL" "$@"; exit 0"#,
    ),
    ("exits 1 after loading all of it", r#""$REAL" "$@"; exit 1"#),
    ("is killed after loading all of it", r#""$REAL" "$@"; kill -KILL $$"#),
    ("is killed in the middle", r#"head -c 4000000 | "$REAL" "$@"; kill -KILL $$"#),
];

#[test]
fn of_loaders_that_lie_or_die() {
    let mut injected = 0;
    for subject in Subject::each() {
        let context = TestContext::new();
        let user = subject.user(PASSWORD);
        let source = subject.plain(ROWS);
        let honest = Profile {
            user: user.name.clone(),
            password: PASSWORD.to_owned(),
            ..subject.profile(source.name())
        };
        honest.write(&context);
        honest.ok(&context, &["backup"]);
        let before = subject.snapshot(source.name());
        for (fault, script) in LYING_LOADERS {
            let folder = loaders_with(&context, &subject, &fault.replace(' ', "-"), script);
            let profile = Profile { tools: Some(folder), ..honest.clone() };
            must_fail(&subject, &context, &profile, fault);
            injected += 1;
        }
        assert_eq!(subject.snapshot(source.name()), before, "{}", subject.name());
        honest.write(&context);
        restores(&subject, &context, &honest);
    }
    say(&format!("false success, restores: {injected} faults, taken for success 0, left behind 0"));
    assert_eq!(injected, Subject::each().len() * LYING_LOADERS.len());
}

/// The server goes away while it is loaded: all connections break and no new one is taken, so nothing can be
/// removed. What is left is unfinished, and the next restore to the name knows it.
#[test]
fn of_servers_that_go_away() {
    let mut injected = 0;
    for subject in Subject::each() {
        let context = TestContext::new();
        let source = subject.plain(ROWS);
        let honest = subject.profile(source.name());
        honest.write(&context);
        honest.ok(&context, &["backup"]);
        for bytes in scaled(vec![3_000_000], (1..8).map(|n| n * 1_000_000).collect()) {
            let between = Between::start(subject.port(), Direction::ToServer, bytes);
            Profile { place: place(between.port), ..honest.clone() }.write(&context);
            let target = subject.target("gone");
            let archive = context.archives().remove(0);
            let words = ["restore", archive.to_str().unwrap(), "--to", target.name(), "--json"];
            let ran = Ran::from(honest.command(&context, &words).output().unwrap());
            let fault = format!("{}: gone after {bytes} bytes", subject.name());
            assert!(between.has_cut(), "{fault}: the connection was not cut");
            assert_eq!(ran.code, 1, "{fault}: {}", ran.stdout);
            assert!(
                ran.stdout.contains("\"code\":\"server_unreachable\""),
                "{fault}: {}",
                ran.stdout
            );
            injected += 1;
            honest.write(&context);
            let again = Ran::from(honest.command(&context, &words).output().unwrap());
            let is_known = again.stdout.contains("\"code\":\"target_unusable\"");
            assert!(again.code == 0 || is_known, "{fault}, again: {}", again.stdout);
        }
    }
    say(&format!(
        "false success, servers gone while loading: {injected} faults, taken for success 0"
    ));
    assert!(injected >= Subject::each().len());
}

fn must_fail(subject: &Subject, context: &TestContext, profile: &Profile, fault: &str) {
    profile.write(context);
    let target = subject.target("lied");
    let archive = context.archives().remove(0);
    let words = ["restore", archive.to_str().unwrap(), "--to", target.name(), "--json"];
    let ran = Ran::from(profile.command(context, &words).output().unwrap());
    let fault = format!("{}: {fault}", subject.name());
    assert!(matches!(ran.code, 1 | 4), "{fault}: exit {} {}", ran.code, ran.stdout);
    assert!(ran.stdout.contains("\"state\":\"failed\""), "{fault}: {}", ran.stdout);
    let left = made_by(subject, &profile.user, target.name());
    assert!(left.is_empty(), "{fault}: {left:?} is left");
}

/// The databases that `user` has made and that are still there, under whatever name. Where the server does not
/// keep who made one, that is the target alone.
fn made_by(subject: &Subject, user: &str, target: &str) -> Vec<String> {
    match subject {
        Subject::Postgres(server) => {
            let sql = format!(
                "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = '{user}' OR datname = '{target}'"
            );
            firsts(&server.session("postgres").rows(&sql))
        }
        _ => subject.databases().into_iter().filter(|name| name == target).collect(),
    }
}

/// The tests above would prove nothing if an honest loader failed as well.
fn restores(subject: &Subject, context: &TestContext, honest: &Profile) {
    let folder = loaders_with(context, subject, "honest", r#"exec "$REAL" "$@""#);
    Profile { tools: Some(folder), ..honest.clone() }.write(context);
    let target = subject.target("honest");
    let archive = context.archives().remove(0);
    honest.ok(context, &["restore", archive.to_str().unwrap(), "--to", target.name()]);
    assert_eq!(made_by(subject, &honest.user, target.name()), [target.name()]);
}
