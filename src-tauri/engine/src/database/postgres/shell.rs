//! What a server keeps about a database outside of it: its owner, its grants, its limit, its tablespace and
//! the settings of single roles in it.
//!
//! A dump does not hold these, so a database that replaces another takes them over from that one. What a
//! dump does hold, its settings and its comment, comes from the backup. Owns the statements for both ends.

use super::quote::{identifier, literal};
use super::session::Session;
use crate::error::Result;

/// What is taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shell {
    owner: String,
    limit: i32,
    /// The tablespace, where it is not the server's usual one.
    pub tablespace: Option<String>,
    /// `None` when nobody has ever granted or revoked anything.
    grants: Option<Vec<Grant>>,
    settings: Vec<RoleSetting>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    /// `None` means everybody.
    role: Option<String>,
    right: String,
    is_grantable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct RoleSetting {
    role: String,
    name: String,
    value: String,
}

impl Shell {
    /// That of the database `name`.
    pub async fn read(admin: &Session, name: &str) -> Result<Self> {
        let sql = "SELECT pg_get_userbyid(d.datdba)::text, d.datconnlimit, t.spcname::text, \
             d.datacl IS NULL FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace \
             WHERE d.datname = $1";
        let row = admin.one(sql, &[&name]).await?;
        let tablespace = Some(row.get::<_, String>(2)).filter(|space| space != "pg_default");
        let grants = if row.get(3) { None } else { Some(grants(admin, name).await?) };
        let settings = role_settings(admin, name).await?;
        Ok(Self { owner: row.get(0), limit: row.get(1), tablespace, grants, settings })
    }

    /// Gives it to the database `name`. Returns what could not be given; what everybody was denied stays
    /// denied, or this fails.
    pub async fn give(&self, admin: &Session, name: &str) -> Result<Vec<String>> {
        if self.grants.is_some() {
            admin.run(&format!("REVOKE ALL ON DATABASE {} FROM PUBLIC", identifier(name))).await?;
        }
        let mut failed = Vec::new();
        for (what, statement) in self.statements(name) {
            if let Err(error) = admin.run(&statement).await {
                tracing::warn!(%error, what, "a replaced database had more");
                // What failed may have left a transaction open.
                let _ = admin.run("ROLLBACK").await;
                failed
                    .push(format!("{what} was not taken over from the replaced database: {error}"));
            }
        }
        Ok(failed)
    }

    fn statements(&self, name: &str) -> Vec<(String, String)> {
        let database = identifier(name);
        let mut all = vec![(
            format!("Its owner `{}`", self.owner),
            format!("ALTER DATABASE {database} OWNER TO {}", identifier(&self.owner)),
        )];
        if self.limit >= 0 {
            all.push((
                "Its connection limit".to_owned(),
                format!("ALTER DATABASE {database} CONNECTION LIMIT {}", self.limit),
            ));
        }
        all.extend(self.grant_statements(&database));
        all.extend(self.settings.iter().map(|setting| {
            let (role, name) = (identifier(&setting.role), &setting.name);
            let parts: Vec<String> = name.split('.').map(identifier).collect();
            let statement = format!(
                "BEGIN; SELECT set_config({}, {}, true); ALTER ROLE {role} IN DATABASE {database} SET {} \
                 FROM CURRENT; COMMIT",
                literal(name),
                literal(&setting.value),
                parts.join("."),
            );
            (format!("The setting `{name}` of `{}`", setting.role), statement)
        }));
        all
    }

    /// Nothing is granted but what the list says; the owner keeps all rights of an owner.
    fn grant_statements(&self, database: &str) -> Vec<(String, String)> {
        let Some(grants) = &self.grants else { return Vec::new() };
        let statement = |grant: &Grant| {
            let role = grant.role.as_deref().map_or("PUBLIC".to_owned(), identifier);
            let option = if grant.is_grantable { " WITH GRANT OPTION" } else { "" };
            let (right, to) = (&grant.right, grant.role.as_deref().unwrap_or("everybody"));
            (
                format!("The right {right} of `{to}`"),
                format!("GRANT {right} ON DATABASE {database} TO {role}{option}"),
            )
        };
        grants.iter().map(statement).collect()
    }
}

async fn grants(admin: &Session, name: &str) -> Result<Vec<Grant>> {
    let sql = "SELECT r.rolname::text, a.privilege_type, a.is_grantable FROM pg_database d, \
         aclexplode(d.datacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee \
         WHERE d.datname = $1 AND a.grantee <> d.datdba AND (a.grantee = 0 OR r.oid IS NOT NULL) \
         ORDER BY 1 NULLS FIRST, 2";
    let grant = |row: &tokio_postgres::Row| Grant {
        role: row.get(0),
        right: row.get(1),
        is_grantable: row.get(2),
    };
    Ok(admin.all(sql, &[&name]).await?.iter().map(grant).collect())
}

async fn role_settings(admin: &Session, name: &str) -> Result<Vec<RoleSetting>> {
    let sql = "SELECT r.rolname::text, s.setconfig FROM pg_db_role_setting s \
         JOIN pg_database d ON d.oid = s.setdatabase JOIN pg_roles r ON r.oid = s.setrole \
         WHERE d.datname = $1 ORDER BY 1";
    let mut settings = Vec::new();
    for row in admin.all(sql, &[&name]).await? {
        for text in row.get::<_, Vec<String>>(1) {
            if let Some((name, value)) = text.split_once('=') {
                let (name, value) = (name.to_owned(), value.to_owned());
                settings.push(RoleSetting { role: row.get(0), name, value });
            }
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_names() {
        let shell = Shell {
            owner: "o\"; DROP ROLE x; --".into(),
            limit: -1,
            tablespace: None,
            grants: Some(vec![Grant { role: None, right: "CONNECT".into(), is_grantable: false }]),
            settings: vec![RoleSetting {
                role: "app".into(),
                name: "my.setting".into(),
                value: "it's".into(),
            }],
        };
        let statements: Vec<String> =
            shell.statements("a\"b").into_iter().map(|(_, statement)| statement).collect();
        assert_eq!(
            statements,
            [
                "ALTER DATABASE \"a\"\"b\" OWNER TO \"o\"\"; DROP ROLE x; --\"",
                "GRANT CONNECT ON DATABASE \"a\"\"b\" TO PUBLIC",
                "BEGIN; SELECT set_config('my.setting', 'it''s', true); ALTER ROLE \"app\" IN DATABASE \
                 \"a\"\"b\" SET \"my\".\"setting\" FROM CURRENT; COMMIT",
            ]
        );
    }
}
