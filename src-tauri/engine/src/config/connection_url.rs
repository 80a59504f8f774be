//! Connection URLs as frameworks and hosts give them out: `postgres://user:password@host/shop`.
//!
//! Owns taking them apart. No message quotes more than the name of a parameter, because any part of a URL
//! that was cut in the wrong place may be a password. The meaning of the parameters belongs to
//! `url_parameters`.

use percent_encoding::percent_decode_str;
use url::Url;

use super::model::ConnectionSettings;
use super::url_parameters::Reading;
use super::{SecretSource, server_values};
use crate::error::{ConfigError, Error, Result};
use crate::ids::EngineKind;
use crate::secret::Secret;

const ENCODE: &str = "A `/`, `?`, `#` or `@` in the user or the password has to be written as `%2F`, `%3F`, \
                      `%23` or `%40`";

/// A connection URL, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionUrl {
    /// The engine that its scheme names.
    pub engine: EngineKind,
    /// What it says; a password in it is plain.
    pub connection: ConnectionSettings,
    /// Parts of it that Kronos does not use, each one sentence.
    pub warnings: Vec<String>,
}

impl ConnectionUrl {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// A sentence for the form field `url`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let text = text.strip_prefix("jdbc:").unwrap_or(text);
        let (scheme, rest) = text.split_once("://").ok_or_else(no_url)?;
        let engine = engine(&scheme.to_ascii_lowercase())?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        check_tail(authority, tail)?;
        let (tail, fragment) = tail.split_once('#').unwrap_or((tail, ""));
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));

        let mut reading = Reading::new(engine);
        if !fragment.is_empty() {
            reading.warnings.push("What stands behind `#` in the URL is not used".to_owned());
        }
        read_authority(authority, &mut reading)?;
        reading.database = decoded(path.strip_prefix('/').unwrap_or(path))?;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            reading.apply(&decoded(key)?, &decoded(value)?);
        }
        finish(engine, reading)
    }
}

fn engine(scheme: &str) -> Result<EngineKind> {
    if scheme == "mongodb+srv" {
        return Err(refused(
            "Kronos cannot ask the DNS for the servers of a `mongodb+srv://` URL; write `mongodb://` with \
             the name of one server, and add `tls=true`",
        ));
    }
    // Some libraries name themselves: `postgresql+psycopg2://`.
    match scheme.split('+').next().unwrap_or_default() {
        "postgres" | "postgresql" | "postgis" => Ok(EngineKind::Postgres),
        "mysql" | "mariadb" => Ok(EngineKind::Mysql),
        "mongodb" => Ok(EngineKind::Mongodb),
        _ => Err(no_url()),
    }
}

/// Without an `@` before the first `/`, one behind it means that a password was cut in two.
fn check_tail(authority: &str, tail: &str) -> Result<()> {
    let before = tail.split('@').next().unwrap_or_default();
    let in_a_value = before.split_once('?').is_some_and(|(_, query)| query.contains('='));
    if !authority.contains('@') && before.len() < tail.len() && !in_a_value {
        return Err(refused(ENCODE));
    }
    Ok(())
}

/// User, password, host and port. MongoDB and PostgreSQL allow several hosts, PostgreSQL also none; the
/// `url` crate allows exactly one.
fn read_authority(authority: &str, reading: &mut Reading) -> Result<()> {
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (first, others) = hosts.split_once(',').unwrap_or((hosts, ""));
    if !others.is_empty() {
        let sentence = "The URL names several servers; only the first one is used";
        reading.warnings.push(sentence.to_owned());
    }
    let host = if first.is_empty() { "localhost" } else { first };
    let url = Url::parse(&format!("kronos://{login}@{host}")).map_err(|_| {
        refused(format!("The host or the port in this URL cannot be read. {ENCODE}"))
    })?;
    let host = match url.host() {
        Some(url::Host::Ipv6(address)) => address.to_string(),
        _ => decoded(url.host_str().unwrap_or_default())?,
    };
    server_values::check_host(&host).map_err(refused)?;
    reading.connection.host = host;
    reading.connection.port = url.port().unwrap_or(0);
    reading.connection.user = decoded(url.username())?;
    reading.password(decoded(url.password().unwrap_or_default())?);
    Ok(())
}

fn finish(engine: EngineKind, reading: Reading) -> Result<ConnectionUrl> {
    let (connection, warnings) = reading.finish();
    let password = match &connection.password {
        Some(SecretSource::Plain(secret)) => secret.expose(),
        _ => "",
    };
    let server = &connection.server;
    let names = connection.databases.iter().chain(&server.auth_database);
    for text in names.map(String::as_str).chain([password, &connection.user]) {
        server_values::check_text(text).map_err(refused)?;
    }
    server_values::check_host(&connection.host).map_err(refused)?;
    Ok(ConnectionUrl { engine, connection, warnings })
}

fn decoded(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(String::from).map_err(|_| refused("A part of this URL is not text once it is decoded"))
}

fn no_url() -> Error {
    refused(
        "This is not a connection URL; one begins with `postgres://`, `mysql://`, `mariadb://` or \
         `mongodb://`",
    )
}

fn refused(message: impl Into<String>) -> Error {
    ConfigError::Rejected { field: "url", message: message.into() }.into()
}

/// A password of a URL; an empty one is none.
pub(super) fn password(text: String) -> Option<SecretSource> {
    Some(text).filter(|text| !text.is_empty()).map(|text| SecretSource::Plain(Secret::new(text)))
}
