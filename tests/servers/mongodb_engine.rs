//! What only MongoDB has: collections without their documents, roles, a half-made copy, and the one moment of
//! a whole replica set.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, ServerAddress};

use crate::cli::{Ran, TestContext};
use crate::rig::{Profile, Subject, loaders_with};
use crate::servers::{MongoServer, fresh_name};

fn profile(server: &MongoServer, database: &str) -> Profile {
    Subject::Mongo(server.clone()).profile(database)
}

fn fails(profile: &Profile, context: &TestContext, words: &[&str]) -> String {
    let ran = Ran::from(profile.command(context, words).output().unwrap());
    assert_ne!(ran.code, 0, "{words:?}: {}", ran.stderr);
    ran.stderr
}

#[test]
fn a_collection_without_its_documents_is_there_and_empty() {
    let Some(server) = MongoServer::standalone() else { return };
    let source = server.fresh("structure");
    let session = server.session();
    let database = session.database(&source.name);
    for name in ["orders", "log", "\"quoted\"", "--oplog"] {
        let rows: Vec<Document> = (0..500).map(|id| doc! { "_id": id, "at": id }).collect();
        session.wait(database.collection(name).insert_many(rows).into_future()).unwrap();
    }
    let indexes =
        doc! { "createIndexes": "log", "indexes": [{ "key": { "at": 1 }, "name": "at_1" }] };
    session.command(&source.name, indexes);

    let context = TestContext::new();
    let mut profile = profile(&server, &source.name);
    profile.more =
        "structure_only = [\"l*\"]\nexclude_tables = ['\"quoted\"', \"--oplog\"]".to_owned();
    profile.write(&context);
    profile.ok(&context, &["backup"]);
    let target = server.adopt(&fresh_name("structure"));
    profile.ok(&context, &["restore", &context.id(), "--to", &target.name]);

    let copy = session.database(&target.name);
    let mut names = session.wait(copy.list_collection_names().into_future()).unwrap();
    names.sort_unstable();
    assert_eq!(names, ["log", "orders"]);
    let count = |name: &str| {
        session
            .wait(copy.collection::<Document>(name).count_documents(doc! {}).into_future())
            .unwrap()
    };
    assert_eq!((count("orders"), count("log")), (500, 0));
    let indexes =
        session.wait(copy.collection::<Document>("log").list_index_names().into_future()).unwrap();
    assert_eq!(indexes, ["_id_", "at_1"]);
}

#[test]
fn a_missing_right_comes_with_the_statement_that_gives_it() {
    let Some(server) = MongoServer::standalone() else { return };
    let source = server.fresh("rights");
    let session = server.session();
    session.command(&source.name, doc! { "create": "orders" });
    let series = doc! { "create": "metrics", "timeseries": { "timeField": "at" } };
    session.command(&source.name, series);
    let user = doc! { "createUser": "reader", "pwd": "pw", "roles": ["read"] };
    session.command(&source.name, user);

    let context = TestContext::new();
    let mut profile = profile(&server, &source.name);
    (profile.user, profile.password) = ("reader".to_owned(), "pw".to_owned());
    profile.more = format!("auth_database = {:?}", source.name);
    profile.write(&context);
    let said = fails(&profile, &context, &["backup"]);
    assert!(said.contains(&format!("{}.system.buckets.metrics", source.name)), "{said}");
    assert!(
        said.contains("grantRolesToUser(\"reader\", [{ role: \"backup\", db: \"admin\" }])"),
        "{said}"
    );

    // Without the series the right is enough, and to restore it is not.
    profile.more.push_str("\nexclude_tables = [\"metrics\"]");
    profile.write(&context);
    profile.ok(&context, &["backup"]);
    let target = fresh_name("rights");
    let said = fails(&profile, &context, &["restore", &context.id(), "--to", &target]);
    assert!(said.contains("createCollection") && said.contains("dbOwner"), "{said}");
    assert!(server.databases(&target).is_empty());
}

