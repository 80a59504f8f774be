//! What one backup consists of: a unit per database, or one for the whole server.
//!
//! Owns the choice between the two, the names of the units, and how each is loaded by hand.

use mongodb::bson::doc;

use super::super::PlannedUnit;
use super::super::tool::Tool;
use super::catalogue::{self, Catalogue};
use super::connect::Session;
use super::dump;
use super::server::{Deployment, Server};
use super::tools;
use crate::config::{ConnectionSettings, Selection};
use crate::error::Result;

/// The unit of a whole server. No database can have this name: it holds a blank.
pub(in super::super) const WHOLE_SERVER: &str = "all databases";
const USERS: &str = "users and roles";

/// One call of mongodump.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) name: String,
    pub(super) source: String,
    pub(super) content: Content,
}

/// What a unit holds.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// One database.
    Database(Catalogue),
    /// All databases with users and roles, and the log of operations that brings them to one moment.
    Server(Vec<Catalogue>),
    /// Users and roles of the whole server.
    Users {
        /// Other collections beside them, which are not taken.
        others: Vec<String>,
    },
}

/// The units of a profile.
pub(super) async fn units(
    session: &Session,
    server: &Server,
    settings: &ConnectionSettings,
) -> Result<Vec<Unit>> {
    let catalogues = catalogue::survey(session, settings).await?;
    if is_whole_server(server, settings) {
        let content = Content::Server(catalogues);
        let source = session.login.title.clone();
        return Ok(vec![Unit { name: WHOLE_SERVER.to_owned(), source, content }]);
    }
    let mut units: Vec<Unit> = catalogues
        .into_iter()
        .map(|catalogue| Unit {
            name: catalogue.database.clone(),
            source: session.source(&catalogue.database),
            content: Content::Database(catalogue),
        })
        .collect();
    if settings.server.globals {
        units.push(users(session).await?);
    }
    Ok(units)
}

/// Whether the profile takes everything that the server has, and the server keeps the log that makes
/// one moment of it. mongodump takes that log only for a dump without any choice.
pub(super) fn is_whole_server(server: &Server, settings: &ConnectionSettings) -> bool {
    server.deployment == Deployment::ReplicaSet
        && settings.server.globals
        && settings.databases.is_empty()
        && settings.server.selection == Selection::default()
}

async fn users(session: &Session) -> Result<Unit> {
    const OURS: [&str; 3] = ["system.users", "system.roles", "system.version"];
    let database = session.client.database("admin");
    // A right that is missing shows now.
    for collection in OURS {
        let find = doc! { "find": collection, "limit": 1, "singleBatch": true };
        let object = format!("admin.{collection}");
        database.run_command(find).await.map_err(|error| session.failures.of(&error, &object))?;
    }
    let listed = database.list_collection_names().await;
    let mut others = listed.map_err(|error| session.failures.of(&error, "admin"))?;
    others.retain(|name| !OURS.contains(&name.as_str()));
    let source = session.source("admin");
    Ok(Unit { name: USERS.to_owned(), source, content: Content::Users { others } })
}

/// Collections that these tools dump and cannot load.
pub(super) fn names_to_know(units: &[Unit], tool: &Tool) -> Option<String> {
    let catalogues = units.iter().flat_map(|unit| match &unit.content {
        Content::Database(catalogue) => std::slice::from_ref(catalogue),
        Content::Server(catalogues) => catalogues.as_slice(),
        Content::Users { .. } => &[],
    });
    let mut entries = catalogues.flat_map(|catalogue| &catalogue.taken);
    entries.find(|entry| tools::loses(tool, &entry.name)).map(|entry| {
        format!("A restore of {:?} takes newer tools than {}", entry.name, tool.title())
    })
}

impl Unit {
    /// The unit as the plan shows it.
    pub(super) fn planned(&self, session: &Session) -> PlannedUnit {
        let size = match &self.content {
            Content::Database(catalogue) => catalogue.size(),
            Content::Server(catalogues) => catalogues.iter().map(Catalogue::size).sum(),
            Content::Users { .. } => 0,
        };
        PlannedUnit {
            name: self.name.clone(),
            kind: dump::kind(&self.content),
            source: self.source.clone(),
            extension: "archive",
            size,
            streamed: true,
            steps: Some(self.steps(session)),
        }
    }

    fn steps(&self, session: &Session) -> String {
        let login = match session.login.user.as_str() {
            "" => "",
            _ => " --username=USER --authenticationDatabase=admin --config=password.yaml",
        };
        let load = |options: &str| {
            format!(
                "```text\n{{stream}} | mongorestore --host=HOST --port=27017{login} --archive \
                 {options}\n```\n\n"
            )
        };
        let secret = if login.is_empty() { "" } else { PASSWORD };
        match &self.content {
            Content::Database(_) => format!(
                "To load it, with the name of a database that does not exist yet as `NEW`:\n\n{}{secret}\
                 {DIFFERENT_MOMENTS}",
                load(
                    "--nsFrom='$db$.$collection$' --nsTo='NEW.$collection$' --objcheck \
                     --maintainInsertionOrder"
                ),
            ),
            Content::Server(_) => format!(
                "It holds all databases, users and roles of a replica set. To load all of it into a server \
                 without databases, with a user that has the role `root`:\n\n{}{secret}To load one database \
                 of it, without the log of operations and so not at one moment:\n\n{}",
                load("--oplogReplay --objcheck --stopOnError"),
                load(
                    "--nsInclude='DATABASE.*' --nsFrom='DATABASE.*' --nsTo='NEW.*' --objcheck \
                     --stopOnError"
                ),
            ),
            Content::Users { .. } => format!(
                "It holds the users, roles and password hashes of the server. To add them to another one; \
                 users that it has already stay as they are:\n\n{}{secret}",
                load("--nsInclude='admin.system.*'"),
            ),
        }
    }
}

const PASSWORD: &str = "\
`password.yaml` is a file that only you can read, with one line: `password: \"…\"`.\n\n";
const DIFFERENT_MOMENTS: &str = "\
Documents that were moved while the dump ran may be in it twice; then leave out \
`--maintainInsertionOrder`, and mongorestore says how many it passed over.\n";
