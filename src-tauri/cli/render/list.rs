//! The table of backups.
//!
//! Owns its columns. On a terminal it takes the width that is there; elsewhere every backup is one line.

use std::io::IsTerminal;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table};
use kronos_engine::units;
use kronos_engine::view::{BackupStatus, BackupView};

use super::{Style, counted};
use crate::when::Now;

const COLUMNS: [&str; 7] =
    ["ID", "PROFILE", "MADE", "STORED / ORIGINAL", "CONTENTS", "STORAGE", "CHECK"];

/// One row for each backup.
pub fn list(backups: &[BackupView], now: &Now, style: Style) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(COLUMNS);
    let arrangement = if std::io::stdout().is_terminal() {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    };
    table.set_content_arrangement(arrangement);
    table.add_rows(backups.iter().map(|backup| row(backup, now, style)));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 == COLUMNS.len() { 0 } else { 2 }));
        if index == 0 {
            // An id is there to be copied, so it is never broken.
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

fn row(backup: &BackupView, now: &Now, style: Style) -> [Cell; 7] {
    let (stored, raw) = (units::bytes(backup.stored_bytes), units::bytes(backup.raw_bytes));
    let texts = [
        backup.id.to_string(),
        backup.profile.clone(),
        now.describe(backup.created_at),
        format!("{stored} / {raw}"),
        contents(backup),
        backup.storage.clone(),
    ];
    let [id, profile, made, size, contents, storage] = texts.map(Cell::new);
    let (text, colour) = verdict(backup);
    // The table has to know the width of a cell, so it paints by itself.
    let check = Cell::new(text);
    let check = if style.is_coloured() { check.fg(colour) } else { check };
    [id, profile, made, size, contents, storage, check]
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
        BackupStatus::Verified if warnings == 0 => ("✓ verified".to_owned(), Color::DarkGreen),
        BackupStatus::Verified => {
            let warnings = counted(warnings, "warning", "warnings");
            (format!("! verified, {warnings}"), Color::DarkYellow)
        }
    }
}
