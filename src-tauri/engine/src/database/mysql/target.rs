//! Whether a server can take a dump, asked before anything is made there.
//!
//! Owns the reasons to refuse: the name is taken, the server is older or knows less, a row would not fit
//! through its door.

use std::collections::BTreeSet;

use super::super::tool::Tool;
use super::super::{DumpedDatabase, RestoreTarget};
use super::catalog;
use super::flavour::{Flavour, ServerVersion};
use super::replace;
use super::rights::Rights;
use super::session::{Access, Session, identifier, literal};
use super::tools::{self, Purpose};
use crate::config::ConnectionSettings;
use crate::contents::ObjectKind;
use crate::error::{RestoreError, Result, ServerError};

/// The table by which a half-loaded database is known; it goes when the database is complete.
pub(super) const UNFINISHED: &str = "kronos_unfinished_restore";
/// The longest name that a server takes.
const MAX_NAME: usize = 64;

/// A server that can take the dump, and how.
pub(super) struct Target {
    /// The way to it.
    pub(super) access: Access,
    /// The client that loads.
    pub(super) tool: Tool,
    /// Who answers.
    pub(super) server: ServerVersion,
    /// Whether the connection is encrypted.
    pub(super) encrypted: bool,
    /// The new database, under the name that it is loaded with.
    pub(super) name: String,
    /// Set when it is going to take the place of another.
    pub(super) replaces: Option<Replaces>,
    /// Things to know afterwards.
    pub(super) warnings: Vec<String>,
}

/// A database that gives way.
#[derive(Debug, Clone)]
pub(super) struct Replaces {
    /// Its name.
    pub(super) name: String,
    /// Whether others may be disconnected.
    pub(super) disconnect: bool,
}

impl Target {
    /// Asks the server.
    pub(super) async fn check(
        settings: &ConnectionSettings,
        target: &RestoreTarget,
        dumped: &DumpedDatabase,
    ) -> Result<Self> {
        let name = target.database_name()?;
        check_name(name)?;
        let access = Access::of(settings).await?;
        let mut session = Session::open(&access).await?;
        let mut warnings = replace::settle(&mut session, &[name.to_owned()]).await?;
        let replaces = match target {
            RestoreTarget::ReplaceDatabase { name, disconnect } => {
                replace::check(&mut session, &access, name, *disconnect).await?;
                Some(Replaces { name: name.clone(), disconnect: *disconnect })
            }
            _ => None,
        };
        let mut questions = Questions { session: &mut session, access: &access, name, dumped };
        if replaces.is_none() {
            questions.name_is_free().await?;
        }
        questions.may_create(replaces.is_some()).await?;
        warnings.extend(questions.is_fit().await?);
        questions.statements_fit().await?;
        let (server, encrypted) = (session.version, session.encrypted);
        session.close().await;
        let chosen = settings.server.tools.as_deref();
        let tool = tools::choose(server, Purpose::Load, &access.place, chosen).await?;
        Ok(Self { access, tool, server, encrypted, name: name.to_owned(), replaces, warnings })
    }

    /// The name of the database when it is complete.
    pub(super) fn final_name(&self) -> &str {
        self.replaces.as_ref().map_or(&self.name, |replaced| &replaced.name)
    }

    /// Where the database is, as a person would write it.
    pub(super) fn shown(&self) -> String {
        format!("{}/{}", self.access.who.server, self.final_name())
    }
}

fn check_name(name: &str) -> Result<()> {
    let is_outside = |character: char| u32::from(character) > 0xffff || character == '\0';
    let refusal = if name.chars().count() > MAX_NAME {
        "a name has at most 64 characters"
    } else if name.chars().any(is_outside) {
        "no name may hold this character"
    } else if name.ends_with(' ') {
        "a name cannot end with a blank"
    } else {
        return Ok(());
    };
    Err(RestoreError::TargetUnusable { target: name.to_owned(), detail: refusal.to_owned() }.into())
}

struct Questions<'a> {
    session: &'a mut Session,
    access: &'a Access,
    name: &'a str,
    dumped: &'a DumpedDatabase,
}

