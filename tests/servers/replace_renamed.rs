//! A MongoDB database gives way to a backup and comes back, collection by collection: whatever is killed
//! meanwhile, the next command finds it old or new, or makes it so. And of all servers: a bad archive changes nothing.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use rustix::process::Signal;

use crate::rig::{Fresh, Subject};
use crate::servers::MongoServer;
use crate::stage::{Counted, Stage, code};
use crate::{say, scaled};

fn servers() -> Vec<MongoServer> {
    [MongoServer::standalone(), MongoServer::replica_set()].into_iter().flatten().collect()
}

pub fn server(stage: &Stage) -> &MongoServer {
    let Fresh::Mongo(database) = &stage.source else { panic!("another server") };
    &database.server
}

fn command(stage: &Stage, command: Document) -> Document {
    server(stage).session().command(stage.source.name(), command)
}

/// The collections of Kronos's own.
pub fn hidden(stage: &Stage) -> Vec<String> {
    let session = server(stage).session();
    let database = session.database(stage.source.name());
    let mut names = session.wait(database.list_collection_names().into_future()).unwrap();
    names.retain(|name| name.contains("kronos_"));
    names.sort();
    names
}

/// Everything that MongoDB can rename: of the fixture all but the time series.
fn nasty(server: &MongoServer) -> Stage {
    let subject = Subject::Mongo(server.clone());
    let source = subject.nasty();
    server.session().command(source.name(), doc! { "drop": "measurements" });
    Stage::new(subject, source)
}

#[test]
fn a_nasty_database_gives_way_and_comes_back() {
    for server in servers() {
        let stage = nasty(&server);
        let ran = stage.replace(&[]);
        assert!(matches!(ran.code, 0 | 3), "{} {}", ran.stdout, ran.stderr);
        stage.new.assert_restored(&stage.found());
        assert_eq!(
            hidden(&stage).iter().filter(|name| name.contains(".later")).count(),
            1,
            "it is kept"
        );
        stage.profile.ok(&stage.context, &["undo"]);
        stage.old.assert_restored(&stage.found());
        stage.profile.ok(&stage.context, &["undo"]);
        stage.new.assert_restored(&stage.found());
        let restoring = |name: &&String| name.starts_with("kronos_restoring");
        assert_eq!(hidden(&stage).iter().filter(restoring).count(), 0, "{:?}", hidden(&stage));
    }
}

#[test]
fn what_is_kept_is_in_no_backup_and_goes_after_a_day() {
    let Some(server) = MongoServer::standalone() else { return };
    let subject = Subject::Mongo(server);
    let source = subject.plain(50);
    let stage = Stage::new(subject, source);
    assert_eq!(stage.replace(&[]).code, 0);
    let before: Vec<_> = stage.context.archives();
    stage.profile.ok(&stage.context, &["backup"]);
    let made =
        stage.context.archives().into_iter().find(|archive| !before.contains(archive)).unwrap();
    let shown = stage.profile.ok(&stage.context, &["inspect", made.to_str().unwrap(), "--json"]);
    assert!(
        shown.stdout.contains("\"item\"") && !shown.stdout.contains("kronos_before"),
        "{}",
        shown.stdout
    );
    let kept = hidden(&stage);
    let old = doc! { "q": {}, "u": { "$set": { "replaced_at": 1000_i64 } }, "multi": true };
    command(&stage, doc! { "update": "kronos_journal", "updates": [old] });
    assert_eq!(stage.replace(&[]).code, 0);
    assert!(
        kept.iter().all(|name| name == "kronos_journal" || !hidden(&stage).contains(name)),
        "{kept:?}"
    );
    stage.new.assert_restored(&stage.found());
}

#[test]
fn what_cannot_be_renamed_is_refused_before_anything_is_made() {
    for server in servers() {
        let subject = Subject::Mongo(server);
        let source = subject.plain(20);
        let stage = Stage::new(subject, source);
        command(&stage, doc! { "create": "measurements", "timeseries": { "timeField": "at" } });
        let before = stage.found();
        let ran = stage.replace(&[]);
        assert_eq!((ran.code, code(&ran).as_str()), (1, "target_unusable"), "{}", ran.stdout);
        assert!(ran.stdout.contains("time series"), "{}", ran.stdout);
        assert_eq!(stage.found(), before);
        assert_eq!(hidden(&stage), Vec::<String>::new());
        assert_eq!(stage.context.archives().len(), 1, "no safety backup for nothing");
    }
}

