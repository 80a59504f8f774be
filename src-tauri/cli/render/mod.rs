//! How things look to a person: texts in, text out, nothing is printed here.
//!
//! Owns wording and layout of outcomes and problems. Lists and the insides of archives are in the
//! modules below; progress is in `progress`.

mod comparison;
mod dump;
mod inspection;
mod list;
mod load;
mod replace;
mod restore_test;
mod rows;
mod style;

use std::time::Duration;

use kronos_engine::ErrorReport;
use kronos_engine::event::{RunResult, RunState, RunView};
use kronos_engine::units;

use crate::json::{Check, Summary, Verdict};
use crate::when::Now;

pub use comparison::comparison;
pub use dump::dump;
pub use inspection::inspection;
pub use list::list;
pub use load::{load_consent, load_plan};
pub use replace::{removed, target, undoing};
pub use rows::rows;
pub use style::{Style, harmless, harmless_json, plain};

use style::sentence;

/// A problem: what, why, what is not affected, and the next step.
pub fn failure(report: &ErrorReport, style: Style) -> String {
    let mut text = format!("{} {}", style.bad("✕"), style.strong(&plain(&report.what)));
    for line in [Some(&report.why), report.not_affected.as_ref()].into_iter().flatten() {
        text.push_str(&format!("\n  {}", indented(line)));
    }
    if let Some(step) = &report.next_step {
        text.push_str(&format!("\n  {} {}", style.hint("hint:"), indented(step)));
    }
    text
}

/// How one run ended. `tables` is asked of the list of backups, where it is known.
pub fn ended(view: &RunView, tables: Option<u64>, style: Style) -> String {
    match (&view.error, &view.result) {
        (Some(report), _) => failure(report, style),
        (None, Some(result)) => succeeded(view, result, tables, style),
        (None, None) => {
            let word = if view.state == RunState::Cancelled { "cancelled" } else { "interrupted" };
            format!("{} {}  {word}", style.dim("–"), style.strong(&plain(&view.profile)))
        }
    }
}

fn succeeded(view: &RunView, result: &RunResult, tables: Option<u64>, style: Style) -> String {
    let took = units::duration(took(view));
    match result {
        RunResult::Backup {
            location,
            stored_bytes,
            raw_bytes,
            tables: in_all,
            rows,
            warnings,
            ..
        } => {
            let sizes = format!("{} → {}", units::bytes(*raw_bytes), units::bytes(*stored_bytes));
            let inside = match tables {
                Some(tables) => counted(tables, "table", "tables"),
                None => counted(*in_all, "table", "tables"),
            };
            let rows = counted(*rows, "row", "rows");
            let sign = if warnings.is_empty() { style.good("✓") } else { style.warning("!") };
            let name = style.strong(&plain(&view.profile));
            let mut text = format!("{sign} {name}  {sizes} in {took}, {inside}, {rows}, verified");
            text.push_str(&format!("\n  {}", plain(location)));
            push_warnings(&mut text, warnings, style);
            text
        }
        RunResult::Verify { backup, stored_bytes, .. } => {
            let (name, read) = (style.strong(&plain(backup.as_str())), units::bytes(*stored_bytes));
            format!("{} {name}  whole and unchanged, {read} read in {took}", style.good("✓"))
        }
        RunResult::RestoreTest { test, warnings, .. } => {
            let (name, sentence) = (style.strong(&plain(&view.profile)), plain(&test.sentence));
            let mut text =
                format!("{} {name}  restore-tested in {took}: {sentence}", style.good("✓"));
            push_warnings(&mut text, warnings, style);
            text
        }
        RunResult::Restore { target, bytes, tables, rows, warnings, replaced, scratch, .. } => {
            let inside = counted(*tables, "table", "tables");
            let (rows, bytes) = (counted(*rows, "row", "rows"), units::bytes(*bytes));
            let name = style.strong(&plain(target));
            let sign = if warnings.is_empty() { style.good("✓") } else { style.warning("!") };
            let mut text = format!(
                "{sign} {name}  {bytes} in {took}, {inside}, {rows}, compared with the backup"
            );
            if let Some(replaced) = replaced {
                text.push_str(&replace::ways_back(view, replaced, style));
            }
            if let Some(place) = scratch {
                text.push_str(&restore_test::scratch(place, &Now::system()));
            }
            push_warnings(&mut text, warnings, style);
            text
        }
        RunResult::Load { target, bytes, tables, rows, warnings, .. } => {
            let mut text = load::loaded(target, (*bytes, *tables, *rows), &took, style);
            push_warnings(&mut text, warnings, style);
            text
        }
    }
}

