//! The inside of a dump or a database that another program made.
//!
//! Owns its layout: facts, objects, and what to know before it is restored.

use kronos_engine::contents::ObjectKind;
use kronos_engine::look::{FindingLevel, ForeignLook};
use kronos_engine::units;

use super::inspection::other_objects;
use super::{Style, indented, plain};

/// Everything that a look has found.
pub fn dump(look: &ForeignLook, style: Style) -> String {
    let mut text = format!("{}\n\n", style.strong(&plain(&look.form_label)));
    for (name, value) in facts(look) {
        text.push_str(&format!("{}{}\n", style.dim(&format!("{name:<12}")), plain(&value)));
    }
    text.push_str(&objects(look, style));
    if !look.findings.is_empty() {
        text.push_str(&format!("\n{}\n", style.strong("Before you restore it")));
    }
    for finding in &look.findings {
        let sign = match finding.level {
            FindingLevel::Note => style.dim("·"),
            FindingLevel::Warning => style.warning("!"),
        };
        text.push_str(&format!("  {sign} {}\n", indented(&finding.sentence)));
    }
    text
}

fn facts(look: &ForeignLook) -> Vec<(&'static str, String)> {
    let mut size = units::bytes(look.stored_bytes);
    if let Some(label) = look.compression.label() {
        size.push_str(&format!(", compressed with {label}"));
    }
    let told = [
        ("Engine", &look.engine_label),
        ("Database", &look.source),
        ("Host", &look.host),
        ("Made", &look.made_at),
        ("Server", &look.server),
        ("Tool", &look.tool),
    ];
    let told = told.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    let place = [("File", look.location.clone()), ("Size", size)];
    let check = ("Check", "not checked: only its beginning was looked at".to_owned());
    told.chain(place).chain([check]).collect()
}

fn objects(look: &ForeignLook, style: Style) -> String {
    let holds_rows = |kind| {
        matches!(kind, ObjectKind::Table | ObjectKind::VirtualTable | ObjectKind::Collection)
    };
    let (tables, rest): (Vec<_>, Vec<_>) =
        look.objects.iter().cloned().partition(|object| holds_rows(object.kind));
    let mut text = String::from("\n");
    for table in &tables {
        text.push_str(&format!("  {}\n", plain(&table.name)));
    }
    let rest = other_objects(&rest);
    if !rest.is_empty() {
        text.push_str(&format!("  {}\n", style.dim(&format!("and {rest}"))));
    }
    if !look.is_complete {
        text.push_str(&format!(
            "  {}\n",
            style.dim("and perhaps more: not all of it was looked at")
        ));
    } else if look.objects.is_empty() {
        text.push_str("  no tables\n");
    }
    text
}
