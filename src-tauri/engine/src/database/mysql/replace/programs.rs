//! Views, triggers, routines and events as a server can make them again.
//!
//! Owns their definitions with all that a server remembers about them: the bytes of the text in the character set of
//! whoever wrote it, the modes, the collations, the time zone.

use mysql_async::{Params, Row};
use serde::{Deserialize, Serialize};

use super::super::super::rows::hex;
use super::super::script::{ItemKind, state_at, without_database};
use super::super::session::{Session, identifier, literal};
use super::journal::is_seal;
use crate::error::{Result, ServerError};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Program {
    /// What it is.
    pub kind: ItemKind,
    /// Its name.
    pub name: String,
    /// The table of a trigger.
    table: Option<String>,
    text: Text,
    sql_mode: Option<String>,
    time_zone: Option<String>,
    character_set: String,
    collation: String,
    database_collation: Option<String>,
}

/// Bytes that are nearly always UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Text {
    Utf8(String),
    Hex(String),
}

impl Text {
    fn of(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Hex(hex(error.as_bytes())), Self::Utf8)
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |pair: &[u8]| {
            let digits = std::str::from_utf8(pair).unwrap_or_default();
            u8::from_str_radix(digits, 16).unwrap_or_default()
        };
        match self {
            Self::Utf8(text) => text.clone().into_bytes(),
            Self::Hex(hex) => hex.as_bytes().chunks(2).map(byte).collect(),
        }
    }
}

impl Program {
    /// The same with the event switched from one state to the other: `ENABLE`, `DISABLE`.
    #[must_use]
    pub fn switched(mut self, from: &str, to: &str) -> Self {
        let mut bytes = self.text.bytes();
        if let (ItemKind::Event, Some(place)) = (self.kind, state_at(&bytes, from)) {
            bytes.splice(place, to.bytes());
            self.text = Text::of(bytes);
        }
        self
    }

    /// Whose rights it acts with, as it stands in the statement: ``DEFINER=`a`@`b` ``.
    pub fn definer(&self) -> String {
        let bytes = self.text.bytes();
        let mut tokens = super::super::Tokens::of(&bytes);
        let start = tokens.by_ref().find(|(token, _)| token.is("DEFINER")).map(|(_, at)| at.start);
        let end = tokens.find(|(token, _)| token.is("TRIGGER")).map(|(_, at)| at.start);
        let text = start.zip(end).map(|(start, end)| bytes[start..end].to_vec());
        text.and_then(|text| String::from_utf8(text).ok()).unwrap_or_default()
    }

    /// Whether it can be made in a database without tables.
    pub fn stands_alone(&self) -> bool {
        !matches!(self.kind, ItemKind::View | ItemKind::Trigger)
    }

    /// Where it stands in the order in which programs can be made: views use functions, triggers act on
    /// tables, and an event may begin to act at once.
    fn rank(&self) -> u8 {
        match self.kind {
            ItemKind::Package => 0,
            ItemKind::PackageBody => 1,
            ItemKind::View => 3,
            ItemKind::Trigger => 4,
            ItemKind::Event => 5,
            _ => 2,
        }
    }

    /// What is made again together, because order means something in it: the triggers of one table, and the
    /// views, which stand on each other.
    fn group(&self) -> Option<(ItemKind, &Option<String>)> {
        let is_grouped = matches!(self.kind, ItemKind::Trigger | ItemKind::View);
        is_grouped.then_some((self.kind, &self.table))
    }

    async fn make(&self, session: &mut Session, database: &str) -> Result<()> {
        if let Some(collation) = &self.database_collation {
            collate(session, database, collation).await?;
        }
        let text = |value: &Option<String>, name: &str| {
            value.as_ref().map(|value| format!("{name} = {}, ", literal(value))).unwrap_or_default()
        };
        let settings = format!(
            "SET {}{}character_set_client = {}, collation_connection = {}",
            text(&self.sql_mode, "sql_mode"),
            text(&self.time_zone, "time_zone"),
            self.character_set,
            self.collation
        );
        session.execute(&settings).await?;
        let made = session.execute_bytes(&self.text.bytes()).await;
        session.execute(USUAL).await?;
        made
    }

    async fn remove(&self, session: &mut Session) -> Result<()> {
        let noun = self.kind.noun().to_uppercase();
        session.execute(&format!("DROP {noun} IF EXISTS {}", identifier(&self.name))).await
    }
}

