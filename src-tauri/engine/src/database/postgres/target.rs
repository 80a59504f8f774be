//! Whether a server can take a dump, and what has to be left out for it.
//!
//! Owns every refusal before the first byte: a name that is taken, an older server, a missing
//! extension, a missing role. Nothing is created here.

use super::super::tool::Tool;
use super::access::Access;
use super::catalogue::ENCODING;
use super::facts::{NEEDED_ROLES, ROLES};
use super::server::{major_in, open_any};
use super::session::Session;
use super::{quote, standing, tools};
use crate::contents::ObjectKind;
use crate::database::DumpedDatabase;
use crate::error::{RestoreError, Result, ServerError};

/// PostgreSQL cuts a longer name without asking.
const MAX_NAME: usize = 63;
/// From this version on `pg_restore` sets what older servers do not know.
const NEW_SETTINGS: u32 = 17;

/// A server that can take the dump.
pub(super) struct Target {
    /// A session to one of its databases.
    pub session: Session,
    /// The tool that loads the dump.
    pub tool: Tool,
    /// Whether owners and grants are restored, too.
    pub keeps_owners: bool,
    /// Things to know afterwards, each one sentence.
    pub warnings: Vec<String>,
}

/// The database that is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Its name.
    pub name: &'a str,
    /// Set when it exists and is to be replaced: whether others may be disconnected.
    pub replaces: Option<bool>,
}

/// Checks everything that can be checked before a byte is written.
pub(super) async fn check(
    access: &Access,
    wanted: Wanted<'_>,
    dumped: &DumpedDatabase,
) -> Result<Target> {
    let name = wanted.name;
    check_name(name)?;
    check_unit(name, dumped)?;
    access.check_password()?;
    let session = open_any(access).await?;
    match wanted.replaces {
        Some(disconnect) => standing::check(access, &session, name, disconnect).await?,
        None => check_free(access, &session, name).await?,
    }
    check_rights(access, &session, name).await?;
    let major = session.version / 10_000;
    check_version(access, major, dumped)?;
    check_extensions(access, &session, dumped).await?;
    check_needed_roles(access, &session, dumped).await?;
    let written_by = major_in(&dumped.server.tool).unwrap_or(major);
    let tool = tools::restore_tool(access, written_by).await?;
    if tool.version.major >= NEW_SETTINGS && major < NEW_SETTINGS {
        let detail = format!(
            "{} loads only into PostgreSQL {NEW_SETTINGS} and later, and this is PostgreSQL {major}",
            tool.title()
        );
        return Err(ServerError::TargetUnfit { server: access.shown(), detail }.into());
    }
    let mut warnings: Vec<String> = tools::warning(&tool).into_iter().collect();
    let keeps_owners = match reason_against_owners(&session, dumped).await? {
        None => true,
        Some(reason) => {
            warnings.push(format!("Owners and grants were not restored: {reason}"));
            false
        }
    };
    Ok(Target { session, tool, keeps_owners, warnings })
}

async fn check_free(access: &Access, session: &Session, name: &str) -> Result<()> {
    if session.all("SELECT FROM pg_database WHERE datname = $1", &[&name]).await?.is_empty() {
        return Ok(());
    }
    let target = format!("{}/{name}", access.shown());
    Err(RestoreError::TargetExists { target }.into())
}

fn check_name(name: &str) -> Result<()> {
    let unusable = |detail: &str| {
        let (target, detail) = (name.to_owned(), detail.to_owned());
        Err(RestoreError::TargetUnusable { target, detail }.into())
    };
    if name.is_empty() || name.contains('\0') {
        return unusable("it is not a name that a database can have");
    }
    if name.len() > MAX_NAME {
        return unusable("PostgreSQL allows 63 bytes for the name of a database");
    }
    Ok(())
}

