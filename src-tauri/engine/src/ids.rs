//! The small value types that name things: engines, runs, backups.
//!
//! Owns spelling and generation of identifiers; owns no lookup.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A database engine that Kronos knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum EngineKind {
    /// SQLite files.
    Sqlite,
    /// PostgreSQL servers.
    Postgres,
    /// MySQL and MariaDB servers.
    Mysql,
    /// MongoDB servers.
    Mongodb,
}

impl EngineKind {
    /// Every engine, in the order in which documentation lists them.
    pub const ALL: [Self; 4] = [Self::Sqlite, Self::Postgres, Self::Mysql, Self::Mongodb];

    /// The key that names this engine in `config.toml` and in a manifest.
    pub fn key(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Mongodb => "mongodb",
        }
    }

    /// The engine's name as its makers write it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL/MariaDB",
            Self::Mongodb => "MongoDB",
        }
    }

    /// The engine with this configuration key, if there is one.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Names one backup: the archive's file name without its ending, for example
/// `shop_20261122T135401.250Z_k3v9x0`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(export)]
pub struct BackupId(String);

impl BackupId {
    /// Makes a new identifier for `profile`: the name in a safe alphabet, the instant in UTC with
    /// milliseconds, and six random characters, so that two runs in one millisecond, or on two
    /// machines, never collide.
    pub fn generate(profile: &str, now: Timestamp) -> Self {
        let stamp = now.strftime("%Y%m%dT%H%M%S%.3f");
        Self(format!("{}_{stamp}Z_{}", safe_name(profile), random_suffix()))
    }

    /// Takes an identifier from a file name or a user. The text is not checked; looking it up is.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BackupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names one run (backup, verification or restore) of this installation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(export)]
pub struct RunId(String);

impl RunId {
    /// Makes a new identifier that sorts by time.
    pub fn generate(now: Timestamp) -> Self {
        Self(format!("{}_{}", now.strftime("%Y%m%dT%H%M%S%.3f"), random_suffix()))
    }

    /// Takes an identifier that was given out before.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Rewrites a name so that it is legal and harmless as a part of a file name on every platform:
/// lower-case ASCII letters, digits, `-` and `.`; at most 60 characters; never empty, never starting
/// or ending with a dot.
pub fn safe_name(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'a'..='z' | '0'..='9' | '.' | '-' => safe.push(character),
            'A'..='Z' => safe.push(character.to_ascii_lowercase()),
            _ if safe.ends_with('-') => {}
            _ => safe.push('-'),
        }
        if safe.len() == 60 {
            break;
        }
    }
    let trimmed = safe.trim_matches(['.', '-']);
    if trimmed.is_empty() { "unnamed".to_owned() } else { trimmed.to_owned() }
}

fn random_suffix() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..6).map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_id_is_profile_time_and_random() {
        let now: Timestamp = "2026-11-22T13:54:01.25Z".parse().unwrap();
        let id = BackupId::generate("Shop Dev/ü", now);
        let text = id.as_str();
        assert!(text.starts_with("shop-dev_20261122T135401.250Z_"), "{text}");
        assert_eq!(text.len(), "shop-dev_20261122T135401.250Z_".len() + 6);
        assert_ne!(id, BackupId::generate("Shop Dev/ü", now));
    }

    #[test]
    fn safe_names_are_legal_everywhere() {
        assert_eq!(safe_name("shop.db"), "shop.db");
        assert_eq!(safe_name("../../etc/passwd"), "etc-passwd");
        assert_eq!(safe_name("🔑"), "unnamed");
        assert_eq!(safe_name(""), "unnamed");
        assert_eq!(safe_name("CON"), "con");
        assert_eq!(safe_name(&"x".repeat(500)).len(), 60);
    }
}
