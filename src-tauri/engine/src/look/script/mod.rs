//! SQL scripts: dumps as text, and everything else that a database client would run.
//!
//! Owns the answer about one. Only its beginning is read, so a finding says what was seen and never that there
//! is nothing else. None of this is a protection: that is the business of whoever runs the script.

mod effects;
mod facts;
mod scanner;
mod statement;

#[cfg(test)]
mod tests;

use std::io::{Read, Seek, SeekFrom};

use self::effects::Effects;
use self::facts::Facts;
use self::scanner::{End, Piece};
use super::content::{Content, Fault, read_up_to};
use super::handle::Handle;
use super::subject::{Subject, listed};
use super::{DumpForm, ForeignLook, Look, SqlDialect, Wrapping};
use crate::error::Result;
use crate::ids::EngineKind;

/// How much of a script is read.
const MAX_SCRIPT: usize = 16 << 20;
/// Where the last line of a dump is.
const TAIL: u64 = 4096;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a file that begins like this is a script.
pub(super) fn is_script(content: &Content) -> bool {
    let start = without_mark(&content.head);
    let facts = facts::read(start);
    !start.contains(&0) && (facts.is_told || begins_as_sql(start, facts.dialect))
}

fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Looks at a script.
pub(super) fn look(subject: &Subject<'_>, handle: &Handle, content: Content) -> Result<Look> {
    let (wrapping, facts) = (content.wrapping, facts::read(without_mark(&content.head)));
    let mut text = Vec::new();
    let read = read_up_to(&mut content.reader(), MAX_SCRIPT, &mut text);
    let mut is_all = text.len() < MAX_SCRIPT;
    if let Err(error) = read {
        if let Some(look) = subject.of_fault(Fault::of(error, wrapping))? {
            return Ok(look);
        }
        is_all = false;
    }
    let script = without_mark(&text);
    let mut effects = Effects::default();
    let end = scanner::scan(script, facts.dialect, &mut |piece| effects.add(&piece, facts.dialect));
    if is_all && end == End::Inside && facts.dialect != SqlDialect::Unknown {
        return Ok(subject.cut(None));
    }
    let tail = if is_all { last(script).to_vec() } else { tail_of(handle, wrapping) };
    let mut look = answer(subject, wrapping, &facts, &tail);
    look.is_complete = is_all && effects.is_complete;
    findings(&mut look, &facts, &effects, &tail);
    look.own_databases = effects.own_databases();
    look.sets_log_place = effects.sets_log_place;
    look.objects = effects.objects;
    Ok(Look::Foreign(Box::new(look)))
}

/// Whether most of the first statements are SQL, and one has an end.
fn begins_as_sql(start: &[u8], dialect: SqlDialect) -> bool {
    const JUDGED: usize = 8;
    let (mut verdicts, mut is_ended) = (Vec::new(), false);
    scanner::scan(start, dialect, &mut |piece| {
        // A command of a client comes before the first statement in some dumps.
        let Piece::Statement { text, has_end } = piece else { return };
        is_ended |= has_end;
        if verdicts.len() < JUDGED {
            verdicts.push(statement::is_sql(text));
        }
    });
    // One statement may be longer than what was read of it.
    let is_long = start.len() >= super::content::HEAD;
    let known = verdicts.iter().filter(|is_sql| **is_sql).count();
    verdicts.first() == Some(&true) && 2 * known > verdicts.len() && (is_ended || is_long)
}

fn last(script: &[u8]) -> &[u8] {
    let tail = usize::try_from(TAIL).unwrap_or(script.len());
    &script[script.len().saturating_sub(tail)..]
}

/// The last bytes of a script that was not read to its end; none where it would have to be unpacked.
fn tail_of(handle: &Handle, wrapping: Wrapping) -> Vec<u8> {
    let mut tail = Vec::new();
    if wrapping == Wrapping::None {
        let mut handle = handle.again();
        let read = handle
            .seek(SeekFrom::End(-TAIL.cast_signed()))
            .and_then(|_| handle.take(TAIL).read_to_end(&mut tail));
        if read.is_err() {
            tail.clear();
        }
    }
    tail
}

fn answer(subject: &Subject<'_>, wrapping: Wrapping, facts: &Facts, tail: &[u8]) -> ForeignLook {
    let mut look = subject.foreign(DumpForm::SqlScript, wrapping);
    look.runs_code = true;
    look.dialect = Some(facts.dialect);
    (look.engine, look.form_label) = match facts.dialect {
        SqlDialect::Postgres => {
            (Some(EngineKind::Postgres), "SQL script for PostgreSQL".to_owned())
        }
        SqlDialect::Mysql => (Some(EngineKind::Mysql), "SQL script for MySQL".to_owned()),
        SqlDialect::Mariadb => (Some(EngineKind::Mysql), "SQL script for MariaDB".to_owned()),
        SqlDialect::Sqlite => (Some(EngineKind::Sqlite), "SQL script for SQLite".to_owned()),
        SqlDialect::Unknown => (None, "SQL script".to_owned()),
    };
    look.engine_label = look.engine.map(|engine| engine.label().to_owned());
    look.source.clone_from(&facts.source);
    look.host.clone_from(&facts.host);
    look.server.clone_from(&facts.server);
    look.tool.clone_from(&facts.tool);
    look.made_at = facts.made_at.clone().or_else(|| facts::completed_at(tail));
    look
}

fn findings(look: &mut ForeignLook, facts: &Facts, effects: &Effects, tail: &[u8]) {
    look.warn(
        "It is code: restoring it runs everything that stands in it, with the rights of the user who restores",
    );
    for (texts, what) in effects.warnings() {
        look.warn(format!("{what}, such as {}", listed(texts)));
    }
    if !effects.databases.is_empty() {
        look.warn(format!(
            "It creates, changes or drops databases by itself: {}",
            listed(&effects.databases)
        ));
    }
    if !effects.uses.is_empty() {
        look.warn(format!("It chooses the database by itself: {}", listed(&effects.uses)));
    }
    if effects.drops_first {
        look.note("It drops what it makes before it makes it");
    }
    if let Some(line) = facts.last_line
        && !tail.is_empty()
        && memchr::memmem::find(tail, line.as_bytes()).is_none()
    {
        look.warn(format!("Its last line, `{line}`, is missing: it may be cut short"));
    }
}
