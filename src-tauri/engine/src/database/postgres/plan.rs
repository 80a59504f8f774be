//! The test of a connection and the plan of a dump.
//!
//! Owns which rights are missing and what a person sees before anything is dumped.

use super::access::Access;
use super::catalogue::{Catalogue, Database, Relation};
use super::faults;
use super::quote;
use super::selection::Chosen;
use super::server::{Server, enter};
use super::{steps, tools};
use crate::cancel::{CancelCheck, CancellationToken};
use crate::contents::{ServerInfo, UnitKind};
use crate::database::{DumpPlan, MissingRight, PlannedUnit, Probe, ProbedDatabase, ProbedObject};
use crate::error::{Error, Result, ServerError};

/// More statements than these are replaced by one that grants everything.
const MAX_GRANTS: usize = 3;

/// Looks at everything and stops at nothing that can be shown instead.
pub(super) async fn probe(access: &Access) -> Result<Probe> {
    let server = Server::look(access).await?;
    let mut probe = Probe {
        server: ServerInfo::default(),
        databases: Vec::new(),
        protection: access.protection(server.session.encrypted),
        missing_rights: Vec::new(),
        warnings: server.warnings.clone(),
    };
    access.check_password()?;
    let tool = tools::dump_tool(access, server.major()).await?;
    if access.settings().server.globals {
        tools::globals_tool(access, server.major()).await?;
        probe.warnings.push("The passwords of the roles do not go into a backup".to_owned());
    }
    probe.warnings.extend(tools::warning(&tool));
    probe.server = server.info((tool.title(), tool.shown_place())).await;
    for database in &server.databases {
        if !database.may_connect {
            probe.missing_rights.push(may_connect(access, database));
            continue;
        }
        let (_, catalogue) = enter(access, &database.name).await?;
        let chosen = Chosen::new(&access.settings().server.selection, &catalogue);
        probe.missing_rights.extend(missing(access, &chosen, &catalogue));
        let known = chosen.warnings.iter().chain(&chosen.consequences);
        probe.warnings.extend(known.map(|text| about(database, text)));
        probe.databases.push(probed(database, &catalogue));
    }
    Ok(probe)
}

fn about(database: &Database, text: &str) -> String {
    format!("`{}`: {text}", database.name)
}

fn probed(database: &Database, catalogue: &Catalogue) -> ProbedDatabase {
    let tables = catalogue.relations.iter().filter(|relation| relation.is_lockable());
    let object = |table: &Relation| ProbedObject {
        name: table.shown(),
        size: table.size,
        rows: table.rows.filter(|_| table.has_rows()),
    };
    ProbedDatabase {
        name: database.name.clone(),
        size: database.size,
        tables: tables.clone().count() as u64,
        properties: database.properties.clone(),
        objects: tables.map(object).collect(),
    }
}

fn may_connect(access: &Access, database: &Database) -> MissingRight {
    let (name, user) = (quote::identifier(&database.name), quote::identifier(&access.user));
    MissingRight {
        object: database.name.clone(),
        grant: format!("GRANT CONNECT ON DATABASE {name} TO {user};"),
    }
}

/// What the user may not read, or not wholly, of what is going to be dumped.
fn missing(access: &Access, chosen: &Chosen, catalogue: &Catalogue) -> Vec<MissingRight> {
    let user = quote::identifier(&access.user);
    let dumped = catalogue.relations.iter().filter(|relation| {
        // A view or a foreign table is only described; to describe it nothing has to be granted.
        matches!(relation.kind, 'r' | 'p' | 'S') && !chosen.excluded.contains(&relation.oid)
    });
    let right = |relation: &Relation| {
        let (schema, name) = (quote::identifier(&relation.schema), relation.quoted());
        let kind = if relation.kind == 'S' { "SEQUENCE " } else { "" };
        let grant = if !relation.is_readable {
            format!(
                "GRANT USAGE ON SCHEMA {schema} TO {user}; GRANT SELECT ON {kind}{name} TO {user};"
            )
        } else if relation.is_filtered && chosen.takes_rows(relation, catalogue.is_standby) {
            faults::bypass(&access.user)
        } else {
            return None;
        };
        Some(MissingRight { object: relation.shown(), grant })
    };
    let large_object = catalogue.hidden_large_object.map(|oid| large_objects(oid, &user));
    dumped.filter_map(right).chain(large_object).collect()
}

