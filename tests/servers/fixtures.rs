//! The databases that the proofs are about: loaded from `tests/fixtures/nasty`, and shown to hold what
//! they are meant to hold.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::listing::{self, Listing};
use crate::servers::{FreshMysql, FreshPostgres, MysqlServer, PostgresServer, Servers};

/// A file of the folder.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nasty").join(name)
}

/// A PostgreSQL database with everything in it. The client sends one statement after the other; in one
/// transaction some of them would not be allowed.
pub fn nasty_postgres(server: &PostgresServer) -> FreshPostgres {
    let database = server.fresh("nasty");
    let newer = !server.setting("VERSION").starts_with("13.");
    for file in ["postgres.sql"].into_iter().chain(newer.then_some("postgres-15.sql")) {
        let mut client = Command::new(PathBuf::from(Servers::get().text("POSTGRES_BIN")).join("psql"));
        client.args(["-qX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", &server.port.to_string()]);
        client.args(["-U", &server.user, "-d", &database.name, "-f"]).arg(fixture(file));
        let output = client.env("PGPASSFILE", server.setting("PASSFILE")).output().unwrap();
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
        let script = fs::read_to_string(fixture(file)).unwrap();
        run_script(server, &database.name, &script);
    }
    database
}

fn run_script(server: &MysqlServer, database: &str, script: &str) {
    let mut client = Command::new(server.client());
    client.arg(format!("--defaults-file={}", server.setting("OPTION_FILE")));
    client.args(["--default-character-set=utf8mb4", "--max-allowed-packet=1G", database]);
    let mut client = client.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    client.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
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
            ("relation", 60), ("column", 100), ("constraint", 30), ("index", 20), ("view", 7), ("routine", 9),
            ("trigger", 3), ("event trigger", 1), ("rule", 2), ("policy", 2), ("type", 6), ("sequence", 5),
            ("default rights", 2), ("large object", 2), ("comment", 12), ("rights", 80), ("extension", 7),
            ("foreign", 2), ("publication", 1), ("cast", 1), ("operator", 1), ("aggregate", 1), ("collation", 2),
        ];
        assert_rich(&found, &least);
        assert!(found.row_count() > 1000 && found.counters.len() >= 5);
        found.assert_restored(&listing::postgres(&database.session()));
    }
}