impl Questions<'_> {
    async fn name_is_free(&mut self) -> Result<()> {
        let names = catalog::databases(self.session).await?;
        // Where file names have no case, two names that differ in it only are one.
        let folds =
            self.session.variable("lower_case_table_names").await.is_some_and(|value| value != "0");
        let is_it = |other: &String| {
            other == self.name || folds && other.to_lowercase() == self.name.to_lowercase()
        };
        if !names.iter().any(is_it) {
            return Ok(());
        }
        let target = format!("{}/{}", self.access.who.server, self.name);
        let marks: Vec<String> = self
            .session
            .rows(
                "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
                (self.name, UNFINISHED),
            )
            .await?;
        if marks.is_empty() {
            return Err(RestoreError::TargetExists { target }.into());
        }
        let drop = format!("DROP DATABASE {}", identifier(self.name));
        let detail = format!(
            "a restore that was interrupted, or still runs, left it; remove it with `{drop}`"
        );
        Err(RestoreError::TargetUnusable { target, detail }.into())
    }

    async fn may_create(&mut self, replaces: bool) -> Result<()> {
        let rights = Rights::read(self.session).await?;
        let missing = if replaces {
            rights.grant_for_replacing(self.name)
        } else {
            rights.grant_for_new(self.name)
        };
        match missing {
            None => Ok(()),
            Some(grant) => Err(ServerError::RightMissing {
                user: self.access.who.user.clone(),
                object: self.name.to_owned(),
                detail: "it has to be made first".to_owned(),
                grant: Some(grant),
            }
            .into()),
        }
    }

    /// Whether the server knows everything that the dump uses.
    async fn is_fit(&mut self) -> Result<Vec<String>> {
        let source = ServerVersion::of_record(&self.dumped.server.version);
        let here = self.session.version;
        if let Some(detail) = source.and_then(|source| refusal(source, here, self.dumped)) {
            return Err(self.unfit(detail));
        }
        self.knows(
            "collations",
            "COLLATION_NAME FROM information_schema.COLLATIONS",
            "the collation",
        )
        .await?;
        self.knows(
            "engines",
            "ENGINE FROM information_schema.ENGINES WHERE SUPPORT IN ('YES', 'DEFAULT')",
            "the storage engine",
        )
        .await?;
        let crossing = source.filter(|source| source.flavour != here.flavour);
        let warning = crossing.map(|source| {
            format!("the backup is from {source}, this server is {here}: read the structure before you rely on it")
        });
        Ok(warning.into_iter().collect())
    }

    async fn knows(&mut self, property: &str, question: &str, noun: &str) -> Result<()> {
        let Some(used) = self.dumped.facts.properties.get(property) else { return Ok(()) };
        let known: Vec<Option<String>> =
            self.session.rows(&format!("SELECT {question}"), ()).await?;
        let known: BTreeSet<String> =
            known.into_iter().flatten().map(|name| name.to_ascii_lowercase()).collect();
        let mut used = used.split(", ").filter(|name| !name.is_empty());
        match used.find(|name| !is_known(&known, name)) {
            Some(name) => {
                Err(self.unfit(format!("it does not know {noun} `{name}`, which the backup uses")))
            }
            None => Ok(()),
        }
    }

    async fn statements_fit(&mut self) -> Result<()> {
        let longest = self.dumped.facts.properties.get("longest_statement");
        let longest = longest.and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
        let most = self.session.variable("max_allowed_packet").await;
        let most = most.and_then(|text| text.parse::<u64>().ok()).unwrap_or(u64::MAX);
        if longest < most {
            return Ok(());
        }
        let needed = longest.next_power_of_two().max(longest + 1024);
        Err(self.unfit(format!(
            "its `max_allowed_packet` is {most} bytes, and the backup holds a statement of {longest}; an \
             administrator can run: SET GLOBAL max_allowed_packet = {needed}"
        )))
    }

    fn unfit(&self, detail: String) -> crate::error::Error {
        ServerError::TargetUnfit { server: self.access.who.server.clone(), detail }.into()
    }
}

