//! A database full of traps goes through an archive into a new database: every object and every row is
//! there again, and the source is as it was.

use crate::cli::{Ran, TestContext};
use crate::rig::{Fresh, PROFILE, Profile, Subject};
use crate::servers::{MongoServer, PostgresServer, Servers};

#[test]
fn postgres() {
    PostgresServer::wanted().map(Subject::Postgres).iter().for_each(round_trip);
}

#[test]
fn postgres_older_and_newer() {
    for server in [PostgresServer::old(), PostgresServer::new()].into_iter().flatten() {
        round_trip(&Subject::Postgres(server));
    }
}

#[test]
fn mariadb_and_mysql() {
    Subject::each()
        .iter()
        .filter(|subject| matches!(subject, Subject::Mysql(_)))
        .for_each(round_trip);
}

#[test]
fn mongodb() {
    for server in [MongoServer::standalone(), MongoServer::replica_set()].into_iter().flatten() {
        round_trip(&Subject::Mongo(server));
    }
}

#[test]
fn postgres_in_a_container() {
    let Some(server) = PostgresServer::in_container() else { return };
    through_archive(&Subject::Postgres(server), &Profile::in_container);
}

/// Every character that a shell, a URL or an option file gives a meaning to.
#[test]
fn with_a_password_that_is_hard_to_quote() {
    let password = "p$a\"b'c\\d@e#f%41g:h;i j`k ü🔑=&?*{}";
    for subject in Subject::each() {
        let user = subject.user(password);
        let login =
            |profile| Profile { user: user.name.clone(), password: password.into(), ..profile };
        let source = subject.plain(50);
        restored(&subject, &source, &login);
    }
}

/// A line break on top of it. The tools of some makers have no way to be given one; that is said in a
/// sentence, and the password is not.
#[test]
fn with_a_line_break_in_the_password() {
    let (user, password) = Servers::get().nasty_login();
    let (mut worked, mut said) = (0, 0);
    for subject in Subject::each() {
        let context = TestContext::new();
        let source = subject.plain(50);
        let login = subject.profile(source.name());
        let profile = Profile { user: user.clone(), password: password.clone(), ..login };
        profile.write(&context);
        let ran = Ran::from(profile.command(&context, &["backup", "--json"]).output().unwrap());
        if ran.code == 0 {
            worked += 1;
        } else {
            assert!(ran.stderr.contains("line break"), "{}: {}", subject.name(), ran.stderr);
            // Only PostgreSQL's tools have no way to be given one.
            assert_eq!(subject.name(), "PostgreSQL");
            said += 1;
        }
        let output = ran.stdout + &ran.stderr;
        for line in password.lines() {
            assert!(!output.contains(line), "{}: {output}", subject.name());
        }
    }
    crate::say(&format!("line break in a password: {worked} servers take it, {said} say why not"));
}

fn round_trip(subject: &Subject) {
    through_archive(subject, &|profile| profile);
}

fn through_archive(subject: &Subject, change: &dyn Fn(Profile) -> Profile) {
    let source = subject.nasty();
    let (objects, rows) = restored(subject, &source, change);
    crate::say(&format!(
        "round trip, {} ({}): {objects} of {objects} objects and {rows} of {rows} rows equal",
        subject.name(),
        subject.port(),
    ));
    assert!(objects > 50 && rows > 1000);
}

/// Backs `source` up, restores it under another name and compares; returns objects and rows.
fn restored(
    subject: &Subject,
    source: &Fresh,
    change: &dyn Fn(Profile) -> Profile,
) -> (usize, u64) {
    let context = TestContext::new();
    let profile = change(subject.profile(source.name()));
    profile.write(&context);
    let before = subject.snapshot(source.name());
    profile.ok(&context, &["backup", "--json"]);
    profile.ok(&context, &["verify", PROFILE]);
    let target = subject.target("restored");
    profile.ok(&context, &["restore", &context.id(), "--to", target.name()]);
    before.assert_restored(&subject.snapshot(target.name()));
    assert_eq!(before, subject.snapshot(source.name()), "the source has changed");
    no_live_events(subject, target.name());
    (before.objects.len(), before.row_count())
}

/// A copy must not act by itself.
fn no_live_events(subject: &Subject, database: &str) {
    if let Subject::Mysql(server) = subject {
        let live = crate::listing::live_events(&mut server.session(None), database);
        assert!(live.is_empty(), "{live:?} would run in the copy");
    }
}
