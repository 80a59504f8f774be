//! The rights that a whole backup needs, and the statement that gives what is missing.
//!
//! Owns reading `SHOW GRANTS`. The server shows a user only what that user may see, so a missing right
//! cannot be found by looking at what is there: the grants themselves have to be read.

use super::super::names;
use super::flavour::{Flavour, ServerVersion};
use super::session::{Session, identifier};
use crate::error::Result;

/// What a grant is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Object {
    /// `*.*`
    Everything,
    /// `` `pattern`.* `` with the wildcards `%` and `_`.
    Database(String),
    /// `` `database`.`table` ``
    Table(String, String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    rights: Vec<String>,
    object: Object,
    revoked: bool,
}

/// Everything that was granted to the user.
#[derive(Debug, Clone, Default)]
pub(super) struct Rights {
    grants: Vec<Grant>,
    /// The user as the server knows it: `` `kronos`@`%` ``.
    grantee: String,
}

impl Rights {
    /// Asks the server.
    pub(super) async fn read(session: &mut Session) -> Result<Self> {
        let user: Vec<String> = session.rows("SELECT CURRENT_USER()", ()).await?;
        let (name, host) = user.first().and_then(|user| user.rsplit_once('@')).unwrap_or_default();
        let grantee = format!("{}@{}", identifier(name), identifier(host));
        let mut lines: Vec<String> = session.rows("SHOW GRANTS", ()).await?;
        if session.version.flavour == Flavour::MySql && session.version.series() >= (8, 0) {
            let roles: Vec<String> = session.rows("SELECT CURRENT_ROLE()", ()).await?;
            if let Some(roles) = roles.first().filter(|roles| *roles != "NONE") {
                lines = session
                    .rows(&format!("SHOW GRANTS FOR CURRENT_USER() USING {roles}"), ())
                    .await?;
            }
        }
        Ok(Self { grants: lines.iter().filter_map(|line| grant(line)).collect(), grantee })
    }

    /// Whether the user has `right` for all of `database`.
    fn has(&self, right: &str, database: &str) -> bool {
        let gives = |grant: &&Grant| {
            grant.rights.iter().any(|given| given == right || given == "ALL PRIVILEGES")
        };
        let covers = |grant: &&Grant| match &grant.object {
            Object::Everything => true,
            Object::Database(pattern) => matches_pattern(pattern, database),
            Object::Table(..) => false,
        };
        let relevant = || self.grants.iter().filter(gives).filter(covers);
        relevant().any(|grant| !grant.revoked) && !relevant().any(|grant| grant.revoked)
    }

    /// Whether the user has `right` everywhere.
    pub(super) fn has_everywhere(&self, right: &str) -> bool {
        let gives = |grant: &&Grant| {
            grant.rights.iter().any(|given| given == right || given == "ALL PRIVILEGES")
        };
        let mut everywhere =
            self.grants.iter().filter(|grant| grant.object == Object::Everything && !grant.revoked);
        everywhere.any(|grant| gives(&grant))
    }

    fn has_on_table(&self, right: &str, database: &str, table: &str) -> bool {
        let is_it =
            |object: &Object| *object == Object::Table(database.to_owned(), table.to_owned());
        let mut grants = self.grants.iter().filter(|grant| is_it(&grant.object));
        self.has(right, database)
            || grants.any(|grant| grant.rights.iter().any(|given| given == right))
    }

    /// What is missing for a whole dump of `database`: the rights and the statements that give them.
    /// `has_routines` says whether functions or procedures of it are visible.
    pub(super) fn missing(
        &self,
        server: ServerVersion,
        database: &str,
        has_routines: bool,
    ) -> Option<Missing> {
        const NEEDED: [&str; 4] = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"];
        let mut rights: Vec<&str> =
            NEEDED.into_iter().filter(|right| !self.has(right, database)).collect();
        let mut statements = Vec::new();
        if !rights.is_empty() {
            statements.push(format!(
                "GRANT {} ON {}.* TO {}",
                rights.join(", "),
                identifier(&escaped_pattern(database)),
                self.grantee
            ));
        }
        let names_are_visible = ["EXECUTE", "CREATE ROUTINE", "ALTER ROUTINE"]
            .iter()
            .any(|right| self.has(right, database));
        let are_none = names_are_visible && !has_routines;
        let needed = self.missing_for_routines(server, database).filter(|_| !are_none);
        if let Some((right, object)) = needed {
            rights.push(right);
            statements.push(format!("GRANT {right} ON {object} TO {}", self.grantee));
        }
        (!rights.is_empty()).then(|| Missing {
            rights: rights.join(", "),
            grant: format!("{};", statements.join("; ")),
        })
    }

