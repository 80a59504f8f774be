//! What the driver and the tools report, as causes that a person can act on.
//!
//! Owns the reading of their words. When something is tried again belongs to the callers.

use tokio_postgres::error::SqlState;

use super::access::Access;
use super::quote;
use crate::error::{Error, Result, ServerError};

/// Against what something failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Against<'a> {
    /// The server.
    pub access: &'a Access,
    /// The database.
    pub database: &'a str,
}

impl Against<'_> {
    fn server(&self) -> String {
        self.access.shown()
    }

    /// A connection that could not be made.
    pub fn connecting(&self, error: &tokio_postgres::Error) -> Error {
        let text = text_of(error);
        if error.as_db_error().is_some() {
            return self.asking(error);
        }
        let fault = if text.contains("password missing") {
            let detail = "it asks for a password, and the profile has none".to_owned();
            self.refused(detail)
        } else if text.contains("TLS") {
            ServerError::Tls { server: self.server(), detail: tls_detail(error, &text) }
        } else if text.contains("authentication") {
            self.refused(text)
        } else {
            ServerError::Unreachable { server: self.server(), detail: text }
        };
        fault.into()
    }

    /// A question that failed.
    pub fn asking(&self, error: &tokio_postgres::Error) -> Error {
        let Some(reported) = error.as_db_error() else {
            let detail = text_of(error);
            if has_broken(error) {
                return ServerError::ConnectionLost { server: self.server(), detail }.into();
            }
            return self.failed(detail);
        };
        let message = reported.message().to_owned();
        let code = reported.code();
        if [&SqlState::INVALID_PASSWORD, &SqlState::INVALID_AUTHORIZATION_SPECIFICATION]
            .contains(&code)
        {
            return self.refused(message).into();
        }
        if *code == SqlState::INVALID_CATALOG_NAME {
            return self.unknown_database().into();
        }
        if *code == SqlState::INSUFFICIENT_PRIVILEGE {
            return self.denied(&message);
        }
        if [&SqlState::CANNOT_CONNECT_NOW].contains(&code) {
            return ServerError::Unreachable { server: self.server(), detail: message }.into();
        }
        // Class 08 is a broken connection; of class 57 what ends a session from outside.
        let ended = [&SqlState::ADMIN_SHUTDOWN, &SqlState::CRASH_SHUTDOWN].contains(&code);
        if ended || code.code().starts_with("08") {
            return ServerError::ConnectionLost { server: self.server(), detail: message }.into();
        }
        self.failed(message)
    }

    /// A tool that failed, in its own words.
    pub fn tool(&self, error: Error) -> Error {
        let Error::Server(ServerError::ToolFailed { detail, .. }) = &error else { return error };
        let has = |words: &[&str]| words.iter().any(|words| detail.contains(words));
        if detail.contains("would be affected by row-level security") {
            return self.row_security(&quoted(detail, "for table ").unwrap_or_default());
        }
        if detail.contains("permission denied for ") {
            return self.denied(detail);
        }
        if has(&["password authentication failed", "no password supplied", "no pg_hba.conf entry"])
        {
            return self.refused(detail.clone()).into();
        }
        if has(&["canceling statement due to lock timeout", "Query was: LOCK TABLE"]) {
            let detail = format!("another session waits to change one of its tables ({detail})");
            return self.changed(detail);
        }
        if has(&LOST) {
            return ServerError::ConnectionLost { server: self.server(), detail: detail.clone() }
                .into();
        }
        if has(&["could not connect", "Connection refused", "failed: timeout expired"]) {
            return ServerError::Unreachable { server: self.server(), detail: detail.clone() }
                .into();
        }
        error
    }

    /// The structure was changed under the dump.
    pub fn changed(&self, detail: String) -> Error {
        ServerError::ChangedWhileReading { database: self.database.to_owned(), detail }.into()
    }

    /// A table that shows this user only some of its rows.
    pub fn row_security(&self, table: &str) -> Error {
        ServerError::RightMissing {
            user: self.access.user.clone(),
            object: table.to_owned(),
            detail: "row-level security would show only a part of its rows".to_owned(),
            grant: Some(bypass(&self.access.user)),
        }
        .into()
    }

    /// Anything else.
    pub fn failed(&self, detail: String) -> Error {
        let object = format!("{}/{}", self.server(), self.database);
        ServerError::Failed { object, detail }.into()
    }

    fn refused(&self, detail: String) -> ServerError {
        let user = self.access.user.clone();
        ServerError::LoginRefused { server: self.server(), user, detail }
    }

    fn unknown_database(&self) -> ServerError {
        ServerError::UnknownDatabase { server: self.server(), database: self.database.to_owned() }
    }

    /// "permission denied for table orders", by the driver or by a tool.
    fn denied(&self, message: &str) -> Error {
        let user = quote::identifier(&self.access.user);
        let rest = message.split_once("permission denied for ").map_or("", |(_, rest)| rest);
        let rest = rest.lines().next().unwrap_or_default();
        let mut words = rest.splitn(2, ' ');
        let (kind, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let name = name.trim_start_matches("object ");
        let name = name.split([' ', '·', ')']).next().unwrap_or_default().trim_matches('"');
        let quoted = quote::identifier(name);
        let grant = match kind {
            "database" => Some(format!("GRANT CONNECT ON DATABASE {quoted} TO {user};")),
            "schema" => Some(format!("GRANT USAGE ON SCHEMA {quoted} TO {user};")),
            "sequence" | "table" | "view" | "relation" | "materialized" => {
                Some(read_all(&self.access.user))
            }
            _ => None,
        };
        ServerError::RightMissing {
            user: self.access.user.clone(),
            object: if name.is_empty() { self.database.to_owned() } else { name.to_owned() },
            detail: message.to_owned(),
            grant,
        }
        .into()
    }
}

