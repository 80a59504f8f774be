//! A database full of traps goes through an archive into a new database: every object and every row is
//! there again, and the source is as it was.

use crate::cli::TestContext;
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

/// The tools inside of the container: none of this computer are needed.
#[test]
fn postgres_in_a_container() {
    let Some(server) = PostgresServer::in_container() else { return };
    let container = Servers::get().text("DOCKER_CONTAINER");
    let subject = Subject::Postgres(server);
    through_archive(&subject, &|profile| Profile {
        place: format!("docker = {container:?}\nport = {}", subject.port()),
        tools: None,
        environment: vec![
            ("DOCKER_HOST", Servers::get().text("DOCKER_HOST").into()),
            ("PATH", path()),
        ],
        ..profile
    });
}

/// The password with every character that a shell, a URL or an option file gives a meaning to.
#[test]
fn with_a_password_that_is_hard_to_quote() {
    let (user, password) = Servers::get().nasty_login();
    for subject in Subject::each() {
        let login = |profile| Profile { user: user.clone(), password: password.clone(), ..profile };
        let source = subject.plain(50);
        restored(&subject, &source, &login);
    }
}

fn path() -> String {
    std::env::var("PATH").unwrap()
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
    assert!(objects > 60 && rows > 1000);
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
