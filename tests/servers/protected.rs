//! What is protected stays as it is on every server, also by another way to it; and where no server says who
//! it is, the address has to be typed.

use crate::cli::Ran;
use crate::rig::{PROFILE, Profile, Subject};
use crate::servers::{MongoServer, PostgresServer, Servers};
use crate::stage::{Stage, code};

/// The configuration with `more` in the profile and `other` profiles beside it.
fn configure(stage: &Stage, more: &str, other: &str) {
    Profile { more: more.to_owned(), ..stage.profile.clone() }.write(&stage.context);
    let config = stage.context.config_path();
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\n{other}")).unwrap();
}

/// A second profile of the same database by another way.
fn beside(stage: &Stage, name: &str, place: &str, more: &str) -> String {
    Profile { place: place.to_owned(), more: more.to_owned(), ..stage.profile.clone() }
        .write(&stage.context);
    let text = std::fs::read_to_string(stage.context.config_path()).unwrap();
    let table = text.split("\n\n").next().unwrap();
    table.replace(&format!("[databases.{PROFILE}]"), &format!("[databases.{name}]"))
}

fn run(stage: &Stage, words: &[String]) -> Ran {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ran::from(stage.profile.command(&stage.context, &words).output().unwrap())
}

#[test]
fn a_protected_database_is_untouched_on_every_server() {
    let subjects = Subject::each();
    assert!(!subjects.is_empty());
    for subject in subjects {
        let source = subject.plain(20);
        let stage = Stage::new(subject, source);
        configure(&stage, "protected = true", "");
        let ran = stage.replace(&["--disconnect"]);
        assert_eq!((ran.code, code(&ran).as_str()), (1, "target_locked"), "{ran:?}");
        stage.old.assert_restored(&stage.found());
        assert_eq!(stage.context.archives().len(), 1, "no safety backup for nothing");
        configure(&stage, "protected = false", "");
        assert_eq!(stage.replace(&[]).code, 0);
        stage.new.assert_restored(&stage.found());
        configure(&stage, "protected = true", "");
        let ran = run(&stage, &["undo".to_owned(), "--json".to_owned()]);
        assert_eq!((ran.code, code(&ran).as_str()), (1, "target_locked"), "{ran:?}");
        stage.new.assert_restored(&stage.found());
    }
}

/// The protected profile reaches the server by its port, the other one by its socket: only what the server
/// calls itself tells that both are one.
#[test]
fn another_way_to_the_same_server_is_locked_too() {
    let Some(server) = PostgresServer::wanted() else { return };
    let subject = Subject::Postgres(server.clone());
    let stage = Stage::new(subject.clone(), subject.plain(20));
    let folder = Servers::get().text("POSTGRES_SOCKET_DIR").to_owned();
    let place = format!("host = {folder:?}\nport = {}", server.port);
    let other = beside(&stage, "other", &place, "");
    configure(&stage, "protected = true", &other);
    let words = stage.words(&["--profile", "other"]);
    let ran = run(&stage, &words);
    assert_eq!((ran.code, code(&ran).as_str()), (1, "target_locked"), "{ran:?}");
    assert!(ran.stdout.contains(&format!("by the profile `{PROFILE}`")), "{}", ran.stdout);
    stage.old.assert_restored(&stage.found());
    configure(&stage, "", &other);
    assert_eq!(run(&stage, &words).code, 0);
    stage.new.assert_restored(&stage.found());
}

/// A MongoDB server that stands alone has nothing to call itself.
#[test]
fn where_no_server_says_who_it_is_its_address_is_typed() {
    let Some(server) = MongoServer::standalone() else { return };
    let subject = Subject::Mongo(server);
    let stage = Stage::new(subject.clone(), subject.plain(20));
    let socket = Servers::get().text("MONGODB_SOCKET").to_owned();
    let other = beside(&stage, "other", &format!("host = {socket:?}"), "");
    configure(&stage, "", &other);
    let mut words = stage.words(&["--profile", "other"]);
    let ran = run(&stage, &words);
    assert_eq!((ran.code, code(&ran).as_str()), (2, "not_confirmed"), "{ran:?}");
    stage.old.assert_restored(&stage.found());
    let typed = words.iter_mut().skip_while(|word| *word != "--confirm").nth(1).unwrap();
    *typed = format!("{typed}@{socket}");
    let ran = run(&stage, &words);
    assert_eq!(ran.code, 0, "{ran:?}");
    stage.new.assert_restored(&stage.found());
}