/// MariaDB lists its newer collations without the character set that they are joined with.
fn is_known(known: &BTreeSet<String>, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let bare =
        name.split_once('_').map(|(_, rest)| rest).filter(|rest| rest.starts_with("uca1400"));
    known.contains(&name) || bare.is_some_and(|bare| known.contains(bare))
}

/// Why a server of this version cannot take a dump of that one.
fn refusal(source: ServerVersion, here: ServerVersion, dumped: &DumpedDatabase) -> Option<String> {
    if source.flavour == here.flavour {
        let is_older = here.series() < source.series();
        return is_older.then(|| format!("it is {here}, and the backup is from {source}"));
    }
    let uses = |property: &str| dumped.facts.properties.contains_key(property);
    let has = |kind| dumped.facts.objects.iter().any(|object| object.kind == kind);
    let only_mariadb = source.flavour == Flavour::MariaDb;
    let reason = if only_mariadb && uses("computed_columns") {
        "the dump gives values for computed columns"
    } else if only_mariadb && uses("system_versioning") {
        "it has no system versioning"
    } else if only_mariadb && has(ObjectKind::Sequence) {
        "it has no sequences"
    } else {
        return None;
    };
    Some(format!("it is {here}, and the backup is from {source}: {reason}"))
}

/// The statement that makes the database.
pub(super) fn creation(name: &str, dumped: &DumpedDatabase) -> String {
    let word = |property: &str| {
        let value = dumped.facts.properties.get(property).map(String::as_str).unwrap_or_default();
        let is_word = !value.is_empty()
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_word.then_some(value)
    };
    let mut statement = format!("CREATE DATABASE {}", identifier(name));
    if let Some(set) = word("character_set") {
        statement.push_str(&format!(" CHARACTER SET {}", literal(set)));
    }
    if let Some(collation) = word("collation") {
        statement.push_str(&format!(" COLLATE {}", literal(collation)));
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::{DatabaseFacts, ServerInfo};

    fn dumped(properties: &[(&str, &str)]) -> DumpedDatabase {
        let properties =
            properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        DumpedDatabase {
            name: "shop".to_owned(),
            size: 1,
            server: ServerInfo::default(),
            facts: DatabaseFacts { properties: properties.collect(), ..DatabaseFacts::default() },
            only: None,
            is_part: false,
        }
    }

    #[test]
    fn an_older_server_and_a_wrong_maker_are_refused_with_the_reason() {
        let version = |text| ServerVersion::of_record(text).unwrap();
        let refused = |source, here, properties: &[(&str, &str)]| {
            refusal(version(source), version(here), &dumped(properties))
        };
        assert_eq!(refused("MariaDB 10.11.19", "MariaDB 11.4.2", &[]), None);
        assert_eq!(
            refused("MariaDB 11.4.2", "MariaDB 10.11.19", &[]).unwrap(),
            "it is MariaDB 10.11.19, and the backup is from MariaDB 11.4.2"
        );
        assert_eq!(refused("MariaDB 10.11.19", "MySQL 9.7.4", &[]), None);
        let reason = refused("MariaDB 10.11.19", "MySQL 9.7.4", &[("computed_columns", "yes")]);
        assert!(reason.unwrap().ends_with("computed columns"));
    }

    #[test]
    fn hostile_names_and_settings_stay_what_they_are() {
        let statement = creation(
            "a`; DROP DATABASE b",
            &dumped(&[("collation", "x'; DROP"), ("character_set", "utf8mb4")]),
        );
        assert_eq!(statement, "CREATE DATABASE `a``; DROP DATABASE b` CHARACTER SET 'utf8mb4'");
        assert!(check_name("é漢").is_ok());
        for name in ["🔑", "a ", &"x".repeat(65)] {
            assert!(check_name(name).is_err(), "{name}");
        }
        let known = BTreeSet::from(["uca1400_ai_ci".to_owned(), "utf8mb4_bin".to_owned()]);
        assert!(is_known(&known, "utf8mb4_uca1400_ai_ci") && is_known(&known, "UTF8MB4_BIN"));
        assert!(!is_known(&known, "utf8mb4_0900_ai_ci"));
    }
}
