//! All servers alike, as the proofs see them: make a database, describe it, write the profile that backs it
//! up.
//!
//! Owns what differs between the engines in the tests. What is proven belongs to each suite.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use mongodb::bson::{Document, doc};

use crate::cli::{Ran, TestContext};
use crate::fixtures;
use crate::listing::{self, Listing};
use crate::servers::{
    FreshMongo, FreshMysql, FreshPostgres, MongoServer, MysqlServer, PostgresServer, Servers,
    fresh_name,
};

/// The name of the profile in every test.
pub const PROFILE: &str = "subject";

/// One of the running servers.
#[derive(Debug, Clone)]
pub enum Subject {
    Postgres(PostgresServer),
    Mysql(MysqlServer),
    Mongo(MongoServer),
}

/// A database that is dropped with this value.
pub enum Fresh {
    Postgres(FreshPostgres),
    Mysql(FreshMysql),
    Mongo(FreshMongo),
}

impl Fresh {
    pub fn name(&self) -> &str {
        match self {
            Self::Postgres(database) => &database.name,
            Self::Mysql(database) => &database.name,
            Self::Mongo(database) => &database.name,
        }
    }
}

impl Subject {
    /// One server of each make: PostgreSQL, MariaDB, MySQL, MongoDB.
    pub fn each() -> Vec<Self> {
        let servers = [
            PostgresServer::wanted().map(Self::Postgres),
            MysqlServer::mariadb().map(Self::Mysql),
            MysqlServer::mysql().map(Self::Mysql),
            MongoServer::standalone().map(Self::Mongo),
        ];
        servers.into_iter().flatten().collect()
    }

