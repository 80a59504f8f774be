//! Which of the tools on this computer, or in the container, fits a server.
//!
//! Owns the rule: of the server's own maker, not older than the server, and of those the oldest.

use std::path::Path;

use super::super::tool::{Packages, Place, Search, Tool, ToolVersion, find_all};
use super::flavour::{Flavour, ServerVersion, maker_of_tool, tool_version};
use crate::error::{Result, ServerError};

const FOLDERS: &[&str] = &[
    "/usr/local/mysql*/bin",
    "/opt/mysql*/bin",
    "/opt/mysql/*/bin",
    "/usr/local/mariadb*/bin",
    "/opt/homebrew/opt/mysql*/bin",
    "/opt/homebrew/opt/mariadb*/bin",
    "/usr/local/opt/mysql*/bin",
    "/usr/local/opt/mariadb*/bin",
    "C:/Program Files/MySQL/MySQL Server */bin",
    "C:/Program Files/MariaDB */bin",
];

/// What a tool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Writing dumps.
    Dump,
    /// Loading them.
    Load,
}

fn search(flavour: Flavour, purpose: Purpose) -> Search {
    let names: &[&str] = match (flavour, purpose) {
        (Flavour::MariaDb, Purpose::Dump) => &["mariadb-dump", "mysqldump"],
        (Flavour::MySql, Purpose::Dump) => &["mysqldump"],
        (Flavour::MariaDb, Purpose::Load) => &["mariadb", "mysql"],
        (Flavour::MySql, Purpose::Load) => &["mysql"],
    };
    Search { names, folders: FOLDERS, version: tool_version }
}

/// The tool for a server of this version.
///
/// # Errors
/// [`ServerError::ToolMissing`] or [`ServerError::ToolUnfit`], both with the command that installs one.
pub(super) async fn choose(
    server: ServerVersion,
    purpose: Purpose,
    place: &Place,
    chosen: Option<&Path>,
) -> Result<Tool> {
    let packages = packages(server.flavour);
    let found = find_all(&search(server.flavour, purpose), place, chosen, &packages).await?;
    let versions: Vec<_> =
        found.iter().map(|tool| (maker_of_tool(&tool.version_line), tool.version)).collect();
    match best(server, &versions) {
        Ok(index) => Ok(found[index].clone()),
        Err((index, reason)) => Err(ServerError::ToolUnfit {
            found: found[index].title(),
            server: server.to_string(),
            reason,
            install: packages.install_line(),
        }
        .into()),
    }
}

/// The place of the best tool in the list, which is not empty; else that of the nearest one and why it
/// does not fit.
fn best(server: ServerVersion, tools: &[(Flavour, ToolVersion)]) -> Result<usize, (usize, String)> {
    let own = || {
        let tools = tools.iter().enumerate();
        tools.filter(|(_, (maker, _))| *maker == server.flavour)
    };
    // One of the same series reads everything that the server has.
    let is_fit = |version: &ToolVersion| match server.flavour {
        Flavour::MariaDb => (version.major, version.minor) >= server.series(),
        Flavour::MySql => version.major >= server.number.major,
    };
    let fit = own().filter(|(_, (_, version))| is_fit(version));
    let by_nearness =
        |version: &ToolVersion| ((version.major, version.minor) < server.series(), *version);
    if let Some((index, _)) = fit.min_by_key(|(_, (_, version))| by_nearness(version)) {
        return Ok(index);
    }
    match own().max_by_key(|(_, (_, version))| *version) {
        Some((index, _)) => Err((index, "it is older than the server".to_owned())),
        None => Err((
            0,
            format!(
                "it is not the tool of {}, and its dumps would not load again",
                server.flavour.name()
            ),
        )),
    }
}

fn packages(flavour: Flavour) -> Packages {
    let text = str::to_owned;
    match flavour {
        Flavour::MariaDb => Packages {
            debian: text("mariadb-client"),
            fedora: text("mariadb"),
            arch: text("mariadb-clients"),
            alpine: text("mariadb-client"),
            brew: text("mariadb"),
            winget: text("MariaDB.Server"),
        },
        Flavour::MySql => Packages {
            debian: text("mysql-client"),
            fedora: text("mysql"),
            arch: text("mysql-clients"),
            alpine: text("mysql-client"),
            brew: text("mysql-client"),
            winget: text("Oracle.MySQL"),
        },
    }
}

