//! A database that Kronos makes for a restore: under a name of its own until it is whole.
//!
//! Owns its life: created from `template0`, renamed when it is whole, dropped when it is not, and
//! recognised again after a crash. How it takes the place of another belongs to `swap`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio_postgres::error::SqlState;

use super::access::Access;
use super::catalogue::{ENCODING, SETTING};
use super::quote::{identifier, literal};
use super::server::open_any;
use super::session::Session;
use super::shell::Shell;
use super::swap::Swap;
use crate::database::{Previous, names};
use crate::error::{Error, RestoreError, Result};

/// What its comment begins with; the time follows, in seconds since 1970.
const MARK: &str = "Unfinished restore of Kronos; it may be dropped. Last sign of life: ";
/// An unfinished database without a session and without a sign of life for so long belongs to nobody.
const ABANDONED: Duration = Duration::from_mins(10);
/// How long to wait until sessions to the database have ended.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(200);

/// An unfinished database. Dropping it drops it on the server.
pub(super) struct NewDatabase {
    access: Access,
    /// Its name for now.
    pub name: String,
    /// Keeps it from being taken for abandoned.
    session: Option<Session>,
    is_ours: bool,
}

impl NewDatabase {
    /// Creates it with the encoding and the locale in `properties`, in `tablespace` if there is one.
    /// Returns what could not be kept. It is going to be called `target`.
    pub async fn create(
        access: &Access,
        admin: &Session,
        target: &str,
        properties: &BTreeMap<String, String>,
        tablespace: Option<&str>,
    ) -> Result<(Self, Option<String>)> {
        let name = names::unfinished_for(target);
        // Until it is marked, this lock says that it is somebody's.
        let key = tag(&name).cast_signed();
        admin.all("SELECT pg_advisory_lock($1)", &[&key]).await?;
        let warning = create(admin, &name, properties, tablespace).await?;
        let mut new = Self { access: access.clone(), name, session: None, is_ours: true };
        new.show_life(admin).await?;
        admin.all("SELECT pg_advisory_unlock($1)", &[&key]).await?;
        new.session = Some(Session::open(access, &new.name).await?);
        Ok((new, warning))
    }

    /// A session to it.
    pub fn session(&self) -> Result<&Session> {
        let gone = || Error::Internal("the new database was left already".to_owned());
        self.session.as_ref().ok_or_else(gone)
    }

    async fn show_life(&self, admin: &Session) -> Result<()> {
        let comment = literal(&format!("{MARK}{}", now()));
        admin.run(&format!("COMMENT ON DATABASE {} IS {comment}", identifier(&self.name))).await
    }

    /// Gives it the settings that the dumped one had. Returns what could not be set.
    pub async fn apply_settings(
        &self,
        properties: &BTreeMap<String, String>,
    ) -> Result<Vec<String>> {
        let session = self.session()?;
        let mut failed = Vec::new();
        for (property, value) in properties {
            let Some(setting) = property.strip_prefix(SETTING) else { continue };
            let quoted: Vec<String> = setting.split('.').map(identifier).collect();
            // The server itself takes lists apart; within a transaction the value ends with it.
            let statements = format!(
                "BEGIN; SELECT set_config({}, {}, true); ALTER DATABASE {} SET {} FROM CURRENT; COMMIT",
                literal(setting),
                literal(value),
                identifier(&self.name),
                quoted.join("."),
            );
            if session.run(&statements).await.is_err() {
                session.run("ROLLBACK").await?;
                failed.push(setting.to_owned());
            }
        }
        Ok(failed)
    }

    /// Gives it its final name, which must still be free.
    pub async fn publish(mut self, target: &str, comment: Option<&String>) -> Result<()> {
        let admin = open_any(&self.access).await?;
        self.show_life(&admin).await?;
        self.session = None;
        let (from, to) = (identifier(&self.name), identifier(target));
        let rename = format!("ALTER DATABASE {from} RENAME TO {to}");
        patiently(&admin, &rename, target).await?;
        self.is_ours = false;
        let comment = comment.map_or("NULL".to_owned(), |comment| literal(comment));
        let commented = admin.run(&format!("COMMENT ON DATABASE {to} IS {comment}")).await;
        if let Err(error) = commented {
            tracing::warn!(%error, database = target, "its comment could not be restored");
        }
        Ok(())
    }
}

