//! PostgreSQL: `pg_dump -Fc` and `pg_dump | gzip` beside Kronos.
//!
//! Owns the tables and what is run on them.

use std::fmt::Write as _;
use std::path::Path;

use super::contest::Contender;
use super::contest::Role::{Floor, Other, Rival};
use super::servers::{FreshPostgres, PostgresServer};
use super::shop::{Order, Shop};
use super::{Size, feed, profile, server_contest};

pub fn bench(folder: &Path, wanted: &Size) {
    let Some(server) = PostgresServer::wanted() else { return };
    let database = server.fresh("bench");
    let raw = fill(&database, wanted.bytes);
    let (host, user) = (server.setting("SOCKET_DIR"), &server.user);
    let to = format!("-h '{host}' -p {} -U {user} -d {}", server.port, database.name);
    let bin = server.tools();
    let dump = format!("{}/pg_dump {to}", bin.display());
    let passwords = Some(("PGPASSFILE", server.setting("PASSFILE")));
    let shell = |role, name, script: &str| Contender::shell(role, name, script, passwords);
    let mut contenders = vec![
        shell(Floor, "pg_dump alone, nothing kept", &format!("{dump} -Fc -Z0 >/dev/null")),
        shell(Rival, "pg_dump -Fc", &format!("{dump} -Fc >archive")),
        shell(Rival, "pg_dump | gzip", &format!("{dump} | gzip >archive")),
        shell(Other, "pg_dump | pigz", &format!("{dump} | pigz >archive")),
        shell(Other, "pg_dump | zstd", &format!("{dump} | zstd -q >archive")),
    ];
    let table = profile(folder, "postgres", (host, server.port), (user, &server.password), &bin);
    let table = format!("{table}databases = ['{}']\n", database.name);
    contenders.extend(Contender::kronos_settings(&table));
    server_contest("PostgreSQL", contenders, raw, process(&server), wanted, folder);
}

fn process(server: &PostgresServer) -> Option<u32> {
    let session = server.session("postgres");
    session.one("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)").parse().ok()
}

const SCHEMA: &str = "
    CREATE TABLE customers (id bigint, uuid uuid, name text, email text, created_at timestamptz);
    CREATE TABLE orders (id bigint, customer bigint, status text, total_cents bigint,
        placed_at timestamptz, payload jsonb, note text, thumbnail bytea);
";
const INDEXES: &str = "
    ALTER TABLE customers ADD PRIMARY KEY (id);
    ALTER TABLE orders ADD PRIMARY KEY (id);
    CREATE INDEX orders_by_customer ON orders (customer, placed_at);
    CREATE INDEX customers_by_email ON customers (email);
    VACUUM ANALYZE customers; VACUUM ANALYZE orders;
";

/// Loads rows until the tables have `bytes`, adds the indexes, and returns the size of all of it.
fn fill(database: &FreshPostgres, bytes: u64) -> u64 {
    println!("\nPostgreSQL: making a database of {} MB …", bytes / 1_000_000);
    let session = database.session();
    session.run(SCHEMA);
    let size = || session.one("SELECT pg_database_size(current_database())").parse().unwrap_or(0);
    let mut shop = Shop::open();
    // The indexes come last and take about a tenth.
    while size() < bytes / 10 * 9 {
        copy(database, &shop.by_ref().take(20_000).collect::<Vec<_>>());
    }
    for statement in INDEXES.split_inclusive(';') {
        session.run(statement);
    }
    size()
}

/// One `COPY` for each table. Nothing in these texts needs an escape.
fn copy(database: &FreshPostgres, orders: &[Order]) {
    let mut text = "COPY customers FROM STDIN;\n".to_owned();
    for new in orders.iter().filter_map(|order| order.new_customer.as_ref()) {
        let row = [&new.id.to_string(), &new.uuid, &new.name, &new.email, &new.created_at];
        let _ = writeln!(text, "{}", row.map(String::as_str).join("\t"));
    }
    text.push_str("\\.\nCOPY orders FROM STDIN;\n");
    for order in orders {
        let Order { id, customer, status, total_cents, placed_at, note, .. } = order;
        let (payload, thumbnail) = (order.payload.json(), super::hex(&order.thumbnail));
        let _ = writeln!(
            text,
            "{id}\t{customer}\t{status}\t{total_cents}\t{placed_at}\t{payload}\t{note}\t\\\\x{thumbnail}"
        );
    }
    text.push_str("\\.\n");
    let server = &database.server;
    let mut psql = std::process::Command::new(server.tools().join("psql"));
    psql.args(["-qX", "-v", "ON_ERROR_STOP=1", "-h", server.setting("SOCKET_DIR")]);
    psql.args(["-p", &server.port.to_string(), "-U", &server.user, "-d", &database.name]);
    feed(psql.env("PGPASSFILE", server.setting("PASSFILE")), &text);
}
