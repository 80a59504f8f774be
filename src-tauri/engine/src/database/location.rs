//! Where databases are, so that two ways to one of them can be told to be the same.
//!
//! Owns comparing addresses and files. Asks neither a server nor the DNS: two names of one host are two
//! addresses here, and only the identity that a server gives itself can tell otherwise.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::{RestoreTarget, tls};
use crate::config::ConnectionSettings;
use crate::files;

/// Where the databases of a connection are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In files.
    Files(Vec<PathBuf>),
    /// On a server.
    Server {
        /// How it is reached.
        address: ServerAddress,
        /// Whether it is on another computer.
        is_remote: bool,
    },
}

/// How a server is reached; every way of writing the same address is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAddress {
    /// By the name of its container.
    Container(String),
    /// By a file of this computer.
    Socket(PathBuf),
    /// By a port of this computer.
    Here(u16),
    /// By a host and a port.
    There(String, u16),
}

impl Location {
    /// The server of these settings, which listens at `default_port` unless they say otherwise.
    pub(super) fn on_server(settings: &ConnectionSettings, default_port: u16) -> Self {
        let port = if settings.port == 0 { default_port } else { settings.port };
        let is_remote = tls::is_remote(settings, &settings.host);
        let address = match (&settings.server.container, &settings.host) {
            (Some(container), _) => ServerAddress::Container(container.clone()),
            (None, path) if path.starts_with('/') => {
                let path = PathBuf::from(path);
                // `/var/run` is a link to `/run`.
                ServerAddress::Socket(path.canonicalize().unwrap_or(path))
            }
            (None, _) if !is_remote => ServerAddress::Here(port),
            (None, host) => ServerAddress::There(spelled_alike(host), port),
        };
        Self::Server { address, is_remote }
    }

    /// Whether it is on another computer.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Server { is_remote: true, .. })
    }

    /// Whether both lead to servers of this computer in ways that no address can compare: a socket and a port,
    /// a container and either.
    pub fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Server { address: one, .. }, Self::Server { address: two, .. }) => {
                let is_here = !self.is_remote() && !other.is_remote();
                is_here && !matches!((one, two), (ServerAddress::Here(_), ServerAddress::Here(_)))
            }
            _ => false,
        }
    }

    /// Whether `file` is one of these files, under whatever name.
    pub fn has_file(&self, file: &Path) -> bool {
        matches!(self, Self::Files(own) if own.iter().any(|own| files::is_same(own, file)))
    }

    /// Whether `target` on the server at `other` can be reached here, as far as its address tells.
    pub fn leads_to(&self, target: &RestoreTarget, other: &Self) -> bool {
        match (self, target) {
            (Self::Files(_), RestoreTarget::NewFile(file) | RestoreTarget::ReplaceFile(file)) => {
                self.has_file(file)
            }
            (Self::Server { address, .. }, _) => {
                matches!(other, Self::Server { address: other, .. } if address == other)
            }
            (Self::Files(_), _) => false,
        }
    }
}

/// The names of hosts know no case, the last dot says nothing, and an address has many spellings.
fn spelled_alike(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => host.trim_end_matches('.').to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str, port: u16) -> Location {
        let settings = ConnectionSettings { host: host.into(), port, ..Default::default() };
        Location::on_server(&settings, 5432)
    }

    fn in_container(name: &str) -> Location {
        let mut settings = ConnectionSettings { host: "10.0.0.1".into(), ..Default::default() };
        settings.server.container = Some(name.into());
        Location::on_server(&settings, 5432)
    }

    #[test]
    fn every_spelling_of_an_address_is_the_same_and_no_other_is() {
        let same = [
            [at("", 0), at("localhost", 5432)],
            [at("LOCALHOST", 0), at("127.0.0.1", 5432)],
            [at("::1", 0), at("127.8.8.8", 0)],
            [at("db.example.org", 0), at("DB.Example.org.", 5432)],
            [at("2001:db8::1", 0), at("2001:DB8:0:0::1", 0)],
            [at("10.0.0.1", 0), at("::ffff:10.0.0.1", 0)],
            [in_container("shop-db"), in_container("shop-db")],
        ];
        let target = RestoreTarget::ReplaceDatabase { name: "shop".into(), disconnect: false };
        for [one, other] in &same {
            assert!(one.leads_to(&target, other), "{one:?} {other:?}");
        }
        let others = [
            at("localhost", 0),
            at("localhost", 5433),
            at("db.example.org", 0),
            at("db.example.org", 5433),
            at("db2.example.org", 0),
            at("/no/such/socket", 0),
            in_container("shop-db"),
            in_container("other"),
        ];
        for (index, one) in others.iter().enumerate() {
            for (other_index, other) in others.iter().enumerate() {
                assert_eq!(one.leads_to(&target, other), index == other_index, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn what_is_reached_through_this_computer_is_not_remote() {
        for host in ["", "localhost", "LocalHost", "127.0.0.1", "127.200.1.9", "::1", "/run/x"] {
            assert!(!at(host, 0).is_remote(), "{host}");
        }
        // Nor is the own name of the computer taken for it: it may lead elsewhere, and nobody asks the DNS.
        let own = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let own = format!("{}.", own.trim());
        for host in
            ["192.168.1.7", "0.0.0.0", "::", "db", "localhost.example.org", "128.0.0.1", &own]
        {
            assert!(at(host, 0).is_remote(), "{host}");
        }
        assert!(!in_container("shop-db").is_remote(), "whatever host stands beside it");
        assert!(!Location::Files(vec!["/net/share/shop.db".into()]).is_remote());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_or_a_socket_is_known_by_every_name() {
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("shop.db"), root.path().join("link.db"));
        std::fs::write(&file, "x").unwrap();
        std::fs::write(root.path().join("other.db"), "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        std::fs::hard_link(&file, root.path().join("second.db")).unwrap();
        let place = Location::Files(vec![link.clone()]);
        let dotted = root.path().join("./shop.db");
        for name in [&file, &link, &dotted, &root.path().join("second.db")] {
            assert!(place.has_file(name), "{}", name.display());
            let target = RestoreTarget::ReplaceFile(name.clone());
            assert!(place.leads_to(&target, &Location::Files(Vec::new())));
        }
        assert!(!place.has_file(&root.path().join("other.db")));
        assert!(!place.has_file(&root.path().join("missing.db")));
        let database = RestoreTarget::NewDatabase("shop.db".into());
        assert!(!place.leads_to(&database, &place));

        let folder = root.path().join("folder");
        std::os::unix::fs::symlink(root.path(), &folder).unwrap();
        let [one, other] = [root.path(), &folder].map(|path| at(path.to_str().unwrap(), 0));
        assert!(one.leads_to(&database, &other));
    }
}