    /// The statement that lets the user make the database `name` and everything in it; `None` when nothing
    /// is missing.
    pub(super) fn grant_for_new(&self, name: &str) -> Option<String> {
        self.grant_for(name, &escaped_pattern(name))
    }

    /// The same for what a restore that replaces `target` makes and changes besides: `target` itself, the loaded
    /// database, and the one that keeps what was replaced.
    pub(super) fn grant_for_replacing(&self, target: &str) -> Option<String> {
        let kept = names::previous(target, jiff::Timestamp::now(), 64);
        let beginning = kept.len() - "20261122_135401_1f2e".len();
        let all = [
            self.grant_for_new(target),
            self.grant_for(&names::unfinished(), "kronos\\_restoring\\_%"),
            self.grant_for(&kept, &format!("{}%", escaped_pattern(&kept[..beginning]))),
        ];
        let all: Vec<String> = all.into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    fn grant_for(&self, name: &str, pattern: &str) -> Option<String> {
        // Without DROP a restore that fails could not even take back what it has made.
        const NEEDED: [&str; 9] = [
            "CREATE",
            "INSERT",
            "DROP",
            "ALTER",
            "INDEX",
            "CREATE VIEW",
            "CREATE ROUTINE",
            "TRIGGER",
            "EVENT",
        ];
        let may = NEEDED.iter().all(|right| self.has(right, name));
        let pattern = identifier(pattern);
        (!may).then(|| format!("GRANT ALL PRIVILEGES ON {pattern}.* TO {};", self.grantee))
    }

    /// Without it the bodies of functions and procedures of others are hidden.
    fn missing_for_routines(
        &self,
        server: ServerVersion,
        database: &str,
    ) -> Option<(&'static str, &'static str)> {
        match server.flavour {
            Flavour::MySql if server.series() >= (8, 0) => {
                let has = self.has_everywhere("SHOW_ROUTINE") || self.has_everywhere("SELECT");
                (!has).then_some(("SHOW_ROUTINE", "*.*"))
            }
            _ => {
                let has = self.has_on_table("SELECT", "mysql", "proc")
                    || server.is_mariadb_from(11, 3) && self.has("SHOW CREATE ROUTINE", database);
                (!has).then_some(("SELECT", "mysql.proc"))
            }
        }
    }
}

/// Rights that a user lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    /// Their names.
    pub(super) rights: String,
    /// The statements that give them.
    pub(super) grant: String,
}

/// Reads one line of `SHOW GRANTS`.
fn grant(line: &str) -> Option<Grant> {
    let (revoked, rest) = match line.strip_prefix("GRANT ") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("REVOKE ")?),
    };
    let (rights, rest) = rest.split_once(" ON ")?;
    let rest = ["TABLE ", "FUNCTION ", "PROCEDURE "]
        .iter()
        .find_map(|word| rest.strip_prefix(word))
        .unwrap_or(rest);
    let (first, rest) = name(rest)?;
    let (second, _) = name(rest.strip_prefix('.')?)?;
    let object = match (first, second) {
        (None, None) => Object::Everything,
        (Some(database), None) => Object::Database(database),
        (Some(database), Some(table)) => Object::Table(database, table),
        (None, Some(_)) => return None,
    };
    Some(Grant { rights: rights_in(rights), object, revoked })
}

/// A name in quotes, or `*`, and what comes behind it.
fn name(text: &str) -> Option<(Option<String>, &str)> {
    if let Some(rest) = text.strip_prefix('*') {
        return Some((None, rest));
    }
    let quote = text.chars().next().filter(|quote| matches!(quote, '`' | '"'))?;
    let mut name = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != quote {
            name.push(character);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            name.push(quote);
        } else {
            return Some((Some(name), &text[at + 1..]));
        }
    }
    None
}

/// The rights of a list; rights for single columns are no rights for the table.
fn rights_in(text: &str) -> Vec<String> {
    let (mut rights, mut depth) = (vec![String::new()], 0_u32);
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => rights.push(String::new()),
            _ => {}
        }
        if let Some(right) = rights.last_mut().filter(|_| character != ',' || depth > 0) {
            right.push(character);
        }
    }
    rights.iter().map(|right| right.trim().to_ascii_uppercase()).collect()
}

