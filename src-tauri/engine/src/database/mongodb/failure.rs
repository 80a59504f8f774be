//! What the driver and the tools report, in the words of the user.
//!
//! Owns the mapping to [`ServerError`]. The driver is asked for codes; the tools print only text.

use mongodb::error::{Error as DriverError, ErrorKind};

use super::login::{Login, PATIENCE};
use crate::error::{Error, ServerError};

const UNAUTHORIZED: i32 = 13;
const AUTHENTICATION_FAILED: i32 = 18;

/// Turns failures of one connection into sentences.
#[derive(Debug, Clone)]
pub(super) struct Failures {
    server: String,
    user: String,
    auth_database: String,
    is_encrypted: bool,
    /// The role that the work takes.
    role: &'static str,
}

impl Failures {
    pub(super) fn new(login: &Login) -> Self {
        Self {
            server: login.title.clone(),
            user: login.user.clone(),
            auth_database: login.auth_database.clone(),
            is_encrypted: login.protection != super::login::Protection::Plain,
            role: "backup",
        }
    }

    /// For work that changes the server.
    pub(super) fn while_writing(self) -> Self {
        Self { role: "restore", ..self }
    }

    /// What the driver reported while it worked on `object`.
    pub(super) fn of(&self, error: &DriverError, object: &str) -> Error {
        let server = self.server.clone();
        let error = match error.kind.as_ref() {
            ErrorKind::Authentication { message, .. } => self.refused(without_noise(message)),
            ErrorKind::Command(error) if error.code == AUTHENTICATION_FAILED => {
                self.refused(error.message.clone())
            }
            ErrorKind::Command(error) if error.code == UNAUTHORIZED => {
                self.right_missing(object, &error.message)
            }
            ErrorKind::ServerSelection { message, .. } if self.is_encrypted => {
                ServerError::Tls { server, detail: selection(message) }
            }
            ErrorKind::ServerSelection { message, .. } if message.contains("imed out") => {
                ServerError::Unreachable {
                    server,
                    detail: format!("no answer within {} s", PATIENCE.as_secs()),
                }
            }
            ErrorKind::ServerSelection { message, .. } => {
                ServerError::Unreachable { server, detail: selection(message) }
            }
            ErrorKind::InvalidTlsConfig { message, .. } => {
                ServerError::Tls { server, detail: message.clone() }
            }
            ErrorKind::Io(error) => {
                ServerError::ConnectionLost { server, detail: error.to_string() }
            }
            ErrorKind::ConnectionPoolCleared { message, .. } => {
                ServerError::ConnectionLost { server, detail: message.clone() }
            }
            ErrorKind::Command(error) => {
                ServerError::Failed { object: object.to_owned(), detail: error.message.clone() }
            }
            other => ServerError::Failed { object: object.to_owned(), detail: other.to_string() },
        };
        error.into()
    }

    /// Why a tool failed while it worked on `object`: the sentence of the cause, where it is known.
    pub(super) fn of_tool(&self, error: Error, said: &[String], object: &str) -> Error {
        let Error::Server(ServerError::ToolFailed { tool, detail }) = error else { return error };
        let server = self.server.clone();
        let Some(reason) = said.iter().rev().find_map(|line| reason(line)) else {
            let last =
                said.iter().rev().map(|line| without_time(line)).find(|line| !is_report(line));
            let detail = match last {
                Some(last) => format!("{last} ({})", ending(&detail)),
                None => ending(&detail).to_owned(),
            };
            return ServerError::ToolFailed { tool, detail }.into();
        };
        let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
        let error = if has(&["AuthenticationFailed", "Authentication failed", "auth error"]) {
            self.refused("the password or the user is wrong".to_owned())
        } else if has(&["not authorized", "Unauthorized", "requires authentication"]) {
            self.right_missing(object, reason)
        } else if has(&[
            "oplog overflow",
            "collection dropped",
            "CollectionDropped",
            "QueryPlanKilled",
            "CursorNotFound",
        ]) {
            ServerError::ChangedWhileReading {
                database: object.to_owned(),
                detail: reason.to_owned(),
            }
        } else if has(&["x509", "certificate", "tls:"]) {
            ServerError::Tls { server, detail: reason.to_owned() }
        } else if has(LOST) {
            ServerError::ConnectionLost { server, detail: reason.to_owned() }
        } else {
            ServerError::ToolFailed { tool, detail: format!("{reason} ({})", ending(&detail)) }
        };
        error.into()
    }

