//! A database of a server gives way to a backup and comes back: with everything that was in it and around
//! it, whatever is killed meanwhile, and never on the wrong server.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::cli::{Ran, TestContext};
use crate::rig::{Fresh, PROFILE, Subject};
use crate::servers::{PostgresServer, fresh_name};
use crate::stage::{Counted, Stage, code};

fn postgres() -> Vec<PostgresServer> {
    let servers = [PostgresServer::wanted(), PostgresServer::old(), PostgresServer::new()];
    servers.into_iter().flatten().collect()
}

/// What a server keeps about a database outside of it, without its name.
fn shell(stage: &Stage) -> Vec<String> {
    let name = stage.source.name();
    let sql = format!(
        "SELECT pg_get_userbyid(datdba) || ' ' || datconnlimit || ' ' || COALESCE((SELECT \
         string_agg(a::text, ',' ORDER BY a::text) FROM unnest(datacl) a), '-') || ' ' || \
         COALESCE(shobj_description(oid, 'pg_database'), '-') FROM pg_database WHERE datname = '{name}' \
         UNION ALL SELECT setrole::regrole || ' ' || setconfig::text FROM pg_db_role_setting \
         WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = '{name}') ORDER BY 1"
    );
    crate::servers::firsts(&stage.admin().rows(&sql))
}

#[test]
fn a_nasty_database_gives_way_and_comes_back_with_all_around_it() {
    for server in postgres() {
        let subject = Subject::Postgres(server.clone());
        let source = subject.nasty();
        let (name, role) = (source.name().to_owned(), fresh_name("app"));
        server.session("postgres").run(&format!(
            "CREATE ROLE {role}; ALTER DATABASE \"{name}\" CONNECTION LIMIT 17; \
             REVOKE ALL ON DATABASE \"{name}\" FROM PUBLIC; \
             GRANT CONNECT ON DATABASE \"{name}\" TO {role} WITH GRANT OPTION; \
             ALTER ROLE {role} IN DATABASE \"{name}\" SET search_path = public, \"a b\"; \
             ALTER DATABASE \"{name}\" SET work_mem = '5MB'; \
             COMMENT ON DATABASE \"{name}\" IS 'the ''shop'''"
        ));
        let stage = Stage::new(subject, source);
        let around = shell(&stage);
        assert!(around.len() >= 3, "{around:?}");
        let ran = stage.replace(&[]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        stage.new.assert_restored(&stage.found());
        assert_eq!(shell(&stage), around);
        assert_eq!(stage.kept().len(), 1);
        stage.profile.ok(&stage.context, &["undo"]);
        stage.old.assert_restored(&stage.found());
        assert_eq!(shell(&stage), around);
        stage.profile.ok(&stage.context, &["undo"]);
        stage.new.assert_restored(&stage.found());
        assert_eq!(shell(&stage), around);
        drop(stage);
        let drop_role = format!("DROP OWNED BY {role}; DROP ROLE {role}");
        server.session("postgres").run(&drop_role);
    }
}

#[test]
fn programs_that_are_connected_are_named_and_only_disconnected_when_told() {
    for server in postgres() {
        let subject = Subject::Postgres(server.clone());
        let source = subject.plain(50);
        let stage = Stage::new(subject, source);
        let program = server.session(stage.source.name());
        program.run("SET application_name = 'a web shop'");
        stage.names_who_is_connected("a web shop", || program.try_run("TABLE later").is_ok());
    }
}

/// What nobody is connected for still belongs to the old database, and would go on without anybody there.
#[test]
fn slots_subscriptions_and_prepared_transactions_are_named_before_anything_is_made() {
    let Some(server) = PostgresServer::wanted() else { return };
    let subject = Subject::Postgres(server.clone());
    let stage = Stage::new(subject.clone(), subject.plain(50));
    let (session, slot) = (server.session(stage.source.name()), fresh_name("slot"));
    let cases = [
        (
            format!("SELECT pg_create_logical_replication_slot('{slot}', 'test_decoding')"),
            format!("SELECT pg_drop_replication_slot('{slot}')"),
            "logical replication slot",
        ),
        (
            format!("BEGIN; CREATE TABLE later_still (x int); PREPARE TRANSACTION '{slot}'"),
            format!("ROLLBACK PREPARED '{slot}'"),
            "prepared transaction",
        ),
        (
            format!(
                "CREATE SUBSCRIPTION {slot} CONNECTION 'dbname=x' PUBLICATION p \
                 WITH (connect = false, enabled = false, slot_name = NONE)"
            ),
            format!("DROP SUBSCRIPTION {slot}"),
            "the subscription",
        ),
    ];
    for (make, end, words) in cases {
        session.run(&make);
        let ran = stage.replace(&["--disconnect"]);
        session.run(&end);
        assert_eq!((ran.code, code(&ran).as_str()), (1, "target_unusable"), "{ran:?}");
        assert!(ran.stdout.contains(words) && ran.stdout.contains(&slot), "{}", ran.stdout);
        stage.old.assert_restored(&stage.found());
        assert_eq!(stage.context.archives().len(), 1, "no safety backup for nothing");
    }
}

/// A pool that comes back as soon as it is thrown out does not keep the swap from happening, and no
/// connection of it ends up in the old database.
#[test]
fn a_pool_that_connects_again_and_again_is_kept_out() {
    let Some(server) = PostgresServer::wanted() else { return };
    let subject = Subject::Postgres(server.clone());
    let source = subject.plain(50);
    let stage = Stage::new(subject, source);
    let name = stage.source.name().to_owned();
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let pools: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut connections = 0;
                    while !over.load(std::sync::atomic::Ordering::Relaxed) {
                        let command = std::process::Command::new("psql")
                            .env("PGPASSWORD", &server.password)
                            .args(["-X", "-q", "-h", "127.0.0.1", "-p", &server.port.to_string()])
                            .args(["-U", &server.user, "-d", &name, "-c", "SELECT pg_sleep(0.3)"])
                            .output();
                        connections += u32::from(command.is_ok_and(|ran| ran.status.success()));
                    }
                    connections
                })
            })
            .collect();
        let ran = stage.replace(&["--disconnect"]);
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        let connections: u32 = pools.into_iter().map(|pool| pool.join().unwrap()).sum();
        assert!(connections > 0, "the pool never connected, so nothing was proven");
    });
    stage.new.assert_restored(&stage.found());
    let kept = stage.kept();
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND backend_type = 'client backend'",
        kept[0]
    );
    assert_eq!(stage.admin().one(&sql), "0");
}

