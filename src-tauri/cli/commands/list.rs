//! `kronos list`: the backups of the storages that can be reached, newest first.

use kronos_engine::Engine;

use super::backup::unknown_profile;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::json::Record;
use crate::output::Output;
use crate::render;
use crate::session::Session;
use crate::when::Now;

pub async fn run(session: &Session<'_>, profile: Option<String>) -> Outcome {
    let output = session.output;
    let (engine, _events) = session.open().await?;
    // Every listing looks into the storages, so `--rescan` asks for nothing more.
    let mut backups = engine.backups().await?;
    if let Some(profile) = &profile {
        backups.retain(|backup| backup.profile == *profile);
    }
    if backups.is_empty() {
        return nothing(&engine, profile.as_deref(), output);
    }
    for backup in &backups {
        output.json(&Record::Backup(backup));
    }
    output.data(&render::list(&backups, &Now::system(), output.data_style()));
    Ok(Exit::Success)
}

fn nothing(engine: &Engine, profile: Option<&str>, output: &Output) -> Outcome {
    let config = engine.config()?;
    let names: Vec<&str> = config.profiles.iter().map(|profile| profile.name.as_str()).collect();
    let style = output.message_style();
    let (text, command) = match profile {
        Some(name) if !names.contains(&name) => return Err(unknown(name, &names)),
        Some(name) => (format!("`{name}` has no backup yet"), format!("kronos backup {name}")),
        None => ("There is no backup yet".to_owned(), "kronos backup".to_owned()),
    };
    output.message(&format!("{text}\n{} Make one with `{command}`", style.hint("hint:")));
    Ok(Exit::Success)
}

fn unknown(name: &str, names: &[&str]) -> Failure {
    unknown_profile(name, names)
}