/// What is to be said about an old tool: holes in it that are known and closed in newer ones.
pub(super) fn warning(tool: &Tool) -> Option<String> {
    let safe = safe_from(maker_of_tool(&tool.version_line), tool.version)?;
    let is_old = tool.version < safe;
    is_old.then(|| {
        format!(
            "{} has a known security hole that {safe} closes (a server could put commands into the \
             dump): update it",
            tool.title()
        )
    })
}

/// Whether a client of MariaDB can be kept from files and programs: it came with the dumps' first line.
pub(super) fn knows_sandbox(tool: &Tool) -> bool {
    let maker = maker_of_tool(&tool.version_line);
    let is_older = safe_from(maker, tool.version).is_some_and(|safe| tool.version < safe);
    maker == Flavour::MariaDb && !is_older
}

/// The first version of a series without CVE-2024-21096; `None` where every version is.
fn safe_from(maker: Flavour, version: ToolVersion) -> Option<ToolVersion> {
    let of = |major, minor, patch| ToolVersion { major, minor, patch: Some(patch) };
    match (maker, version.major, version.minor) {
        (Flavour::MariaDb, 10, 6) => Some(of(10, 6, 18)),
        (Flavour::MariaDb, 10, 11) => Some(of(10, 11, 8)),
        (Flavour::MariaDb, 11, 0) => Some(of(11, 0, 6)),
        (Flavour::MariaDb, 11, 1) => Some(of(11, 1, 5)),
        (Flavour::MariaDb, 11, 2) => Some(of(11, 2, 4)),
        (Flavour::MariaDb, 11, 4) => Some(of(11, 4, 2)),
        (Flavour::MariaDb, major, _) if major <= 10 => Some(of(10, 5, 25)),
        (Flavour::MySql, 8, 0..=3) => Some(of(8, 0, 37)),
        (Flavour::MySql, major, _) if major < 8 => Some(of(8, 0, 37)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> ToolVersion {
        ToolVersion::first_in(text).unwrap()
    }

    #[test]
    fn the_oldest_tool_that_is_not_older_is_taken() {
        let server = |flavour, text| ServerVersion { flavour, number: version(text) };
        let maria = |text| (Flavour::MariaDb, version(text));
        let mysql = |text| (Flavour::MySql, version(text));
        let choose = |server: ServerVersion, tools: &[_]| best(server, tools);

        let here = server(Flavour::MariaDb, "10.11.19");
        assert_eq!(choose(here, &[maria("11.4.2"), maria("10.11.6"), maria("10.6.18")]), Ok(1));
        assert_eq!(choose(here, &[mysql("9.7.4"), maria("11.4.2")]), Ok(1));
        assert_eq!(choose(here, &[maria("10.6.18"), maria("10.5.1")]).unwrap_err().0, 0);
        assert!(choose(here, &[mysql("9.7.4")]).unwrap_err().1.contains("not the tool of MariaDB"));

        let here = server(Flavour::MySql, "8.4.1");
        assert_eq!(choose(here, &[mysql("9.7.4"), mysql("8.4.3"), mysql("8.0.30")]), Ok(1));
        assert_eq!(choose(here, &[mysql("8.0.30")]), Ok(0));
        assert!(choose(here, &[mysql("5.7.44")]).unwrap_err().1.contains("older"));
        assert!(choose(here, &[maria("10.11.19")]).is_err());
    }

    #[test]
    fn old_tools_are_known() {
        let is_old = |maker, text: &str| {
            let version = version(text);
            safe_from(maker, version).is_some_and(|safe| version < safe)
        };
        assert!(is_old(Flavour::MariaDb, "10.11.6") && !is_old(Flavour::MariaDb, "10.11.19"));
        assert!(is_old(Flavour::MariaDb, "10.3.39") && !is_old(Flavour::MariaDb, "11.8.2"));
        assert!(is_old(Flavour::MySql, "8.0.36") && !is_old(Flavour::MySql, "9.7.4"));
        assert!(is_old(Flavour::MySql, "5.7.44") && !is_old(Flavour::MySql, "8.4.0"));
    }
}