/// Makes `collation`, with its character set, the one of new tables in `database`.
pub(super) async fn collate(session: &mut Session, database: &str, collation: &str) -> Result<()> {
    let question =
        "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?";
    let now: Vec<String> = session.rows(question, (database,)).await?;
    if now.first().is_some_and(|now| now == collation) {
        return Ok(());
    }
    let name = identifier(database);
    session.execute(&format!("ALTER DATABASE {name} COLLATE {collation}")).await
}

/// What a session of Kronos is set to.
const USUAL: &str = "SET NAMES utf8mb4, sql_mode = '', time_zone = @@GLOBAL.time_zone";
/// Every program of a database: name, kind, the trigger's table, modes, time zone, character set, collation, the
/// database's collation.
const LIST: [&str; 4] = [
    "SELECT ROUTINE_NAME, ROUTINE_TYPE, NULL, SQL_MODE, NULL, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, \
     DATABASE_COLLATION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? ORDER BY 1",
    "SELECT TABLE_NAME, 'VIEW', NULL, NULL, NULL, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, NULL \
     FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ? ORDER BY 1",
    "SELECT TRIGGER_NAME, 'TRIGGER', EVENT_OBJECT_TABLE, SQL_MODE, NULL, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, \
     DATABASE_COLLATION FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? \
     ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER",
    "SELECT EVENT_NAME, 'EVENT', NULL, SQL_MODE, TIME_ZONE, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, \
     DATABASE_COLLATION FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? ORDER BY 1",
];

type Listed = (
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    String,
    Option<String>,
);

/// All programs of `database`, in the order in which they can be made.
pub(super) async fn read(session: &mut Session, database: &str) -> Result<Vec<Program>> {
    session.execute(&format!("USE {}", identifier(database))).await?;
    let mut programs = Vec::new();
    for question in LIST {
        for listed in session.rows::<Listed>(question, (database,)).await? {
            if is_seal(&listed.0) {
                continue;
            }
            programs.extend(definition(session, listed).await?);
        }
    }
    programs.sort_by_key(Program::rank);
    Ok(programs)
}

async fn definition(session: &mut Session, listed: Listed) -> Result<Option<Program>> {
    let (name, noun, table, sql_mode, time_zone, character_set, collation, database_collation) =
        listed;
    let Some(kind) = ItemKind::of_noun(&noun) else { return Ok(None) };
    // Without this the server turns the text into the session's character set.
    session.execute("SET character_set_results = NULL").await?;
    let question = format!("SHOW CREATE {noun} {}", identifier(&name));
    let shown = session.rows::<Row>(&question, Params::Empty).await;
    session.execute(USUAL).await?;
    let place = match kind {
        ItemKind::View => 1,
        ItemKind::Event => 3,
        _ => 2,
    };
    let mut shown = shown?;
    let text = shown.first_mut().and_then(|row| row.take::<Option<Vec<u8>>, _>(place)).flatten();
    let Some(text) = text else {
        return Err(ServerError::Failed {
            object: format!("the {} `{name}`", kind.noun()),
            detail: "its text is hidden from this user, so it could not be made again".to_owned(),
        }
        .into());
    };
    let text = Text::of(if kind == ItemKind::Trigger { without_database(&text) } else { text });
    Ok(Some(Program {
        kind,
        name,
        table,
        text,
        sql_mode,
        time_zone,
        character_set,
        collation,
        database_collation,
    }))
}

/// Drops all triggers of `database`: the server moves no table with one. Of the views those go whose names
/// `tables` need.
pub(super) async fn clear_way(
    session: &mut Session,
    database: &str,
    programs: &[Program],
    tables: &[String],
) -> Result<()> {
    session.execute(&format!("USE {}", identifier(database))).await?;
    for program in programs {
        let is_in_the_way = match program.kind {
            ItemKind::Trigger => true,
            ItemKind::View => tables.contains(&program.name),
            _ => false,
        };
        if is_in_the_way {
            program.remove(session).await?;
        }
    }
    Ok(())
}