/// Roles are restored by hand.
fn check_unit(name: &str, dumped: &DumpedDatabase) -> Result<()> {
    if dumped.facts.properties.contains_key(ENCODING) {
        return Ok(());
    }
    Err(RestoreError::TargetUnusable {
        target: name.to_owned(),
        detail: format!(
            "`{}` is no database; `RESTORE.md` in the archive says how to load it",
            dumped.name
        ),
    }
    .into())
}

async fn check_rights(access: &Access, session: &Session, name: &str) -> Result<()> {
    let sql = "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user";
    if session.one(sql, &[]).await?.get(0) {
        return Ok(());
    }
    let user = quote::identifier(&access.user);
    Err(RestoreError::TargetUnusable {
        target: name.to_owned(),
        detail: format!(
            "the user may not create databases; let an administrator run: ALTER ROLE {user} CREATEDB;"
        ),
    }
    .into())
}

fn check_version(access: &Access, major: u32, dumped: &DumpedDatabase) -> Result<()> {
    match major_in(&dumped.server.version) {
        Some(source) if source > major => Err(ServerError::TargetUnfit {
            server: access.shown(),
            detail: format!(
                "it is PostgreSQL {major}, and the backup is from {}",
                dumped.server.version
            ),
        }
        .into()),
        _ => Ok(()),
    }
}

async fn check_extensions(
    access: &Access,
    session: &Session,
    dumped: &DumpedDatabase,
) -> Result<()> {
    let objects = dumped.facts.objects.iter();
    let wanted: Vec<&str> = objects
        .filter(|object| object.kind == ObjectKind::Extension)
        .map(|object| object.name.as_str())
        .collect();
    let sql = "SELECT w::text FROM unnest($1::text[]) w \
               WHERE w NOT IN (SELECT name::text FROM pg_available_extensions) ORDER BY 1";
    let missing = session.all(sql, &[&wanted]).await?;
    let missing: Vec<&str> = missing.iter().map(|row| row.get(0)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "the database uses extensions that are not installed there: {}",
        missing.join(", ")
    );
    Err(ServerError::TargetUnfit { server: access.shown(), detail }.into())
}

/// Policies and user mappings name roles, and no option of `pg_restore` leaves them out.
async fn check_needed_roles(
    access: &Access,
    session: &Session,
    dumped: &DumpedDatabase,
) -> Result<()> {
    let missing = missing_roles(session, &listed(dumped, NEEDED_ROLES)).await?;
    let Some(first) = missing.first() else { return Ok(()) };
    let detail = format!(
        "its policies name roles that do not exist there: {}; create them first: CREATE ROLE {};",
        missing.join(", "),
        quote::identifier(first),
    );
    Err(ServerError::TargetUnfit { server: access.shown(), detail }.into())
}

/// Why owners and grants cannot be kept.
async fn reason_against_owners(
    session: &Session,
    dumped: &DumpedDatabase,
) -> Result<Option<String>> {
    let roles = listed(dumped, ROLES);
    if roles.is_empty() {
        return Ok(Some("the backup does not list the roles".to_owned()));
    }
    let missing = missing_roles(session, &roles).await?;
    if !missing.is_empty() {
        return Ok(Some(format!("these roles do not exist there: {}", missing.join(", "))));
    }
    let sql = "SELECT rolsuper OR ARRAY[rolname::text] @> $1::text[] FROM pg_roles \
               WHERE rolname = current_user";
    let may_give_away: bool = session.one(sql, &[&roles]).await?.get(0);
    let reason = "only a superuser may make others the owners";
    Ok((!may_give_away).then(|| reason.to_owned()))
}

fn listed(dumped: &DumpedDatabase, property: &str) -> Vec<String> {
    let text = dumped.facts.properties.get(property);
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

async fn missing_roles(session: &Session, roles: &[String]) -> Result<Vec<String>> {
    let sql = "SELECT w::text FROM unnest($1::text[]) w \
               WHERE w NOT IN (SELECT rolname::text FROM pg_roles) ORDER BY 1";
    let rows = session.all(sql, &[&roles]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