#[test]
fn a_copy_that_another_restore_has_begun_is_left_alone() {
    let Some(server) = MongoServer::standalone() else { return };
    let (source, target) = (server.fresh("claimed"), server.fresh("claimed"));
    let session = server.session();
    session.command(&source.name, doc! { "create": "orders" });
    let context = TestContext::new();
    let profile = profile(&server, &source.name);
    profile.write(&context);
    profile.ok(&context, &["backup"]);

    session.command(&target.name, doc! { "create": "kronos_restoring" });
    let said = fails(&profile, &context, &["restore", &context.id(), "--to", &target.name]);
    assert!(said.contains("under way or was killed"), "{said}");
    let names = session.wait(session.database(&target.name).list_collection_names().into_future());
    assert_eq!(names.unwrap(), ["kronos_restoring"]);
    let other_case = target.name.to_uppercase();
    fails(&profile, &context, &["restore", &context.id(), "--to", &other_case]);
}

/// A server of one test, without a login.
struct Own {
    process: Child,
    port: u16,
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Own {
    fn start(tools: &Path, folder: &Path, arguments: &[&str]) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        std::fs::create_dir_all(folder).unwrap();
        let process = Command::new(tools.join("mongod"))
            .args(["--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"])
            .args(["--port", &port.to_string(), "--dbpath"])
            .arg(folder)
            .args(arguments)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let options = ClientOptions::builder()
            .hosts(vec![ServerAddress::Tcp { host: "127.0.0.1".into(), port: Some(port) }])
            .direct_connection(true)
            .server_selection_timeout(Duration::from_mins(1))
            .build();
        let client = runtime.block_on(async { Client::with_options(options).unwrap() });
        Self { process, port, runtime, client }
    }

    fn admin(&self, command: Document) -> Document {
        self.runtime
            .block_on(self.client.database("admin").run_command(command).into_future())
            .unwrap()
    }