fn push_warnings(text: &mut String, warnings: &[String], style: Style) {
    for warning in warnings {
        text.push_str(&format!("\n  {} {}", style.warning("!"), indented(warning)));
    }
}

fn took(view: &RunView) -> Duration {
    let end = view.finished_at.unwrap_or(view.started_at);
    end.duration_since(view.started_at).try_into().unwrap_or_default()
}

/// "2 of 3 profiles backed up, 1 failed".
pub fn summary(summary: &Summary) -> String {
    let done = summary.succeeded + summary.warned;
    let all = done + summary.failed + summary.cancelled;
    let mut text = match (done, all) {
        (1, 1) => "1 profile backed up".to_owned(),
        (done, all) if done == all => format!("All {all} profiles backed up"),
        (0, 1) => "The profile was not backed up".to_owned(),
        (0, all) => format!("None of {all} profiles backed up"),
        (done, all) => format!("{done} of {all} profiles backed up"),
    };
    let parts = [
        (summary.warned, "with warnings"),
        (summary.failed, "failed"),
        (summary.cancelled, "cancelled"),
    ];
    for (count, word) in parts.into_iter().filter(|(count, _)| *count > 0 && all > 1) {
        text.push_str(&format!(", {count} {word}"));
    }
    if all == 1 && summary.warned == 1 {
        text.push_str(", with warnings");
    }
    text
}

/// One thing that `doctor` looked at.
pub fn check(check: &Check, style: Style) -> String {
    let sign = match check.verdict {
        Verdict::Good => style.good("✓"),
        Verdict::Warning => style.warning("!"),
        Verdict::Problem => style.bad("✕"),
    };
    let mut text = sentence(&check.text).into_owned();
    if let Some(step) = &check.next_step {
        text.push_str(&format!("\n{} {}", style.hint("hint:"), sentence(step)));
    }
    // Further lines stand in the column of the first one.
    format!("{sign} {:<14} {}\n", check.area, text.replace('\n', "\n                 "))
}

/// `1 table`, `2 tables`, with groups of digits.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", units::count(number), if number == 1 { one } else { many })
}

/// A sentence, whose further lines stand under the first one.
fn indented(text: &str) -> String {
    sentence(text).replace('\n', "\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_what_happened_to_all_of_them() {
        let cases = [
            ([1, 0, 0, 0], "1 profile backed up"),
            ([0, 1, 0, 0], "1 profile backed up, with warnings"),
            ([0, 0, 1, 0], "The profile was not backed up"),
            ([3, 0, 0, 0], "All 3 profiles backed up"),
            ([1, 1, 0, 0], "All 2 profiles backed up, 1 with warnings"),
            ([2, 0, 1, 0], "2 of 3 profiles backed up, 1 failed"),
            ([0, 0, 2, 0], "None of 2 profiles backed up, 2 failed"),
            ([1, 0, 1, 1], "1 of 3 profiles backed up, 1 failed, 1 cancelled"),
        ];
        for ([succeeded, warned, failed, cancelled], text) in cases {
            let counts = Summary { succeeded, warned, failed, cancelled, exit_code: 0 };
            assert_eq!(summary(&counts), text);
        }
    }
}
