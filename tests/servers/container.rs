//! A server in a container, which is the first process there: PostgreSQL takes whatever is left behind in it and does not
//! end well for a crash of its own, throws everybody out and recovers.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::cli::TestContext;
use crate::rig::{Profile, Subject};
use crate::servers::{PostgresServer, PostgresSession};
use crate::{say, scaled};

/// Waits until the server has seen the last of us.
fn quiet(observer: &PostgresSession, database: &str) {
    let begun = Instant::now();
    let ours = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'");
    while observer.one(&ours) != "0" {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "a tool is still at work in the container"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts a backup and ends it after a part of the time that it takes; `false` when it was over before.
fn ended(profile: &Profile, context: &TestContext, after: Duration, signal: Signal) -> bool {
    let mut command = profile.command(context, &["backup"]);
    let mut backup = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    let in_time = backup.try_wait().unwrap().is_none();
    let _ = kill_process(Pid::from_raw(backup.id().cast_signed()).unwrap(), signal);
    backup.wait().unwrap();
    in_time
}

/// The session of a user is there before and after whatever we do in the container.
#[test]
fn what_is_run_in_a_container_throws_nobody_out() {
    let Some(server) = PostgresServer::in_container() else { return };
    let user = server.session("postgres");
    user.run(
        "DO $$BEGIN CREATE ROLE no_password SUPERUSER LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$",
    );
    let subject = Subject::Postgres(server);
    let source = subject.plain(2_000);
    let with = subject.profile(source.name()).in_container();
    let without =
        Profile { user: "no_password".to_owned(), password: String::new(), ..with.clone() };
    let (mut whole, mut cut) = (0, 0);
    for profile in [with, without] {
        let context = TestContext::new();
        profile.write(&context);
        let begun = Instant::now();
        profile.ok(&context, &["backup"]);
        let mut usual = begun.elapsed();
        let archive = context.archives().remove(0);
        let target = subject.target("contained");
        profile.ok(&context, &["restore", archive.to_str().unwrap(), "--to", target.name()]);
        whole += 2;
        let points = scaled(8, 60);
        for point in 0..points {
            let signal = if point % 2 == 0 { Signal::KILL } else { Signal::INT };
            // The first one may have been slower than the others are.
            for _ in 0..6 {
                let after = usual.mul_f64(f64::from(point) / f64::from(points));
                let in_time = ended(&profile, &context, after, signal);
                quiet(&user, source.name());
                if in_time {
                    cut += 1;
                    break;
                }
                usual = usual.mul_f64(0.8);
            }
        }
    }
    say(&format!(
        "calls in a container: {whole} whole, {cut} backups ended in the middle; sessions of others lost 0"
    ));
    assert!(cut >= 12, "{cut}");
}
