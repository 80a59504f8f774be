//! A small shop on each kind of database server, and a witness that reads it without Kronos.
//!
//! Owns what is in it. Where the servers are belongs to `servers`.

use std::any::Any;
use std::path::PathBuf;

use mongodb::bson::{Document, doc};

use crate::servers::{MongoServer, MysqlServer, PostgresServer, TextRow};

/// Reads everything that is in a database.
type Witness = Box<dyn Fn(&str) -> Vec<String>>;

/// A database to back up, and what one needs to know to fill in a form.
pub struct Shop {
    pub port: u16,
    pub user: String,
    pub password: String,
    /// The folder of the tools, where the system has none.
    pub tools: Option<PathBuf>,
    /// The database.
    pub name: String,
    /// A name that is free, for the restored one.
    pub restored: String,
    witness: Witness,
    /// Drops both databases.
    _gone_at_the_end: Vec<Box<dyn Any>>,
}

impl Shop {
    /// Everything that is in a database, as text.
    pub fn contents(&self, database: &str) -> Vec<String> {
        (self.witness)(database)
    }

    pub fn on_postgres() -> Option<Self> {
        let server = PostgresServer::wanted()?;
        let database = server.fresh("window");
        let name = database.name.clone();
        database.session().run(
            "CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
             CREATE TABLE orders (id serial PRIMARY KEY, customer int NOT NULL REFERENCES customers, total numeric(9,2));
             CREATE TABLE log_2026 (line text);
             CREATE VIEW spent AS SELECT customer, sum(total) FROM orders GROUP BY customer;
             INSERT INTO customers SELECT i, 'Kundin Nº ' || i || ' 🛒' FROM generate_series(1, 500) i;
             INSERT INTO orders (customer, total) SELECT i % 500 + 1, i * 1.37 FROM generate_series(1, 1000) i;
             INSERT INTO log_2026 VALUES ('left out');",
        );
        let restored = format!("{name}_again");
        let adopted = server.adopt(&restored);
        let (port, user, password) = (server.port, server.user.clone(), server.password.clone());
        let witness = move |database: &str| {
            let session = server.session(database);
            let mut facts = session.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'log%' ORDER BY 1");
            facts.extend(session.rows("SELECT * FROM customers ORDER BY id"));
            facts.extend(session.rows("SELECT * FROM orders ORDER BY id"));
            facts.extend(session.rows("SELECT * FROM spent ORDER BY 1"));
            facts.iter().map(line).collect()
        };
        Some(Self {
            port,
            user,
            password,
            tools: None,
            name,
            restored,
            witness: Box::new(witness),
            _gone_at_the_end: vec![Box::new(database), Box::new(adopted)],
        })
    }

    pub fn on_mariadb() -> Option<Self> {
        MysqlServer::mariadb().map(Self::on_mysql_like)
    }

    pub fn on_mysql() -> Option<Self> {
        MysqlServer::mysql().map(Self::on_mysql_like)
    }

    fn on_mysql_like(server: MysqlServer) -> Self {
        let database = server.fresh("window");
        let name = database.name.clone();
        let mut session = database.session();
        for statement in [
            "CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL) CHARACTER SET utf8mb4",
            "CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, customer int NOT NULL, total decimal(9,2))",
            "CREATE TABLE log_2026 (line text)",
            "CREATE VIEW spent AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer",
            "INSERT INTO customers VALUES (1, 'Kundin Nº 1 🛒'), (2, 'O''Brien \\\\ & \"Söhne\"')",
            "INSERT INTO orders (customer, total) VALUES (1, 1.37), (2, 2.74), (1, NULL)",
            "INSERT INTO log_2026 VALUES ('left out')",
        ] {
            session.run(statement);
        }
        drop(session);
        let restored = format!("{name}_again");
        let adopted = server.adopt(&restored);
        let (port, user, password) = (server.port, server.user.clone(), server.password.clone());
        let tools = (!server.is_mariadb()).then(|| server.tools());
        let witness = move |database: &str| {
            let mut session = server.session(Some(database));
            let mut facts = session.rows(
                "SHOW TABLES WHERE `Tables_in_db` NOT LIKE 'log%'"
                    .replace("Tables_in_db", &format!("Tables_in_{database}"))
                    .as_str(),
            );
            facts.extend(session.rows("SELECT * FROM customers ORDER BY id"));
            facts.extend(session.rows("SELECT * FROM orders ORDER BY id"));
            facts.extend(session.rows("SELECT * FROM spent ORDER BY 1"));
            facts.iter().map(line).collect()
        };
        Self {
            port,
            user,
            password,
            tools,
            name,
            restored,
            witness: Box::new(witness),
            _gone_at_the_end: vec![Box::new(database), Box::new(adopted)],
        }
    }

    pub fn on_mongodb() -> Option<Self> {
        let server = MongoServer::replica_set()?;
        let database = server.fresh("window");
        let name = database.name.clone();
        let session = server.session();
        let customers: Vec<Document> = (1..=500_i32)
            .map(|i| doc! { "_id": i, "name": format!("Kundin Nº {i} 🛒"), "orders": [{ "total": f64::from(i) * 1.37 }] })
            .collect();
        let shop = session.database(&name);
        session.wait(shop.collection("customers").insert_many(customers).into_future()).unwrap();
        session
            .wait(shop.collection("log_2026").insert_one(doc! { "line": "left out" }).into_future())
            .unwrap();
        let restored = format!("{name}_again");
        let adopted = server.adopt(&restored);
        let (port, user, password) = (server.port, server.user.clone(), server.password.clone());
        let tools = Some(server.tools());
        let witness = move |database: &str| {
            let session = server.session();
            let find = doc! { "find": "customers", "sort": { "_id": 1 }, "batchSize": 1000 };
            let answer = session.command(database, find);
            let found = answer.get_document("cursor").unwrap().get_array("firstBatch").unwrap();
            found.iter().map(ToString::to_string).collect()
        };
        Some(Self {
            port,
            user,
            password,
            tools,
            name,
            restored,
            witness: Box::new(witness),
            _gone_at_the_end: vec![Box::new(database), Box::new(adopted)],
        })
    }
}

fn line(row: &TextRow) -> String {
    let cells = row.iter().map(|cell| cell.as_deref().map(String::from_utf8_lossy));
    cells.map(|cell| cell.unwrap_or("NULL".into()).into_owned()).collect::<Vec<_>>().join("\t")
}
