//! A restore that is killed at one exact moment of its swap, because something on the server keeps it there: before
//! anything has moved, what users have done since stays; after it, the next start makes it whole.

use std::process::Stdio;
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};

use crate::replace_moved::{self as moved, with_programs};
use crate::replace_renamed as renamed;
use crate::rig::Subject;
use crate::say;
use crate::servers::{MongoServer, MongoSession, MysqlServer, MysqlSession};
use crate::stage::Stage;

/// A machine that is busy may be too late for a moment that lasts a few seconds; the next one comes.
const TRIES: usize = 20;

/// Kills a restore as soon as it waits; `false` when it had given up before.
fn killed_waiting(stage: &Stage, mut is_waiting: impl FnMut() -> bool) -> bool {
    let words = stage.words(&[]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = stage.profile.command(&stage.context, &words);
    let mut restore = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while restore.try_wait().unwrap().is_none() {
        if is_waiting() {
            restore.kill().unwrap();
            // Without a code it was the signal that ended it.
            return restore.wait().unwrap().code().is_none();
        }
        assert!(begun.elapsed() < Duration::from_mins(3), "the swap never waited");
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// The notes on this computer of swaps that nobody has ended.
fn notes(stage: &Stage) -> usize {
    let pending = crate::cli::files_in(&stage.context.state().pending());
    pending.iter().filter(|note| note.extension().is_some_and(|end| end == "swap")).count()
}

/// What a mere look at the list says; it ends what is open.
fn started(stage: &Stage) -> String {
    assert_eq!(notes(stage), 1);
    let ran = stage.profile.ok(&stage.context, &["list"]);
    assert_eq!(notes(stage), 0, "{}", ran.stderr);
    ran.stderr
}

fn mysql_servers() -> impl Iterator<Item = MysqlServer> {
    [MysqlServer::mariadb(), MysqlServer::mysql()].into_iter().flatten()
}

fn mysql_stage(server: &MysqlServer) -> Stage {
    let subject = Subject::Mysql(server.clone());
    let source = with_programs(&subject, 50);
    let mut session = server.session(Some(source.name()));
    session.run("CREATE TABLE extra (id INT PRIMARY KEY)");
    let mut stage = Stage::new(subject, source);
    session.run("DROP TABLE extra");
    drop(session);
    stage.old = stage.found();
    stage
}

/// Kills a restore while its tables wait to be moved, for the table that the returned session holds.
fn held_mysql(server: &MysqlServer, stage: &Stage) -> MysqlSession {
    let name = stage.source.name();
    let waiting = format!(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'RENAME TABLE%{name}%' AND STATE LIKE \
         'Waiting for%'"
    );
    let mut session = server.session(None);
    for _ in 0..TRIES {
        let mut holder = server.session(None);
        holder.run("START TRANSACTION");
        holder.rows(&format!("SELECT * FROM {name}.later"));
        if killed_waiting(stage, || session.one(&waiting) != "0") {
            return holder;
        }
    }
    panic!("no restore was ever caught");
}

/// Ends the session of the dead restore, which the server would let wait.
fn end_waiting(server: &MysqlServer, stage: &Stage) {
    let mut session = server.session(None);
    for id in crate::servers::firsts(&session.rows(&format!(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'RENAME TABLE%{}%'",
        stage.source.name()
    ))) {
        let _ = session.try_run(&format!("KILL CONNECTION {id}"));
    }
    moved::quiet(stage);
}

#[test]
fn what_users_have_made_since_a_dead_swap_that_moved_nothing_stays() {
    let mut proven = 0;
    for server in mysql_servers() {
        let stage = mysql_stage(&server);
        let mut holder = held_mysql(&server, &stage);
        end_waiting(&server, &stage);
        assert_eq!(moved::open_swaps(&stage), 1);
        holder.run("ROLLBACK");
        let mut session = moved::inner(&stage).session();
        let triggers =
            "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()";
        assert_eq!(session.one(triggers), "0", "they had to go before the tables could move");
        for statement in [
            // The backup has a table of this name, and this is not it.
            "CREATE TABLE extra (mine INT PRIMARY KEY)",
            "INSERT INTO extra VALUES (1), (2)",
            "CREATE TABLE mine AS SELECT 1 AS id",
            "INSERT INTO item VALUES (1000, 'later')",
            "CREATE OR REPLACE VIEW a_view AS SELECT 'mine' AS double_id",
            "DROP VIEW b_item",
            "CREATE TRIGGER cut BEFORE INSERT ON item FOR EACH ROW SET NEW.pad = 'mine'",
        ] {
            session.run(statement);
        }
        drop(session);
        let users = stage.found();
        let said = started(&stage);
        assert!(
            said.contains("was interrupted earlier; the old database has been put back"),
            "{said}"
        );
        let found = stage.found();
        assert_eq!(found.rows, users.rows, "no row is lost and none has come");
        for (name, definition) in &users.objects {
            assert_eq!(found.objects.get(name), Some(definition), "{name}");
        }
        let made = found.objects.keys().filter(|name| !users.objects.contains_key(*name));
        let made = made.filter(|name| name.starts_with(char::is_uppercase));
        assert_eq!(made.collect::<Vec<_>>(), ["TRIGGER noted", "VIEW b_item"]);
        assert!(stage.kept().is_empty(), "{:?}", stage.kept());
        proven += 1;
    }
    say(&format!(
        "dead swaps that had moved nothing, on MariaDB and MySQL: {proven}, changes of users lost 0"
    ));
}

/// Lets the server go on with what a dead restore has asked for, and looks at what that makes until it was in time.
fn carried_out(stage: &Stage, mut go_on: impl FnMut()) {
    for _ in 0..TRIES {
        go_on();
        let between = stage.found();
        let said = started(stage);
        if said.contains("it has been finished now") {
            assert!(between != stage.old && between != stage.new, "it was between the two");
            stage.new.assert_restored(&stage.found());
            stage.undo_killed();
            return;
        }
        // The server had waited long enough.
        stage.old.assert_restored(&stage.found());
    }
    panic!("the server never carried out what the dead have asked for");
}

#[test]
fn a_swap_that_the_server_carries_out_for_a_dead_restore_is_made_whole_by_the_next_start() {
    let mut ended = 0;
    for server in mysql_servers() {
        let stage = mysql_stage(&server);
        carried_out(&stage, || {
            held_mysql(&server, &stage).run("ROLLBACK");
            moved::quiet(&stage);
        });
        ended += 1;
    }
    say(&format!(
        "dead swaps between the two, on MariaDB and MySQL: {ended}, ended by the next start {ended}, undone {ended}"
    ));
}

fn mongodb_stage(server: &MongoServer) -> Stage {
    let subject = Subject::Mongo(server.clone());
    let source = subject.plain(50);
    let mut stage = Stage::new(subject, source);
    // Whichever collection moves first, what is there then is neither the old nor the new one.
    let session = server.session();
    let item = session.database(stage.source.name()).collection::<Document>("item");
    session.wait(item.insert_one(doc! { "_id": "since" }).into_future()).unwrap();
    stage.old = stage.found();
    stage
}

/// Kills a restore when its journal is written and its first step waits for the open transaction that is returned.
fn held_mongodb(server: &MongoServer, stage: &Stage) -> (MongoSession, mongodb::ClientSession) {
    let program = server.session();
    let database = program.database(stage.source.name());
    let waiting = doc! {
        "currentOp": 1, "command.renameCollection": { "$exists": true }, "waitingForLock": true,
    };
    for _ in 0..TRIES {
        let mut session = program.wait(program.client.start_session().into_future()).unwrap();
        program.wait(session.start_transaction().into_future()).unwrap();
        for name in ["item", "later"] {
            let collection = database.collection::<Document>(name);
            let write = collection.insert_one(doc! { "_id": "held" });
            program.wait(write.session(&mut session).into_future()).unwrap();
        }
        let observer = server.session();
        let is_waiting = || {
            let answer = observer.command("admin", waiting.clone());
            let running = answer.get_array("inprog").unwrap();
            running.iter().any(|operation| operation.to_string().contains(stage.source.name()))
        };
        if killed_waiting(stage, is_waiting) {
            return (program, session);
        }
        program.wait(session.abort_transaction().into_future()).unwrap();
    }
    panic!("no restore was ever caught");
}

#[test]
fn a_dead_swap_that_had_not_begun_is_forgotten_and_never_carried_out() {
    let Some(server) = MongoServer::replica_set() else { return };
    let stage = mongodb_stage(&server);
    let (program, mut session) = held_mongodb(&server, &stage);
    assert!(renamed::is_open(&stage));
    // The first step gives up, and then the transaction of the users goes through.
    renamed::quiet(&stage);
    program.wait(session.commit_transaction().into_future()).unwrap();
    let database = program.database(stage.source.name());
    let mine = database.collection::<Document>("mine");
    program.wait(mine.insert_one(doc! { "_id": 1 }).into_future()).unwrap();
    let changed = stage.found();
    let said = started(&stage);
    assert!(said.contains("before anything was replaced; it is as it was"), "{said}");
    assert_eq!(stage.found(), changed);
    assert!(!renamed::hidden(&stage).contains(&"kronos_journal".to_owned()), "it is forgotten");
    let ran = stage.profile.ok(&stage.context, &["backup"]);
    assert!(!ran.stderr.contains("interrupted"), "{}", ran.stderr);
    assert_eq!(stage.found(), changed, "and a backup carries nothing out");
}

#[test]
fn a_swap_whose_first_step_a_server_takes_for_a_dead_restore_is_finished_by_the_next_start() {
    let Some(server) = MongoServer::replica_set() else { return };
    let stage = mongodb_stage(&server);
    carried_out(&stage, || {
        let (program, mut session) = held_mongodb(&server, &stage);
        program.wait(session.abort_transaction().into_future()).unwrap();
        renamed::quiet(&stage);
    });
}
