//! Which `pg_dump`, `pg_dumpall` and `pg_restore` is used for which server.
//!
//! Owns the rules between versions: a dump tool must not be older than its server, a restore tool not
//! older than the dump tool, and the smallest that fits is taken, because it writes what the oldest
//! server can read.

use super::super::tool::{Packages, Search, Tool, ToolVersion, find_all};
use super::access::Access;
use crate::error::{Result, ServerError};

/// Where the packages of each system put them, each version in a folder of its own.
const FOLDERS: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib/postgresql[0-9]*/bin",
    "/usr/libexec/postgresql[0-9]*",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/opt/libpq/bin",
    "/usr/local/opt/libpq/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/Library/PostgreSQL/*/bin",
    "/usr/local/pgsql/bin",
    r"C:\Program Files\PostgreSQL\*\bin",
];

/// The oldest release of each major version in which a hostile server cannot take over the tools
/// (CVE-2026-6477 and those before it).
const SAFE: [(u32, u32); 5] = [(14, 23), (15, 18), (16, 14), (17, 10), (18, 4)];

const fn search(names: &'static [&'static str]) -> Search {
    Search { names, folders: FOLDERS, version: ToolVersion::first_in }
}

/// The tool that dumps a server of the major version `major`.
pub(super) async fn dump_tool(access: &Access, major: u32) -> Result<Tool> {
    choose(access, search(&["pg_dump"]), major, &format!("PostgreSQL {major}")).await
}

/// The tool that dumps its roles.
pub(super) async fn globals_tool(access: &Access, major: u32) -> Result<Tool> {
    choose(access, search(&["pg_dumpall"]), major, &format!("PostgreSQL {major}")).await
}

/// The tool that loads what a `pg_dump` of the major version `major` wrote.
pub(super) async fn restore_tool(access: &Access, major: u32) -> Result<Tool> {
    choose(access, search(&["pg_restore"]), major, &format!("a dump of pg_dump {major}")).await
}

/// The client that runs a script on a server of the major version `major`.
pub(super) async fn client(access: &Access, major: u32) -> Result<Tool> {
    choose(access, search(&["psql"]), major, &format!("PostgreSQL {major}")).await
}

async fn choose(access: &Access, search: Search, major: u32, what: &str) -> Result<Tool> {
    let chosen = access.settings().server.tools.as_deref();
    let packages = packages(major);
    let tools = find_all(&search, &access.place, chosen, &packages).await?;
    let versions: Vec<_> = tools.iter().map(|tool| (tool.version, is_wrapper(tool))).collect();
    match fitting(&versions, major) {
        Some(index) => Ok(tools[index].clone()),
        None => Err(ServerError::ToolUnfit {
            found: newest(&tools),
            server: what.to_owned(),
            reason: "it is older".to_owned(),
            install: packages.install_line(),
        }
        .into()),
    }
}

/// Debian's `/usr/bin/pg_dump` looks into files of the user to find out which one it is.
fn is_wrapper(tool: &Tool) -> bool {
    let real = tool.path().canonicalize();
    real.is_ok_and(|path| path.file_name().is_some_and(|name| name == "pg_wrapper"))
}

/// The smallest major version that is not older than `major`, and of that the newest release.
fn fitting(tools: &[(ToolVersion, bool)], major: u32) -> Option<usize> {
    let fit = tools.iter().enumerate().filter(|(_, (version, _))| version.major >= major);
    fit.min_by_key(|(index, (version, wrapper))| {
        (version.major, *wrapper, std::cmp::Reverse(version.minor), *index)
    })
    .map(|(index, _)| index)
}

fn newest(tools: &[Tool]) -> String {
    let newest = tools.iter().max_by_key(|tool| tool.version);
    newest.map(Tool::title).unwrap_or_default()
}

/// What to say about a tool with known holes.
pub(super) fn warning(tool: &Tool) -> Option<String> {
    let safe = safe_release(tool.version)?;
    Some(format!(
        "{} has known security holes; install {}.{safe} or later",
        tool.title(),
        tool.version.major.max(SAFE[0].0)
    ))
}

/// The release to install instead of `version`, if it is an unsafe one.
fn safe_release(version: ToolVersion) -> Option<u32> {
    let (oldest, release) = SAFE[0];
    if version.major < oldest {
        return Some(release);
    }
    let (_, safe) = SAFE.iter().find(|(major, _)| *major == version.major)?;
    (version.minor < *safe).then_some(*safe)
}

fn packages(major: u32) -> Packages {
    Packages {
        debian: format!("postgresql-client-{major}"),
        fedora: format!("postgresql{major}"),
        arch: "postgresql-libs".to_owned(),
        alpine: format!("postgresql{major}-client"),
        brew: format!("postgresql@{major}"),
        winget: format!("PostgreSQL.PostgreSQL.{major}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_version_that_is_not_older_is_taken() {
        let version = |major, minor| (ToolVersion::new(major, minor), false);
        let tools = [version(13, 9), version(18, 4), version(15, 3), version(15, 18)];
        assert_eq!(fitting(&tools, 13), Some(0));
        assert_eq!(fitting(&tools, 14), Some(3));
        assert_eq!(fitting(&tools, 16), Some(1));
        assert_eq!(fitting(&tools, 19), None);
    }

    #[test]
    fn a_wrapper_is_only_taken_when_nothing_else_fits() {
        let tools = [(ToolVersion::new(15, 18), true), (ToolVersion::new(15, 3), false)];
        assert_eq!(fitting(&tools, 15), Some(1));
        assert_eq!(fitting(&tools[..1], 15), Some(0));
    }

    #[test]
    fn unsafe_releases_are_named() {
        assert_eq!(safe_release(ToolVersion::new(15, 17)), Some(18));
        assert_eq!(safe_release(ToolVersion::new(15, 18)), None);
        assert_eq!(safe_release(ToolVersion::new(12, 99)), Some(23));
        assert_eq!(safe_release(ToolVersion::new(19, 0)), None);
    }
}