    /// Makes a replica set of one and waits until it takes writes.
    fn initiate(&self) {
        let member = doc! { "_id": 0, "host": format!("127.0.0.1:{}", self.port) };
        self.admin(doc! { "replSetInitiate": { "_id": "own", "members": [member] } });
        let begun = Instant::now();
        while !self.admin(doc! { "hello": 1 }).get_bool("isWritablePrimary").unwrap() {
            assert!(begun.elapsed() < Duration::from_mins(1), "no primary");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn accounts(&self) -> mongodb::Collection<Document> {
        self.client.database("bank").collection("accounts")
    }

    /// Moves money from one account to another again and again.
    async fn transfer(accounts: mongodb::Collection<Document>, client: Client) {
        for number in 0.. {
            let mut session = client.start_session().await.unwrap();
            session.start_transaction().await.unwrap();
            for (id, change) in [(number % 50, -1), (50 + (number * 7) % 50, 1)] {
                let change = doc! { "$inc": { "v": change } };
                accounts
                    .update_one(doc! { "_id": id }, change)
                    .session(&mut session)
                    .await
                    .unwrap();
            }
            session.commit_transaction().await.unwrap();
        }
    }

    fn total(&self) -> i64 {
        let sum = doc! { "$group": { "_id": null, "v": { "$sum": "$v" } } };
        self.runtime.block_on(async {
            let mut found = self.accounts().aggregate([sum]).await.unwrap();
            assert!(found.advance().await.unwrap());
            let sum = found.deserialize_current().unwrap();
            sum.get_i64("v").unwrap_or_else(|_| i64::from(sum.get_i32("v").unwrap()))
        })
    }

    fn names(&self) -> Vec<String> {
        self.runtime.block_on(self.client.list_database_names().into_future()).unwrap()
    }

    fn profile(&self, server: &MongoServer, more: &str) -> Profile {
        Profile {
            place: format!("host = \"127.0.0.1\"\nport = {}", self.port),
            user: String::new(),
            password: String::new(),
            databases: Vec::new(),
            more: more.to_owned(),
            ..profile(server, "")
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An index that cannot be built without the log is no verdict, of its database only.
fn wants_log_for_filler(context: &TestContext, server: &MongoServer, mut profile: Profile) {
    let unique = "LC_ALL=C sed 's/name\":\"kkkkkkkkkkkkkkkk\"/name\":\"kk\",\"unique\":true/' | \"$REAL\" \"$@\"";
    let subject = Subject::Mongo(server.clone());
    profile.tools = Some(loaders_with(context, &subject, "unique", unique));
    profile.write(context);
    let ran = fails(&profile, context, &["test"]);
    let said = "of 2 databases 1 came back as in the backup, but without the log of operations these could not be \
                loaded: `filler`";
    assert!(ran.contains(said) && ran.contains("E11000"), "{ran}");
    assert!(!profile.ok(context, &["list"]).stdout.contains("restore test failed"));
}

#[test]
fn a_whole_replica_set_comes_back_as_one_moment() {
    let Some(server) = MongoServer::standalone() else { return };
    let context = TestContext::new();
    let folder = |name: &str| context.root().join(name);
    let set =
        Own::start(&server.tools(), &folder("set"), &["--replSet", "own", "--oplogSize", "200"]);
    let alone = Own::start(&server.tools(), &folder("alone"), &[]);
    set.initiate();
    let rows: Vec<Document> = (0..100).map(|id| doc! { "_id": id, "v": 1000 }).collect();
    set.runtime.block_on(set.accounts().insert_many(rows).into_future()).unwrap();
    let filler = set.client.database("filler").collection("rows");
    let rows: Vec<Document> =
        (0..20_000).map(|id| doc! { "_id": id, "pad": "x".repeat(900) }).collect();
    set.runtime.block_on(filler.insert_many(rows).into_future()).unwrap();
    let index = doc! { "key": { "pad": 1 }, "name": "k".repeat(16) };
    let create = doc! { "createIndexes": "rows", "indexes": [index] };
    set.runtime.block_on(set.client.database("filler").run_command(create).into_future()).unwrap();
    let user = doc! { "createUser": "ann", "pwd": "pw", "roles": ["root"] };
    set.admin(user);

    let writer = set.runtime.spawn(Own::transfer(set.accounts(), set.client.clone()));
    let profile = set.profile(&server, "globals = true");
    profile.write(&context);
    profile.ok(&context, &["backup"]);
    assert!(!writer.is_finished(), "nobody wrote");
    writer.abort();
    let shown = profile.ok(&context, &["inspect", &context.id()]).stdout;
    assert!(shown.contains("One moment of the whole server"), "{shown}");

    let tested = profile.ok(&context, &["test", "--json"]);
    let lines = tested.lines();
    let result = &lines.iter().find(|line| line["event"] == "run_finished").unwrap()["result"];
    assert_eq!(result["test"]["outcome"], "passed", "{tested:?}");
    let said = result["test"]["sentence"].as_str().unwrap().replace('\u{202f}', " ");
    assert_eq!(said, "2 databases, 2 tables with 20 100 rows, contents equal");
    assert!(result["warnings"].to_string().contains("were tested one by one"), "{tested:?}");
    assert!(!set.names().iter().any(|name| name.contains("scratch")), "{:?}", set.names());
    assert_eq!(set.total(), 100_000);
    wants_log_for_filler(&context, &server, set.profile(&server, "globals = true"));
    profile.write(&context);

    let target = alone.profile(&server, "");
    target.write(&context);
    fails(&target, &context, &["restore", &context.id(), "--to", "bank_copy"]);
    target.ok(&context, &["restore", &context.id(), "--to", "all databases"]);
    assert_eq!(alone.total(), 100_000);
    assert!(alone.names().contains(&"filler".to_owned()));
    let users = alone.admin(doc! { "usersInfo": 1 });
    assert!(users.get_array("users").unwrap().is_empty(), "users were added: {users}");
    let said = fails(&target, &context, &["restore", &context.id(), "--to", "all databases"]);
    assert!(said.contains("exists already"), "{said}");
}
