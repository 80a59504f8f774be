//! What the driver and the tools report, turned into sentences that a user can act on.
//!
//! Owns the meaning of the error numbers, which servers, drivers and tools share.

use mysql_async::{DriverError, Error as Report, IoError};

use crate::error::{Error, ServerError};

/// All that is known when MySQL's tool loses its session between two statements.
const SILENT_END: &str = "exit status 2";

/// Whom a report is about.
#[derive(Debug, Clone)]
pub(super) struct Who {
    /// The server: `localhost:3306`.
    pub(super) server: String,
    /// The user's name.
    pub(super) user: String,
}

/// When a report came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// While the connection was made.
    Connecting,
    /// Later.
    Working,
}

impl Who {
    /// What the driver reported.
    pub(super) fn report(&self, moment: Moment, report: Report) -> Error {
        match report {
            Report::Server(error) => self.number(error.code, &error.message, "the server"),
            Report::Io(IoError::Tls(error)) => self.tls(&error.to_string()),
            Report::Io(IoError::Io(error)) if is_tls(&error) => self.tls(&error.to_string()),
            Report::Io(IoError::Io(error)) => self.broken(moment, &error.to_string()),
            Report::Driver(DriverError::NoClientSslFlagFromServer) => {
                self.tls("the server offers no encryption")
            }
            Report::Driver(DriverError::ConnectionClosed) => {
                self.broken(moment, "the server closed it")
            }
            Report::Driver(
                error @ (DriverError::UnknownAuthPlugin { .. }
                | DriverError::MysqlOldPasswordDisabled
                | DriverError::CleartextPluginDisabled),
            ) => self.refused(&error.to_string()),
            other => failed(&self.server, &other.to_string()),
        }
    }

    /// What a number of the server means. `object` is what was being read.
    fn number(&self, code: u16, message: &str, object: &str) -> Error {
        let message = one_line(message);
        let server = || self.server.clone();
        match code {
            1045 | 1130 | 1251 | 1396 | 1524 | 1698 | 1820 | 1862 | 2059 | 2061 | 3118 | 3159 => {
                self.refused(&message)
            }
            1049 => {
                ServerError::UnknownDatabase { server: server(), database: quoted(&message) }.into()
            }
            1044 | 1142 | 1143 | 1227 | 1370 | 1410 | 1419 | 3619 => ServerError::RightMissing {
                user: self.user.clone(),
                object: object.to_owned(),
                detail: message,
                grant: None,
            }
            .into(),
            1053 | 1077 | 1079 | 1317 | 1927 | 2006 | 2013 | 2055 | 3169 | 4031 => {
                ServerError::ConnectionLost { server: server(), detail: message }.into()
            }
            1040 | 1203 | 2002 | 2003 | 2005 => {
                ServerError::Unreachable { server: server(), detail: message }.into()
            }
            2026 => self.tls(&message),
            _ => failed(object, &format!("{message} ({code})")),
        }
    }

    /// What a tool said that failed while it worked on `database`. Other errors stay as they are.
    pub(super) fn tool(&self, error: Error, database: &str) -> Error {
        let Error::Server(ServerError::ToolFailed { tool, detail }) = error else { return error };
        let detail = without_statement(&detail);
        let number = number_in(&detail);
        // MySQL's tool looks at a table's columns and reads its rows without a lock in between.
        let is_changed = matches!(number, Some(1051 | 1146 | 1213 | 1305 | 1360 | 1412 | 1539))
            || detail.contains("Error in field count");
        match number {
            _ if is_changed => {
                ServerError::ChangedWhileReading { database: database.to_owned(), detail }.into()
            }
            Some(1049) => ServerError::UnknownDatabase {
                server: self.server.clone(),
                database: database.to_owned(),
            }
            .into(),
            Some(1205 | 3572) => ServerError::Locked {
                object: database.to_owned(),
                blocker: format!("another session: {detail}"),
                seconds: 0,
            }
            .into(),
            // An encrypted connection that is cut ends in the words of TLS.
            Some(2026) if !detail.contains("to connect") => self.broken(Moment::Working, &detail),
            Some(code) if is_about_the_way(code) => self.number(code, &detail, database),
            None if detail == SILENT_END => self.broken(
                Moment::Working,
                &format!("{tool} ended without a word, as it does when its session is ended"),
            ),
            _ => ServerError::ToolFailed { tool, detail }.into(),
        }
    }

    /// A connection that could not be made, or that broke.
    pub(super) fn broken(&self, moment: Moment, detail: &str) -> Error {
        let (server, detail) = (self.server.clone(), detail.to_owned());
        match moment {
            Moment::Connecting => ServerError::Unreachable { server, detail }.into(),
            Moment::Working => ServerError::ConnectionLost { server, detail }.into(),
        }
    }

    fn refused(&self, detail: &str) -> Error {
        let (server, user) = (self.server.clone(), self.user.clone());
        ServerError::LoginRefused { server, user, detail: detail.to_owned() }.into()
    }

    fn tls(&self, detail: &str) -> Error {
        ServerError::Tls { server: self.server.clone(), detail: detail.to_owned() }.into()
    }
}

fn failed(object: &str, detail: &str) -> Error {
    ServerError::Failed { object: object.to_owned(), detail: detail.to_owned() }.into()
}

fn is_tls(error: &std::io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some()
}

/// Numbers for which the tool's own words say less than ours.
fn is_about_the_way(code: u16) -> bool {
    matches!(
        code,
        1040 | 1044
            | 1045
            | 1053
            | 1130
            | 1142
            | 1143
            | 1203
            | 1227
            | 1317
            | 1370
            | 1419
            | 1698
            | 1820
            | 1862
            | 1927
            | 2002
            | 2003
            | 2005
            | 2006
            | 2013
            | 2026
            | 2059
            | 2061
            | 3169
            | 4031
    )
}

