//! The list of backups.
//!
//! Owns its two forms: a table where every backup is one line, and, on a terminal too narrow for it, two
//! lines for each backup.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, ContentArrangement, Table};
use kronos_engine::units;
use kronos_engine::view::{BackupStatus, BackupView};

use super::restore_test::{self, Tone};
use super::{Style, counted, plain};
use crate::when::Now;

const COLUMNS: [&str; 7] =
    ["ID", "PROFILE", "MADE", "STORED / ORIGINAL", "CONTENTS", "STORAGE", "CHECK"];

/// All backups, for a terminal of `width` columns or for a file.
pub fn list(backups: &[BackupView], now: &Now, style: Style, width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(COLUMNS);
    // No cell is ever broken: an id is there to be copied.
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.add_rows(backups.iter().map(|backup| row(backup, now, style)));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 == COLUMNS.len() { 0 } else { 2 }));
    }
    let columns: usize = table.column_max_content_widths().into_iter().map(usize::from).sum();
    let needed = columns + 2 * (COLUMNS.len() - 1);
    if width.is_some_and(|width| usize::from(width) < needed) {
        return backups.iter().map(|backup| narrow(backup, now, style)).collect();
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

fn narrow(backup: &BackupView, now: &Now, style: Style) -> String {
    let (check, tone) = verdict(backup, now);
    let check = match tone {
        Tone::Good => style.good(&check),
        Tone::Old => style.warning(&check),
        Tone::Bad => style.bad(&check),
    };
    let (id, made) = (style.strong(&plain(backup.id.as_str())), now.describe(backup.created_at));
    let (stored, storage) = (units::bytes(backup.stored_bytes), plain(&backup.storage));
    format!("{id}  {check}\n  {made} · {stored} in `{storage}` · {}\n", contents(backup))
}

fn row(backup: &BackupView, now: &Now, style: Style) -> [Cell; 7] {
    let (stored, raw) = (units::bytes(backup.stored_bytes), units::bytes(backup.raw_bytes));
    let texts = [
        backup.id.to_string(),
        profile(backup),
        now.describe(backup.created_at),
        format!("{stored} / {raw}"),
        contents(backup),
        backup.storage.clone(),
    ];
    let [id, profile, made, size, contents, storage] = texts.map(|text| Cell::new(plain(&text)));
    let (text, tone) = verdict(backup, now);
    // The table has to know the width of a cell, so it paints by itself.
    let check = Cell::new(text);
    let check = if style.is_coloured() { check.fg(tone.colour()) } else { check };
    [id, profile, made, size, contents, storage, check]
}

/// The profile, and that it is none of its profile's own backups.
fn profile(backup: &BackupView) -> String {
    match &backup.safety {
        Some(_) => format!("{} (safety)", backup.profile),
        None => backup.profile.clone(),
    }
}

fn contents(backup: &BackupView) -> String {
    let tables = counted(backup.tables, "table", "tables");
    let rows = counted(backup.rows, "row", "rows");
    match backup.databases {
        1 => format!("{tables}, {rows}"),
        databases => format!("{}, {tables}, {rows}", counted(databases, "database", "databases")),
    }
}

/// What is known of a backup: the worst first, then what was looked at.
fn verdict(backup: &BackupView, now: &Now) -> (String, Tone) {
    let bad = |word: &str| (format!("✕ {word}"), Tone::Bad);
    match backup.status {
        BackupStatus::Damaged => return bad("damaged"),
        BackupStatus::Missing => return bad("missing"),
        BackupStatus::Unreachable => return bad("unreachable"),
        BackupStatus::Verified => {}
    }
    let (mut text, mut tone) = ("verified".to_owned(), Tone::Good);
    if !backup.warnings.is_empty() {
        let warnings = counted(backup.warnings.len() as u64, "warning", "warnings");
        (text, tone) = (format!("{text}, {warnings}"), Tone::Old);
    }
    if let Some(test) = &backup.restore_test {
        let (words, of_test) = restore_test::words(test, now);
        text = format!("{text}, {words}");
        tone = if tone == Tone::Good || of_test == Tone::Bad { of_test } else { tone };
    }
    let sign = match tone {
        Tone::Good => '✓',
        Tone::Old => '!',
        Tone::Bad => '✕',
    };
    (format!("{sign} {text}"), tone)
}
