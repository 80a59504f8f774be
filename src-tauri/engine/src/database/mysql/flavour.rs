//! The two makers of this protocol, and what tells their servers and tools apart.
//!
//! Owns versions and names. Their dumps are alike and not interchangeable: a tool of one maker can
//! write dumps of the other's server that no server takes back.

use super::super::tool::ToolVersion;

/// Who made a server or a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    /// The MariaDB Foundation.
    MariaDb,
    /// Oracle, and those who follow it: Percona, the clouds.
    MySql,
}

impl Flavour {
    /// Its name for a person.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MariaDb => "MariaDB",
            Self::MySql => "MySQL",
        }
    }
}

/// A server's maker and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerVersion {
    /// Who made it.
    pub(super) flavour: Flavour,
    /// Which one it is.
    pub(super) number: ToolVersion,
}

impl ServerVersion {
    /// Reads what a server says: `10.11.19-MariaDB-0+deb12u1` with a comment, `9.7.4-2`.
    pub(super) fn of_server(version: &str, comment: &str) -> Option<Self> {
        let says_mariadb = |text: &str| text.to_ascii_lowercase().contains("mariadb");
        let is_mariadb = says_mariadb(version) || says_mariadb(comment);
        let flavour = if is_mariadb { Flavour::MariaDb } else { Flavour::MySql };
        Some(Self { flavour, number: ToolVersion::first_in(version)? })
    }

    /// Reads what an archive recorded, as [`std::fmt::Display`] wrote it.
    pub(super) fn of_record(text: &str) -> Option<Self> {
        let (name, number) = text.split_once(' ')?;
        let flavour = [Flavour::MariaDb, Flavour::MySql].into_iter().find(|f| f.name() == name)?;
        Some(Self { flavour, number: ToolVersion::first_in(number)? })
    }

    /// The release series as two numbers; a server reads the dumps of older series.
    pub(super) fn series(self) -> (u32, u32) {
        (self.number.major, self.number.minor)
    }

    /// Whether it is MariaDB of this series or a newer one.
    pub(super) fn is_mariadb_from(self, major: u32, minor: u32) -> bool {
        self.flavour == Flavour::MariaDb && self.series() >= (major, minor)
    }
}

impl std::fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.flavour.name(), self.number)
    }
}

/// Who made a tool, by the line in which it says its version.
pub(super) fn maker_of_tool(version_line: &str) -> Flavour {
    if version_line.contains("MariaDB") { Flavour::MariaDb } else { Flavour::MySql }
}

/// The version in a tool's line. Old tools number themselves apart from their release, which stands
/// behind `Distrib`; new ones of MariaDB write it behind `from`.
pub(super) fn tool_version(line: &str) -> Option<ToolVersion> {
    let behind = |word| ToolVersion::behind(word, line);
    behind("Distrib ").or_else(|| behind(" from ")).or_else(|| behind("Ver "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_and_servers_say_who_made_them() {
        let tool = |line: &str| {
            let version = tool_version(line).map(|version| version.to_string());
            (maker_of_tool(line), version.unwrap_or_default())
        };
        let mariadb = |version: &str| (Flavour::MariaDb, version.to_owned());
        let mysql = |version: &str| (Flavour::MySql, version.to_owned());
        let cases = [
            (
                "mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)",
                mariadb("10.11.19"),
            ),
            (
                "mariadb-dump from 11.8.2-MariaDB, client 10.19 for debian-linux-gnu (x86_64)",
                mariadb("11.8.2"),
            ),
            ("mysqldump  Ver 9.7.4-2 for Linux on x86_64 ((Debian))", mysql("9.7.4")),
            ("mysqldump  Ver 10.13 Distrib 5.7.44, for Linux (x86_64)", mysql("5.7.44")),
            ("/usr/bin/mysql  Ver 8.0.36-28 for Linux on x86_64 (Percona Server)", mysql("8.0.36")),
        ];
        for (line, expected) in cases {
            assert_eq!(tool(line), expected, "{line}");
        }
        let server = |version, comment| {
            ServerVersion::of_server(version, comment).map(|version| version.to_string())
        };
        assert_eq!(
            server("10.11.19-MariaDB-0+deb12u1-log", "Debian 12").unwrap(),
            "MariaDB 10.11.19"
        );
        assert_eq!(server("11.4.2", "MariaDB Server").unwrap(), "MariaDB 11.4.2");
        assert_eq!(server("9.7.4-2", "(Debian)").unwrap(), "MySQL 9.7.4");
        assert_eq!(server("nonsense", ""), None);
        let recorded = ServerVersion::of_record("MariaDB 10.11.19").unwrap();
        assert!(recorded.is_mariadb_from(10, 11) && !recorded.is_mariadb_from(11, 0));
        assert_eq!(ServerVersion::of_record("PostgreSQL 15.1"), None);
    }
}
