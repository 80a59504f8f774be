//! MongoDB: `mongodump --gzip` and `mongodump | pigz` beside Kronos.
//!
//! Owns the collections and what is run on them.

use std::path::Path;

use ::mongodb::bson::spec::BinarySubtype;
use ::mongodb::bson::{Binary, DateTime, Document, doc};

use super::contest::Contender;
use super::contest::Role::{Floor, Other, Rival};
use super::servers::{FreshMongo, MongoServer, MongoSession, Servers};
use super::shop::{Order, Shop};
use super::{Size, profile, server_contest};

pub fn bench(folder: &Path, wanted: &Size) {
    let Some(server) = MongoServer::standalone() else { return };
    let database = server.fresh("bench");
    let session = server.session();
    let raw = fill(&session, &database, wanted.bytes);
    let dump = format!(
        "{}/mongodump --quiet --host 127.0.0.1 --port {} --username {} --authenticationDatabase admin \
         --config '{}' --db {}",
        server.tools().display(),
        server.port,
        server.user,
        Servers::get().text("MONGODB_CONFIG_FILE"),
        database.name
    );
    let shell =
        |role, name, rest: &str| Contender::shell(role, name, &format!("{dump} {rest}"), None);
    let mut contenders = vec![
        shell(Floor, "mongodump alone, nothing kept", "--archive >/dev/null"),
        shell(Rival, "mongodump --gzip --archive", "--gzip --archive=archive"),
        shell(Other, "mongodump --archive | pigz", "--archive | pigz >archive"),
    ];
    let login = (server.user.as_str(), server.password.as_str());
    let table = profile(folder, "mongodb", ("127.0.0.1", server.port), login, &server.tools());
    let table = format!("{table}tls = \"off\"\ndatabases = ['{}']\n", database.name);
    contenders.extend(Contender::kronos_settings(&table));
    let status = session.command("admin", doc! { "serverStatus": 1 });
    let process = status.get_i64("pid").ok().and_then(|pid| u32::try_from(pid).ok());
    server_contest("MongoDB", contenders, raw, process, wanted, folder);
}

/// Loads documents until they have `bytes` (their own size: on the disk they are compressed), and returns
/// their size.
fn fill(session: &MongoSession, database: &FreshMongo, bytes: u64) -> u64 {
    println!("\nMongoDB: making a database of {} MB …", bytes / 1_000_000);
    let size = || {
        let stats = session.command(&database.name, doc! { "dbStats": 1 });
        stats.get("dataSize").map_or(0, figure)
    };
    let mut shop = Shop::open();
    while size() < bytes {
        insert(session, &database.name, &shop.by_ref().take(20_000).collect::<Vec<_>>());
    }
    let by_customer =
        doc! { "key": { "customer": 1, "placed_at": 1 }, "name": "orders_by_customer" };
    session.command(&database.name, doc! { "createIndexes": "orders", "indexes": [by_customer] });
    let by_email = doc! { "key": { "email": 1 }, "name": "customers_by_email" };
    session.command(&database.name, doc! { "createIndexes": "customers", "indexes": [by_email] });
    size()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size in bytes")]
fn figure(value: &::mongodb::bson::Bson) -> u64 {
    let float = value.as_f64().map(|size| size as u64);
    let whole = value.as_i64().or(value.as_i32().map(i64::from));
    float.or(whole.and_then(|size| u64::try_from(size).ok())).unwrap_or(0)
}

fn insert(session: &MongoSession, database: &str, orders: &[Order]) {
    let database = session.database(database);
    let new = orders.iter().filter_map(|order| order.new_customer.as_ref());
    let customers: Vec<Document> = new
        .map(|new| {
            doc! {
                "_id": whole(new.id),
                "uuid": &new.uuid,
                "name": &new.name,
                "email": &new.email,
                "created_at": moment(&new.created_at),
            }
        })
        .collect();
    for (collection, documents) in
        [("customers", customers), ("orders", orders.iter().map(document).collect())]
    {
        let collection = database.collection::<Document>(collection);
        let inserted = session.wait(collection.insert_many(documents).into_future());
        inserted.expect("the server has room");
    }
}

fn document(order: &Order) -> Document {
    let payload = &order.payload;
    let item = doc! {
        "sku": &payload.sku,
        "quantity": payload.quantity,
        "price_cents": payload.price_cents,
    };
    let thumbnail = Binary { subtype: BinarySubtype::Generic, bytes: order.thumbnail.clone() };
    doc! {
        "_id": whole(order.id),
        "customer": whole(order.customer),
        "status": order.status,
        "total_cents": order.total_cents,
        "placed_at": moment(&order.placed_at),
        "order_id": &payload.order_id,
        "currency": "EUR",
        "items": [item],
        "shipping": { "method": "standard", "city": &payload.city },
        "note": &order.note,
        "thumbnail": thumbnail,
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).expect("orders are counted from 1")
}

fn moment(text: &str) -> DateTime {
    DateTime::parse_rfc3339_str(text).expect("it is RFC 3339")
}