/// Whether a database's name matches a grant's pattern: `%`, `_`, and `\` before what stands for itself.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match (rest.next(), name.chars().next()) {
        (None, None) => true,
        (Some('%'), _) => {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.into_iter().any(|at| matches_pattern(rest.as_str(), &name[at..]))
        }
        (Some(wanted), Some(found)) => {
            let behind = &name[found.len_utf8()..];
            let is_same = match wanted {
                '_' => true,
                '\\' => rest.next() == Some(found),
                other => other == found,
            };
            is_same && matches_pattern(rest.as_str(), behind)
        }
        _ => false,
    }
}

fn escaped_pattern(name: &str) -> String {
    name.replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(lines: &[&str]) -> Rights {
        let grants = lines.iter().filter_map(|line| grant(line)).collect();
        Rights { grants, grantee: "`b`@`%`".to_owned() }
    }

    fn server(text: &str) -> ServerVersion {
        ServerVersion::of_record(text).unwrap()
    }

    #[test]
    fn a_user_with_everything_lacks_nothing() {
        let all = rights(&["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"]);
        assert_eq!(all.missing(server("MariaDB 10.11.19"), "shop", true), None);
        let mysql = rights(&["GRANT SELECT, INSERT, SHOW VIEW, TRIGGER, EVENT ON *.* TO `a`@`%`"]);
        assert_eq!(mysql.missing(server("MySQL 9.7.4"), "shop", true), None);
    }

    #[test]
    fn what_is_missing_comes_with_the_statement_that_gives_it() {
        let some = rights(&[
            "GRANT USAGE ON *.* TO `b`@`%` IDENTIFIED BY PASSWORD '*0'",
            "GRANT SELECT, SHOW VIEW ON `my\\_shop`.* TO `b`@`%`",
            "GRANT SELECT (`a`, `b`), EVENT ON `crm`.`t` TO `b`@`%`",
        ]);
        let missing = some.missing(server("MariaDB 10.11.19"), "my_shop", false).unwrap();
        assert_eq!(missing.rights, "TRIGGER, EVENT, SELECT");
        assert_eq!(
            missing.grant,
            "GRANT TRIGGER, EVENT ON `my\\_shop`.* TO `b`@`%`; GRANT SELECT ON mysql.proc TO `b`@`%`;"
        );
        let missing = some.missing(server("MySQL 8.4.0"), "crm", false).unwrap();
        assert_eq!(
            missing.grant,
            "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `crm`.* TO `b`@`%`; \
             GRANT SHOW_ROUTINE ON *.* TO `b`@`%`;"
        );
    }

    #[test]
    fn who_sees_that_there_are_no_routines_needs_no_right_to_read_them() {
        let owner = rights(&["GRANT ALL PRIVILEGES ON `shop`.* TO `b`@`%`"]);
        assert_eq!(owner.missing(server("MariaDB 10.11.19"), "shop", false), None);
        let missing = owner.missing(server("MariaDB 10.11.19"), "shop", true).unwrap();
        assert_eq!(missing.grant, "GRANT SELECT ON mysql.proc TO `b`@`%`;");
    }

    #[test]
    fn a_revoked_part_counts_and_so_does_the_table_of_routines() {
        let partly = rights(&[
            "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO `b`@`%`",
            "REVOKE SELECT ON `secret`.* FROM `b`@`%`",
        ]);
        assert!(partly.missing(server("MySQL 8.4.0"), "secret", false).is_some());
        assert!(partly.missing(server("MySQL 8.4.0"), "shop", true).is_none());
        let proc = rights(&[
            "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `shop`.* TO `b`@`%`",
            "GRANT SELECT ON `mysql`.`proc` TO `b`@`%`",
        ]);
        assert!(proc.missing(server("MariaDB 10.6.1"), "shop", true).is_none());
    }

    #[test]
    fn patterns_of_grants_match_as_the_server_matches_them() {
        for (pattern, name, expected) in [
            ("shop", "shop", true),
            ("shop\\_de", "shop_de", true),
            ("shop\\_de", "shopxde", false),
            ("shop_de", "shopxde", true),
            ("sh%", "shop", true),
            ("%", "", true),
            ("sh%p", "shoq", false),
            ("é%", "été", true),
        ] {
            assert_eq!(matches_pattern(pattern, name), expected, "{pattern} {name}");
        }
        assert_eq!(name("`a``b`.*").unwrap().0.unwrap(), "a`b");
    }
}
