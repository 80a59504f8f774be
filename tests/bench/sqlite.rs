//! SQLite: `sqlite3 .backup` + `tar czf` beside Kronos.
//!
//! Owns the file and what is run on it.

use std::path::Path;

use rusqlite::{Connection, params};

use super::contest::{self, Contender, Role};
use super::measure::measure;
use super::shop::{Order, Shop};
use super::{Size, report};

pub fn bench(folder: &Path, wanted: &Size) {
    let database = folder.join("bench.db");
    println!("\nSQLite: making a database of {} MB …", wanted.bytes / 1_000_000);
    make(&database, wanted.bytes);
    let path = database.display();
    let script =
        |pack: &str| format!("sqlite3 '{path}' '.backup plain.db'; tar c{pack}; rm plain.db");
    let shell = |name, pack| Contender::shell(Role::Rival, name, &script(pack), None);
    let mut contenders = vec![
        shell("sqlite3 .backup + tar czf", "zf plain.tar.gz plain.db"),
        shell("sqlite3 .backup + tar | pigz -6", " plain.db | pigz -6 > plain.tar.gz"),
    ];
    contenders
        .extend(Contender::kronos_settings(&format!("engine = \"sqlite\"\npath = '{path}'\n")));
    contest::run(&mut contenders, wanted.rounds.unwrap_or(5), None, folder);
    report::comparison(&contenders, contest::size(&database));
    report::phases(&contenders);
    report::sqlite_bars(&contenders);
    verify_and_restore(&contest::last_archive(&contenders, folder), folder);
}

/// Time and peak memory of the two ways back.
fn verify_and_restore(archive: &Path, folder: &Path) {
    let mut verify = contest::kronos(folder);
    verify.arg("verify").arg(archive);
    let mut restore = contest::kronos(folder);
    restore.arg("restore").arg(archive).arg("--to").arg(folder.join("restored.db"));
    for (name, command) in [("kronos verify", verify), ("kronos restore", restore)] {
        report::single(name, &measure(command, None, &folder.join("complaints")));
    }
}

/// Fills a new database until it has about `bytes`; some pages are free at the end.
fn make(path: &Path, bytes: u64) {
    let mut database = Connection::open(path).expect("the bench folder is writable");
    database.execute_batch(SCHEMA).expect("the schema is valid");
    let mut shop = Shop::open();
    while std::fs::metadata(path).map_or(0, |file| file.len()) < bytes {
        let transaction = database.transaction().expect("a transaction");
        for order in shop.by_ref().take(20_000) {
            add(&transaction, &order);
        }
        transaction.commit().expect("the disk has room");
    }
    database.execute("DELETE FROM orders WHERE id % 97 = 0", []).expect("rows can be deleted");
}

const SCHEMA: &str = "
    PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF;
    CREATE TABLE customers (id INTEGER PRIMARY KEY, uuid TEXT, name TEXT, email TEXT, created_at TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, status TEXT, total_cents INTEGER,
        placed_at TEXT, payload TEXT, note TEXT, thumbnail BLOB);
    CREATE INDEX orders_by_customer ON orders (customer, placed_at);
    CREATE INDEX customers_by_email ON customers (email);
";

fn add(database: &Connection, order: &Order) {
    let insert = |sql, row: &[&dyn rusqlite::ToSql]| {
        database.prepare_cached(sql).expect("valid").execute(row).expect("room");
    };
    if let Some(new) = &order.new_customer {
        let row = params![new.id, new.uuid, new.name, new.email, new.created_at];
        insert("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", row);
    }
    let row = params![
        order.id,
        order.customer,
        order.status,
        order.total_cents,
        order.placed_at,
        order.payload.json(),
        order.note,
        order.thumbnail
    ];
    insert("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row);
}
