//! MariaDB and MySQL: their dump tools with `gzip` and `pigz` beside Kronos.
//!
//! Owns the tables and what is run on them.

use std::fmt::Write as _;
use std::path::Path;

use super::contest::Contender;
use super::contest::Role::{Floor, Other, Rival};
use super::servers::{FreshMysql, MysqlServer};
use super::shop::{Order, Shop};
use super::{Size, feed, profile, server_contest};

pub fn bench_mariadb(folder: &Path, wanted: &Size) {
    if let Some(server) = MysqlServer::mariadb() {
        bench(&server, "MariaDB", "mariadb-dump", "", folder, wanted);
    }
}

pub fn bench_mysql(folder: &Path, wanted: &Size) {
    if let Some(server) = MysqlServer::mysql() {
        bench(&server, "MySQL", "mysqldump", "--set-gtid-purged=OFF", folder, wanted);
    }
}

fn bench(
    server: &MysqlServer,
    title: &str,
    tool: &str,
    option: &str,
    folder: &Path,
    wanted: &Size,
) {
    let database = server.fresh("bench");
    let raw = fill(&database, title, wanted.bytes);
    let dump = format!(
        "{}/{tool} --defaults-file='{}' --single-transaction --routines --events {option} {}",
        server.tools().display(),
        server.setting("OPTION_FILE"),
        database.name
    );
    let shell = |role, name: &str, rest: &str| {
        Contender::shell(role, &format!("{tool}{name}"), &format!("{dump} {rest}"), None)
    };
    let mut contenders = vec![
        shell(Floor, " alone, nothing kept", ">/dev/null"),
        shell(Rival, " | gzip", "| gzip >archive"),
        shell(Other, " | pigz", "| pigz >archive"),
    ];
    let place = (server.setting("SOCKET"), 0);
    let login = (server.user.as_str(), server.password.as_str());
    let table = profile(folder, "mysql", place, login, &server.tools());
    let table = format!("{table}databases = ['{}']\n", database.name);
    contenders.extend(Contender::kronos_settings(&table));
    server_contest(title, contenders, raw, process(server), wanted, folder);
}

fn process(server: &MysqlServer) -> Option<u32> {
    let mut session = server.session(None);
    let file = session
        .one("SELECT IF(LEFT(@@pid_file, 1) = '/', @@pid_file, CONCAT(@@datadir, @@pid_file))");
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

const SCHEMA: [&str; 2] = [
    "CREATE TABLE customers (id bigint PRIMARY KEY, uuid char(36), name varchar(200), email varchar(200),
        created_at datetime)",
    "CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint, status varchar(20), total_cents bigint,
        placed_at datetime, payload json, note text, thumbnail blob)",
];
const INDEXES: [&str; 2] = [
    "CREATE INDEX orders_by_customer ON orders (customer, placed_at)",
    "CREATE INDEX customers_by_email ON customers (email)",
];

/// Loads rows until the tables have `bytes`, adds the indexes, and returns the size of all of it.
fn fill(database: &FreshMysql, title: &str, bytes: u64) -> u64 {
    println!("\n{title}: making a database of {} MB …", bytes / 1_000_000);
    let mut session = database.session();
    for statement in SCHEMA {
        session.run(statement);
    }
    let view =
        if database.server.is_mariadb() { "INNODB_SYS_TABLESPACES" } else { "INNODB_TABLESPACES" };
    let size = format!(
        "SELECT SUM(file_size) FROM information_schema.{view} WHERE name LIKE '{}/%'",
        database.name
    );
    let mut shop = Shop::open();
    // The indexes come last and take about a tenth.
    while session.one(&size).parse().unwrap_or(0) < bytes / 10 * 9 {
        insert(database, &shop.by_ref().take(20_000).collect::<Vec<_>>());
    }
    for statement in INDEXES {
        session.run(statement);
    }
    session.one(&size).parse().unwrap_or(0)
}

/// Long INSERTs in one transaction. Nothing in these texts needs an escape.
fn insert(database: &FreshMysql, orders: &[Order]) {
    let mut text = "SET unique_checks = 0; BEGIN;\n".to_owned();
    for some in orders.chunks(1000) {
        let customers = some.iter().filter_map(|order| order.new_customer.as_ref()).map(|new| {
            let (created_at, uuid) = (new.created_at.trim_end_matches('Z'), &new.uuid);
            format!("({},'{uuid}','{}','{}','{created_at}')", new.id, new.name, new.email)
        });
        let _ = writeln!(text, "INSERT INTO customers VALUES {};", list(customers));
        let rows = some.iter().map(|order| {
            let Order { id, customer, status, total_cents, note, .. } = order;
            let (payload, thumbnail) = (order.payload.json(), super::hex(&order.thumbnail));
            let placed_at = order.placed_at.trim_end_matches('Z');
            format!("({id},{customer},'{status}',{total_cents},'{placed_at}','{payload}','{note}',x'{thumbnail}')")
        });
        let _ = writeln!(text, "INSERT INTO orders VALUES {};", list(rows));
    }
    text.push_str("COMMIT;\n");
    let mut client = std::process::Command::new(database.server.client());
    client.arg(format!("--defaults-file={}", database.server.setting("OPTION_FILE")));
    feed(client.arg(&database.name), &text);
}

fn list(rows: impl Iterator<Item = String>) -> String {
    rows.collect::<Vec<_>>().join(",")
}