/// There is no right to read all large objects, so each of them is granted.
fn large_objects(first: u32, user: &str) -> MissingRight {
    let grant = format!(
        "DO $$ DECLARE o oid; BEGIN FOR o IN SELECT oid FROM pg_largeobject_metadata LOOP \
         EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO %s', o, {}); END LOOP; END $$;",
        quote::literal(user)
    );
    MissingRight { object: format!("large object {first}"), grant }
}

/// Lists what a dump would contain, or fails where a part of it could not be read.
pub(super) async fn plan(access: &Access, cancel: &CancellationToken) -> Result<DumpPlan> {
    let looking = cancel.run_until_cancelled(look(access, cancel)).await;
    looking.unwrap_or(Err(Error::Cancelled))
}

async fn look(access: &Access, cancel: &CancellationToken) -> Result<DumpPlan> {
    let server = Server::look(access).await?;
    access.check_password()?;
    let tool = tools::dump_tool(access, server.major()).await?;
    let mut warnings = server.warnings.clone();
    warnings.extend(tools::warning(&tool));
    let info = server.info((tool.title(), tool.shown_place())).await;
    let mut units = Vec::new();
    for database in &server.databases {
        cancel.check()?;
        units.push(plan_database(access, database, &info, &mut warnings).await?);
    }
    if access.settings().server.globals {
        tools::globals_tool(access, server.major()).await?;
        units.push(plan_globals(access, &units));
    }
    Ok(DumpPlan { server: info, units, scratch_bytes: 0, warnings })
}

async fn plan_database(
    access: &Access,
    database: &Database,
    server: &ServerInfo,
    warnings: &mut Vec<String>,
) -> Result<PlannedUnit> {
    let (session, catalogue) = enter(access, &database.name).await?;
    let chosen = Chosen::new(&access.settings().server.selection, &catalogue);
    let missing = missing(access, &chosen, &catalogue);
    if let Some(first) = missing.first() {
        let may_read_all = session.version >= 140_000;
        return Err(refusal(access, first, &missing, may_read_all));
    }
    warnings.extend(chosen.warnings.iter().map(|text| about(database, text)));
    let size = |relation: &Relation| {
        if chosen.takes_rows(relation, catalogue.is_standby) { relation.size } else { 0 }
    };
    Ok(PlannedUnit {
        name: database.name.clone(),
        kind: UnitKind::Database,
        source: format!("{}/{}", access.shown(), database.name),
        extension: "dump",
        size: catalogue.relations.iter().map(size).sum(),
        streamed: true,
        steps: Some(steps::database(database, server, !chosen.cut_foreign_keys.is_empty())),
    })
}

/// Names the first right that is missing, and grants all of them, where the server has a role that
/// `may_read_all` with that one.
fn refusal(
    access: &Access,
    first: &MissingRight,
    all: &[MissingRight],
    may_read_all: bool,
) -> Error {
    let bypass = faults::bypass(&access.user);
    let is_filtered = first.grant == bypass;
    let every = faults::read_all(&access.user);
    let mut grants: Vec<&str> = Vec::new();
    for right in all {
        if !grants.contains(&right.grant.as_str()) {
            grants.push(&right.grant);
        }
    }
    if may_read_all && grants.len() > MAX_GRANTS {
        // What is not about reading a table cannot be granted for all of them at once.
        grants.retain(|grant| !grant.starts_with("GRANT "));
        grants.insert(0, &every);
    }
    let grant = grants.join(" ");
    let detail = if is_filtered {
        "row-level security would show only a part of its rows"
    } else {
        "the right to read it is missing"
    };
    ServerError::RightMissing {
        user: access.user.clone(),
        object: first.object.clone(),
        detail: detail.to_owned(),
        grant: Some(grant),
    }
    .into()
}

/// The roles of the server, under a name that no database has.
fn plan_globals(access: &Access, units: &[PlannedUnit]) -> PlannedUnit {
    let mut name = "roles".to_owned();
    while units.iter().any(|unit| unit.name == name) {
        name.insert_str(0, "server ");
    }
    PlannedUnit {
        name,
        kind: UnitKind::Globals,
        source: access.shown(),
        extension: "sql",
        size: 0,
        streamed: true,
        steps: Some(steps::globals()),
    }
}
