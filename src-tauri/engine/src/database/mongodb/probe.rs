//! The look at a server that "Test connection" shows.
//!
//! Owns how much is told when something is missing: a right that the user lacks is listed with the
//! statement that gives it, a missing tool is a warning.

use std::collections::BTreeMap;

use super::super::{MissingRight, Probe, ProbedDatabase, ProbedObject};
use super::catalogue::{self, Catalogue};
use super::connect::Session;
use super::server::{Deployment, Server};
use super::{info, tools, units};
use crate::config::ConnectionSettings;
use crate::error::{Error, Result, ServerError};

/// Looks without changing anything.
pub(super) async fn probe(
    session: &Session,
    server: &Server,
    settings: &ConnectionSettings,
) -> Result<Probe> {
    let (mut warnings, mut missing_rights) = (notes(server, settings), Vec::new());
    let tool = tools::dumper(session, server, settings.server.tools.as_deref()).await?;
    warnings.extend(tools::warning(server));
    let catalogues = match catalogue::survey(session, settings).await {
        Err(Error::Server(ServerError::RightMissing { object, grant: Some(grant), .. })) => {
            missing_rights.push(MissingRight { object, grant });
            Vec::new()
        }
        other => other?,
    };
    if settings.server.globals {
        match units::units(session, server, settings).await {
            Err(Error::Server(ServerError::RightMissing {
                object, grant: Some(grant), ..
            })) => {
                if missing_rights.is_empty() {
                    missing_rights.push(MissingRight { object, grant });
                }
            }
            other => drop(other?),
        }
    }
    Ok(Probe {
        server: info(server, Some(&tool)),
        databases: catalogues.into_iter().map(probed).collect(),
        protection: session.login.shown_protection(),
        missing_rights,
        warnings,
    })
}

fn notes(server: &Server, settings: &ConnectionSettings) -> Vec<String> {
    let is_set = server.deployment == Deployment::ReplicaSet;
    let note = match (is_set, units::is_whole_server(server, settings)) {
        (_, true) => {
            "All databases, users and roles are one unit of one moment, and are restored together; name \
             the databases, or `*`, to have a unit of each"
        }
        (true, false) => {
            "Collections are read one after another, not at one moment; for one moment let the profile \
             take all databases and `globals`"
        }
        (false, false) => {
            "Collections are read one after another, not at one moment: this server keeps no log of \
             operations that a dump could use"
        }
    };
    vec![note.to_owned()]
}

fn probed(catalogue: Catalogue) -> ProbedDatabase {
    let (size, tables) = (catalogue.size(), catalogue.taken.len() as u64);
    let objects = catalogue.taken.into_iter().map(|entry| ProbedObject {
        name: entry.name,
        size: entry.size,
        rows: entry.rows,
    });
    ProbedDatabase {
        name: catalogue.database,
        size,
        tables,
        properties: BTreeMap::new(),
        objects: objects.collect(),
    }
}
