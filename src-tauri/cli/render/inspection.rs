//! The inside of a backup.
//!
//! Owns its layout: facts, databases with their tables, warnings, and how to get the data back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kronos_engine::archive::Unit;
use kronos_engine::contents::{LeftOutPart, ObjectCount, ObjectKind, UnitKind};
use kronos_engine::units;
use kronos_engine::view::BackupStatus;

use super::{Style, counted, indented, plain, restore_test};
use crate::inspection::Inspection;
use crate::when::Now;

/// Everything that is known about one backup.
pub fn inspection(backup: &Inspection, now: &Now, style: Style) -> String {
    let mut text = format!("{}\n\n", style.strong(&plain(backup.id.as_str())));
    for (name, value) in facts(backup, now, style) {
        text.push_str(&format!("{}{value}\n", style.dim(&format!("{name:<12}"))));
    }
    for unit in &backup.units {
        text.push('\n');
        text.push_str(&database(unit, style));
    }
    if !backup.warnings.is_empty() {
        text.push_str(&format!("\n{}\n", style.strong("Warnings")));
        for warning in &backup.warnings {
            text.push_str(&format!("  {} {}\n", style.warning("!"), indented(warning)));
        }
    }
    let restore = [
        ("Restore with Kronos", backup.restore_command.as_str()),
        ("Restore by hand", backup.manual_commands.as_str()),
    ];
    for (title, commands) in restore {
        text.push_str(&format!("\n{}\n  {}\n", style.strong(title), indented(commands)));
    }
    text
}

fn facts(backup: &Inspection, now: &Now, style: Style) -> Vec<(&'static str, String)> {
    let (stored, raw) = (units::bytes(backup.stored_bytes), units::bytes(backup.raw_bytes));
    let check = match backup.status {
        BackupStatus::Verified => style.good("✓ every hash compared"),
        BackupStatus::Damaged => style.bad("✕ damaged"),
        BackupStatus::Missing => style.bad("✕ the archive is missing"),
        BackupStatus::Unreachable => style.bad("✕ its storage cannot be reached"),
    };
    let mut server = backup.server.version.clone();
    if !backup.server.tool.is_empty() {
        server.push_str(&format!(", dumped by {}", backup.server.tool));
    }
    if !backup.server.tool_place.is_empty() {
        server.push_str(&format!(" ({})", backup.server.tool_place));
    }
    let mut facts = vec![
        ("Profile", plain(&backup.profile).into_owned()),
        ("Made", now.describe(backup.created_at)),
        ("By", format!("Kronos {} from {}", plain(&backup.kronos_version), plain(&server))),
        ("Shows", plain(&backup.consistency.label).into_owned()),
        ("Archive", plain(&backup.location).into_owned()),
        ("Size", format!("{stored} stored, {raw} original")),
        ("SHA-256", backup.sha256.clone()),
        ("Check", format!("{check}, {}", now.describe(backup.verified_at))),
    ];
    // Of an archive that was named by its path nobody knows it.
    if let Some(test) = &backup.restore_test {
        facts.push(("Tested", restore_test::line(test, now, style)));
    }
    facts
}

fn database(unit: &Unit, style: Style) -> String {
    let size = units::bytes(unit.size);
    let (name, source) = (style.strong(&plain(&unit.name)), plain(&unit.source));
    let mut text = format!("{name}  {size}, from {source}\n");
    let with_rows = unit.objects.iter().filter_map(|object| {
        let rows = object.rows?;
        Some((
            plain(&object.name),
            match object.kind {
                ObjectKind::Collection => counted(rows, "document", "documents"),
                ObjectKind::LargeObjects => counted(rows, "object", "objects"),
                _ => counted(rows, "row", "rows"),
            },
        ))
    });
    let rows: Vec<(Cow<'_, str>, String)> = with_rows.collect();
    let widest = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, rows) in &rows {
        text.push_str(&format!("  {name:<widest$}  {rows}\n"));
    }
    let rest = other_objects(&unit.objects);
    if !rest.is_empty() {
        text.push_str(&format!("  {}\n", style.dim(&format!("and {rest}"))));
    }
    if unit.kind == UnitKind::Globals {
        text.push_str("  roles and users of the server\n");
    } else if rows.is_empty() && rest.is_empty() {
        text.push_str("  no tables\n");
    }
    for left_out in &unit.left_out {
        let how = match left_out.what {
            LeftOutPart::Everything => "left out",
            LeftOutPart::Rows => "rows left out",
        };
        text.push_str(&format!("  {} {}: {how}\n", style.warning("-"), plain(&left_out.name)));
    }
    text
}

/// "3 indexes, 1 view": what has no rows of its own.
pub(super) fn other_objects(objects: &[ObjectCount]) -> String {
    let mut counts: BTreeMap<ObjectKind, u64> = BTreeMap::new();
    for object in objects.iter().filter(|object| object.rows.is_none()) {
        *counts.entry(object.kind).or_default() += 1;
    }
    let parts = counts.into_iter().map(|(kind, count)| match kind {
        ObjectKind::Table => counted(count, "table", "tables"),
        ObjectKind::VirtualTable => counted(count, "virtual table", "virtual tables"),
        ObjectKind::View => counted(count, "view", "views"),
        ObjectKind::Index => counted(count, "index", "indexes"),
        ObjectKind::Trigger => counted(count, "trigger", "triggers"),
        ObjectKind::Collection => counted(count, "collection", "collections"),
        ObjectKind::MaterializedView => counted(count, "materialized view", "materialized views"),
        ObjectKind::Sequence => counted(count, "sequence", "sequences"),
        ObjectKind::Routine => counted(count, "routine", "routines"),
        ObjectKind::Event => counted(count, "event", "events"),
        ObjectKind::Schema => counted(count, "schema", "schemas"),
        ObjectKind::Extension => counted(count, "extension", "extensions"),
        ObjectKind::LargeObjects => "large objects".to_owned(),
    });
    parts.collect::<Vec<_>>().join(", ")
}
