//! What would be replaced, and the ways back from what was.
//!
//! Owns the words before and after; what has to be typed is decided by the engine.

use kronos_engine::event::{Replaced, RunView};
use kronos_engine::ids::BackupId;
use kronos_engine::units;
use kronos_engine::view::{TargetCard, TargetContents};

use super::{Style, counted, failure, indented, plain};

/// What stands at the target, what would be there, and what has to be typed.
pub fn target(card: &TargetCard, without_safety: bool, style: Style) -> String {
    let text = both(card, without_safety, style);
    if let Some(report) = &card.refusal {
        return format!("{text}\n{}", failure(report, style));
    }
    let words = if without_safety { &card.confirm_without_safety } else { &card.confirm };
    let words = shell_words::quote(words);
    let words = plain(&words);
    format!("{text}\nNothing was changed. To replace it, add: --confirm {words}")
}

/// What an undo is about to replace, and with what.
pub fn undoing(card: &TargetCard, style: Style) -> String {
    both(card, false, style)
}

fn both(card: &TargetCard, without_safety: bool, style: Style) -> String {
    let mut text = format!("{}  {}", style.strong(&plain(&card.target)), plain(&card.server));
    if let Some(tag) = &card.tag {
        text.push_str(&format!("  [{}]", plain(tag)));
    }
    let mut line = |content: &str| text.push_str(&format!("\n  {}", indented(content)));
    line(&format!("now:    {}", contents(&card.now)));
    if let Some(changed) = card.newest_change {
        line(&format!("        last changed {}", changed.strftime("%-d %b %Y %H:%M UTC")));
    }
    let made = card.after_made_at.strftime("%-d %b %Y %H:%M UTC");
    line(&format!("after:  {}, as of {made}", contents(&card.after)));
    if card.gone_count > 0 {
        let names = all(&card.gone);
        let rest = card.gone_count.saturating_sub(card.gone.len() as u64);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        line(&format!("{} will be gone: {names}{more}", style.warning("!")));
    }
    if !card.programs.is_empty() {
        let names = all(&card.programs);
        let step = if card.can_disconnect { "add --disconnect to end this" } else { "close them" };
        line(&format!("{} in use by {names}: {step}", style.warning("!")));
    }
    if card.is_remote {
        line(&format!("{} on another computer: {}", style.warning("!"), plain(&card.host)));
    }
    if card.is_unproven {
        let sentence = "nobody can tell whether this is the server that the backup is from";
        line(&format!("{} {sentence}: compare its address", style.warning("!")));
    }
    if without_safety {
        line(&format!("{} no safety backup is made, so there is no undo", style.warning("!")));
    } else {
        line(&format!(
            "a safety backup goes to `{}` first, kept 7 days",
            plain(&card.safety_storage)
        ));
    }
    text
}

fn all(names: &[String]) -> String {
    names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ")
}

fn contents(contents: &TargetContents) -> String {
    let about = if contents.is_estimated { "about " } else { "" };
    let rows = contents.rows.map_or("rows not counted".to_owned(), |rows| {
        format!("{about}{}", counted(rows, "row", "rows"))
    });
    format!(
        "{}, {}, {rows}",
        units::bytes(contents.bytes),
        counted(contents.tables, "table", "tables")
    )
}

/// How to get back what a run has replaced.
pub fn ways_back(view: &RunView, replaced: &Replaced, style: Style) -> String {
    let day = |at: jiff::Timestamp| at.strftime("%-d %b %Y %H:%M UTC").to_string();
    let mut text = match replaced.undo_until {
        Some(until) => {
            format!("\n  {} kronos undo {} (until {})", style.hint("undo:"), view.id, day(until))
        }
        None => "\n  no safety backup was made, so there is no undo".to_owned(),
    };
    let (kept, until) = (plain(&replaced.kept_as), day(replaced.kept_until));
    text.push_str(&format!("\n  the old one is kept until {until} as {kept}"));
    if replaced.disconnected > 0 {
        let ended = counted(replaced.disconnected.into(), "connection was", "connections were");
        text.push_str(&format!("\n  {ended} ended"));
    }
    text
}

/// Which safety backups were removed.
pub fn removed(backups: &[BackupId]) -> String {
    let mut text = match backups.len() as u64 {
        0 => "No safety backup is older than 7 days".to_owned(),
        number => format!("{} removed:", counted(number, "safety backup", "safety backups")),
    };
    for backup in backups {
        text.push_str(&format!("\n  {backup}"));
    }
    text
}
