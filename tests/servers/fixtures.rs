//! The databases that the proofs are about: loaded from `tests/fixtures/nasty`, and shown to hold what
//! they are meant to hold.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::listing::{self, Listing};
use crate::nasty_mongodb::nasty_mongodb;
use crate::servers::{
    FreshMongo, FreshMysql, FreshPostgres, MongoServer, MysqlServer, PostgresServer, Servers,
};

/// A file of the folder.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nasty").join(name)
}

/// A PostgreSQL database with everything in it. The client sends one statement after the other; in one
/// transaction some of them would not be allowed.
pub fn nasty_postgres(server: &PostgresServer) -> FreshPostgres {
    let database = server.fresh("nasty");
    let newer = database.session().one("SHOW server_version_num").as_str() >= "150000";
    for file in ["postgres.sql"].into_iter().chain(newer.then_some("postgres-15.sql")) {
        let mut client =
            Command::new(PathBuf::from(Servers::get().text("POSTGRES_BIN")).join("psql"));
        client.args([
            "-qX",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
            "-p",
            &server.port.to_string(),
        ]);
        client.args(["-U", &server.user, "-d", &database.name, "-f"]).arg(fixture(file));
        let output = client.env("PGPASSWORD", &server.password).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    database
}

/// A MariaDB or MySQL database with everything in it. The file is for the client, as it changes the
/// delimiter.
pub fn nasty_mysql(server: &MysqlServer) -> FreshMysql {
    let database = server.fresh("nasty");
    let own = if server.is_mariadb() { "mariadb.sql" } else { "mysql.sql" };
    for file in ["mysql-common.sql", own] {
        run_script(server, &database.name, &fs::read(fixture(file)).unwrap());
    }
    database
}

fn run_script(server: &MysqlServer, database: &str, script: &[u8]) {
    let mut client = Command::new(server.client());
    client.arg(format!("--defaults-file={}", server.setting("OPTION_FILE")));
    client.args(["--default-character-set=utf8mb4", "--max-allowed-packet=1G", database]);
    let mut client = client.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A client that stops at an error reads no further; what it says then is in its output.
    let _ = client.stdin.take().unwrap().write_all(script);
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Fails when the fixture has lost objects of some kind: then equal listings would prove little.
pub fn assert_rich(listing: &Listing, least: &[(&str, usize)]) {
    for (kind, least) in least {
        let found = listing.objects.keys().filter(|name| name.starts_with(kind)).count();
        assert!(found >= *least, "only {found} of kind {kind}, not {least}");
    }
}

#[test]
fn postgres_holds_every_kind_of_object() {
    for server in [PostgresServer::wanted(), PostgresServer::old(), PostgresServer::new()] {
        let Some(server) = server else { continue };
        let database = nasty_postgres(&server);
        let found = listing::postgres(&database.session());
        let least = [
            ("relation ", 45),
            ("column ", 100),
            ("constraint ", 20),
            ("index ", 20),
            ("view ", 7),
            ("routine ", 8),
            ("trigger ", 3),
            ("event trigger ", 1),
            ("rule ", 2),
            ("policy ", 2),
            ("type ", 5),
            ("sequence ", 5),
            ("default rights ", 2),
            ("large object ", 2),
            ("comment ", 12),
            ("rights ", 50),
            ("extension ", 7),
            ("foreign ", 2),
            ("publication ", 1),
            ("cast ", 1),
            ("operator ", 1),
            ("aggregate ", 1),
            ("collation ", 2),
        ];
        assert_rich(&found, &least);
        assert!(found.row_count() > 1000 && found.counters.len() >= 5);
        let restored = by_native_tools(&database);
        found.assert_restored(&listing::postgres(&restored.session()));
    }
}

#[test]
fn mariadb_and_mysql_hold_every_kind_of_object() {
    for server in [MysqlServer::mariadb(), MysqlServer::mysql()] {
        let Some(server) = server else { continue };
        let source = nasty_mysql(&server);
        let found = listing::mysql(&mut source.session(), &source.name);
        let least = [
            ("BASE TABLE ", 15),
            ("VIEW ", 3),
            ("PROCEDURE ", 3),
            ("FUNCTION ", 1),
            ("TRIGGER ", 3),
            ("EVENT ", 2),
            ("columns ", 60),
            ("indexes ", 15),
        ];
        assert_rich(&found, &least);
        assert!(found.row_count() > 2000, "{:?}", found.rows);
        assert!(found.counters.len() >= 3, "{:?}", found.counters);
        if server.is_mariadb() {
            assert_rich(&found, &[("SEQUENCE ", 2), ("SYSTEM VERSIONED ", 1)]);
        }
        let restored = mysql_by_native_tools(&source);
        found.assert_restored(&listing::mysql(&mut restored.session(), &restored.name));
    }
}

/// The control for MariaDB and MySQL.
fn mysql_by_native_tools(source: &FreshMysql) -> FreshMysql {
    let server = &source.server;
    let restored = server.fresh("native");
    let mut dump = Command::new(server.tools().join(if server.is_mariadb() {
        "mariadb-dump"
    } else {
        "mysqldump"
    }));
    dump.arg(format!("--defaults-file={}", server.setting("OPTION_FILE")));
    dump.args([
        "--single-transaction",
        "--routines",
        "--events",
        "--triggers",
        "--hex-blob",
        "--skip-add-locks",
    ]);
    dump.args(["--default-character-set=utf8mb4", "--max-allowed-packet=1G"]);
    dump.arg(if server.is_mariadb() { "--dump-history" } else { "--set-gtid-purged=OFF" });
    let dump = dump.arg(&source.name).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    run_script(server, &restored.name, &dump.stdout);
    restored
}

#[test]
fn mongodb_holds_every_kind_of_object() {
    for server in [MongoServer::standalone(), MongoServer::replica_set()] {
        let Some(server) = server else { continue };
        let source = nasty_mongodb(&server);
        let session = server.session();
        let found = listing::mongodb(&session, &source.name);
        assert_rich(
            &found,
            &[("collection ", 18), ("view ", 2), ("timeseries ", 1), ("index ", 25)],
        );
        assert!(found.row_count() > 20_000);
        assert_rich(&listing::access(&session, &source.name), &[("users ", 1), ("roles ", 1)]);
        let restored = mongodb_by_native_tools(&source);
        found.assert_restored(&listing::mongodb(&session, &restored.name));
    }
}

/// The control for MongoDB.
fn mongodb_by_native_tools(source: &FreshMongo) -> FreshMongo {
    let server = &source.server;
    let restored = server.fresh("native");
    let tool = |name: &str| {
        let mut tool = Command::new(server.tools().join(name));
        tool.arg("--config").arg(Servers::get().path("MONGODB_CONFIG_FILE"));
        tool.args([
            "--host",
            "127.0.0.1",
            "--port",
            &server.port.to_string(),
            "--username",
            &server.user,
        ]);
        tool.args(["--authenticationDatabase", "admin", "--archive", "--quiet"]);
        tool
    };
    let (mut dump, mut restore) = (tool("mongodump"), tool("mongorestore"));
    dump.args(["--db", &source.name]);
    restore.args([
        "--stopOnError",
        "--nsFrom",
        &format!("{}.*", source.name),
        "--nsTo",
        &format!("{}.*", restored.name),
    ]);
    pipe(&mut dump, &mut restore);
    restored
}

/// Runs both, the output of the first as the input of the second; both have to succeed.
fn pipe(dump: &mut Command, restore: &mut Command) {
    let mut dump = dump.stdout(Stdio::piped()).spawn().unwrap();
    let restored = restore.stdin(dump.stdout.take().unwrap()).output().unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert!(dump.wait().unwrap().success());
}

/// The control: what the server's own tools make of it, with nobody between them.
fn by_native_tools(source: &FreshPostgres) -> FreshPostgres {
    let server = &source.server;
    let restored = server.fresh("native");
    let tool = |name: &str| {
        let mut tool = Command::new(server.tools().join(name));
        tool.env("PGPASSWORD", &server.password);
        tool.args(["-h", "127.0.0.1", "-p", &server.port.to_string(), "-U", &server.user]);
        tool
    };
    let (mut dump, mut restore) = (tool("pg_dump"), tool("pg_restore"));
    dump.args(["-Fc", "-d", &source.name]);
    restore.args(["--exit-on-error", "-d", &restored.name]);
    pipe(&mut dump, &mut restore);
    restored
}
