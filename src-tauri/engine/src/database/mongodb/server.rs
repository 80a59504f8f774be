//! Who the server is: its version, its part in a set of servers, its identity.
//!
//! Owns the rules of versions.

use mongodb::bson::{Document, doc};

use super::super::tool::ToolVersion;
use super::connect::Session;
use crate::error::Result;

/// What a server is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deployment {
    /// Nothing: it stands alone.
    Standalone,
    /// A set of servers with the same data.
    ReplicaSet,
    /// A router in front of a sharded cluster.
    Router,
}

/// A server as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    /// "MongoDB 6.0.5".
    pub(super) title: String,
    /// Its version.
    pub(super) version: ToolVersion,
    /// What it is part of.
    pub(super) deployment: Deployment,
    /// Whether it takes writes.
    pub(super) is_writable: bool,
    /// Where writes go instead; empty when nobody knows.
    pub(super) primary: String,
    /// What tells its set from every other; empty for a server that stands alone.
    pub(super) identity: String,
}

impl Server {
    /// Asks the server.
    pub(super) async fn ask(session: &Session) -> Result<Self> {
        let build = session.admin(doc! { "buildInfo": 1 }).await?;
        let version = build.get_str("version").unwrap_or_default().to_owned();
        let hello = &session.hello;
        let deployment = deployment(hello);
        let identity = match deployment {
            Deployment::ReplicaSet => identity(session).await,
            Deployment::Standalone | Deployment::Router => String::new(),
        };
        Ok(Self {
            title: format!("MongoDB {version}"),
            version: ToolVersion::first_in(&version).unwrap_or_default(),
            deployment,
            is_writable: hello.get_bool("isWritablePrimary").unwrap_or(false),
            primary: hello.get_str("primary").unwrap_or_default().to_owned(),
            identity,
        })
    }
}

fn deployment(hello: &Document) -> Deployment {
    if hello.get_str("msg").is_ok_and(|message| message == "isdbgrid") {
        Deployment::Router
    } else if hello.contains_key("setName") {
        Deployment::ReplicaSet
    } else {
        Deployment::Standalone
    }
}

/// The id of the set, where the user may see it.
async fn identity(session: &Session) -> String {
    let answer = session.admin(doc! { "replSetGetConfig": 1 }).await;
    let id = answer.ok().and_then(|answer| {
        let settings = answer.get_document("config").ok()?.get_document("settings").ok()?;
        settings.get_object_id("replicaSetId").ok()
    });
    id.map(mongodb::bson::oid::ObjectId::to_hex).unwrap_or_default()
}

/// The version in "MongoDB 6.0.5".
pub(super) fn version_in(title: &str) -> Option<ToolVersion> {
    ToolVersion::first_in(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_says_what_the_server_is_part_of() {
        assert_eq!(deployment(&doc! { "msg": "isdbgrid" }), Deployment::Router);
        assert_eq!(deployment(&doc! { "setName": "rs0" }), Deployment::ReplicaSet);
        assert_eq!(deployment(&doc! { "isWritablePrimary": true }), Deployment::Standalone);
    }
}
