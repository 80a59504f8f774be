//! Dumps that name the database they were taken from, as `mysqldump --databases` and `pg_dump --create` write them:
//! all of it goes to the new database, and the named one stays as it is. With two databases they are refused.

use std::path::PathBuf;
use std::process::Command;

use kronos_engine::look::DumpForm;

use crate::cli::TestContext;
use crate::foreign_loads::{ALL, load, without_owners};
use crate::looks::{foreign, made, try_made};
use crate::rig::{Fresh, Subject};
use crate::say;
use crate::servers::{PostgresServer, fresh_name};

/// The options under which the tool of a server writes such a dump, the last one before the name of the database.
fn wrappers(subject: &Subject) -> Vec<Vec<&'static str>> {
    match subject {
        Subject::Postgres(_) => vec![
            vec!["--create"],
            vec!["--create", "--clean", "--if-exists"],
            vec!["--create", "-Fc"],
            vec!["--create", "-Ft"],
        ],
        Subject::Mysql(_) => vec![
            vec!["--routines", "--triggers", "--events", "--hex-blob", "--databases"],
            vec!["--add-drop-database", "--routines", "--triggers", "--events", "--hex-blob", "-B"],
        ],
        Subject::Mongo(_) => Vec::new(),
    }
}

/// A call of the tool that dumps.
fn tool(subject: &Subject, name: &str) -> Command {
    let mut command = Command::new(subject.tools().join(name));
    match subject {
        Subject::Postgres(server) => {
            command.args(["-h", "127.0.0.1", "-p", &server.port.to_string(), "-U", &server.user]);
            command.env("PGPASSWORD", &server.password);
        }
        Subject::Mysql(server) => {
            command.arg(format!("--defaults-file={}", server.setting("OPTION_FILE")));
        }
        Subject::Mongo(_) => {}
    }
    command
}

/// A database with settings and a comment of its own, under a name that has to be quoted.
fn oddly_named(server: &PostgresServer) -> Fresh {
    let name = format!("{}_Sh-op 1", fresh_name("odd"));
    let fresh = server.adopt(&name);
    let admin = server.session("postgres");
    admin.run(&format!("CREATE DATABASE \"{name}\""));
    admin.run(&format!("ALTER DATABASE \"{name}\" SET work_mem TO '5MB'"));
    admin.run(&format!("COMMENT ON DATABASE \"{name}\" IS 'it is; here'"));
    server.session(&name).run("CREATE TABLE item (id int); INSERT INTO item VALUES (1), (2)");
    Fresh::Postgres(fresh)
}

fn assert_goes_to_the_new_one(subject: &Subject, source: &Fresh, options: &[&str]) {
    let context = TestContext::new();
    let profile = subject.profile(source.name());
    profile.write(&context);
    let mut dump = tool(subject, subject.programs()[0]);
    let path = made(&context, "dump", dump.args(options).arg(source.name()));
    let seen = foreign(&path);
    let is_script = seen.form == DumpForm::SqlScript;
    let own = if is_script { vec![source.name().to_owned()] } else { Vec::new() };
    assert_eq!(seen.own_databases, own, "{options:?}");

    let before = subject.snapshot(source.name());
    let target = subject.target("unwrapped");
    let ran = load(&context, &profile, &path, target.name(), &ALL);
    assert_eq!(ran.code, 0, "{} {options:?}: {}", subject.name(), ran.stderr);
    let says = |part: &str| ran.stderr.contains(part);
    assert_eq!(says("The dump names its own database"), is_script, "{}", ran.stderr);
    assert_eq!(says("left out: what makes and enters the database"), is_script, "{}", ran.stderr);
    before.assert_restored(&subject.snapshot(source.name()));
    without_owners(before).assert_restored(&without_owners(subject.snapshot(target.name())));
}

#[test]
fn a_dump_that_names_its_own_database_goes_to_the_new_one() {
    let mut loaded = 0;
    for subject in Subject::each() {
        let source = subject.nasty();
        for options in wrappers(&subject) {
            assert_goes_to_the_new_one(&subject, &source, &options);
            loaded += 1;
        }
        if let Subject::Postgres(server) = &subject {
            let source = oddly_named(server);
            assert_goes_to_the_new_one(&subject, &source, &["--create"]);
            loaded += 1;
        }
    }
    say(&format!("loaded {loaded} dumps that name their own database, which stayed as it was"));
    assert!(loaded >= 8, "{loaded}");
}

/// Where the named one is not there any more, as on another server.
#[test]
fn it_goes_there_as_well_when_the_named_database_is_gone() {
    for subject in Subject::each() {
        let Some(options) = wrappers(&subject).into_iter().next() else { continue };
        let source = subject.plain(50);
        let (context, name) = (TestContext::new(), source.name().to_owned());
        let mut dump = tool(&subject, subject.programs()[0]);
        let path = made(&context, "dump", dump.args(options).arg(&name));
        let before = subject.snapshot(&name);
        let other = subject.plain(1);
        let profile = subject.profile(other.name());
        profile.write(&context);
        drop(source);
        let target = subject.target("unwrapped");
        let ran = load(&context, &profile, &path, target.name(), &ALL);
        assert_eq!(ran.code, 0, "{}: {}", subject.name(), ran.stderr);
        assert!(!subject.databases().contains(&name));
        without_owners(before).assert_restored(&without_owners(subject.snapshot(target.name())));
    }
}

/// A dump of everything that is on the server, as soon as no other test drops a database meanwhile.
fn whole_server(context: &TestContext, subject: &Subject) -> PathBuf {
    let dump = || {
        let mut dump = tool(subject, "pg_dumpall");
        try_made(context, "all", dump.arg("--no-role-passwords"))
    };
    let gone = |said: &String| said.contains("does not exist");
    std::iter::repeat_with(dump).find(|made| !made.as_ref().is_err_and(gone)).unwrap().unwrap()
}

#[test]
fn dumps_of_two_databases_or_a_whole_server_are_refused_before_anything_is_made() {
    let mut refused = 0;
    for subject in Subject::each() {
        let (one, two) = (subject.plain(5), subject.plain(5));
        let context = TestContext::new();
        let profile = subject.profile(one.name());
        profile.write(&context);
        let path = match &subject {
            Subject::Postgres(_) => whole_server(&context, &subject),
            Subject::Mysql(_) => {
                let mut dump = tool(&subject, subject.programs()[0]);
                made(&context, "two", dump.args(["--databases", one.name(), two.name()]))
            }
            Subject::Mongo(_) => continue,
        };
        let target = subject.target("two");
        let ran = load(&context, &profile, &path, target.name(), &ALL);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("more than one database"), "{}", ran.stderr);
        assert!(!subject.databases().iter().any(|name| name == target.name()));
        refused += 1;
    }
    assert!(refused >= 2, "{refused}");
}
