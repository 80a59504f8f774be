//! Makes the database that `make run` shows: `cargo run --example make_sample -- FOLDER`.
//!
//! Writes `FOLDER/shop.db`, a small shop of about 20 000 rows, and `FOLDER/config.toml`, which keeps
//! its backups in `FOLDER/backups`. The content is the same each time. The newest orders stand only
//! in the write-ahead log, so that copying `shop.db` alone would lose them. Nothing is overwritten,
//! and the finished folder may be moved.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, params};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const CUSTOMERS: u32 = 1_500;
const PRODUCTS: u32 = 240;
const ORDERS: u32 = 5_000;
const ORDERS_IN_LOG: u32 = 200;

const SCHEMA: &str = "
    CREATE TABLE customers (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, city TEXT NOT NULL,
        joined TEXT NOT NULL, note TEXT
    );
    CREATE TABLE products (
        sku TEXT PRIMARY KEY, title TEXT NOT NULL, price_cents INTEGER NOT NULL CHECK (price_cents > 0),
        weight_kg REAL, picture BLOB
    ) WITHOUT ROWID;
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers (id),
        placed TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'open'
    );
    CREATE TABLE items (
        order_id INTEGER NOT NULL REFERENCES orders (id), line INTEGER NOT NULL,
        sku TEXT NOT NULL REFERENCES products (sku), quantity INTEGER NOT NULL,
        price_cents INTEGER NOT NULL, PRIMARY KEY (order_id, line)
    );
    CREATE INDEX orders_of_customer ON orders (customer, placed);
    CREATE INDEX open_orders ON orders (placed) WHERE state = 'open';
    CREATE VIEW order_totals AS
        SELECT order_id, sum(quantity * price_cents) AS cents FROM items GROUP BY order_id;
    CREATE TRIGGER keep_shipped BEFORE DELETE ON orders WHEN old.state = 'shipped'
        BEGIN SELECT raise(ABORT, 'shipped orders stay'); END;
    CREATE VIRTUAL TABLE product_search USING fts5 (sku UNINDEXED, title);
";

/// Relative paths start in the folder of the configuration.
const CONFIG: &str = "\
# The sample that `make run` made. Add databases of your own if you like; nothing removes this folder.

[databases.shop]
engine = \"sqlite\"
path = \"shop.db\"

[storages.backups]
type = \"local\"
path = \"backups\"
";

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).ok_or("usage: make_sample FOLDER")?;
    fs::create_dir_all(&folder)?;
    let folder = Path::new(&folder);
    make_database(&folder.join("shop.db"))?;
    // Last: where it is, the sample is complete.
    create_new(&folder.join("config.toml"))?.write_all(CONFIG.as_bytes())?;
    Ok(())
}

/// Creates `path`; an existing one is somebody's.
fn create_new(path: &Path) -> Result<fs::File> {
    fs::File::create_new(path).map_err(|error| format!("`{}`: {error}", path.display()).into())
}

fn make_database(path: &Path) -> Result<()> {
    create_new(path)?;
    let mut database = Connection::open(path)?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.execute_batch(SCHEMA)?;

    let mut random = Random(7);
    let batch = database.transaction()?;
    add_customers(&batch, &mut random)?;
    add_products(&batch, &mut random)?;
    add_orders(&batch, &mut random, 0..ORDERS)?;
    batch.commit()?;

    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let batch = database.transaction()?;
    add_orders(&batch, &mut random, ORDERS..ORDERS + ORDERS_IN_LOG)?;
    batch.commit()?;
    Ok(())
}

fn add_customers(batch: &Transaction<'_>, random: &mut Random) -> Result<()> {
    const FIRST: [&str; 8] = ["Ada", "Jürgen", "Chloë", "Nadia", "Søren", "Zoë", "Mihály", "美咲"];
    const LAST: [&str; 7] = ["Novák", "O'Neill", "García", "Müller", "Haddad", "Łukasik", "佐藤"];
    const CITIES: [&str; 6] = ["Zürich", "Kraków", "Leeds", "Porto", "København", "大阪"];
    let mut insert = batch.prepare("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?)")?;
    for id in 1..=CUSTOMERS {
        let name = format!("{} {}", random.pick(&FIRST), random.pick(&LAST));
        let email = (random.below(20) > 0).then(|| format!("customer{id}@example.org"));
        let note = (random.below(12) == 0).then_some("called twice; prefers \"mornings\" ☕");
        insert.execute(params![id, name, email, random.pick(&CITIES), random.day(), note])?;
    }
    Ok(())
}

fn add_products(batch: &Transaction<'_>, random: &mut Random) -> Result<()> {
    const KIND: [&str; 6] = ["lamp", "chair", "kettle", "notebook", "clock", "blanket"];
    const LOOK: [&str; 6] = ["walnut", "plain", "folding", "enamel", "quiet", "crème"];
    let mut insert = batch.prepare("INSERT INTO products VALUES (?, ?, ?, ?, ?)")?;
    let mut index = batch.prepare("INSERT INTO product_search VALUES (?, ?)")?;
    for number in 0..PRODUCTS {
        let sku = format!("K-{number:04}");
        let title = format!("{} {} no. {number}", random.pick(&LOOK), random.pick(&KIND));
        let weight = (random.below(8) > 0).then(|| f64::from(random.below(9_000)) / 1_000.0);
        let picture: Vec<u8> = (0..random.below(900)).map(|_| random.byte()).collect();
        insert.execute(params![sku, title, 100 + random.below(40_000), weight, picture])?;
        index.execute(params![sku, title])?;
    }
    Ok(())
}

fn add_orders(
    batch: &Transaction<'_>,
    random: &mut Random,
    numbers: std::ops::Range<u32>,
) -> Result<()> {
    let mut order = batch.prepare("INSERT INTO orders VALUES (?, ?, ?, ?)")?;
    let mut item = batch.prepare(
        "INSERT INTO items SELECT ?1, ?2, sku, ?4, price_cents FROM products WHERE sku = ?3",
    )?;
    for id in numbers {
        let state = random.pick(&["open", "paid", "shipped", "shipped", "returned"]);
        order.execute(params![id, 1 + random.below(CUSTOMERS), random.day(), state])?;
        for line in 1..=1 + random.below(4) {
            let sku = format!("K-{:04}", random.below(PRODUCTS));
            item.execute(params![id, line, sku, 1 + random.below(3)])?;
        }
    }
    Ok(())
}

/// The `SplitMix64` generator: always the same numbers, so always the same shop.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    fn below(&mut self, limit: u32) -> u32 {
        u32::try_from(self.next() % u64::from(limit)).expect("a remainder of a u32 fits")
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let last = u32::try_from(choices.len()).expect("a short list");
        choices[self.below(last) as usize]
    }

    fn day(&mut self) -> String {
        let (month, day) = (1 + self.below(12), 1 + self.below(28));
        format!("2026-{month:02}-{day:02}T{:02}:{:02}:00Z", self.below(24), self.below(60))
    }
}
