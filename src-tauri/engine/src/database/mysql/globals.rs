//! The users and roles of a server with their rights, as a script without passwords.
//!
//! Owns the text. A user without its password could be entered by everybody, so each is made locked.

use super::fault::Who;
use super::flavour::Flavour;
use super::session::{Session, literal};
use crate::error::{Error, Result, ServerError};

/// Accounts that every server makes for itself.
const OWN: [&str; 4] = ["mysql.sys", "mysql.session", "mysql.infoschema", "mariadb.sys"];

/// Writes the script.
pub(super) async fn script(session: &mut Session, who: &Who) -> Result<String> {
    let is_mariadb = session.version.flavour == Flavour::MariaDb;
    let role = if is_mariadb { "is_role" } else { "'N'" };
    let query = format!("SELECT User, Host, {role} FROM mysql.user ORDER BY User, Host");
    let accounts: Vec<(String, String, String)> =
        session.rows(&query, ()).await.map_err(|error| explained(error, who))?;
    let accounts = accounts.into_iter().filter(|(user, ..)| !OWN.contains(&user.as_str()));
    let (mut made, mut given) = (String::new(), String::new());
    for (user, host, is_role) in accounts {
        let is_role = is_role == "Y";
        let name =
            if is_role { literal(&user) } else { format!("{}@{}", literal(&user), literal(&host)) };
        if is_role {
            made.push_str(&format!("CREATE ROLE IF NOT EXISTS {name};\n"));
        } else {
            made.push_str(&format!("CREATE USER IF NOT EXISTS {name} ACCOUNT LOCK;\n"));
        }
        let grants: Vec<String> = session.rows(&format!("SHOW GRANTS FOR {name}"), ()).await?;
        for grant in grants {
            given.push_str(&without_password(&grant));
            given.push_str(";\n");
        }
    }
    Ok(format!(
        "-- Users and roles of {} without passwords: every user is locked.\n\
         -- ALTER USER 'name'@'host' IDENTIFIED BY '...' ACCOUNT UNLOCK;\n{made}{given}-- End of users\n",
        session.version
    ))
}

/// A grant without what MariaDB writes behind it: `IDENTIFIED BY PASSWORD '*…'`, `IDENTIFIED VIA …`.
fn without_password(grant: &str) -> String {
    let mut quote = None;
    for (at, character) in grant.char_indices() {
        match (quote, character) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != character),
            (None, '`' | '\'' | '"') => quote = Some(character),
            (None, _) if grant[at..].starts_with(" IDENTIFIED ") => {
                let options = grant.rfind(" WITH GRANT OPTION").filter(|option| *option > at);
                return format!(
                    "{}{}",
                    &grant[..at],
                    options.map_or("", |option| &grant[option..])
                );
            }
            (None, _) => {}
        }
    }
    grant.to_owned()
}

fn explained(error: Error, who: &Who) -> Error {
    match error {
        Error::Server(ServerError::RightMissing { user, detail, .. }) => {
            ServerError::RightMissing {
                grant: Some(format!("GRANT SELECT ON mysql.* TO {};", literal(&who.user))),
                object: "mysql.user".to_owned(),
                user,
                detail,
            }
            .into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_stays_in_a_grant() {
        let cases = [
            (
                "GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*AB'",
                "GRANT USAGE ON *.* TO `a`@`%`",
            ),
            (
                "GRANT ALL PRIVILEGES ON *.* TO `r`@`h` IDENTIFIED VIA x USING 'y' WITH GRANT OPTION",
                "GRANT ALL PRIVILEGES ON *.* TO `r`@`h` WITH GRANT OPTION",
            ),
            (
                "GRANT SELECT ON `a IDENTIFIED BY`.* TO `a`@`%`",
                "GRANT SELECT ON `a IDENTIFIED BY`.* TO `a`@`%`",
            ),
        ];
        for (grant, expected) in cases {
            assert_eq!(without_password(grant), expected);
        }
    }
}
