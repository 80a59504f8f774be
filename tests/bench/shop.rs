//! The data of the bench: what a web shop's development database looks like.
//!
//! Owns its content: names, e-mail addresses, UUIDs, time stamps, JSON, prose whose words follow
//! Zipf's law, a few compressed blobs. The same seed gives the same rows. How they get into a database
//! belongs to the engines' modules.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};

/// A row of `customers`.
pub struct Customer {
    pub id: u64,
    pub uuid: String,
    pub name: String,
    pub email: String,
    pub created_at: String,
}

/// A row of `orders`, with the customer who came for it.
pub struct Order {
    pub id: u64,
    pub customer: u64,
    pub status: &'static str,
    pub total_cents: i64,
    /// RFC 3339, in UTC.
    pub placed_at: String,
    pub payload: Payload,
    pub note: String,
    pub thumbnail: Vec<u8>,
    pub new_customer: Option<Customer>,
}

/// What a shop keeps as JSON.
pub struct Payload {
    pub order_id: String,
    pub sku: String,
    pub quantity: i32,
    pub price_cents: i64,
    pub city: String,
}

impl Payload {
    pub fn json(&self) -> String {
        let Self { order_id, sku, quantity, price_cents, city } = self;
        format!(
            r#"{{"order_id":"{order_id}","currency":"EUR","items":[{{"sku":"{sku}","quantity":{quantity},"price_cents":{price_cents}}}],"shipping":{{"method":"standard","city":"{city}"}}}}"#
        )
    }
}

/// Endless orders.
pub struct Shop {
    random: StdRng,
    words: Vec<String>,
    orders: u64,
}

impl Shop {
    pub fn open() -> Self {
        let mut random = StdRng::seed_from_u64(20_261_122);
        let words = words(&mut random);
        Self { random, words, orders: 0 }
    }

    fn customer(&mut self, id: u64, created_at: &str) -> Customer {
        let (first, last) = (self.word(), self.word());
        let email = format!("{first}.{last}{}@example.org", self.random.random_range(1..99));
        let (name, created_at) = (format!("{first} {last}"), created_at.to_owned());
        Customer { id, uuid: self.uuid(), name, email, created_at }
    }

    fn payload(&mut self, price_cents: i64) -> Payload {
        Payload {
            order_id: self.uuid(),
            sku: format!("{}-{:04}", self.word(), self.random.random_range(0..9999)),
            quantity: self.random.random_range(1..5),
            price_cents,
            city: self.word(),
        }
    }

    /// A word by Zipf's law: few words are most of a text.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index below 8000"
    )]
    fn word(&mut self) -> String {
        let rank = (self.words.len() as f64).powf(self.random.random::<f64>()) as usize;
        self.words[rank.min(self.words.len() - 1)].clone()
    }

    fn sentence(&mut self, length: u64) -> String {
        (0..length).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    fn uuid(&mut self) -> String {
        let (high, low): (u64, u64) = (self.random.random(), self.random.random());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

impl Iterator for Shop {
    type Item = Order;

    fn next(&mut self) -> Option<Order> {
        const STATUSES: [&str; 4] = ["paid", "shipped", "delivered", "returned"];
        self.orders += 1;
        let id = self.orders;
        let placed_at = moment(id);
        let new_customer = (id % 5 == 1).then(|| self.customer(id / 5, &placed_at));
        let status = STATUSES.choose(&mut self.random).expect("not empty");
        let total_cents = self.random.random_range(199..99_999);
        let payload = self.payload(total_cents);
        let note = self.sentence(4 + id % 40);
        let mut thumbnail = vec![0_u8; if id.is_multiple_of(12) { 300 } else { 0 }];
        self.random.fill_bytes(&mut thumbnail);
        let customer = self.random.random_range(0..=id / 5);
        let order = Order {
            id,
            customer,
            status,
            total_cents,
            placed_at,
            payload,
            note,
            thumbnail,
            new_customer,
        };
        Some(order)
    }
}

fn moment(order: u64) -> String {
    format!(
        "2026-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        order / 400_000 % 12 + 1,
        order / 14_000 % 28 + 1,
        order / 600 % 24,
        order / 10 % 60,
        order % 60
    )
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