#[test]
fn the_database_of_another_server_is_never_replaced() {
    let (Some(one), Some(two)) = (PostgresServer::old(), PostgresServer::wanted()) else { return };
    let stage = Stage::new(Subject::Postgres(one.clone()), Subject::Postgres(one).plain(20));
    // The same name there, with something else in it.
    let other = Subject::Postgres(two.clone());
    let name = stage.source.name();
    two.session("postgres").run(&format!("CREATE DATABASE \"{name}\""));
    let precious = two.adopt(name);
    precious.session().run("CREATE TABLE precious AS SELECT 1 AS id");
    let before = other.snapshot(name);
    let context = TestContext::new();
    let profile = other.profile(name);
    profile.write(&context);
    let words = stage.words(&[]);
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--profile", PROFILE]).collect();
    let ran = Ran::from(profile.command(&context, &words).output().unwrap());
    assert_eq!((ran.code, code(&ran).as_str()), (1, "target_unusable"), "{ran:?}");
    for side in [
        format!("127.0.0.1:{}/{name}", two.port),
        format!("127.0.0.1:{}/{name}", stage.subject.port()),
    ] {
        assert!(ran.stdout.contains(&side), "both are named: {side}: {}", ran.stdout);
    }
    assert_eq!(other.snapshot(name), before);
}

