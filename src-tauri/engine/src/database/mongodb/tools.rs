//! mongodump and mongorestore: where they are, which version is good enough, how they are called.
//!
//! Owns the rules of versions and the quoting of arguments. The flags and their reasons stand in
//! `docs/engines.md`.

use std::path::Path;

use super::super::child::{Invocation, SecretUse};
use super::super::tool::{Packages, Search, Tool, ToolVersion, find_all};
use super::connect::Session;
use super::server::Server;
use crate::error::{Result, ServerError};

const FOLDERS: &[&str] = &[
    "/opt/mongodb-database-tools*/bin",
    "/usr/local/mongodb-database-tools*/bin",
    "/opt/homebrew/opt/mongodb-database-tools/bin",
    "/usr/local/opt/mongodb-database-tools/bin",
    "/opt/homebrew/bin",
    "/usr/local/bin",
    r"C:\Program Files\MongoDB\Tools\*\bin",
];
const DUMP: Search =
    Search { names: &["mongodump"], folders: FOLDERS, version: ToolVersion::first_in };
const RESTORE: Search =
    Search { names: &["mongorestore"], folders: FOLDERS, version: ToolVersion::first_in };

/// The first version that reads a private configuration file.
const OLDEST: ToolVersion = ToolVersion::new(100, 3);
/// Before it, mongorestore passed over collections with a line end in their names, without a word.
const LINE_ENDS: ToolVersion = ToolVersion { major: 100, minor: 12, patch: Some(2) };
/// The tools that know a server of this major version, by their makers' own list.
const KNOWING: [(u32, ToolVersion); 3] =
    [(6, ToolVersion::new(100, 6)), (7, ToolVersion::new(100, 8)), (8, ToolVersion::new(100, 10))];

/// The tool that dumps this server.
pub(super) async fn dumper(
    session: &Session,
    server: &Server,
    chosen: Option<&Path>,
) -> Result<Tool> {
    newest(&DUMP, session, server, chosen).await
}

/// The tool that loads into this server.
pub(super) async fn loader(
    session: &Session,
    server: &Server,
    chosen: Option<&Path>,
) -> Result<Tool> {
    newest(&RESTORE, session, server, chosen).await
}

async fn newest(
    search: &Search,
    session: &Session,
    server: &Server,
    chosen: Option<&Path>,
) -> Result<Tool> {
    let packages = packages();
    let tools = find_all(search, &session.place, chosen, &packages).await?;
    let newest = tools.into_iter().max_by_key(|tool| tool.version);
    let tool = newest.ok_or_else(|| ServerError::ToolMissing {
        tool: search.names.join(" or "),
        looked: "all known folders".to_owned(),
        install: packages.install_line(),
    })?;
    match unfit(tool.version, server) {
        None => Ok(tool),
        Some(reason) => Err(ServerError::ToolUnfit {
            found: tool.title(),
            server: server.title.clone(),
            reason,
            install: packages.install_line(),
        }
        .into()),
    }
}

fn unfit(tool: ToolVersion, server: &Server) -> Option<String> {
    if tool < OLDEST {
        return Some(format!("it is older than {OLDEST} and takes no password from a file"));
    }
    let (_, needed) = KNOWING.iter().find(|(major, _)| *major == server.version.major)?;
    (tool < *needed).then(|| format!("that server needs {needed} or newer"))
}

/// What to know about a server that is newer than every tool.
pub(super) fn warning(server: &Server) -> Option<String> {
    let (newest, _) = KNOWING[KNOWING.len() - 1];
    (server.version.major > newest)
        .then(|| format!("{} is newer than every server that Kronos was tested with", server.title))
}

/// Whether a restore with tools of this version loses collections of this name.
pub(super) fn loses(tool: &Tool, collection: &str) -> bool {
    tool.version < LINE_ENDS && collection.contains(['\n', '\r'])
}

/// Refuses a tool that would pass over one of `names`.
pub(super) fn check_names<'a>(
    tool: &Tool,
    server: &Server,
    mut names: impl Iterator<Item = &'a str>,
) -> Result<()> {
    match names.find(|name| loses(tool, name)) {
        None => Ok(()),
        Some(name) => Err(ServerError::ToolUnfit {
            found: tool.title(),
            server: server.title.clone(),
            reason: format!(
                "before {LINE_ENDS} it passes over collections with a line end in their names, like {name:?}"
            ),
            install: packages().install_line(),
        }
        .into()),
    }
}

fn packages() -> Packages {
    let name = || "mongodb-database-tools".to_owned();
    Packages {
        debian: name(),
        fedora: name(),
        arch: "mongodb-tools".to_owned(),
        alpine: "mongodb-tools".to_owned(),
        brew: "mongodb/brew/mongodb-database-tools".to_owned(),
        winget: "MongoDB.DatabaseTools".to_owned(),
    }
}

/// A call that is logged in, without anything secret in it.
pub(super) fn call(tool: &Tool, session: &Session) -> Invocation {
    let config = session.login.tool_config().expose().to_owned();
    let call = Invocation::new(tool).secret_file(SecretUse::FirstArgument("--config="), config);
    session.login.secrets().iter().fold(call, Invocation::hide)
}

/// `--option=value`, whatever the value is. The tools take away one pair of quotes, as Go writes them.
pub(super) fn option(name: &str, value: &str) -> String {
    if !value.starts_with('"') {
        return format!("--{name}={value}");
    }
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    format!("--{name}={quoted}\"")
}

/// A name inside a pattern of mongorestore.
pub(super) fn literal(name: &str) -> String {
    name.replace('\\', r"\\").replace('*', r"\*")
}

#[cfg(test)]
mod tests {
    use super::super::server::Deployment;
    use super::*;

    fn server(major: u32) -> Server {
        Server {
            title: format!("MongoDB {major}.0"),
            version: ToolVersion::new(major, 0),
            deployment: Deployment::Standalone,
            is_writable: true,
            primary: String::new(),
            identity: String::new(),
        }
    }

    #[test]
    fn a_tool_has_to_know_the_server() {
        let unfit = |major, minor, of| unfit(ToolVersion::new(major, minor), &server(of)).is_some();
        assert!(!unfit(100, 7, 6) && !unfit(100, 7, 4) && !unfit(100, 10, 8));
        assert!(unfit(4, 2, 4) && unfit(100, 2, 4) && unfit(100, 7, 8) && unfit(100, 7, 7));
    }

    #[test]
    fn a_value_stays_a_value() {
        assert_eq!(option("db", "--oplog"), "--db=--oplog");
        assert_eq!(option("db", "a \"b\""), "--db=a \"b\"");
        assert_eq!(option("x", "\"a\\b\"\n"), r#"--x="\"a\\b\"\n""#);
        assert_eq!(literal(r"a*b\c"), r"a\*b\\c");
    }
}