    /// The statement that gives `user` a right on `database`.
    pub(super) fn grant(&self, role: &str, database: &str) -> Option<String> {
        (!self.user.is_empty()).then(|| {
            format!(
                "db.getSiblingDB({}).grantRolesToUser({}, [{{ role: \"{role}\", db: {} }}])",
                quoted(&self.auth_database),
                quoted(&self.user),
                quoted(database)
            )
        })
    }

    fn refused(&self, detail: String) -> ServerError {
        ServerError::LoginRefused { server: self.server.clone(), user: self.user.clone(), detail }
    }

    fn right_missing(&self, object: &str, detail: &str) -> ServerError {
        if self.user.is_empty() {
            let (server, user) = (self.server.clone(), "(none)".to_owned());
            let detail = "it lets nobody in without a user".to_owned();
            return ServerError::LoginRefused { server, user, detail };
        }
        let detail = detail.split(" to execute command").next().unwrap_or(detail).to_owned();
        let (user, object) = (self.user.clone(), object.to_owned());
        let grant = self.grant(self.role, "admin");
        ServerError::RightMissing { user, object, detail, grant }
    }
}

/// Whether `error` is a tool's that what was dumped in several moments explains: documents of which two have a key
/// that is unique, an index over them that cannot be built.
pub(in super::super) fn may_want_log(error: &Error) -> bool {
    const SAID: &[&str] =
        &["E11000", "duplicate key", "DuplicateKey", "error creating indexes", "createIndex"];
    let Error::Server(ServerError::ToolFailed { detail, .. }) = error else { return false };
    SAID.iter().any(|said| detail.contains(said))
}

/// Words of a connection that was there and broke.
const LOST: &[&str] = &[
    "connection(",
    "connection closed",
    "socket was unexpectedly closed",
    "connection reset",
    "connection refused",
    "broken pipe",
    "incomplete read",
    "server selection error",
    "server selection timeout",
    "interrupted at shutdown",
    "InterruptedAtShutdown",
    "i/o timeout",
    "unexpected EOF",
];

/// The reason in a line that a tool printed: a time, then `Failed: …`.
fn reason(line: &str) -> Option<&str> {
    let said = line.split_once("Failed:").or_else(|| line.split_once("error parsing"));
    said.map(|(_, reason)| reason.trim()).filter(|reason| !reason.is_empty())
}

/// The line without the time that the tools write before it.
fn without_time(line: &str) -> &str {
    match line.split_at_checked(28) {
        Some((time, rest)) if time.as_bytes()[10] == b'T' => rest.trim(),
        _ => line,
    }
}

/// Whether a line only tells how far the tool is.
fn is_report(line: &str) -> bool {
    const REPORTS: &[&str] = &[
        "[",
        "writing ",
        "done dumping",
        "dumped ",
        "reading ",
        "restoring ",
        "preparing ",
        "finished restoring",
        "creating intents",
        "no indexes",
        "index:",
        "using ",
    ];
    line.is_empty() || REPORTS.iter().any(|report| line.starts_with(report))
}

/// How the tool ended, from the end of `detail`: "exit status 1".
fn ending(detail: &str) -> &str {
    let starts = ["exit status ", "it was ended by signal ", "it was stopped"];
    let start = starts.iter().filter_map(|start| detail.rfind(start)).max();
    let Some(start) = start else { return detail };
    let is_enclosed = detail[..start].ends_with('(');
    let end = &detail[start..];
    if is_enclosed { end.strip_suffix(')').unwrap_or(end) } else { end }
}

/// The reason inside the driver's account of its search for a server.
fn selection(message: &str) -> String {
    if message.contains("invalid reply") {
        return "what answers there is not MongoDB".to_owned();
    }
    let reason = message.split_once("Error: ").map_or(message, |(_, reason)| reason);
    let reason = reason.split(", labels:").next().unwrap_or(reason);
    let reason = reason.split_once("I/O error: ").map_or(reason, |(_, reason)| reason);
    reason.trim_end_matches([' ', '}', ']']).to_owned()
}

