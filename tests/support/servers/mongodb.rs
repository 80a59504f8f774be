//! MongoDB servers and sessions on them.

use std::path::PathBuf;
use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, Credential, ServerAddress};
use mongodb::{Client, Database};
use tokio::runtime::Runtime;

use super::{Servers, fresh_name, runtime};

/// One of the running servers.
#[derive(Debug, Clone)]
pub struct MongoServer {
    pub port: u16,
    pub user: String,
    pub password: String,
}

impl MongoServer {
    /// The one that stands alone; `None` when a person chose to go without.
    pub fn standalone() -> Option<Self> {
        Self::at("MONGODB_PORT")
    }

    /// The replica set of one.
    pub fn replica_set() -> Option<Self> {
        Self::at("MONGODB_REPLICA_PORT")
    }

    fn at(port: &str) -> Option<Self> {
        let servers = Servers::get();
        servers.wants("mongodb").then(|| Self {
            port: servers.port(port),
            user: servers.text("MONGODB_USER").to_owned(),
            password: servers.text("MONGODB_PASSWORD").to_owned(),
        })
    }

    /// Where mongodump and mongorestore are.
    #[allow(clippy::unused_self, reason = "all servers are asked alike")]
    pub fn tools(&self) -> PathBuf {
        Servers::get().path("MONGODB_BIN")
    }

    pub fn session(&self) -> MongoSession {
        let runtime = runtime();
        let credential = Credential::builder()
            .username(self.user.clone())
            .password(self.password.clone())
            .source("admin".to_owned())
            .build();
        let options = ClientOptions::builder()
            .hosts(vec![ServerAddress::Tcp { host: "127.0.0.1".into(), port: Some(self.port) }])
            .credential(credential)
            .direct_connection(true)
            .server_selection_timeout(Duration::from_secs(10))
            .build();
        let client = runtime.block_on(async { Client::with_options(options).unwrap() });
        MongoSession { runtime, client }
    }

    /// A database of its own for one test, gone at its end; MongoDB makes it with its first collection.
    pub fn fresh(&self, label: &str) -> FreshMongo {
        self.adopt(&fresh_name(label))
    }

    /// Drops the database `name` at the end of the test; it need not exist yet.
    pub fn adopt(&self, name: &str) -> FreshMongo {
        FreshMongo { server: self.clone(), name: name.to_owned() }
    }

    /// The databases whose names begin so.
    pub fn databases(&self, beginning: &str) -> Vec<String> {
        let session = self.session();
        let mut names = session.wait(session.client.list_database_names().into_future()).unwrap();
        names.retain(|name| name.starts_with(beginning));
        names
    }
}

/// One client.
pub struct MongoSession {
    runtime: Runtime,
    pub client: Client,
}

impl MongoSession {
    /// Waits for an operation of the driver.
    pub fn wait<T>(&self, operation: impl Future<Output = T>) -> T {
        self.runtime.block_on(operation)
    }

    /// Runs one command in a database.
    #[allow(clippy::needless_pass_by_value, reason = "a command is written where it is sent")]
    pub fn command(&self, database: &str, command: Document) -> Document {
        let answer = self.wait(self.database(database).run_command(command.clone()).into_future());
        answer.unwrap_or_else(|error| panic!("{error:?}\n{command}"))
    }

    pub fn database(&self, name: &str) -> Database {
        self.client.database(name)
    }
}

/// A database that is dropped with this value, with its users.
pub struct FreshMongo {
    pub server: MongoServer,
    pub name: String,
}

impl Drop for FreshMongo {
    fn drop(&mut self) {
        let session = self.server.session();
        let database = session.database(&self.name);
        let _ = session
            .wait(database.run_command(doc! { "dropAllUsersFromDatabase": 1 }).into_future());
        let _ = session
            .wait(database.run_command(doc! { "dropAllRolesFromDatabase": 1 }).into_future());
        let _ = session.wait(database.drop().into_future());
    }
}