/// The number that the server gave an error that has no meaning of its own here.
pub(super) fn number_of(error: &Error) -> Option<u16> {
    let Error::Server(ServerError::Failed { detail, .. }) = error else { return None };
    let (_, number) = detail.strip_suffix(')')?.rsplit_once('(')?;
    number.parse().ok()
}

/// The number in a tool's words: `Got error: 1045: …`, `Error 2013: …`, `… denied (1142)`,
/// `ERROR 1064 (42000) at line 5`.
fn number_in(text: &str) -> Option<u16> {
    let number = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        (digits.len() == 4).then(|| digits.parse().ok()).flatten()
    };
    let named = ["rror: ", "rror ", "ERROR "]
        .iter()
        .flat_map(|word| text.match_indices(word).map(|(at, word)| at + word.len()));
    let mut named: Vec<usize> = named.collect();
    named.sort_unstable();
    named
        .into_iter()
        .find_map(|at| number(&text[at..]))
        .or_else(|| text.rmatch_indices('(').find_map(|(at, _)| number(&text[at + 1..])))
}

/// A client's words without the statement that it repeats before its error: that holds rows.
fn without_statement(detail: &str) -> String {
    const RULE: &str = "--------------";
    let error = detail.rmatch_indices("ERROR ").map(|(at, _)| at);
    let mut error = error.filter(|at| *at == 0 || detail[..*at].ends_with(" · "));
    match error.next() {
        Some(at) => detail[at..].to_owned(),
        None if detail.contains(RULE) => {
            let ending = detail.rsplit_once(" (").map_or(detail, |(_, ending)| ending);
            ending.trim_end_matches(')').to_owned()
        }
        None => detail.to_owned(),
    }
}

/// The first name in quotes, or the whole text.
fn quoted(text: &str) -> String {
    text.split('\'').nth(1).unwrap_or(text).to_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    fn who() -> Who {
        Who { server: "db:3306".to_owned(), user: "u".to_owned() }
    }

    fn tool(detail: &str) -> Error {
        let error = ServerError::ToolFailed { tool: "mysqldump 9".into(), detail: detail.into() };
        who().tool(error.into(), "shop")
    }

    #[test]
    fn the_words_of_tools_become_their_causes() {
        let cases = [
            (
                "mariadb-dump: Got error: 1045: \"Access denied for user 'u'\" when trying to connect (exit status 2)",
                ErrorCode::LoginRefused,
            ),
            (
                "mariadb-dump: Error 2013: Lost connection to server during query when dumping table `t` at row: 5 (exit status 3)",
                ErrorCode::ServerUnreachable,
            ),
            (
                "mariadb-dump: Error 1412: Table definition has changed, please retry transaction when dumping table `t` at row: 0 (exit status 3)",
                ErrorCode::SourceChanged,
            ),
            (
                "mysqldump: Couldn't execute 'show create table `t`': Table 'shop.t' doesn't exist (1146) (exit status 2)",
                ErrorCode::SourceChanged,
            ),
            (
                "mysqldump: Couldn't execute 'SHOW VIEW': denied to user 'u'@'%' for table 'v' (1142) (exit status 2)",
                ErrorCode::RightMissing,
            ),
            (
                "mysqldump: Error in field count for table: `d` !  Aborting. (exit status 3)",
                ErrorCode::SourceChanged,
            ),
            (
                "mariadb-dump: Error 2026: TLS/SSL error: unexpected eof while reading when dumping table `a` at row: 5 (exit status 3)",
                ErrorCode::ServerUnreachable,
            ),
            (
                "mariadb-dump: Got error: 2026: \"TLS/SSL error: self-signed\" when trying to connect (exit status 2)",
                ErrorCode::TlsFailed,
            ),
            ("exit status 2", ErrorCode::ServerUnreachable),
            ("exit status 7", ErrorCode::SourceFailed),
            (
                "it was ended by signal 9 (killed, perhaps for lack of memory)",
                ErrorCode::SourceFailed,
            ),
            ("ERROR 1064 (42000) at line 5: You have an error", ErrorCode::SourceFailed),
        ];
        for (detail, expected) in cases {
            assert_eq!(tool(detail).code(), expected, "{detail}");
        }
        assert!(tool("Error 2013: Lost").is_transient());
        assert!(tool("Error 1412: changed").is_transient());
        assert!(!tool("(1045)").is_transient());
    }

    #[test]
    fn no_row_of_a_repeated_statement_is_shown() {
        let error = tool(
            "(1,'secret') · -------------- · ERROR 2013 (HY000) at line 9: Lost (exit status 1)",
        );
        assert_eq!(
            error.to_string(),
            "The connection to `db:3306` was lost: ERROR 2013 (HY000) at line 9: Lost (exit status 1)"
        );
        let error = tool("-------------- · (1,'secret') · (2,'x') (it was ended by signal 9)");
        assert_eq!(error.to_string(), "mysqldump 9 failed: it was ended by signal 9");
    }

    #[test]
    fn numbers_are_read_wherever_they_stand() {
        assert_eq!(number_in("Got error: 1045: x (exit status 2)"), Some(1045));
        assert_eq!(number_in("x (1142) (exit status 2)"), Some(1142));
        assert_eq!(number_in("ERROR 1064 (42000) at line 1"), Some(1064));
        assert_eq!(number_in("nothing (12) here 1234"), None);
    }
}
