//! The list of backups.
//!
//! Owns its two forms: a table where every backup is one line, and, on a terminal too narrow for it, two
//! lines for each backup.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ContentArrangement, Table};
use kronos_engine::units;
use kronos_engine::view::{BackupStatus, BackupView};

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
    let (check, _) = verdict(backup);
    let check = match backup.status {
        BackupStatus::Verified if backup.warnings.is_empty() => style.good(&check),
        BackupStatus::Verified => style.warning(&check),
        BackupStatus::Damaged | BackupStatus::Missing | BackupStatus::Unreachable => {
            style.bad(&check)
        }
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
    let (text, colour) = verdict(backup);
    // The table has to know the width of a cell, so it paints by itself.
    let check = Cell::new(text);
    let check = if style.is_coloured() { check.fg(colour) } else { check };
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

fn verdict(backup: &BackupView) -> (String, Color) {
    let warnings = backup.warnings.len() as u64;
    match backup.status {
        BackupStatus::Damaged => ("✕ damaged".to_owned(), Color::DarkRed),
        BackupStatus::Missing => ("✕ missing".to_owned(), Color::DarkRed),
        BackupStatus::Unreachable => ("✕ unreachable".to_owned(), Color::DarkRed),
        BackupStatus::Verified if warnings == 0 => ("✓ verified".to_owned(), Color::DarkGreen),
        BackupStatus::Verified => {
            let warnings = counted(warnings, "warning", "warnings");
            (format!("! verified, {warnings}"), Color::DarkYellow)
        }
    }
}
