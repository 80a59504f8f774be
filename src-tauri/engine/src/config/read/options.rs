//! The small tables: `[compression]`, `[schedule]`, `[settings]`.
//!
//! Owns their keys. When a schedule is due is the scheduler's business; here it only has to have the
//! shape of one.

use super::findings::Findings;
use super::section::Section;
use crate::config::{Appearance, Codec, CompressionSettings, Schedule, Settings};

/// The compression of profiles without a choice of their own.
pub(super) fn file_compression(root: &Section, found: &mut Findings) -> CompressionSettings {
    compression(root, CompressionSettings::default(), found)
}

/// The `compression` table in `parent`; what it leaves out is taken from `inherited`.
pub(super) fn compression(
    parent: &Section,
    inherited: CompressionSettings,
    found: &mut Findings,
) -> CompressionSettings {
    let Some(table) = parent.child("compression", found) else { return inherited };
    table.refuse_unknown(&["codec", "level"], found);
    let codec = if table.has("codec") {
        match table.word("codec", &["gzip", "zstd"], found) {
            Some("zstd") => Codec::Zstd,
            Some(_) => Codec::Gzip,
            // Without a codec a level cannot be judged.
            None => return inherited,
        }
    } else {
        inherited.codec
    };
    if table.has("level") {
        let level = level(&table, codec, found).unwrap_or(inherited.level);
        return CompressionSettings { codec, level };
    }
    if codec == inherited.codec { inherited } else { CompressionSettings::default_for(codec) }
}

fn level(table: &Section, codec: Codec, found: &mut Findings) -> Option<u8> {
    if table.is_text("level") {
        let word = table.word("level", &CompressionSettings::LEVEL_NAMES, found)?;
        return CompressionSettings::named_level(codec, word);
    }
    let number = table.number("level", 1..=i64::from(codec.max_level()), found)?;
    u8::try_from(number).ok()
}

/// The published `[schedule]` table.
pub(super) fn schedule(root: &Section, found: &mut Findings) -> Option<Schedule> {
    let table = root.child("schedule", found)?;
    table.refuse_unknown(&["cron"], found);
    let cron = table.required_text("cron", found)?;
    let fields = cron.value.split_whitespace().count();
    if fields != 5 {
        let message =
            format!("A schedule has five fields, as in `0 2 * * *`, this one has {fields}");
        table.report("cron", message, found);
        return None;
    }
    Some(Schedule { cron: cron.value.to_owned() })
}

/// The `[settings]` table.
pub(super) fn settings(root: &Section, found: &mut Findings) -> Settings {
    let mut settings = Settings::default();
    let Some(table) = root.child("settings", found) else { return settings };
    table.refuse_unknown(&["notifications", "appearance"], found);
    if let Some(notifications) = table.flag("notifications", found) {
        settings.notifications = notifications;
    }
    if table.has("appearance") {
        settings.appearance = match table.word("appearance", &["system", "light", "dark"], found) {
            Some("light") => Appearance::Light,
            Some("dark") => Appearance::Dark,
            _ => Appearance::System,
        };
    }
    settings
}