impl NewDatabase {
    /// Takes the name of `target`, which gets another one, and its owner and rights as they are now. Returns
    /// what was replaced, and what could not be taken over.
    pub async fn replace(
        mut self,
        target: &str,
        comment: Option<&String>,
        disconnect: bool,
    ) -> Result<(Previous, Vec<String>)> {
        let admin = open_any(&self.access).await?;
        self.show_life(&admin).await?;
        self.session = None;
        let failed = Shell::read(&admin, target).await?.give(&admin, &self.name).await?;
        let swap = Swap { access: &self.access, new: &self.name, comment, target, disconnect };
        let previous = swap.carry_out().await?;
        self.is_ours = false;
        Ok((previous, failed))
    }
}

impl Drop for NewDatabase {
    fn drop(&mut self) {
        self.session = None;
        if !self.is_ours {
            return;
        }
        let (access, name) = (self.access.clone(), self.name.clone());
        // This may be any thread, in a runtime or not, and the runtime may be about to end.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let dropped = runtime.map_err(|error| Error::Internal(error.to_string()));
            dropped.and_then(|runtime| runtime.block_on(drop_database(&access, &name)))
        });
        if let Ok(Err(error)) = dropping.join() {
            tracing::warn!(%error, database = self.name, "an unfinished restore could not be removed");
        }
    }
}

async fn create(
    admin: &Session,
    name: &str,
    properties: &BTreeMap<String, String>,
    tablespace: Option<&str>,
) -> Result<Option<String>> {
    let mut plain = format!("CREATE DATABASE {} TEMPLATE template0", identifier(name));
    if let Some(tablespace) = tablespace {
        plain.push_str(&format!(" TABLESPACE {}", identifier(tablespace)));
    }
    let encoding = option("ENCODING", properties.get(ENCODING));
    let locale = locale(admin.version, properties);
    let Err(error) = admin.attempt(&format!("{plain}{encoding}{locale}")).await else {
        return Ok(None);
    };
    let is_about_locale = error.code().is_some_and(|code| {
        let codes = [
            &SqlState::INVALID_PARAMETER_VALUE,
            &SqlState::WRONG_OBJECT_TYPE,
            &SqlState::UNDEFINED_OBJECT,
            &SqlState::FEATURE_NOT_SUPPORTED,
        ];
        codes.contains(&code)
    });
    if !is_about_locale {
        return Err(admin.against().asking(&error));
    }
    admin.run(&format!("{plain}{encoding}")).await?;
    let wanted = properties.get("locale").or_else(|| properties.get("collate"));
    Ok(Some(format!(
        "That server does not have the locale `{}`; text is sorted as in its other databases",
        wanted.map_or("", String::as_str)
    )))
}

fn option(name: &str, value: Option<&String>) -> String {
    value.map(|value| format!(" {name} {}", literal(value))).unwrap_or_default()
}

/// The locale in the words of a server of this version.
fn locale(version: u32, properties: &BTreeMap<String, String>) -> String {
    let value = |name: &str| properties.get(name);
    let mut text = option("LC_COLLATE", value("collate")) + &option("LC_CTYPE", value("ctype"));
    let provider = value("locale_provider").map(String::as_str);
    match provider {
        Some("icu") if version >= 150_000 => {
            text.push_str(" LOCALE_PROVIDER icu");
            text.push_str(&option("ICU_LOCALE", value("locale")));
        }
        Some("builtin") if version >= 170_000 => {
            text.push_str(" LOCALE_PROVIDER builtin");
            text.push_str(&option("BUILTIN_LOCALE", value("locale")));
        }
        Some(_) if version >= 150_000 => text.push_str(" LOCALE_PROVIDER libc"),
        _ => {}
    }
    text
}

/// Renames a database as soon as the last session to it has ended.
async fn patiently(admin: &Session, rename: &str, target: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let Err(error) = admin.attempt(rename).await else { return Ok(()) };
        match error.code() {
            Some(code) if *code == SqlState::OBJECT_IN_USE && begun.elapsed() < PATIENCE => {
                tokio::time::sleep(PAUSE).await;
            }
            Some(code) if *code == SqlState::DUPLICATE_DATABASE => {
                return Err(RestoreError::TargetExists { target: target.to_owned() }.into());
            }
            _ => return Err(admin.against().asking(&error)),
        }
    }
}

