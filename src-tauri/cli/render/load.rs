//! What is said before and after a dump of another program is loaded.
//!
//! Owns the words for it.

use kronos_engine::engine::LoadOrder;
use kronos_engine::load::LoadPlan;
use kronos_engine::units;

use super::{Style, counted, indented, plain};

/// What it is, where it goes, and what it may do.
pub fn load_plan(plan: &LoadPlan, style: Style) -> String {
    let mut text =
        format!("{}  →  {}", style.strong(&plain(&plan.form_label)), plain(&plan.target));
    text.push_str(&format!("\n  {}", plain(&plan.dump)));
    if !plan.user.is_empty() {
        text.push_str(&format!("\n  with the rights of {}", plain(&plan.user)));
    }
    for note in &plan.notes {
        text.push_str(&format!("\n  {} {}", style.hint("·"), indented(note)));
    }
    for warning in &plan.warnings {
        text.push_str(&format!("\n  {} {}", style.warning("!"), indented(warning)));
    }
    text
}

/// Which consent is missing.
pub fn load_consent(plan: &LoadPlan, order: &LoadOrder, style: Style) -> String {
    let mut missing = Vec::new();
    if plan.is_code && !order.allowed.code {
        missing.push("`--run-its-code` once you have read it, or know who made it");
    }
    if plan.is_unlimited && !order.allowed.unlimited {
        missing.push("`--as-superuser` if you trust it as you trust yourself; better is a profile whose user is no superuser");
    }
    let mut text = format!("{} Nothing was loaded: it needs your consent", style.bad("✕"));
    for option in missing {
        text.push_str(&format!("\n  {} add {option}", style.hint("hint:")));
    }
    text
}

/// A dump that was loaded.
pub fn loaded(
    target: &str,
    (bytes, tables, rows): (u64, u64, u64),
    took: &str,
    style: Style,
) -> String {
    let inside = counted(tables, "table", "tables");
    let (rows, bytes) = (counted(rows, "row", "rows"), units::bytes(bytes));
    let name = style.strong(&plain(target));
    format!("{} {name}  {bytes} in {took}, {inside}, {rows}, counted", style.warning("!"))
}
