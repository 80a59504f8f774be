//! What is in a MariaDB or MySQL database: what the server itself writes for each object, and what that
//! text does not say from `information_schema`.

use super::{Listing, digest};
use crate::servers::{MysqlSession, TextRow, cell, firsts};

/// Everything in the database of this name. Whether events are switched on is left out: copies are made
/// with their events off, which is asked for separately.
pub fn snapshot_of(session: &mut MysqlSession, database: &str) -> Listing {
    let mut listing = Listing::default();
    let quoted = quote(database);
    session.run(&format!("USE {quoted}"));
    session.run("SET SESSION sql_mode = '', time_zone = '+00:00'");
    // MySQL would answer from a cache; MariaDB knows no such setting.
    let _ = session.try_run("SET SESSION information_schema_stats_expiry = 0");
    let collation = session.rows(&format!(
        "SELECT CONCAT(default_character_set_name, ' ', default_collation_name)
         FROM information_schema.schemata WHERE schema_name = {}",
        text(database)
    ));
    listing.object("database", "settings", cell(&collation[0], 0));
    tables(session, database, &mut listing);
    for (kind, source) in [
        ("PROCEDURE", "routines WHERE routine_type = 'PROCEDURE' AND routine_schema"),
        ("FUNCTION", "routines WHERE routine_type = 'FUNCTION' AND routine_schema"),
        ("TRIGGER", "triggers WHERE trigger_schema"),
        ("EVENT", "events WHERE event_schema"),
    ] {
        programs(session, database, kind, source, &mut listing);
    }
    facts(session, database, &mut listing);
    listing
}

fn tables(session: &mut MysqlSession, database: &str, listing: &mut Listing) {
    let all = session.rows(&format!(
        "SELECT table_name, table_type, auto_increment FROM information_schema.tables
         WHERE table_schema = {}",
        text(database)
    ));
    for table in all {
        let (name, kind) = (cell(&table, 0), cell(&table, 1));
        let statement = if kind == "VIEW" { "VIEW" } else { "TABLE" };
        let shown = session.rows(&format!("SHOW CREATE {statement} {}", quote(&name)));
        listing.object(&kind, &name, neutral(&cell(&shown[0], 1), database));
        if kind == "SEQUENCE" {
            let next = session.one(&format!("SELECT next_not_cached_value FROM {}", quote(&name)));
            listing.counters.insert(name, next.parse().unwrap());
        } else if kind != "VIEW" {
            rows(session, &name, &kind, listing);
            counter(&table, name, listing);
        }
    }
}

/// A counter that has counted nothing is sometimes shown as 1 and sometimes not at all.
fn counter(table: &TextRow, name: String, listing: &mut Listing) {
    let next = cell(table, 2).parse().unwrap_or(1);
    if next > 1 {
        listing.counters.insert(name, next);
    }
}

/// Invisible columns are named, because a star leaves them out; a table with history shows all of it.
fn rows(session: &mut MysqlSession, table: &str, kind: &str, listing: &mut Listing) {
    let columns = session.rows(&format!("SHOW COLUMNS FROM {}", quote(table)));
    let columns: Vec<String> = firsts(&columns).iter().map(|name| quote(name)).collect();
    let history = if kind == "SYSTEM VERSIONED" { " FOR SYSTEM_TIME ALL" } else { "" };
    let all =
        session.rows(&format!("SELECT {} FROM {}{history}", columns.join(", "), quote(table)));
    listing.rows.insert(table.to_owned(), digest(&all));
}

fn programs(
    session: &mut MysqlSession,
    database: &str,
    kind: &str,
    source: &str,
    listing: &mut Listing,
) {
    let column = if matches!(kind, "PROCEDURE" | "FUNCTION") { "routine" } else { kind };
    let names = session.rows(&format!(
        "SELECT {column}_name FROM information_schema.{source} = {}",
        text(database)
    ));
    for name in firsts(&names) {
        let shown = session.rows(&format!("SHOW CREATE {kind} {}", quote(&name)));
        // Name, sql_mode and the text; for events the time zone stands before it.
        let cells: Vec<String> = (0..shown[0].len()).map(|i| cell(&shown[0], i)).collect();
        let created_at = usize::from(kind == "TRIGGER");
        let kept = &cells[..cells.len() - created_at];
        let definition = neutral(&kept.join(" | "), database);
        let definition = definition.replace(" DISABLE ", " ENABLE ");
        listing.object(kind, &name, definition);
    }
}

/// What the statements above do not say, or say only together with the name of the database.
fn facts(session: &mut MysqlSession, database: &str, listing: &mut Listing) {
    let schema = text(database);
    for (kind, query) in [
        (
            "trigger order",
            "SELECT trigger_name, CONCAT_WS(' ', event_object_table, action_timing, event_manipulation, action_order) FROM information_schema.triggers WHERE trigger_schema =",
        ),
        (
            "columns",
            "SELECT CONCAT(table_name, '.', ordinal_position, ' ', column_name), CONCAT_WS(' ', column_type, character_set_name, collation_name, is_nullable, column_default, extra) FROM information_schema.columns WHERE table_schema =",
        ),
        (
            "indexes",
            "SELECT CONCAT(table_name, '.', index_name, ' ', seq_in_index), CONCAT_WS(' ', column_name, collation, sub_part, index_type, non_unique, index_comment) FROM information_schema.statistics WHERE table_schema =",
        ),
        (
            "table options",
            "SELECT table_name, CONCAT_WS(' ', engine, row_format, table_collation, create_options, IF(table_type = 'VIEW', '', table_comment)) FROM information_schema.tables WHERE table_schema =",
        ),
    ] {
        for row in session.rows(&format!("{query} {schema}")) {
            listing.object(kind, &cell(&row, 0), neutral(&cell(&row, 1), database));
        }
    }
}

/// The text without what is different in every copy: the database's own name, and how far a counter is.
fn neutral(definition: &str, database: &str) -> String {
    let text = definition.replace(&format!("{}.", quote(database)), "");
    // MariaDB shows a trigger as it was typed.
    let text = text.replace(&format!(" {database}."), " ");
    // MySQL says the set or not, but the collation always, and that says the set.
    let text = text.replace(" CHARACTER SET utf8mb4 COLLATE", " COLLATE");
    let Some(begin) = text.find(" AUTO_INCREMENT=") else { return text };
    let digits = text[begin + 16..].find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    format!("{}{}", &text[..begin], &text[begin + 16 + digits..])
}

/// Names of events that would run.
pub fn live_events(session: &mut MysqlSession, database: &str) -> Vec<String> {
    firsts(&session.rows(&format!(
        "SELECT event_name FROM information_schema.events
         WHERE status = 'ENABLED' AND event_schema = {} ORDER BY event_name",
        text(database)
    )))
}

fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}
