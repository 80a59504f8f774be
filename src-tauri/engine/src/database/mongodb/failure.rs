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
}

impl Failures {
    pub(super) fn new(login: &Login) -> Self {
        Self {
            server: login.title.clone(),
            user: login.user.clone(),
            auth_database: login.auth_database.clone(),
            is_encrypted: login.protection != super::login::Protection::Plain,
        }
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
        let grant = self.grant("backup", "admin");
        ServerError::RightMissing { user, object, detail, grant }
    }
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

/// How the tool ended, from the end of `detail`: "exit status 1".
fn ending(detail: &str) -> &str {
    detail.rsplit_once('(').map_or(detail, |(_, ending)| ending.trim_end_matches(')'))
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