#[test]
fn an_open_transaction_is_not_torn() {
    let Some(server) = MongoServer::replica_set() else { return };
    let subject = Subject::Mongo(server.clone());
    let source = subject.plain(50);
    let stage = Stage::new(subject, source);
    let program = server.session();
    let item = program.database(stage.source.name()).collection::<Document>("item");
    let mut session = program.wait(program.client.start_session().into_future()).unwrap();
    program.wait(session.start_transaction().into_future()).unwrap();
    let write = item.insert_one(doc! { "_id": "in the transaction" }).session(&mut session);
    program.wait(write.into_future()).unwrap();
    let ran = stage.replace(&["--disconnect"]);
    assert_eq!((ran.code, code(&ran).as_str()), (1, "target_in_use"), "{}", ran.stdout);
    assert_eq!(stage.found(), stage.old);
    program.wait(session.commit_transaction().into_future()).unwrap();
    assert_eq!(stage.replace(&[]).code, 0);
    stage.new.assert_restored(&stage.found());
}

/// A query that takes its time.
fn slow_query(server: &MongoServer, database: &str) -> bool {
    let session = server.session();
    let item = session.database(database).collection::<Document>("item");
    let slow = item.find_one(doc! { "$where": "sleep(2000) || this._id < 0" });
    session.wait(slow.into_future()).is_ok()
}

#[test]
fn what_is_at_work_is_named_and_only_ended_when_told() {
    let Some(server) = MongoServer::standalone() else { return };
    let subject = Subject::Mongo(server.clone());
    let source = subject.plain(50);
    let stage = Stage::new(subject, source);
    let name = stage.source.name().to_owned();
    std::thread::scope(|scope| {
        let query = scope.spawn(|| slow_query(&server, &name));
        let begun = Instant::now();
        let session = server.session();
        let of_item = doc! { "currentOp": 1, "ns": format!("{name}.item"), "active": true };
        while session.command("admin", of_item.clone()).get_array("inprog").unwrap().is_empty() {
            assert!(begun.elapsed() < Duration::from_mins(1), "the query never began");
            std::thread::sleep(Duration::from_millis(20));
        }
        let ran = stage.replace(&[]);
        assert_eq!((ran.code, code(&ran).as_str()), (1, "target_in_use"), "{}", ran.stdout);
        assert!(ran.stdout.contains("from 127.0.0.1"), "{}", ran.stdout);
        assert_eq!(stage.context.archives().len(), 1, "no safety backup for nothing");
        let ran = stage.replace(&["--disconnect"]);
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        assert!(!query.join().unwrap(), "it was ended");
        assert!(ran.stdout.contains("\"disconnected\":1"), "{}", ran.stdout);
    });
    stage.new.assert_restored(&stage.found());
}

pub fn is_open(stage: &Stage) -> bool {
    let session = server(stage).session();
    let journal = session.database(stage.source.name()).collection::<Document>("kronos_journal");
    let open = journal.find_one(doc! { "owner": { "$exists": true } });
    session.wait(open.into_future()).unwrap().is_some()
}

/// Waits until no dead restore is still at work: the server goes on with what was sent before a kill.
pub fn quiet(stage: &Stage) {
    let session = server(stage).session();
    let name = stage.source.name();
    let begun = Instant::now();
    loop {
        let all = doc! { "currentOp": 1, "appName": "kronos", "active": true };
        let answer = session.command("admin", all);
        let running = answer.get_array("inprog").unwrap();
        if !running.iter().any(|operation| operation.to_string().contains(name)) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "a dead restore is still at work");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn sweep(server: &MongoServer, points: u32, signal: Signal) -> Counted {
    let subject = Subject::Mongo(server.clone());
    let source = subject.plain(200);
    let session = server.session();
    for number in 0..12 {
        let items = session.database(source.name()).collection::<Document>(&format!("c{number}"));
        session.wait(items.insert_many((0..5).map(|id| doc! { "_id": id })).into_future()).unwrap();
    }
    session.command(
        source.name(),
        doc! { "create": "v", "viewOn": "c1", "pipeline": [{ "$match": { "_id": 1 } }] },
    );
    let mut stage = Stage::new(subject, source);
    stage.sweep(points, signal, quiet, is_open)
}

#[test]
fn ended_at_any_moment_it_is_the_old_or_the_new_one() {
    let Some(server) = MongoServer::standalone() else { return };
    crate::stage::sweeps("MongoDB", |points, signal| sweep(&server, points, signal));
}

#[test]
fn a_bad_archive_changes_nothing() {
    for subject in Subject::each() {
        let source = subject.plain(60);
        let stage = Stage::new(subject, source);
        let whole = std::fs::read(&stage.archive).unwrap();
        let points: usize = scaled(6, 40);
        for point in 0..points {
            let mut bad = whole.clone();
            let at = whole.len() * (point * 2 + 1) / (points * 2);
            if point % 2 == 0 {
                bad.truncate(at);
            } else {
                bad[at] ^= 0x55;
            }
            std::fs::write(&stage.archive, &bad).unwrap();
            let ran = stage.replace(&[]);
            assert_eq!((ran.code, code(&ran).as_str()), (4, "archive_damaged"), "{point}: {ran:?}");
        }
        assert_eq!(stage.found(), stage.old);
        assert!(stage.kept().is_empty());
        say(&format!("{points} bad archives on {}: changed 0", stage.subject.name()));
    }
}