/// Makes `wanted` the programs of `database`. What is equal is not touched. All are tried, so that one that
/// cannot be made keeps none of the others away; the first failure is the answer.
pub(super) async fn set(session: &mut Session, database: &str, wanted: &[Program]) -> Result<()> {
    let found = read(session, database).await?;
    let stays = |program: &Program, others: &[Program]| match program.group() {
        None => others.contains(program),
        group => {
            let is_in = |other: &&Program| other.group() == group;
            found.iter().filter(is_in).eq(wanted.iter().filter(is_in))
        }
    };
    for program in found.iter().rev().filter(|program| !stays(program, wanted)) {
        program.remove(session).await?;
    }
    make_all(session, database, wanted.iter().filter(|program| !stays(program, &found)).collect())
        .await
}

/// Makes those of `wanted` of whose kind and name there is none. What is there stays as it is.
pub(super) async fn add_missing(
    session: &mut Session,
    database: &str,
    wanted: &[Program],
) -> Result<()> {
    let found = read(session, database).await?;
    let is_there = |program: &&Program| {
        found.iter().any(|there| there.kind == program.kind && there.name == program.name)
    };
    let missing = wanted.iter().filter(|program| !is_there(program)).collect();
    make_all(session, database, missing).await
}

async fn make_all(session: &mut Session, database: &str, mut missing: Vec<&Program>) -> Result<()> {
    loop {
        let (before, mut failed, mut first) = (missing.len(), Vec::new(), None);
        for program in missing {
            if let Err(error) = program.make(session, database).await {
                failed.push(program);
                first = first.or(Some(error));
            }
        }
        match first {
            None => return Ok(()),
            // A view that stands on another one comes after it.
            Some(_) if failed.len() < before => missing = failed,
            Some(error) => return Err(error),
        }
    }
}

/// The statements that give rights to single routines of `database`; none where the user may not read them.
pub(super) async fn grants(session: &mut Session, database: &str) -> Vec<String> {
    let question = "SELECT User, Host, Routine_name, Routine_type, CAST(Proc_priv AS CHAR) \
                    FROM mysql.procs_priv WHERE CAST(Db AS BINARY) = CAST(? AS BINARY)";
    let rows =
        session.rows::<(String, String, String, String, String)>(question, (database,)).await;
    let statement = |(user, host, name, noun, rights): (String, String, String, String, String)| {
        let (mut rights, mut option): (Vec<&str>, _) = (rights.split(',').collect(), "");
        if rights.contains(&"Grant") {
            option = " WITH GRANT OPTION";
            rights.retain(|right| *right != "Grant");
        }
        let rights = if rights.is_empty() { "USAGE".to_owned() } else { rights.join(", ") };
        format!(
            "GRANT {rights} ON {noun} {}.{} TO {}@{}{option}",
            identifier(database),
            identifier(&name),
            identifier(&user),
            identifier(&host)
        )
    };
    rows.unwrap_or_default().into_iter().map(statement).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(kind: ItemKind, text: &[u8]) -> Program {
        Program {
            kind,
            name: "p".to_owned(),
            table: None,
            text: Text::of(text.to_vec()),
            sql_mode: None,
            time_zone: None,
            character_set: "latin1".to_owned(),
            collation: "latin1_swedish_ci".to_owned(),
            database_collation: None,
        }
    }

    #[test]
    fn a_text_in_any_character_set_survives_the_journal() {
        for text in [&b"CREATE VIEW v AS SELECT '\xe9\x00\xff'"[..], "SELECT 'é🔑'".as_bytes()] {
            let written = serde_json::to_string(&program(ItemKind::View, text)).unwrap();
            let read: Program = serde_json::from_str(&written).unwrap();
            assert_eq!(read.text.bytes(), text);
        }
    }

    #[test]
    fn an_event_is_switched_and_a_trigger_tells_its_definer() {
        let text = b"CREATE DEFINER=`a``b`@`%` EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION \
                     PRESERVE DISABLE COMMENT 'PRESERVE DISABLE' DO SET @a = 1";
        let event = program(ItemKind::Event, text).switched("DISABLE", "ENABLE");
        let Text::Utf8(switched) = &event.text else { panic!("{event:?}") };
        assert!(switched.contains("PRESERVE ENABLE COMMENT 'PRESERVE DISABLE'"), "{switched}");
        let routine = program(ItemKind::Procedure, b"x PRESERVE DISABLE");
        assert_eq!(routine.clone().switched("DISABLE", "ENABLE"), routine);
        let trigger =
            b"CREATE DEFINER=`a``b`@`%` trigger t before insert on p for each row set @a=1";
        assert_eq!(program(ItemKind::Trigger, trigger).definer(), "DEFINER=`a``b`@`%` ");
    }
}