/// What tools say when the connection breaks under them.
const LOST: [&str; 9] = [
    "server closed the connection",
    "terminating connection",
    "SSL connection has been closed",
    "SSL SYSCALL error",
    "could not receive data from server",
    "connection to server was lost",
    "the database system is shutting down",
    "no connection to the server",
    "invalid snapshot identifier",
];

/// The statement that lets `user` read every table.
pub(super) fn read_all(user: &str) -> String {
    format!("GRANT pg_read_all_data TO {};", quote::identifier(user))
}

/// The statement that lets `user` see all rows.
pub(super) fn bypass(user: &str) -> String {
    format!("ALTER ROLE {} BYPASSRLS;", quote::identifier(user))
}

/// Whether the connection itself is gone.
fn has_broken(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    error.is_closed() || text.contains("communicating with the server")
}

/// The driver's words with their causes.
fn text_of(error: &tokio_postgres::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if texts.iter().all(|known| !known.contains(&text)) {
            texts.push(text);
        }
        cause = inner.source();
    }
    texts.join(": ")
}

fn tls_detail(error: &tokio_postgres::Error, text: &str) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    if cause.contains("UnknownIssuer") {
        return "its certificate was not issued by anybody that is trusted here".to_owned();
    }
    if cause.contains("NotValidForName") {
        return "its certificate was issued for another name".to_owned();
    }
    if cause.contains("Expired") {
        return "its certificate has expired".to_owned();
    }
    if text.contains("does not support TLS") {
        return "it offers no encryption".to_owned();
    }
    text.to_owned()
}

/// The text in double quotes behind `before`.
fn quoted(text: &str, before: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    let (name, _) = rest.strip_prefix('"')?.split_once('"')?;
    Some(name.to_owned())
}

/// Turns the failure of a tool into its cause, and leaves everything else as it is.
pub(super) fn explained<T>(outcome: Result<T>, against: Against<'_>) -> Result<T> {
    outcome.map_err(|error| against.tool(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConnectionSettings;

    async fn explain(detail: &str) -> ServerError {
        let settings =
            ConnectionSettings { user: "backup \"x\"".to_owned(), ..ConnectionSettings::default() };
        let access = Access::resolve(&settings).await.unwrap();
        let against = Against { access: &access, database: "shop" };
        let failed =
            ServerError::ToolFailed { tool: "pg_dump 15.18".into(), detail: detail.to_owned() };
        match against.tool(failed.into()) {
            Error::Server(error) => error,
            other => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn the_words_of_a_tool_name_the_cause() {
        let rls = "pg_dump: error: query failed: ERROR:  query would be affected by row-level \
                   security policy for table \"t\" · HINT: x (exit status 1)";
        let ServerError::RightMissing { object, grant, .. } = explain(rls).await else { panic!() };
        assert_eq!(object, "t");
        assert_eq!(grant.unwrap(), "ALTER ROLE \"backup \"\"x\"\"\" BYPASSRLS;");
        let denied = "pg_dump: error: query failed: ERROR:  permission denied for table orders · \
                      pg_dump: detail: Query was: LOCK TABLE";
        let ServerError::RightMissing { object, grant, .. } = explain(denied).await else {
            panic!()
        };
        assert_eq!(object, "orders");
        assert!(grant.unwrap().starts_with("GRANT pg_read_all_data TO"));
        for lost in [
            "pg_dump: error: Dumping the contents of table \"t\" failed: PQgetResult() failed. · \
             FATAL:  terminating connection due to administrator command",
            "server closed the connection unexpectedly",
        ] {
            assert!(explain(lost).await.is_transient(), "{lost}");
        }
        let lock = "query failed: ERROR:  canceling statement due to lock timeout";
        assert!(matches!(explain(lock).await, ServerError::ChangedWhileReading { .. }));
        let login = "FATAL:  password authentication failed for user \"x\"";
        assert!(matches!(explain(login).await, ServerError::LoginRefused { .. }));
        assert!(matches!(explain("disk on fire").await, ServerError::ToolFailed { .. }));
    }
}
