//! Opening a connection: the address, the password, the encryption, and who answers.
//!
//! Owns the order, from the cheapest question to the login, so that each failure has its own sentence.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use mongodb::Client;
use mongodb::bson::{Document, doc};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::tool::{Container, Place};
use super::failure::Failures;
use super::login::{Address, DEFAULT_PORT, Login, PATIENCE, Protection};
use crate::config::{ConnectionSettings, TlsMode};
use crate::error::{Result, ServerError};

/// An open connection to a server that has let us in.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) login: Login,
    pub(super) place: Place,
    pub(super) failures: Failures,
    /// What the server said of itself.
    pub(super) hello: Document,
}

impl Session {
    /// Connects and logs in.
    pub(super) async fn open(settings: &ConnectionSettings) -> Result<Self> {
        let (login, place) = login(settings).await?;
        let failures = Failures::new(&login);
        let client = Client::with_options(login.options())
            .map_err(|error| failures.of(&error, &login.title))?;
        let session = Self { client, login, place, failures, hello: Document::new() };
        let hello = session.admin(doc! { "hello": 1 }).await?;
        // The greeting needs no login; this does where the server asks for one.
        session.admin(doc! { "connectionStatus": 1 }).await?;
        Ok(Self { hello, ..session })
    }

    /// Runs a command that concerns the whole server.
    pub(super) async fn admin(&self, command: Document) -> Result<Document> {
        let answer = self.client.database("admin").run_command(command).await;
        answer.map_err(|error| self.failures.of(&error, &self.login.title))
    }

    /// The source of a database as a person would write it.
    pub(super) fn source(&self, database: &str) -> String {
        format!("{}/{database}", self.login.title)
    }
}

async fn login(settings: &ConnectionSettings) -> Result<(Login, Place)> {
    let server = &settings.server;
    let (address, tool_address, title, place) = if let Some(name) = &server.container {
        let port = if settings.port == 0 { DEFAULT_PORT } else { settings.port };
        let container = Container::find(name).await?;
        let (host, outside) = container.address(port)?;
        let inside = Address::Tcp("127.0.0.1".to_owned(), port);
        let place = Place::Container(Arc::new(container));
        (Address::Tcp(host, outside), inside, format!("docker: {name}"), place)
    } else {
        refuse_lists(&settings.host)?;
        let address = Address::of(&settings.host, settings.port);
        (address.clone(), address.clone(), address.shown(), Place::Here)
    };
    let password = match &settings.password {
        Some(source) => Some(source.resolve().await?),
        None => None,
    };
    let protection = protection(&address, &title, settings.tls(), server.ca_file.clone()).await?;
    let auth_database = server.auth_database.clone().unwrap_or_else(|| "admin".to_owned());
    let user = settings.user.clone();
    let login = Login { address, tool_address, title, user, password, auth_database, protection };
    Ok((login, place))
}

/// A profile is one server: of a set of servers, name the one that shall be read.
fn refuse_lists(host: &str) -> Result<()> {
    let detail = if host.contains("://") {
        "write the host and the port of one server; an address like `mongodb+srv://…` is not used"
    } else if host.contains(',') {
        "write one server of the set, with its port in `port`"
    } else {
        return Ok(());
    };
    Err(ServerError::Failed { object: host.to_owned(), detail: detail.to_owned() }.into())
}

/// Asks whether anybody listens, and how the connection will be protected.
async fn protection(
    address: &Address,
    title: &str,
    mode: TlsMode,
    ca_file: Option<PathBuf>,
) -> Result<Protection> {
    let unreachable =
        |detail: String| ServerError::Unreachable { server: title.to_owned(), detail };
    let Address::Tcp(host, port) = address else {
        return match mode {
            TlsMode::Off | TlsMode::Prefer => Ok(Protection::Plain),
            TlsMode::Require | TlsMode::Verify => Err(ServerError::Tls {
                server: title.to_owned(),
                detail: "a Unix socket is not encrypted; nobody else can listen to it".to_owned(),
            }
            .into()),
        };
    };
    let stream = tokio::time::timeout(PATIENCE, TcpStream::connect((host.as_str(), *port)))
        .await
        .map_err(|_| unreachable(format!("no answer within {} s", PATIENCE.as_secs())))?
        .map_err(|error| unreachable(error.to_string()))?;
    Ok(match mode {
        TlsMode::Off => Protection::Plain,
        TlsMode::Require => Protection::Encrypted,
        TlsMode::Verify => Protection::Verified(ca_file),
        TlsMode::Prefer => {
            let answer = tokio::time::timeout(PATIENCE, offers_encryption(stream, host)).await;
            if matches!(answer, Ok(Ok(true))) { Protection::Encrypted } else { Protection::Plain }
        }
    })
}

/// Says hello as one who wants to encrypt, and looks whether the answer is a hello, too.
async fn offers_encryption(mut stream: TcpStream, host: &str) -> io::Result<bool> {
    const HANDSHAKE: u8 = 22;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let mut hello = Vec::new();
    rustls::ClientConnection::new(Arc::new(config), name)
        .map_err(io::Error::other)?
        .write_tls(&mut hello)?;
    stream.write_all(&hello).await?;
    Ok(stream.read_u8().await? == HANDSHAKE)
}