/// Drops a database, if it is there, with the sessions to it.
pub(super) async fn drop_database(access: &Access, name: &str) -> Result<()> {
    let admin = open_any(access).await?;
    let begun = Instant::now();
    loop {
        let force = if admin.version >= 130_000 { " WITH (FORCE)" } else { "" };
        let drop = format!("DROP DATABASE IF EXISTS {}{force}", identifier(name));
        let Err(error) = admin.attempt(&drop).await else { return Ok(()) };
        let is_in_use = error.code() == Some(&SqlState::OBJECT_IN_USE);
        if !is_in_use || begun.elapsed() >= PATIENCE {
            return Err(admin.against().asking(&error));
        }
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        admin.all(end, &[&name]).await?;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Drops what killed restores have left: databases of exactly our name with our comment, without a
/// session, and without a sign of life for ten minutes. What cannot be dropped stays.
pub(super) async fn remove_abandoned(access: &Access, admin: &Session) -> Result<()> {
    let sql = "SELECT d.datname::text, shobj_description(d.oid, 'pg_database') FROM pg_database d \
         WHERE d.datname LIKE 'kronos\\_restoring\\_%' AND pg_has_role(d.datdba, 'USAGE') \
         AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)";
    for row in admin.all(sql, &[]).await? {
        let (name, comment): (String, Option<String>) = (row.get(0), row.get(1));
        let is_over = match &comment {
            Some(comment) => is_abandoned(&name, comment, now()),
            None => is_unmarked_rest(access, admin, &name).await.unwrap_or_default(),
        };
        if is_over {
            // The server refuses when somebody has just connected.
            let dropped = admin.attempt(&format!("DROP DATABASE {}", identifier(&name))).await;
            tracing::info!(name, removed = dropped.is_ok(), "an unfinished restore was found");
        }
    }
    Ok(())
}

/// Whether it was left between its creation and its mark: it has our name and nothing in it, and the lock under
/// which it was made is free. Only after that is its mark read for good, because the mark is older than the end
/// of the lock.
async fn is_unmarked_rest(access: &Access, admin: &Session, name: &str) -> Result<bool> {
    if !names::is_unfinished(name) {
        return Ok(false);
    }
    let held = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND \
                (classid::bigint << 32) | objid::bigint = $1";
    if !admin.all(held, &[&tag(name).cast_signed()]).await?.is_empty() {
        return Ok(false);
    }
    let unmarked = "SELECT FROM pg_database WHERE datname = $1 AND shobj_description(oid, 'pg_database') IS NULL";
    if admin.all(unmarked, &[&name]).await?.is_empty() {
        return Ok(false);
    }
    let session = Session::open(access, name).await?;
    let own = "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT IN \
               ('pg_catalog', 'information_schema', 'pg_toast') LIMIT 1";
    Ok(session.all(own, &[]).await?.is_empty())
}

/// The 16 digits at the end of the name of an unfinished database, as a number.
fn tag(name: &str) -> u64 {
    let digits = name.rsplit('_').next().unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or_default()
}

fn is_abandoned(name: &str, comment: &str, now: u64) -> bool {
    let life = comment.strip_prefix(MARK).and_then(|seconds| seconds.parse::<u64>().ok());
    names::is_unfinished(name)
        && life.is_some_and(|life| now.saturating_sub(life) >= ABANDONED.as_secs())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_old_marked_databases_are_abandoned() {
        let name = "kronos_restoring_0123456789abcdef";
        let comment = format!("{MARK}1000");
        assert!(is_abandoned(name, &comment, 1600));
        assert!(!is_abandoned(name, &comment, 1599), "a young one");
        assert!(!is_abandoned(name, &comment, 0), "a clock that went back");
        assert!(!is_abandoned(name, "", 9999), "without our mark");
        assert!(!is_abandoned(name, "my own", 9999));
        assert!(!is_abandoned("kronos_restoring_mine", &comment, 9999));
        assert!(!is_abandoned("shop", &comment, 9999));
    }

    #[test]
    fn the_locale_is_said_in_the_words_of_the_server() {
        let properties = |provider: &str| {
            let pairs = [
                ("collate", "C"),
                ("ctype", "C.UTF-8"),
                ("locale_provider", provider),
                ("locale", "de"),
            ];
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect()
        };
        let both = " LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'";
        assert_eq!(locale(130_000, &properties("libc")), both);
        assert_eq!(locale(150_000, &properties("libc")), format!("{both} LOCALE_PROVIDER libc"));
        assert_eq!(
            locale(160_000, &properties("icu")),
            format!("{both} LOCALE_PROVIDER icu ICU_LOCALE 'de'")
        );
        assert_eq!(
            locale(180_000, &properties("builtin")),
            format!("{both} LOCALE_PROVIDER builtin BUILTIN_LOCALE 'de'")
        );
    }
}