    /// The name of the make, for reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "PostgreSQL",
            Self::Mysql(server) if server.is_mariadb() => "MariaDB",
            Self::Mysql(_) => "MySQL",
            Self::Mongo(_) => "MongoDB",
        }
    }

    /// The name of its engine in a configuration.
    fn engine(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
            Self::Mysql(_) => "mysql",
            Self::Mongo(_) => "mongodb",
        }
    }

    pub fn port(&self) -> u16 {
        match self {
            Self::Postgres(server) => server.port,
            Self::Mysql(server) => server.port,
            Self::Mongo(server) => server.port,
        }
    }

    pub fn login(&self) -> (&str, &str) {
        match self {
            Self::Postgres(server) => (&server.user, &server.password),
            Self::Mysql(server) => (&server.user, &server.password),
            Self::Mongo(server) => (&server.user, &server.password),
        }
    }

    /// The folder of the tools of its own make and version.
    pub fn tools(&self) -> PathBuf {
        match self {
            Self::Postgres(server) => server.tools(),
            Self::Mysql(server) => server.tools(),
            Self::Mongo(server) => server.tools(),
        }
    }

    /// The programs that a backup and a restore need, the one that dumps first.
    pub fn programs(&self) -> &'static [&'static str] {
        match self {
            Self::Postgres(_) => &["pg_dump", "pg_restore", "psql", "pg_dumpall"],
            Self::Mysql(server) if server.is_mariadb() => &["mariadb-dump", "mariadb"],
            Self::Mysql(_) => &["mysqldump", "mysql"],
            Self::Mongo(_) => &["mongodump", "mongorestore"],
        }
    }

    /// A database with everything in it.
    pub fn nasty(&self) -> Fresh {
        match self {
            Self::Postgres(server) => Fresh::Postgres(fixtures::nasty_postgres(server)),
            Self::Mysql(server) => Fresh::Mysql(fixtures::nasty_mysql(server)),
            Self::Mongo(server) => Fresh::Mongo(crate::nasty_mongodb::nasty_mongodb(server)),
        }
    }

    /// A database with one table `item` of so many rows of about 1 kB that do not compress well.
    pub fn plain(&self, rows: u32) -> Fresh {
        match self {
            Self::Postgres(server) => {
                let database = server.fresh("plain");
                database.session().run(&format!(
                    "CREATE TABLE item (id int PRIMARY KEY, pad text); INSERT INTO item SELECT i,
                     (SELECT string_agg(md5((i * 31 + j)::text), '') FROM generate_series(1, 31) j)
                     FROM generate_series(1, {rows}) i"
                ));
                Fresh::Postgres(database)
            }
            Self::Mysql(server) => {
                let database = server.fresh("plain");
                let mut session = database.session();
                session.run("CREATE TABLE item (id INT PRIMARY KEY, pad TEXT)");
                let limit = if server.is_mariadb() {
                    "max_recursive_iterations"
                } else {
                    "cte_max_recursion_depth"
                };
                session.run(&format!("SET SESSION {limit} = 10000000"));
                let pads: Vec<_> = (0..15).map(|j| format!("SHA2(i * 15 + {j}, 256)")).collect();
                session.run(&format!(
                    "INSERT INTO item WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
                     WHERE i < {rows}) SELECT i, CONCAT({}) FROM n",
                    pads.join(", ")
                ));
                Fresh::Mysql(database)
            }
            Self::Mongo(server) => {
                let database = server.fresh("plain");
                let session = server.session();
                let items = session.database(&database.name).collection::<Document>("item");
                let part = |number: u128| {
                    format!(
                        "{:032x}",
                        number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
                    )
                };
                let pad =
                    |id: u32| (1..32).map(|j| part(u128::from(id) * 31 + j)).collect::<String>();
                let all: Vec<_> = (0..rows).map(|id| doc! { "_id": id, "pad": pad(id) }).collect();
                for part in all.chunks(10_000) {
                    session.wait(items.insert_many(part).into_future()).unwrap();
                }
                Fresh::Mongo(database)
            }
        }
    }

    /// The names of all databases on it.
    pub fn databases(&self) -> Vec<String> {
        match self {
            Self::Postgres(server) => server.databases(""),
            Self::Mysql(server) => server.databases(""),
            Self::Mongo(server) => server.databases(""),
        }
    }

    /// Drops a database that no value of these tests owns.
    pub fn drop_database(&self, name: &str) {
        drop(self.adopt(name));
    }

    fn adopt(&self, name: &str) -> Fresh {
        match self {
            Self::Postgres(server) => Fresh::Postgres(server.adopt(name)),
            Self::Mysql(server) => Fresh::Mysql(server.adopt(name)),
            Self::Mongo(server) => Fresh::Mongo(server.adopt(name)),
        }
    }

    /// A name for a restored database, which is dropped with the value.
    pub fn target(&self, label: &str) -> Fresh {
        self.adopt(&fresh_name(label))
    }

    pub fn snapshot(&self, database: &str) -> Listing {
        match self {
            Self::Postgres(server) => listing::postgres(&server.session(database)),
            Self::Mysql(server) => listing::mysql(&mut server.session(None), database),
            Self::Mongo(server) => listing::mongodb(&server.session(), database),
        }
    }

    /// An administrator with a password of the test's own; gone with the value.
    pub fn user(&self, password: &str) -> User {
        let name = fresh_name("user");
        let sql = format!("'{}'", password.replace('\'', "''"));
        match self {
            Self::Postgres(server) => {
                let session = server.session("postgres");
                session.run(&format!("CREATE ROLE {name} SUPERUSER LOGIN PASSWORD {sql}"));
            }
            Self::Mysql(server) => {
                let mut session = server.session(None);
                let sql = sql.replace('\\', "\\\\");
                session.run(&format!("CREATE USER {name}@'%' IDENTIFIED BY {sql}"));
                session.run(&format!("GRANT ALL ON *.* TO {name}@'%' WITH GRANT OPTION"));
            }
            Self::Mongo(server) => {
                // SCRAM-SHA-256 takes no password with a character younger than Unicode 3.2.
                let command = doc! { "createUser": &name, "pwd": password, "roles": ["root"], "mechanisms": ["SCRAM-SHA-1"] };
                server.session().command("admin", command);
            }
        }
        User { subject: self.clone(), name }
    }

    /// The profile that backs `database` up.
    pub fn profile(&self, database: &str) -> Profile {
        let (user, password) = self.login();
        Profile {
            engine: self.engine(),
            place: format!("host = \"127.0.0.1\"\nport = {}", self.port()),
            user: user.to_owned(),
            password: password.to_owned(),
            databases: vec![database.to_owned()],
            tools: Some(self.tools()),
            more: String::new(),
            environment: Vec::new(),
        }
    }
}

/// An administrator of its own, so that nobody else's use of the password is found.
pub struct User {
    subject: Subject,
    pub name: String,
}

