//! Where the server is and who we are there: for the driver, and as a connection string for the tools.
//!
//! Owns the address, the encryption and the percent-encoding. Nothing here opens a connection.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mongodb::options::{ClientOptions, Credential, ServerAddress, Tls, TlsOptions};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::secret::Secret;

/// For everything that an answer has to come for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The port of a server that says no other.
pub(super) const DEFAULT_PORT: u16 = 27017;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// On a port.
    Tcp(String, u16),
    /// On a Unix socket.
    Socket(PathBuf),
}

/// How the connection is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Protection {
    /// Not at all.
    Plain,
    /// Encrypted; nobody asks who answers.
    Encrypted,
    /// Encrypted; the server has proved its name with a certificate of these, or of the system's.
    Verified(Option<PathBuf>),
}

/// All that it takes to be let in.
#[derive(Debug, Clone)]
pub(super) struct Login {
    /// Where this program reaches the server.
    pub(super) address: Address,
    /// Where the tools reach it: the same, except in a container.
    pub(super) tool_address: Address,
    /// How a person would write the server.
    pub(super) title: String,
    /// The user; empty for none.
    pub(super) user: String,
    /// The password.
    pub(super) password: Option<Secret>,
    /// The database that knows the user.
    pub(super) auth_database: String,
    /// How the connection is protected.
    pub(super) protection: Protection,
}

impl Login {
    /// What the driver has to know.
    pub(super) fn options(&self) -> ClientOptions {
        let host = match &self.address {
            Address::Tcp(host, port) => {
                ServerAddress::Tcp { host: host.clone(), port: Some(*port) }
            }
            #[cfg(unix)]
            Address::Socket(path) => ServerAddress::Unix { path: path.clone() },
            #[cfg(not(unix))]
            Address::Socket(path) => {
                ServerAddress::Tcp { host: path.display().to_string(), port: None }
            }
        };
        let mut options = ClientOptions::builder()
            .hosts(vec![host])
            .app_name("kronos".to_owned())
            .direct_connection(true)
            .connect_timeout(PATIENCE)
            .server_selection_timeout(PATIENCE)
            .tls(self.driver_tls())
            .build();
        options.credential = (!self.user.is_empty()).then(|| {
            let password = self.password.as_ref().map(|password| password.expose().to_owned());
            Credential::builder()
                .username(self.user.clone())
                .password(password)
                .source(self.auth_database.clone())
                .build()
        });
        options
    }

    fn driver_tls(&self) -> Tls {
        match &self.protection {
            Protection::Plain => Tls::Disabled,
            Protection::Encrypted => {
                Tls::Enabled(TlsOptions::builder().allow_invalid_certificates(true).build())
            }
            Protection::Verified(ca_file) => {
                let ca_file = ca_file.clone().or_else(|| openssl_probe::probe().cert_file);
                Tls::Enabled(TlsOptions::builder().ca_file_path(ca_file).build())
            }
        }
    }

    /// What the tools have to know, as the text of their private configuration file. Everything that
    /// comes from outside is percent-encoded, so no character of it can end the text or add an option.
    pub(super) fn tool_config(&self) -> Secret {
        let host = match &self.tool_address {
            Address::Tcp(host, port) if host.contains(':') => format!("[{host}]:{port}"),
            Address::Tcp(host, port) => format!("{}:{port}", encoded(host)),
            Address::Socket(path) => encoded(&path.to_string_lossy()),
        };
        let password = self.password.as_ref().map_or("", |password| password.expose());
        let user = match self.user.as_str() {
            "" => String::new(),
            user => format!("{}:{}@", encoded(user), encoded(password)),
        };
        let milliseconds = PATIENCE.as_millis();
        let mut parameters = format!(
            "directConnection=true&serverSelectionTimeoutMS={milliseconds}&connectTimeoutMS={milliseconds}"
        );
        if !self.user.is_empty() {
            parameters.push_str(&format!("&authSource={}", encoded(&self.auth_database)));
            // The newer mechanism forbids some characters, emoji among them, and the tools do not fall
            // back to the older one by themselves.
            if stringprep::saslprep(password).is_err() {
                parameters.push_str("&authMechanism=SCRAM-SHA-1");
            }
        }
        parameters.push_str(&self.tool_tls());
        Secret::new(format!("uri: \"mongodb://{user}{host}/?{parameters}\"\n"))
    }