#[test]
fn what_belongs_to_the_server_or_does_not_exist_is_refused() {
    let Some(server) = PostgresServer::wanted() else { return };
    let subject = Subject::Postgres(server);
    let source = subject.plain(20);
    let stage = Stage::new(subject, source);
    for (name, words) in [
        ("postgres", "it belongs to the server itself"),
        ("template1", "it belongs to the server itself"),
        ("not_there", "There is no `127.0.0.1"),
        ("a*", "There is no `127.0.0.1"),
    ] {
        let archive = stage.archive.to_str().unwrap();
        let call = ["restore", archive, "--to", name, "--replace", "--confirm", name];
        let ran = Ran::from(stage.profile.command(&stage.context, &call).output().unwrap());
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        assert!(ran.stderr.contains(words), "{name}: {}", ran.stderr);
    }
}

/// Waits until no dead restore can still swap: the server goes on with what was sent before a kill.
fn settle(stage: &Stage) {
    let name = stage.source.name();
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kronos' AND state <> 'idle' \
         AND query LIKE '%\"{name}\" RENAME TO%'"
    );
    let begun = Instant::now();
    while stage.admin().one(&sql) != "0" {
        assert!(begun.elapsed() < Duration::from_mins(1), "a dead restore is still at work");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Makes the ten minutes pass after which the database of a dead restore is removed. Those of other tests, which are
/// alive, have a session, or have shown that a moment ago.
fn age_unfinished(stage: &Stage) {
    let sql = "SELECT datname FROM pg_database d WHERE datname LIKE 'kronos\\_restoring\\_%' AND \
               shobj_description(oid, 'pg_database') LIKE 'Unfinished restore of Kronos%' AND \
               substring(shobj_description(oid, 'pg_database') FROM '[0-9]+$')::bigint < \
               extract(epoch FROM now()) - 20 AND \
               NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)";
    for name in crate::servers::firsts(&stage.admin().rows(sql)) {
        let mark = "Unfinished restore of Kronos; it may be dropped. Last sign of life: 1000";
        let _ = stage.admin().try_run(&format!("COMMENT ON DATABASE \"{name}\" IS '{mark}'"));
    }
}

fn sweep(points: u32, signal: Signal) -> Counted {
    let Some(server) = PostgresServer::wanted() else {
        return Counted { tried: points as usize, ..Counted::default() };
    };
    let subject = Subject::Postgres(server);
    let source = subject.plain(200);
    let mut stage = Stage::new(subject, source);
    // One transaction, so there is never anything for the next command to end.
    let counted = stage.sweep(points, signal, settle, |_| false);
    assert_eq!(counted.ended, 0);
    age_unfinished(&stage);
    assert_eq!(stage.replace(&[]).code, 0);
    let unfinished = "SELECT count(*) FROM pg_database WHERE datname LIKE 'kronos\\_restoring\\_%' AND \
                      shobj_description(oid, 'pg_database') LIKE '%Last sign of life: 1000'";
    assert_eq!(stage.admin().one(unfinished), "0", "the next one clears up after the dead");
    counted
}

#[test]
fn ended_at_any_moment_it_is_the_old_or_the_new_one() {
    crate::stage::sweeps("PostgreSQL", sweep);
}

/// A restore that is killed between the creation of a database and its mark leaves one that only its name and its
/// emptiness tell from others, and that nobody holds the lock of.
#[test]
fn what_was_left_without_a_mark_goes_when_it_is_provably_nobodys() {
    let Some(server) = PostgresServer::wanted() else { return };
    let subject = Subject::Postgres(server.clone());
    let source = subject.plain(20);
    let stage = Stage::new(subject, source);
    let tag = |kind: u64| (u64::from(std::process::id()) << 16 | kind) | 0xf000_0000_0000_0000;
    let name = |kind| format!("kronos_restoring_{:016x}", tag(kind));
    let holder = server.session("postgres");
    let lock = |what: &str, kind| {
        holder.run(&format!("SELECT pg_advisory_{what}({})", tag(kind).cast_signed()));
    };
    for kind in 0..3 {
        // As a restore makes them: others clear up at the same time.
        lock("lock", kind);
        stage.admin().run(&format!("CREATE DATABASE {}", name(kind)));
    }
    server.session(&name(1)).run("CREATE TABLE own (id int)");
    (0..2).for_each(|kind| lock("unlock", kind));
    let left = || {
        let all = stage.subject.databases();
        (0..3).map(|kind| all.contains(&name(kind))).collect::<Vec<_>>()
    };
    assert_eq!(stage.replace(&[]).code, 0);
    assert_eq!(left(), [false, true, true], "one has a table in it, one is somebody's");
    drop(holder);
    assert_eq!(stage.replace(&[]).code, 0);
    assert_eq!(left(), [false, true, false]);
    stage.subject.drop_database(&name(1));
}

/// The owner of a database need not be a superuser to replace it. A superuser's connection is then in its
/// way, whatever it was told.
#[test]
fn an_owner_without_other_rights_replaces_its_own_database() {
    let Some(server) = PostgresServer::wanted() else { return };
    let subject = Subject::Postgres(server.clone());
    let source = subject.plain(50);
    let (name, role) = (source.name().to_owned(), fresh_name("owner"));
    let admin = server.session("postgres");
    admin.run(&format!(
        "CREATE ROLE {role} LOGIN CREATEDB PASSWORD 'secret'; ALTER DATABASE \"{name}\" OWNER TO {role}"
    ));
    source_session(&source).run(&format!("ALTER TABLE item OWNER TO {role}"));
    let mut stage = Stage::new(subject, source);
    source_session(&stage.source).run(&format!("ALTER TABLE later OWNER TO {role}"));
    stage.old = stage.found();
    stage.profile.user.clone_from(&role);
    stage.profile.password = "secret".to_owned();
    stage.profile.write(&stage.context);
    let superuser = server.session(&name);
    let ran = stage.replace(&[]);
    assert_eq!((ran.code, code(&ran).as_str()), (1, "target_in_use"), "{ran:?}");
    assert_eq!(stage.context.archives().len(), 1, "it is seen before anything is made");
    let ran = stage.replace(&["--disconnect"]);
    assert_eq!((ran.code, code(&ran).as_str()), (1, "target_in_use"), "{ran:?}");
    assert!(ran.stdout.contains("kronos tests"), "it names who is in the way: {}", ran.stdout);
    assert_eq!(superuser.one("SELECT count(*) FROM later"), "10");
    drop(superuser);
    assert_eq!(stage.found(), stage.old);
    let ran = stage.replace(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    stage.new.assert_restored(&stage.found());
    assert!(shell(&stage)[0].starts_with(&role), "{:?}", shell(&stage));
    for kept in stage.kept() {
        admin.run(&format!("DROP DATABASE \"{kept}\""));
    }
    admin.run(&format!("ALTER DATABASE \"{name}\" OWNER TO postgres"));
    source_session(&stage.source).run(&format!("REASSIGN OWNED BY {role} TO postgres"));
    admin.run(&format!("DROP ROLE {role}"));
}

/// With the tools of the container only; the swap goes over the driver as everywhere.
#[test]
fn a_database_in_a_container_is_replaced_and_comes_back() {
    let Some(server) = PostgresServer::in_container() else { return };
    let subject = Subject::Postgres(server);
    let source = subject.plain(50);
    let profile = subject.profile(source.name()).in_container();
    let stage = Stage::with(subject, source, profile);
    let ran = stage.replace(&[]);
    assert_eq!(ran.code, 0, "a container is not another computer: {}", ran.stdout);
    stage.new.assert_restored(&stage.found());
    stage.profile.ok(&stage.context, &["undo"]);
    stage.old.assert_restored(&stage.found());
}

fn source_session(source: &Fresh) -> crate::servers::PostgresSession {
    let Fresh::Postgres(database) = source else { panic!("another server") };
    database.session()
}