impl Drop for User {
    fn drop(&mut self) {
        match &self.subject {
            Subject::Postgres(server) => {
                // The role may own a restored database that is dropped after it.
                let give = format!("REASSIGN OWNED BY {0} TO postgres; DROP ROLE {0}", self.name);
                let _ = server.session("postgres").try_run(&give);
            }
            Subject::Mysql(server) => {
                let _ = server.session(None).try_run(&format!("DROP USER {}", self.name));
            }
            Subject::Mongo(server) => {
                server.session().command("admin", doc! { "dropUser": &self.name });
            }
        }
    }
}

/// One profile of a configuration.
#[derive(Debug, Clone)]
pub struct Profile {
    pub engine: &'static str,
    /// The lines that say where the server is.
    pub place: String,
    pub user: String,
    pub password: String,
    pub databases: Vec<String>,
    pub tools: Option<PathBuf>,
    /// Other lines of its table.
    pub more: String,
    /// Variables that `kronos` is started with.
    pub environment: Vec<(&'static str, String)>,
}

impl Profile {
    /// The same with the tools inside the container of the tests: none of this computer are needed.
    pub fn in_container(self) -> Self {
        let text = |key| Servers::get().text(key);
        Self {
            place: format!(
                "docker = {:?}\nport = {}",
                text("DOCKER_CONTAINER"),
                text("DOCKER_POSTGRES_PORT")
            ),
            tools: None,
            environment: vec![
                ("DOCKER_HOST", text("DOCKER_HOST").into()),
                ("PATH", std::env::var("PATH").unwrap()),
            ],
            ..self
        }
    }

    /// A call of `kronos` with this profile.
    pub fn command(&self, context: &TestContext, words: &[&str]) -> Command {
        let mut command = context.command(words);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The same, which has to succeed, if with warnings.
    pub fn ok(&self, context: &TestContext, words: &[&str]) -> Ran {
        let ran = Ran::from(self.command(context, words).output().unwrap());
        assert!(
            matches!(ran.code, 0 | 3),
            "{} {words:?}: {} {}",
            self.engine,
            ran.code,
            ran.stderr
        );
        ran
    }

    /// Writes it as the configuration of `context`; the password, if there is one, goes into a file of its own.
    pub fn write(&self, context: &TestContext) {
        let secret = context.root().join("password");
        std::fs::write(&secret, &self.password).unwrap();
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
        let password = match self.password.as_str() {
            "" => String::new(),
            _ => format!("password = {{ file = {secret:?} }}\n"),
        };
        let tools =
            self.tools.as_ref().map_or_else(String::new, |tools| format!("tools = {tools:?}\n"));
        // Without the key all databases are taken.
        let databases = match self.databases.as_slice() {
            [] => String::new(),
            names => format!("databases = {names:?}\n"),
        };
        context.config(&format!(
            "[databases.{PROFILE}]\nengine = {:?}\n{}\nuser = {:?}\n{password}\
             {databases}{tools}{}\n\n{}",
            self.engine,
            self.place,
            self.user,
            self.more,
            context.storage_table()
        ));
    }
}

/// A folder of tools in which `script` stands in for the program that dumps, and links for the others. In the
/// script `$REAL` is the true program; it is never asked for its version.
pub fn tools_with(context: &TestContext, subject: &Subject, name: &str, script: &str) -> PathBuf {
    tools_instead_of(subject.programs()[0], context, subject, name, script)
}

/// The same, with `script` in place of the program that loads.
pub fn loaders_with(context: &TestContext, subject: &Subject, name: &str, script: &str) -> PathBuf {
    tools_instead_of(subject.programs()[1], context, subject, name, script)
}

fn tools_instead_of(
    replaced: &str,
    context: &TestContext,
    subject: &Subject,
    name: &str,
    script: &str,
) -> PathBuf {
    let folder = context.root().join("tools").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let real = subject.tools();
    for program in subject.programs() {
        let (wrapper, own) = (folder.join(program), real.join(program));
        if *program == replaced {
            write_tool(&wrapper, &own, script);
        } else if own.exists() {
            std::os::unix::fs::symlink(own, wrapper).unwrap();
        }
    }
    folder
}

fn write_tool(path: &Path, real: &Path, script: &str) {
    let text = format!(
        "#!/bin/bash\nREAL={real:?}\nfor word in \"$@\"; do case $word in --version | -V) exec \"$REAL\" \"$@\" ;; \
         esac; done\n{script}\n"
    );
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
