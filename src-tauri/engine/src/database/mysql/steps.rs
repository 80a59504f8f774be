//! How a dump is loaded by hand, for the archive's `RESTORE.md`.
//!
//! Owns the text. `{stream}` in it becomes the command that writes the dump to its standard output.

use super::catalog::Catalog;
use super::flavour::{Flavour, ServerVersion};

/// The steps for one database.
pub(super) fn database(server: ServerVersion, name: &str, catalog: &Catalog) -> String {
    let client = client(server.flavour);
    let shown: String = name.chars().filter(|character| !character.is_control()).collect();
    let mut text = format!(
        "It is an SQL script from a server of {server}. It loads into a server of {} of the same or a \
         newer version, with the client `{client}` of such a version. Put your server, user and database \
         in the place of `HOST`, `USER` and `restored`:\n\n\
         ```text\n\
         {client} -h HOST -u USER -p -e 'CREATE DATABASE restored CHARACTER SET {} COLLATE {}'\n\
         {{stream}} | {client} --default-character-set=utf8mb4 --max-allowed-packet=1G --binary-mode \
         -h HOST -u USER -p restored\n\
         ```\n\n\
         Load it into a new, empty database only: the script removes every table whose name it uses. Its \
         tables, views and triggers were in `{shown}`; the bodies of routines and events that name that \
         database still name it. Its events run from the moment they are loaded, where the server's \
         `event_scheduler` is on.",
        server.flavour.name(),
        catalog.character_set,
        catalog.collation,
    );
    if server.flavour == Flavour::MariaDb {
        text.push_str(
            " The first line switches the client to its sandbox. A client that says `Unknown command \
             '\\-'` is older than that line: put `tail -n +2 |` before it.",
        );
    }
    text
}

/// The steps for the users.
pub(super) fn users(server: ServerVersion) -> String {
    let client = client(server.flavour);
    format!(
        "It is an SQL script with the users and roles of a server of {server} and with their rights, \
         without passwords: every user is made locked. Read it, remove whom you do not want, and run the \
         rest as an administrator:\n\n\
         ```text\n{{stream}} | {client} --default-character-set=utf8mb4 -h HOST -u USER -p\n```\n\n\
         Then give each user a password and unlock it: \
         `ALTER USER 'name'@'host' IDENTIFIED BY '…' ACCOUNT UNLOCK`."
    )
}

fn client(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::MariaDb => "mariadb",
        Flavour::MySql => "mysql",
    }
}
