//! Dumps for MongoDB that are attacks: archives and folders that reach for users, for the server's own databases, for
//! other databases or for files. Whatever becomes of one, nothing but the new database is changed.
//!
//! Owns the payloads, and how an archive is put together byte by byte.

use std::fs;
use std::path::{Path, PathBuf};

use mongodb::bson::{Document, doc};

use crate::cli::TestContext;
use crate::foreign_loads::{ALL, load};
use crate::rig::Subject;
use crate::say;
use crate::servers::MongoServer;

const PLAIN: &str = r#"{"options":{},"indexes":[{"v":2,"key":{"_id":1},"name":"_id_"}]}"#;
const END: [u8; 4] = [0xff; 4];

/// One collection of an archive.
struct Part {
    /// Where the beginning of the archive says that it belongs.
    listed: (String, String),
    /// Where its rows say that they belong.
    rows: (String, String),
    metadata: String,
    kind: &'static str,
    documents: Vec<Vec<u8>>,
}

fn part(database: &str, collection: &str) -> Part {
    let namespace = (database.to_owned(), collection.to_owned());
    Part {
        listed: namespace.clone(),
        rows: namespace,
        metadata: PLAIN.to_owned(),
        kind: "collection",
        documents: vec![bytes(&doc! { "_id": "stolen", "a": 1 })],
    }
}

fn bytes(document: &Document) -> Vec<u8> {
    document.to_vec().unwrap()
}

fn archive(parts: &[Part]) -> Vec<u8> {
    let mut text = 0x8199_e26d_u32.to_le_bytes().to_vec();
    let head = doc! { "concurrent_collections": 1, "version": "0.1", "server_version": "6.0.5", "tool_version": "100.9.4" };
    text.extend(bytes(&head));
    for Part { listed: (database, collection), metadata, kind, .. } in parts {
        text.extend(bytes(&doc! {
            "db": database, "collection": collection, "metadata": metadata, "size": 1, "type": kind,
        }));
    }
    text.extend(END);
    for Part { rows: (database, collection), documents, .. } in parts {
        let header = |is_end: bool, sum: i64| {
            bytes(&doc! { "db": database, "collection": collection, "EOF": is_end, "CRC": sum })
        };
        text.extend(header(false, 0));
        text.extend(documents.concat());
        text.extend(END);
        text.extend(header(true, sum(&documents.concat()).cast_signed()));
        text.extend(END);
    }
    text
}

/// The checksum that the tool keeps of the rows of a collection: CRC-64 of ECMA 182.
fn sum(bytes: &[u8]) -> u64 {
    let step = |sum: u64| if sum & 1 == 1 { sum >> 1 ^ 0xc96c_5795_d787_0f42 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum: u64, byte| (0..8).fold(sum ^ u64::from(*byte), |sum, _| step(sum)))
}

/// An archive with an honest collection `shop.item` and something else.
fn beside(parts: Vec<Part>) -> Vec<u8> {
    let mut all = vec![part("shop", "item")];
    all.extend(parts);
    archive(&all)
}

