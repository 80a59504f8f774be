//! Rows of a table out of a backup.
//!
//! Owns their two forms: a table, and, on a terminal too narrow for it, one block of lines for each row. A
//! value stands on one line, whatever is in it.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use kronos_engine::browse::TableRows;
use kronos_engine::database::Cell;
use kronos_engine::units;

use super::{Style, counted, plain};

/// Characters of a value that a table shows.
const SHOWN: usize = 60;

/// The rows, for a terminal of `width` columns or for a file.
pub fn rows(found: &TableRows, style: Style, width: Option<u16>) -> String {
    let names: Vec<String> = found.columns.iter().map(|name| plain(name).into_owned()).collect();
    let mut text = String::new();
    if !names.is_empty() {
        let (table, needed) = table(found, &names);
        let is_narrow = width.is_some_and(|width| usize::from(width) < needed);
        text = if is_narrow { blocks(found, &names, style) } else { table };
        text.push('\n');
    }
    text + &format!("{}\n", style.dim(&footer(found)))
}

fn table(found: &TableRows, names: &[String]) -> (String, usize) {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(names);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let cut = |cell: &Cell| shown(cell, SHOWN);
    table.add_rows(found.rows.iter().map(|row| row.iter().map(cut).collect::<Vec<_>>()));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 == names.len() { 0 } else { 2 }));
    }
    let columns: usize = table.column_max_content_widths().into_iter().map(usize::from).sum();
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    (lines.join("\n") + "\n", columns + 2 * (names.len() - 1))
}

/// Every row as lines of a name and a value.
fn blocks(found: &TableRows, names: &[String], style: Style) -> String {
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (number, row) in found.rows.iter().enumerate() {
        text.push_str(&format!("{}\n", style.strong(&format!("Row {}", number + 1))));
        for (name, cell) in names.iter().zip(row) {
            let name = style.dim(&format!("{name:<widest$}"));
            text.push_str(&format!("  {name}  {}\n", shown(cell, usize::MAX)));
        }
    }
    text
}

/// "First 100 of 12,345 rows of `orders`".
fn footer(found: &TableRows) -> String {
    let count = found.rows.len() as u64;
    let table = plain(&found.table);
    let of = match found.rows_in_backup {
        Some(all) if !found.is_complete => {
            format!("First {} of {}", units::count(count), counted(all, "row", "rows"))
        }
        _ if found.is_complete && count == 0 => "No rows".to_owned(),
        _ if found.is_complete => format!("All {}", counted(count, "row", "rows")),
        _ => format!("First {}", counted(count, "row", "rows")),
    };
    let checked = if found.is_checked {
        "every hash of the archive was compared"
    } else {
        "what stands behind them in the archive was not read"
    };
    format!("{of} of `{table}` in `{}`; {checked}", plain(&found.database))
}

/// A value on one line, at most so many characters of it. Nothing and the text `NULL` look different, and so do
/// an empty text and nothing.
fn shown(cell: &Cell, most: usize) -> String {
    let cut = |text: &str, length: Option<u64>| {
        let line = plain(text);
        let is_long = line.chars().count() > most;
        match length {
            Some(length) => format!("{}… ({})", first(&line, most), units::bytes(length)),
            None if is_long => {
                format!("{}… ({})", first(&line, most), units::bytes(text.len() as u64))
            }
            None => line.into_owned(),
        }
    };
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Text { text, .. } if matches!(text.as_str(), "" | "NULL") => format!("'{text}'"),
        Cell::Text { text, cut_from } => cut(text, *cut_from),
        Cell::Binary { hex, length } => {
            let is_cut = hex.len() as u64 / 2 < *length || hex.len() > most;
            let end = if is_cut { "…" } else { "" };
            format!("0x{}{end} ({})", first(hex, most), units::bytes(*length))
        }
    }
}

fn first(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, cut_from: Option<u64>) -> Cell {
        Cell::Text { text: text.to_owned(), cut_from }
    }

    fn found() -> TableRows {
        TableRows {
            database: "shop".to_owned(),
            table: "orders".to_owned(),
            columns: vec!["id".to_owned(), "na\nme".to_owned()],
            rows: vec![
                vec![text("1", None), Cell::Null],
                vec![text("2", None), text("NULL", None)],
                vec![text("3", None), text("", None)],
                vec![text("4", None), text("a\tb\u{1b}[2J\u{202e}", None)],
                vec![text("5", None), text(&"x".repeat(80), Some(5000))],
                vec![text("6", None), Cell::Binary { hex: "00ff".to_owned(), length: 2 }],
            ],
            is_complete: false,
            rows_in_backup: Some(1234),
            is_checked: false,
        }
    }

    #[test]
    fn nothing_empty_and_binary_look_different_and_no_value_breaks_its_line() {
        let shown = rows(&found(), Style::new(false), None);
        let x = "x".repeat(60);
        assert_eq!(
            shown,
            format!(
                "id  na\\nme\n1   NULL\n2   'NULL'\n3   ''\n4   a\\tb\\u{{1b}}[2J\\u{{202e}}\n5   {x}… (5.0 kB)\n6   0x00ff (2 B)\n\n\
                 First 6 of 1\u{202f}234 rows of `orders` in `shop`; what stands behind them in the archive was not read\n"
            )
        );
    }

    #[test]
    fn a_narrow_terminal_gets_a_block_for_each_row() {
        let mut found = found();
        found.rows.truncate(1);
        found.is_complete = true;
        found.is_checked = true;
        let shown = rows(&found, Style::new(false), Some(5));
        assert_eq!(
            shown,
            "Row 1\n  id      1\n  na\\nme  NULL\n\nAll 1 row of `orders` in `shop`; every hash of the archive was \
             compared\n"
        );
    }
}
