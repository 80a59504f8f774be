//! The database of the bench: what a web shop's development database looks like.
//!
//! Owns its content: names, e-mail addresses, UUIDs, time stamps, JSON, prose whose words follow
//! Zipf's law, a few compressed blobs, two indexes, some free pages. The same seed gives the same bytes.

use std::path::Path;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rusqlite::{Connection, params};

/// Fills a new database until it has about `bytes`.
pub fn make(path: &Path, bytes: u64) {
    let mut database = Connection::open(path).expect("the bench folder is writable");
    database.execute_batch(SCHEMA).expect("the schema is valid");
    let mut random = StdRng::seed_from_u64(20_261_122);
    let words = words(&mut random);
    let mut order = 0;
    while std::fs::metadata(path).map_or(0, |file| file.len()) < bytes {
        let transaction = database.transaction().expect("a transaction");
        for _ in 0..20_000 {
            order += 1;
            add_order(&transaction, &mut random, &words, order);
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

fn add_order(database: &Connection, random: &mut StdRng, words: &[String], order: u64) {
    let placed_at = format!(
        "2026-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        order / 400_000 % 12 + 1,
        order / 14_000 % 28 + 1,
        order / 600 % 24,
        order / 10 % 60,
        order % 60
    );
    if order % 5 == 1 {
        let (first, last) = (word(random, words), word(random, words));
        let email = format!("{first}.{last}{}@example.org", random.random_range(1..99));
        let row = params![order / 5, uuid(random), format!("{first} {last}"), email, placed_at];
        database
            .prepare_cached("INSERT INTO customers VALUES (?, ?, ?, ?, ?)")
            .expect("valid")
            .execute(row)
            .expect("room");
    }
    let status = ["paid", "shipped", "delivered", "returned"].choose(random).expect("not empty");
    let total = random.random_range(199..99_999);
    let payload = format!(
        r#"{{"order_id":"{}","currency":"EUR","items":[{{"sku":"{}-{:04}","quantity":{},"price_cents":{total}}}],"shipping":{{"method":"standard","city":"{}"}}}}"#,
        uuid(random),
        word(random, words),
        random.random_range(0..9999),
        random.random_range(1..5),
        word(random, words)
    );
    let note = sentence(random, words, 4 + order % 40);
    let mut thumbnail = vec![0_u8; if order.is_multiple_of(12) { 300 } else { 0 }];
    random.fill_bytes(&mut thumbnail);
    let row = params![
        order,
        random.random_range(0..=order / 5),
        status,
        total,
        placed_at,
        payload,
        note,
        thumbnail
    ];
    database
        .prepare_cached("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .expect("valid")
        .execute(row)
        .expect("room");
}

/// A vocabulary of made-up words.
fn words(random: &mut StdRng) -> Vec<String> {
    const SYLLABLES: [&str; 24] = [
        "ka", "lo", "mi", "ner", "tas", "vel", "or", "an", "is", "ten", "ri", "do", "pel", "sha",
        "mon", "ge", "tor", "li", "ba", "cus", "fen", "hu", "wes", "qua",
    ];
    let word = |random: &mut StdRng| {
        let count = random.random_range(1..5);
        (0..count).filter_map(|_| SYLLABLES.choose(random).copied()).collect()
    };
    (0..8000).map(|_| word(random)).collect()
}

/// A word by Zipf's law: few words are most of a text.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index below 8000"
)]
fn word<'a>(random: &mut StdRng, words: &'a [String]) -> &'a str {
    let rank = (words.len() as f64).powf(random.random::<f64>()) as usize;
    &words[rank.min(words.len() - 1)]
}

fn sentence(random: &mut StdRng, words: &[String], length: u64) -> String {
    (0..length).map(|_| word(random, words)).collect::<Vec<_>>().join(" ")
}

fn uuid(random: &mut StdRng) -> String {
    let (high, low): (u64, u64) = (random.random(), random.random());
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}