/// Archives, each with what it tries.
fn archives(precious: &str) -> Vec<(&'static str, Vec<u8>)> {
    let user = doc! { "_id": "admin.stolen", "user": "stolen", "db": "admin", "credentials": {}, "roles": [{ "role": "root", "db": "admin" }] };
    let with = |part: Part, documents: Vec<Vec<u8>>| Part { documents, ..part };
    let described = |part: Part, kind, metadata: String| Part { metadata, kind, ..part };
    let view = |pipeline: String| {
        let options =
            format!(r#"{{"options":{{"viewOn":"item","pipeline":{pipeline}}},"indexes":[]}}"#);
        with(described(part("shop", "seen"), "view", options), Vec::new())
    };
    let options = |options: &str| {
        described(
            part("shop", "odd"),
            "collection",
            format!(r#"{{"options":{options},"indexes":[]}}"#),
        )
    };
    let mut huge = bytes(&doc! { "_id": 1 });
    huge[..4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    let mut negative = bytes(&doc! { "_id": 1 });
    negative[..4].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff]);
    let log = doc! { "op": "c", "ns": "admin.$cmd", "o": { "dropDatabase": 1, "$db": precious } };
    let led_astray =
        Part { rows: (precious.to_owned(), "item".to_owned()), ..part("shop", "other") };
    vec![
        ("users", beside(vec![with(part("admin", "system.users"), vec![bytes(&user)])])),
        ("roles", beside(vec![part("admin", "system.roles")])),
        ("the version of users", beside(vec![part("admin", "system.version")])),
        ("users of the database", beside(vec![with(part("shop", "$admin.system.users"), vec![bytes(&user)])])),
        ("only admin", archive(&[with(part("admin", "system.users"), vec![bytes(&user)])])),
        ("only config", archive(&[part("config", "stolen")])),
        ("settings of shards", beside(vec![part("config", "stolen"), part("config", "shards")])),
        ("the server's own log", beside(vec![part("local", "stolen"), part("local", "oplog.rs")])),
        ("a log to replay", beside(vec![with(part("", "oplog"), vec![bytes(&log)])])),
        ("stored functions", beside(vec![part("shop", "system.js")])),
        ("the list of views", beside(vec![with(part("shop", "system.views"), vec![bytes(&doc! { "_id": format!("{precious}.v"), "viewOn": "item", "pipeline": [] })])])),
        ("the profiler", beside(vec![part("shop", "system.profile")])),
        ("a view that writes", beside(vec![view(format!(r#"[{{"$out":{{"db":"{precious}","coll":"item"}}}}]"#))])),
        ("a view that merges", beside(vec![view(format!(r#"[{{"$merge":{{"into":{{"db":"{precious}","coll":"item"}}}}}}]"#))])),
        ("a view on another database", beside(vec![view(format!(r#"[{{"$lookup":{{"from":{{"db":"{precious}","coll":"item"}},"as":"a","pipeline":[]}}}}]"#))])),
        ("a view that runs a function", beside(vec![view(r#"[{"$addFields":{"a":{"$function":{"body":"function(){while(1);}","args":[],"lang":"js"}}}}]"#.to_owned())])),
        ("a validator with $where", beside(vec![options(r#"{"validator":{"$where":"while(1);"}}"#)])),
        ("a validator with $function", beside(vec![options(r#"{"validator":{"$expr":{"$function":{"body":"function(){}","args":[],"lang":"js"}}}}"#)])),
        ("options that are another command", beside(vec![options(&format!(r#"{{"create":"x","dropDatabase":1,"$db":"{precious}"}}"#))])),
        ("an index of another database", beside(vec![described(part("shop", "other"), "collection", format!(r#"{{"options":{{}},"indexes":[{{"v":2,"key":{{"a":1}},"name":"a","ns":"{precious}.item"}}]}}"#))])),
        ("rows of another database", beside(vec![led_astray])),
        ("another database beside it", beside(vec![part(precious, "item")])),
        ("a name with dots", beside(vec![part("shop", "../../stolen"), part("shop", "..")])),
        ("a name of a command", beside(vec![part("shop", "$cmd")])),
        ("a name with a null", beside(vec![part("shop", "a\u{1}\u{2400}b")])),
        ("a database with a dot", beside(vec![part("shop.stolen", "item")])),
        ("a database with a slash", beside(vec![part("../stolen", "item")])),
        ("a database that is a pattern", archive(&[part("*", "item")])),
        ("a document without an end", beside(vec![with(part("shop", "huge"), vec![huge])])),
        ("a document of negative length", beside(vec![with(part("shop", "huge"), vec![negative])])),
        ("no metadata that is one", beside(vec![described(part("shop", "odd"), "collection", "{\"options\":".to_owned())])),
    ]
}

/// Folders, each with what it tries.
fn folders(root: &Path, precious: &str) -> Vec<(&'static str, PathBuf)> {
    let secret = root.join("secret");
    fs::write(&secret, bytes(&doc! { "_id": "secret" })).unwrap();
    let rows = bytes(&doc! { "_id": "stolen" });
    let made = |name: &'static str, files: &[(&str, &[u8])]| {
        let folder = root.join(name);
        let honest: [(&str, &[u8]); 2] =
            [("shop/item.bson", &rows), ("shop/item.metadata.json", PLAIN.as_bytes())];
        for (path, content) in honest.iter().chain(files) {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        (name, folder)
    };
    let log = bytes(
        &doc! { "op": "c", "ns": format!("{precious}.$cmd"), "o": { "dropDatabase": 1 }, "ts": 1 },
    );
    let other = format!(
        r#"{{"options":{{}},"indexes":[],"collectionName":"{precious}.item","ns":"{precious}.item"}}"#
    );
    let encoded = format!("shop/..%2F{precious}%2Fitem.bson");
    let linked = made("a link to a file", &[]);
    std::os::unix::fs::symlink(&secret, linked.1.join("shop/link.bson")).unwrap();
    let outside = made("a link to a folder", &[]);
    std::os::unix::fs::symlink(root, outside.1.join("elsewhere")).unwrap();
    vec![
        linked,
        outside,
        made("a log to replay", &[("oplog.bson", &log)]),
        made("users", &[("admin/system.users.bson", &rows), ("admin/system.version.bson", &rows)]),
        made("users of the database", &[("shop/$admin.system.users.bson", &rows)]),
        made("stored functions", &[("shop/system.js.bson", &rows)]),
        made(
            "metadata of another",
            &[("shop/odd.bson", &rows), ("shop/odd.metadata.json", other.as_bytes())],
        ),
        made("a name that leads out", &[(&encoded, &rows)]),
        made("the server's own", &[("config/stolen.bson", &rows), ("local/stolen.bson", &rows)]),
        made("another database", &[(&format!("{precious}/item.bson"), &rows)]),
    ]
}

/// What must not change on the server.
struct World<'a> {
    server: &'a MongoServer,
    users: u64,
    versions: u64,
}

impl World<'_> {
    fn of(server: &MongoServer) -> World<'_> {
        World {
            server,
            users: count(server, "admin", "system.users", doc! { "user": "stolen" }),
            versions: count(server, "admin", "system.version", doc! {}),
        }
    }

    fn assert_same(&self, what: &str) {
        let server = self.server;
        let stolen = || doc! { "$or": [{ "_id": "stolen" }, { "_id": "admin.stolen" }] };
        assert_eq!(
            count(server, "admin", "system.users", doc! { "user": "stolen" }),
            self.users,
            "{what}"
        );
        assert_eq!(count(server, "admin", "system.version", doc! {}), self.versions, "{what}");
        for (database, collection) in [
            ("admin", "system.users"),
            ("admin", "system.roles"),
            ("config", "stolen"),
            ("config", "shards"),
            ("local", "stolen"),
            ("local", "oplog.rs"),
        ] {
            assert_eq!(
                count(server, database, collection, stolen()),
                0,
                "{what}: {database}.{collection}"
            );
        }
        let names = server.databases("");
        assert!(
            !names.iter().any(|name| name == "shop" || name.contains("stolen")),
            "{what}: {names:?}"
        );
    }
}

fn count(server: &MongoServer, database: &str, collection: &str, query: Document) -> u64 {
    let session = server.session();
    let all = session.database(database).collection::<Document>(collection);
    session.wait(all.count_documents(query).into_future()).unwrap()
}

#[test]
fn no_dump_reaches_beyond_the_new_database() {
    let Some(server) = MongoServer::standalone() else { return };
    let subject = Subject::Mongo(server.clone());
    let precious = subject.plain(20);
    let before = subject.snapshot(precious.name());
    let context = TestContext::new();
    let profile = subject.profile(precious.name());
    profile.write(&context);
    let root = context.root().join("folders");
    fs::create_dir(&root).unwrap();
    let mut attacks: Vec<(&str, PathBuf)> = folders(&root, precious.name());
    for (number, (what, bytes)) in archives(precious.name()).into_iter().enumerate() {
        let path = context.data(&format!("{number}.archive"));
        fs::write(&path, bytes).unwrap();
        attacks.push((what, path));
    }
    let world = World::of(&server);
    let mut refused = 0;
    for (what, path) in &attacks {
        let target = subject.target("attacked");
        let words = [&ALL[..], &["--database", "shop"]].concat();
        let ran = load(&context, &profile, path, target.name(), &words);
        let is_made = server.databases("").iter().any(|name| name == target.name());
        assert_eq!(is_made, ran.code == 0, "{what}: {}", ran.stderr);
        world.assert_same(what);
        if is_made {
            let read = count(&server, target.name(), "link", doc! {});
            assert_eq!(read, 0, "{what}: a file of this computer was read");
        }
        refused += usize::from(ran.code != 0);
    }
    before.assert_restored(&subject.snapshot(precious.name()));
    say(&format!(
        "attacks in dumps for MongoDB: {}, {refused} of them refused; other databases, users and settings changed 0, \
         files read 0",
        attacks.len()
    ));
    assert!(
        attacks.len() >= 40 && refused >= 8 && refused < attacks.len(),
        "{refused} of {}",
        attacks.len()
    );
}
