//! Looking at a server without changing anything, and planning its dump.
//!
//! Owns what is refused before the first byte: a name that does not exist, a missing right, a missing
//! tool. A dump that would silently be smaller than the database never begins.

use std::collections::BTreeMap;

use super::super::tool::Tool;
use super::super::{DumpPlan, MissingRight, PlannedUnit, Probe, ProbedDatabase, ProbedObject};
use super::arguments;
use super::catalog;
use super::flavour::Flavour;
use super::replace;
use super::rights::{Missing, Rights};
use super::scope::Expected;
use super::script::{Item, ItemKind};
use super::selection::Selected;
use super::session::{Access, Session};
use super::steps;
use super::tools::{self, Purpose};
use crate::config::ConnectionSettings;
use crate::contents::{ServerInfo, UnitKind};
use crate::error::{Error, Result, ServerError};

/// The name of the unit that holds users and their rights.
pub(super) const USERS: &str = "users";

/// One database of the profile.
struct Found {
    name: String,
    expected: Expected,
    missing: Option<Missing>,
}

/// Everything that a look finds out.
struct Look {
    access: Access,
    session: Session,
    found: Vec<Found>,
    can_lock: bool,
    server: ServerInfo,
}

impl Look {
    async fn take(settings: &ConnectionSettings) -> Result<Self> {
        let access = Access::of(settings).await?;
        let mut session = Session::open(&access).await?;
        let selected = Selected::of(settings);
        let names = selected.databases(&catalog::databases(&mut session).await?);
        let names = names.map_err(|database| ServerError::UnknownDatabase {
            server: access.who.server.clone(),
            database,
        })?;
        let rights = Rights::read(&mut session).await?;
        let mut found = Vec::new();
        for name in names {
            let expected = Expected::read(&mut session, &name, &selected).await?;
            let is_routine = |item: &Item| item.kind != ItemKind::Event;
            let has_routines = expected.catalog.others.iter().any(is_routine);
            let missing = rights.missing(session.version, &name, has_routines);
            found.push(Found { name, expected, missing });
        }
        let can_lock = rights.has_everywhere("RELOAD");
        let server = server_info(&mut session).await;
        Ok(Self { access, session, found, can_lock, server })
    }

    async fn tool(&self, settings: &ConnectionSettings) -> Result<Tool> {
        let (version, place) = (self.session.version, &self.access.place);
        tools::choose(version, Purpose::Dump, place, settings.server.tools.as_deref()).await
    }

    /// Things to know before relying on the dump.
    fn warnings(&self, settings: &ConnectionSettings, tool: Option<&Tool>) -> Vec<String> {
        let mut warnings: Vec<String> = tool.and_then(tools::warning).into_iter().collect();
        for found in &self.found {
            let mixed = found.expected.without_transactions();
            if !mixed.is_empty() && !settings.server.lock_tables {
                warnings.push(format!(
                    "`{}`: {} cannot be read in a transaction and may show another moment than the \
                     rest; `lock_tables` holds writers up and makes it one moment",
                    found.name,
                    mixed.join(", ")
                ));
            }
            let keeps_history =
                tool.is_none_or(|tool| arguments::keeps_history(tool, self.session.version));
            if !keeps_history && found.expected.tables().any(|table| table.versioned) {
                warnings.push(format!(
                    "`{}`: old versions of rows are not in the backup; that needs MariaDB 10.11 or newer",
                    found.name
                ));
            }
        }
        warnings
    }

    fn missing_rights(&self, settings: &ConnectionSettings) -> Vec<MissingRight> {
        let named = |found: &Found| {
            let missing = found.missing.as_ref()?;
            let object = format!("{} ({})", found.name, missing.rights);
            Some(MissingRight { object, grant: missing.grant.clone() })
        };
        let mut missing: Vec<_> = self.found.iter().filter_map(named).collect();
        if settings.server.lock_tables && !self.can_lock {
            let grant = format!("GRANT RELOAD ON *.* TO {};", self.access.who.user);
            missing.push(MissingRight { object: "lock_tables (RELOAD)".to_owned(), grant });
        }
        missing
    }
}