fn without_noise(message: &str) -> String {
    message.replace("SCRAM failure: ", "").trim_end_matches('.').to_owned()
}

/// A text as JavaScript writes it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures() -> Failures {
        Failures {
            server: "localhost:27017".into(),
            user: "backup".into(),
            auth_database: "admin".into(),
            is_encrypted: false,
            role: "backup",
        }
    }

    /// What a user reads when mongodump printed these lines and ended like this.
    fn explained(lines: &[&str], end: &str) -> String {
        let said: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let detail = match said.join(" · ").as_str() {
            "" => end.to_owned(),
            said => format!("{said} ({end})"),
        };
        let error = ServerError::ToolFailed { tool: "mongodump 100.7.0".into(), detail };
        failures().of_tool(error.into(), &said, "shop").to_string()
    }

    #[test]
    fn only_what_the_log_would_put_right_wants_it() {
        let failed = |detail: &str| {
            let (tool, detail) = ("mongorestore 100.7.0".to_owned(), detail.to_owned());
            may_want_log(&ServerError::ToolFailed { tool, detail }.into())
        };
        assert!(failed(
            "shop.a: error restoring from archive: (DuplicateKey) E11000 duplicate key"
        ));
        assert!(failed("shop.a: error creating indexes for shop.a: createIndex error: too many"));
        assert!(!failed("shop.a: corruption found in archive (exit status 1)"));
        let detail = "`a` has 1 document instead of 2, E11000".to_owned();
        assert!(!may_want_log(&crate::error::RestoreError::Mismatch { detail }.into()));
    }

    #[test]
    fn the_cause_is_named() {
        let at = "2026-11-22T21:47:23.939+0000";
        let failed = |reason: &str| explained(&[&format!("{at}Failed: {reason}")], "exit status 1");
        let sentences = [
            failed("can't create session: (AuthenticationFailed) Authentication failed."),
            failed(
                "error counting shop.a: (Unauthorized) not authorized on shop to execute command { count: \"a\" }",
            ),
            failed(
                "error writing data: connection(127.0.0.1:27017[-4]) socket was unexpectedly closed: EOF",
            ),
            failed(
                "oplog overflow: mongodump was unable to capture all new oplog entries during execution",
            ),
            failed("server returned error: x509: certificate signed by unknown authority"),
            failed("something new"),
            explained(
                &[&format!("{at}writing shop.a to archive on stdout")],
                "it was ended by signal 9 (killed)",
            ),
            explained(
                &[&format!("{at}cannot use both"), &format!("{at}[###] shop.a 1/2")],
                "exit status 1",
            ),
            explained(&[], "exit status 3"),
        ];
        insta::assert_snapshot!(sentences.join("\n"), @r"
        `localhost:27017` refused the user `backup`: the password or the user is wrong
        `backup` may not read `shop`: error counting shop.a: (Unauthorized) not authorized on shop
        The connection to `localhost:27017` was lost: error writing data: connection(127.0.0.1:27017[-4]) socket was unexpectedly closed: EOF
        `shop` was changed while it was read: oplog overflow: mongodump was unable to capture all new oplog entries during execution
        No secure connection to `localhost:27017`: server returned error: x509: certificate signed by unknown authority
        mongodump 100.7.0 failed: something new (exit status 1)
        mongodump 100.7.0 failed: it was ended by signal 9 (killed)
        mongodump 100.7.0 failed: cannot use both (exit status 1)
        mongodump 100.7.0 failed: exit status 3
        ");
    }

    #[test]
    fn the_reason_is_taken_out_of_what_the_driver_tells() {
        let message = "Server selection timeout: No available servers. Topology: { Type: Single, Servers: [ \
                       { Address: localhost:1, Type: Unknown, Error: Kind: I/O error: invalid peer certificate: \
                       UnknownIssuer, labels: {}, source: None } ] }";
        assert_eq!(selection(message), "invalid peer certificate: UnknownIssuer");
    }

    #[test]
    fn a_grant_is_a_statement_whatever_the_names_are() {
        let mut failures = failures();
        failures.user = "o'\"x\n".into();
        assert_eq!(
            failures.grant("backup", "admin").unwrap(),
            r#"db.getSiblingDB("admin").grantRolesToUser("o'\"x\n", [{ role: "backup", db: "admin" }])"#
        );
    }
}
