//! How to load a dump without Kronos, for `RESTORE.md`.
//!
//! Owns the commands. How the bytes get out of the archive is said above them by `archive`.

use super::catalogue::Database;
use super::quote;
use crate::contents::ServerInfo;

/// Stands for the command that writes the dump to its standard output.
const STREAM: &str = "{stream}";

/// The steps for one database, into a new one.
pub(super) fn database(database: &Database, server: &ServerInfo, cuts_keys: bool) -> String {
    let name = format!("{}_restored", database.name);
    let shown = database.name.replace(['\n', '\r', '`', '{'], " ");
    let (create, load) = (literal(&create(database, &name)), literal(&load(&name)));
    let mut text = format!(
        "It is a dump of the database `{shown}` in PostgreSQL's custom format ({}, {}). Load it into a new \
         database with the tools of that version or a newer one. Say with `-h`, `-p` and `-U` where the \
         server is.\n\n```sh\n{create}\n{STREAM} | {load}\n```\n\nAdd `--no-owner --no-privileges` where the roles of the old \
         server do not exist. At the end let the server count its rows: `ANALYZE` in the new database.",
        server.version, server.tool,
    );
    if cuts_keys {
        text.push_str(
            " Foreign keys that refer to tables which were left out cannot be created: leave out \
             `--exit-on-error` and `--single-transaction`, and expect these errors and no others.",
        );
    }
    text
}

/// A name that looks like [`STREAM`] stays a name. It stands between single quotes, always.
fn literal(command: &str) -> String {
    command.replace(STREAM, "{str''eam}")
}

fn create(database: &Database, name: &str) -> String {
    let mut command = "createdb --template=template0".to_owned();
    let property = |name: &str| database.properties.get(name).map(String::as_str);
    let mut add = |option: &str, value: Option<&str>| {
        if let Some(value) = value {
            command.push_str(&format!(" {option}={}", quote::shell(value)));
        }
    };
    add("--encoding", property("encoding"));
    add("--lc-collate", property("collate"));
    add("--lc-ctype", property("ctype"));
    match property("locale_provider") {
        Some("icu") => {
            add("--locale-provider", Some("icu"));
            add("--icu-locale", property("locale"));
        }
        Some("builtin") => {
            add("--locale-provider", Some("builtin"));
            add("--builtin-locale", property("locale"));
        }
        _ => {}
    }
    format!("{command} -- {}", quote::shell(name))
}

fn load(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let connection = if is_plain {
        name.to_owned()
    } else {
        quote::shell(&format!("dbname={}", quote::conninfo(name)))
    };
    format!("pg_restore --exit-on-error --single-transaction --dbname={connection}")
}

/// The steps for the roles of the server.
pub(super) fn globals() -> String {
    "It is an SQL script that creates the roles and tablespaces of the old server, without their passwords. \
     Read it first, then load it as a superuser, before the databases:\n\n\
     ```sh\n{stream} | psql -X -d postgres\n```\n\n\
     Messages that a role exists already do no harm. Give the roles their passwords afterwards: \
     `ALTER ROLE name PASSWORD '…'`."
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_commands_survive_hostile_names() {
        let properties = [("encoding", "UTF8"), ("collate", "de_DE.UTF-8"), ("ctype", "C")];
        let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let hostile = Database {
            name: "-x' \"$(rm)".to_owned(),
            size: 0,
            may_connect: true,
            is_invalid: false,
            properties: BTreeMap::from(properties),
        };
        let server = ServerInfo {
            version: "PostgreSQL 15.18".to_owned(),
            tool: "pg_dump 15.18".to_owned(),
            ..ServerInfo::default()
        };
        insta::assert_snapshot!(database(&hostile, &server, true));
    }
}