pub(super) async fn server_info(session: &mut Session) -> ServerInfo {
    let variable = match session.version.flavour {
        Flavour::MySql => "server_uuid",
        Flavour::MariaDb => "server_uid",
    };
    let identity = session.variable(variable).await.unwrap_or_default();
    ServerInfo { version: session.version.to_string(), identity, ..ServerInfo::default() }
}

/// Looks at the server. A missing tool is a warning here: the connection itself works.
pub(super) async fn probe(settings: &ConnectionSettings) -> Result<Probe> {
    let mut look = Look::take(settings).await?;
    let (tool, complaint) = match look.tool(settings).await {
        Ok(tool) => (Some(tool), None),
        Err(error) => (None, Some(with_hint(&error))),
    };
    let mut warnings = look.warnings(settings, tool.as_ref());
    warnings.extend(complaint);
    if let Some(tool) = &tool {
        look.server.tool = tool.title();
        look.server.tool_place = tool.shown_place();
    }
    let probe = Probe {
        server: look.server.clone(),
        databases: look.found.iter().map(probed).collect(),
        protection: look.session.protection(&look.access),
        missing_rights: look.missing_rights(settings),
        warnings,
    };
    look.session.close().await;
    Ok(probe)
}

fn with_hint(error: &Error) -> String {
    match error.hint() {
        Some(hint) => format!("{error}. {hint}"),
        None => error.to_string(),
    }
}

fn probed(found: &Found) -> ProbedDatabase {
    let catalog = &found.expected.catalog;
    let tables = || catalog.tables.iter().filter(|table| table.item.kind == ItemKind::Table);
    let objects = tables().map(|table| ProbedObject {
        name: table.item.name.clone(),
        size: table.data + table.indexes,
        rows: table.rows,
    });
    let properties = BTreeMap::from([
        ("character_set".to_owned(), catalog.character_set.clone()),
        ("collation".to_owned(), catalog.collation.clone()),
    ]);
    ProbedDatabase {
        name: found.name.clone(),
        size: tables().map(|table| table.data + table.indexes).sum(),
        tables: tables().count() as u64,
        properties,
        objects: objects.collect(),
    }
}

/// Plans a dump and refuses one that would not be whole.
pub(super) async fn plan(settings: &ConnectionSettings) -> Result<DumpPlan> {
    let mut look = Look::take(settings).await?;
    let names: Vec<String> = look.found.iter().map(|found| found.name.clone()).collect();
    let settled = replace::settle(&mut look.session, &names).await?;
    if !settled.is_empty() {
        look.session.close().await;
        look = Look::take(settings).await?;
    }
    if let Some(missing) = look.missing_rights(settings).into_iter().next() {
        return Err(ServerError::RightMissing {
            user: look.access.who.user.clone(),
            object: missing.object,
            detail: "the server would hide a part of it, and the backup would not be whole"
                .to_owned(),
            grant: Some(missing.grant),
        }
        .into());
    }
    let tool = look.tool(settings).await?;
    look.server.tool = tool.title();
    look.server.tool_place = tool.shown_place();
    let source = |name: &str| format!("{}/{name}", look.access.who.server);
    let mut units: Vec<PlannedUnit> = look
        .found
        .iter()
        .map(|found| PlannedUnit {
            name: found.name.clone(),
            kind: UnitKind::Database,
            source: source(&found.name),
            extension: "sql",
            size: found.expected.size(),
            streamed: true,
            steps: Some(steps::database(
                look.session.version,
                &found.name,
                &found.expected.catalog,
            )),
        })
        .collect();
    if settings.server.globals {
        units.push(users_unit(&units, &look));
    }
    let mut warnings = look.warnings(settings, Some(&tool));
    warnings.extend(settled);
    look.session.close().await;
    Ok(DumpPlan { server: look.server, units, scratch_bytes: 0, warnings })
}

fn users_unit(databases: &[PlannedUnit], look: &Look) -> PlannedUnit {
    let is_taken = databases.iter().any(|unit| unit.name == USERS);
    PlannedUnit {
        name: if is_taken { format!("{USERS} of the server") } else { USERS.to_owned() },
        kind: UnitKind::Globals,
        source: look.access.who.server.clone(),
        extension: "sql",
        size: 0,
        streamed: true,
        steps: Some(steps::users(look.session.version)),
    }
}