    /// Every form of the password in what the tools are told.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let Some(password) = &self.password else { return Vec::new() };
        let quoted = serde_json::Value::from(password.expose()).to_string();
        let quoted = Secret::new(quoted.trim_matches('"'));
        vec![password.clone(), Secret::new(encoded(password.expose())), quoted]
    }

    fn tool_tls(&self) -> String {
        let is_elsewhere = self.tool_address != self.address;
        match &self.protection {
            Protection::Plain => String::new(),
            // In a container the way to the server leaves nothing, and our files are not there.
            Protection::Verified(_) if is_elsewhere => "&tls=true&tlsInsecure=true".to_owned(),
            Protection::Encrypted => "&tls=true&tlsInsecure=true".to_owned(),
            Protection::Verified(None) => "&tls=true".to_owned(),
            Protection::Verified(Some(file)) => {
                format!("&tls=true&tlsCAFile={}", encoded(&file.to_string_lossy()))
            }
        }
    }

    /// The protection, for a person.
    pub(super) fn shown_protection(&self) -> String {
        match (&self.protection, &self.address) {
            (Protection::Plain, Address::Socket(_)) => "Unix socket".to_owned(),
            (Protection::Plain, Address::Tcp(..)) => "not encrypted".to_owned(),
            (Protection::Encrypted, _) => "TLS, certificate not verified".to_owned(),
            (Protection::Verified(_), _) => "TLS, certificate verified".to_owned(),
        }
    }
}

impl Address {
    /// What the settings name: a host, or a socket by its path.
    pub(super) fn of(host: &str, port: u16) -> Self {
        let port = if port == 0 { DEFAULT_PORT } else { port };
        match host {
            "" => Self::Tcp("localhost".to_owned(), port),
            path if path.starts_with('/') => Self::Socket(Path::new(path).to_owned()),
            host => Self::Tcp(host.trim_matches(['[', ']']).to_owned(), port),
        }
    }

    /// How a person would write it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Tcp(host, port) if host.contains(':') => format!("[{host}]:{port}"),
            Self::Tcp(host, port) => format!("{host}:{port}"),
            Self::Socket(path) => path.display().to_string(),
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(user: &str, password: &str) -> Login {
        let address = Address::of("db.example", 0);
        Login {
            title: address.shown(),
            tool_address: address.clone(),
            address,
            user: user.to_owned(),
            password: Some(Secret::new(password)),
            auth_database: "admin".to_owned(),
            protection: Protection::Plain,
        }
    }

    proptest::proptest! {
        #[test]
        fn every_user_and_password_is_read_back_by_a_driver(user in "\\PC{1,20}", password in any_text()) {
            let config = login(&user, &password).tool_config();
            let uri = config.expose().strip_prefix("uri: \"").and_then(|rest| rest.strip_suffix("\"\n"));
            let uri = uri.expect("one line of YAML");
            proptest::prop_assert!(uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'));
            let (_, rest) = uri.split_once("://").unwrap();
            let (credentials, rest) = rest.split_once('@').unwrap();
            proptest::prop_assert!(rest.starts_with("db%2Eexample:27017/?"));
            let (found, secret) = credentials.split_once(':').unwrap();
            let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
            proptest::prop_assert_eq!(decoded(found), user);
            proptest::prop_assert_eq!(decoded(secret), password);
        }
    }

    fn any_text() -> impl proptest::strategy::Strategy<Value = String> {
        proptest::collection::vec(proptest::prelude::any::<char>(), 0..20)
            .prop_map(|chars| chars.into_iter().collect())
    }

    use proptest::strategy::Strategy as _;

    #[test]
    fn addresses_are_what_the_settings_say() {
        assert_eq!(Address::of("", 0).shown(), "localhost:27017");
        assert_eq!(Address::of("::1", 31405).shown(), "[::1]:31405");
        assert_eq!(Address::of("[::1]", 1).shown(), "[::1]:1");
        assert_eq!(Address::of("/run/m.sock", 0), Address::Socket("/run/m.sock".into()));
    }

    #[test]
    fn the_tools_are_told_how_the_connection_is_protected() {
        let mut login = login("", "");
        let tls = |login: &Login| login.tool_config().expose().contains("tls=true");
        assert!(!tls(&login));
        login.protection = Protection::Verified(Some("/etc/my ca.pem".into()));
        assert!(
            login.tool_config().expose().contains("&tls=true&tlsCAFile=%2Fetc%2Fmy%20ca%2Epem")
        );
        login.tool_address = Address::of("127.0.0.1", 0);
        assert!(login.tool_config().expose().contains("tlsInsecure=true"));
        assert!(!login.tool_config().expose().contains('@'));
    }
}
